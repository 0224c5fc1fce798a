//! Policies in plans: every scan of a table that has one is filtered, below everything else that the query does.
//!
//! A filter is `$u IS NULL OR ($c1 IS NOT NULL AND … AND (condition))`. `$u` is NULL for the project's owner, whom nothing
//! restricts, and true for everyone else. Each `$c` is a claim of the caller, and NULL where the caller has none: then
//! there are no rows, whatever the condition says. All of them are parameters behind those of the query; the tests for
//! NULL fold before anything is sent.

mod claims;
mod rows;

use std::{iter, sync::Arc};

use datafusion::{
    arrow::datatypes::DataType,
    common::{
        Column, Result, internal_err,
        tree_node::{Transformed, TreeNode as _},
    },
    logical_expr::{Expr, Filter, LogicalPlan, TableScan},
    scalar::ScalarValue,
};
use sha2::{Digest, Sha256};

use super::{
    catalogs::{self, Listings},
    kept::parameter,
};
use crate::{
    auth::Principal,
    model::{Problem, ValueType},
    sources::sql::literal::parameter_index,
};

use rows::{Filters, RowFilter};
pub(super) use rows::{RowFilters, name};

/// The policies of the tables that one query reads, and what they ask of its caller.
#[derive(Debug, Default)]
pub struct Policies {
    filters: Vec<Arc<RowFilter>>,
    asked: Vec<Asked>,
}

/// A claim of which a policy says the type.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    name: String,
    value_type: ValueType,
}

impl Policies {
    /// Has no table of the query a policy?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// The tables of the query that have a policy, as `source.schema.table`.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.filters.iter().map(|filter| filter.table.as_str())
    }

    /// What follows the query's own parameters, in order, when `principal` calls it.
    #[must_use]
    pub fn values(&self, principal: &Principal) -> Vec<ScalarValue> {
        if self.is_empty() {
            return Vec::new();
        }
        let restricted = ScalarValue::Boolean((!principal.is_owner()).then_some(true));
        let asked = self.asked.iter().map(|asked| {
            let claim = principal.claims().iter().find(|claim| claim.name.value == asked.name);
            // That all claims can be read was seen when the policies were planned.
            claim.and_then(|claim| claims::read(claim, &asked.value_type).ok()).unwrap_or(asked.value_type.null())
        });
        iter::once(restricted).chain(asked).collect()
    }

    /// Some values in their place, to try with.
    pub(super) fn examples(&self) -> Vec<ScalarValue> {
        if self.is_empty() {
            return Vec::new();
        }
        let asked = self.asked.iter().map(|asked| asked.value_type.example());
        iter::once(ScalarValue::Boolean(Some(true))).chain(asked).collect()
    }

    /// SHA-256 of `before` and of what the policies say: cursors do not outlive either. Without policies, `before`.
    pub(super) fn fingerprint(&self, before: [u8; 32]) -> [u8; 32] {
        if self.is_empty() {
            return before;
        }
        let mut digest = Sha256::new();
        digest.update(before);
        for filter in &self.filters {
            for part in [filter.table.clone(), filter.condition.to_string(), format!("{:?}", filter.asked)] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
        }
        digest.finalize().into()
    }

    /// Where `asked` stands among the claims.
    fn place_of(&mut self, asked: &Asked) -> usize {
        self.asked.iter().position(|other| other == asked).unwrap_or_else(|| {
            self.asked.push(asked.clone());
            self.asked.len() - 1
        })
    }

    /// The rows of `scan` that the caller may see; `first` is the number of the query's own parameters.
    fn restrict(&mut self, scan: &TableScan, filter: &Arc<RowFilter>, first: usize) -> Result<Expr> {
        if !self.filters.iter().any(|other| Arc::ptr_eq(other, filter)) {
            self.filters.push(Arc::clone(filter));
        }
        let claims: Vec<Expr> = filter
            .asked
            .iter()
            .map(|asked| parameter(first + 1 + self.place_of(asked), &asked.value_type.arrow()))
            .collect();
        let condition = filter.condition.clone().transform(|expr| {
            Ok(match &expr {
                Expr::Column(column) => {
                    let relation = Some(scan.table_name.clone());
                    Transformed::yes(Expr::Column(Column::new(relation, &column.name)))
                }
                Expr::Placeholder(claim) => match parameter_index(claim).and_then(|index| claims.get(index)) {
                    Some(claim) => Transformed::yes(claim.clone()),
                    None => return internal_err!("a policy asks for a claim that it does not name"),
                },
                _ => Transformed::no(expr),
            })
        })?;
        let owner = parameter(first, &DataType::Boolean).is_null();
        let known = claims.into_iter().map(Expr::is_not_null).reduce(Expr::and);
        Ok(owner.or(match known {
            Some(known) => known.and(condition.data),
            None => condition.data,
        }))
    }
}

/// Filters every scan of a table that has a policy, wherever in `plan` it stands. `first` is the number of the query's
/// own parameters.
///
/// # Errors
/// The mistakes of a policy that cannot be followed.
pub(super) fn apply(
    plan: LogicalPlan,
    first: usize,
    listings: &Listings,
    filters: &RowFilters,
) -> Result<Result<(LogicalPlan, Policies), Vec<Problem>>> {
    let mut policies = Policies::default();
    let mut broken = Vec::new();
    let plan = plan.transform_up_with_subqueries(|plan| {
        let LogicalPlan::TableScan(scan) = &plan else { return Ok(Transformed::no(plan)) };
        let Some((source, table)) = catalogs::locate(listings, &scan.table_name) else {
            // A table function has a bare name.
            return if scan.table_name.schema().is_none() {
                Ok(Transformed::no(plan))
            } else {
                internal_err!("`{}` is a table of no source", scan.table_name)
            };
        };
        let restrictions = match filters.of(source, &table.schema, &table.name) {
            Filters::Sound(filters) => {
                filters.iter().map(|filter| policies.restrict(scan, filter, first)).collect::<Result<Vec<_>>>()?
            }
            Filters::Broken(problems) => {
                broken.extend(problems.iter().cloned());
                return Ok(Transformed::no(plan));
            }
        };
        match restrictions.into_iter().reduce(Expr::and) {
            Some(restriction) => {
                Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(restriction, Arc::new(plan))?)))
            }
            None => Ok(Transformed::no(plan)),
        }
    })?;
    Ok(if broken.is_empty() { Ok((plan.data, policies)) } else { Err(broken) })
}
