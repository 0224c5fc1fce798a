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

/// The rows of `plan` of which all `predicates`, over its output columns, hold; in its own order, if that `matters`.
pub(super) fn filtered(plan: LogicalPlan, predicates: Vec<Expr>, matters: bool) -> Result<LogicalPlan> {
    let Some(predicate) = conjunction(predicates) else { return Ok(plan) };
    if !matters {
        return LogicalPlanBuilder::from(plan).filter(predicate)?.build();
    }
    match plan {
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => {
            let input = LogicalPlanBuilder::from(sort.input.as_ref().clone()).filter(predicate)?.build()?;
            Ok(LogicalPlan::Sort(Sort { input: Arc::new(input), ..sort }))
        }
        LogicalPlan::Projection(projection) if is_choice(&projection) => {
            let predicate = below(predicate, &projection)?;
            let input = filtered(projection.input.as_ref().clone(), vec![predicate], true)?;
            LogicalPlanBuilder::from(input).project(projection.expr)?.build()
        }
        plan => match order(&plan) {
            None => LogicalPlanBuilder::from(plan).filter(predicate)?.build(),
            Some((sort, projections)) => again(&plan, predicate, sort.clone(), &projections),
        },
    }
}

/// The order of the rows of `plan`, which cuts them, and the choices of columns between, the topmost first.
fn order(plan: &LogicalPlan) -> Option<(&Sort, Vec<&Projection>)> {
    let (mut plan, mut projections) = (plan, Vec::new());
    loop {
        plan = match plan {
            LogicalPlan::Limit(limit) => &limit.input,
            LogicalPlan::Projection(projection) if is_choice(projection) => {
                projections.push(projection);
                &projection.input
            }
            LogicalPlan::Sort(sort) => return Some((sort, projections)),
            _ => return None,
        };
    }
}

/// The rows of `plan` of which `predicate` holds, ordered by `sort` again, which is below `projections`: they are lifted
/// above the cut, so that the columns of the order are still there.
fn again(plan: &LogicalPlan, predicate: Expr, sort: Sort, projections: &[&Projection]) -> Result<LogicalPlan> {
    let predicate = projections.iter().try_fold(predicate, |predicate, projection| below(predicate, projection))?;
    let left = LogicalPlanBuilder::from(cut(plan)).filter(predicate)?.build()?;
    let rows = LogicalPlan::Sort(Sort { input: Arc::new(left), ..sort });
    projections
        .iter()
        .rev()
        .try_fold(rows, |rows, projection| LogicalPlanBuilder::from(rows).project(projection.expr.clone())?.build())
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
