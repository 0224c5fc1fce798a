//! What a caller may choose about the text of values.

use super::Format;
use crate::model::{Code, Fault};

/// The longest text of NULL, in bytes.
const LONGEST_NULL: usize = 16;

/// How values are written. What a format has no use for does nothing there; [`Options::read`] refuses it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// How JSON holds integers of 64 bits.
    pub int64: Int64,
    /// CSV's text for NULL; none for an empty field.
    pub null: Option<Box<str>>,
}

/// How JSON holds integers of 64 bits, with and without sign, wherever they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Int64 {
    /// As numbers, which JavaScript reads exactly up to 2^53 only.
    #[default]
    Number,
    /// As strings.
    Text,
}

impl Int64 {
    /// The values of `int64=`.
    pub const NAMES: [&str; 2] = ["number", "string"];
}

impl Options {
    /// Reads the values of `int64=` and of `null=`, as far as they are given, for an answer in `format`.
    ///
    /// # Errors
    /// [`Code::MalformedRequest`] for a value that there is not, and for an option that the format does not have.
    pub fn read(format: Format, int64: Option<&str>, null: Option<&str>) -> Result<Self, Fault> {
        Ok(Self {
            int64: match int64 {
                Some(_) if !matches!(format, Format::Json | Format::Ndjson) => {
                    return Err(foreign("int64", format, "`json` and `ndjson`"));
                }
                None | Some("number") => Int64::Number,
                Some("string") => Int64::Text,
                Some(_) => {
                    let fault = Fault::new(Code::MalformedRequest, "`int64` has no such value");
                    return Err(fault.with_hint("`int64=number` is the default, `int64=string` is the other"));
                }
            },
            null: match null {
                Some(_) if format != Format::Csv => return Err(foreign("null", format, "`csv`")),
                None | Some("") => None,
                Some(text)
                    if text.len() > LONGEST_NULL || text.contains([',', '"']) || text.contains(char::is_control) =>
                {
                    let detail = format!("`null` is longer than {LONGEST_NULL} bytes, or would need quotes");
                    let fault = Fault::new(Code::MalformedRequest, detail);
                    return Err(
                        fault.with_hint("any text without comma, quote or control character: `null=NULL`, `null=NA`")
                    );
                }
                Some(text) => Some(text.into()),
            },
        })
    }
}

/// An option that another format has.
pub fn foreign(name: &str, format: Format, formats: &str) -> Fault {
    Fault::new(Code::MalformedRequest, format!("`{name}` means nothing for the format `{}`", format.name()))
        .with_hint(format!("`{name}` is for {formats}; the format is that of `format=`, or else of `Accept`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_own() {
        for format in Format::ALL {
            assert_eq!(Options::read(format, None, None), Ok(Options::default()));
            let json = matches!(format, Format::Json | Format::Ndjson);
            let text = Options { int64: Int64::Text, null: None };
            assert_eq!(Options::read(format, Some("string"), None).ok(), json.then_some(text));
            assert_eq!(Options::read(format, Some("number"), None).ok(), json.then(Options::default));
            let null = Options { null: Some("NA".into()), ..Options::default() };
            assert_eq!(Options::read(format, None, Some("NA")).ok(), (format == Format::Csv).then_some(null));
        }
    }

    #[test]
    fn values_that_there_are_not_are_refused() {
        for value in ["", "String", "text", "1"] {
            let fault = Options::read(Format::Json, Some(value), None).expect_err(value);
            assert_eq!(fault.code, Code::MalformedRequest);
            assert!(fault.hint.is_some_and(|hint| hint.contains("int64=string")));
        }
        for value in ["a,b", "\"", "a\nb", "\r", "\0", "seventeen letters", "ééééééééé"] {
            let fault = Options::read(Format::Csv, None, Some(value)).expect_err(value);
            assert_eq!(fault.code, Code::MalformedRequest);
        }
        for value in ["NULL", "\\N", "-", "exactly sixteen.", "ø ", " "] {
            assert!(Options::read(Format::Csv, None, Some(value)).is_ok(), "{value}");
        }
        assert_eq!(Options::read(Format::Csv, None, Some("")), Ok(Options::default()), "an empty field, as always");
    }
}
