//! How the pages of a query follow one another: by asking the sources for the rows behind the last one, where they can be
//! asked for that, or by keeping what the query gave once.

use datafusion::{
    common::tree_node::TreeNode as _,
    logical_expr::{Expr, JoinType, LogicalPlan, TableScan},
};

use super::{Prepared, View, seek};
use crate::catalog::{Consistency, OrderTerm, Page};

/// How pages follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// What pages promise.
    pub consistency: Consistency,
    /// The whole order. None: as the query gives its rows.
    pub terms: Vec<OrderTerm>,
    /// Why, for owners.
    pub reason: String,
}

impl Prepared {
    /// How pages of `view` follow one another.
    #[must_use]
    pub fn paging(&self, view: &View) -> Paging {
        if view.sort.is_empty() {
            return self.paging.clone();
        }
        settle(&self.page, seek::completed(view.sort.clone(), &self.page), &self.plan)
    }
}

/// Decides for the rows of `plan`, which `terms` order.
pub(super) fn settle(page: &Page, terms: Vec<OrderTerm>, plan: &LogicalPlan) -> Paging {
    let (consistency, reason) = match (page.consistency, sought(page, &terms, plan)) {
        (Some(Consistency::Keyset), _) => (Consistency::Keyset, "its header requires it".to_owned()),
        (Some(Consistency::Stored), _) => (Consistency::Stored, "its header requires it".to_owned()),
        (None, Ok(table)) => {
            (Consistency::Keyset, format!("{table} can be asked for the rows behind a page, by {}", names(&terms)))
        }
        (None, Err(reason)) => (Consistency::Stored, reason),
    };
    Paging { consistency, terms, reason }
}

/// The one table that can be asked for the rows behind a page.
fn sought(page: &Page, terms: &[OrderTerm], plan: &LogicalPlan) -> Result<String, String> {
    if page.key.is_empty() {
        return Err("it has no key by which a row is found again".into());
    }
    // A page would draw other rows than the one before it.
    let draws = plan.exists(|node| Ok(matches!(node, LogicalPlan::Filter(filter) if filter.predicate.is_volatile())));
    if draws.unwrap_or(true) {
        return Err("its rows are drawn anew each time".into());
    }
    let mut table: Option<&TableScan> = None;
    for term in terms {
        let index = plan.schema().index_of_column_by_name(None, &term.column);
        let index = index.ok_or_else(|| format!("`{}` is no column of it", term.column))?;
        let scan = scanned(plan, index).map_err(|why| format!("`{}` {why}", term.column))?;
        if table.is_some_and(|table| !std::ptr::eq(table, scan)) {
            return Err(format!("{} come from more than one table", names(terms)));
        }
        table = Some(scan);
    }
    table.map(|scan| format!("`{}`", scan.table_name)).ok_or_else(|| "it has no order".into())
}

fn names(terms: &[OrderTerm]) -> String {
    let names: Vec<_> = terms.iter().map(|term| format!("`{}`", term.column)).collect();
    names.join(", ")
}

/// The table whose column the output column at `index` is, if a condition on it holds just as well of the table's rows:
/// nothing on the way computes it, needs all rows, or adds rows without it.
fn scanned(plan: &LogicalPlan, index: usize) -> Result<&TableScan, &'static str> {
    let (mut plan, mut index) = (plan, index);
    loop {
        (plan, index) = match plan {
            LogicalPlan::TableScan(scan) => return Ok(scan),
            LogicalPlan::Projection(projection) => expression(&projection.input, projection.expr.get(index))?,
            LogicalPlan::Aggregate(aggregate) => {
                if matches!(aggregate.group_expr.first(), Some(Expr::GroupingSet(_))) {
                    return Err("is grouped in several ways");
                }
                let group = aggregate.group_expr.get(index).ok_or("is an aggregate")?;
                expression(&aggregate.input, Some(group))?
            }
            LogicalPlan::SubqueryAlias(alias) => (alias.input.as_ref(), index),
            LogicalPlan::Filter(filter) => (filter.input.as_ref(), index),
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => (sort.input.as_ref(), index),
            LogicalPlan::Distinct(datafusion::logical_expr::Distinct::All(input)) => (input.as_ref(), index),
            LogicalPlan::Join(join) => {
                let left = join.left.schema().fields().len();
                match join.join_type {
                    JoinType::Inner | JoinType::Right if index >= left => (join.right.as_ref(), index - left),
                    JoinType::RightSemi | JoinType::RightAnti => (join.right.as_ref(), index),
                    JoinType::Inner | JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti if index < left => {
                        (join.left.as_ref(), index)
                    }
                    _ => return Err("may be missing on its side of a join"),
                }
            }
            LogicalPlan::Sort(_) | LogicalPlan::Limit(_) => return Err("is of a part of the rows (LIMIT)"),
            LogicalPlan::Window(_) => return Err("stands above a window, which needs all rows"),
            LogicalPlan::Union(_) => return Err("comes from several tables (UNION)"),
            _ => return Err("is computed"),
        }
    }
}

fn expression<'a>(input: &'a LogicalPlan, expr: Option<&Expr>) -> Result<(&'a LogicalPlan, usize), &'static str> {
    match expr {
        Some(Expr::Alias(alias)) => expression(input, Some(&alias.expr)),
        Some(Expr::Column(column)) => {
            input.schema().maybe_index_of_column(column).map(|index| (input, index)).ok_or("is computed")
        }
        _ => Err("is computed"),
    }
}
