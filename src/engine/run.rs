//! From a prepared query and bound values to rows.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::{
    arrow::{array::RecordBatch, datatypes::SchemaRef},
    common::{ParamValues, Result as DfResult, ScalarValue},
    execution::TaskContext,
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
    physical_plan::{ExecutionPlan, execute_stream},
};
use futures::{StreamExt, stream::BoxStream};

use super::{
    Prepared, Snapshot, fault,
    federate::{self, Federated, Local},
    kept::{Attempt, Kept, Shape, parameter},
    output,
    seek::{self, Edge},
    session,
};
use crate::{catalog::OrderTerm, model::Fault, sources::sql::Caller};

/// Rows as they come, in the schema that the query was loaded with. Dropping it ends the work, in the sources too.
pub type RowStream = BoxStream<'static, Result<RecordBatch, Fault>>;

/// Which rows of the result are wanted.
#[derive(Clone, Debug)]
pub enum Cut {
    /// All, in the order of `terms`, or as they come where there are none.
    All {
        /// The whole order.
        terms: Vec<OrderTerm>,
    },
    /// The first `rows`, in the order of the query.
    First {
        /// How many.
        rows: usize,
    },
    /// The first `rows` in the order of `terms`, behind the row that has the values `after`.
    Keyset {
        /// The whole order.
        terms: Vec<OrderTerm>,
        /// One value for each term.
        after: Option<Vec<ScalarValue>>,
        /// How many.
        rows: usize,
    },
}

/// A plan that can run.
pub struct Physical {
    pub(super) plan: Arc<dyn ExecutionPlan>,
    pub(super) reasons: Arc<[Local]>,
    task: Arc<TaskContext>,
    schema: SchemaRef,
}

impl Snapshot {
    /// Binds `values` (one for each parameter, of its type, and behind them what the policies ask for), folds what they decide, and plans for the instant `now`.
    ///
    /// # Errors
    /// What the planner refuses on these values.
    pub async fn plan(
        &self,
        prepared: &Prepared,
        values: Vec<ScalarValue>,
        cut: &Cut,
        now: DateTime<Utc>,
    ) -> Result<Physical, Fault> {
        if let Some(physical) = self.kept(prepared, &values, cut).await {
            return Ok(physical);
        }
        let edges = |after: &[ScalarValue]| after.iter().cloned().map(Edge::Value).collect();
        let plan = bind(prepared.plan.clone(), values).and_then(|plan| part(plan, cut, edges));
        let plan = plan.map_err(|error| fault(&error))?;
        let state = session::at(&self.state, now, caller(prepared, cut));
        let Federated { plan, reasons } = federate::physical(&state, &plan).await.map_err(|error| fault(&error))?;
        Ok(Physical { plan, reasons: reasons.into(), task: state.task_ctx(), schema: Arc::clone(&prepared.schema) })
    }

    /// A plan that was made before for requests of this shape, or is made now.
    async fn kept(&self, prepared: &Prepared, values: &[ScalarValue], cut: &Cut) -> Option<Physical> {
        let mut shape = Shape::of(values, cut)?;
        // Where a parameter is needed here, its value is part of the shape: a second look is enough.
        let kept = loop {
            match self.attempt(prepared, &shape, cut).await {
                Attempt::Kept(kept) => break kept,
                Attempt::Needs(parameters) => shape = shape.with(values, &parameters)?,
                Attempt::Failed => return None,
            }
        };
        let after = match cut {
            Cut::Keyset { after: Some(after), .. } => after.as_slice(),
            _ => &[],
        };
        let (plan, task) = kept.bound(&[values, after].concat())?;
        let reasons = Arc::clone(&kept.reasons);
        Some(Physical { plan, reasons, task, schema: Arc::clone(&prepared.schema) })
    }

    async fn attempt(&self, prepared: &Prepared, shape: &Shape, cut: &Cut) -> Attempt {
        if let Some(known) = prepared.plans.get(shape) {
            return known;
        }
        let attempt = self.keep(prepared, shape, cut).await.unwrap_or_else(|error| {
            tracing::debug!(query = %prepared.query.name, %error, "each request is planned by itself");
            Attempt::Failed
        });
        prepared.plans.insert(shape.clone(), attempt.clone());
        attempt
    }

    async fn keep(&self, prepared: &Prepared, shape: &Shape, cut: &Cut) -> DfResult<Attempt> {
        let Some(plan) = shape.open(prepared.plan.clone())? else { return Ok(Attempt::Failed) };
        // The values of the last row follow those of the parameters and of the policies.
        let first = shape.parameters();
        let edge =
            |(index, value): (usize, &ScalarValue)| Edge::Parameter(parameter(first + index, &value.data_type()));
        let plan = part(plan, cut, |after| after.iter().enumerate().map(edge).collect())?;
        Kept::plan(session::at(&self.state, Utc::now(), caller(prepared, cut)), &plan, shape).await
    }
}

/// The part of `plan` that is wanted.
fn part(plan: LogicalPlan, cut: &Cut, edges: impl Fn(&[ScalarValue]) -> Vec<Edge>) -> DfResult<LogicalPlan> {
    match cut {
        Cut::All { terms } if terms.is_empty() => Ok(plan),
        Cut::All { terms } => seek::ordered(plan, terms),
        Cut::First { rows } => LogicalPlanBuilder::from(plan).limit(0, Some(*rows))?.build(),
        Cut::Keyset { terms, after, rows } => seek::page(plan, terms, after.as_deref().map(edges).as_deref(), *rows),
    }
}

/// On whose behalf the sources are asked. A page is wanted in the query's time, a stream for as long as it moves.
fn caller(prepared: &Prepared, cut: &Cut) -> Caller {
    let query = &prepared.query;
    let is_stream = matches!(cut, Cut::All { .. });
    Caller {
        query: format!("{} v{}", query.name, query.version).into(),
        timeout: (!is_stream).then_some(query.timeout),
    }
}

/// Puts typed literals where `plan` has placeholders.
pub(super) fn bind(plan: LogicalPlan, values: Vec<ScalarValue>) -> DfResult<LogicalPlan> {
    if values.is_empty() { Ok(plan) } else { plan.with_param_values(ParamValues::from(values)) }
}

impl Physical {
    /// What would run.
    #[must_use]
    pub fn plan(&self) -> &Arc<dyn ExecutionPlan> {
        &self.plan
    }

    /// Starts the work.
    ///
    /// # Errors
    /// What fails before the first row.
    pub fn execute(&self) -> Result<RowStream, Fault> {
        let rows = execute_stream(Arc::clone(&self.plan), Arc::clone(&self.task)).map_err(|error| fault(&error))?;
        let schema = Arc::clone(&self.schema);
        Ok(rows
            .map(move |batch| match batch {
                Ok(batch) => output::convert(&batch, &schema),
                Err(error) => Err(fault(&error)),
            })
            .boxed())
    }
}
