//! Parts of a plan that stand in it more than once, as the engine leaves an owner's WITH behind: they are printed once.

use std::collections::HashMap;

use datafusion::{common::tree_node::TreeNodeRecursion, logical_expr::LogicalPlan};

use super::{Block, Printed, Printer, Scalar};

/// The repeated parts of one plan.
#[derive(Debug, Default)]
pub struct Shared {
    parts: HashMap<LogicalPlan, Option<Part>>,
    with: Vec<String>,
}

/// A part that is printed.
#[derive(Clone, Debug)]
struct Part {
    name: String,
    columns: Vec<Scalar>,
    rows: Option<u64>,
}

impl Shared {
    /// What is repeated in `plan`, named subqueries that do more than to read a table.
    pub fn of(plan: &LogicalPlan) -> Self {
        let mut counts: HashMap<LogicalPlan, usize> = HashMap::new();
        let _ = plan.apply_with_subqueries(|plan| {
            if let LogicalPlan::SubqueryAlias(alias) = plan
                && is_worth_it(&alias.input)
            {
                *counts.entry(plan.clone()).or_default() += 1;
            }
            Ok(TreeNodeRecursion::Continue)
        });
        let repeated = counts.into_iter().filter(|(_, count)| *count > 1);
        Self { parts: repeated.map(|(plan, _)| (plan, None)).collect(), with: Vec::new() }
    }

    /// The WITH clause.
    pub fn into_with(self) -> Vec<String> {
        self.with
    }
}

impl Printer<'_> {
    /// `plan` by its name in the WITH clause; `None` if it is not repeated.
    pub(super) fn shared(&mut self, plan: &LogicalPlan) -> Printed<Option<Block>> {
        let part = match self.shared.parts.get(plan) {
            None => return Ok(None),
            Some(Some(part)) => part.clone(),
            Some(None) => {
                self.node("with")?;
                let LogicalPlan::SubqueryAlias(alias) = plan else { return Ok(None) };
                let block = self.relation(&alias.input, None)?;
                let rows = block.rows;
                let (mut select, columns) = block.ordered_by_its_own(self).finish();
                for (index, (item, column)) in select.items.iter_mut().zip(&columns).enumerate() {
                    *item = format!("{} AS c{}", column.item(), index + 1);
                }
                select.qualify(None);
                let name = format!("w{}", self.shared.with.len() + 1);
                self.shared.with.push(format!("{name} AS ({})", select.render()));
                let part = Part { name, columns, rows };
                self.shared.parts.insert(plan.clone(), Some(part.clone()));
                part
            }
        };
        let alias = self.alias();
        let name = |index: usize| format!("{alias}.c{}", index + 1);
        let columns = part.columns.iter().enumerate();
        let columns = columns.map(|(index, column)| column.exported(&name(index), self.dialect)).collect();
        Ok(Some(Block::named(format!("{} AS {alias}", part.name), columns, part.rows)))
    }
}

/// Is it more than a table, and the same wherever it stands?
fn is_worth_it(plan: &LogicalPlan) -> bool {
    let mut works = false;
    let mut is_free = true;
    let _ = plan.apply_with_subqueries(|plan| {
        works |= matches!(
            plan,
            LogicalPlan::Join(_)
                | LogicalPlan::Aggregate(_)
                | LogicalPlan::Distinct(_)
                | LogicalPlan::Window(_)
                | LogicalPlan::Union(_)
                | LogicalPlan::Limit(_)
        );
        is_free &= !plan.contains_outer_reference();
        Ok(TreeNodeRecursion::Continue)
    });
    works && is_free
}
