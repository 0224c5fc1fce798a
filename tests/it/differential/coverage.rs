//! Which entries of the allow-lists did a query use?

use std::{any::Any, collections::BTreeSet, sync::Arc};

use aqueduct::sources::sql::{Dialect, SqlScanExec, postgres::PostgresDialect, sqlite::SqliteDialect};
use datafusion::physical_plan::ExecutionPlan;

/// All entries, as `source: name`.
pub fn names() -> Vec<String> {
    let of = |source: &'static str, dialect: &dyn Dialect| {
        dialect.capabilities().entries().map(move |entry| format!("{source}: {}", entry.name)).collect::<Vec<_>>()
    };
    [of("pg", &PostgresDialect), of("lite", &SqliteDialect)].concat()
}

/// Those that the statements of a plan rely on.
pub fn relied_on(plan: &Arc<dyn ExecutionPlan>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Some(scan) = (plan.as_ref() as &dyn Any).downcast_ref::<SqlScanExec>() {
        found.extend(scan.capabilities().map(|name| format!("{}: {name}", scan.source())));
    }
    for child in plan.children() {
        found.extend(relied_on(child));
    }
    found
}
