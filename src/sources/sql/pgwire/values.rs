//! The values of one column in Postgres' binary wire form, or as text, straight into an Arrow builder.

use std::sync::Arc;

use datafusion::arrow::{
    array::{ArrayRef, BinaryBuilder, BooleanBuilder, ListArray, NullBufferBuilder, PrimitiveBuilder, StringBuilder},
    buffer::OffsetBuffer,
    datatypes::{
        DataType, Date32Type, Decimal128Type, Decimal256Type, FieldRef, Float32Type, Float64Type, Int16Type, Int32Type,
        Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit,
        TimestampMicrosecondType,
    },
    temporal_conversions::{date32_to_datetime, timestamp_us_to_datetime},
};
use uuid::Uuid;

use super::{
    iso,
    numeric::{self, Unfit},
    oid::{self, DAYS_TO_EPOCH, MICROS_TO_EPOCH},
};
use crate::sources::spelling::decimal_of;

/// Bytes of a text for which there is room at first.
const TEXT: usize = 16;
/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

/// The values of one column.
pub enum Values {
    Bool(BooleanBuilder),
    Int16(PrimitiveBuilder<Int16Type>),
    Int32(PrimitiveBuilder<Int32Type>),
    Int64(PrimitiveBuilder<Int64Type>),
    Float32(PrimitiveBuilder<Float32Type>),
    Float64(PrimitiveBuilder<Float64Type>),
    Decimal128(PrimitiveBuilder<Decimal128Type>, u8, i8),
    Decimal256(PrimitiveBuilder<Decimal256Type>, u8, i8),
    Date(PrimitiveBuilder<Date32Type>),
    Time(PrimitiveBuilder<Time64MicrosecondType>),
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>, bool),
    Interval(PrimitiveBuilder<IntervalMonthDayNanoType>),
    Text(StringBuilder),
    Uuid(StringBuilder),
    Bytes(BinaryBuilder),
    List(Box<Lists>),
}

impl Values {
    /// For `data_type` sent as the type `sent`; `None` when that is not how such a column is written. There
    /// is room for the first `rows`.
    pub fn new(data_type: &DataType, sent: u32, rows: usize) -> Option<Self> {
        match (data_type, sent) {
            (DataType::Utf8, oid::UUID) => Some(Self::Uuid(StringBuilder::with_capacity(rows, rows * TEXT))),
            (DataType::List(field), array) => {
                let element = oid::element_of(array)?;
                let values = Self::new(field.data_type(), element, rows)?;
                Some(Self::List(Box::new(Lists::new(Arc::clone(field), element, values))))
            }
            (DataType::Boolean, oid::BOOL)
            | (DataType::Int16, oid::INT2)
            | (DataType::Int32, oid::INT4)
            | (DataType::Int64, oid::INT8)
            | (DataType::Float32, oid::FLOAT4)
            | (DataType::Float64, oid::FLOAT8)
            | (DataType::Decimal128(..) | DataType::Decimal256(..), oid::NUMERIC)
            | (DataType::Date32, oid::DATE)
            | (DataType::Time64(TimeUnit::Microsecond), oid::TIME)
            | (DataType::Timestamp(TimeUnit::Microsecond, None), oid::TIMESTAMP)
            | (DataType::Timestamp(TimeUnit::Microsecond, Some(_)), oid::TIMESTAMPTZ)
            | (DataType::Interval(IntervalUnit::MonthDayNano), oid::INTERVAL)
            | (DataType::Utf8, oid::TEXT | oid::VARCHAR | oid::BPCHAR)
            | (DataType::Binary, oid::BYTEA) => Self::empty(data_type, rows),
            _ => None,
        }
    }

    /// For a single value of `data_type`, however it is sent.
    pub fn empty(data_type: &DataType, rows: usize) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => Self::Bool(BooleanBuilder::with_capacity(rows)),
            DataType::Int16 => Self::Int16(PrimitiveBuilder::with_capacity(rows)),
            DataType::Int32 => Self::Int32(PrimitiveBuilder::with_capacity(rows)),
            DataType::Int64 => Self::Int64(PrimitiveBuilder::with_capacity(rows)),
            DataType::Float32 => Self::Float32(PrimitiveBuilder::with_capacity(rows)),
            DataType::Float64 => Self::Float64(PrimitiveBuilder::with_capacity(rows)),
            DataType::Decimal128(precision, scale) => Self::Decimal128(
                PrimitiveBuilder::with_capacity(rows).with_data_type(data_type.clone()),
                *precision,
                *scale,
            ),
            DataType::Decimal256(precision, scale) => Self::Decimal256(
                PrimitiveBuilder::with_capacity(rows).with_data_type(data_type.clone()),
                *precision,
                *scale,
            ),
            DataType::Date32 => Self::Date(PrimitiveBuilder::with_capacity(rows)),
            DataType::Time64(TimeUnit::Microsecond) => Self::Time(PrimitiveBuilder::with_capacity(rows)),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                let builder = PrimitiveBuilder::with_capacity(rows).with_data_type(data_type.clone());
                Self::Timestamp(builder, zone.is_some())
            }
            DataType::Interval(IntervalUnit::MonthDayNano) => Self::Interval(PrimitiveBuilder::with_capacity(rows)),
            DataType::Utf8 => Self::Text(StringBuilder::with_capacity(rows, rows * TEXT)),
            DataType::Binary => Self::Bytes(BinaryBuilder::with_capacity(rows, rows * TEXT)),
            _ => return None,
        })
    }

    /// Reads a whole number of whatever width; `None` is NULL. One that the column's type cannot hold is none of its.
    pub fn append_whole(&mut self, number: Option<i64>) -> Result<(), Unfit> {
        match self {
            Self::Int16(builder) => builder.append_option(number.map(i16::try_from).transpose()?),
            Self::Int32(builder) => builder.append_option(number.map(i32::try_from).transpose()?),
            Self::Int64(builder) => builder.append_option(number),
            _ => return Err(Unfit::Malformed),
        }
        Ok(())
    }

    /// Are values of this type whole numbers?
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Int16(_) | Self::Int32(_) | Self::Int64(_))
    }

    /// Are values of this type read from text? Numbers and truth values are always sent as themselves.
    pub fn reads_text(&self) -> bool {
        matches!(
            self,
            Self::Decimal128(..) | Self::Date(_) | Self::Time(_) | Self::Timestamp(..) | Self::Text(_) | Self::Bytes(_)
        )
    }

    /// Reads one value from its text: decimals in digits, times in ISO 8601 with a blank before the time of day, instants
    /// with their offset, bytes in hexadecimal digits. `None` is NULL.
    pub fn append_text(&mut self, text: Option<&str>) -> Result<(), Unfit> {
        let unread = Unfit::Value("of another range or precision");
        match self {
            Self::Decimal128(builder, precision, scale) => {
                let decimal = |text| decimal_of(text, *precision, *scale).ok_or(unread);
                builder.append_option(text.map(decimal).transpose()?);
            }
            Self::Date(builder) => builder.append_option(text.map(|text| iso::day(text).ok_or(unread)).transpose()?),
            Self::Time(builder) => builder.append_option(text.map(|text| iso::clock(text).ok_or(unread)).transpose()?),
            Self::Timestamp(builder, has_zone) => {
                let moment = |text| iso::moment(text, *has_zone).ok_or(unread);
                builder.append_option(text.map(moment).transpose()?);
            }
            Self::Text(builder) => builder.append_option(text),
            Self::Bytes(builder) => {
                builder.append_option(text.map(|text| bytes_of(text).ok_or(Unfit::Malformed)).transpose()?);
            }
            _ => return Err(Unfit::Malformed),
        }
        Ok(())
    }

    /// Reads one value; `None` is NULL.
    pub fn append(&mut self, bytes: Option<&[u8]>) -> Result<(), Unfit> {
        match self {
            Self::Bool(builder) => builder.append_option(present(bytes, boolean)?),
            Self::Int16(builder) => builder.append_option(present(bytes, int16)?),
            Self::Int32(builder) => builder.append_option(present(bytes, int32)?),
            Self::Int64(builder) => builder.append_option(present(bytes, int64)?),
            Self::Float32(builder) => builder.append_option(present(bytes, float32)?),
            Self::Float64(builder) => builder.append_option(present(bytes, float64)?),
            Self::Decimal128(builder, precision, scale) => {
                let decimal = |bytes: &[u8]| numeric::decode::<Decimal128Type>(bytes, *precision, *scale);
                builder.append_option(present(bytes, decimal)?);
            }
            Self::Decimal256(builder, precision, scale) => {
                let decimal = |bytes: &[u8]| numeric::decode::<Decimal256Type>(bytes, *precision, *scale);
                builder.append_option(present(bytes, decimal)?);
            }
            Self::Date(builder) => builder.append_option(present(bytes, date)?),
            Self::Time(builder) => builder.append_option(present(bytes, time)?),
            Self::Timestamp(builder, _) => builder.append_option(present(bytes, timestamp)?),
            Self::Interval(builder) => builder.append_option(present(bytes, interval)?),
            Self::Text(builder) => builder.append_option(present(bytes, text)?),
            Self::Uuid(builder) => match bytes {
                Some(bytes) => {
                    let uuid = Uuid::from_bytes(fixed(bytes)?);
                    builder.append_value(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
                }
                None => builder.append_null(),
            },
            Self::Bytes(builder) => builder.append_option(bytes),
            Self::List(lists) => lists.append(bytes)?,
        }
        Ok(())
    }

    /// What was read since the last call.
    pub fn finish(&mut self) -> Result<ArrayRef, datafusion::arrow::error::ArrowError> {
        Ok(match self {
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Float32(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Decimal128(builder, ..) => Arc::new(builder.finish()),
            Self::Decimal256(builder, ..) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder, _) => Arc::new(builder.finish()),
            Self::Interval(builder) => Arc::new(builder.finish()),
            Self::Text(builder) | Self::Uuid(builder) => Arc::new(builder.finish()),
            Self::Bytes(builder) => Arc::new(builder.finish()),
            Self::List(lists) => Arc::new(lists.finish()?),
        })
    }
}

/// A whole number of two, four or eight bytes.
pub fn whole(bytes: &[u8]) -> Result<i64, Unfit> {
    match bytes.len() {
        2 => int16(bytes).map(i64::from),
        4 => int32(bytes).map(i64::from),
        _ => int64(bytes),
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Unfit> {
    bytes.try_into().map_err(|_| Unfit::Malformed)
}

/// NULL, or what `read` makes of the bytes.
fn present<'a, T>(
    bytes: Option<&'a [u8]>,
    read: impl FnOnce(&'a [u8]) -> Result<T, Unfit>,
) -> Result<Option<T>, Unfit> {
    bytes.map(read).transpose()
}

fn boolean(bytes: &[u8]) -> Result<bool, Unfit> {
    fixed(bytes).map(|[byte]| byte != 0)
}

fn int16(bytes: &[u8]) -> Result<i16, Unfit> {
    fixed(bytes).map(i16::from_be_bytes)
}

fn int32(bytes: &[u8]) -> Result<i32, Unfit> {
    fixed(bytes).map(i32::from_be_bytes)
}

fn int64(bytes: &[u8]) -> Result<i64, Unfit> {
    fixed(bytes).map(i64::from_be_bytes)
}

/// Postgres has one NaN, above all numbers: here that is the positive quiet one.
fn float32(bytes: &[u8]) -> Result<f32, Unfit> {
    let number = f32::from_be_bytes(fixed(bytes)?);
    Ok(if number.is_nan() { f32::NAN } else { number })
}

fn float64(bytes: &[u8]) -> Result<f64, Unfit> {
    let number = f64::from_be_bytes(fixed(bytes)?);
    Ok(if number.is_nan() { f64::NAN } else { number })
}

fn date(bytes: &[u8]) -> Result<i32, Unfit> {
    match i32::from_be_bytes(fixed(bytes)?) {
        i32::MAX => Err(Unfit::Value("infinity")),
        i32::MIN => Err(Unfit::Value("-infinity")),
        days => days
            .checked_add(DAYS_TO_EPOCH)
            .filter(|days| date32_to_datetime(*days).is_some())
            .ok_or(Unfit::Value("a year beyond 262142")),
    }
}

fn timestamp(bytes: &[u8]) -> Result<i64, Unfit> {
    match i64::from_be_bytes(fixed(bytes)?) {
        i64::MAX => Err(Unfit::Value("infinity")),
        i64::MIN => Err(Unfit::Value("-infinity")),
        micros => micros
            .checked_add(MICROS_TO_EPOCH)
            .filter(|micros| timestamp_us_to_datetime(*micros).is_some())
            .ok_or(Unfit::Value("a year beyond 262142")),
    }
}

fn time(bytes: &[u8]) -> Result<i64, Unfit> {
    let micros = i64::from_be_bytes(fixed(bytes)?);
    (0..DAY).contains(&micros).then_some(micros).ok_or(Unfit::Value("24:00:00"))
}

/// Microseconds, days, months.
fn interval(bytes: &[u8]) -> Result<IntervalMonthDayNano, Unfit> {
    let all: [u8; 16] = fixed(bytes)?;
    let micros = i64::from_be_bytes(fixed(&all[..8])?);
    let days = i32::from_be_bytes(fixed(&all[8..12])?);
    let months = i32::from_be_bytes(fixed(&all[12..])?);
    match (months, days, micros) {
        (i32::MAX, i32::MAX, i64::MAX) => Err(Unfit::Value("infinity")),
        (i32::MIN, i32::MIN, i64::MIN) => Err(Unfit::Value("-infinity")),
        _ => {
            let nanos = micros.checked_mul(1000).ok_or(Unfit::Value("more than 292 years of hours"))?;
            Ok(IntervalMonthDayNano::new(months, days, nanos))
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, Unfit> {
    std::str::from_utf8(bytes).map_err(|_| Unfit::Value("bytes that are not UTF-8"))
}

/// Pairs of hexadecimal digits.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| Some(digit(pair.first()?)? * 16 + digit(pair.get(1)?)?);
    text.as_bytes().chunks(2).map(pair).collect()
}

/// Arrays of one dimension that begin at 1.
pub struct Lists {
    field: FieldRef,
    element: u32,
    values: Values,
    offsets: Vec<i32>,
    length: i32,
    present: NullBufferBuilder,
}

impl Lists {
    fn new(field: FieldRef, element: u32, values: Values) -> Self {
        Self { field, element, values, offsets: vec![0], length: 0, present: NullBufferBuilder::new(0) }
    }

    fn append(&mut self, bytes: Option<&[u8]>) -> Result<(), Unfit> {
        self.present.append(bytes.is_some());
        if let Some(mut bytes) = bytes {
            self.elements(&mut bytes)?;
        }
        self.offsets.push(self.length);
        Ok(())
    }

    fn elements(&mut self, bytes: &mut &[u8]) -> Result<(), Unfit> {
        let (dimensions, _has_null, element) = (take_i32(bytes)?, take_i32(bytes)?, take_i32(bytes)?);
        match dimensions {
            0 => return Ok(()),
            1 if element.cast_unsigned() == self.element => {}
            1 => return Err(Unfit::Malformed),
            _ => return Err(Unfit::Value("several dimensions")),
        }
        let (length, lower_bound) = (take_i32(bytes)?, take_i32(bytes)?);
        if lower_bound != 1 {
            return Err(Unfit::Value("subscripts that do not begin at 1"));
        }
        for _ in 0..length {
            let value = match usize::try_from(take_i32(bytes)?) {
                Ok(size) => Some(bytes.split_off(..size).ok_or(Unfit::Malformed)?),
                Err(_) => None,
            };
            self.values.append(value)?;
        }
        self.length = self.length.checked_add(length).ok_or(Unfit::Malformed)?;
        Ok(())
    }

    fn finish(&mut self) -> Result<ListArray, datafusion::arrow::error::ArrowError> {
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        self.length = 0;
        let offsets = OffsetBuffer::new(offsets.into());
        ListArray::try_new(Arc::clone(&self.field), offsets, self.values.finish()?, self.present.finish())
    }
}

fn take_i32(bytes: &mut &[u8]) -> Result<i32, Unfit> {
    let head = bytes.split_off(..4).ok_or(Unfit::Malformed)?;
    Ok(i32::from_be_bytes(fixed(head)?))
}
