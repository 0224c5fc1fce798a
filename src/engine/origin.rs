//! Where the rows and the columns of a plan come from: which of them are a table's own, unchanged.

use std::iter;

use datafusion::{
    common::{JoinType, TableReference},
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
    let origin = |index| match iter::successors(Some((plan, index)), |(plan, index)| input(plan, *index)).last()? {
        (LogicalPlan::TableScan(scan), index) => {
            Some(Origin { table: &scan.table_name, column: scan.projected_schema.fields().get(index)?.name() })
        }
        _ => None,
    };
    (0..width(plan)).map(origin).collect()
}

/// Is the output column at `index` a column of a table, or of several in a union? Only then what a source says of its
/// column is true of it.
pub(super) fn is_passed_on(plan: &LogicalPlan, index: usize) -> bool {
    // Of a union, each side has to be.
    let mut pending = vec![(plan, index)];
    while let Some((plan, index)) = pending.pop() {
        match plan {
            LogicalPlan::TableScan(_) => {}
            LogicalPlan::Union(union) => pending.extend(union.inputs.iter().map(|input| (input.as_ref(), index))),
            other => match input(other, index) {
                Some(input) => pending.push(input),
                None => return false,
            },
        }
    }
    true
}

/// The input's column that an output column shows unchanged; `None` if it is made here, or comes from several inputs.
fn input(plan: &LogicalPlan, index: usize) -> Option<(&LogicalPlan, usize)> {
    match plan {
        LogicalPlan::Projection(projection) => expression(&projection.input, projection.expr.get(index)?),
        // Sets of groups begin with one expression for several columns, some of which are NULL in a row.
        LogicalPlan::Aggregate(aggregate) if !matches!(aggregate.group_expr.first(), Some(Expr::GroupingSet(_))) => {
            expression(&aggregate.input, aggregate.group_expr.get(index)?)
        }
        LogicalPlan::SubqueryAlias(alias) => Some((&alias.input, index)),
        LogicalPlan::Filter(filter) => Some((&filter.input, index)),
        LogicalPlan::Sort(sort) => Some((&sort.input, index)),
        LogicalPlan::Limit(limit) => Some((&limit.input, index)),
        LogicalPlan::Distinct(Distinct::All(input)) => Some((input, index)),
        LogicalPlan::Distinct(Distinct::On(on)) => expression(&on.input, on.select_expr.get(index)?),
        // What a window computes stands behind the columns of its input.
        LogicalPlan::Window(window) => (index < width(&window.input)).then_some((window.input.as_ref(), index)),
        LogicalPlan::Join(join) => {
            let (left, right) = (width(&join.left), width(&join.right));
            match join.join_type {
                JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => {
                    (index < right).then_some((join.right.as_ref(), index))
                }
                _ if index < left => Some((&join.left, index)),
                JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
                    Some((&join.right, index - left))
                }
                JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => None,
            }
        }
        _ => None,
    }
}

/// What `expr`, over the rows of `input`, shows.
fn expression<'a>(input: &'a LogicalPlan, expr: &Expr) -> Option<(&'a LogicalPlan, usize)> {
    match expr {
        Expr::Alias(alias) => expression(input, &alias.expr),
        Expr::Column(name) => Some((input, input.schema().maybe_index_of_column(name)?)),
        _ => None,
    }
}

fn width(plan: &LogicalPlan) -> usize {
    plan.schema().fields().len()
}
