//! Rows of the binary protocol, straight into Arrow columns. A result says in which form each of its columns is sent; a
//! value is taken where the column's type holds it exactly.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use datafusion::arrow::{
    array::{
        Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BinaryBuilder, BooleanBuilder, PrimitiveBuilder, RecordBatch,
        RecordBatchOptions, StringArray,
    },
    datatypes::{
        DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type,
        Int64Type, TimeUnit, TimestampMicrosecondType, i256,
    },
};
use sqlx::{
    Column, Decode, MySql, Row, Type, TypeInfo,
    mysql::{MySqlRow, MySqlTypeInfo},
};

use super::number::{multiplied, scaled, scaled_wide};
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
/// 1970-01-01, counted from the first day of the year 1, which is day 1.
const EPOCH: i32 = 719_163;

/// The rows of one result of a scan.
pub struct Rows<'a> {
    scan: &'a Scan,
    columns: Vec<Values>,
    /// How the columns are sent; known from the first row on.
    forms: Vec<Form>,
    count: usize,
}

impl<'a> Rows<'a> {
    /// No rows yet.
    pub fn new(scan: &'a Scan) -> Result<Self, Fault> {
        let columns = scan.schema.fields().iter().map(|field| Values::new(field.data_type())).collect::<Option<_>>();
        let columns = columns.ok_or_else(|| Fault::internal("a column of a type that MySQL does not have"))?;
        Ok(Self { scan, columns, forms: Vec::new(), count: 0 })
    }

    fn fault(&self, index: usize, reason: &str) -> Fault {
        let Scan { statement, schema, relation, .. } = self.scan;
        let field = schema.field(index);
        unrepresentable(&statement.source, relation, field.name(), reason, &spoken(field.data_type()))
    }
}

impl Builder for Rows<'_> {
    type Row = MySqlRow;

    fn append(&mut self, row: &MySqlRow) -> Result<usize, Stop> {
        if self.count == 0 {
            self.forms = row.columns().iter().map(|column| Form::of(column.type_info())).collect();
        }
        let Scan { statement, relation, .. } = self.scan;
        if self.forms.len() < self.columns.len() {
            return Err(changed(&statement.source, relation, "a column is missing").into());
        }
        let mut size = 0;
        for (index, (values, form)) in self.columns.iter_mut().zip(&self.forms).enumerate() {
            let raw = row.try_get_raw(index).map_err(|error| changed(&statement.source, relation, error))?;
            // Whether it is NULL is not asked of it: that is said of a date of zeros too.
            let Ok(bytes) = <&[u8] as Decode<MySql>>::decode(raw) else {
                values.append_null();
                continue;
            };
            size += bytes.len();
            if let Err(reason) = form.read(bytes).and_then(|wire| values.append(&wire)) {
                return Err(self.fault(index, reason).into());
            }
        }
        self.count += 1;
        Ok(size)
    }

    fn rows(&self) -> usize {
        self.count
    }

    fn finish(&mut self) -> Result<RecordBatch, Stop> {
        let columns = self.columns.iter_mut().map(Values::finish).enumerate();
        let columns = columns.map(|(index, column)| column.map_err(|reason| (index, reason))).collect::<Result<_, _>>();
        let columns = columns.map_err(|(index, reason)| self.fault(index, reason))?;
        let Scan { statement, schema, relation, .. } = self.scan;
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.count)));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|error| changed(&statement.source, relation, error).into())
    }
}

/// The form in which the values of a column are sent.
#[derive(Clone, Copy)]
enum Form {
    Signed,
    Unsigned,
    Single,
    Double,
    Number,
    Date,
    Moment,
    Time,
    Bytes,
}

impl Form {
    fn of(column: &MySqlTypeInfo) -> Self {
        match column.name() {
            "FLOAT" => Self::Single,
            "DOUBLE" => Self::Double,
            "DECIMAL" => Self::Number,
            "DATE" => Self::Date,
            "DATETIME" | "TIMESTAMP" => Self::Moment,
            "TIME" => Self::Time,
            "BIT" => Self::Bytes,
            // By its name, one of a single digit always has a sign.
            _ if <u64 as Type<MySql>>::compatible(column) => Self::Unsigned,
            _ if <i64 as Type<MySql>>::compatible(column) => Self::Signed,
            _ => Self::Bytes,
        }
    }

    fn read(self, bytes: &[u8]) -> Result<Wire<'_>, &'static str> {
        let wire = match self {
            Self::Signed => signed(bytes).map(|value| Wire::Integer(value.into())),
            Self::Unsigned => unsigned(bytes).map(|value| Wire::Integer(value.into())),
            Self::Single => bytes.try_into().ok().map(|four| Wire::Single(f32::from_le_bytes(four))),
            Self::Double => bytes.try_into().ok().map(|eight| Wire::Double(f64::from_le_bytes(eight))),
            Self::Number => Some(Wire::Number(bytes)),
            Self::Date => Moment::read(bytes, true).map(Wire::Moment),
            Self::Moment => Moment::read(bytes, false).map(Wire::Moment),
            Self::Time => return Err("a time of day"),
            Self::Bytes => Some(Wire::Bytes(bytes)),
        };
        wire.ok_or("of another length than its type")
    }
}

/// A value as it is sent.
enum Wire<'a> {
    Integer(i128),
    Single(f32),
    Double(f64),
    Number(&'a [u8]),
    Moment(Moment),
    Bytes(&'a [u8]),
}

/// A date, and what stands behind it.
struct Moment {
    year: u16,
    month: u8,
    day: u8,
    /// Hours, minutes, seconds; a date has none.
    clock: Option<[u8; 3]>,
    micros: u32,
}

impl Wire<'_> {
    /// What it is, when it is not what the column's type asks for.
    const fn form(&self) -> &'static str {
        match self {
            Self::Integer(_) => "an integer",
            Self::Single(_) | Self::Double(_) => "a floating-point number",
            Self::Number(_) => "a decimal number",
            Self::Moment(_) => "a date or time",
            Self::Bytes(_) => "text or bytes",
        }
    }

    /// The number as an integer of `precision` digits, at most 38, times 10 to the power of `scale`.
    fn scaled(&self, precision: u8, scale: i8) -> Result<i128, &'static str> {
        match self {
            Self::Integer(value) => multiplied(*value, precision, scale),
            Self::Number(text) => scaled(text, precision, scale),
            other => Err(other.form()),
        }
    }

    /// The same of more digits.
    fn scaled_wide(&self, precision: u8, scale: i8) -> Result<i256, &'static str> {
        match self {
            Self::Integer(value) => scaled_wide(value.to_string().as_bytes(), precision, scale),
            Self::Number(text) => scaled_wide(text, precision, scale),
            other => Err(other.form()),
        }
    }

    fn integer<T: TryFrom<i128>>(&self) -> Result<T, &'static str> {
        let value = match self {
            Self::Integer(value) => *value,
            number => number.scaled(38, 0)?,
        };
        T::try_from(value).map_err(|_| "a larger integer")
    }
}

impl Moment {
    /// What is zero behind some place is not sent.
    fn read(bytes: &[u8], is_date: bool) -> Option<Self> {
        let (length, bytes) = bytes.split_first()?;
        if usize::from(*length) != bytes.len() {
            return None;
        }
        let byte = |index: usize| bytes.get(index).copied().unwrap_or_default();
        let micros = bytes.get(7..11).map_or(Some(0), |four| Some(u32::from_le_bytes(four.try_into().ok()?)))?;
        let clock = (!is_date).then(|| [byte(4), byte(5), byte(6)]);
        Some(Self { year: u16::from_le_bytes([byte(0), byte(1)]), month: byte(2), day: byte(3), clock, micros })
    }

    fn date(&self) -> Result<NaiveDate, &'static str> {
        let date = NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), self.day.into());
        // There is a year of zero in chrono, and none there.
        date.filter(|_| self.year > 0).ok_or("a date of zeros, or one that is in no calendar")
    }

    fn days(&self) -> Result<i32, &'static str> {
        if self.clock.is_some_and(|clock| clock != [0; 3]) || self.micros != 0 {
            return Err("a time of day");
        }
        Ok(self.date()?.num_days_from_ce() - EPOCH)
    }

    fn microseconds(&self) -> Result<i64, &'static str> {
        let [hour, minute, second] = self.clock.unwrap_or_default().map(u32::from);
        let time = chrono::NaiveTime::from_hms_micro_opt(hour, minute, second, self.micros);
        let time = time.ok_or("a time that is on no clock")?;
        Ok(NaiveDateTime::new(self.date()?, time).and_utc().timestamp_micros())
    }

    fn text(&self) -> String {
        let date = format!("{:04}-{:02}-{:02}", self.year, self.month, self.day);
        match (self.clock, self.micros) {
            (None, _) => date,
            (Some([hour, minute, second]), 0) => format!("{date} {hour:02}:{minute:02}:{second:02}"),
            (Some([hour, minute, second]), micros) => format!("{date} {hour:02}:{minute:02}:{second:02}.{micros:06}"),
        }
    }
}

/// The values of one column.
enum Values {
    Bool(BooleanBuilder),
    Int16(PrimitiveBuilder<Int16Type>),
    Int32(PrimitiveBuilder<Int32Type>),
    Int64(PrimitiveBuilder<Int64Type>),
    Float32(PrimitiveBuilder<Float32Type>),
    Float64(PrimitiveBuilder<Float64Type>),
    Decimal128(PrimitiveBuilder<Decimal128Type>, u8, i8),
    Decimal256(PrimitiveBuilder<Decimal256Type>, u8, i8),
    Date(PrimitiveBuilder<Date32Type>),
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>),
    /// Checked all at once, when the column is complete.
    Text(BinaryBuilder),
    Bytes(BinaryBuilder),
}

impl Values {
    fn new(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => Self::Bool(BooleanBuilder::new()),
            DataType::Int16 => Self::Int16(PrimitiveBuilder::new()),
            DataType::Int32 => Self::Int32(PrimitiveBuilder::new()),
            DataType::Int64 => Self::Int64(PrimitiveBuilder::new()),
            DataType::Float32 => Self::Float32(PrimitiveBuilder::new()),
            DataType::Float64 => Self::Float64(PrimitiveBuilder::new()),
            DataType::Decimal128(precision, scale) => {
                Self::Decimal128(PrimitiveBuilder::new().with_data_type(data_type.clone()), *precision, *scale)
            }
            DataType::Decimal256(precision, scale) => {
                Self::Decimal256(PrimitiveBuilder::new().with_data_type(data_type.clone()), *precision, *scale)
            }
            DataType::Date32 => Self::Date(PrimitiveBuilder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Self::Timestamp(PrimitiveBuilder::new().with_data_type(data_type.clone()))
            }
            DataType::Utf8 => Self::Text(BinaryBuilder::new()),
            DataType::Binary => Self::Bytes(BinaryBuilder::new()),
            _ => return None,
        })
    }

    fn append(&mut self, wire: &Wire<'_>) -> Result<(), &'static str> {
        match (self, wire) {
            (Self::Bool(builder), Wire::Integer(value @ (0 | 1))) => builder.append_value(*value == 1),
            (Self::Bool(_), Wire::Integer(_)) => return Err("an integer other than 0 and 1"),
            (Self::Int16(builder), wire) => builder.append_value(wire.integer()?),
            (Self::Int32(builder), wire) => builder.append_value(wire.integer()?),
            (Self::Int64(builder), wire) => builder.append_value(wire.integer()?),
            (Self::Float32(builder), Wire::Single(value)) => builder.append_value(*value),
            (Self::Float64(builder), Wire::Double(value)) => builder.append_value(*value),
            (Self::Float64(builder), Wire::Single(value)) => builder.append_value(f64::from(*value)),
            (Self::Float64(builder), Wire::Integer(value)) => builder.append_value(exact(*value)?),
            (Self::Decimal128(builder, precision, scale), wire) => {
                builder.append_value(wire.scaled(*precision, *scale)?);
            }
            (Self::Decimal256(builder, precision, scale), wire) => {
                builder.append_value(wire.scaled_wide(*precision, *scale)?);
            }
            (Self::Date(builder), Wire::Moment(moment)) => builder.append_value(moment.days()?),
            (Self::Timestamp(builder), Wire::Moment(moment)) => builder.append_value(moment.microseconds()?),
            (Self::Text(builder), Wire::Number(bytes))
            | (Self::Text(builder) | Self::Bytes(builder), Wire::Bytes(bytes)) => {
                builder.append_value(bytes);
            }
            (Self::Text(builder), Wire::Integer(value)) => builder.append_value(value.to_string()),
            (Self::Text(builder), Wire::Single(value)) => builder.append_value(ryu::Buffer::new().format(*value)),
            (Self::Text(builder), Wire::Double(value)) => builder.append_value(ryu::Buffer::new().format(*value)),
            (Self::Text(builder), Wire::Moment(moment)) => builder.append_value(moment.text()),
            (_, wire) => return Err(wire.form()),
        }
        Ok(())
    }

    fn append_null(&mut self) {
        match self {
            Self::Bool(builder) => builder.append_null(),
            Self::Int16(builder) => builder.append_null(),
            Self::Int32(builder) => builder.append_null(),
            Self::Int64(builder) => builder.append_null(),
            Self::Float32(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Decimal128(builder, ..) => builder.append_null(),
            Self::Decimal256(builder, ..) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Timestamp(builder) => builder.append_null(),
            Self::Text(builder) | Self::Bytes(builder) => builder.append_null(),
        }
    }

    /// The values; the next are expected to be as many, and as long.
    fn finish(&mut self) -> Result<ArrayRef, &'static str> {
        Ok(match self {
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => finished(builder),
            Self::Int32(builder) => finished(builder),
            Self::Int64(builder) => finished(builder),
            Self::Float32(builder) => finished(builder),
            Self::Float64(builder) => finished(builder),
            Self::Decimal128(builder, ..) => finished(builder),
            Self::Decimal256(builder, ..) => finished(builder),
            Self::Date(builder) => finished(builder),
            Self::Timestamp(builder) => finished(builder),
            Self::Text(builder) => {
                let texts = StringArray::try_from_binary(finished_bytes(builder));
                Arc::new(texts.map_err(|_| "bytes that are not UTF-8")?)
            }
            Self::Bytes(builder) => Arc::new(finished_bytes(builder)),
        })
    }
}

fn finished<T: ArrowPrimitiveType>(builder: &mut PrimitiveBuilder<T>) -> ArrayRef {
    let values = builder.finish();
    *builder = PrimitiveBuilder::with_capacity(values.len()).with_data_type(values.data_type().clone());
    Arc::new(values)
}

fn finished_bytes(builder: &mut BinaryBuilder) -> BinaryArray {
    let values = builder.finish();
    *builder = BinaryBuilder::with_capacity(values.len(), values.value_data().len());
    values
}

/// Up to eight bytes, the least first.
fn signed(bytes: &[u8]) -> Option<i64> {
    Some(match *bytes {
        [a] => i8::from_le_bytes([a]).into(),
        [a, b] => i16::from_le_bytes([a, b]).into(),
        [a, b, c, d] => i32::from_le_bytes([a, b, c, d]).into(),
        _ => i64::from_le_bytes(bytes.try_into().ok()?),
    })
}

fn unsigned(bytes: &[u8]) -> Option<u64> {
    Some(match *bytes {
        [a] => a.into(),
        [a, b] => u16::from_le_bytes([a, b]).into(),
        [a, b, c, d] => u32::from_le_bytes([a, b, c, d]).into(),
        _ => u64::from_le_bytes(bytes.try_into().ok()?),
    })
}

fn exact(value: i128) -> Result<f64, &'static str> {
    #[expect(clippy::cast_precision_loss, reason = "up to 2^53 nothing is lost")]
    (value.unsigned_abs() <= EXACT.into()).then_some(value as f64).ok_or("an integer beyond 2^53")
}

/// A type's name in a sentence.
fn spoken(data_type: &DataType) -> String {
    match data_type {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            format!("decimal({precision},{scale})")
        }
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Utf8 => "string".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}
