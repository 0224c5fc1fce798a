//! `kind: sqlite`

mod capabilities;
mod decode;
mod dialect;
mod discover;
mod parse;
mod session;
mod types;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    config::{SourceConfig, source::SqliteConfig},
    model::{Fault, Problem, TableNames},
    sources::{Listing, Source, sql::Remote},
};
pub use dialect::SqliteDialect;
use session::Sqlite;

/// The source that `source` and `config` describe. Nothing is opened yet, a file that is missing shows when its tables are
/// asked for. With `pushdown` off, filters and limits stay local.
pub fn open(source: &SourceConfig, config: &SqliteConfig, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    let sqlite = Arc::new(Sqlite::new(source.name.clone(), &config.path.value));
    Ok(Arc::new(SqliteSource { sqlite, source: source.clone(), pushdown }))
}

/// A `SQLite` database file.
#[derive(Debug)]
struct SqliteSource {
    sqlite: Arc<Sqlite>,
    source: SourceConfig,
    pushdown: bool,
}

#[async_trait]
impl Source for SqliteSource {
    async fn tables(&self, _named: &TableNames) -> Result<Listing, Fault> {
        self.sqlite.forget_verdicts();
        Ok(self.sqlite.discover().await?.listing(&self.sqlite, &self.source, self.pushdown))
    }

    fn remote(&self) -> Option<Arc<dyn Remote>> {
        Some(Arc::clone(&self.sqlite) as _)
    }
}
