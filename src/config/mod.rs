//! The project's YAML, raw to checked: `aqueduct.yaml` and `catalogs/*.yaml`. Every mistake at once, with its place.

pub mod secret;
pub mod settings;
pub mod source;

pub use secret::Secret;
pub use settings::Settings;
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
