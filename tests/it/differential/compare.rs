//! Are two answers the same? Rows as a multiset, in order as far as the query orders them, floats within a tolerance.

use std::cmp::Ordering;

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{DataType, Float32Type, Float64Type, SchemaRef},
    util::display::{ArrayFormatter, FormatOptions},
};

use super::engine::Answer;

/// Sums of floats depend on the order of the rows.
const TOLERANCE: f64 = 1e-9;

/// A value as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Exact(String),
    Float(f64),
}

pub type Row = Vec<Cell>;

/// Columns and rows.
#[derive(Clone, Debug)]
pub struct Rows {
    pub schema: SchemaRef,
    pub rows: Vec<Row>,
}

impl Rows {
    /// Those of an engine.
    pub fn of(answer: &Answer) -> Self {
        Self { schema: answer.schema.clone(), rows: answer.batches.iter().flat_map(cells).collect() }
    }

    /// Those that Postgres printed, read as the columns of `schema`. `None` if there are more or fewer columns.
    pub fn printed(schema: &SchemaRef, rows: &[Vec<Option<String>>]) -> Option<Self> {
        let row = |row: &Vec<Option<String>>| {
            let cell = |(text, field): (&Option<String>, &arrow::datatypes::FieldRef)| {
                text.as_ref().map_or(Cell::Null, |text| printed(text, field.data_type()))
            };
            (row.len() == schema.fields().len()).then(|| row.iter().zip(schema.fields()).map(cell).collect())
        };
        Some(Self { schema: schema.clone(), rows: rows.iter().map(row).collect::<Option<_>>()? })
    }
}

/// What differs, in words; `None` if nothing does. `order` are the columns by which the rows are in order.
pub fn difference(order: &[String], left: &Rows, right: &Rows) -> Option<String> {
    let shape = |rows: &Rows| {
        let field = |field: &arrow::datatypes::FieldRef| {
            format!("{} {}{}", field.name(), field.data_type(), if field.is_nullable() { "" } else { " NOT NULL" })
        };
        rows.schema.fields().iter().map(field).collect::<Vec<_>>()
    };
    if shape(left) != shape(right) {
        return Some(format!("columns {:?} and {:?}", shape(left), shape(right)));
    }
    if left.rows.len() != right.rows.len() {
        return Some(format!("{} rows and {} rows", left.rows.len(), right.rows.len()));
    }
    let columns: Vec<usize> = order.iter().filter_map(|column| left.schema.index_of(column).ok()).collect();
    for (index, (one, other)) in left.rows.iter().zip(&right.rows).enumerate() {
        if let Some(column) = columns.iter().find(|column| !same(&one[**column], &other[**column])) {
            let (one, other) = (&one[*column], &other[*column]);
            return Some(format!("in order, row {index} has {one:?} and {other:?} in column {column}"));
        }
    }
    let (mut one, mut other) = (left.rows.clone(), right.rows.clone());
    one.sort_by(arrange);
    other.sort_by(arrange);
    let pair = one.iter().zip(&other).find(|(one, other)| !one.iter().zip(*other).all(|(one, other)| same(one, other)));
    pair.map(|(one, other)| format!("sorted rows {one:?} and {other:?}"))
}

/// Exact columns first: rows that differ only within the tolerance must not change places.
fn arrange(left: &Row, right: &Row) -> Ordering {
    let exact = |row: &Row| {
        let text = |cell: &Cell| match cell {
            Cell::Null => Some(None),
            Cell::Exact(text) => Some(Some(text.clone())),
            Cell::Float(_) => None,
        };
        row.iter().filter_map(text).collect::<Vec<_>>()
    };
    let nulls = |row: &Row| row.iter().map(|cell| *cell == Cell::Null).collect::<Vec<_>>();
    let by_floats = || {
        let floats = left.iter().zip(right).map(|(left, right)| match (left, right) {
            (Cell::Float(left), Cell::Float(right)) => float_key(*left).total_cmp(&float_key(*right)),
            _ => Ordering::Equal,
        });
        floats.fold(Ordering::Equal, Ordering::then)
    };
    nulls(left).cmp(&nulls(right)).then_with(|| exact(left).cmp(&exact(right))).then_with(by_floats)
}

/// Both zeros are one.
fn float_key(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value }
}

fn same(left: &Cell, right: &Cell) -> bool {
    match (left, right) {
        (Cell::Float(left), Cell::Float(right)) => {
            let is_close = (left - right).abs() <= TOLERANCE * left.abs().max(right.abs());
            (left.is_infinite() && left.total_cmp(right).is_eq()) || (left.is_nan() && right.is_nan()) || is_close
        }
        _ => left == right,
    }
}

fn cells(batch: &RecordBatch) -> Vec<Row> {
    let options = FormatOptions::new().with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.f"));
    let options = options.with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S%.f"));
    let column = |array: &dyn Array| -> Vec<Cell> {
        let format = ArrayFormatter::try_new(array, &options).expect("a printable type");
        let cell = |row| match array.data_type() {
            _ if array.is_null(row) => Cell::Null,
            DataType::Float64 => Cell::Float(array.as_primitive::<Float64Type>().value(row)),
            DataType::Float32 => Cell::Float(array.as_primitive::<Float32Type>().value(row).into()),
            kind => Cell::Exact(normal(&format.value(row).to_string(), kind)),
        };
        (0..array.len()).map(cell).collect()
    };
    let columns: Vec<_> = batch.columns().iter().map(|array| column(array.as_ref())).collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect()
}

fn printed(text: &str, kind: &DataType) -> Cell {
    match kind {
        DataType::Float32 => {
            text.parse::<f32>().map_or(Cell::Exact(text.to_owned()), |value| Cell::Float(value.into()))
        }
        DataType::Float64 => text.parse().map_or(Cell::Exact(text.to_owned()), Cell::Float),
        DataType::Boolean => Cell::Exact(if text == "t" { "true" } else { "false" }.to_owned()),
        DataType::Binary => Cell::Exact(text.trim_start_matches("\\x").to_owned()),
        DataType::Timestamp(_, Some(_)) => Cell::Exact(normal(text.trim_end_matches("+00"), kind)),
        _ => Cell::Exact(normal(text, kind)),
    }
}

/// Numbers and moments without zeros at the end of their fraction, years beyond 9999 without a sign.
fn normal(text: &str, kind: &DataType) -> String {
    let is_number = kind.is_integer() || kind.is_decimal();
    if !(is_number || kind.is_temporal()) {
        return text.to_owned();
    }
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    let text = text.trim_start_matches('+');
    if is_number && text == "-0" { "0".to_owned() } else { text.to_owned() }
}
