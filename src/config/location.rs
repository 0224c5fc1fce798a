//! Where files are: a directory or an object store, and the options that open it.

mod options;

use std::path::{Path, PathBuf};

use super::{Spanned, reader::Value};
use crate::model::{Problem, Problems};

pub(super) use options::read as read_options;

/// Where files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory, absolute.
    Directory(PathBuf),
    /// An object store and a prefix in it.
    Url(url::Url),
}

/// Reads a `location` of a project in `directory`.
pub(super) fn read(value: &Value, directory: &Path, problems: &mut Problems) -> Option<Spanned<Location>> {
    let text = value.filled(problems)?;
    let Some((scheme, _)) = text.value.split_once("://") else {
        let directory: PathBuf = directory.join(&text.value);
        return Some(Spanned { value: Location::Directory(directory), place: text.place });
    };
    let hint = || format!("use a path relative to the project, or {}", options::SCHEMES.join(", "));
    if matches!(scheme, "http" | "https" | "hdfs") {
        let message = format!("locations of `{scheme}://` are not supported yet");
        problems.push(Problem::error(text.place, message).hint(hint()));
        return None;
    }
    // The URL is not shown: there may be credentials in it.
    if !options::SCHEMES.contains(&format!("{scheme}://").as_str()) {
        problems.push(
            Problem::error(text.place, format!("`{scheme}://` is no object store that can be read")).hint(hint()),
        );
        return None;
    }
    match url::Url::parse(&text.value) {
        Ok(url) if url.password().is_some() || url.query().is_some() || url.fragment().is_some() => {
            let message = "`location` holds credentials, a query or a fragment";
            problems.push(Problem::error(text.place, message).hint("credentials belong into `options`"));
            None
        }
        Ok(url) if url.host_str().is_some_and(|bucket| !bucket.is_empty()) => {
            Some(Spanned { value: Location::Url(url), place: text.place })
        }
        _ => {
            problems.push(Problem::error(text.place, "`location` names no bucket").hint("write `s3://bucket/folder/`"));
            None
        }
    }
}
