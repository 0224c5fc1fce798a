//! Values of Arrow and values that Postgres printed, in one form.
//!
//! Arrow values are written as Postgres' output functions would, under the settings of our sessions. Only what can be
//! written in several ways is read instead: floats become the shortest digits of Rust's own, decimals lose zeros at their
//! end, arrays become lists of such cells.

use std::fmt::Write as _;

use arrow::{
    array::{Array, AsArray},
    datatypes::{
        DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type,
        Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit,
        TimestampMicrosecondType,
    },
};
use chrono::{Datelike, NaiveDate, TimeDelta};

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    Null,
    Text(String),
    List(Vec<Cell>),
}

/// A value of an Arrow column.
pub fn from_arrow(array: &dyn Array, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Null;
    }
    Cell::Text(match array.data_type() {
        DataType::Boolean => if array.as_boolean().value(row) { "t" } else { "f" }.to_owned(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => format!("{:?}", array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => format!("{:?}", array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(..) => trimmed(&array.as_primitive::<Decimal128Type>().value_as_string(row)),
        DataType::Decimal256(..) => trimmed(&array.as_primitive::<Decimal256Type>().value_as_string(row)),
        DataType::Date32 => {
            let (date, era) = date(array.as_primitive::<Date32Type>().value(row).into());
            format!("{date}{era}")
        }
        DataType::Time64(TimeUnit::Microsecond) => time(array.as_primitive::<Time64MicrosecondType>().value(row)),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let (date, era) = date(micros.div_euclid(DAY));
            let offset = if zone.is_some() { "+00" } else { "" };
            format!("{date} {}{offset}{era}", time(micros.rem_euclid(DAY)))
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            interval(array.as_primitive::<IntervalMonthDayNanoType>().value(row))
        }
        DataType::Binary => {
            let mut text = "\\x".to_owned();
            for byte in array.as_binary::<i32>().value(row) {
                let _ = write!(text, "{byte:02x}");
            }
            text
        }
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            return Cell::List((0..items.len()).map(|item| from_arrow(&items, item)).collect());
        }
        other => panic!("no column of Postgres is read as {other}"),
    })
}

/// A value as Postgres printed it, of a column that is read as `data_type`.
pub fn from_postgres(text: Option<&str>, data_type: &DataType) -> Cell {
    let Some(text) = text else { return Cell::Null };
    Cell::Text(match data_type {
        DataType::Float32 => format!("{:?}", text.parse::<f32>().expect("a float")),
        DataType::Float64 => format!("{:?}", text.parse::<f64>().expect("a float")),
        DataType::Decimal128(..) | DataType::Decimal256(..) => trimmed(text),
        DataType::List(field) => {
            let items = elements(text).unwrap_or_else(|| panic!("{text} is no array of one dimension from 1"));
            let items = items.iter().map(|item| from_postgres(item.as_deref(), field.data_type()));
            return Cell::List(items.collect());
        }
        _ => text.to_owned(),
    })
}

fn trimmed(number: &str) -> String {
    let trimmed = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    trimmed.to_owned()
}

/// A day, and its era if that is before Christ: there is no year 0.
fn date(days: i64) -> (String, &'static str) {
    let date = NaiveDate::default() + TimeDelta::days(days);
    let (year, era) = if date.year() > 0 { (date.year(), "") } else { (1 - date.year(), " BC") };
    (format!("{year:04}-{:02}-{:02}", date.month(), date.day()), era)
}

fn time(micros: i64) -> String {
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    trimmed(&format!("{clock}.{micros:06}"))
}

/// In the style `iso_8601`: parts that are zero are left out, and each has a sign of its own.
fn interval(value: IntervalMonthDayNano) -> String {
    assert_eq!(value.nanoseconds % 1000, 0, "Postgres counts microseconds");
    let micros = value.nanoseconds / 1000;
    let part = |number: i64, unit: &str| if number == 0 { String::new() } else { format!("{number}{unit}") };
    let months = i64::from(value.months);
    let date = [part(months / 12, "Y"), part(months % 12, "M"), part(value.days.into(), "D")].concat();
    let (minutes, rest) = (micros / 60_000_000, micros % 60_000_000);
    let seconds = match rest.unsigned_abs() {
        0 => String::new(),
        rest_abs => {
            let sign = if rest < 0 { "-" } else { "" };
            format!("{sign}{}S", trimmed(&format!("{}.{:06}", rest_abs / 1_000_000, rest_abs % 1_000_000)))
        }
    };
    let time = [part(minutes / 60, "H"), part(minutes % 60, "M"), seconds].concat();
    match (date.as_str(), time.as_str()) {
        ("", "") => "PT0S".to_owned(),
        (_, "") => format!("P{date}"),
        _ => format!("P{date}T{time}"),
    }
}

/// The elements of a printed array: `{a,"b \"c\"",NULL}`.
fn elements(text: &str) -> Option<Vec<Option<String>>> {
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let after = if let Some(mut quoted) = rest.strip_prefix('"') {
            let mut element = String::new();
            loop {
                let mut characters = quoted.chars();
                match characters.next()? {
                    '"' => break,
                    '\\' => element.push(characters.next()?),
                    other => element.push(other),
                }
                quoted = characters.as_str();
            }
            elements.push(Some(element));
            &quoted[1..]
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let bare = &rest[..end];
            if bare.contains(['{', '}', '"']) {
                return None;
            }
            elements.push((bare != "NULL").then(|| bare.to_owned()));
            &rest[end..]
        };
        rest = match after.strip_prefix(',') {
            Some(next) => next,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(elements)
}
