//! `kind: flightsql`: any server of Flight SQL (<https://arrow.apache.org/docs/format/FlightSql.html>), of whose SQL
//! nothing is known but the standard.

mod client;
mod discover;
mod session;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    config::{SourceConfig, source::FlightSqlConfig},
    model::{Fault, Problem, TableNames},
    sources::{Listing, Source, sql::Remote},
};
use session::FlightSql;

/// The source that `source` and `config` describe. Nothing is connected yet. With `pushdown` off, filters and limits stay
/// local.
///
/// # Errors
/// Certificates that cannot be read.
pub fn open(source: &SourceConfig, config: &FlightSqlConfig, pushdown: bool) -> Result<Arc<dyn Source>, Problem> {
    let flight = Arc::new(FlightSql::new(source.name.clone(), config)?);
    Ok(Arc::new(FlightSqlSource { flight, source: source.clone(), config: config.clone(), pushdown }))
}

/// A server of Flight SQL.
#[derive(Debug)]
struct FlightSqlSource {
    flight: Arc<FlightSql>,
    source: SourceConfig,
    config: FlightSqlConfig,
    pushdown: bool,
}

#[async_trait]
impl Source for FlightSqlSource {
    async fn tables(&self, named: &TableNames) -> Result<Listing, Fault> {
        self.flight.forget_verdicts();
        let (found, broken) = self.flight.discover(&self.config, named).await?;
        let remote: Arc<dyn Remote> = Arc::clone(&self.flight) as _;
        let mut listing = found.listing(&remote, &self.source, &self.config.sql.schemas, self.pushdown);
        listing.problems.extend(broken.into_iter().map(|(text, hint)| {
            let problem = Problem::warning(self.source.place.clone(), text);
            match hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        }));
        Ok(listing)
    }

    fn remote(&self) -> Option<Arc<dyn Remote>> {
        Some(Arc::clone(&self.flight) as _)
    }

    async fn stale(&self) {
        self.flight.stale().await;
    }
}
