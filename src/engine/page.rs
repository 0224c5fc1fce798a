//! How the rows of a planned query are cut into pages: as its header says, and where it names no key, by the key of the
//! table whose rows they are.

use std::hash::Hash as _;

use datafusion::{
    arrow::datatypes::{DataType, Schema},
    common::tree_node::TreeNode as _,
    logical_expr::LogicalPlan,
};
use sha2::{Digest, Sha256};

use super::{
    catalogs::{self, Listings},
    origin, seek,
    view::Digester,
};
use crate::{
    catalog::{Consistency, Page},
    config::Spanned,
    model::{Place, Problem, place::nearest},
};

/// `page` as it takes effect over `plan`, whose rows leave in `schema`. A key that the header does not name is the one of
/// the table, its columns as the query calls them, and stands at `at`.
///
/// # Errors
/// Columns that are not there or have no order, and a keyset without a key.
pub(super) fn settle(
    page: &Page,
    plan: &LogicalPlan,
    schema: &Schema,
    listings: &Listings,
    at: &Place,
) -> Result<Page, Vec<Problem>> {
    let mut page = page.clone();
    if page.key.is_empty() {
        let key = key_of_table(plan, schema, listings).unwrap_or_default();
        page.key = key.into_iter().map(|value| Spanned { value, place: at.clone() }).collect();
    }
    let mut problems = check(&page, schema);
    if page.consistency == Some(Consistency::Keyset) && page.key.is_empty() {
        let hint = "name output columns that together are unique and not NULL, or let the service choose";
        problems.push(Problem::error(at.clone(), "`page.consistency: keyset` needs `page.key`").hint(hint));
    }
    if problems.is_empty() { Ok(page) } else { Err(problems) }
}

/// The key of the table whose rows `plan` gives, as output columns. `None` where the table has none or not all of it is
/// shown; where the query orders or cuts its rows itself; and where it draws them, so that the next page would draw others.
fn key_of_table(plan: &LogicalPlan, schema: &Schema, listings: &Listings) -> Option<Vec<String>> {
    let table = catalogs::find(listings, origin::rows(plan)?)?;
    let is_settled = plan.exists(|node| {
        Ok(match node {
            LogicalPlan::Sort(_) | LogicalPlan::Limit(_) => true,
            LogicalPlan::Filter(filter) => filter.predicate.is_volatile(),
            _ => false,
        })
    });
    if table.key.is_empty() || is_settled.unwrap_or(true) {
        return None;
    }
    let origins = origin::columns(plan);
    let shown = |column: &String| {
        let index = origins.iter().position(|origin| origin.is_some_and(|origin| origin.column == column))?;
        let field = schema.fields().get(index).filter(|field| is_ordered(field.data_type()))?;
        Some(field.name().clone())
    };
    table.key.iter().map(shown).collect()
}

/// The columns of `page` that `schema` does not have, or that have no order.
pub(super) fn check(page: &Page, schema: &Schema) -> Vec<Problem> {
    let key = page.key.iter().map(|column| (&column.value, &column.place));
    let order = page.order.iter().map(|term| (&term.value.column, &term.place));
    key.chain(order)
        .filter_map(|(column, place)| match schema.field_with_name(column) {
            Ok(field) if is_ordered(field.data_type()) => None,
            Ok(field) => Some(
                Problem::error(
                    place.clone(),
                    format!("`{column}` is {}, which has no order to page by", field.data_type()),
                )
                .hint("page by a number, text, date, timestamp, boolean or binary column"),
            ),
            Err(_) => Some(no_column(column, place, schema)),
        })
        .collect()
}

/// `column`, which the header names at `place`, is not there.
pub(super) fn no_column(column: &str, place: &Place, schema: &Schema) -> Problem {
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let problem = Problem::error(place.clone(), format!("`{column}` is no output column of the query"));
    match nearest(column, names.iter().copied()) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => problem.hint(format!("the query gives `{}`", names.join("`, `"))),
    }
}

pub(super) fn is_ordered(data_type: &DataType) -> bool {
    data_type.is_numeric()
        || matches!(
            data_type,
            DataType::Boolean
                | DataType::Utf8
                | DataType::Binary
                | DataType::FixedSizeBinary(_)
                | DataType::Date32
                | DataType::Date64
                | DataType::Time32(_)
                | DataType::Time64(_)
                | DataType::Timestamp(..)
        )
}

/// What a cursor relies on: the columns of `schema`, without what is said about them, and the order of `page`.
pub(super) fn fingerprint(schema: &Schema, page: &Page) -> [u8; 32] {
    let mut digest = Sha256::new();
    // A schema's text would not do: its metadata comes in any order.
    schema.hash(&mut Digester(&mut digest));
    seek::terms(page).hash(&mut Digester(&mut digest));
    digest.finalize().into()
}
