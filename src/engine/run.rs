//! From a prepared query and bound values to rows.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::{
    arrow::{
        array::RecordBatch,
        datatypes::{DataType, Field, Schema, SchemaRef},
    },
    common::{ParamValues, Result as DfResult, ScalarValue},
    execution::TaskContext,
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit},
    physical_plan::{ExecutionPlan, execute_stream},
};
use futures::{StreamExt, stream::BoxStream};

use super::{
    Prepared, Snapshot, View, fault,
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
    /// How many there are: one row, one column.
    Count,
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

/// What of a query's result is wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The query.
    pub prepared: &'a Prepared,
    /// What the consumer makes of its result.
    pub view: &'a View,
    /// One value for each parameter, of its type; then those of policies; then those of the view's filters.
    pub values: Vec<ScalarValue>,
    /// Which rows.
    pub cut: Cut,
}

impl Snapshot {
    /// Binds the values, folds what they decide, and plans for the instant `now`.
    ///
    /// # Errors
    /// What the planner refuses on these values.
    pub async fn plan(&self, wanted: &Wanted<'_>, now: DateTime<Utc>) -> Result<Physical, Fault> {
        if let Some(physical) = self.kept(wanted).await {
            return Ok(physical);
        }
        let edges = |after: &[ScalarValue]| after.iter().cloned().map(Edge::Value).collect();
        let plan = wanted.view.filtered(wanted.prepared.plan.clone(), wanted.values.len());
        let plan = plan.and_then(|plan| bind(plan, wanted.values.clone())).and_then(|plan| wanted.part(plan, edges));
        let plan = plan.map_err(|error| fault(&error))?;
        let state = session::at(&self.state, now, wanted.caller());
        let Federated { plan, reasons } = federate::physical(&state, &plan).await.map_err(|error| fault(&error))?;
        Ok(Physical { plan, reasons: reasons.into(), task: state.task_ctx(), schema: wanted.schema() })
    }

    /// A plan that was made before for requests of this shape, or is made now.
    async fn kept(&self, wanted: &Wanted<'_>) -> Option<Physical> {
        let values = wanted.values.as_slice();
        let mut shape = Shape::of(wanted)?;
        // Where a parameter is needed here, its value is part of the shape: a second look is enough.
        let kept = loop {
            match self.attempt(wanted, &shape).await {
                Attempt::Kept(kept) => break kept,
                Attempt::Needs(parameters) => shape = shape.with(values, &parameters)?,
                Attempt::Failed => return None,
            }
        };
        let after = match &wanted.cut {
            Cut::Keyset { after: Some(after), .. } => after.as_slice(),
            _ => &[],
        };
        let (plan, task) = kept.bound(&[values, after].concat())?;
        Some(Physical { plan, reasons: Arc::clone(&kept.reasons), task, schema: wanted.schema() })
    }

    async fn attempt(&self, wanted: &Wanted<'_>, shape: &Shape) -> Attempt {
        let prepared = wanted.prepared;
        if let Some(known) = prepared.plans.get(shape) {
            return known;
        }
        let attempt = self.keep(wanted, shape).await.unwrap_or_else(|error| {
            tracing::debug!(query = %prepared.query.name, %error, "each request is planned by itself");
            Attempt::Failed
        });
        prepared.plans.insert(shape.clone(), attempt.clone());
        attempt
    }

    async fn keep(&self, wanted: &Wanted<'_>, shape: &Shape) -> DfResult<Attempt> {
        let values = wanted.values.len();
        let plan = wanted.view.filtered(wanted.prepared.plan.clone(), values)?;
        let Some(plan) = shape.open(plan)? else { return Ok(Attempt::Failed) };
        // The values of the last row follow all others.
        let edge =
            |(index, value): (usize, &ScalarValue)| Edge::Parameter(parameter(values + index, &value.data_type()));
        let plan = wanted.part(plan, |after| after.iter().enumerate().map(edge).collect())?;
        Kept::plan(session::at(&self.state, Utc::now(), wanted.caller()), &plan, shape).await
    }
}

impl Wanted<'_> {
    /// The columns that leave the plan: those of the view; a keyset has the other columns of its order behind them.
    fn schema(&self) -> SchemaRef {
        let whole = &self.prepared.schema;
        if matches!(self.cut, Cut::Count) {
            return Arc::new(Schema::new(vec![Field::new("count", DataType::Int64, false)]));
        }
        let (Some(fields), Cut::Keyset { terms, .. }) = (&self.view.fields, &self.cut) else {
            return self.view.schema(whole);
        };
        let hidden = terms.iter().map(|term| &term.column).filter(|column| !fields.contains(column));
        let columns = fields.iter().chain(hidden).filter_map(|name| whole.field_with_name(name).ok());
        Arc::new(Schema::new(columns.cloned().collect::<Vec<_>>()))
    }

    /// The part of `plan` that is wanted.
    fn part(&self, plan: LogicalPlan, edges: impl Fn(&[ScalarValue]) -> Vec<Edge>) -> DfResult<LogicalPlan> {
        let plan = match &self.cut {
            Cut::All { terms } if terms.is_empty() => plan,
            Cut::All { terms } => seek::ordered(plan, terms)?,
            Cut::Count => {
                let counted = count(lit(1_i64)).alias("count");
                return LogicalPlanBuilder::from(plan).aggregate(Vec::<Expr>::new(), vec![counted])?.build();
            }
            Cut::Keyset { terms, after, rows } => {
                seek::page(plan, terms, after.as_deref().map(edges).as_deref(), *rows)?
            }
        };
        if self.view.fields.is_none() {
            return Ok(plan);
        }
        let schema = self.schema();
        let columns = schema.fields().iter().map(|field| {
            plan.schema().qualified_field_with_unqualified_name(field.name()).map(|found| Expr::Column(found.into()))
        });
        let columns = columns.collect::<DfResult<Vec<_>>>()?;
        LogicalPlanBuilder::from(plan).project(columns)?.build()
    }

    /// On whose behalf the sources are asked. A page is wanted in the query's time, a stream for as long as it moves.
    fn caller(&self) -> Caller {
        let query = &self.prepared.query;
        let is_stream = matches!(self.cut, Cut::All { .. });
        Caller {
            query: format!("{} v{}", query.name, query.version).into(),
            timeout: (!is_stream).then_some(query.timeout),
        }
    }
}

/// Puts typed literals where `plan` has placeholders.
pub(super) fn bind(plan: LogicalPlan, values: Vec<ScalarValue>) -> DfResult<LogicalPlan> {
    if values.is_empty() { Ok(plan) } else { plan.with_param_values(ParamValues::from(values)) }
}

impl Physical {
    /// The columns of the rows.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

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
