//! What goes wrong while files are listed and read, in words for the caller; raw texts stay in the log.

use std::{error::Error, fmt};

use datafusion::{
    error::DataFusionError,
    object_store::{self, path::Path},
};

use crate::model::{Code, Fault, SourceName};
use crate::sources::strict::{Misfit, Target};

/// The store did not give a file.
#[must_use]
pub fn store(source: &SourceName, file: &Path, error: &object_store::Error) -> Fault {
    use object_store::Error;
    let (code, detail) = match error {
        Error::NotFound { .. } => (Code::SourceFailed, format!("the file `{file}` of source `{source}` is gone")),
        Error::Precondition { .. } => {
            (Code::SourceFailed, format!("the file `{file}` of source `{source}` was replaced while it was in use"))
        }
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => return refused(source, error),
        _ => (Code::SourceDown, format!("source `{source}` cannot be reached")),
    };
    Fault::new(code, detail).with_internal(error)
}

/// A file that a table's log names is not there.
#[must_use]
pub fn vacuumed(source: &SourceName, file: &Path, error: &object_store::Error) -> Fault {
    let detail = format!("the file `{file}` of source `{source}` is gone: it was vacuumed, or its table removed");
    Fault::new(Code::SourceFailed, detail)
        .with_hint("ask again: the newest version of the table is being looked for")
        .with_internal(error)
}

/// The store does not list its files.
#[must_use]
pub fn unlisted(source: &SourceName, error: &object_store::Error) -> Fault {
    use object_store::Error;
    match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => refused(source, error),
        // Stores tell an unknown bucket and a failed request by the same kind of error.
        _ => unreachable(source, error),
    }
}

/// The store does not answer.
#[must_use]
pub fn unreachable(source: &SourceName, cause: impl fmt::Display) -> Fault {
    Fault::new(Code::SourceDown, format!("source `{source}` cannot be reached, or its location does not exist"))
        .with_internal(cause)
}

fn refused(source: &SourceName, error: &object_store::Error) -> Fault {
    Fault::new(Code::SourceDown, format!("source `{source}` refuses the service's credentials")).with_internal(error)
}

/// A local location is not there.
#[must_use]
pub fn missing(source: &SourceName) -> Fault {
    Fault::new(Code::SourceDown, format!("the directory of source `{source}` does not exist"))
        .with_hint("create it, or correct `location`")
}

/// A value that its column's type cannot hold.
#[must_use]
pub fn misfit(table: &str, column: &str, target: &Target, file: Option<&str>, value: &Misfit) -> Fault {
    let place = file.map(|file| format!(" in the file `{file}`")).unwrap_or_default();
    Fault::new(
        Code::ValueUnrepresentable,
        format!("column `{column}` of `{table}` holds a value{place} that does not fit its type {target}"),
    )
    .with_hint(format!("`columns: {{{column}: string}}` in the source's file reads every value"))
    .with_internal(format!("column {column} of {table}{place}: {}", value.0))
}

/// A file that is not what its ending says.
#[must_use]
pub fn malformed(table: &str, file: &str, format: &str, cause: impl fmt::Display) -> Fault {
    Fault::new(Code::SourceFailed, format!("the file `{file}` of `{table}` cannot be read as {format}"))
        .with_internal(cause)
}

/// As `DataFusion` carries it.
#[must_use]
pub fn carried(fault: Fault) -> DataFusionError {
    DataFusionError::External(Box::new(fault))
}

/// The object store's error inside `error`, if that is where it began.
#[must_use]
pub fn store_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a object_store::Error> {
    chain(error).find_map(|error| {
        // The engine boxes it; a downcast of the box itself finds nothing.
        let boxed = || error.downcast_ref::<Box<object_store::Error>>().map(AsRef::as_ref);
        error.downcast_ref::<object_store::Error>().or_else(boxed)
    })
}

/// The fault that `error` carries, if any.
#[must_use]
pub fn carried_by<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Fault> {
    chain(error).find_map(|error| error.downcast_ref::<Fault>())
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
