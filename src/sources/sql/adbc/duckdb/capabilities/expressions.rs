//! Comparisons, operators and casts.

use datafusion::logical_expr::Operator;

use super::{COMPARED, DECIMAL, FLOAT32, TIMESTAMP, TIMESTAMPTZ};
use crate::sources::sql::{
    Class,
    capability::{
        Entry, Guard, Kind,
        standard::{BOOL, DATE, INTEGERS, TEXT, equality, membership, order},
    },
};

/// The entries. Of decimals of at most 18 digits `DuckDB` computes no more than 18: so the first is made a wider one, by
/// adding a zero of 38 digits, which keeps those behind the point.
pub const EXPRESSIONS: &[Entry] = &[
    equality("decimal = decimal", &[DECIMAL, DECIMAL]),
    equality("timestamp = timestamp", &[TIMESTAMP, TIMESTAMP]),
    equality("timestamptz = timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    order("decimal < decimal", &[DECIMAL, DECIMAL]),
    order("timestamp < timestamp", &[TIMESTAMP, TIMESTAMP]),
    order("timestamptz < timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    Entry::new(
        "float32 = literal",
        Kind::Equality,
        &[FLOAT32],
        "",
        &["{0} = CAST(1.5 AS REAL)", "{0} <> CAST(1.5 AS REAL)", "{0} IS DISTINCT FROM CAST(-7.25 AS REAL)"],
    ),
    Entry::new(
        "float32 < literal",
        Kind::Order,
        &[FLOAT32],
        "",
        &["{0} < CAST(1.5 AS REAL)", "{0} > CAST(0 AS REAL)", "{0} BETWEEN CAST(-7.25 AS REAL) AND CAST(1 AS REAL)"],
    ),
    membership(
        "float32 IN (…)",
        &[FLOAT32],
        &["{0} IN (CAST(1.5 AS REAL), CAST(2.5 AS REAL), CAST(3 AS REAL), CAST(4 AS REAL), CAST(-7.25 AS REAL))"],
    ),
    membership("decimal IN (…)", &[DECIMAL], &["{0} IN (0.001, 1, 7, 2.5, -1.005)"]),
    membership(
        "timestamp IN (…)",
        &[TIMESTAMP],
        &["{0} IN (TIMESTAMP '1969-12-31 23:59:59.999999', TIMESTAMP '2024-02-29 12:30:15.123456', \
         TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-02 00:00:00')"],
    ),
    membership(
        "timestamptz IN (…)",
        &[TIMESTAMPTZ],
        &["{0} IN (TIMESTAMPTZ '1969-12-31 23:59:59.999999Z', TIMESTAMPTZ '2024-02-29 12:30:15.123456Z', \
         TIMESTAMPTZ '2024-01-01 00:00:00Z', TIMESTAMPTZ '2024-01-02 00:00:00Z')"],
    ),
    Entry::new("x = ANY (:list)", Kind::OpenMembership, &[COMPARED], "", &["{0} = ANY(:list)"]),
    Entry::new(
        "text LIKE pattern",
        Kind::Like,
        &[TEXT, TEXT],
        "({0} {not}LIKE {1} ESCAPE '\\')",
        &[
            "{0} LIKE '%a%'",
            "{0} NOT LIKE '%a%b%'",
            "{0} LIKE 'a_'",
            "{0} LIKE '_\\%%'",
            "{0} LIKE '%\\_'",
            "{0} NOT LIKE '_'",
        ],
    ),
    Entry::new(
        "integer / integer",
        Kind::Operator(Operator::Divide),
        &[INTEGERS, INTEGERS],
        "({0} // {1})",
        &["{0} / 7", "{0} / -7", "({0} % 1000) / ({1} % 10 + 50)"],
    )
    .guarded(Guard::DividesNonZero),
    Entry::new(
        "integer % integer",
        Kind::Operator(Operator::Modulo),
        &[INTEGERS, INTEGERS],
        "({0} % {1})",
        &["{0} % 7", "{0} % -7", "{0} % ({1} % 10 + 50)"],
    )
    .guarded(Guard::DividesNonZero),
    Entry::new(
        "decimal + decimal",
        Kind::Operator(Operator::Plus),
        &[DECIMAL, DECIMAL],
        "({0} + CAST(0 AS DECIMAL(38, 0)) + {1})",
        &["{0} + {1}", "1 + {0}"],
    )
    .guarded(Guard::Exact),
    Entry::new(
        "decimal - decimal",
        Kind::Operator(Operator::Minus),
        &[DECIMAL, DECIMAL],
        "({0} + CAST(0 AS DECIMAL(38, 0)) - {1})",
        &["{0} - {1}", "1 - {0}"],
    )
    .guarded(Guard::Exact),
    Entry::new(
        "decimal * decimal",
        Kind::Operator(Operator::Multiply),
        &[DECIMAL, DECIMAL],
        "(({0} + CAST(0 AS DECIMAL(38, 0))) * {1})",
        &["{0} * {1}", "{0} * (1 - {1})", "0.2 * {0}"],
    )
    .guarded(Guard::Exact),
    Entry::new("- decimal", Kind::Negative, &[DECIMAL], "(- {0})", &["- {0}"]),
    Entry::new(
        "integer as int32",
        Kind::Cast(Class::Int32),
        &[INTEGERS],
        "CAST({0} AS INTEGER)",
        &["CAST({0} % 1000 AS INT)", "CAST({0} % 1000 AS INT) + 1"],
    )
    .guarded(Guard::Fits),
    Entry::new(
        "integer as int64",
        Kind::Cast(Class::Int64),
        &[INTEGERS],
        "CAST({0} AS BIGINT)",
        &["CAST({0} AS BIGINT)", "CAST({0} AS BIGINT) % 5"],
    )
    .guarded(Guard::Fits),
    Entry::new(
        "integer as decimal",
        Kind::Cast(Class::Decimal),
        &[INTEGERS],
        "CAST({0} AS DECIMAL(38, 0))",
        &["CAST({0} AS DECIMAL(30,4))", "{0} * 1.5"],
    )
    .guarded(Guard::Exact),
    Entry::new(
        "decimal as wider decimal",
        Kind::Cast(Class::Decimal),
        &[DECIMAL],
        "{0}",
        &["CAST({0} AS DECIMAL(38,10))"],
    )
    .guarded(Guard::Exact),
    Entry::new(
        "integer as text",
        Kind::Cast(Class::Text),
        &[INTEGERS],
        "CAST({0} AS VARCHAR)",
        &["CAST({0} AS VARCHAR)"],
    ),
    Entry::new("bool as text", Kind::Cast(Class::Text), &[BOOL], "CAST({0} AS VARCHAR)", &["CAST({0} AS VARCHAR)"]),
    Entry::new("bool as int32", Kind::Cast(Class::Int32), &[BOOL], "CAST({0} AS INTEGER)", &["CAST({0} AS INT)"]),
    Entry::new(
        "date as timestamp",
        Kind::Cast(Class::Timestamp),
        &[DATE],
        // Days that are no timestamps there have no calendar here.
        "(CASE WHEN {0} < DATE '262143-01-01' THEN CAST({0} AS TIMESTAMP) END)",
        &["CAST({0} AS TIMESTAMP)"],
    ),
    Entry::new("timestamp as date", Kind::Cast(Class::Date), &[TIMESTAMP], "CAST({0} AS DATE)", &["CAST({0} AS DATE)"]),
    Entry::new(
        "timestamptz as date",
        Kind::Cast(Class::Date),
        &[TIMESTAMPTZ],
        "CAST(({0} AT TIME ZONE 'UTC') AS DATE)",
        &["CAST({0} AS DATE)"],
    ),
];
