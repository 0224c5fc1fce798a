//! `kind: delta`: tables of Delta Lake in a directory or an object store.
//!
//! `discover` finds the folders with a log, `log` replays their logs with `deltalake-core`, `columns` and `entries` say
//! what a log tells of a table's columns and files, `table` scans them: files are chosen by `skip`, their deleted rows
//! left out by `deletions`, and the rest is the files source's own reader. Its scan, and not the one of
//! `deltalake-core`, because every value is to be read exactly or refused, bounds of floats leave NaN out, and a scan
//! with deletion vectors there runs in one task.

mod columns;
mod deletions;
mod discover;
mod entries;
mod log;
mod skip;
mod store;
mod table;
mod value;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use datafusion::{common::TableReference, execution::runtime_env::RuntimeEnv, object_store::ObjectStore};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::Notify;

use super::{
    Listing, Source, Table, annotated_key,
    files::{
        SCHEMA, faults,
        reads::Reads,
        store as location,
        table::{FilesTable, Storage},
    },
};
use crate::{
    config::{SourceConfig, source::FilesConfig},
    model::{Fault, Problem, TableNames},
};
use columns::Columns;
use discover::Root;
use log::{Log, Unread};
use table::LoggedTable;

/// Logs that are read at once.
const CONCURRENT_LOGS: usize = 8;

/// Opens a Delta source and registers its store in `runtime` under a URL of its own. Connects to nothing.
pub fn open(config: &SourceConfig, at: &FilesConfig, runtime: &Arc<RuntimeEnv>) -> Result<Arc<dyn Source>, Problem> {
    let store = crate::store::open(&at.location, &at.options)?;
    let gone = Arc::new(Notify::new());
    let reads = Reads::logged(Arc::clone(&store), config.name.clone(), Arc::clone(&gone));
    let storage = Storage::register(config, reads, runtime);
    Ok(Arc::new(Delta { config: config.clone(), at: at.clone(), store, storage, gone, known: Mutex::default() }))
}

struct Delta {
    config: SourceConfig,
    at: FilesConfig,
    store: Arc<dyn ObjectStore>,
    storage: Storage,
    /// A file that a log names is not there.
    gone: Arc<Notify>,
    /// Tables of the last listing, by their names: one folder may be several tables, each of another version.
    known: Mutex<HashMap<String, Known>>,
}

/// A table as its log was read last.
#[derive(Clone)]
struct Known {
    log: Log,
    table: Result<Table, Problem>,
    problems: Vec<Problem>,
}

impl fmt::Debug for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delta").field("name", &self.config.name).finish_non_exhaustive()
    }
}

#[async_trait]
impl Source for Delta {
    async fn tables(&self, _named: &TableNames) -> Result<Listing, Fault> {
        if location::is_missing(&self.at.location.value).await {
            return Err(faults::missing(&self.config.name));
        }
        let (roots, mut problems) = discover::roots(self.store.as_ref(), &self.config, &self.at).await?;
        let mut looked_at = Vec::new();
        for root in &roots {
            looked_at.push(self.look_at(root));
        }
        let looked_at: Vec<_> = futures::stream::iter(looked_at).buffered(CONCURRENT_LOGS).try_collect().await?;
        let mut tables = Vec::new();
        let mut known = HashMap::new();
        for (root, found) in roots.iter().zip(looked_at) {
            let found = match found {
                Ok(found) => found,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            problems.extend(found.problems.iter().cloned());
            match &found.table {
                Ok(table) => tables.push(table.clone()),
                Err(problem) => problems.push(problem.clone()),
            }
            known.insert(root.name.clone(), found);
        }
        *self.known() = known;
        Ok(Listing { default_schema: SCHEMA.to_owned(), tables, others: Vec::new(), problems })
    }

    /// A log of thousands of files takes its time when it is read for the first time.
    fn patience(&self) -> Duration {
        Duration::from_mins(1)
    }

    async fn stale(&self) {
        self.gone.notified().await;
        // Whatever is known led to a file that is not there.
        self.known().clear();
    }
}

impl Delta {
    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        // The map is replaced as a whole, so a panic elsewhere leaves nothing half-written.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest version of one table, or the one that the source's file names. `Err` in `Ok`: it cannot be read.
    async fn look_at(&self, root: &Root<'_>) -> Result<Result<Known, Problem>, Fault> {
        let before = self.known().get(&root.name).cloned();
        let version = root.config.and_then(|config| config.version.as_ref());
        let log = match Log::newest(&self.store, &root.path, version, before.as_ref().map(|known| &known.log)).await {
            Ok(log) => log,
            Err(Unread::Store(error)) => return Err(faults::unlisted(&self.config.name, &error)),
            Err(Unread::Problem { message, hint, is_mistake }) => {
                tracing::warn!(source = %self.config.name, table = %root.name, reason = %message, "a table cannot be read");
                let place = match version {
                    Some(version) if is_mistake => &version.place,
                    _ => root.place(&self.config.place),
                };
                let problem = if is_mistake { Problem::error } else { Problem::warning };
                return Ok(Err(problem(place.clone(), format!("table `{}`: {message}", root.name)).hint(hint)));
            }
        };
        // A version is never another one later.
        if let Some(known) = before.filter(|known| known.log.is(&log)) {
            return Ok(Ok(known));
        }
        let mut problems = Vec::new();
        let table = self.table(root, &log, &mut problems);
        Ok(Ok(Known { log, table, problems }))
    }

    fn table(&self, root: &Root<'_>, log: &Log, problems: &mut Vec<Problem>) -> Result<Table, Problem> {
        let warning = |message: String| {
            tracing::warn!(source = %self.config.name, table = %root.name, reason = %message, "a table cannot be read");
            Problem::warning(root.place(&self.config.place).clone(), format!("table `{}`: {message}", root.name))
        };
        let snapshot = log.snapshot();
        let columns = Columns::of(&snapshot, root.config, problems).map_err(&warning)?;
        let (files, with_deletions) = entries::of(&snapshot, &columns, &root.path).map_err(&warning)?;
        let reference = TableReference::full(self.config.name.as_str(), SCHEMA, root.name.as_str());
        let partitions = columns.partitions.iter();
        let partitions = partitions.map(|column| (column.name.clone(), column.target.data_type.clone())).collect();
        let stored = columns.stored.clone();
        let files = FilesTable::parquet(&reference, self.storage.clone(), stored, partitions, files)
            .at_version(snapshot.version());
        let deletions =
            log.deletions(&root.path, &self.storage.reads, &self.config.name, with_deletions).map_err(&warning)?;
        let provider = LoggedTable::new(files, &columns.order, deletions);
        Ok(Table {
            schema: SCHEMA.to_owned(),
            name: root.name.clone(),
            key: annotated_key(root.config, &columns.schema()).unwrap_or_default(),
            provider: Arc::new(provider),
            comment: snapshot.metadata().description().filter(|text| !text.is_empty()).map(ToOwned::to_owned),
            column_comments: columns.comments,
        })
    }
}
