//! The project's YAML, raw to checked: `aqueduct.yaml` and `catalogs/*.yaml`. Every mistake at once, with its place.

pub mod environment;
pub mod file;
pub mod interpolate;
pub mod location;
pub mod reader;
pub mod secret;
pub mod settings;
pub mod source;
pub mod yaml;

pub use environment::Environment;
pub use location::Location;
pub use secret::Secret;
pub use settings::{FullScan, Settings};
pub use source::{SourceConfig, SourceKind, TableConfig};

use crate::model::Place;

/// A value and where the file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// Is it the id of a key: letters, digits, `.`, `_` and `-`, at most 64 of them?
#[must_use]
pub fn is_key_id(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    plain && (1..=64).contains(&text.len())
}

/// Is it a scope: two or more words of letters, digits, `_`, `-` and `.`, joined by `:`?
#[must_use]
pub fn is_scope(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    text.contains(':') && text.split(':').all(is_word)
}
