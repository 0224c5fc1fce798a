//! Reads typed values out of a YAML tree, recording every mistake instead of stopping at the first.

use std::{net::SocketAddr, ops::RangeInclusive, time::Duration};

use super::{
    Spanned,
    yaml::{Content, Node, Origin, Scalar},
};
use crate::model::{Place, Problem, Problems, place::nearest};

/// A mapping with a fixed set of keys, which are taken one by one.
#[derive(Debug)]
pub struct Fields {
    place: Place,
    entries: Vec<(Spanned<String>, Node)>,
    known: Vec<&'static str>,
}

impl Fields {
    /// Where the mapping begins.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The value of `key`, if the mapping has it.
    pub fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        let index = self.entries.iter().position(|(entry, _)| entry.value == key)?;
        let (key, node) = self.entries.remove(index);
        Some(Value { key: key.value, key_place: key.place, node })
    }

    /// The value of `key`, whose absence is a problem.
    pub fn require(&mut self, key: &'static str, problems: &mut Problems) -> Option<Value> {
        let value = self.take(key);
        if value.is_none() {
            problems.push(Problem::error(self.place.clone(), format!("the key `{key}` is missing")));
        }
        value
    }

    /// Reports the keys that nobody took. Those in `later` are known and not built yet.
    pub fn finish(self, later: &[&str], problems: &mut Problems) {
        for (key, _) in self.entries {
            let Spanned { value: key, place } = key;
            problems.push(if later.contains(&key.as_str()) {
                Problem::error(place, format!("the key `{key}` is not supported yet")).hint("remove it")
            } else {
                Problem::error(place, format!("unknown key `{key}`")).hint(suggest(&key, &self.known))
            });
        }
    }
}

/// A value and the key that it was read from.
#[derive(Debug)]
pub struct Value {
    /// The key, or the key of the list that it is an element of.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    node: Node,
}

impl Value {
    /// A whole document as a value named `name`.
    #[must_use]
    pub fn of(node: Node, name: &str) -> Self {
        Self { key: name.to_owned(), key_place: node.place.clone(), node }
    }

    /// Where the value begins.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.node.place
    }

    /// Is it a list?
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.node.content, Content::Sequence(_))
    }

    /// Is it a mapping?
    #[must_use]
    pub fn is_mapping(&self) -> bool {
        matches!(self.node.content, Content::Mapping(_))
    }

    /// Was it put together from `${…}`? Then its text is not to be shown.
    #[must_use]
    pub fn is_expanded(&self) -> bool {
        matches!(&self.node.content, Content::Scalar(scalar) if scalar.origin == Origin::Expanded)
    }

    /// Its text in backticks, or a phrase that does not show what came out of `${…}`.
    #[must_use]
    pub fn quoted(&self) -> String {
        match &self.node.content {
            Content::Scalar(Scalar { text, origin: Origin::File, .. }) => format!("`{text}`"),
            _ => format!("the value of `{}`", self.key),
        }
    }

    /// As a mapping with a fixed set of keys.
    pub fn fields(self, problems: &mut Problems) -> Option<Fields> {
        match self.node.content {
            Content::Mapping(entries) => Some(Fields { place: self.node.place, entries, known: Vec::new() }),
            _ => self.mismatch("a mapping of keys to values", problems),
        }
    }

    /// As a mapping whose keys the owner chooses.
    pub fn entries(self, problems: &mut Problems) -> Option<Vec<(Spanned<String>, Value)>> {
        match self.node.content {
            Content::Mapping(entries) => Some(
                entries
                    .into_iter()
                    .map(|(key, node)| {
                        let value = Value { key: key.value.clone(), key_place: key.place.clone(), node };
                        (key, value)
                    })
                    .collect(),
            ),
            _ => self.mismatch("a mapping of names to values", problems),
        }
    }

    /// As a list.
    pub fn list(self, problems: &mut Problems) -> Option<Vec<Value>> {
        match self.node.content {
            Content::Sequence(items) => Some(
                items
                    .into_iter()
                    .map(|node| Value { key: self.key.clone(), key_place: self.key_place.clone(), node })
                    .collect(),
            ),
            _ => self.mismatch("a list: `[a, b]`", problems),
        }
    }

    /// As a list of texts, none of them twice.
    pub fn names(self, problems: &mut Problems) -> Vec<Spanned<String>> {
        let mut names: Vec<Spanned<String>> = Vec::new();
        for item in self.list(problems).unwrap_or_default() {
            let Some(name) = item.string(problems) else { continue };
            if names.iter().any(|other| other.value == name.value) {
                problems.push(Problem::error(name.place, format!("{} stands here twice", item.quoted())));
            } else {
                names.push(name);
            }
        }
        names
    }

    /// As text.
    pub fn string(&self, problems: &mut Problems) -> Option<Spanned<String>> {
        match &self.node.content {
            Content::Scalar(scalar) if scalar.origin == Origin::Broken => None,
            Content::Scalar(scalar) if scalar.is_null() => {
                let problem = Problem::error(self.node.place.clone(), format!("`{}` has no value", self.key));
                problems.push(problem.hint("give it a value or remove the key"));
                None
            }
            Content::Scalar(scalar) => Some(Spanned { value: scalar.text.clone(), place: self.node.place.clone() }),
            _ => self.mismatch("one value", problems),
        }
    }

    /// As text that is not empty.
    pub fn filled(&self, problems: &mut Problems) -> Option<Spanned<String>> {
        let text = self.string(problems)?;
        if text.value.is_empty() {
            problems.push(Problem::error(text.place, format!("`{}` is empty", self.key)));
            return None;
        }
        Some(text)
    }

    /// As SQL that is not empty: the text behind as many line ends and blanks as put its words where the file has them,
    /// so that places in it are places in the file.
    pub fn sql(&self, problems: &mut Problems) -> Option<Spanned<String>> {
        let text = self.filled(problems)?;
        let laid_out = match &self.node.content {
            Content::Scalar(scalar) => scalar.laid_out(&text.place),
            Content::Sequence(_) | Content::Mapping(_) => return None,
        };
        Some(Spanned { value: laid_out, place: text.place })
    }

    /// As what `read` makes of its text. `expected` completes "is not …".
    pub fn parse<T>(
        &self,
        expected: &str,
        problems: &mut Problems,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let text = self.string(problems)?;
        let value = read(&text.value);
        if value.is_none() {
            self.refuse(format!("is not {expected}"), problems);
        }
        value.map(|value| Spanned { value, place: text.place })
    }

    /// As `true` or `false`, also spelled `on` and `off`.
    pub fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        let read = |text: &str| match text {
            "true" | "on" => Some(true),
            "false" | "off" => Some(false),
            _ => None,
        };
        self.parse("true or false", problems, read).map(|value| value.value)
    }

    /// As a whole number within `range`.
    pub fn integer(&self, range: RangeInclusive<u32>, problems: &mut Problems) -> Option<u32> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let read = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| digits && range.contains(number))
        };
        self.parse(&expected, problems, read).map(|value| value.value)
    }

    /// As an address and a port.
    pub fn address(&self, problems: &mut Problems) -> Option<Spanned<SocketAddr>> {
        self.parse("an address and a port, such as `127.0.0.1:8080`", problems, |text| text.parse().ok())
    }

    /// As a span of time within `range`: a whole number of `ms`, `s`, `m` or `h`.
    pub fn duration(&self, range: RangeInclusive<Duration>, problems: &mut Problems) -> Option<Duration> {
        let duration = self.parse("a duration, such as `30s`, `500ms`, `1m` or `2h`", problems, read_duration)?.value;
        if !range.contains(&duration) {
            self.refuse(format!("is not between {} and {}", spell(*range.start()), spell(*range.end())), problems);
            return None;
        }
        Some(duration)
    }

    /// As a number of bytes: a whole number of `B`, `KiB`, `MiB`, `GiB` or `TiB`.
    pub fn size(&self, problems: &mut Problems) -> Option<Spanned<usize>> {
        self.parse("a size, such as `512MiB` or `4GiB`", problems, read_size)
    }

    /// As one of `choices`, which are texts and what they stand for.
    pub fn one_of<T: Copy>(&self, choices: &[(&'static str, T)], problems: &mut Problems) -> Option<T> {
        let text = self.string(problems)?;
        let found = choices.iter().find(|(name, _)| *name == text.value);
        if found.is_none() {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            let message = format!("unknown {} {}", self.key, self.quoted());
            problems.push(Problem::error(text.place, message).hint(suggest(&text.value, &names)));
        }
        found.map(|(_, value)| *value)
    }

    /// Records that the value `is not …`.
    pub fn refuse(&self, is_not: impl std::fmt::Display, problems: &mut Problems) {
        problems.push(Problem::error(self.node.place.clone(), format!("{} {is_not}", self.quoted())));
    }

    /// Records that the value is of another shape.
    fn mismatch<T>(&self, expected: &str, problems: &mut Problems) -> Option<T> {
        let found = match &self.node.content {
            Content::Scalar(scalar) if scalar.origin == Origin::Broken => return None,
            Content::Scalar(scalar) if scalar.is_null() => "nothing".to_owned(),
            Content::Scalar(Scalar { text, origin: Origin::File, .. }) => format!("`{text}`"),
            Content::Scalar(_) => "a text".to_owned(),
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
        };
        let message = format!("`{}` is {found}, not {expected}", self.key);
        problems.push(Problem::error(self.node.place.clone(), message));
        None
    }
}

/// The nearest of `valid`, or all of them when none is near.
#[must_use]
pub fn suggest(word: &str, valid: &[&str]) -> String {
    match nearest(word, valid.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if valid.is_empty() => "remove it".to_owned(),
        None => format!("use one of: {}", valid.join(", ")),
    }
}

fn read_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

/// A duration as [`read_duration`] reads it.
fn spell(duration: Duration) -> String {
    match (duration.as_secs(), duration.subsec_millis()) {
        (hours, 0) if hours > 0 && hours % 3600 == 0 => format!("{}h", hours / 3600),
        (seconds, 0) => format!("{seconds}s"),
        _ => format!("{}ms", duration.as_millis()),
    }
}

fn read_size(text: &str) -> Option<usize> {
    let (number, unit) = split_unit(text)?;
    let power = ["B", "KiB", "MiB", "GiB", "TiB"].iter().position(|name| *name == unit)?;
    let bytes = number.checked_mul(1024_u64.checked_pow(u32::try_from(power).ok()?)?)?;
    usize::try_from(bytes).ok()
}

/// `30s` as 30 and `s`.
fn split_unit(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..end].parse().ok()?, &text[end..]))
}
