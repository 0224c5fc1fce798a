//! `kind: postgres`

mod binds;
mod capabilities;
mod check;
mod copy;
mod decode;
mod dialect;
mod discover;
mod literal;
mod parallel;
mod session;
mod types;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    config::{SourceConfig, source::PostgresConfig},
    model::{Fault, Problem, TableNames},
    sources::{Listing, Source, sql::Remote},
};
pub use dialect::PostgresDialect;
use session::Postgres;

/// The source that `source` and `config` describe. Nothing is connected yet. With `pushdown` off, filters and limits
/// stay local. A URL that cannot be read is a problem.
pub fn open(source: &SourceConfig, config: &PostgresConfig, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    let postgres = Arc::new(Postgres::new(source.name.clone(), config)?);
    Ok(Arc::new(PostgresSource { postgres, source: source.clone(), config: config.clone(), pushdown }))
}

/// A Postgres database.
#[derive(Debug)]
struct PostgresSource {
    postgres: Arc<Postgres>,
    source: SourceConfig,
    config: PostgresConfig,
    pushdown: bool,
}

#[async_trait]
impl Source for PostgresSource {
    async fn tables(&self, _named: &TableNames) -> Result<Listing, Fault> {
        self.postgres.forget_verdicts();
        let found = self.postgres.discover(&self.config.sql.schemas).await?;
        Ok(found.listing(&self.postgres, &self.source, &self.config.sql.schemas, self.pushdown))
    }

    fn remote(&self) -> Option<Arc<dyn Remote>> {
        Some(Arc::clone(&self.postgres) as _)
    }

    async fn stale(&self) {
        self.postgres.stale().await;
    }
}
