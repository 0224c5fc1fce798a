//! Outside systems, each behind the one trait [`Source`]: what tables it has and how each is scanned.

pub mod delta;
pub mod files;
mod spelling;
pub mod sql;
mod strict;
mod tls;

use std::{collections::HashMap, fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use datafusion::{arrow::datatypes::Schema, catalog::TableProvider, execution::runtime_env::RuntimeEnv};

use crate::{
    config::{SourceConfig, SourceKind, TableConfig},
    model::{Fault, Problem, TableNames},
};

/// The key of an output field's metadata that holds what the source says about the column, in its owner's words.
pub const COMMENT: &str = "aqueduct.comment";

/// An outside system that holds tables. It is only ever read.
///
/// Values leave a source exactly or as an error that names the column and the remedy; a filter that a table reports as
/// pushed gives the same rows as the engine would; a stream that is dropped ends the work it began in the system.
#[async_trait]
pub trait Source: Debug + Send + Sync {
    /// The tables as they are now, at least those that are `named`: a source that may hold thousands describes no other.
    /// Connects when it must, holds at most one connection, and may be called again at any time. A fault
    /// ([`crate::model::Code::SourceDown`]) means that the source cannot be asked now.
    async fn tables(&self, named: &TableNames) -> Result<Listing, Fault>;

    /// What runs its statements, if it speaks SQL.
    fn remote(&self) -> Option<Arc<dyn sql::Remote>> {
        None
    }

    /// How long that may take. Some have to be woken up first.
    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// Completes when a scan has shown that the tables are no longer those of the last listing.
    async fn stale(&self) {
        std::future::pending::<()>().await;
    }
}

/// What a source holds at one moment.
#[derive(Debug)]
pub struct Listing {
    /// The schema whose tables are also visible as `source.table`.
    pub default_schema: String,
    /// The tables that are described: all of them, or those that were named.
    pub tables: Vec<Table>,
    /// Schema and name of those that are not.
    pub others: Vec<(String, String)>,
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
    /// Columns that together are unique and never NULL, as the source's file says, else as the source itself enforces.
    /// Empty when neither does.
    pub key: Vec<String>,
    /// What the source says about the table.
    pub comment: Option<String>,
    /// What the source says about its columns, by their names.
    pub column_comments: HashMap<String, String>,
}

impl Table {
    /// The table for queries of which nothing is pushed: its statements choose columns, and nothing else. Files are read
    /// as always.
    #[must_use]
    pub fn unpushed(&self) -> Arc<dyn TableProvider> {
        match self.provider.downcast_ref::<sql::SqlTable>() {
            Some(table) => Arc::new(table.unpushed()),
            None => Arc::clone(&self.provider),
        }
    }
}

/// The key that a source's file gives a table, if the table has all of its columns.
fn annotated_key(config: Option<&TableConfig>, columns: &Schema) -> Option<Vec<String>> {
    let key: Vec<_> = config?.key.iter().map(|column| column.value.clone()).collect();
    let fits = !key.is_empty() && key.iter().all(|column| columns.index_of(column).is_ok());
    fits.then_some(key)
}

/// Opens a source; this does not connect. With `pushdown`, and unless its own file says otherwise, its tables evaluate
/// what they evaluate exactly as the engine would.
///
/// # Errors
/// Settings that cannot work.
pub fn open(config: &SourceConfig, runtime: &Arc<RuntimeEnv>, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    tls::choose_cryptography();
    match &config.kind {
        SourceKind::Files(files) => files::open(config, files, runtime),
        SourceKind::Delta(delta) => delta::open(config, delta, runtime),
        SourceKind::Postgres(postgres) => sql::postgres::open(config, postgres, pushdown && postgres.sql.pushdown),
        SourceKind::Mysql(mysql) => sql::mysql::open(config, mysql, pushdown && mysql.sql.pushdown),
        SourceKind::Clickhouse(clickhouse) => {
            sql::clickhouse::open(config, clickhouse, pushdown && clickhouse.sql.pushdown)
        }
        SourceKind::Databricks(databricks) => {
            sql::databricks::open(config, databricks, pushdown && databricks.sql.pushdown)
        }
        SourceKind::Redshift(redshift) => sql::redshift::open(config, redshift, pushdown && redshift.sql.pushdown),
        SourceKind::FlightSql(flight) => sql::flightsql::open(config, flight, pushdown && flight.sql.pushdown),
        SourceKind::Adbc(adbc) => sql::adbc::open(config, adbc, pushdown && adbc.sql.pushdown),
        SourceKind::Sqlite(sqlite) => sql::sqlite::open(config, sqlite, pushdown && sqlite.pushdown),
    }
}
