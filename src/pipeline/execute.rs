//! A plan that may run, and the answer that it gives.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::datatypes::SchemaRef;
use futures::StreamExt;
use tokio::time::{Duration, Instant, timeout, timeout_at};

use super::{
    Road,
    admit::Granted,
    page::{End, Page, Paging},
    stream::Rows,
};
use crate::{
    catalog::Query,
    engine::{Explanation, Physical, Prepared},
    model::{Code, Fault},
};

/// How long a request waits for others to finish before it is turned away.
const QUEUE: Duration = Duration::from_secs(2);

/// What becomes of the rows.
#[derive(Debug)]
pub(super) enum Shape {
    Stream,
    Page { limit: usize, continued: bool, paging: Option<Paging> },
}

/// A plan that may run.
pub struct Planned<'a> {
    pub(super) granted: Granted<'a>,
    pub(super) prepared: Arc<Prepared>,
    pub(super) plan: Physical,
    pub(super) shape: Shape,
    pub(super) deadline: Instant,
    pub(super) now: DateTime<Utc>,
}

impl<'a> Planned<'a> {
    /// What would run where.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let explanation = self.plan.explain(&self.granted.query.name.to_string(), self.granted.query.version);
        // Estimates count rows that a policy hides.
        let is_restricted = !self.prepared.policies.is_empty() && !self.granted.grant.principal().is_owner();
        if is_restricted { explanation.without_counts() } else { explanation }
    }

    /// Runs the plan, throws its rows away, and says what ran where and what it took.
    ///
    /// # Errors
    /// What fails on the way.
    pub async fn analyze(self) -> Result<Explanation, Fault> {
        let mut rows = self.plan.execute()?;
        while let Some(batch) = rows.next().await {
            batch?;
        }
        drop(rows);
        Ok(self.explain())
    }

    /// Sixth stage: rows.
    ///
    /// # Errors
    /// [`Code::Overloaded`], [`Code::Timeout`], and all that fails before the first row.
    pub async fn execute(self) -> Result<Answer<'a>, Fault> {
        let slot = timeout(
            QUEUE.min(self.deadline.saturating_duration_since(Instant::now())),
            Arc::clone(&self.granted.road.slots).acquire_owned(),
        );
        let Ok(Ok(permit)) = slot.await else {
            return Err(
                Fault::new(Code::Overloaded, "too many requests are running").with_hint("try again in a second")
            );
        };
        let schema = Arc::clone(&self.prepared.schema);
        let rows = self.plan.execute()?;
        let body = match self.shape {
            Shape::Stream => Body::Stream(Rows::start(rows, permit, self.deadline).await?),
            Shape::Page { limit, continued, paging } => {
                let page = Page::collect(rows, &self.prepared, limit, continued, paging);
                Body::Page(timeout_at(self.deadline, page).await.map_err(|_| timed_out())??)
            }
        };
        Ok(Answer { road: self.granted.road, query: self.granted.query, schema, generated_at: self.now, body })
    }
}

pub(super) fn timed_out() -> Fault {
    Fault::new(Code::Timeout, "the query took longer than its time limit")
        .with_hint("ask for less: a narrower filter or a smaller limit")
}

/// What a door encodes.
#[derive(Debug)]
pub struct Answer<'a> {
    pub(super) road: &'a Road,
    /// The query that was run.
    pub query: Arc<Query>,
    /// The columns.
    pub schema: SchemaRef,
    /// What `now()` was.
    pub generated_at: DateTime<Utc>,
    /// The rows.
    pub body: Body,
}

/// The rows of an answer.
#[derive(Debug)]
pub enum Body {
    /// All in memory.
    Page(Page),
    /// As they come.
    Stream(Rows),
}

impl Answer<'_> {
    /// How `page` ends when its first `rows` rows are delivered.
    ///
    /// # Errors
    /// A cursor cannot be sealed.
    pub fn end(&self, page: &Page, rows: usize) -> Result<End, Fault> {
        page.end(rows, &self.road.cursors)
    }
}
