//! `kind: mysql`: `MySQL` and `MariaDB`.

mod binds;
mod capabilities;
mod decode;
mod dialect;
mod discover;
mod number;
mod session;
mod types;
mod url;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    config::{SourceConfig, source::MysqlConfig},
    model::{Fault, Problem, TableNames},
    sources::{Listing, Source, sql::Remote},
};
pub use dialect::MysqlDialect;
use session::Mysql;

/// The source that `source` and `config` describe. Nothing is connected yet. With `pushdown` off, filters and limits stay
/// local.
///
/// # Errors
/// The URL asks for what cannot be, or for what would have no effect.
pub fn open(source: &SourceConfig, config: &MysqlConfig, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    let mysql = Arc::new(Mysql::new(source.name.clone(), config)?);
    Ok(Arc::new(MysqlSource { mysql, source: source.clone(), config: config.clone(), pushdown }))
}

/// The databases of a server.
#[derive(Debug)]
struct MysqlSource {
    mysql: Arc<Mysql>,
    source: SourceConfig,
    config: MysqlConfig,
    pushdown: bool,
}

#[async_trait]
impl Source for MysqlSource {
    async fn tables(&self, named: &TableNames) -> Result<Listing, Fault> {
        self.mysql.forget_verdicts();
        let schemas = &self.config.sql.schemas;
        let found = self.mysql.discover(schemas, named).await?;
        let remote: Arc<dyn Remote> = Arc::clone(&self.mysql) as _;
        Ok(found.listing(&remote, &self.source, schemas, self.pushdown))
    }

    fn remote(&self) -> Option<Arc<dyn Remote>> {
        Some(Arc::clone(&self.mysql) as _)
    }

    async fn stale(&self) {
        self.mysql.stale().await;
    }
}
