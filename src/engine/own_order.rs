//! A query whose SQL orders its rows keeps that order when a consumer leaves some out: a condition goes below the order, or,
//! where the order also decides which rows there are (LIMIT), above it, and the rows that are left are ordered again.

use std::sync::Arc;

use datafusion::{
    common::{
        Column, Result,
        tree_node::{Transformed, TreeNode as _},
    },
    logical_expr::{Expr, Limit, LogicalPlan, LogicalPlanBuilder, Projection, Sort, utils::conjunction},
};

/// The rows of `plan` of which all `predicates`, over its output columns, hold; in its own order, if it has one and that
/// `matters`.
pub(super) fn filtered(plan: LogicalPlan, predicates: Vec<Expr>, matters: bool) -> Result<LogicalPlan> {
    let Some(predicate) = conjunction(predicates) else { return Ok(plan) };
    let Some(Order { sort, choices, is_cut }) = order(&plan).filter(|_| matters) else {
        return LogicalPlanBuilder::from(plan).filter(predicate)?.build();
    };
    // The choices of columns come last: the columns of the order may not be among them.
    let predicate = choices.iter().try_fold(predicate, |predicate, choice| below(predicate, choice))?;
    let rows = if is_cut { cut(&plan) } else { sort.input.as_ref().clone() };
    let left = LogicalPlanBuilder::from(rows).filter(predicate)?.build()?;
    let ordered = LogicalPlan::Sort(Sort { input: Arc::new(left), ..sort.clone() });
    choices
        .iter()
        .rev()
        .try_fold(ordered, |rows, choice| LogicalPlanBuilder::from(rows).project(choice.expr.clone())?.build())
}

/// The order of the rows of a plan.
struct Order<'a> {
    sort: &'a Sort,
    /// The choices of columns above it, the topmost first.
    choices: Vec<&'a Projection>,
    /// Does it decide which rows there are?
    is_cut: bool,
}

fn order(plan: &LogicalPlan) -> Option<Order<'_>> {
    let (mut plan, mut choices, mut is_cut) = (plan, Vec::new(), false);
    loop {
        plan = match plan {
            LogicalPlan::Limit(limit) => {
                is_cut = true;
                &limit.input
            }
            LogicalPlan::Projection(projection) if is_choice(projection) => {
                choices.push(projection);
                &projection.input
            }
            LogicalPlan::Sort(sort) => return Some(Order { sort, choices, is_cut: is_cut || sort.fetch.is_some() }),
            _ => return None,
        };
    }
}

/// `plan` down to its order, without choices of columns.
fn cut(plan: &LogicalPlan) -> LogicalPlan {
    match plan {
        LogicalPlan::Limit(limit) => LogicalPlan::Limit(Limit { input: Arc::new(cut(&limit.input)), ..limit.clone() }),
        LogicalPlan::Projection(projection) => cut(&projection.input),
        other => other.clone(),
    }
}

/// Does it only choose among columns?
fn is_choice(projection: &Projection) -> bool {
    projection.expr.iter().all(|expr| column(expr).is_some())
}

fn column(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Alias(alias) => column(&alias.expr),
        Expr::Column(column) => Some(column),
        _ => None,
    }
}

/// `predicate` over the columns of the input of `projection`, which it only chooses among.
fn below(predicate: Expr, projection: &Projection) -> Result<Expr> {
    let moved = predicate.transform(|expr| {
        let Expr::Column(name) = &expr else { return Ok(Transformed::no(expr)) };
        let index = projection.schema.index_of_column(name)?;
        Ok(match projection.expr.get(index).and_then(column) {
            Some(column) => Transformed::yes(Expr::Column(column.clone())),
            None => Transformed::no(expr),
        })
    })?;
    Ok(moved.data)
}
