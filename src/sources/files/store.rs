//! How a source's store is told from others, and whether its location is there.

use std::path::Path;

use datafusion::execution::object_store::ObjectStoreUrl;

use crate::{config::Location, model::SourceName};

const SCHEME: &str = "files";

/// The URL a source's store is registered under: its own, so that two sources over one bucket never share credentials.
#[must_use]
pub fn url_of(source: &SourceName) -> ObjectStoreUrl {
    ObjectStoreUrl::parse(format!("{SCHEME}://{source}")).expect("a source name is a valid host")
}

/// The source whose store `url` names, when it is one of ours.
#[must_use]
pub fn source_of(url: &ObjectStoreUrl) -> Option<SourceName> {
    let host = url.as_str().strip_prefix(SCHEME)?.strip_prefix("://")?;
    SourceName::new(host.trim_end_matches('/'))
}

/// Is a local location there? Object stores answer for themselves.
pub async fn is_missing(location: &Location) -> bool {
    match location {
        Location::Directory(directory) => !is_directory(directory).await,
        Location::Url(_) => false,
    }
}

async fn is_directory(directory: &Path) -> bool {
    tokio::fs::metadata(directory).await.is_ok_and(|found| found.is_dir())
}
