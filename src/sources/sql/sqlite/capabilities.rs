//! What `SQLite` computes exactly as the engine does, of tables that keep to their declared types.

use datafusion::logical_expr::Operator;

use crate::sources::sql::{
    Class,
    capability::{
        Capabilities, Entry, Guard, Kind,
        standard::{self, ANY},
    },
};

/// The allow-list; versions are those of `sqlite3_libversion_number`.
pub static CAPABILITIES: Capabilities = Capabilities { tables: &[standard::EXPRESSIONS, EXPRESSIONS, AGGREGATES] };

const INT64: &[Class] = &[Class::Int64];
const LEAST: &[Class] = &[Class::Int64, Class::Text, Class::Date];

const EXPRESSIONS: &[Entry] = &[
    Entry::new(
        "integer / integer",
        Kind::Operator(Operator::Divide),
        &[INT64, INT64],
        "({0} / {1})",
        &["{0} / 7", "{0} / -7", "({0} % 1000) / ({1} % 10 + 50)"],
    )
    .guarded(Guard::DividesNonZero),
    Entry::new(
        "integer % integer",
        Kind::Operator(Operator::Modulo),
        &[INT64, INT64],
        "({0} % {1})",
        &["{0} % 7", "{0} % -7", "{0} % ({1} % 10 + 50)"],
    )
    .guarded(Guard::DividesNonZero),
];

const AGGREGATES: &[Entry] = &[
    Entry::new(
        "count(*)",
        Kind::Aggregate("count"),
        &[],
        "count(*){filter}",
        &["count(*)", "count(1)", "count(*) FILTER (WHERE int64 > 1)"],
    ),
    Entry::new(
        "count(x)",
        Kind::Aggregate("count"),
        &[ANY],
        "count({0}){filter}",
        &["count({0})", "count({0}) FILTER (WHERE int64 > 1)"],
    ),
    // An overflow fails, here and there, over the same groups.
    Entry::new(
        "sum(int64)",
        Kind::Aggregate("sum"),
        &[INT64],
        "sum({0}){filter}",
        &["sum({0} % 1000)", "sum({0} % 1000) FILTER (WHERE {0} > 1)"],
    ),
    Entry::new("min(x)", Kind::Aggregate("min"), &[LEAST], "min({0}){filter}", &["min({0})"]),
    Entry::new("max(x)", Kind::Aggregate("max"), &[LEAST], "max({0}){filter}", &["max({0})"]),
];
