//! Plans that are kept: a query is planned once for all requests of one shape, with its parameters still open; a request
//! only puts its values in.
//!
//! Two requests have one shape when the same parameters are NULL, so that the same conditions fold away, and when they
//! want the same part of the result. A parameter that did not end up as a bind of a statement is part of the shape with
//! its value. A plan is kept if nothing in it depends on when it was made: not on the time, and not on which files there
//! were. A value that does not mean the same to the source as it does here makes its request plan for itself.

use std::{collections::BTreeSet, sync::Arc};

use datafusion::{
    arrow::datatypes::{DataType, Field},
    common::{
        Result,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    execution::{TaskContext, session_state::SessionState},
    logical_expr::{Expr, LogicalPlan, Volatility, expr::Placeholder, expr_rewriter::NamePreserver, lit},
    physical_plan::{
        ExecutionPlan, ReplaceChildrenOptions,
        aggregates::AggregateExec,
        coalesce_partitions::CoalescePartitionsExec,
        coop::CooperativeExec,
        empty::EmptyExec,
        execution_plan::ChildrenPropertiesMode,
        filter::FilterExec,
        joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec},
        limit::{GlobalLimitExec, LocalLimitExec},
        placeholder_row::PlaceholderRowExec,
        projection::ProjectionExec,
        repartition::RepartitionExec,
        sorts::{sort::SortExec, sort_preserving_merge::SortPreservingMergeExec},
        union::UnionExec,
        windows::{BoundedWindowAggExec, WindowAggExec},
    },
    scalar::ScalarValue,
};
use moka::sync::Cache;

use super::{
    Cut, View, Wanted,
    federate::{self, Federated, Local},
    joins,
    unions::BranchesExec,
};
use crate::sources::sql::{SqlScanExec, literal::parameter_index};

/// Shapes of one query whose plans are kept; the least used go first.
const SHAPES: u64 = 256;
/// Values larger than this, in bytes, are part of no shape: a consumer chooses them, and their plans are kept.
const LARGEST_FIXED: usize = 4096;

/// The plans of one query.
#[derive(Debug)]
pub struct Plans(Cache<Shape, Attempt>);

/// What came of planning for a shape.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// A plan for all its requests.
    Kept(Arc<Kept>),
    /// There is one for each value of these parameters.
    Needs(Arc<[usize]>),
    /// Each of its requests is planned by itself.
    Failed,
}

/// What requests for which one plan serves have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    nulls: Vec<bool>,
    view: View,
    part: Part,
    /// The values of parameters that are needed to plan, by their places.
    fixed: Vec<(usize, ScalarValue)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    All,
    Count,
    Keyset { is_continued: bool, rows: usize },
}

/// A plan whose statement waits for the values of a request.
pub struct Kept {
    plan: Arc<dyn ExecutionPlan>,
    /// Why operators of the plan run here.
    pub(super) reasons: Arc<[Local]>,
    task: Arc<TaskContext>,
    /// Is it one scan, and nothing that has to forget its last run?
    is_sole: bool,
    /// Does its one scan run in the task of the request? A page is collected without a pause; a stream's reader may pause.
    inline: bool,
}

impl Plans {
    /// None yet.
    pub fn new() -> Self {
        Self(Cache::new(SHAPES))
    }

    /// What came of planning for `shape`, if that was tried.
    pub fn get(&self, shape: &Shape) -> Option<Attempt> {
        self.0.get(shape)
    }

    /// Takes note of what came of it.
    pub fn insert(&self, shape: Shape, attempt: Attempt) {
        self.0.insert(shape, attempt);
    }
}

impl Shape {
    /// The shape of a request. `None`: each such request is planned by itself.
    pub fn of(wanted: &Wanted<'_>) -> Option<Self> {
        let part = match &wanted.cut {
            Cut::All { .. } => Part::All,
            Cut::Count => Part::Count,
            Cut::Keyset { after: None, rows, .. } => Part::Keyset { is_continued: false, rows: *rows },
            Cut::Keyset { after: Some(after), rows, .. } => {
                // How NULLs and floats are sought depends on the value.
                let is_plain = |value: &ScalarValue| !value.is_null() && !value.data_type().is_floating();
                after.iter().all(is_plain).then_some(Part::Keyset { is_continued: true, rows: *rows })?
            }
        };
        let nulls = wanted.values.iter().map(ScalarValue::is_null).collect();
        Some(Self { nulls, view: wanted.view.clone(), part, fixed: Vec::new() })
    }

    /// The same with the values of `parameters` in it. `None` where one is among those of the last row, of which there are
    /// as many as rows, and where they are too large to be kept.
    pub fn with(mut self, values: &[ScalarValue], parameters: &[usize]) -> Option<Self> {
        let value = |index: &usize| Some((*index, values.get(*index)?.clone()));
        self.fixed = parameters.iter().map(value).collect::<Option<_>>()?;
        let bytes: usize = self.fixed.iter().map(|(_, value)| value.size()).sum();
        (bytes <= LARGEST_FIXED).then_some(self)
    }

    /// `plan` for all requests of this shape: NULLs are literals, other parameters stay open and are known not to be
    /// NULL. `None` if the plan depends on the moment.
    pub fn open(&self, plan: LogicalPlan) -> Result<Option<LogicalPlan>> {
        if depends_on_the_moment(&plan)? {
            return Ok(None);
        }
        let opened = plan.transform_up_with_subqueries(|plan| {
            let names = NamePreserver::new(&plan);
            let mapped = plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let opened = expr.transform_up(|expr| self.open_expression(expr))?;
                Ok(opened.update_data(|expr| name.restore(expr)))
            })?;
            mapped.map_data(LogicalPlan::recompute_schema)
        })?;
        Ok(Some(opened.data))
    }

    fn open_expression(&self, expr: Expr) -> Result<Transformed<Expr>> {
        Ok(match expr {
            Expr::Placeholder(Placeholder { field: Some(ref field), .. }) if self.is_null(&expr) == Some(true) => {
                Transformed::yes(lit(ScalarValue::try_from(field.data_type())?))
            }
            Expr::Placeholder(ref parameter) => match self.fixed(parameter) {
                Some(value) => Transformed::yes(lit(value.clone())),
                None => Transformed::no(expr),
            },
            Expr::IsNull(inner) if self.is_null(&inner) == Some(false) => Transformed::yes(lit(false)),
            Expr::IsNotNull(inner) if self.is_null(&inner) == Some(false) => Transformed::yes(lit(true)),
            expr => Transformed::no(expr),
        })
    }

    fn fixed(&self, parameter: &Placeholder) -> Option<&ScalarValue> {
        let wanted = parameter_index(parameter)?;
        self.fixed.iter().find(|(index, _)| *index == wanted).map(|(_, value)| value)
    }

    /// Is this parameter NULL? `None` if it is none, or one of the last row's values.
    fn is_null(&self, expr: &Expr) -> Option<bool> {
        let Expr::Placeholder(parameter) = expr else { return None };
        self.nulls.get(parameter_index(parameter)?).copied()
    }
}

/// Parameter `index` (from 0), open.
pub fn parameter(index: usize, data_type: &DataType) -> Expr {
    let field = Arc::new(Field::new("", data_type.clone(), true));
    Expr::Placeholder(Placeholder::new_with_field(format!("${}", index + 1), Some(field)))
}

/// Does it hold a function whose result is another at another time, as `now()` is?
fn depends_on_the_moment(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    each_expression(plan, |_, expr| {
        if let Expr::ScalarFunction(call) = expr {
            found |= call.func.signature().volatility != Volatility::Immutable;
        }
    })?;
    Ok(found)
}

/// Shows each expression, those within others too, and the operator that it stands in.
fn each_expression(plan: &LogicalPlan, mut show: impl FnMut(&LogicalPlan, &Expr)) -> Result<()> {
    plan.apply_with_subqueries(|plan| {
        plan.apply_expressions(|expr| {
            expr.apply(|expr| {
                show(plan, expr);
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

impl Kept {
    /// Plans `plan`, whose parameters `shape` has left open, for all requests of that shape.
    pub async fn plan(mut state: SessionState, plan: &LogicalPlan, shape: &Shape) -> Result<Attempt> {
        let Federated { plan, reasons } = federate::logical(&state, plan).await?;
        let open = open_parameters(&plan)?;
        if !open.is_empty() {
            // Those that were given their values did not help.
            return Ok(if shape.fixed.is_empty() { Attempt::Needs(open.into()) } else { Attempt::Failed });
        }
        let task = state.task_ctx();
        // A filter that a join makes while it runs belongs to one run.
        let rules = &mut state.config_mut().options_mut().optimizer;
        rules.enable_join_dynamic_filter_pushdown = false;
        rules.enable_topk_dynamic_filter_pushdown = false;
        rules.enable_aggregate_dynamic_filter_pushdown = false;
        let plan = state.query_planner().create_physical_plan(&plan, &state).await?;
        if !is_reusable(plan.as_ref()) {
            return Ok(Attempt::Failed);
        }
        let is_sole = is_sole_scan(plan.as_ref());
        let inline = is_sole && shape.part != Part::All;
        Ok(Attempt::Kept(Arc::new(Self { plan, reasons: reasons.into(), task, is_sole, inline })))
    }

    /// The plan for one request, and what it runs in. `None` when the request needs a plan of its own.
    pub fn bound(&self, values: &[ScalarValue]) -> Option<(Arc<dyn ExecutionPlan>, Arc<TaskContext>)> {
        let mut plan = bound(&self.plan, values, self.inline)?;
        if !self.is_sole {
            let options = self.task.session_config().options();
            plan = joins::with_filters(plan, options).ok()?;
        }
        Some((plan, Arc::clone(&self.task)))
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("plan", &self.plan.name()).finish_non_exhaustive()
    }
}

/// Can it run again and again, once each node has forgotten its last run? Not a scan of files: which there are was found
/// out when it was planned.
fn is_reusable(plan: &dyn ExecutionPlan) -> bool {
    let is_known = plan.is::<SqlScanExec>()
        || is_stateless(plan)
        || plan.is::<AggregateExec>()
        || plan.is::<BranchesExec>()
        || plan.is::<BoundedWindowAggExec>()
        || plan.is::<CoalescePartitionsExec>()
        || plan.is::<CooperativeExec>()
        || plan.is::<CrossJoinExec>()
        || plan.is::<EmptyExec>()
        || plan.is::<HashJoinExec>()
        || plan.is::<LocalLimitExec>()
        || plan.is::<NestedLoopJoinExec>()
        || plan.is::<PlaceholderRowExec>()
        || plan.is::<RepartitionExec>()
        || plan.is::<SortExec>()
        || plan.is::<SortPreservingMergeExec>()
        || plan.is::<UnionExec>()
        || plan.is::<WindowAggExec>();
    is_known && plan.children().iter().all(|child| is_reusable(child.as_ref()))
}

/// Is it one scan, and operators on its way that keep nothing between two batches?
fn is_sole_scan(plan: &dyn ExecutionPlan) -> bool {
    plan.is::<SqlScanExec>() || (is_stateless(plan) && plan.children().iter().all(|child| is_sole_scan(child.as_ref())))
}

fn is_stateless(plan: &dyn ExecutionPlan) -> bool {
    plan.is::<ProjectionExec>() || plan.is::<FilterExec>() || plan.is::<GlobalLimitExec>()
}

fn bound(plan: &Arc<dyn ExecutionPlan>, values: &[ScalarValue], inline: bool) -> Option<Arc<dyn ExecutionPlan>> {
    if let Some(scan) = plan.downcast_ref::<SqlScanExec>() {
        return Some(Arc::new(scan.bound(values, inline)?));
    }
    let children = plan.children().into_iter().map(|child| bound(child, values, inline)).collect::<Option<_>>()?;
    let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep);
    let plan = Arc::clone(plan).replace_children(children, options).ok()?;
    if is_stateless(plan.as_ref()) { Some(plan) } else { plan.reset_state().ok() }
}

/// The parameters that are still open in what runs here.
fn open_parameters(plan: &LogicalPlan) -> Result<Vec<usize>> {
    let mut open = BTreeSet::new();
    each_expression(plan, |plan, expr| match (plan, expr) {
        // What a table was given as a filter is its statement's.
        (LogicalPlan::TableScan(_), _) => {}
        (_, Expr::Placeholder(parameter)) => open.extend(parameter_index(parameter)),
        _ => {}
    })?;
    Ok(open.into_iter().collect())
}
