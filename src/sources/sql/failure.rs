//! What the members say when a source fails.

use std::{error::Error, fmt::Display};

use crate::model::{Code, Fault, SourceName};

/// An error, and behind it what caused it, as far as that is known.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        text = format!("{text}: {error}");
        inner = error.source();
    }
    text
}

/// The source cannot be reached.
pub fn down(source: &SourceName, cause: impl Display) -> Fault {
    Fault::new(Code::SourceDown, format!("source `{source}` cannot be reached"))
        .with_hint("try again later; the operator's log has the cause")
        .with_internal(cause)
}

/// The source answered with an error.
pub fn failed(source: &SourceName, cause: impl Display) -> Fault {
    Fault::new(Code::SourceFailed, format!("source `{source}` failed to answer"))
        .with_hint("the operator's log has the cause under this request's id")
        .with_internal(cause)
}

/// The source could not compute an expression that it was sent, as the engine could not have.
pub fn not_computed(detail: &str, cause: impl Display) -> Fault {
    Fault::new(Code::EvaluationFailed, detail).with_internal(cause)
}

/// The columns of a result are not those that the statement was planned for.
pub fn changed(source: &SourceName, relation: &str, cause: impl Display) -> Fault {
    Fault::new(Code::SourceFailed, format!("`{relation}` is no longer as it was when source `{source}` was read"))
        .with_hint("its tables are looked for again at the next refresh")
        .with_internal(cause)
}

/// A stored value that the column's type cannot hold. `value` and `kind` are words of ours, never the value itself.
pub fn unrepresentable(source: &SourceName, relation: &str, column: &str, value: &str, kind: &str) -> Fault {
    Fault::new(
        Code::ValueUnrepresentable,
        format!("column `{column}` of `{relation}` holds a value ({value}) that {kind} cannot hold"),
    )
    .with_hint(format!("set `columns: {{{column}: string}}` for the table in catalogs/{source}.yaml"))
}
