//! One run of a query: from bound values to a plan, and from there to rows. It knows nothing of who asked, so that what it
//! gives can be kept for others who may see the same.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::{
    arrow::{
        array::{Array as _, AsArray as _, RecordBatch},
        compute::concat_batches,
        datatypes::Int64Type,
    },
    common::ScalarValue,
};
use futures::{StreamExt, stream};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Duration, Instant, timeout, timeout_at},
};

use super::{Road, page, stream::Rows};
use crate::{
    engine::{Cut, Explanation, Paging, PagingPart, Physical, Prepared, RowStream, Snapshot, View, Wanted},
    model::{Code, Fault},
    spool::ResultId,
};

/// How long a request waits for others to finish before it is turned away.
const QUEUE: Duration = Duration::from_secs(2);

/// What is to be run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub road: Arc<Road>,
    pub snapshot: Arc<Snapshot>,
    pub prepared: Arc<Prepared>,
    pub view: View,
    pub values: Vec<ScalarValue>,
    pub cut: Cut,
    /// What `now()` is.
    pub now: DateTime<Utc>,
    pub deadline: Instant,
}

/// A plan that may run.
pub struct Planned {
    run: Run,
    plan: Physical,
}

/// The rows that a run gave.
#[derive(Clone, Debug)]
pub(super) enum Made {
    /// All of them.
    Whole(RecordBatch),
    /// The first of them; others follow, which are asked for by another run.
    Head(RecordBatch),
    /// The first of them; all are in the spool, or come there.
    Spooled(RecordBatch, ResultId),
}

impl Run {
    /// Plans.
    ///
    /// # Errors
    /// [`Code::Timeout`], and what planning finds.
    pub async fn plan(self) -> Result<Planned, Fault> {
        let wanted =
            Wanted { prepared: &self.prepared, view: &self.view, values: self.values.clone(), cut: self.cut.clone() };
        let plan =
            timeout_at(self.deadline, self.snapshot.plan(&wanted, self.now)).await.map_err(|_| timed_out())??;
        Ok(Planned { run: self, plan })
    }
}

impl Planned {
    /// What would run where.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let (prepared, query) = (&self.run.prepared, &self.run.prepared.query);
        let Paging { consistency, reason, .. } = prepared.paging(&self.run.view);
        let paging = Some(PagingPart { consistency: consistency.as_str(), reason });
        Explanation { paging, ..self.plan.explain(&query.name.to_string(), query.version) }
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

    /// Runs the plan for a reader who takes rows as they come.
    ///
    /// # Errors
    /// [`Code::Overloaded`], [`Code::Timeout`], and all that fails before the first row.
    pub(super) async fn stream(self) -> Result<Rows, Fault> {
        let permit = self.slot().await?;
        Rows::start(self.plan.execute()?, Some(permit), self.run.deadline).await
    }

    /// Runs a plan that gives one page of at most `limit` rows, and one more row if others follow.
    ///
    /// # Errors
    /// [`Code::Overloaded`], [`Code::Timeout`], and all that fails on the way.
    pub(super) async fn page(self, limit: usize) -> Result<Made, Fault> {
        let _permit = self.slot().await?;
        let (head, rest) = self.head(limit).await?;
        // A page that was cut by its bytes has not read the row that shows that others follow.
        Ok(if head.num_rows() > limit || rest.is_some() { Made::Head(head) } else { Made::Whole(head) })
    }

    /// Runs a plan for all rows. If there are more than `limit`, they go to the spool, also after this has returned.
    ///
    /// # Errors
    /// [`Code::Overloaded`], [`Code::Timeout`], and all that fails before the first rows are here.
    pub(super) async fn whole(self, limit: usize) -> Result<Made, Fault> {
        let permit = self.slot().await?;
        let (head, rest) = self.head(limit).await?;
        if rest.is_none() && head.num_rows() <= limit {
            return Ok(Made::Whole(head));
        }
        let rest = rest.unwrap_or_else(|| stream::empty().boxed());
        let id = self.run.road.spool.keep(head.schema(), vec![head.clone()], rest, permit).await?;
        Ok(Made::Spooled(head, id))
    }

    /// Runs a plan that counts.
    ///
    /// # Errors
    /// [`Code::Overloaded`], [`Code::Timeout`], and all that fails on the way.
    pub(super) async fn count(self) -> Result<u64, Fault> {
        let _permit = self.slot().await?;
        let (counted, _) = self.head(1).await?;
        let count = counted.columns().first().and_then(|column| column.as_primitive_opt::<Int64Type>());
        let count = count.filter(|column| column.len() == 1).map(|column| column.value(0));
        count.and_then(|count| u64::try_from(count).ok()).ok_or_else(|| Fault::internal("a count gave no number"))
    }

    /// The first rows, more than `limit` of them or as many bytes as a page has, and what comes behind them.
    async fn head(&self, limit: usize) -> Result<(RecordBatch, Option<RowStream>), Fault> {
        let mut rows = self.plan.execute()?;
        let taken = timeout_at(self.run.deadline, page::take(&mut rows, limit)).await;
        let (batches, ended) = taken.map_err(|_| timed_out())??;
        let head = match batches.as_slice() {
            [whole] => whole.clone(),
            batches => concat_batches(self.plan.schema(), batches).map_err(Fault::internal)?,
        };
        Ok((head, (!ended).then_some(rows)))
    }

    async fn slot(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let patience = QUEUE.min(self.run.deadline.saturating_duration_since(Instant::now()));
        match timeout(patience, Arc::clone(&self.run.road.slots).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Fault::new(Code::Overloaded, "too many requests are running").with_hint("try again in a second")),
        }
    }
}

impl Made {
    /// The rows at hand, from the first.
    pub fn head(&self) -> &RecordBatch {
        match self {
            Self::Whole(rows) | Self::Head(rows) | Self::Spooled(rows, _) => rows,
        }
    }
}

pub(super) fn timed_out() -> Fault {
    Fault::new(Code::Timeout, "the query took longer than its time limit")
        .with_hint("ask for less: a narrower filter or a smaller limit")
}
