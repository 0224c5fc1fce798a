//! What Redshift computes exactly as the engine does, as far as its Database Developer Guide says what it computes.
//!
//! Nobody has run this list against the service: it holds what the guide leaves no doubt about. Each group names the page.

use datafusion::logical_expr::Operator;

use crate::sources::sql::{
    Class,
    capability::{
        Capabilities, Entry, Guard, Kind,
        standard::{self, ANY, INTEGERS, equality, membership, order},
    },
};

/// The allow-list.
pub static CAPABILITIES: Capabilities = Capabilities {
    tables: &[standard::NODES, standard::EXPRESSIONS, EXPRESSIONS, AGGREGATES],
    without: &[
        // "Window function syntax": a frame has to stand with every order, and some functions take none; NULLS FIRST and
        // LAST are among the "Unsupported PostgreSQL features" there.
        "window",
        // "SELECT": without a FROM it runs on the leader alone, which reads no tables.
        "one row",
        // "Character types": an order of texts does not see trailing blanks.
        "text < text",
        // "VARBYTE type": no order is told.
        "binary = binary",
        "binary < binary",
        "binary IN (…)",
        // "Numeric types" says nothing of NaN in an order.
        "float64 < literal",
        // "Boolean type": `IS` stands in WHERE only.
        "x IS TRUE",
    ],
};

const DECIMAL: &[Class] = &[Class::Decimal];
const NARROW: &[Class] = &[Class::Int16, Class::Int32];
const INT64: &[Class] = &[Class::Int64];
const TIMESTAMP: &[Class] = &[Class::Timestamp];
const TIMESTAMPTZ: &[Class] = &[Class::TimestampTz];
/// What is ordered and told apart there as here.
const ORDERED: &[Class] =
    &[Class::Int16, Class::Int32, Class::Int64, Class::Decimal, Class::Date, Class::Timestamp, Class::TimestampTz];
const LISTED: &[Class] =
    &[Class::Bool, Class::Int16, Class::Int32, Class::Int64, Class::Text, Class::Date, Class::Decimal];

/// "Computations with numeric values", "Comparison condition", "Datetime types".
const EXPRESSIONS: &[Entry] = &[
    equality("decimal = decimal", &[DECIMAL, DECIMAL]),
    equality("timestamp = timestamp", &[TIMESTAMP, TIMESTAMP]),
    equality("timestamptz = timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    order("decimal < decimal", &[DECIMAL, DECIMAL]),
    order("timestamp < timestamp", &[TIMESTAMP, TIMESTAMP]),
    order("timestamptz < timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    membership("decimal IN (…)", &[DECIMAL], &["{0} IN (0.001, 1, 7, 2.5, -1.005)"]),
    Entry::new("x = ANY (:list)", Kind::OpenMembership, &[LISTED], "", &["{0} = ANY(:list)"]),
    Entry::new(
        "integer / integer",
        Kind::Operator(Operator::Divide),
        &[INTEGERS, INTEGERS],
        "({0} / {1})",
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
        "({0} + {1})",
        &["{0} + {1}", "1 + {0}"],
    )
    .guarded(Guard::Exact),
    Entry::new(
        "decimal - decimal",
        Kind::Operator(Operator::Minus),
        &[DECIMAL, DECIMAL],
        "({0} - {1})",
        &["{0} - {1}", "1 - {0}"],
    )
    .guarded(Guard::Exact),
    Entry::new(
        "decimal * decimal",
        Kind::Operator(Operator::Multiply),
        &[DECIMAL, DECIMAL],
        "({0} * {1})",
        &["{0} * {1}", "{0} * (1 - {1})", "0.2 * {0}"],
    )
    .guarded(Guard::Exact),
    Entry::new("- decimal", Kind::Negative, &[DECIMAL], "(- {0})", &["- {0}"]),
    Entry::new(
        "integer as int64",
        Kind::Cast(Class::Int64),
        &[INTEGERS],
        "CAST({0} AS bigint)",
        &["CAST({0} AS BIGINT)", "CAST({0} AS BIGINT) % 5"],
    )
    .guarded(Guard::Fits),
    Entry::new(
        "decimal as wider decimal",
        Kind::Cast(Class::Decimal),
        &[DECIMAL],
        "{0}",
        &["CAST({0} AS DECIMAL(30,10))"],
    )
    .guarded(Guard::Exact),
];

/// "COUNT", "SUM", "MIN", "MAX": sums of whole numbers are BIGINT, those of BIGINT and DECIMAL have 38 digits. There is no
/// FILTER. What AVG gives depends on the type of its argument, so it is computed of sums.
const AGGREGATES: &[Entry] = &[
    Entry::new("count(*)", Kind::Aggregate("count"), &[], "count(*)", &["count(*)", "count(1)"]),
    Entry::new("count(x)", Kind::Aggregate("count"), &[ANY], "count({0})", &["count({0})"]),
    Entry::new(
        "count(DISTINCT x)",
        Kind::Distinct("count"),
        &[ORDERED],
        "count(DISTINCT {0})",
        &["count(DISTINCT {0})"],
    ),
    Entry::new("sum(int16, int32)", Kind::Aggregate("sum"), &[NARROW], "sum({0})", &["sum({0})"]),
    // An overflow fails, here and there, over the same groups.
    Entry::new("sum(int64)", Kind::Aggregate("sum"), &[INT64], "CAST(sum({0}) AS bigint)", &["sum({0} % 1000)"]),
    Entry::new("sum(decimal)", Kind::Aggregate("sum"), &[DECIMAL], "sum({0})", &["sum({0})", "sum({0} * {0})"]),
    Entry::new(
        "avg(int16, int32)",
        Kind::Aggregate("avg"),
        &[NARROW],
        "(CAST(sum({0}) AS double precision) / count({0}))",
        &["avg({0})"],
    ),
    Entry::new("min(x)", Kind::Aggregate("min"), &[ORDERED], "min({0})", &["min({0})"]),
    Entry::new("max(x)", Kind::Aggregate("max"), &[ORDERED], "max({0})", &["max({0})"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_printed_that_the_guide_does_not_have() {
        for entry in CAPABILITIES.entries() {
            for word in ["FILTER", "{filter}", "COLLATE \"", "::", "ANY (", "ARRAY", "DISTINCT ON", "DISTINCT FROM"] {
                assert!(!entry.sql.contains(word), "{}: {word}", entry.name);
            }
        }
    }
}
