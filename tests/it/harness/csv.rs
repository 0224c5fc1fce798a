//! CSV as RFC 4180 has it, fields with line breaks included, and what stands in quotes told apart from what does not.

/// A field as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Without quotes.
    Bare(String),
    /// In quotes, which are taken off.
    Quoted(String),
}

/// The records of a text whose lines end in `\n`.
pub fn records(text: &str) -> Vec<Vec<Field>> {
    let (mut records, mut record, mut rest) = (Vec::new(), Vec::new(), text);
    while !rest.is_empty() {
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_field(quoted)
        } else {
            let end = rest.find([',', '\n']).unwrap_or(rest.len());
            (Field::Bare(rest[..end].to_owned()), &rest[end..])
        };
        record.push(field);
        rest = if let Some(next) = after.strip_prefix(',') {
            next
        } else {
            records.push(std::mem::take(&mut record));
            after.strip_prefix('\n').unwrap_or_else(|| panic!("no line ends before {after:?}"))
        };
    }
    records
}

/// The field behind an opening quote, and what follows it. Two quotes are one.
fn quoted_field(text: &str) -> (Field, &str) {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').expect("a quote is closed");
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return (Field::Quoted(field), after),
        }
    }
}
