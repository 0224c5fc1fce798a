//! A plan laid out for reading: what each source is asked for and what comes of it, then what runs here and why.

use datafusion::scalar::ScalarValue;

use super::{sql_text, table::visible};
use crate::{
    catalog::Param,
    engine::{Explanation, LocalPart, SourcePart},
    model::{number::grouped, value},
};

/// Before everything below a heading.
const INDENT: &str = "    ";
/// An operator's arguments go on in the next line after so many characters.
const WIDTH: usize = 100;
/// So many values of a list are shown.
const SHOWN: usize = 8;

/// What the query was called with, as the command line takes it.
pub(super) fn parameters<'a>(bound: impl Iterator<Item = (&'a Param, &'a ScalarValue)>) -> Vec<String> {
    let mut given = Vec::new();
    for (param, value) in bound {
        let name = &param.name.value;
        let text = |value: &ScalarValue| format!("{name}={}", in_shell(&value::to_text(value)));
        match value {
            value if value.is_null() => given.push(format!("without {name}")),
            ScalarValue::List(_) => match value::elements(value) {
                elements if elements.is_empty() => given.push(format!("{name}=[]")),
                elements => given.extend(elements.iter().map(text)),
            },
            value => given.push(text(value)),
        }
    }
    given
}

/// `given` is what the query was called with.
pub(super) fn lay_out(plan: &Explanation, given: &[String]) -> String {
    let head = std::iter::once(format!("{}@{}", plan.query, plan.version));
    let mut lines = vec![visible(&head.chain(given.iter().cloned()).collect::<Vec<_>>().join("  "))];
    if let Some(paging) = &plan.paging {
        lines.push(visible(&format!("pages: {}, since {}", paging.consistency, paging.reason)));
    }
    for part in &plan.sources {
        lines.push(String::new());
        lines.extend(source(part));
    }
    if !plan.local.is_empty() {
        lines.push(String::new());
        lines.extend(local(&plan.local));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn source(part: &SourcePart) -> Vec<String> {
    let version = part.table_version.map(|version| format!(", version {version}")).unwrap_or_default();
    let mut lines = vec![match &part.table {
        Some(table) => format!("in {}: {}{version}", part.source, visible(table)),
        None => format!("in {}", part.source),
    }];
    let below = |text: String| format!("{INDENT}{}", visible(&text));
    lines.extend(part.sql.iter().flat_map(|sql| sql_text::lines(sql)).map(below));
    lines.extend(
        part.predicates.iter().flatten().map(|predicate| below(format!("skipping by {}", shortened(predicate)))),
    );
    lines.extend(
        part.files
            .filter(|files| files.scanned < files.of)
            .map(|files| below(format!("{} of {} files", grouped(files.scanned as u64), grouped(files.of as u64)))),
    );
    lines.extend(part.dynamic_filter.iter().map(|filter| below(format!("only {filter}"))));
    lines.extend(part.sent_keys.iter().map(|sent| below(format!("sent of the keys: {sent}"))));
    lines.push(below(format!("-> {}", figures(part))));
    lines
}

/// The same with the first values of long lists, such as the keys of a join, and their number.
fn shortened(predicate: &str) -> String {
    let mut short = String::new();
    let mut rest = predicate;
    while let Some((before, list)) = rest.split_once("([") {
        let Some((values, behind)) = list.split_once("])") else { break };
        let values: Vec<_> = values.split(", ").collect();
        let shown = match values.as_slice() {
            [first, second, third, .., last] if values.len() > SHOWN => {
                format!("{first}, {second}, {third}, … {last}: {} values", grouped(values.len() as u64))
            }
            all => all.join(", "),
        };
        short.extend([before, "([", &shown, "])"]);
        rest = behind;
    }
    short + rest
}

/// What is expected, and what came.
fn figures(part: &SourcePart) -> String {
    let mut figures = vec![match part.estimated_rows {
        Some(rows) => format!("about {} expected", rows_of(rows)),
        None => "no estimate of the rows".to_owned(),
    }];
    figures.extend(part.rows.map(|rows| format!("{} came", rows_of(rows))));
    figures.extend(part.bytes.map(size));
    figures.extend(part.elapsed_ms.map(|elapsed| format!("{elapsed:.1} ms")));
    figures.join(", ")
}

/// Operators and reasons in two columns, below each reason the operator's arguments.
fn local(parts: &[LocalPart]) -> Vec<String> {
    const HEAD: (&str, &str) = ("here", "why");
    let parts: Vec<_> = parts
        .iter()
        .map(|part| {
            let (operator, arguments) = part.operator.split_once(": ").unwrap_or((&part.operator, ""));
            (operator, arguments, &part.reason)
        })
        .collect();
    let longest = parts.iter().map(|(operator, ..)| operator.chars().count()).max().unwrap_or(0);
    let width = longest.max(HEAD.0.len());
    let row = |left: &str, right: &str| format!("{left:<width$}  {right}").trim_end().to_owned();
    let mut lines = vec![row(HEAD.0, HEAD.1)];
    for (operator, arguments, reason) in parts {
        lines.push(row(operator, &visible(reason)));
        lines.extend(wrapped(&visible(arguments), WIDTH.saturating_sub(width)).iter().map(|line| row("", line)));
    }
    lines
}

/// `text` over lines of at most `width` characters, or of one word where that is longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn rows_of(rows: u64) -> String {
    format!("{} {}", grouped(rows), if rows == 1 { "row" } else { "rows" })
}

/// In the largest unit of which there is a whole one.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, one)| bytes >= *one) {
        Some((unit, one)) => format!("{}.{} {unit}", bytes / one, bytes % one * 10 / one),
        None => format!("{bytes} B"),
    }
}

/// Quoted where a shell would not take the text as it is.
fn in_shell(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | ':' | '+' | '-' | '/' | ',' | '@' | '%');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_shortened() {
        let keys: Vec<_> = (0..250).map(|key| key.to_string()).collect();
        let predicate = format!("a IN (SET) ([1, 2]) AND b IN (SET) ([{}]) AND c > 1", keys.join(", "));
        let expected = "a IN (SET) ([1, 2]) AND b IN (SET) ([0, 1, 2, … 249: 250 values]) AND c > 1";
        assert_eq!(shortened(&predicate), expected);
    }
}
