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
pub static CAPABILITIES: Capabilities = Capabilities {
    tables: &[
        standard::NODES,
        standard::EXPRESSIONS,
        standard::AGGREGATES,
        standard::WINDOWS,
        EXPRESSIONS,
        AGGREGATES,
        WINDOWS,
    ],
    without: &[],
};

const INT64: &[Class] = &[Class::Int64];
const LEAST: &[Class] = &[Class::Int64, Class::Text];

const EXPRESSIONS: &[Entry] = &[
    Entry::new("nullif(x, x)", Kind::Function("nullif"), &[LEAST, LEAST], "nullif({0}, {1})", &["nullif({0}, {1})"]),
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

const WINDOWS: &[Entry] = &[
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
];
