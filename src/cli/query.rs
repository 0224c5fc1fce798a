//! `aqueduct query` and `aqueduct sql`: rows to the terminal or into a file, as the project's owner.

use std::{io::IsTerminal, path::PathBuf, sync::Arc};

use clap::Args;

use super::{Failure, Pushdown, RowFormat, Target, output};
use crate::{
    app::App,
    catalog::{self, Query},
    pipeline::{Bound, Want},
};

#[derive(Debug, Args)]
pub(super) struct Named {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    pub(super) pushdown: Pushdown,
    #[command(flatten)]
    sink: Sink,
}

#[derive(Debug, Args)]
pub(super) struct AdHoc {
    /// One SELECT in DataFusion's SQL; tables are source.table or source.schema.table
    #[arg(value_name = "SELECT")]
    sql: String,
    #[command(flatten)]
    pub(super) pushdown: Pushdown,
    #[command(flatten)]
    sink: Sink,
}

/// Where rows go.
#[derive(Debug, Args)]
struct Sink {
    /// How rows are printed
    #[arg(long, value_enum, default_value = "table")]
    format: RowFormat,
    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Named {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let (name, version) = &self.target.name;
        let granted = app.road.as_owner().resolve(name, *version)?.grant()?;
        let bound = granted.bind(&self.target.parameters(), &self.target.shaping())?;
        self.sink.drain(bound).await
    }
}

impl AdHoc {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let sources: Vec<_> = app.project.sources.iter().map(|source| source.name.clone()).collect();
        let query = Query::ad_hoc(catalog::parse_ad_hoc(&self.sql, &sources)?);
        let bound = app.road.as_owner().ad_hoc(Arc::new(query)).await?;
        self.sink.drain(bound).await
    }
}

impl Sink {
    async fn drain(&self, bound: Bound) -> Result<(), Failure> {
        let binary = matches!(self.format, RowFormat::Arrow | RowFormat::ArrowFile | RowFormat::Parquet);
        if binary && self.output.is_none() && std::io::stdout().is_terminal() {
            return Err(Failure::Other("this format is not for a terminal: add --output FILE".into()));
        }
        let answer = bound.answer(Want::Stream, &mut |_| {}).await?;
        output::write(answer, self.format, self.output.as_deref()).await
    }
}
