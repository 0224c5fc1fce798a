//! What `MySQL` and `MariaDB` compute exactly as the engine does, in a session as [`super::session`] sets it up.

use datafusion::logical_expr::Operator;

use crate::sources::sql::{
    Class,
    capability::{
        Capabilities, Entry, Guard, Kind,
        standard::{self, ANY, INTEGERS, TEXT, equality, membership, order},
    },
};

/// The allow-list; versions are 10000 times the first number, 100 times the second, and the third: 10.11.6 is 101106.
///
/// There is no FILTER and no FULL JOIN. What an unsigned number takes part in is unsigned, unless it is cast.
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
    without: &[
        "full join",
        "integer + integer",
        "integer - integer",
        "integer * integer",
        "- integer",
        "count(*)",
        "count(x)",
        "count(*) over",
        "count(x) over",
    ],
};

const DECIMAL: &[Class] = &[Class::Decimal];
const TIMESTAMP: &[Class] = &[Class::Timestamp];
const TIMESTAMPTZ: &[Class] = &[Class::TimestampTz];
const INT64: &[Class] = &[Class::Int64];
const LEAST: &[Class] = &[Class::Int16, Class::Int32, Class::Int64, Class::Text];

const EXPRESSIONS: &[Entry] = &[
    equality("decimal = decimal", &[DECIMAL, DECIMAL]),
    equality("timestamp = timestamp", &[TIMESTAMP, TIMESTAMP]),
    equality("timestamptz = timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    order("decimal < decimal", &[DECIMAL, DECIMAL]),
    order("timestamp < timestamp", &[TIMESTAMP, TIMESTAMP]),
    order("timestamptz < timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    membership("decimal IN (…)", &[DECIMAL], &["{0} IN (0.001, 1, 7, 2.5, -1.005)"]),
    // By characters, of which a padding space is one here.
    Entry::new(
        "text LIKE pattern",
        Kind::Like,
        &[TEXT, TEXT],
        "(CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin {not}LIKE CONVERT({1} USING utf8mb4))",
        &[
            "{0} LIKE '%a%'",
            "{0} NOT LIKE '%a%b%'",
            "{0} LIKE 'a_'",
            "{0} LIKE '_\\%%'",
            "{0} LIKE '%\\_'",
            "{0} NOT LIKE '_'",
            "{0} LIKE '% '",
        ],
    ),
    Entry::new("nullif(x, x)", Kind::Function("nullif"), &[LEAST, LEAST], "nullif({0}, {1})", &["nullif({0}, {1})"]),
    Entry::new(
        "signed + signed",
        Kind::Operator(Operator::Plus),
        &[INTEGERS, INTEGERS],
        "(CAST({0} AS SIGNED) + CAST({1} AS SIGNED))",
        &["{0} % 1000 + {1} % 1000"],
    )
    .guarded(Guard::Fits),
    Entry::new(
        "signed - signed",
        Kind::Operator(Operator::Minus),
        &[INTEGERS, INTEGERS],
        "(CAST({0} AS SIGNED) - CAST({1} AS SIGNED))",
        &["{0} % 1000 - {1} % 1000"],
    )
    .guarded(Guard::Fits),
    Entry::new(
        "signed * signed",
        Kind::Operator(Operator::Multiply),
        &[INTEGERS, INTEGERS],
        "(CAST({0} AS SIGNED) * CAST({1} AS SIGNED))",
        &["({0} % 100) * ({1} % 100)"],
    )
    .guarded(Guard::Fits),
    Entry::new("- signed", Kind::Negative, &[INTEGERS], "(- CAST({0} AS SIGNED))", &["- ({0} % 1000)"])
        .guarded(Guard::Fits),
    Entry::new(
        "integer / integer",
        Kind::Operator(Operator::Divide),
        &[INT64, INT64],
        "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED))",
        &["{0} / 7", "{0} / -7", "({0} % 1000) / ({1} % 10 + 50)"],
    )
    .guarded(Guard::DividesNonZero),
    Entry::new(
        "integer % integer",
        Kind::Operator(Operator::Modulo),
        &[INTEGERS, INTEGERS],
        "(CAST({0} AS SIGNED) % CAST({1} AS SIGNED))",
        &["{0} % 7", "{0} % -7", "{0} % ({1} % 10 + 50)"],
    )
    .guarded(Guard::DividesNonZero),
    Entry::new(
        "integer as int64",
        Kind::Cast(Class::Int64),
        &[INTEGERS],
        "CAST({0} AS SIGNED)",
        &["CAST({0} AS BIGINT)", "CAST({0} AS BIGINT) % 5"],
    )
    .guarded(Guard::Fits),
    Entry::new(
        "decimal as wider decimal",
        Kind::Cast(Class::Decimal),
        &[DECIMAL],
        "{0}",
        &["CAST({0} AS DECIMAL(38,10))"],
    )
    .guarded(Guard::Exact),
];

const AGGREGATES: &[Entry] = &[
    Entry::new("count of rows", Kind::Aggregate("count"), &[], "count(*)", &["count(*)", "count(1)"]),
    Entry::new("count of values", Kind::Aggregate("count"), &[ANY], "count({0})", &["count({0})"]),
    Entry::new("count(DISTINCT x)", Kind::Distinct("count"), &[LEAST], "count(DISTINCT {0})", &["count(DISTINCT {0})"]),
    // The sum is a decimal, which a division by one makes an integer of 64 bits, or an error.
    Entry::new("sum(integer)", Kind::Aggregate("sum"), &[INTEGERS], "(sum({0}) DIV 1)", &["sum({0} % 1000)"]),
    Entry::new("min(x)", Kind::Aggregate("min"), &[LEAST], "min({0})", &["min({0})"]),
    Entry::new("max(x)", Kind::Aggregate("max"), &[LEAST], "max({0})", &["max({0})"]),
];

const WINDOWS: &[Entry] = &[
    Entry::new(
        "count of rows over",
        Kind::Window("count"),
        &[],
        "count(*){over}",
        &[
            "count(*) OVER (PARTITION BY c_text)",
            "count(*) OVER (ORDER BY c_int64)",
            "count(1) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)",
        ],
    ),
    Entry::new(
        "count of values over",
        Kind::Window("count"),
        &[ANY],
        "count({0}){over}",
        &["count({0}) OVER (ORDER BY id)"],
    ),
];
