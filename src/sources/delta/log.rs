//! A table's log: replayed once, then only what is new, by `deltalake-core`.

use std::{collections::HashSet, error::Error as _, fmt, sync::Arc};

use datafusion::object_store::{self, ObjectMeta, ObjectStore, ObjectStoreExt, path::Path, prefix::PrefixStore};
use deltalake_core::{
    DeltaTable, DeltaTableError,
    kernel::EagerSnapshot,
    logstore::{StorageConfig, default_logstore},
};
use url::Url;

use super::{
    super::files::{faults, reads::Reads},
    deletions::Deletions,
    store::InOrder,
};
use crate::{config::Spanned, model::SourceName};

/// What a table's root is called by the library: paths that users choose never become part of a URL.
pub const ROOT: &str = "delta://table/";

/// Features of readers that are implemented here. Any other means that rows would be read wrongly.
const FEATURES: [&str; 5] = ["columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"];
/// Features that writers name whether or not a column is of their type. A column that is has its own refusal.
const FEATURES_OF_TYPES: [&str; 2] = ["variantType", "variantType-preview"];

/// Characters of what the library says of a log that it cannot read.
const LONGEST_REASON: usize = 120;

/// One version of a table.
#[derive(Clone)]
pub struct Log {
    table: DeltaTable,
    /// The commit that made this version. Another one in its place means that the table was made anew.
    commit: Option<ObjectMeta>,
}

/// Why a log cannot be read.
#[derive(Debug)]
pub enum Unread {
    /// The store does not answer.
    Store(Box<object_store::Error>),
    /// The table cannot be read.
    Problem {
        /// What is wrong with it.
        message: String,
        /// What would be right.
        hint: String,
        /// Is it the source's file that is wrong?
        is_mistake: bool,
    },
}

impl Log {
    /// The newest version, or `version`, of the table in folder `root`; from `before` only what has come since is read.
    pub async fn newest(
        store: &Arc<dyn ObjectStore>,
        root: &str,
        version: Option<&Spanned<u64>>,
        before: Option<&Self>,
    ) -> Result<Self, Unread> {
        let root = Path::parse(root).map_err(|error| Unread::Store(Box::new(error.into())))?;
        let store: Arc<dyn ObjectStore> = Arc::new(InOrder(PrefixStore::new(Arc::clone(store), root)));
        let wanted = version.map(|version| version.value);
        let mut log = None;
        if let Some(before) = before
            && commit(&store, before.version()).await? == before.commit
        {
            let mut table = before.table.clone();
            let is_there = wanted == Some(before.version());
            if is_there || wanted.is_none() && table.update_state().await.is_ok() {
                // What has come since may need what no reader here has.
                log = Some(readable(table)?);
            }
        }
        let table = match log {
            Some(table) => table,
            None => load(&store, wanted).await?,
        };
        let version = table.version().unwrap_or_default();
        Ok(Self { commit: commit(&store, version).await?, table })
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.table.version().unwrap_or_default()
    }

    /// Is it the same version of the same table?
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.version() == other.version() && self.commit == other.commit
    }

    /// What the log says.
    #[must_use]
    pub fn snapshot(&self) -> Arc<EagerSnapshot> {
        let state = self.table.snapshot().expect("a log is made of a table that was loaded");
        Arc::new(state.snapshot().clone())
    }

    /// The deleted rows of `files`, if there are such files.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub fn deletions(
        &self,
        root: &str,
        reads: &Arc<Reads>,
        source: &SourceName,
        files: HashSet<Path>,
    ) -> Result<Option<Deletions>, String> {
        if files.is_empty() {
            return Ok(None);
        }
        let prefix = Path::parse(root).unwrap_or_default();
        let store = Arc::new(PrefixStore::new(Arc::clone(reads) as Arc<dyn ObjectStore>, prefix.clone()));
        Deletions::new(self.snapshot(), store, prefix, source.clone(), files).map(Some)
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("version", &self.version()).finish_non_exhaustive()
    }
}

async fn load(store: &Arc<dyn ObjectStore>, wanted: Option<u64>) -> Result<DeltaTable, Unread> {
    let url = Url::parse(ROOT).expect("it is written as a URL");
    let open =
        || DeltaTable::new(default_logstore(Arc::clone(store), Arc::clone(store), &url, &StorageConfig::default()));
    let mut table = open();
    let Some(version) = wanted else {
        table.load().await.map_err(unread)?;
        return readable(table);
    };
    let Err(error) = table.load_version(version).await else { return readable(table) };
    let mut newest = open();
    newest.load().await.map_err(unread)?;
    let newest = newest.version().unwrap_or_default();
    if version > newest {
        let message = format!("it has no version {version}");
        return Err(Unread::Problem { message, hint: format!("its newest version is {newest}"), is_mistake: true });
    }
    match unread(error) {
        Unread::Problem { .. } => Err(Unread::Problem {
            message: format!("its log does not reach back to version {version}"),
            hint: format!("its newest version is {newest}"),
            is_mistake: true,
        }),
        down @ Unread::Store(_) => Err(down),
    }
}

/// Refuses what would be read wrongly, by name.
fn readable(table: DeltaTable) -> Result<DeltaTable, Unread> {
    let state = table.snapshot().map_err(unread)?;
    let protocol = state.protocol();
    let features: Vec<_> = protocol.reader_features().into_iter().flatten().map(ToString::to_string).collect();
    let is_known = |name: &str| FEATURES.contains(&name) || FEATURES_OF_TYPES.contains(&name);
    let unknown: Vec<_> = features.iter().filter(|name| !is_known(name)).collect();
    if unknown.is_empty() && (1..=3).contains(&protocol.min_reader_version()) {
        return Ok(table);
    }
    let names = unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(unsupported(&if names.is_empty() {
        format!("version {} of the protocol", protocol.min_reader_version())
    } else {
        names
    }))
}

fn unsupported(what: &str) -> Unread {
    Unread::Problem {
        message: format!("it cannot be read right without {what}, which is not supported"),
        hint: format!("the features of readers that are supported: {}", FEATURES.join(", ")),
        is_mistake: false,
    }
}

fn unread(error: DeltaTableError) -> Unread {
    match faults::store_error(&error) {
        None | Some(object_store::Error::NotFound { .. }) => {}
        Some(_) => return Unread::Store(Box::new(stored(error))),
    }
    tracing::debug!(%error, "a log cannot be read");
    let text = std::iter::successors(error.source(), |&error| error.source()).last().map(ToString::to_string);
    let mut text = text.unwrap_or_else(|| error.to_string());
    // Some go on with all that the library knows.
    if let Some((end, _)) = text.char_indices().nth(LONGEST_REASON) {
        text.truncate(end);
        text.push('…');
    }
    Unread::Problem {
        message: format!("its log cannot be read: {text}"),
        hint: format!(
            "look at its folder `_delta_log`; the features of readers that are supported: {}",
            FEATURES.join(", ")
        ),
        is_mistake: false,
    }
}

/// The store's own error, with all of `error` as its cause.
fn stored(error: DeltaTableError) -> object_store::Error {
    use object_store::Error;
    let path = String::new();
    match faults::store_error(&error) {
        Some(Error::PermissionDenied { .. }) => Error::PermissionDenied { path, source: error.into() },
        Some(Error::Unauthenticated { .. }) => Error::Unauthenticated { path, source: error.into() },
        _ => Error::Generic { store: "delta", source: error.into() },
    }
}

async fn commit(store: &Arc<dyn ObjectStore>, version: u64) -> Result<Option<ObjectMeta>, Unread> {
    match store.head(&Path::from(format!("_delta_log/{version:020}.json"))).await {
        Ok(commit) => Ok(Some(commit)),
        // Logs are cut off behind their checkpoints.
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(Unread::Store(Box::new(error))),
    }
}
