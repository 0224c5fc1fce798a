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

use super::{Prepared, Snapshot, fault, output, seek, session};
use crate::{catalog::OrderTerm, model::Fault};

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
    task: Arc<TaskContext>,
    schema: SchemaRef,
}

impl Snapshot {
    /// Binds `values` (one for each parameter, of its type), folds what they decide, and plans for the instant `now`.
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
        let plan = bind(prepared.plan.clone(), values)
            .and_then(|plan| match cut {
                Cut::All { terms } if terms.is_empty() => Ok(plan),
                Cut::All { terms } => seek::ordered(plan, terms),
                Cut::First { rows } => LogicalPlanBuilder::from(plan).limit(0, Some(*rows))?.build(),
                Cut::Keyset { terms, after, rows } => seek::page(plan, terms, after.as_deref(), *rows),
            })
            .map_err(|error| fault(&error))?;
        let state = session::at(&self.state, now);
        let plan = state.create_physical_plan(&plan).await.map_err(|error| fault(&error))?;
        Ok(Physical { plan, task: state.task_ctx(), schema: Arc::clone(&prepared.schema) })
    }
}

/// Puts typed literals where `plan` has placeholders.
pub(super) fn bind(plan: LogicalPlan, values: Vec<ScalarValue>) -> DfResult<LogicalPlan> {
    if values.is_empty() { Ok(plan) } else { plan.with_param_values(ParamValues::from(values)) }
}

impl Physical {
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
