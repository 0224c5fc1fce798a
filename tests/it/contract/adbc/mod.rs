//! The contract, over ADBC drivers.

mod duckdb;
mod generic;
mod leaving;
mod partitions;
mod snowflake;

use std::{path::Path, sync::Arc};

use aqueduct::{
    config::{Environment, SourceKind, source::load},
    model::{Problem, Problems},
    sources::{Source, sql},
};

/// The source `shop` of a project in `directory`, whose file is `catalog`.
fn try_open(directory: &Path, catalog: &str, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    let folder = directory.join("catalogs");
    std::fs::create_dir_all(&folder).expect("a project can be written");
    std::fs::write(folder.join("shop.yaml"), catalog).expect("a project can be written");
    let mut problems = Problems::default();
    let sources = load(directory, &Environment::default(), &mut problems);
    let [source] = sources.configs.as_slice() else { panic!("no source: {problems}") };
    let SourceKind::Adbc(config) = &source.kind else { panic!("a source of another kind") };
    sql::adbc::open(source, config, pushdown)
}

/// The same of a source whose driver is there.
fn open(directory: &Path, catalog: &str, pushdown: bool) -> Arc<dyn Source> {
    try_open(directory, catalog, pushdown).unwrap_or_else(|problem| panic!("{problem:?}"))
}
