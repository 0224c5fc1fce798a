//! `kind: redshift`: over the wire of Postgres, or by the Redshift Data API where there is no way to a cluster.

mod aws;
mod capabilities;
mod data;
mod dialect;
mod discover;
mod statement;
mod tokens;
mod types;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    config::{
        SourceConfig,
        source::{RedshiftAccess, RedshiftConfig},
    },
    model::{Fault, Problem, TableNames},
    sources::{Listing, Source, sql::Remote},
};
use data::DataApi;
pub use dialect::RedshiftDialect;
use wire::Wire;

/// The source that `source` and `config` describe. Nothing is connected yet. With `pushdown` off, filters and limits stay
/// local.
///
/// # Errors
/// A URL that cannot be read, or options that no client can be made of.
pub fn open(source: &SourceConfig, config: &RedshiftConfig, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    let (name, connections) = (source.name.clone(), config.sql.max_connections);
    let warehouse = match &config.access {
        RedshiftAccess::Wire { url, iam } => {
            Warehouse::Wire(Arc::new(Wire::new(name, url, iam.as_ref(), connections)?))
        }
        RedshiftAccess::Data { aws, database, secret } => {
            Warehouse::Data(Arc::new(DataApi::new(name, aws, database, secret.as_deref(), connections)?))
        }
    };
    Ok(Arc::new(RedshiftSource { warehouse, source: source.clone(), config: config.clone(), pushdown }))
}

/// A database of a Redshift cluster or workgroup.
#[derive(Debug)]
struct RedshiftSource {
    warehouse: Warehouse,
    source: SourceConfig,
    config: RedshiftConfig,
    pushdown: bool,
}

/// How it is asked.
#[derive(Debug)]
enum Warehouse {
    Wire(Arc<Wire>),
    Data(Arc<DataApi>),
}

impl Warehouse {
    fn remote(&self) -> Arc<dyn Remote> {
        match self {
            Self::Wire(wire) => Arc::clone(wire) as _,
            Self::Data(data) => Arc::clone(data) as _,
        }
    }
}

#[async_trait]
impl Source for RedshiftSource {
    async fn tables(&self, named: &TableNames) -> Result<Listing, Fault> {
        let schemas = &self.config.sql.schemas;
        let found = match &self.warehouse {
            Warehouse::Wire(wire) => {
                wire.forget_verdicts();
                discover::tables(wire.as_ref(), schemas, named).await?
            }
            Warehouse::Data(data) => {
                data.forget_verdicts();
                discover::tables(data.as_ref(), schemas, named).await?
            }
        };
        Ok(found.listing(&self.warehouse.remote(), &self.source, schemas, self.pushdown))
    }

    fn remote(&self) -> Option<Arc<dyn Remote>> {
        Some(self.warehouse.remote())
    }

    /// A workgroup without work has to begin first, and the Data API is asked again and again.
    fn patience(&self) -> std::time::Duration {
        std::time::Duration::from_mins(1)
    }

    async fn stale(&self) {
        match &self.warehouse {
            Warehouse::Wire(wire) => wire.stale().await,
            Warehouse::Data(data) => data.stale().await,
        }
    }
}
