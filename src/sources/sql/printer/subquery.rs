//! Subqueries inside expressions: EXISTS, IN and those that give one value.

use datafusion::{
    arrow::datatypes::DataType,
    common::tree_node::TreeNode,
    logical_expr::{BinaryExpr, Distinct, Expr, LogicalPlan, Operator, Subquery, expr::InSubquery},
};

use super::{Printed, Printer, Reason, Scalar, Scope};
use crate::sources::sql::Class;

const MEMBERSHIP: &str = "IN over a subquery, where the engine takes NULL for false";

impl Printer<'_> {
    /// `[NOT] EXISTS (…)`.
    pub(super) fn exists(&mut self, subquery: &Subquery, negated: bool, scope: &Scope<'_>) -> Printed<Scalar> {
        self.node("exists")?;
        let block = self.relation(&subquery.subquery, Some(scope))?;
        let (select, _) = block.finish();
        let not = if negated { "NOT " } else { "" };
        Ok(Scalar::computed(format!("({not}EXISTS ({}))", select.render()), Class::Bool, DataType::Boolean, false))
    }

    /// `x [NOT] IN (…)`.
    pub(super) fn in_subquery(&mut self, expr: &InSubquery, scope: &Scope<'_>) -> Printed<Scalar> {
        self.node("in subquery")?;
        let operand = self.scalar(&expr.expr, scope)?;
        let block = self.relation(&expr.subquery.subquery, Some(scope))?;
        let (mut select, columns) = block.finish();
        let ([column], [item]) = (columns.as_slice(), select.items.as_mut_slice()) else {
            return Err(Reason::new("IN over several columns"));
        };
        let (Some(left), Some(right)) = (operand.identity(self.dialect), column.identity(self.dialect)) else {
            return Err(Reason::new("IN over values that do not compare in the source as they do here"));
        };
        if operand.class() != column.class() {
            return Err(Reason::new("IN over values of different types"));
        }
        if operand.may_fail || column.may_fail {
            return Err(Reason::new("a condition on values whose computation can fail"));
        }
        right.clone_into(item);
        let not = if expr.negated { "NOT " } else { "" };
        let nullable = operand.nullable || column.nullable;
        Ok(Scalar::computed(
            format!("({left} {not}IN ({}))", select.render()),
            Class::Bool,
            DataType::Boolean,
            nullable,
        ))
    }

    /// `(SELECT …)`, of one row at most.
    pub(super) fn scalar_subquery(&mut self, subquery: &Subquery, scope: &Scope<'_>) -> Printed<Scalar> {
        self.node("scalar subquery")?;
        if !is_one_row(&subquery.subquery) {
            return Err(Reason::new("a subquery that may give several rows where one value is wanted"));
        }
        let block = self.relation(&subquery.subquery, Some(scope))?;
        let (select, columns) = block.finish();
        let [column] = columns.as_slice() else {
            return Err(Reason::new("a subquery of several columns where one value is wanted"));
        };
        let mut scalar = column.exported(&format!("({})", select.render()), self.dialect);
        scalar.nullable = true;
        scalar.is_plain = false;
        Ok(scalar)
    }
}

/// Can it give more than one row?
fn is_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => is_one_row(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => is_one_row(&alias.input),
        LogicalPlan::Subquery(subquery) => is_one_row(&subquery.subquery),
        LogicalPlan::Filter(filter) => is_one_row(&filter.input),
        LogicalPlan::Sort(sort) => sort.fetch.is_some_and(|rows| rows <= 1) || is_one_row(&sort.input),
        LogicalPlan::Distinct(Distinct::All(input)) => is_one_row(input),
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::EmptyRelation(_) => true,
        LogicalPlan::Limit(limit) => {
            matches!(limit.get_fetch_type(), Ok(datafusion::logical_expr::FetchType::Literal(Some(0 | 1))))
                || is_one_row(&limit.input)
        }
        _ => false,
    }
}

/// Does `expr` hold a subquery, which may name columns of the query around it?
#[must_use]
pub fn has_subquery(expr: &Expr) -> bool {
    let is_subquery = |expr: &Expr| Ok(matches!(expr, Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_)));
    expr.exists(is_subquery).unwrap_or(true)
}

/// Is `x IN (…)` in `predicate` only where NULL and false choose the same rows? Elsewhere the engine takes one for the other.
pub fn has_exact_membership(predicate: &Expr) -> Printed<()> {
    match predicate {
        Expr::InSubquery(membership) => has_no_membership(&membership.expr),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And | Operator::Or, right }) => {
            for side in [left, right] {
                match side.as_ref() {
                    Expr::InSubquery(membership) if membership.negated => return Err(Reason::new(MEMBERSHIP)),
                    side => has_exact_membership(side)?,
                }
            }
            Ok(())
        }
        other => has_no_membership(other),
    }
}

/// Is there no `x IN (…)` in `expr`, whose NULL would be shown or computed with?
pub fn has_no_membership(expr: &Expr) -> Printed<()> {
    let found = expr.exists(|expr| Ok(matches!(expr, Expr::InSubquery(_)))).unwrap_or(true);
    if found { Err(Reason::new(MEMBERSHIP)) } else { Ok(()) }
}
