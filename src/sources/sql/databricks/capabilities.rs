//! What Databricks documents to compute as the engine does, whatever a workspace's settings are (time zone, ANSI mode): no
//! entry overflows, divides by zero, or reads a clock.
//!
//! Not here: sums of BIGINT and of decimals, and arithmetic of decimals, which overflow to NULL without ANSI mode and are
//! rounded beyond 38 digits; windows; bytes, for which there are no parameters; parts of times, which depend on the zone.

use datafusion::logical_expr::Operator;

use crate::sources::sql::{
    Class,
    capability::{
        Capabilities, Entry, Guard, Kind,
        standard::{self, INTEGERS, TEXT, equality, membership, order},
    },
};

/// The allow-list. It has no versions: warehouses are always up to date.
pub static CAPABILITIES: Capabilities = Capabilities {
    tables: &[standard::NODES, standard::EXPRESSIONS, standard::AGGREGATES, EXPRESSIONS, AGGREGATES],
    without: &["binary = binary", "binary < binary", "binary IN (…)", "bool < bool"],
};

const DECIMAL: &[Class] = &[Class::Decimal];
const FLOAT32: &[Class] = &[Class::Float32];
const INT64: &[Class] = &[Class::Int64];
const NARROW: &[Class] = &[Class::Int16, Class::Int32];
const TIMESTAMP: &[Class] = &[Class::Timestamp];
const TIMESTAMPTZ: &[Class] = &[Class::TimestampTz];
const LISTED: &[Class] = &[Class::Bool, Class::Int16, Class::Int32, Class::Int64, Class::Text, Class::Date];
const LEAST: &[Class] = &[
    Class::Int16,
    Class::Int32,
    Class::Int64,
    Class::Decimal,
    Class::Text,
    Class::Date,
    Class::Timestamp,
    Class::TimestampTz,
];

const EXPRESSIONS: &[Entry] = &[
    // Text by its bytes: sql/language-manual/sql-ref-collation.html. NaN above all, and equal to itself:
    // sql/language-manual/sql-ref-datatype-rules.html, special floating point values. Microseconds:
    // data-types/timestamp-type.html, data-types/timestamp-ntz-type.html.
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
    // sql/language-manual/functions/array_contains.html, from_json.html
    Entry::new("x = ANY (:list)", Kind::OpenMembership, &[LISTED], "", &["{0} = ANY(:list)"]),
    // sql/language-manual/functions/like.html: the escape is a backslash, which must stand before `_`, `%` or itself.
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
    )
    .guarded(Guard::Escapes),
    // sql/language-manual/functions/div.html, functions/percentsign.html: towards zero; the sign of the dividend.
    Entry::new(
        "integer / integer",
        Kind::Operator(Operator::Divide),
        &[INT64, INT64],
        "({0} DIV {1})",
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
    Entry::new(
        "integer as int64",
        Kind::Cast(Class::Int64),
        &[INTEGERS],
        "CAST({0} AS BIGINT)",
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
    Entry::new(
        "count(DISTINCT x)",
        Kind::Distinct("count"),
        &[LEAST],
        "count(DISTINCT {0}){filter}",
        &["count(DISTINCT {0})"],
    ),
    // sql/language-manual/functions/sum.html: a BIGINT, which so many rows do not fill.
    Entry::new(
        "sum(int16, int32)",
        Kind::Aggregate("sum"),
        &[NARROW],
        "sum({0}){filter}",
        &["sum({0})", "sum({0}) FILTER (WHERE c_int64 > 1)"],
    ),
    Entry::new("min(x)", Kind::Aggregate("min"), &[LEAST], "min({0}){filter}", &["min({0})"]),
    Entry::new("max(x)", Kind::Aggregate("max"), &[LEAST], "max({0}){filter}", &["max({0})"]),
];
