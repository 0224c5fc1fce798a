//! What Postgres computes exactly as the engine does.

use datafusion::logical_expr::Operator;

use crate::sources::sql::{
    Class,
    capability::{
        Capabilities, Entry, Guard, Kind,
        standard::{self, ANY, BOOL, DATE, INTEGERS, TEXT, equality, order},
    },
};

/// The allow-list; versions are those of `server_version_num`.
pub static CAPABILITIES: Capabilities = Capabilities { tables: &[standard::EXPRESSIONS, EXPRESSIONS, AGGREGATES] };

const DECIMAL: &[Class] = &[Class::Decimal];
const UUID: &[Class] = &[Class::Uuid];
const TIMESTAMP: &[Class] = &[Class::Timestamp];
const TIMESTAMPTZ: &[Class] = &[Class::TimestampTz];
const NARROW: &[Class] = &[Class::Int16, Class::Int32];
const COMPARED: &[Class] = &[
    Class::Bool,
    Class::Int16,
    Class::Int32,
    Class::Int64,
    Class::Decimal,
    Class::Text,
    Class::Uuid,
    Class::Binary,
    Class::Date,
    Class::Timestamp,
    Class::TimestampTz,
];
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
    equality("decimal = decimal", &[DECIMAL, DECIMAL]),
    equality("uuid = uuid", &[UUID, UUID]),
    equality("timestamp = timestamp", &[TIMESTAMP, TIMESTAMP]),
    equality("timestamptz = timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    order("decimal < decimal", &[DECIMAL, DECIMAL]),
    order("uuid < uuid", &[UUID, UUID]),
    order("timestamp < timestamp", &[TIMESTAMP, TIMESTAMP]),
    order("timestamptz < timestamptz", &[TIMESTAMPTZ, TIMESTAMPTZ]),
    Entry::new("x = ANY (:list)", Kind::OpenMembership, &[COMPARED], "", &["{0} = ANY(:{0})"]),
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
        &[INTEGERS, INTEGERS],
        "({0} / {1})",
        &["{0} / 7", "{0} / -7", "({0} % 1000) / ({1} % 10 + 50)"],
    )
    .guarded(Guard::Divides),
    Entry::new(
        "integer % integer",
        Kind::Operator(Operator::Modulo),
        &[INTEGERS, INTEGERS],
        "({0} % {1})",
        &["{0} % 7", "{0} % -7", "{0} % ({1} % 10 + 50)"],
    )
    .guarded(Guard::Divides),
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
    Entry::new(
        "decimal / decimal",
        Kind::Operator(Operator::Divide),
        &[DECIMAL, DECIMAL],
        // `div` cuts off behind the point, and no digit is lost on the way there and back.
        "(div({0} * {up}, {1}) * {down})",
        &["{0} / 7.0", "{0} / -0.3", "{0} / nullif({1}, CAST(0 AS DECIMAL(5,2)))"],
    )
    .guarded(Guard::Scaled),
    Entry::new("- decimal", Kind::Negative, &[DECIMAL], "(- {0})", &["- {0}"]),
    Entry::new("int16 as int32", Kind::Cast(Class::Int32), &[&[Class::Int16]], "({0}::int4)", &["CAST({0} AS INT)"])
        .guarded(Guard::Fits),
    Entry::new(
        "integer as int64",
        Kind::Cast(Class::Int64),
        &[INTEGERS],
        "({0}::int8)",
        &["CAST({0} AS BIGINT)", "CAST({0} AS BIGINT) % 5"],
    )
    .guarded(Guard::Fits),
    Entry::new(
        "integer as decimal",
        Kind::Cast(Class::Decimal),
        &[INTEGERS],
        "({0}::numeric)",
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
    Entry::new("integer as text", Kind::Cast(Class::Text), &[INTEGERS], "({0}::text)", &["CAST({0} AS VARCHAR)"]),
    Entry::new(
        "date as timestamp",
        Kind::Cast(Class::Timestamp),
        &[DATE],
        "({0}::timestamp)",
        &["CAST({0} AS TIMESTAMP)"],
    ),
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
        "(sum({0}){filter})",
        &["sum({0})", "sum({0}) FILTER (WHERE int64 > 1)", "sum(CASE WHEN int64 > 1 THEN {0} ELSE 0 END)"],
    ),
    // An overflow fails, here and there, over the same groups.
    Entry::new(
        "sum(int64)",
        Kind::Aggregate("sum"),
        &[&[Class::Int64]],
        "(sum({0}){filter}::int8)",
        &["sum({0} % 1000)", "sum({0} % 1000) FILTER (WHERE {0} > 1)"],
    ),
    Entry::new(
        "sum(DISTINCT int16, int32)",
        Kind::Distinct("sum"),
        &[NARROW],
        "(sum(DISTINCT {0}){filter})",
        &["sum(DISTINCT {0})"],
    ),
    Entry::new(
        "sum(decimal)",
        Kind::Aggregate("sum"),
        &[DECIMAL],
        "sum({0}){filter}",
        &["sum({0})", "sum({0} * {0})", "sum(CASE WHEN int64 > 1 THEN {0} ELSE 0 END)"],
    ),
    Entry::new(
        "avg(int16, int32)",
        Kind::Aggregate("avg"),
        &[NARROW],
        "(sum({0}){filter}::float8 / count({0}){filter})",
        &["avg({0})"],
    ),
    Entry::new(
        "avg(decimal)",
        Kind::Aggregate("avg"),
        &[DECIMAL],
        "(div(sum({0}){filter} * {up}, count({0}){filter}) * {down})",
        &["avg({0})", "avg({0}) FILTER (WHERE int64 > 1)"],
    )
    .guarded(Guard::Scaled),
    Entry::new("min(x)", Kind::Aggregate("min"), &[LEAST], "min({0}){filter}", &["min({0})"]),
    Entry::new("max(x)", Kind::Aggregate("max"), &[LEAST], "max({0}){filter}", &["max({0})"]),
    Entry::new("bool_and(bool)", Kind::Aggregate("bool_and"), &[BOOL], "bool_and({0}){filter}", &["bool_and({0})"]),
    Entry::new("bool_or(bool)", Kind::Aggregate("bool_or"), &[BOOL], "bool_or({0}){filter}", &["bool_or({0})"]),
];
