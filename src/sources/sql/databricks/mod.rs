//! `kind: databricks`: a SQL warehouse, through the Statement Execution API
//! (<https://docs.databricks.com/api/statement-execution/v1/statement-execution.md>).

mod api;
mod capabilities;
mod chunks;
mod dialect;
mod discover;
mod failure;
mod parameter;
mod session;
mod statement;
mod token;
mod types;
mod wire;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    config::{SourceConfig, source::DatabricksConfig},
    model::{Fault, Problem, TableNames},
    sources::{Listing, Source, sql::Remote},
};
pub use dialect::DatabricksDialect;
use session::Databricks;

/// A classic warehouse that sleeps takes about four minutes to start
/// (<https://docs.databricks.com/en/compute/sql-warehouse/warehouse-types.html>).
const WAKING: Duration = Duration::from_mins(6);

/// The source that `source` and `config` describe. Nothing is connected yet. With `pushdown` off, filters and limits stay
/// local.
///
/// # Errors
/// A client for HTTP cannot be made: the system has no certificates that can be read.
pub fn open(source: &SourceConfig, config: &DatabricksConfig, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    let databricks = Databricks::new(source.name.clone(), config).map_err(|error| {
        Problem::error(config.host.place.clone(), format!("no client for HTTP can be made: {error}"))
    })?;
    let databricks = Arc::new(databricks);
    Ok(Arc::new(DatabricksSource { databricks, source: source.clone(), config: config.clone(), pushdown }))
}

/// The tables of a catalog, behind a SQL warehouse.
#[derive(Debug)]
struct DatabricksSource {
    databricks: Arc<Databricks>,
    source: SourceConfig,
    config: DatabricksConfig,
    pushdown: bool,
}

#[async_trait]
impl Source for DatabricksSource {
    async fn tables(&self, named: &TableNames) -> Result<Listing, Fault> {
        self.databricks.forget_verdicts();
        let schemas = &self.config.sql.schemas;
        let found = self.databricks.discover(&self.config, named).await?;
        let remote: Arc<dyn Remote> = Arc::clone(&self.databricks) as _;
        Ok(found.listing(&remote, &self.source, schemas, self.pushdown))
    }

    fn patience(&self) -> Duration {
        WAKING
    }

    fn remote(&self) -> Option<Arc<dyn Remote>> {
        Some(Arc::clone(&self.databricks) as _)
    }

    async fn stale(&self) {
        self.databricks.stale().await;
    }
}
