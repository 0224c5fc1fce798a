//! Where the rows and the columns of a plan come from: which of them are a table's own, unchanged.

use datafusion::{
    common::{Column, JoinType, TableReference},
    logical_expr::{Distinct, Expr, LogicalPlan},
};

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin<'a> {
    /// The table as the plan names it.
    pub table: &'a TableReference,
    /// Its column.
    pub column: &'a str,
}

/// The table whose rows the rows of `plan` are: some or all of them, none twice. `None` for what joins, groups or unites.
pub(super) fn rows(plan: &LogicalPlan) -> Option<&TableReference> {
    match plan {
        LogicalPlan::TableScan(scan) => Some(&scan.table_name),
        LogicalPlan::Projection(projection) => rows(&projection.input),
        LogicalPlan::Filter(filter) => rows(&filter.input),
        LogicalPlan::SubqueryAlias(alias) => rows(&alias.input),
        LogicalPlan::Sort(sort) => rows(&sort.input),
        LogicalPlan::Limit(limit) => rows(&limit.input),
        _ => None,
    }
}

/// For each output column of `plan`, the column of a table that it shows unchanged, if it does.
pub(super) fn columns(plan: &LogicalPlan) -> Vec<Option<Origin<'_>>> {
    (0..plan.schema().fields().len()).map(|index| column(plan, index)).collect()
}

fn column(plan: &LogicalPlan, index: usize) -> Option<Origin<'_>> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            Some(Origin { table: &scan.table_name, column: scan.projected_schema.fields().get(index)?.name() })
        }
        LogicalPlan::Projection(projection) => expression(&projection.input, projection.expr.get(index)?),
        // Sets of groups begin with one expression for several columns, some of which are NULL in a row.
        LogicalPlan::Aggregate(aggregate) if !matches!(aggregate.group_expr.first(), Some(Expr::GroupingSet(_))) => {
            expression(&aggregate.input, aggregate.group_expr.get(index)?)
        }
        LogicalPlan::SubqueryAlias(alias) => column(&alias.input, index),
        LogicalPlan::Filter(filter) => column(&filter.input, index),
        LogicalPlan::Sort(sort) => column(&sort.input, index),
        LogicalPlan::Limit(limit) => column(&limit.input, index),
        LogicalPlan::Distinct(Distinct::All(input)) => column(input, index),
        LogicalPlan::Distinct(Distinct::On(on)) => expression(&on.input, on.select_expr.get(index)?),
        // What a window computes stands behind the columns of its input.
        LogicalPlan::Window(window) if index < width(&window.input) => column(&window.input, index),
        LogicalPlan::Join(join) => match join.join_type {
            JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark if index < width(&join.right) => {
                column(&join.right, index)
            }
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full if index >= width(&join.left) => {
                column(&join.right, index - width(&join.left))
            }
            JoinType::Inner
            | JoinType::Left
            | JoinType::Right
            | JoinType::Full
            | JoinType::LeftSemi
            | JoinType::LeftAnti
            | JoinType::LeftMark
                if index < width(&join.left) =>
            {
                column(&join.left, index)
            }
            _ => None,
        },
        _ => None,
    }
}

/// What `expr`, over the rows of `input`, shows.
fn expression<'a>(input: &'a LogicalPlan, expr: &Expr) -> Option<Origin<'a>> {
    match expr {
        Expr::Alias(alias) => expression(input, &alias.expr),
        Expr::Column(name) => column(input, position(input, name)?),
        _ => None,
    }
}

fn position(input: &LogicalPlan, name: &Column) -> Option<usize> {
    input.schema().maybe_index_of_column(name)
}

fn width(plan: &LogicalPlan) -> usize {
    plan.schema().fields().len()
}
