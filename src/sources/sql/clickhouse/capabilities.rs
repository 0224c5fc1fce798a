//! What `ClickHouse` computes exactly as the engine does, under the settings of [`super::request`].

use datafusion::logical_expr::Operator;

use crate::sources::sql::{
    Class,
    capability::{
        Capabilities, Entry, Guard, Kind,
        standard::{self, DATE, INTEGERS, TEXT, equality, membership, order},
    },
};

/// The allow-list; versions are 1000 times the year and the month: 24.8 is 24008.
///
/// NaN is neither less nor greater than anything there; correlated subqueries are young; whole numbers wrap; window
/// functions give a default where there is no row.
pub static CAPABILITIES: Capabilities = Capabilities {
    tables: &[standard::NODES, standard::EXPRESSIONS, standard::AGGREGATES, EXPRESSIONS, AGGREGATES],
    without: &[
        "window",
        "semi join",
        "anti join",
        "exists",
        "in subquery",
        "scalar subquery",
        "one row",
        "full join",
        "binary = binary",
        "binary < binary",
        "binary IN (…)",
        "float64 < literal",
        "x IS TRUE",
    ],
};

const DECIMAL: &[Class] = &[Class::Decimal];
const INT64: &[Class] = &[Class::Int64];
const NARROW: &[Class] = &[Class::Int16, Class::Int32];
const TIMESTAMPTZ: &[Class] = &[Class::TimestampTz];
const LEAST: &[Class] = &[Class::Int16, Class::Int32, Class::Int64, Class::Text];
const LISTED: &[Class] = &[Class::Int16, Class::Int32, Class::Int64, Class::Text, Class::Date];

const EXPRESSIONS: &[Entry] = &[
    equality("decimal = decimal", &[DECIMAL, DECIMAL]),
    equality("timestamptz = timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    order("decimal < decimal", &[DECIMAL, DECIMAL]),
    order("timestamptz < timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    membership("decimal IN (…)", &[DECIMAL], &["{0} IN (0.001, 1, 7, 2.5, -1.005)"]),
    Entry::new(
        "text LIKE pattern",
        Kind::Like,
        &[TEXT, TEXT],
        "({0} {not}LIKE {1})",
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
        &[INT64, INT64],
        "intDiv(toInt64({0}), toInt64({1}))",
        &["{0} / 7", "{0} / -7", "({0} % 1000) / ({1} % 10 + 50)"],
    )
    .guarded(Guard::DividesNonZero),
    Entry::new(
        "integer % integer",
        Kind::Operator(Operator::Modulo),
        &[INT64, INT64],
        "(toInt64({0}) % toInt64({1}))",
        &["{0} % 7", "{0} % -7", "{0} % ({1} % 10 + 50)"],
    )
    .guarded(Guard::DividesNonZero),
    Entry::new(
        "integer as int64",
        Kind::Cast(Class::Int64),
        &[INTEGERS],
        "toInt64({0})",
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
    Entry::new("x = ANY (:list)", Kind::OpenMembership, &[LISTED], "", &["{0} = ANY(:list)"]),
];

const AGGREGATES: &[Entry] = &[
    Entry::new(
        "count(DISTINCT x)",
        Kind::Distinct("count"),
        &[LEAST],
        "count(DISTINCT {0}){filter}",
        &["count(DISTINCT {0})"],
    ),
    // It adds in 64 bits, which so many rows do not fill.
    Entry::new("sum(int16, int32)", Kind::Aggregate("sum"), &[NARROW], "sum({0}){filter}", &["sum({0})"]),
    Entry::new("min(x)", Kind::Aggregate("min"), &[LEAST], "min({0}){filter}", &["min({0})"]),
    Entry::new("max(x)", Kind::Aggregate("max"), &[LEAST], "max({0}){filter}", &["max({0})"]),
    Entry::new("min(date)", Kind::Aggregate("min"), &[DATE], "toDate32(min({0}){filter})", &["min({0})"]),
    Entry::new("max(date)", Kind::Aggregate("max"), &[DATE], "toDate32(max({0}){filter})", &["max({0})"]),
];
