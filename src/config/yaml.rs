//! A YAML document as a tree in which every key and value knows its place.
//!
//! Scalars stay text: what they mean is decided by the key that reads them. Anchors, aliases, tags and further
//! documents are refused, so that what a file says stands where it is read.

use std::{fmt, path::Path, sync::Arc};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::Spanned;
use crate::model::{Place, Problem, Problems};

/// Mappings and sequences may be nested this deeply.
const MAX_DEPTH: usize = 32;

/// A value and where it begins.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its first character.
    pub place: Place,
    /// What it is.
    pub content: Content,
}

/// What a [`Node`] is.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text.
    Scalar(Scalar),
    /// Values in order.
    Sequence(Vec<Node>),
    /// Keys, each once, and their values in the file's order.
    Mapping(Vec<(Spanned<String>, Node)>),
}

/// Text, and how the file spells it. It may be a secret, so it does not show itself when it is formatted.
#[derive(Clone)]
pub struct Scalar {
    /// The text that it stands for.
    pub text: String,
    /// Was it quoted, or a block? Then it is never null.
    pub quoted: bool,
    /// Where the text comes from.
    pub origin: Origin,
    /// The text as the file spells it.
    raw: String,
}

/// Where a scalar's text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the file.
    File,
    /// Part of it was put in for a `${…}`: it is not to be shown.
    Expanded,
    /// A `${…}` could not be expanded, which has been reported.
    Broken,
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar(…)")
    }
}

impl Scalar {
    /// Text that comes from no file.
    #[must_use]
    pub fn given(text: &str) -> Self {
        Self { text: text.to_owned(), quoted: true, origin: Origin::File, raw: text.to_owned() }
    }

    /// Does it stand for no value at all?
    #[must_use]
    pub fn is_null(&self) -> bool {
        !self.quoted && self.origin == Origin::File && matches!(self.text.as_str(), "" | "~" | "null")
    }

    /// The text behind as many line ends and blanks as put its words where the file has them, for a scalar that begins
    /// at `start`. Where the file spells it otherwise (escapes, folded lines), only its first word stands right.
    #[must_use]
    pub fn laid_out(&self, start: &Place) -> String {
        let before = "\n".repeat(start.line.saturating_sub(1)) + &" ".repeat(start.column.saturating_sub(1));
        let raw = self.raw.trim_end();
        let unquoted = raw.strip_prefix(['\'', '"']).and_then(|rest| rest.strip_suffix(['\'', '"']));
        if unquoted == Some(self.text.as_str()) {
            return format!("{before} {}", self.text);
        }
        // A block: its lines as they are, if none of them begins within a text.
        let lines = || self.text.trim_end().lines();
        let is_whole = |line: &str| line.matches('\'').count().is_multiple_of(2) && !line.contains(['"', '$']);
        if !self.raw.starts_with(['\'', '"'])
            && lines().map(str::trim).eq(raw.lines().map(str::trim))
            && lines().all(is_whole)
        {
            return before + raw;
        }
        before + &self.text
    }

    /// Where the `$` at byte `offset` of the text stands, for a scalar that begins at `start`. An escape can hide a `$`
    /// from the file; then it is the scalar's own place.
    #[must_use]
    pub fn place_of_dollar(&self, offset: usize, start: &Place) -> Place {
        let dollars = |text: &str| text.matches('$').count();
        let mut place = start.clone();
        if dollars(&self.raw) != dollars(&self.text) {
            return place;
        }
        let mut before = dollars(&self.text[..offset]);
        for c in self.raw.chars() {
            match c {
                '$' if before == 0 => return place,
                '\n' => (place.line, place.column) = (place.line + 1, 1),
                _ => {
                    place.column += 1;
                    before -= usize::from(c == '$');
                }
            }
        }
        place
    }
}

/// Reads `text`, the content of `file`. `None` when it is no YAML; mistakes inside the tree are recorded and the tree
/// is still returned, so that all of a file's mistakes can be reported. An empty document is an empty mapping.
pub fn parse(file: &Arc<Path>, text: &str, problems: &mut Problems) -> Option<Node> {
    let mut builder = Builder { file, text: text.chars().collect(), events: Parser::new_from_str(text), problems };
    match builder.document() {
        Ok(node) => Some(node),
        Err(Failure::Malformed(error)) => {
            let message = format!("malformed YAML: {}", error.info());
            let place = builder.place(*error.marker());
            builder.problems.push(Problem::error(place, message));
            None
        }
        Err(Failure::Reported) => None,
    }
}

/// Why there is no tree.
enum Failure {
    Malformed(ScanError),
    Reported,
}

struct Builder<'a> {
    file: &'a Arc<Path>,
    /// The text by character, as markers count.
    text: Vec<char>,
    events: Parser<'a, StrInput<'a>>,
    problems: &'a mut Problems,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Node, Failure> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => break,
                (Event::DocumentStart(_), span) if root.is_some() => {
                    self.refuse(span, "a second YAML document is not supported", "keep one document in a file");
                    return Err(Failure::Reported);
                }
                (Event::DocumentStart(_), _) => {
                    let first = self.next()?;
                    root = Some(self.node(first, 0)?);
                }
                _ => {}
            }
        }
        let empty = || Node { place: self.place(Marker::new(0, 1, 0)), content: Content::Mapping(Vec::new()) };
        Ok(match root {
            Some(Node { content: Content::Scalar(scalar), .. }) if scalar.is_null() => empty(),
            Some(root) => root,
            None => empty(),
        })
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Failure> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Failure::Malformed(error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, (event, span): (Event<'a>, Span), depth: usize) -> Result<Node, Failure> {
        if depth > MAX_DEPTH {
            self.refuse(span, "this is nested too deeply", &format!("nest at most {MAX_DEPTH} levels"));
            return Err(Failure::Reported);
        }
        let content = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_extras(span, anchor, tag.as_deref());
                Content::Scalar(Scalar {
                    quoted: style != ScalarStyle::Plain,
                    origin: Origin::File,
                    raw: self.text.get(span.start.index()..span.end.index()).unwrap_or_default().iter().collect(),
                    text: text.into_owned(),
                })
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_extras(span, anchor, tag.as_deref());
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd | Event::StreamEnd, _) => break Content::Sequence(items),
                        item => items.push(self.node(item, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_extras(span, anchor, tag.as_deref());
                self.mapping(depth)?
            }
            // An alias, or an event that cannot stand here.
            _ => {
                self.refuse(span, "YAML aliases are not supported", "write the value out");
                return Err(Failure::Reported);
            }
        };
        Ok(Node { place: self.place(span.start), content })
    }

    fn mapping(&mut self, depth: usize) -> Result<Content, Failure> {
        let mut entries: Vec<(Spanned<String>, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                return Ok(Content::Mapping(entries));
            }
            let key = self.node((event, span), depth + 1)?;
            let value = self.next()?;
            let value = self.node(value, depth + 1)?;
            let Content::Scalar(Scalar { text, .. }) = key.content else {
                self.refuse(span, "a key must be text", "write `key: value`");
                continue;
            };
            if let Some((first, _)) = entries.iter().find(|(key, _)| key.value == text) {
                let message = format!("the key `{text}` stands here a second time; the first is at {}", first.place);
                self.problems.push(Problem::error(key.place, message));
                continue;
            }
            entries.push((Spanned { value: text, place: key.place }, value));
        }
    }

    /// Anchors and tags.
    fn refuse_extras(&mut self, span: Span, anchor: usize, tag: Option<&Tag>) {
        if anchor != 0 {
            self.refuse(span, "YAML anchors are not supported", "write the value out where it is used");
        }
        if let Some(tag) = tag {
            let message = if tag.is_yaml_core_schema() {
                format!("the YAML tag `!!{}` is not supported", tag.suffix)
            } else {
                format!("the YAML tag `{tag}` is not supported")
            };
            self.refuse(span, &message, "a value's type follows from its key: leave the tag out");
        }
    }

    fn refuse(&mut self, span: Span, message: &str, hint: &str) {
        let place = self.place(span.start);
        self.problems.push(Problem::error(place, message).hint(hint));
    }

    fn place(&self, marker: Marker) -> Place {
        Place { file: Arc::clone(self.file), line: marker.line(), column: marker.col() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_panics(text in "[-\\[\\]{}:,#&*!|>'\"%@`$ a1\n\té\u{feff}]{0,60}") {
            let mut problems = Problems::default();
            let node = parse(&Arc::from(Path::new("t.yaml")), &text, &mut problems);
            prop_assert!(node.is_some() || problems.has_errors());
        }
    }

    #[test]
    fn words_are_laid_out_where_the_file_has_them() {
        let text = "plain: a b\nquoted: \"é b\"\nsingle: 'a b'\nblock: |\n  one\n   b\nescaped: \"a\\tb\"\nfolded: >-\n  a\n  b\n";
        let file = Arc::from(Path::new("t.yaml"));
        let mut problems = Problems::default();
        let Some(Node { content: Content::Mapping(entries), .. }) = parse(&file, text, &mut problems) else {
            panic!("{problems}");
        };
        let found = entries.iter().map(|(key, node)| {
            let Content::Scalar(scalar) = &node.content else { panic!("{key:?}") };
            let laid_out = scalar.laid_out(&node.place);
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&laid_out), words(&scalar.text), "{key:?}");
            let (line, last) = laid_out.lines().enumerate().last().expect("there are lines");
            let column = last.chars().position(|c| c == 'b').expect("each holds one");
            (key.value.as_str(), line + 1, column + 1)
        });
        let expected = [("plain", 1, 10), ("quoted", 2, 12), ("single", 3, 12), ("block", 6, 4)];
        assert_eq!(found.take(4).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn dollars_are_found_in_every_style() {
        let text = "plain: a$b$c\nquoted: \"é$x\\n$y\"\nblock: |\n  one\n  two $z\nhidden: \"\\x24q\"\n";
        let file = Arc::from(Path::new("t.yaml"));
        let mut problems = Problems::default();
        let Some(Node { content: Content::Mapping(entries), .. }) = parse(&file, text, &mut problems) else {
            panic!("{problems}");
        };
        let mut found = Vec::new();
        for (key, node) in &entries {
            let Content::Scalar(scalar) = &node.content else { panic!("{key:?}") };
            for (offset, _) in scalar.text.match_indices('$') {
                let place = scalar.place_of_dollar(offset, &node.place);
                found.push((key.value.as_str(), place.line, place.column));
            }
        }
        let expected = [
            ("plain", 1, 9),
            ("plain", 1, 11),
            ("quoted", 2, 11),
            ("quoted", 2, 15),
            ("block", 5, 7),
            ("hidden", 6, 9),
        ];
        assert_eq!(found, expected);
    }
}
