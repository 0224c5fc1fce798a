//! Large tables that a query reads whole out of their sources: told when the query is loaded, before a caller waits.

use std::{ops::ControlFlow, sync::Arc};

use datafusion::{
    physical_plan::ExecutionPlan,
    sql::sqlparser::ast::{ObjectName, ObjectNamePart, Spanned as _, visit_relations},
};

use super::names;
use crate::{
    catalog::Query,
    config::FullScan,
    model::{Place, Problem, number::grouped},
    sources::sql::SqlScanExec,
};

/// From so many rows on, a table is large.
const LARGE: u64 = 1_000_000;

/// A large table of which every row is sent here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pulled {
    /// `source.schema.table`
    table: String,
    /// About how many rows it has.
    rows: u64,
}

/// The large tables that `plan` reads whole, each once.
pub(super) fn pulled(plan: &Arc<dyn ExecutionPlan>) -> Vec<Pulled> {
    let mut found = Vec::new();
    collect(plan.as_ref(), &mut found);
    found
}

fn collect(plan: &dyn ExecutionPlan, found: &mut Vec<Pulled>) {
    if let Some((table, rows)) = plan.downcast_ref::<SqlScanExec>().and_then(SqlScanExec::pulls)
        && rows >= LARGE
        && found.iter().all(|other| other.table != table)
    {
        found.push(Pulled { table: table.to_owned(), rows });
    }
    for child in plan.children() {
        collect(child.as_ref(), found);
    }
}

/// What is said of the tables that `query` pulls: what its header asks for, else what the project does (`otherwise`).
pub(super) fn problems(query: &Query, pulled: &[Pulled], otherwise: FullScan) -> Vec<Problem> {
    let make = match query.full_scan.unwrap_or(otherwise) {
        FullScan::Error => Problem::error,
        FullScan::Warn => Problem::warning,
        FullScan::Allow => return Vec::new(),
    };
    let remedy = if query.pushdown {
        "give it a filter, a limit or an aggregate that the source can evaluate"
    } else {
        "remove `pushdown: off`"
    };
    let problem = |pulled: &Pulled| {
        let Pulled { table, rows } = pulled;
        let message = format!("`{}` reads all of `{table}`, about {} rows", query.name, grouped(*rows));
        let hint = format!("{remedy}; or accept it: `limits: {{full_scan: allow}}`");
        make(mention(query, table).unwrap_or_else(|| query.place.clone()), message).hint(hint)
    };
    pulled.iter().map(problem).collect()
}

/// Where the SQL first names `table` (`source.schema.table`), behind its source.
fn mention(query: &Query, table: &str) -> Option<Place> {
    let table = table.to_lowercase();
    let is_meant = |name: &ObjectName| {
        let part = |part: Option<&ObjectNamePart>| Some(part?.as_ident()?.value.to_lowercase());
        let (source, name) = (part(name.0.first())?, part(name.0.last())?);
        Some(table.starts_with(&format!("{source}.")) && table.ends_with(&format!(".{name}")))
    };
    let found = visit_relations(&query.statement, |name| match is_meant(name) {
        Some(true) => ControlFlow::Break(name.span().start),
        _ => ControlFlow::Continue(()),
    });
    found.break_value().map(|start| names::place(&query.place.file, start))
}
