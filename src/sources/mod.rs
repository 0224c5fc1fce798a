//! Outside systems, each behind the one trait [`Source`]: what tables it has and how each is scanned.

pub mod files;
pub mod sql;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use datafusion::{catalog::TableProvider, execution::runtime_env::RuntimeEnv};

use crate::{
    config::{SourceConfig, SourceKind},
    model::{Fault, Problem},
};

/// An outside system that holds tables. It is only ever read.
///
/// Values leave a source exactly or as an error that names the column and the remedy; a filter that a table reports as
/// pushed gives the same rows as the engine would; a stream that is dropped ends the work it began in the system.
#[async_trait]
pub trait Source: Debug + Send + Sync {
    /// The tables as they are now. Connects when it must, holds at most one connection, and may be called again at any
    /// time. A fault ([`crate::model::Code::SourceDown`]) means that the source cannot be asked now.
    async fn tables(&self) -> Result<Listing, Fault>;

    /// Completes when a scan has shown that the tables are no longer those of the last listing.
    async fn stale(&self) {
        std::future::pending().await
    }
}

/// What a source holds at one moment.
#[derive(Debug)]
pub struct Listing {
    /// The schema whose tables are also visible as `source.table`.
    pub default_schema: String,
    /// All tables.
    pub tables: Vec<Table>,
    /// Annotations in the source's file that do not fit its tables.
    pub problems: Vec<Problem>,
}

/// One table and how to scan it.
#[derive(Clone, Debug)]
pub struct Table {
    /// The schema, spelled as in the source.
    pub schema: String,
    /// The table, spelled as in the source.
    pub name: String,
    /// Its columns, statistics and scans.
    pub provider: Arc<dyn TableProvider>,
}

/// Opens a source; this does not connect. With `pushdown` its tables evaluate filters and limits where that is exact.
///
/// # Errors
/// Settings that cannot work.
pub fn open(config: &SourceConfig, runtime: &Arc<RuntimeEnv>, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    match &config.kind {
        SourceKind::Files(files) => files::open(config, files, runtime),
        SourceKind::Postgres(postgres) => sql::postgres::open(config, postgres, pushdown),
        SourceKind::Sqlite(sqlite) => sql::sqlite::open(config, sqlite, pushdown),
    }
}
