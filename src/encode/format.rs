//! The formats a result can be had in, and the choice among them for one request.

use std::cmp::Reverse;

use super::accept::{self, Element};
use crate::model::{Code, Fault, place::nearest};

/// How a result is represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON document per page.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// RFC 4180, with a header line.
    Csv,
    /// The Arrow IPC streaming format.
    Arrow,
    /// The Arrow IPC file format, also known as Feather.
    ArrowFile,
    /// One Parquet file.
    Parquet,
    /// The plan instead of the rows. Never chosen by a wildcard.
    Plan,
}

impl Format {
    /// All formats, the service's own preference first.
    pub const ALL: [Self; 7] =
        [Self::Json, Self::Ndjson, Self::Csv, Self::Arrow, Self::ArrowFile, Self::Parquet, Self::Plan];

    /// The value of `format=`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
            Self::ArrowFile => "arrow-file",
            Self::Parquet => "parquet",
            Self::Plan => "plan",
        }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::ArrowFile => "application/vnd.apache.arrow.file",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Plan => "application/vnd.aqueduct.plan+json",
        }
    }

    /// The media types a caller may ask with, lower case and without parameters.
    const fn accepted_as(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json"],
            Self::Ndjson => &["application/x-ndjson", "application/ndjson", "application/jsonl"],
            Self::Csv => &["text/csv"],
            Self::Arrow => &["application/vnd.apache.arrow.stream"],
            Self::ArrowFile => &["application/vnd.apache.arrow.file"],
            Self::Parquet => &["application/vnd.apache.parquet"],
            Self::Plan => &["application/vnd.aqueduct.plan+json"],
        }
    }

    /// The format with this [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Chooses for one request. `format`, the value of `format=`, wins over `accept`, the value of the `Accept`
    /// headers joined by commas. Without either it is JSON.
    ///
    /// Among several acceptable formats the highest weight wins, then the most specific range that names the format,
    /// then the range that comes first, then the order of [`Format::ALL`].
    ///
    /// # Errors
    /// [`Code::NotAcceptable`] when there is no such format.
    pub fn negotiate(accept: Option<&str>, format: Option<&str>) -> Result<Self, Fault> {
        if let Some(name) = format {
            return Self::from_name(name).ok_or_else(|| unknown_name(name));
        }
        match accept.map(str::trim) {
            None | Some("") => Ok(Self::Json),
            Some(header) => Self::accepted(header).ok_or_else(|| {
                Fault::new(Code::NotAcceptable, "none of the media types in `Accept` can be produced")
                    .with_hint(available())
            }),
        }
    }

    fn accepted(header: &str) -> Option<Self> {
        let ranges: Vec<_> = accept::elements(header).collect();
        let candidates = Self::ALL.into_iter().filter_map(|format| {
            let (specificity, position, weight) = ranges
                .iter()
                .enumerate()
                .filter_map(|(position, range)| Some((format.specificity(range)?, Reverse(position), range.weight)))
                .max()?;
            (weight > 0).then_some(((weight, specificity, position), format))
        });
        // Of equals the earlier stays: `max_by_key` would take the later.
        candidates.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, format)| format)
    }

    /// How closely a media range describes this format (RFC 9110, section 12.5.1), if it does at all.
    fn specificity(self, range: &Element<'_>) -> Option<usize> {
        if !range.parameters.iter().all(|(name, value)| self.has_parameter(name, value)) {
            return None;
        }
        let value = range.value.to_ascii_lowercase();
        if self.accepted_as().contains(&value.as_str()) {
            return Some(2 + range.parameters.len());
        }
        // A plan is no representation of the rows: a caller has to name it.
        if self == Self::Plan {
            return None;
        }
        match value.split_once('/')? {
            ("*", "*") => Some(0),
            (family, "*") => self.media_type().strip_prefix(family)?.starts_with('/').then_some(1),
            _ => None,
        }
    }

    /// Does the representation have this parameter? All text is UTF-8, said or not; CSV has its header line.
    fn has_parameter(self, name: &str, value: &str) -> bool {
        (name.eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("utf-8"))
            || (self == Self::Csv && name.eq_ignore_ascii_case("header") && value.eq_ignore_ascii_case("present"))
    }
}

fn unknown_name(name: &str) -> Fault {
    let shown: String = name.chars().take(40).collect();
    let hint = match nearest(name, Format::ALL.map(Format::name)) {
        Some(likely) => format!("did you mean `format={likely}`? {}", available()),
        None => available(),
    };
    Fault::new(Code::NotAcceptable, format!("there is no format `{shown}`")).with_hint(hint)
}

/// What there is, by name and by media type. The plan is left out: it is not a format of the rows.
fn available() -> String {
    let list: Vec<_> = Format::ALL
        .into_iter()
        .filter(|format| *format != Format::Plan)
        .map(|format| format!("`{}` ({})", format.name(), format.accepted_as()[0]))
        .collect();
    format!("available are {}", list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiates_by_accept() {
        use Format::*;
        let cases = [
            (None, Json),
            (Some(""), Json),
            (Some("*/*"), Json),
            (Some("application/*"), Json),
            (Some("text/*"), Csv),
            (Some("TEXT/CSV"), Csv),
            (Some("text/csv; charset=UTF-8; header=present"), Csv),
            (Some("text/csv, application/json"), Csv),
            (Some("application/json, text/csv"), Json),
            (Some("application/json;q=0.5, text/csv;q=0.8"), Csv),
            (Some("*/*, text/csv"), Csv),
            (Some("text/csv;q=0.9, */*"), Json),
            (Some("*/*;q=0.5, application/json;q=0"), Ndjson),
            (Some("application/*;q=0, */*"), Csv),
            (Some("text/csv;header=absent, */*;q=0.1"), Json),
            (Some("text/csv;q=0, text/csv;header=present"), Csv),
            (Some("application/x-ndjson"), Ndjson),
            (Some("application/ndjson"), Ndjson),
            (Some("application/jsonl"), Ndjson),
            (Some("application/vnd.apache.arrow.stream"), Arrow),
            (Some("application/vnd.apache.arrow.file"), ArrowFile),
            (Some("application/vnd.apache.parquet, */*;q=0.1"), Parquet),
            (Some("application/vnd.aqueduct.plan+json"), Plan),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Json),
            (Some("nonsense, ;;, text/csv"), Csv),
            (Some("application/json;q=9, text/csv"), Csv),
        ];
        for (accept, expected) in cases {
            assert_eq!(Format::negotiate(accept, None), Ok(expected), "{accept:?}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_produce() {
        let headers = [
            "image/png",
            "nonsense",
            "json",
            "*/*;q=0",
            "application/json;q=0",
            "application/json;q=x",
            "application/json;profile=x",
            "text/csv;header=absent",
            "application/jsonx",
            "app/*",
        ];
        for accept in headers {
            let fault = Format::negotiate(Some(accept), None).expect_err(accept);
            assert_eq!(fault.code, Code::NotAcceptable);
            assert!(fault.hint.is_some_and(|hint| hint.contains("application/x-ndjson")), "{accept}");
        }
    }

    #[test]
    fn the_format_parameter_wins() {
        assert_eq!(Format::negotiate(Some("image/png"), Some("csv")), Ok(Format::Csv));
        assert_eq!(Format::negotiate(None, Some("plan")), Ok(Format::Plan));
        for (name, hint) in [("jsn", "did you mean `format=json`?"), ("xlsx", "available are"), ("", "available are")] {
            let fault = Format::negotiate(None, Some(name)).expect_err(name);
            assert_eq!(fault.code, Code::NotAcceptable);
            assert!(fault.hint.as_deref().is_some_and(|text| text.starts_with(hint)), "{fault:?}");
        }
    }

    #[test]
    fn every_name_and_media_type_leads_back() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
            assert_eq!(Format::negotiate(Some(format.media_type()), None), Ok(format));
        }
    }
}
