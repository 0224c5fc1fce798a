//! Do two answers hold the same rows? An independent reading of the design's JSON, for each Arrow type.
//!
//! Both doors' values are brought to one form by the column's type, so that spellings that mean the same (`1e3` and
//! `1000.0`, `…:00Z` and `…:00.000000Z`) are the same, and everything else is not.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{
        DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, IntervalMonthDayNanoType, IntervalUnit, SchemaRef, Time64MicrosecondType, TimeUnit,
        TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use serde_json::Value;

use super::flight::Fetched;

/// A value of either door.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// NULL
    Null,
    /// A scalar, as the one text that its type has for it.
    Scalar(String),
    /// A list.
    List(Vec<Cell>),
    /// A struct or map: names and values in order.
    Fields(Vec<(String, Cell)>),
}

/// Panics unless the HTTP rows are the Flight rows, in order, with the same column names in the same order.
pub fn assert_same(http: &[Value], flight: &Fetched) {
    let (left, right) = (from_json(http, &flight.schema), from_arrow(flight));
    assert_eq!(left.len(), right.len(), "HTTP gives {} rows, Flight gives {}", left.len(), right.len());
    for (index, (left, right)) in left.iter().zip(&right).enumerate() {
        assert_eq!(left, right, "row {} differs: HTTP left, Flight right", index + 1);
    }
}

/// The same without regard to order.
pub fn assert_same_in_any_order(http: &[Value], flight: &Fetched) {
    let (mut left, mut right) = (from_json(http, &flight.schema), from_arrow(flight));
    left.sort();
    right.sort();
    assert_eq!(left, right, "rows differ: HTTP left, Flight right, both sorted");
}

/// Rows of Arrow batches.
pub fn from_arrow(fetched: &Fetched) -> Vec<Vec<Cell>> {
    let row = |batch: &RecordBatch, row| batch.columns().iter().map(|column| arrow_cell(column, row)).collect();
    fetched.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|index| row(batch, index))).collect()
}

/// Rows of JSON objects, read by a schema; panics where an object does not fit it.
pub fn from_json(rows: &[Value], schema: &SchemaRef) -> Vec<Vec<Cell>> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    rows.iter()
        .map(|row| {
            let object = row.as_object().unwrap_or_else(|| panic!("a row is an object, not {row}"));
            assert_eq!(object.keys().collect::<Vec<_>>(), names, "the columns of {row}");
            object.values().zip(schema.fields()).map(|(value, field)| json_cell(value, field.data_type())).collect()
        })
        .collect()
}

fn scalar(value: &impl ToString) -> Cell {
    Cell::Scalar(value.to_string())
}

/// `{:?}` is the shortest text that reads back as the same number, so equal floats have equal text.
fn float(value: f64) -> Cell {
    Cell::Scalar(format!("{value:?}"))
}

fn arrow_cell(array: &dyn Array, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Null => Cell::Null,
        DataType::Boolean => scalar(&array.as_boolean().value(row)),
        DataType::Int8 => scalar(&array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => scalar(&array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => scalar(&array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => scalar(&array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => scalar(&array.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => scalar(&array.as_primitive::<UInt16Type>().value(row)),
        DataType::UInt32 => scalar(&array.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => scalar(&array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(..) => scalar(&array.as_primitive::<Decimal128Type>().value_as_string(row)),
        DataType::Decimal256(..) => scalar(&array.as_primitive::<Decimal256Type>().value_as_string(row)),
        DataType::Utf8 => scalar(&array.as_string::<i32>().value(row)),
        DataType::Binary => scalar(&BASE64_STANDARD.encode(array.as_binary::<i32>().value(row))),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            scalar(&(NaiveDate::default() + TimeDelta::days(days.into())))
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            let micros = array.as_primitive::<Time64MicrosecondType>().value(row);
            scalar(&(NaiveTime::default() + TimeDelta::microseconds(micros)))
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            assert!(zone.as_deref().is_none_or(|zone| zone == "UTC" || zone == "+00:00"), "zone {zone:?} is not UTC");
            scalar(&array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            interval(value.months, value.days, value.nanoseconds)
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            Cell::List((0..items.len()).map(|item| arrow_cell(&items, item)).collect())
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let named = fields.iter().zip(columns);
            Cell::Fields(named.map(|(field, column)| (field.name().clone(), arrow_cell(column, row))).collect())
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let text = |item| match arrow_cell(entries.column(0), item) {
                Cell::Scalar(text) => text,
                other => panic!("a map's key is a scalar, not {other:?}"),
            };
            Cell::Fields((0..entries.len()).map(|item| (text(item), arrow_cell(entries.column(1), item))).collect())
        }
        other => panic!("the design has no column of type {other}"),
    }
}

fn json_cell(value: &Value, data_type: &DataType) -> Cell {
    let misfit = || -> ! { panic!("{value} is not how a {data_type} is written in JSON") };
    match (data_type, value) {
        (_, Value::Null) => Cell::Null,
        (DataType::Boolean, Value::Bool(value)) => scalar(&value),
        (integer, Value::Number(number)) if integer.is_integer() => match number.to_string().parse::<i128>() {
            Ok(number) => scalar(&number),
            Err(_) => misfit(),
        },
        (DataType::Float32, Value::Number(number)) => {
            float(number.to_string().parse::<f32>().unwrap_or_else(|_| misfit()).into())
        }
        (DataType::Float64, Value::Number(number)) => float(number.to_string().parse().unwrap_or_else(|_| misfit())),
        (DataType::Float32 | DataType::Float64, Value::String(text)) => match text.parse::<f64>() {
            Ok(value) if !value.is_finite() => float(value),
            _ => misfit(),
        },
        (
            DataType::Decimal128(..) | DataType::Decimal256(..) | DataType::Utf8 | DataType::Binary,
            Value::String(text),
        ) => scalar(&text),
        (DataType::Date32, Value::String(text)) => scalar(&text.parse::<NaiveDate>().unwrap_or_else(|_| misfit())),
        (DataType::Time64(_), Value::String(text)) => scalar(&text.parse::<NaiveTime>().unwrap_or_else(|_| misfit())),
        (DataType::Timestamp(_, None), Value::String(text)) => {
            scalar(&text.parse::<NaiveDateTime>().unwrap_or_else(|_| misfit()).and_utc().timestamp_micros())
        }
        (DataType::Timestamp(_, Some(_)), Value::String(text)) if text.ends_with('Z') => {
            scalar(&DateTime::parse_from_rfc3339(text).unwrap_or_else(|_| misfit()).timestamp_micros())
        }
        (DataType::Interval(_), Value::String(text)) => iso_interval(text).unwrap_or_else(|| misfit()),
        (DataType::List(field), Value::Array(items)) => {
            Cell::List(items.iter().map(|item| json_cell(item, field.data_type())).collect())
        }
        (DataType::Struct(fields), Value::Object(object)) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            assert_eq!(object.keys().collect::<Vec<_>>(), names, "the fields of {value}");
            let values = object.values().zip(fields).map(|(value, field)| json_cell(value, field.data_type()));
            Cell::Fields(object.keys().cloned().zip(values).collect())
        }
        (DataType::Map(entries, _), Value::Object(object)) => match entries.data_type() {
            DataType::Struct(fields) => {
                let cell = |(key, value): (&String, _)| (key.clone(), json_cell(value, fields[1].data_type()));
                Cell::Fields(object.iter().map(cell).collect())
            }
            _ => misfit(),
        },
        _ => misfit(),
    }
}

fn interval(months: i32, days: i32, nanoseconds: i64) -> Cell {
    Cell::Scalar(format!("{months} months {days} days {nanoseconds} ns"))
}

/// Reads `P1Y2M3DT4H5M6.789S`, every part optional and with a sign of its own.
fn iso_interval(text: &str) -> Option<Cell> {
    const SECOND: i64 = 1_000_000_000;
    let (date, time) = text.strip_prefix('P')?.split_once('T').unwrap_or((text.strip_prefix('P')?, ""));
    let (mut months, mut days, mut nanoseconds) = (0, 0, 0);
    for (number, unit) in parts(date)? {
        let number: i32 = number.parse().ok()?;
        match unit {
            'Y' => months += 12 * number,
            'M' => months += number,
            'D' => days += number,
            _ => return None,
        }
    }
    for (number, unit) in parts(time)? {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let fraction: i64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<9}").parse().ok()? };
        let fraction = if whole.starts_with('-') { -fraction } else { fraction };
        let whole: i64 = whole.parse().ok()?;
        match unit {
            'H' => nanoseconds += whole * 3600 * SECOND,
            'M' => nanoseconds += whole * 60 * SECOND,
            'S' => nanoseconds += whole * SECOND + fraction,
            _ => return None,
        }
    }
    Some(interval(months, days, nanoseconds))
}

/// `1Y2M` as `("1", 'Y'), ("2", 'M')`; `None` if a number has no unit.
fn parts(text: &str) -> Option<Vec<(&str, char)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|character: char| character.is_ascii_alphabetic())?;
        parts.push((&rest[..end], rest[end..].chars().next()?));
        rest = &rest[end + 1..];
    }
    Some(parts)
}
