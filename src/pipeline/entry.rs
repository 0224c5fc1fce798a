//! A result that is kept: how a run makes it, and how long it is of use.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{sync::OnceCell, time::Instant};

use super::{
    Road,
    cache::Key,
    page,
    run::{Made, Run},
};
use crate::{
    catalog::{Cache as Policy, Query},
    model::Fault,
    spool::ResultId,
};

/// A result.
#[derive(Debug)]
pub(super) struct Entry {
    /// No other entry of this process has it.
    pub number: u64,
    pub lease: Lease,
    pub rows: Given,
    /// What `now()` was.
    pub now: DateTime<Utc>,
    /// When the sources were asked.
    pub asked: DateTime<Utc>,
    /// The same, in the spool too: made when somebody first wants a smaller page of it than all of its rows.
    pub paged: OnceCell<Arc<Self>>,
}

/// Whose a result is and how long it is kept, and all that was made of it.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    pub query: Arc<Query>,
    /// When the sources were asked.
    pub begun: Instant,
    /// From `begun` on.
    pub life: Duration,
}

/// What a run gave.
#[derive(Debug)]
pub(super) enum Given {
    Rows(Made),
    Count(u64),
}

/// How the rows of a run are taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taken {
    /// One page by key, of at most so many rows.
    Page(usize),
    /// All; if there are more than so many, they go to the spool.
    Whole(usize),
    Counted,
}

/// When the sources are asked, on two clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub at: DateTime<Utc>,
    pub begun: Instant,
}

/// Runs, for the entry under `key`.
///
/// # Errors
/// Those of the run, and a page key that is NULL or repeats.
pub(super) async fn make(run: Run, taken: Taken, key: Key, asked: Asked) -> Result<Entry, Fault> {
    let (road, prepared, now) = (Arc::clone(&run.road), Arc::clone(&run.prepared), run.now);
    let planned = run.plan().await?;
    let rows = match taken {
        Taken::Page(limit) => {
            let made = planned.page(limit).await?;
            // What cannot be paged is a fault, and faults are not kept.
            page::check_key(made.head(), &prepared)?;
            Given::Rows(made)
        }
        Taken::Whole(limit) => Given::Rows(planned.whole(limit).await?),
        Taken::Counted => Given::Count(planned.count().await?),
    };
    let entry = Entry::new(&road, &prepared.query, rows, now, asked);
    if let Some(result) = entry.result() {
        tokio::spawn(complete(road, key, entry.number, result.clone()));
    }
    Ok(entry)
}

/// Asks for a result in the spool until all of it is there: others will want it whom the first page is given to. If it
/// never is, the first page is of no use.
async fn complete(road: Arc<Road>, key: Key, number: u64, result: ResultId) {
    let until = Instant::now() + (result.expires() - Utc::now()).to_std().unwrap_or_default();
    if road.spool.total(&result, until).await.is_err() {
        road.cache.forget(&key, |entry| entry.number == number);
    }
}

impl Entry {
    /// `now` is what `now()` was.
    pub fn new(road: &Road, query: &Arc<Query>, rows: Given, now: DateTime<Utc>, asked: Asked) -> Self {
        let life = query.cache.as_ref().map_or(Duration::ZERO, Policy::life);
        // Whoever is given a cursor into the spool can follow it for at least as long as it was given to others.
        let life = match &rows {
            Given::Rows(Made::Spooled(_, result)) => {
                let left = (result.expires() - Utc::now()).to_std().unwrap_or_default();
                life.min(asked.begun.elapsed() + left / 2)
            }
            _ => life,
        };
        let lease = Lease { query: Arc::clone(query), begun: asked.begun, life };
        Self { number: road.cache.number(), lease, rows, now, asked: asked.at, paged: OnceCell::new() }
    }

    /// What it holds, unless that is a count.
    ///
    /// # Errors
    /// It is a count.
    pub fn made(&self) -> Result<&Made, Fault> {
        match &self.rows {
            Given::Rows(made) => Ok(made),
            Given::Count(_) => Err(Fault::internal("rows are kept as a count")),
        }
    }

    /// Where it is in the spool.
    pub fn result(&self) -> Option<&ResultId> {
        match &self.rows {
            Given::Rows(Made::Spooled(_, result)) => Some(result),
            _ => None,
        }
    }
}

impl Lease {
    /// How long ago the sources were asked.
    pub fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// How long it goes on.
    pub fn left(&self) -> Duration {
        self.life.saturating_sub(self.age())
    }
}
