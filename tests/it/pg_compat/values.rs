//! Values and types as these files write them: floats with 12 digits behind the point and numbers without zeros at their
//! end, `(empty)`, `NULL`, one letter for a type.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{DataType, Float32Type, Float64Type, Schema},
    util::display::{ArrayFormatter, FormatOptions},
};

/// So many digits of a float are compared.
const DIGITS: usize = 12;

/// A letter for each column.
pub fn types(schema: &Schema) -> String {
    let letter = |kind: &DataType| match kind {
        DataType::Boolean => 'B',
        kind if kind.is_integer() => 'I',
        kind if kind.is_floating() || kind.is_decimal() => 'R',
        kind if kind.is_string() => 'T',
        DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => 'D',
        DataType::Timestamp(..) => 'P',
        _ => '?',
    };
    schema.fields().iter().map(|field| letter(field.data_type())).collect()
}

/// The rows as lines.
pub fn lines(batch: &RecordBatch) -> Vec<String> {
    let columns: Vec<Vec<String>> = batch.columns().iter().map(|column| column_texts(column.as_ref())).collect();
    let line = |row: usize| columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(" ");
    (0..batch.num_rows()).map(|row| line(row).trim_end().to_owned()).collect()
}

fn column_texts(column: &dyn Array) -> Vec<String> {
    let options = FormatOptions::new();
    let format = ArrayFormatter::try_new(column, &options).expect("a printable type");
    let text = |row| match column.data_type() {
        _ if column.is_null(row) => "NULL".to_owned(),
        DataType::Float32 => {
            let value = column.as_primitive::<Float32Type>().value(row);
            float(value.is_finite().then(|| value.to_string()), value.into())
        }
        DataType::Float64 => {
            let value = column.as_primitive::<Float64Type>().value(row);
            float(value.is_finite().then(|| value.to_string()), value)
        }
        kind if kind.is_decimal() => shortest(&format.value(row).to_string()),
        kind if kind.is_string() => match format.value(row).to_string() {
            text if text.is_empty() => "(empty)".to_owned(),
            text => text.trim_end_matches('\n').to_owned(),
        },
        _ => format.value(row).to_string(),
    };
    (0..column.len()).map(text).collect()
}

fn float(finite: Option<String>, value: f64) -> String {
    match finite {
        Some(digits) => shortest(&rounded(&digits)),
        None if value.is_nan() => "NaN".to_owned(),
        None if value > 0.0 => "Infinity".to_owned(),
        None => "-Infinity".to_owned(),
    }
}

/// A decimal number with 12 digits behind the point; halves go to the even digit.
fn rounded(number: &str) -> String {
    let Some((whole, fraction)) = number.split_once('.').filter(|(_, fraction)| fraction.len() > DIGITS) else {
        return number.to_owned();
    };
    let (kept, rest) = fraction.split_at(DIGITS);
    let digits = format!("{}{kept}", whole.trim_start_matches('-'));
    let mut value: u128 = digits.parse().expect("a float with a fraction has few digits before it");
    let half = format!("5{}", "0".repeat(rest.len() - 1));
    if rest > half.as_str() || rest == half && value % 2 == 1 {
        value += 1;
    }
    let padded = format!("{value:0>width$}", width = DIGITS + 1);
    let (whole, kept) = padded.split_at(padded.len() - DIGITS);
    format!("{}{whole}.{kept}", if number.starts_with('-') { "-" } else { "" })
}

/// Without zeros at the end of a fraction; zero has no sign.
fn shortest(number: &str) -> String {
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    if number == "-0" { "0".to_owned() } else { number.to_owned() }
}

#[test]
fn floats_have_twelve_digits() {
    for (number, text) in [
        (0.1 + 0.2, "0.3"),
        (1.5, "1.5"),
        (-0.0, "0"),
        (1e-13, "0"),
        (-7e-13, "-0.000000000001"),
        (0.999_999_999_999_9, "1"),
        (7.389_056_098_930_65, "7.389056098931"),
        (1e22, "10000000000000000000000"),
    ] {
        assert_eq!(float(Some(number.to_string()), number), text);
    }
}
