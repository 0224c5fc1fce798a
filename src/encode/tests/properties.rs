//! Arbitrary rows, read back by parsers that know nothing of the encoders.

use std::sync::Arc;

use arrow::{array::*, datatypes::*};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use proptest::{collection::vec, option::of, prelude::*};
use serde_json::Value;

use super::{csv_rows, csv_rows_with, json_rows, json_rows_with, parse_csv};
use crate::encode::{Int64, Options};

/// One value of each kind that has a text of its own.
#[derive(Clone, Debug)]
struct Row {
    integer: Option<i64>,
    unsigned: Option<u64>,
    float: Option<f64>,
    text: Option<String>,
    boolean: Option<bool>,
    decimal: Option<i128>,
    instant: Option<i64>,
    local: Option<i64>,
    date: Option<i32>,
    binary: Option<Vec<u8>>,
    list: Option<Vec<Option<i32>>>,
}

const SCALE: i8 = 7;
/// The microseconds of the years 0000 to 9999, which chrono reads without a sign.
const INSTANTS: std::ops::Range<i64> = -62_167_219_200_000_000..253_402_300_800_000_000;

fn row() -> impl Strategy<Value = Row> {
    let decimal = -10_i128.pow(38) + 1..10_i128.pow(38);
    let numbers = (of(any::<i64>()), of(any::<u64>()), of(any::<f64>()), of(decimal), of(any::<bool>()));
    let moments = (of(INSTANTS), of(INSTANTS), of(-719_528..2_932_897));
    let others = (of(any::<String>()), of(vec(any::<u8>(), 0..20)), of(vec(of(any::<i32>()), 0..4)));
    (numbers, moments, others).prop_map(|(numbers, moments, others)| {
        let (integer, unsigned, float, decimal, boolean) = numbers;
        let (instant, local, date) = moments;
        let (text, binary, list) = others;
        Row { integer, unsigned, float, text, boolean, decimal, instant, local, date, binary, list }
    })
}

fn batch(rows: &[Row]) -> RecordBatch {
    let decimals = collect::<Decimal128Array, _>(rows, |row| row.decimal);
    let columns: [(&str, ArrayRef); 11] = [
        ("integer", Arc::new(collect::<Int64Array, _>(rows, |row| row.integer))),
        ("unsigned", Arc::new(collect::<UInt64Array, _>(rows, |row| row.unsigned))),
        ("float", Arc::new(collect::<Float64Array, _>(rows, |row| row.float))),
        ("text", Arc::new(collect::<StringArray, _>(rows, |row| row.text.clone()))),
        ("boolean", Arc::new(collect::<BooleanArray, _>(rows, |row| row.boolean))),
        ("decimal", Arc::new(decimals.with_precision_and_scale(38, SCALE).expect("valid"))),
        ("instant", Arc::new(collect::<TimestampMicrosecondArray, _>(rows, |row| row.instant).with_timezone("UTC"))),
        ("local", Arc::new(collect::<TimestampMicrosecondArray, _>(rows, |row| row.local))),
        ("date", Arc::new(collect::<Date32Array, _>(rows, |row| row.date))),
        ("binary", Arc::new(collect::<BinaryArray, _>(rows, |row| row.binary.clone()))),
        ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(rows.iter().map(|row| row.list.clone())))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).expect("a batch")
}

fn collect<A: FromIterator<T>, T>(rows: &[Row], value: impl Fn(&Row) -> T) -> A {
    rows.iter().map(value).collect()
}

/// Reads a row back from its texts: `scalar` gives the text of a column, without quotes; none for NULL.
fn check(row: &Row, scalar: impl Fn(&str) -> Option<String>) {
    let parsed = |name: &str| scalar(name).map(|text| text.parse::<f64>().expect("a float"));
    let same_float = |a: f64, b: f64| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    assert_eq!(scalar("integer"), row.integer.map(|value| value.to_string()));
    assert_eq!(scalar("unsigned"), row.unsigned.map(|value| value.to_string()));
    assert!(match (parsed("float"), row.float) {
        (Some(got), Some(expected)) => same_float(got, expected),
        (got, expected) => got.is_none() && expected.is_none(),
    });
    assert_eq!(scalar("text"), row.text);
    assert_eq!(scalar("boolean"), row.boolean.map(|value| value.to_string()));
    assert_eq!(scalar("decimal"), row.decimal.map(|value| Decimal128Type::format_decimal(value, 38, SCALE)));
    let instant = |text: String| DateTime::parse_from_rfc3339(&text).expect("RFC 3339").timestamp_micros();
    assert_eq!(scalar("instant").map(instant), row.instant);
    let local = |text: String| text.parse::<NaiveDateTime>().expect("ISO 8601").and_utc().timestamp_micros();
    assert_eq!(scalar("local").map(local), row.local);
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a date");
    let date = |text: String| (text.parse::<NaiveDate>().expect("ISO 8601") - epoch).num_days();
    assert_eq!(scalar("date").map(date), row.date.map(i64::from));
    let bytes =
        |text: String| base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).expect("base64");
    assert_eq!(scalar("binary").map(bytes), row.binary);
    let list = |text: String| serde_json::from_str::<Vec<Option<i32>>>(&text).expect("an array");
    assert_eq!(scalar("list").map(list), row.list);
}

proptest! {
    #[test]
    fn json_reads_back(rows in vec(row(), 1..12), start in any::<prop::sample::Index>()) {
        let start = start.index(rows.len());
        let batch = batch(&rows).slice(start, rows.len() - start);
        for (row, text) in rows[start..].iter().zip(json_rows(&batch)) {
            let object: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("an object");
            let names: Vec<_> = object.keys().cloned().collect();
            let expected: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
            prop_assert_eq!(names, expected);
            check(row, |name| match &object[name] {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            });
        }
    }

    #[test]
    fn csv_reads_back(rows in vec(row(), 1..12), start in any::<prop::sample::Index>()) {
        let start = start.index(rows.len());
        let batch = batch(&rows).slice(start, rows.len() - start);
        let lines = parse_csv(&csv_rows(&batch).concat());
        prop_assert_eq!(lines.len(), batch.num_rows());
        for (row, fields) in rows[start..].iter().zip(lines) {
            prop_assert_eq!(fields.len(), batch.num_columns());
            check(row, |name| fields[batch.schema().index_of(name).expect("a column")].clone());
        }
    }

    #[test]
    fn integers_of_64_bits_as_text(rows in vec(row(), 1..12)) {
        let options = Options { int64: Int64::Text, null: None };
        for (row, text) in rows.iter().zip(json_rows_with(&batch(&rows), &options)) {
            let object: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("an object");
            prop_assert_eq!(&object["integer"], &row.integer.map_or(Value::Null, |value| value.to_string().into()));
            prop_assert_eq!(&object["unsigned"], &row.unsigned.map_or(Value::Null, |value| value.to_string().into()));
            check(row, |name| match &object[name] {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            });
        }
    }

    /// With a text of its own, NULL is the only field that has it without quotes, whatever the values are.
    #[test]
    fn null_of_csv_has_a_text(rows in vec(row(), 1..12), null in prop_oneof!["[a-zA-Z0-9.\\\\-]{1,16}", Just("0".into())]) {
        let mut rows = rows;
        for row in &mut rows {
            row.text = row.text.take().map(|text| if text.len() % 3 == 0 { null.clone() } else { text });
            row.integer = row.integer.map(|value| value % 2);
        }
        let options = Options { null: Some(null.as_str().into()), ..Options::default() };
        let batch = batch(&rows);
        for (row, line) in rows.iter().zip(csv_rows_with(&batch, &options)) {
            let fields = parse_csv_with(&line, &null);
            check(row, |name| fields[batch.schema().index_of(name).expect("a column")].clone());
        }
    }
}

/// The fields of one line: none where `null` stands without quotes, which no other field may look like.
fn parse_csv_with(line: &str, null: &str) -> Vec<Option<String>> {
    let mut inside = false;
    let mut raw = vec![String::new()];
    for character in line.strip_suffix("\r\n").expect("a line ends in CR LF").chars() {
        inside ^= character == '"';
        match character {
            ',' if !inside => raw.push(String::new()),
            other => raw.last_mut().expect("there is a first").push(other),
        }
    }
    let fields = parse_csv(line).remove(0);
    assert_eq!(fields.len(), raw.len());
    raw.iter()
        .zip(fields)
        .map(|(raw, field)| if raw == null { None } else { Some(field.expect("no empty field")) })
        .collect()
}
