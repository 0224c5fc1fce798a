//! Rows of `SQLite`, straight into Arrow columns. Every stored value says its own class.

use std::{fmt::Write, sync::Arc};

use datafusion::arrow::{
    array::{
        ArrayRef, BinaryBuilder, BooleanBuilder, PrimitiveBuilder, RecordBatch, RecordBatchOptions, StringBuilder,
    },
    datatypes::{
        DataType, Date32Type, Decimal128Type, Field, Float64Type, Int32Type, Int64Type, TimeUnit,
        TimestampMicrosecondType,
    },
};
use sqlx::{Decode, Row, Sqlite, TypeInfo, ValueRef, sqlite::SqliteRow, sqlite::SqliteValueRef};

use super::{parse, types::READ_AS_TEXT};
use crate::{
    model::Fault,
    sources::sql::{
        batch::Builder,
        failure::{changed, unrepresentable},
        feed::{Scan, Stop},
    },
};

/// Integers up to here are exact as 64-bit floats.
const EXACT: u64 = 1 << 53;

/// The rows of one scan.
pub struct Rows<'a> {
    scan: &'a Scan,
    columns: Vec<Values>,
    count: usize,
}

impl<'a> Rows<'a> {
    /// No rows yet.
    pub fn new(scan: &'a Scan) -> Result<Self, Fault> {
        let columns = scan.schema.fields().iter().map(|field| Values::new(field)).collect::<Option<_>>();
        let columns = columns.ok_or_else(|| Fault::internal("a column of a type that SQLite does not have"))?;
        Ok(Self { scan, columns, count: 0 })
    }

    fn fault(&self, index: usize, reason: &str) -> Fault {
        let Scan { statement, schema, relation, .. } = self.scan;
        let field = schema.field(index);
        unrepresentable(&statement.source, relation, field.name(), reason, &spoken(field.data_type()))
    }
}

impl Builder for Rows<'_> {
    type Row = SqliteRow;

    fn append(&mut self, row: &SqliteRow) -> Result<usize, Stop> {
        let mut size = 0;
        for index in 0..self.columns.len() {
            let raw = row.try_get_raw(index).map_err(Fault::internal)?;
            let stored = Stored::read(raw).map_err(|reason| self.fault(index, reason))?;
            size += stored.size();
            self.columns[index].append(stored).map_err(|reason| self.fault(index, reason))?;
        }
        self.count += 1;
        Ok(size)
    }

    fn rows(&self) -> usize {
        self.count
    }

    fn finish(&mut self) -> Result<RecordBatch, Stop> {
        let Scan { statement, schema, relation, .. } = self.scan;
        let columns = self.columns.iter_mut().map(Values::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.count)));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|error| changed(&statement.source, relation, error).into())
    }
}

/// A value as it is stored.
enum Stored<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a> Stored<'a> {
    fn read(raw: SqliteValueRef<'a>) -> Result<Self, &'static str> {
        if raw.is_null() {
            return Ok(Self::Null);
        }
        let class = raw.type_info();
        let stored = match class.name() {
            "INTEGER" => Decode::<Sqlite>::decode(raw).map(Self::Integer),
            "REAL" => Decode::<Sqlite>::decode(raw).map(Self::Real),
            "TEXT" => return Decode::<Sqlite>::decode(raw).map(Self::Text).map_err(|_| "text that is not UTF-8"),
            _ => Decode::<Sqlite>::decode(raw).map(Self::Blob),
        };
        stored.map_err(|_| "of an unknown class")
    }

    const fn size(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Integer(_) | Self::Real(_) => 8,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
        }
    }

    /// What it is, when it is not what the column's type asks for.
    const fn class(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Integer(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
            Self::Blob(_) => "a blob",
        }
    }
}

/// The values of one column.
enum Values {
    Bool(BooleanBuilder),
    Int32(PrimitiveBuilder<Int32Type>),
    Int64(PrimitiveBuilder<Int64Type>),
    Float64(PrimitiveBuilder<Float64Type>),
    Decimal(PrimitiveBuilder<Decimal128Type>, u8, i8),
    Date(PrimitiveBuilder<Date32Type>),
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>),
    Text(StringBuilder),
    Anything(StringBuilder),
    Bytes(BinaryBuilder),
}

impl Values {
    fn new(field: &Field) -> Option<Self> {
        Some(match field.data_type() {
            DataType::Boolean => Self::Bool(BooleanBuilder::new()),
            DataType::Int32 => Self::Int32(PrimitiveBuilder::new()),
            DataType::Int64 => Self::Int64(PrimitiveBuilder::new()),
            DataType::Float64 => Self::Float64(PrimitiveBuilder::new()),
            DataType::Decimal128(precision, scale) => {
                let builder = PrimitiveBuilder::new().with_data_type(field.data_type().clone());
                Self::Decimal(builder, *precision, *scale)
            }
            DataType::Date32 => Self::Date(PrimitiveBuilder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, None) => Self::Timestamp(PrimitiveBuilder::new()),
            DataType::Utf8 if field.metadata().contains_key(READ_AS_TEXT) => Self::Anything(StringBuilder::new()),
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Binary => Self::Bytes(BinaryBuilder::new()),
            _ => return None,
        })
    }

    fn append(&mut self, stored: Stored<'_>) -> Result<(), &'static str> {
        match (self, stored) {
            (values, Stored::Null) => values.append_null(),
            (Self::Bool(builder), Stored::Integer(value @ (0 | 1))) => builder.append_value(value == 1),
            (Self::Bool(_), Stored::Integer(_)) => return Err("an integer other than 0 and 1"),
            (Self::Int32(builder), Stored::Integer(value)) => {
                builder.append_value(i32::try_from(value).map_err(|_| "a larger integer")?);
            }
            (Self::Int64(builder), Stored::Integer(value)) => builder.append_value(value),
            (Self::Float64(builder), Stored::Real(value)) => builder.append_value(value),
            (Self::Float64(builder), Stored::Integer(value)) => builder.append_value(exact(value)?),
            (Self::Decimal(builder, precision, scale), stored) => {
                builder.append_value(decimal(&stored, *precision, *scale)?);
            }
            (Self::Date(builder), Stored::Text(text)) => {
                builder.append_value(parse::date(text).ok_or("text other than YYYY-MM-DD")?);
            }
            (Self::Timestamp(builder), Stored::Text(text)) => {
                builder.append_value(parse::timestamp(text).ok_or("text other than YYYY-MM-DD HH:MM:SS.ffffff")?);
            }
            (Self::Text(builder) | Self::Anything(builder), Stored::Text(text)) => builder.append_value(text),
            (Self::Anything(builder), Stored::Integer(value)) => {
                builder.append_value(itoa::Buffer::new().format(value));
            }
            (Self::Anything(builder), Stored::Real(value)) => builder.append_value(ryu::Buffer::new().format(value)),
            (Self::Anything(builder), Stored::Blob(bytes)) => builder.append_value(hexadecimal(bytes)),
            (Self::Bytes(builder), Stored::Blob(bytes)) => builder.append_value(bytes),
            (_, stored) => return Err(stored.class()),
        }
        Ok(())
    }

    fn append_null(&mut self) {
        match self {
            Self::Bool(builder) => builder.append_null(),
            Self::Int32(builder) => builder.append_null(),
            Self::Int64(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Decimal(builder, ..) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Timestamp(builder) => builder.append_null(),
            Self::Text(builder) | Self::Anything(builder) => builder.append_null(),
            Self::Bytes(builder) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, ..) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Text(builder) | Self::Anything(builder) => Arc::new(builder.finish()),
            Self::Bytes(builder) => Arc::new(builder.finish()),
        }
    }
}

fn exact(value: i64) -> Result<f64, &'static str> {
    #[expect(clippy::cast_precision_loss, reason = "up to 2^53 nothing is lost")]
    (value.unsigned_abs() <= EXACT).then_some(value as f64).ok_or("an integer beyond 2^53")
}

fn decimal(stored: &Stored<'_>, precision: u8, scale: i8) -> Result<i128, &'static str> {
    match stored {
        Stored::Integer(value) => parse::decimal(itoa::Buffer::new().format(*value), precision, scale),
        Stored::Text(text) => parse::decimal(text, precision, scale),
        // The shortest digits that mean this number, without an exponent.
        Stored::Real(value) if value.is_finite() => parse::decimal(&value.to_string(), precision, scale),
        Stored::Real(_) => Err("infinity"),
        Stored::Null | Stored::Blob(_) => Err(stored.class()),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A type's name in a sentence.
fn spoken(data_type: &DataType) -> String {
    match data_type {
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Utf8 => "string".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}
