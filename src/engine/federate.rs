//! From a logical plan to a physical one, part by part where the data lives.
//!
//! A plan whose tables are all in one source is offered to it as it was written, so that the source's own planner sees what
//! the owner meant. Of any other plan, once it is optimized, the largest parts that one source can answer are cut out.
//! Each part becomes one statement, which the source has accepted before anything runs.

use std::{collections::HashMap, sync::Arc};

use datafusion::{
    catalog::TableProvider,
    common::{
        Column, Result, TableReference,
        tree_node::{Transformed, TreeNodeRecursion},
    },
    datasource::{provider_as_source, source_as_provider},
    execution::session_state::SessionState,
    logical_expr::{
        Expr, Filter, LogicalPlan, LogicalPlanBuilder, TableScan, cast,
        utils::{conjunction, split_conjunction},
    },
    optimizer::{Optimizer, simplify_expressions::SimplifyExpressions},
    physical_plan::ExecutionPlan,
};

use super::{branches, exact};
use crate::sources::sql::{SqlQuery, SqlTable, printer::Printed};

/// A plan in which each part that a source answers is a statement, and why the rest runs here.
pub(super) struct Federated<P> {
    pub plan: P,
    pub reasons: Vec<Local>,
}

/// An operator that stays here.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pub operator: &'static str,
    pub reason: String,
}

/// Plans `plan` in `state`.
pub(super) async fn physical(state: &SessionState, plan: &LogicalPlan) -> Result<Federated<Arc<dyn ExecutionPlan>>> {
    let Federated { plan, reasons } = logical(state, plan).await?;
    Ok(Federated { plan: state.query_planner().create_physical_plan(&plan, state).await?, reasons })
}

/// Optimizes `plan` and cuts it.
pub(super) async fn logical(state: &SessionState, plan: &LogicalPlan) -> Result<Federated<LogicalPlan>> {
    let analyzed = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {})?;
    let mut cutter = Cutter::default();
    let plan = if let Some(whole) = whole(state, &analyzed).await? {
        whole
    } else {
        let optimized = state.optimizer().optimize(exact::sums(analyzed)?, state, |_, _| {})?;
        cutter.parts(optimized).await?
    };
    Ok(Federated { plan, reasons: cutter.reasons })
}

/// The plan as one statement, if there is one.
async fn whole(state: &SessionState, analyzed: &LogicalPlan) -> Result<Option<LogicalPlan>> {
    // What a given parameter decides, and what is constant, is decided before it is sent.
    let simplifier = Optimizer::with_rules(vec![Arc::new(SimplifyExpressions::new())]);
    let decided = simplifier.optimize(analyzed.clone(), state, |_, _| {})?;
    let Ok(query) = SqlQuery::of(&decided) else { return Ok(None) };
    match query.checked().await {
        Ok(query) => in_place_of(analyzed, query).map(Some),
        Err(reason) => {
            tracing::debug!(%reason, "a plan is not sent whole");
            Ok(None)
        }
    }
}

/// Cuts one plan.
#[derive(Default)]
struct Cutter {
    /// What the sources said of the parts that were offered to them.
    parts: HashMap<LogicalPlan, Printed<SqlQuery>>,
    reasons: Vec<Local>,
}

impl Cutter {
    /// The plan with its largest parts as statements.
    async fn parts(&mut self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let plan = plan.transform_down_with_subqueries(branches::work)?.data;
        let plan = plan.transform_down_with_subqueries(split)?.data;
        // Where a source refuses a part, smaller parts of it are offered in the next round.
        loop {
            let mut offers = HashMap::new();
            self.reasons.clear();
            plan.apply_with_subqueries(|plan| Ok(self.offer(plan, &mut offers)))?;
            if offers.is_empty() {
                break;
            }
            for (part, query) in offers {
                self.parts.insert(part, query.checked().await);
            }
        }
        let replace = |plan: LogicalPlan| match self.parts.get(&plan) {
            Some(Ok(query)) => Ok(Transformed::new(in_place_of(&plan, query.clone())?, true, TreeNodeRecursion::Jump)),
            _ => Ok(Transformed::no(plan)),
        };
        Ok(plan.transform_down_with_subqueries(replace)?.data)
    }

    /// Adds the statement for `plan` to `offers`, or looks further below and keeps the reason.
    fn offer(&mut self, plan: &LogicalPlan, offers: &mut HashMap<LogicalPlan, SqlQuery>) -> TreeNodeRecursion {
        let Some(operator) = operator(plan) else { return TreeNodeRecursion::Continue };
        let reason = match self.parts.get(plan) {
            Some(Ok(_)) => return TreeNodeRecursion::Jump,
            Some(Err(reason)) => reason.clone(),
            None => match SqlQuery::of(plan) {
                Ok(query) => {
                    offers.insert(plan.clone(), query);
                    return TreeNodeRecursion::Jump;
                }
                Err(reason) => reason,
            },
        };
        self.reasons.push(Local { operator, reason: reason.to_string() });
        TreeNodeRecursion::Continue
    }
}

/// Of a filter whose condition can be sent in part, that part moves below the rest.
fn split(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Filter(filter) = &plan else { return Ok(Transformed::no(plan)) };
    let over = |predicate: Expr| Filter::try_new(predicate, Arc::clone(&filter.input)).map(LogicalPlan::Filter);
    // A table takes conditions one by one anyway.
    if matches!(filter.input.as_ref(), LogicalPlan::TableScan(_)) || SqlQuery::of(&plan).is_ok() {
        return Ok(Transformed::no(plan));
    }
    let (mut sent, mut kept) = (Vec::new(), Vec::new());
    for predicate in split_conjunction(&filter.predicate) {
        let is_sent = SqlQuery::of(&over(predicate.clone())?).is_ok();
        if is_sent { &mut sent } else { &mut kept }.push(predicate.clone());
    }
    match (conjunction(sent), conjunction(kept)) {
        (Some(sent), Some(kept)) => {
            let below = Arc::new(over(sent)?);
            Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(kept, below)?)))
        }
        _ => Ok(Transformed::no(plan)),
    }
}

/// The rows of `query`, with the columns of `plan` as the plan names and types them.
fn in_place_of(plan: &LogicalPlan, query: SqlQuery) -> Result<LogicalPlan> {
    let table = TableReference::bare(query.source());
    let arriving = query.schema();
    let columns = arriving.fields().iter().zip(plan.schema().iter()).map(|(arriving, (qualifier, field))| {
        let column = Expr::Column(Column::new(Some(table.clone()), arriving.name()));
        let column =
            if arriving.data_type() == field.data_type() { column } else { cast(column, field.data_type().clone()) };
        column.alias_qualified(qualifier.cloned(), field.name())
    });
    let columns: Vec<_> = columns.collect();
    LogicalPlanBuilder::scan(table.clone(), provider_as_source(Arc::new(query)), None)?.project(columns)?.build()
}

/// What people call an operator that could run in a source. `None` for what is not worth it by itself: names for columns,
/// and pairs of all rows.
fn operator(plan: &LogicalPlan) -> Option<&'static str> {
    Some(match plan {
        LogicalPlan::TableScan(scan) if is_typed(scan) => "scan",
        LogicalPlan::Projection(_) => "projection",
        LogicalPlan::Filter(_) => "filter",
        LogicalPlan::Window(_) => "window",
        LogicalPlan::Aggregate(_) => "aggregate",
        LogicalPlan::Sort(_) => "sort",
        LogicalPlan::Join(join) if join.on.is_empty() && join.filter.is_none() => return None,
        LogicalPlan::Join(_) => "join",
        LogicalPlan::Union(_) => "union",
        LogicalPlan::Limit(_) => "limit",
        LogicalPlan::Distinct(_) => "distinct",
        _ => return None,
    })
}

/// Does the table hold values of the declared types alone? A scan of any other reads each column by which it is asked.
fn is_typed(scan: &TableScan) -> bool {
    let provider = source_as_provider(&scan.source);
    let is_typed = |table: &SqlTable| table.columns().iter().all(|column| column.is_typed);
    provider.is_ok_and(|provider| provider.downcast_ref::<SqlTable>().is_some_and(is_typed))
}
