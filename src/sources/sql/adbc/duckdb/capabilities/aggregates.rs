//! Aggregates and window functions.

use super::{COMPARED, DECIMAL, INT64, LEAST, NARROW};
use crate::sources::sql::capability::{
    Entry, Guard, Kind,
    standard::{ANY, BOOL},
};

/// Aggregates.
pub const AGGREGATES: &[Entry] = &[
    Entry::new(
        "count(DISTINCT x)",
        Kind::Distinct("count"),
        &[COMPARED],
        "count(DISTINCT {0}){filter}",
        &["count(DISTINCT {0})"],
    ),
    Entry::new(
        "sum(int16, int32)",
        Kind::Aggregate("sum"),
        &[NARROW],
        "CAST(sum({0}){filter} AS BIGINT)",
        &["sum({0})", "sum({0}) FILTER (WHERE c_int64 > 1)", "sum(CASE WHEN c_int64 > 1 THEN {0} ELSE 0 END)"],
    ),
    // An overflow fails, here and there, over the same groups.
    Entry::new(
        "sum(int64)",
        Kind::Aggregate("sum"),
        &[INT64],
        "CAST(sum({0}){filter} AS BIGINT)",
        &["sum({0} % 1000)", "sum({0} % 1000) FILTER (WHERE {0} > 1)"],
    ),
    Entry::new(
        "sum(DISTINCT int16, int32)",
        Kind::Distinct("sum"),
        &[NARROW],
        "CAST(sum(DISTINCT {0}){filter} AS BIGINT)",
        &["sum(DISTINCT {0})"],
    ),
    Entry::new(
        "sum(decimal)",
        Kind::Aggregate("sum"),
        &[DECIMAL],
        "sum({0}){filter}",
        &["sum({0})", "sum({0} * {0})", "sum(CASE WHEN c_int64 > 1 THEN {0} ELSE 0 END)"],
    ),
    Entry::new(
        "avg(int16, int32)",
        Kind::Aggregate("avg"),
        &[NARROW],
        "(CAST(sum({0}){filter} AS DOUBLE) / count({0}){filter})",
        &["avg({0})"],
    ),
    Entry::new(
        "avg(decimal)",
        Kind::Aggregate("avg"),
        &[DECIMAL],
        AVERAGE,
        &["avg({0})", "avg({0}) FILTER (WHERE c_int64 > 1)"],
    )
    .guarded(Guard::Scaled),
    Entry::new("min(x)", Kind::Aggregate("min"), &[LEAST], "min({0}){filter}", &["min({0})"]),
    Entry::new("max(x)", Kind::Aggregate("max"), &[LEAST], "max({0}){filter}", &["max({0})"]),
    Entry::new("bool_and(bool)", Kind::Aggregate("bool_and"), &[BOOL], "bool_and({0}){filter}", &["bool_and({0})"]),
    Entry::new("bool_or(bool)", Kind::Aggregate("bool_or"), &[BOOL], "bool_or({0}){filter}", &["bool_or({0})"]),
];

/// Window functions.
pub const WINDOWS: &[Entry] = &[
    Entry::new(
        "lag(x, n)",
        Kind::Window("lag"),
        &[ANY, INT64],
        "lag({0}, {1}){over}",
        &["lag({0}, 2) OVER (ORDER BY id)"],
    )
    .guarded(Guard::Counted),
    Entry::new(
        "lead(x, n)",
        Kind::Window("lead"),
        &[ANY, INT64],
        "lead({0}, {1}){over}",
        &["lead({0}, 1) OVER (PARTITION BY c_text ORDER BY id DESC)"],
    )
    .guarded(Guard::Counted),
    Entry::new(
        "min(x) over",
        Kind::Window("min"),
        &[LEAST],
        "min({0}){filter}{over}",
        &[
            "min({0}) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
            "min({0}) OVER (PARTITION BY c_text)",
        ],
    ),
    Entry::new(
        "max(x) over",
        Kind::Window("max"),
        &[LEAST],
        "max({0}){filter}{over}",
        &["max({0}) OVER (ORDER BY id)", "max({0}) OVER (PARTITION BY c_text)"],
    ),
    Entry::new(
        "sum(int16, int32) over",
        Kind::Window("sum"),
        &[NARROW],
        "CAST(sum({0}){filter}{over} AS BIGINT)",
        &[
            "sum({0}) OVER (ORDER BY id)",
            "sum({0}) OVER (ORDER BY c_int64 RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
        ],
    ),
    Entry::new(
        "sum(decimal) over",
        Kind::Window("sum"),
        &[DECIMAL],
        "sum({0}){filter}{over}",
        &["sum({0}) OVER (PARTITION BY c_text ORDER BY id)"],
    ),
];

/// The sum's digits, down to the last that the engine keeps, as a whole number that is divided without a rest.
const AVERAGE: &str = "(CAST(CAST(replace(CAST(CAST(sum({0}){filter} AS DECIMAL(38, {scale})) AS VARCHAR), '.', '') \
     AS HUGEINT) // count({0}){filter} AS DECIMAL(38, 0)) * CAST('{down}' AS DECIMAL(38, {scale})))";
