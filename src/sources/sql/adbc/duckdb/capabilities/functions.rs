//! Functions of text, numbers and times.

use datafusion::logical_expr::Operator;

use super::{COMPARED, DECIMAL, INT64, TIMESTAMP};
use crate::sources::sql::{
    Class,
    capability::{
        Entry, Guard, Kind,
        standard::{DATE, INTEGERS, TEXT},
    },
};

/// The entries.
pub const FUNCTIONS: &[Entry] = &[
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
        "substr({0}, {1})",
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
        "left({0}, {1})",
        &["left({0}, 2)", "left({0}, 0)"],
    )
    .guarded(Guard::Counted),
    Entry::new(
        "right(text, n)",
        Kind::Function("right"),
        &[TEXT, INT64],
        "right({0}, {1})",
        &["right({0}, 2)", "right({0}, 0)"],
    )
    .guarded(Guard::Counted),
    Entry::new(
        "character_length(text)",
        Kind::Function("character_length"),
        &[TEXT],
        "CAST(length({0}) AS INTEGER)",
        &["character_length({0})", "length({0})"],
    ),
    Entry::new(
        "strpos(text, text)",
        Kind::Function("strpos"),
        &[TEXT, TEXT],
        "CAST(strpos({0}, {1}) AS INTEGER)",
        &["strpos({0}, {1})", "position('b' IN {0})", "strpos({0}, '')"],
    ),
    Entry::new(
        "contains(text, text)",
        Kind::Function("contains"),
        &[TEXT, TEXT],
        "contains({0}, {1})",
        &["contains({0}, {1})", "contains({0}, '%')"],
    ),
    Entry::new(
        "starts_with(text, text)",
        Kind::Function("starts_with"),
        &[TEXT, TEXT],
        "starts_with({0}, {1})",
        &["starts_with({0}, {1})"],
    ),
    Entry::new("btrim(text)", Kind::Function("btrim"), &[TEXT], "trim({0}, ' ')", &["btrim({0})", "trim({0})"]),
    Entry::new("ltrim(text)", Kind::Function("ltrim"), &[TEXT], "ltrim({0}, ' ')", &["ltrim({0})"]),
    Entry::new("rtrim(text)", Kind::Function("rtrim"), &[TEXT], "rtrim({0}, ' ')", &["rtrim({0})"]),
    Entry::new(
        "btrim(text, set)",
        Kind::Function("btrim"),
        &[TEXT, TEXT],
        "trim({0}, {1})",
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
        "CAST(date_part('month', {0}) AS INTEGER)",
        &["extract(MONTH FROM {0})"],
    ),
    part(
        "date_part(day of timestamp)",
        "day",
        TIMESTAMP,
        "CAST(date_part('day', {0}) AS INTEGER)",
        &["extract(DAY FROM {0})"],
    ),
    part(
        "date_part(hour of timestamp)",
        "hour",
        TIMESTAMP,
        "CAST(date_part('hour', {0}) AS INTEGER)",
        &["extract(HOUR FROM {0})"],
    ),
    part(
        "date_part(minute of timestamp)",
        "minute",
        TIMESTAMP,
        "CAST(date_part('minute', {0}) AS INTEGER)",
        &["extract(MINUTE FROM {0})"],
    ),
    part(
        "date_part(second of timestamp)",
        "second",
        TIMESTAMP,
        "CAST(date_part('second', {0}) AS INTEGER)",
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

const SUBSTR: &str = "substr({0}, {1}, {2})";
const YEAR_OF_DATE: &str = "CAST(date_part('year', {0}) AS INTEGER)";
const YEAR_OF_TIMESTAMP: &str = YEAR_OF_DATE;
const MONTH_OF_DATE: &str = "CAST(date_part('month', {0}) AS INTEGER)";
const DAY_OF_DATE: &str = "CAST(date_part('day', {0}) AS INTEGER)";
const QUARTER_OF_DATE: &str = "CAST(date_part('quarter', {0}) AS INTEGER)";
const DOW_OF_DATE: &str = "CAST(date_part('dow', {0}) AS INTEGER)";
const DOY_OF_DATE: &str = "CAST(date_part('doy', {0}) AS INTEGER)";

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
