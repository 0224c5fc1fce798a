//! Which columns of a plan are those of a source, passed on as they are: only of these is true what the source says of
//! its column.

use datafusion::{
    common::JoinType,
    logical_expr::{Distinct, Expr, LogicalPlan},
};

/// Is the column at `index` of the plan's output a column of a table, or of several in a union, whatever it is called?
pub fn is_passed_on(plan: &LogicalPlan, index: usize) -> bool {
    // Of a union, each side has to be.
    let mut pending = vec![(plan, index)];
    while let Some((plan, index)) = pending.pop() {
        match plan {
            LogicalPlan::TableScan(_) => {}
            LogicalPlan::Union(union) => pending.extend(union.inputs.iter().map(|input| (input.as_ref(), index))),
            other => match input_column(other, index) {
                Some(input) => pending.push(input),
                None => return false,
            },
        }
    }
    true
}

/// The input's column that an output column is; `None` if it is made here.
fn input_column(plan: &LogicalPlan, index: usize) -> Option<(&LogicalPlan, usize)> {
    let named = |expr: &Expr, input: &LogicalPlan| match expr.clone().unalias() {
        Expr::Column(column) => input.schema().maybe_index_of_column(&column),
        _ => None,
    };
    Some(match plan {
        LogicalPlan::Projection(node) => (node.input.as_ref(), named(node.expr.get(index)?, &node.input)?),
        LogicalPlan::Distinct(Distinct::On(node)) => {
            (node.input.as_ref(), named(node.select_expr.get(index)?, &node.input)?)
        }
        LogicalPlan::Aggregate(node) => (node.input.as_ref(), named(node.group_expr.get(index)?, &node.input)?),
        LogicalPlan::Window(node) => {
            (index < node.input.schema().fields().len()).then_some((node.input.as_ref(), index))?
        }
        LogicalPlan::Join(node) => {
            let left = node.left.schema().fields().len();
            match node.join_type {
                JoinType::RightSemi | JoinType::RightAnti => (node.right.as_ref(), index),
                JoinType::LeftMark | JoinType::RightMark => return None,
                _ if index < left => (node.left.as_ref(), index),
                _ => (node.right.as_ref(), index - left),
            }
        }
        LogicalPlan::SubqueryAlias(node) => (node.input.as_ref(), index),
        LogicalPlan::Filter(node) => (node.input.as_ref(), index),
        LogicalPlan::Sort(node) => (node.input.as_ref(), index),
        LogicalPlan::Limit(node) => (node.input.as_ref(), index),
        LogicalPlan::Distinct(Distinct::All(input)) => (input.as_ref(), index),
        _ => return None,
    })
}
