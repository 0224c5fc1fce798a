//! What Snowflake computes exactly as the engine does: what its documentation says, and what a server of its protocol
//! shows.
//!
//! Not here, although it has them: FILTER, which it lacks; windows, whose frames are others where none is said; sums, whose
//! digits a server of the tests does not show; and everything of timestamps, which depends on the session.

use datafusion::logical_expr::Operator;

use crate::sources::sql::{
    Class,
    capability::{
        Capabilities, Entry, Guard, Kind,
        standard::{self, ANY, BOOL, DATE, INTEGERS, TEXT, equality, membership, order},
    },
};

/// The allow-list. It has no versions: there is one Snowflake.
pub static CAPABILITIES: Capabilities = Capabilities { tables: &[standard::NODES, EXPRESSIONS, AGGREGATES] };

const DECIMAL: &[Class] = &[Class::Decimal];
const LEAST: &[Class] = &[Class::Int16, Class::Int32, Class::Int64, Class::Decimal, Class::Text, Class::Date];

const EXPRESSIONS: &[Entry] = &[
    equality("bool = bool", &[BOOL, BOOL]),
    equality("integer = integer", &[INTEGERS, INTEGERS]),
    equality("decimal = decimal", &[DECIMAL, DECIMAL]),
    equality("text = text", &[TEXT, TEXT]),
    equality("date = date", &[DATE, DATE]),
    order("integer < integer", &[INTEGERS, INTEGERS]),
    order("decimal < decimal", &[DECIMAL, DECIMAL]),
    order("text < text", &[TEXT, TEXT]),
    order("date < date", &[DATE, DATE]),
    membership("integer IN (…)", &[INTEGERS], &["{0} IN (1, 2, 3, 7, 1000)", "{0} NOT IN (1, -1, 3, 7, 1000)"]),
    membership("decimal IN (…)", &[DECIMAL], &["{0} IN (0.001, 1, 7, 2.5, -1.005)"]),
    membership("text IN (…)", &[TEXT], &["{0} IN ('a', 'B', 'é', '', 'x')", "{0} NOT IN ('a', 'B', 'é', '', 'x')"]),
    membership(
        "date IN (…)",
        &[DATE],
        &["{0} IN (DATE '1969-12-31', DATE '2024-02-29', DATE '2024-01-01', DATE '2024-01-02', DATE '2024-01-03')"],
    ),
    Entry::new(
        "float64 = literal",
        Kind::Equality,
        &[&[Class::Float64]],
        "",
        &["{0} = CAST(1.5 AS DOUBLE)", "{0} <> CAST(1.5 AS DOUBLE)"],
    ),
    Entry::new(
        "float64 < literal",
        Kind::Order,
        &[&[Class::Float64]],
        "",
        &["{0} < CAST(1.5 AS DOUBLE)", "{0} > CAST(0 AS DOUBLE)"],
    ),
    Entry::new("x IS NULL", Kind::Presence, &[ANY], "({0} IS NULL)", &["{0} IS NULL", "{0} IS NOT NULL"]),
    Entry::new(
        "x AND y",
        Kind::Operator(Operator::And),
        &[BOOL, BOOL],
        "({0} AND {1})",
        &["({0} AND {1}) IS NOT NULL", "{0} AND {1}"],
    ),
    Entry::new("x OR y", Kind::Operator(Operator::Or), &[BOOL, BOOL], "({0} OR {1})", &["{0} OR {1}"]),
    Entry::new("NOT x", Kind::Not, &[BOOL], "(NOT {0})", &["NOT {0}", "NOT ({0} AND {0} IS NOT NULL)"]),
    Entry::new(
        "decimal as wider decimal",
        Kind::Cast(Class::Decimal),
        &[DECIMAL],
        "{0}",
        &["CAST({0} AS DECIMAL(38,10)) IS NULL"],
    )
    .guarded(Guard::Exact),
    Entry::new(
        "CASE",
        Kind::Choice,
        &[&[Class::Int64, Class::Decimal, Class::Text, Class::Date]],
        "",
        &[
            "CASE WHEN {0} IS NULL THEN NULL ELSE {0} END",
            "CASE WHEN c_int64 > 1 THEN {0} WHEN c_int64 < 0 THEN {0} END",
        ],
    ),
];

const AGGREGATES: &[Entry] = &[
    Entry::new("count(*)", Kind::Aggregate("count"), &[], "count(*)", &["count(*)", "count(1)"]),
    Entry::new("count(x)", Kind::Aggregate("count"), &[ANY], "count({0})", &["count({0})"]),
    Entry::new("min(x)", Kind::Aggregate("min"), &[LEAST], "min({0})", &["min({0})"]),
    Entry::new("max(x)", Kind::Aggregate("max"), &[LEAST], "max({0})", &["max({0})"]),
];
