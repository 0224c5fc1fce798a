//! The project as its files say: settings, sources and queries, read whole and immutable.

mod consumer;
mod front;
mod header;
mod load;
mod page;
mod params;
pub mod query;
mod sql;
mod tables;
mod tokens;

pub use consumer::{Allowed, Consumer};
pub use load::{Draft, Loaded, load};
pub use params::Pattern;
pub use query::{Access, Consistency, Direction, OrderTerm, Page, Param, Query};
pub use sql::{Select, parse_ad_hoc};

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use crate::{
    config::{Settings, SourceConfig},
    model::QueryName,
};

/// A project that has no mistakes that can be seen without asking its sources.
#[derive(Debug)]
pub struct Project {
    /// The directory, absolute.
    pub directory: PathBuf,
    /// `aqueduct.yaml`.
    pub settings: Settings,
    /// `catalogs/*.yaml`, by name.
    pub sources: Vec<SourceConfig>,
    /// `queries/**/*.sql`, by name and version.
    pub queries: BTreeMap<(QueryName, u32), Arc<Query>>,
}
