//! `kind: clickhouse`

mod capabilities;
mod dialect;
mod discover;
mod request;
mod session;
mod types;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    config::{SourceConfig, source::ClickhouseConfig},
    model::{Fault, Problem, TableNames},
    sources::{Listing, Source, sql::Remote},
};
pub use dialect::ClickhouseDialect;
use session::Clickhouse;

/// The source that `source` and `config` describe. Nothing is connected yet. With `pushdown` off, filters and limits stay
/// local.
///
/// # Errors
/// A client for HTTP cannot be made: the system has no certificates that can be read.
pub fn open(source: &SourceConfig, config: &ClickhouseConfig, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    let clickhouse = Clickhouse::new(source.name.clone(), config).map_err(|error| {
        Problem::error(config.url.place.clone(), format!("no client for HTTP can be made: {error}"))
    })?;
    let clickhouse = Arc::new(clickhouse);
    Ok(Arc::new(ClickhouseSource { clickhouse, source: source.clone(), config: config.clone(), pushdown }))
}

/// The databases of a `ClickHouse` server.
#[derive(Debug)]
struct ClickhouseSource {
    clickhouse: Arc<Clickhouse>,
    source: SourceConfig,
    config: ClickhouseConfig,
    pushdown: bool,
}

#[async_trait]
impl Source for ClickhouseSource {
    async fn tables(&self, named: &TableNames) -> Result<Listing, Fault> {
        self.clickhouse.forget_verdicts();
        let schemas = &self.config.sql.schemas;
        let found = self.clickhouse.discover(schemas, named).await?;
        let remote: Arc<dyn Remote> = Arc::clone(&self.clickhouse) as _;
        Ok(found.listing(&remote, &self.source, schemas, self.pushdown))
    }

    fn remote(&self) -> Option<Arc<dyn Remote>> {
        Some(Arc::clone(&self.clickhouse) as _)
    }

    async fn stale(&self) {
        self.clickhouse.stale().await;
    }
}
