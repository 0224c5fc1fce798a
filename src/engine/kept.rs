//! Plans that are kept: a query that is one statement, and what is computed from its rows one by one, is planned once for
//! all requests of one shape, with its parameters still open; a request only puts its values in.
//!
//! Two requests have one shape when the same parameters are NULL, so that the same conditions fold away, and when they
//! want the same part of the result. A plan is kept if every open parameter ended up as a bind of the statement, and if
//! nothing in it depends on when it was made. A value that does not mean the same to the source as it does here makes
//! its request plan for itself.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field},
    common::{
        Result,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    execution::TaskContext,
    logical_expr::{Expr, LogicalPlan, Volatility, expr::Placeholder, expr_rewriter::NamePreserver, lit},
    physical_plan::{
        ExecutionPlan, ReplaceChildrenOptions, execution_plan::ChildrenPropertiesMode, filter::FilterExec,
        limit::GlobalLimitExec, projection::ProjectionExec,
    },
    scalar::ScalarValue,
};
use moka::sync::Cache;

use super::{
    Cut,
    federate::{Federated, Local},
};
use crate::sources::sql::{SqlScanExec, predicate::parameter_index};

/// Shapes of one query whose plans are kept; the least used go first.
const SHAPES: u64 = 256;

/// The plans of one query.
#[derive(Debug)]
pub struct Plans(Cache<Shape, Attempt>);

/// What came of planning for a shape.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// A plan for all its requests.
    Kept(Arc<Kept>),
    /// Each of its requests is planned by itself.
    Failed,
}

/// What requests for which one plan serves have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    nulls: Vec<bool>,
    part: Part,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    All,
    First { rows: usize },
    Keyset { is_continued: bool, rows: usize },
}

/// A plan whose statement waits for the values of a request.
pub struct Kept {
    plan: Arc<dyn ExecutionPlan>,
    /// Why operators of the plan run here.
    pub(super) reasons: Arc<[Local]>,
    task: Arc<TaskContext>,
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
    /// The shape of a request with `values` for the part `cut`. `None`: each such request is planned by itself.
    pub fn of(values: &[ScalarValue], cut: &Cut) -> Option<Self> {
        let part = match cut {
            Cut::All { .. } => Part::All,
            Cut::First { rows } => Part::First { rows: *rows },
            Cut::Keyset { after: None, rows, .. } => Part::Keyset { is_continued: false, rows: *rows },
            Cut::Keyset { after: Some(after), rows, .. } => {
                // How NULLs and floats are sought depends on the value.
                let is_plain = |value: &ScalarValue| !value.is_null() && !value.data_type().is_floating();
                after.iter().all(is_plain).then_some(Part::Keyset { is_continued: true, rows: *rows })?
            }
        };
        Some(Self { nulls: values.iter().map(ScalarValue::is_null).collect(), part })
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
            Expr::IsNull(inner) if self.is_null(&inner) == Some(false) => Transformed::yes(lit(false)),
            Expr::IsNotNull(inner) if self.is_null(&inner) == Some(false) => Transformed::yes(lit(true)),
            expr => Transformed::no(expr),
        })
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
    plan.apply_with_subqueries(|plan| {
        plan.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::ScalarFunction(call) = expr {
                    found |= call.func.signature().volatility != Volatility::Immutable;
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(found)
}

impl Kept {
    /// `None` if `plan` reads anything but one statement, or has operators that cannot run twice.
    pub fn new(plan: Federated, task: Arc<TaskContext>, shape: &Shape) -> Option<Self> {
        let Federated { plan, reasons } = plan;
        is_reusable(plan.as_ref()).then_some(Self {
            plan,
            reasons: reasons.into(),
            task,
            inline: shape.part != Part::All,
        })
    }

    /// The plan for one request, and what it runs in. `None` when the request needs a plan of its own.
    pub fn bound(&self, values: &[ScalarValue]) -> Option<(Arc<dyn ExecutionPlan>, Arc<TaskContext>)> {
        Some((bound(&self.plan, values, self.inline)?, Arc::clone(&self.task)))
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("plan", &self.plan.name()).finish_non_exhaustive()
    }
}

/// One scan, and operators on its way that keep nothing between two batches.
fn is_reusable(plan: &dyn ExecutionPlan) -> bool {
    let is_stateless = plan.is::<ProjectionExec>() || plan.is::<FilterExec>() || plan.is::<GlobalLimitExec>();
    plan.is::<SqlScanExec>() || (is_stateless && plan.children().iter().all(|child| is_reusable(child.as_ref())))
}

fn bound(plan: &Arc<dyn ExecutionPlan>, values: &[ScalarValue], inline: bool) -> Option<Arc<dyn ExecutionPlan>> {
    if let Some(scan) = plan.downcast_ref::<SqlScanExec>() {
        return Some(Arc::new(scan.bound(values, inline)?));
    }
    let children = plan.children().into_iter().map(|child| bound(child, values, inline)).collect::<Option<_>>()?;
    let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep);
    Arc::clone(plan).replace_children(children, options).ok()
}
