//! `kind: adbc`, and the kinds that are systems behind a known driver: `duckdb`, `snowflake`, `bigquery`.
//!
//! A driver is a library that speaks one system's protocol and gives Arrow (ADBC, of Apache Arrow). What is the same of all
//! drivers is here; what is known of the system behind one is a `System`.

mod bigquery;
mod binds;
mod cause;
mod column;
mod database;
mod duckdb;
mod generic;
mod information;
mod library;
mod parallel;
mod parts;
mod session;
mod snowflake;
mod statement;

use std::{fmt::Debug, sync::Arc, time::Duration};

use adbc_core::{error::Error, options::OptionValue};
use adbc_driver_manager::ManagedConnection;
use async_trait::async_trait;
use datafusion::scalar::ScalarValue;

use super::{
    Dialect, Remote, Statement,
    feed::{Caller, Stop},
    listing::Found,
};
use crate::{
    config::{
        SourceConfig,
        source::{AdbcConfig, Flavor},
    },
    model::{Fault, Problem, TableNames},
    sources::{Listing, Source},
};
pub use bigquery::BigQueryDialect;
use binds::Placeholders;
use column::AdbcColumn;
pub use duckdb::DuckDbDialect;
use parts::{Division, Places};
use session::Adbc;
pub use snowflake::SnowflakeDialect;

/// A warehouse may have to be woken up.
const WAKING: Duration = Duration::from_mins(1);
/// A file is there or not.
const FILE: Duration = Duration::from_secs(10);

/// What is known of the system behind a driver.
trait System: Debug + Send + Sync {
    /// How it spells SQL.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Statements that each connection begins with.
    fn settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// Options of the driver for a statement of `caller`: a tag that names the query, a bound on what it may cost.
    fn options(&self, _caller: &Caller, _config: &AdbcConfig) -> Vec<(&'static str, OptionValue)> {
        Vec::new()
    }

    /// How rows are read in parts, of tables that are listed as divisible.
    fn division(&self) -> Option<Division> {
        None
    }

    /// What stands before a statement of `caller`, where no option of the driver names the query.
    fn comment(&self, _caller: &Caller) -> String {
        String::new()
    }

    /// Does `error` say that a table, a column or a type is no longer what it was?
    fn is_changed(&self, error: &Error) -> bool {
        cause::is_changed(error)
    }

    /// How it finds the values of placeholders.
    fn placeholders(&self) -> Placeholders {
        Placeholders::InOrder
    }

    /// A value in the form in which the driver takes it, where that is not Arrow's own.
    fn form(&self, value: &ScalarValue) -> Result<ScalarValue, Fault> {
        Ok(value.clone())
    }

    /// The text that is prepared to see whether it would run, and what it gives: that which runs, unless values that are
    /// not there yet are in the way.
    fn sample(&self, statement: &Statement) -> String {
        binds::text(statement, self.dialect(), self.placeholders()).0
    }

    /// The tables that are there, those that are wanted described. Blocks.
    fn discover(&self, connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered, Error>;
}

/// What is there.
#[derive(Debug)]
struct Discovered {
    found: Found<AdbcColumn>,
    /// Tables and views that cannot be described.
    broken: Vec<Broken>,
}

/// A table or view that cannot be described.
#[derive(Debug)]
struct Broken {
    schema: String,
    name: String,
    error: Error,
}

/// What a listing is to describe.
#[derive(Clone, Debug)]
struct Wanted {
    /// The tables that queries name.
    named: TableNames,
    /// The schemas to show; all when empty.
    schemas: Vec<String>,
    /// The tables that the source's file says something of: `table`, or `schema.table`.
    annotated: Vec<String>,
}

impl Wanted {
    /// Is `schema` to be shown?
    fn shows(&self, schema: &str) -> bool {
        self.schemas.is_empty() || self.schemas.iter().any(|shown| shown == schema)
    }

    /// The default schema: the first that is named, or `usual`.
    fn default_schema(&self, usual: String) -> String {
        self.schemas.first().cloned().unwrap_or(usual)
    }
}

/// The source that `source` and `config` describe. Its driver is loaded, nothing is connected yet. With `pushdown` off,
/// filters and limits stay local.
///
/// # Errors
/// The driver is not there, or is none.
pub fn open(source: &SourceConfig, config: &AdbcConfig, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    let system: Arc<dyn System> = match config.flavor {
        Flavor::Generic => Arc::new(generic::Generic::default()),
        Flavor::DuckDb => Arc::new(duckdb::DuckDb),
        Flavor::Snowflake => Arc::new(snowflake::Snowflake),
        Flavor::BigQuery => Arc::new(bigquery::BigQuery),
    };
    let adbc = Arc::new(Adbc::new(source.name.clone(), config, system)?);
    Ok(Arc::new(AdbcSource { adbc, source: source.clone(), config: config.clone(), pushdown }))
}

/// A database behind a driver.
#[derive(Debug)]
struct AdbcSource {
    adbc: Arc<Adbc>,
    source: SourceConfig,
    config: AdbcConfig,
    pushdown: bool,
}

#[async_trait]
impl Source for AdbcSource {
    async fn tables(&self, named: &TableNames) -> Result<Listing, Fault> {
        let schemas = &self.config.sql.schemas;
        let shown = schemas.iter().map(|schema| schema.value.clone()).collect();
        let annotated = self.source.tables.iter().map(|table| table.name.value.clone()).collect();
        let wanted = Wanted { named: named.clone(), schemas: shown, annotated };
        let Discovered { found, broken } = self.adbc.discover(wanted).await.map_err(Stop::into_fault)?;
        let remote: Arc<dyn Remote> = Arc::clone(&self.adbc) as _;
        let mut listing = found.listing(&remote, &self.source, schemas, self.pushdown);
        listing.problems.extend(broken.iter().map(|Broken { schema, name, error }| {
            tracing::warn!(source = %self.source.name, table = %name, error = self.adbc.said(error), "a table cannot be described");
            let message = format!("`{schema}.{name}` cannot be read: the source does not say what columns it has");
            Problem::warning(self.source.place.clone(), message)
        }));
        Ok(listing)
    }

    fn patience(&self) -> Duration {
        if self.config.flavor == Flavor::DuckDb { FILE } else { WAKING }
    }

    fn remote(&self) -> Option<Arc<dyn Remote>> {
        Some(Arc::clone(&self.adbc) as _)
    }

    async fn stale(&self) {
        self.adbc.stale().await;
    }
}

/// `SELECT *` of a table.
fn all_of(dialect: &dyn Dialect, schema: &str, table: &str) -> String {
    format!("SELECT * FROM {}.{}", dialect.quoted(schema), dialect.quoted(table))
}
