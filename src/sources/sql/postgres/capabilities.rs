//! What Postgres computes exactly as the engine does.

use datafusion::logical_expr::Operator;

use crate::sources::sql::{
    Class,
    capability::{
        Capabilities, Entry, Guard, Kind,
        standard::{self, ANY, BOOL, DATE, INTEGERS, TEXT, equality, membership, order},
    },
};

/// The allow-list; versions are those of `server_version_num`.
pub static CAPABILITIES: Capabilities =
    Capabilities { tables: &[standard::NODES, standard::EXPRESSIONS, EXPRESSIONS, FUNCTIONS, AGGREGATES, WINDOWS] };

const DECIMAL: &[Class] = &[Class::Decimal];
const FLOAT32: &[Class] = &[Class::Float32];
const UUID: &[Class] = &[Class::Uuid];
const TIMESTAMP: &[Class] = &[Class::Timestamp];
const TIMESTAMPTZ: &[Class] = &[Class::TimestampTz];
const INT64: &[Class] = &[Class::Int64];
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
        "uuid IN (…)",
        &[UUID],
        &["{0} IN ('00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', \
         '11111111-1111-1111-1111-111111111111', '22222222-2222-2222-2222-222222222222')"],
    ),
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
    Entry::new(
        "integer as int32",
        Kind::Cast(Class::Int32),
        &[INTEGERS],
        "({0}::int4)",
        &["CAST({0} % 1000 AS INT)", "CAST({0} % 1000 AS INT) + 1"],
    )
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

const FUNCTIONS: &[Entry] = &[
    Entry::new(
        "nullif(x, x)",
        Kind::Function("nullif"),
        &[COMPARED, COMPARED],
        "nullif({0}, {1})",
        &["nullif({0}, {1})"],
    ),
    Entry::new(
        "text || text",
        Kind::Operator(Operator::StringConcat),
        &[TEXT, TEXT],
        "({0} || {1})",
        &["{0} || {1}", "{0} || 'é'"],
    ),
    Entry::new(
        "substr(text, n)",
        Kind::Function("substr"),
        &[TEXT, INT64],
        "substr({0}, {1}::int4)",
        &["substr({0}, 2)", "substring({0} FROM 1)"],
    )
    .guarded(Guard::Placed),
    Entry::new(
        "substr(text, n, m)",
        Kind::Function("substr"),
        &[TEXT, INT64, INT64],
        SUBSTR,
        &["substr({0}, 1, 2)", "substring({0} FROM 3 FOR 2)", "substr({0}, 2, 0)", "substr({0}, 2, 2147483647)"],
    )
    .guarded(Guard::Placed),
    Entry::new(
        "left(text, n)",
        Kind::Function("left"),
        &[TEXT, INT64],
        "left({0}, {1}::int4)",
        &["left({0}, 2)", "left({0}, 0)"],
    )
    .guarded(Guard::Counted),
    Entry::new(
        "right(text, n)",
        Kind::Function("right"),
        &[TEXT, INT64],
        "right({0}, {1}::int4)",
        &["right({0}, 2)", "right({0}, 0)"],
    )
    .guarded(Guard::Counted),
    Entry::new(
        "character_length(text)",
        Kind::Function("character_length"),
        &[TEXT],
        "char_length({0})",
        &["character_length({0})", "length({0})"],
    ),
    Entry::new(
        "octet_length(text)",
        Kind::Function("octet_length"),
        &[TEXT],
        "octet_length({0})",
        &["octet_length({0})"],
    ),
    Entry::new(
        "strpos(text, text)",
        Kind::Function("strpos"),
        &[TEXT, TEXT],
        "strpos({0}, {1})",
        &["strpos({0}, {1})", "position('b' IN {0})", "strpos({0}, '')"],
    ),
    Entry::new(
        "contains(text, text)",
        Kind::Function("contains"),
        &[TEXT, TEXT],
        "(strpos({0}, {1}) > 0)",
        &["contains({0}, {1})", "contains({0}, '%')"],
    ),
    Entry::new(
        "starts_with(text, text)",
        Kind::Function("starts_with"),
        &[TEXT, TEXT],
        "starts_with({0}, {1})",
        &["starts_with({0}, {1})"],
    )
    .since(110_000),
    Entry::new("reverse(text)", Kind::Function("reverse"), &[TEXT], "reverse({0})", &["reverse({0})"]),
    Entry::new("btrim(text)", Kind::Function("btrim"), &[TEXT], "btrim({0})", &["btrim({0})", "trim({0})"]),
    Entry::new("ltrim(text)", Kind::Function("ltrim"), &[TEXT], "ltrim({0})", &["ltrim({0})"]),
    Entry::new("rtrim(text)", Kind::Function("rtrim"), &[TEXT], "rtrim({0})", &["rtrim({0})"]),
    Entry::new(
        "btrim(text, set)",
        Kind::Function("btrim"),
        &[TEXT, TEXT],
        "btrim({0}, {1})",
        &["btrim({0}, 'ab ')", "btrim({0}, '')"],
    )
    .guarded(Guard::Literal),
    Entry::new("ltrim(text, set)", Kind::Function("ltrim"), &[TEXT, TEXT], "ltrim({0}, {1})", &["ltrim({0}, 'ab ')"])
        .guarded(Guard::Literal),
    Entry::new("rtrim(text, set)", Kind::Function("rtrim"), &[TEXT, TEXT], "rtrim({0}, {1})", &["rtrim({0}, 'ab ')"])
        .guarded(Guard::Literal),
    Entry::new("abs(integer)", Kind::Function("abs"), &[INTEGERS], "abs({0})", &["abs({0} % 1000)"])
        .guarded(Guard::Fits),
    Entry::new("abs(decimal)", Kind::Function("abs"), &[DECIMAL], "abs({0})", &["abs({0})"]),
    part("date_part(year of date)", "year", DATE, YEAR_OF_DATE, &["extract(YEAR FROM {0})", "date_part('year', {0})"]),
    part("date_part(month of date)", "month", DATE, MONTH_OF_DATE, &["extract(MONTH FROM {0})"]),
    part("date_part(day of date)", "day", DATE, DAY_OF_DATE, &["extract(DAY FROM {0})"]),
    part("date_part(quarter of date)", "quarter", DATE, QUARTER_OF_DATE, &["extract(QUARTER FROM {0})"]),
    part("date_part(dow of date)", "dow", DATE, DOW_OF_DATE, &["extract(DOW FROM {0})"]),
    part("date_part(doy of date)", "doy", DATE, DOY_OF_DATE, &["extract(DOY FROM {0})"]),
    part("date_part(year of timestamp)", "year", TIMESTAMP, YEAR_OF_TIMESTAMP, &["extract(YEAR FROM {0})"]),
    part(
        "date_part(month of timestamp)",
        "month",
        TIMESTAMP,
        "date_part('month', {0})::int4",
        &["extract(MONTH FROM {0})"],
    ),
    part("date_part(day of timestamp)", "day", TIMESTAMP, "date_part('day', {0})::int4", &["extract(DAY FROM {0})"]),
    part(
        "date_part(hour of timestamp)",
        "hour",
        TIMESTAMP,
        "date_part('hour', {0})::int4",
        &["extract(HOUR FROM {0})"],
    ),
    part(
        "date_part(minute of timestamp)",
        "minute",
        TIMESTAMP,
        "date_part('minute', {0})::int4",
        &["extract(MINUTE FROM {0})"],
    ),
    part(
        "date_part(second of timestamp)",
        "second",
        TIMESTAMP,
        "floor(date_part('second', {0}))::int4",
        &["extract(SECOND FROM {0})"],
    ),
    trunc(
        "date_trunc(hour)",
        "hour",
        "date_trunc('hour', {0})",
        &["date_trunc('hour', CASE WHEN {0} BETWEEN TIMESTAMP '1700-01-01' AND TIMESTAMP '2200-01-01' THEN {0} END)"],
    ),
    trunc(
        "date_trunc(day)",
        "day",
        "date_trunc('day', {0})",
        &["date_trunc('day', CASE WHEN {0} BETWEEN TIMESTAMP '1700-01-01' AND TIMESTAMP '2200-01-01' THEN {0} END)"],
    ),
    trunc(
        "date_trunc(week)",
        "week",
        "date_trunc('week', {0})",
        &["date_trunc('week', CASE WHEN {0} BETWEEN TIMESTAMP '1700-01-01' AND TIMESTAMP '2200-01-01' THEN {0} END)"],
    ),
    trunc(
        "date_trunc(month)",
        "month",
        "date_trunc('month', {0})",
        &["date_trunc('month', CASE WHEN {0} BETWEEN TIMESTAMP '1700-01-01' AND TIMESTAMP '2200-01-01' THEN {0} END)"],
    ),
    trunc(
        "date_trunc(quarter)",
        "quarter",
        "date_trunc('quarter', {0})",
        &[
            "date_trunc('quarter', CASE WHEN {0} BETWEEN TIMESTAMP '1700-01-01' AND TIMESTAMP '2200-01-01' THEN {0} END)",
        ],
    ),
    trunc(
        "date_trunc(year)",
        "year",
        "date_trunc('year', {0})",
        &["date_trunc('year', CASE WHEN {0} BETWEEN TIMESTAMP '1700-01-01' AND TIMESTAMP '2200-01-01' THEN {0} END)"],
    ),
];

const SUBSTR: &str = "substr({0}, {1}::int4, {2}::int4)";
/// Before year 1 there is year 0, which Postgres calls -1. What has no calendar here is NULL, so that nothing fails.
const YEAR_OF_DATE: &str = "(CASE WHEN {0} BETWEEN '0001-01-01' AND '262142-12-31' THEN date_part('year', {0})::int4 \
                            WHEN {0} > '-infinity' AND {0} < '0001-01-01' THEN date_part('year', {0})::int4 + 1 END)";
const YEAR_OF_TIMESTAMP: &str = "(CASE WHEN {0} >= '0001-01-01' AND {0} < 'infinity' THEN date_part('year', {0})::int4 \
     WHEN {0} > '-infinity' AND {0} < '0001-01-01' THEN date_part('year', {0})::int4 + 1 END)";
const MONTH_OF_DATE: &str = "(CASE WHEN {0} < '262143-01-01' THEN date_part('month', {0})::int4 END)";
const DAY_OF_DATE: &str = "(CASE WHEN {0} < '262143-01-01' THEN date_part('day', {0})::int4 END)";
const QUARTER_OF_DATE: &str = "(CASE WHEN {0} < '262143-01-01' THEN date_part('quarter', {0})::int4 END)";
const DOW_OF_DATE: &str = "(CASE WHEN {0} < '262143-01-01' THEN date_part('dow', {0})::int4 END)";
const DOY_OF_DATE: &str = "(CASE WHEN {0} < '262143-01-01' THEN date_part('doy', {0})::int4 END)";

const fn part(
    name: &'static str,
    part: &'static str,
    of: &'static [Class],
    sql: &'static str,
    examples: &'static [&'static str],
) -> Entry {
    let args: &'static [&'static [Class]] = if matches!(of, [Class::Date]) { &[DATE] } else { &[TIMESTAMP] };
    Entry::new(name, Kind::Part("date_part", part), args, sql, examples)
}

const fn trunc(name: &'static str, part: &'static str, sql: &'static str, examples: &'static [&'static str]) -> Entry {
    Entry::new(name, Kind::Part("date_trunc", part), &[TIMESTAMP], sql, examples)
}

const AGGREGATES: &[Entry] = &[
    Entry::new(
        "count(*)",
        Kind::Aggregate("count"),
        &[],
        "count(*){filter}",
        &["count(*)", "count(1)", "count(*) FILTER (WHERE c_int64 > 1)"],
    ),
    Entry::new(
        "count(x)",
        Kind::Aggregate("count"),
        &[ANY],
        "count({0}){filter}",
        &["count({0})", "count({0}) FILTER (WHERE c_int64 > 1)"],
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
        &["sum({0})", "sum({0}) FILTER (WHERE c_int64 > 1)", "sum(CASE WHEN c_int64 > 1 THEN {0} ELSE 0 END)"],
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
        &["sum({0})", "sum({0} * {0})", "sum(CASE WHEN c_int64 > 1 THEN {0} ELSE 0 END)"],
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
        &["avg({0})", "avg({0}) FILTER (WHERE c_int64 > 1)"],
    )
    .guarded(Guard::Scaled),
    Entry::new("min(x)", Kind::Aggregate("min"), &[LEAST], "min({0}){filter}", &["min({0})"]),
    Entry::new("max(x)", Kind::Aggregate("max"), &[LEAST], "max({0}){filter}", &["max({0})"]),
    Entry::new("bool_and(bool)", Kind::Aggregate("bool_and"), &[BOOL], "bool_and({0}){filter}", &["bool_and({0})"]),
    Entry::new("bool_or(bool)", Kind::Aggregate("bool_or"), &[BOOL], "bool_or({0}){filter}", &["bool_or({0})"]),
];

const WINDOWS: &[Entry] = &[
    Entry::new(
        "row_number()",
        Kind::Window("row_number"),
        &[],
        "row_number(){over}",
        &["row_number() OVER (PARTITION BY c_text ORDER BY id)", "row_number() OVER (ORDER BY id DESC)"],
    ),
    Entry::new("rank()", Kind::Window("rank"), &[], "rank(){over}", &["rank() OVER (ORDER BY c_int64 NULLS LAST)"]),
    Entry::new(
        "dense_rank()",
        Kind::Window("dense_rank"),
        &[],
        "dense_rank(){over}",
        &["dense_rank() OVER (PARTITION BY c_text ORDER BY c_int64 DESC)"],
    ),
    Entry::new(
        "lag(x, n)",
        Kind::Window("lag"),
        &[ANY, INT64],
        "lag({0}, {1}::int4){over}",
        &["lag({0}, 2) OVER (ORDER BY id)"],
    )
    .guarded(Guard::Counted),
    Entry::new(
        "lead(x, n)",
        Kind::Window("lead"),
        &[ANY, INT64],
        "lead({0}, {1}::int4){over}",
        &["lead({0}, 1) OVER (PARTITION BY c_text ORDER BY id DESC)"],
    )
    .guarded(Guard::Counted),
    Entry::new("lag(x)", Kind::Window("lag"), &[ANY], "lag({0}){over}", &["lag({0}) OVER (ORDER BY id)"]),
    Entry::new("lead(x)", Kind::Window("lead"), &[ANY], "lead({0}){over}", &["lead({0}) OVER (ORDER BY id)"]),
    Entry::new(
        "first_value(x)",
        Kind::Window("first_value"),
        &[ANY],
        "first_value({0}){over}",
        &[
            "first_value({0}) OVER (PARTITION BY c_text ORDER BY id)",
            "first_value({0}) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)",
        ],
    ),
    Entry::new(
        "last_value(x)",
        Kind::Window("last_value"),
        &[ANY],
        "last_value({0}){over}",
        &[
            "last_value({0}) OVER (ORDER BY id)",
            "last_value({0}) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
        ],
    ),
    Entry::new(
        "count(*) over",
        Kind::Window("count"),
        &[],
        "count(*){filter}{over}",
        &[
            "count(*) OVER (PARTITION BY c_text)",
            "count(*) OVER (ORDER BY c_int64)",
            "count(1) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)",
        ],
    ),
    Entry::new(
        "count(x) over",
        Kind::Window("count"),
        &[ANY],
        "count({0}){filter}{over}",
        &["count({0}) OVER (ORDER BY id)"],
    ),
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
        "sum({0}){filter}{over}",
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
