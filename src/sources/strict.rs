//! Conversions that keep every value or fail: nothing is rounded, cut or turned into NULL.

use std::{fmt, sync::Arc};

use datafusion::arrow::{
    array::{
        Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, FixedSizeBinaryArray, ListArray, PrimitiveArray,
        StringArray, StructArray, new_null_array,
    },
    compute::{CastOptions, can_cast_types, cast_with_options, kernels::cmp::distinct},
    datatypes::{
        DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    },
    error::ArrowError,
    json::writer::{EncoderOptions, make_encoder},
    util::display::{ArrayFormatter, FormatOptions},
};

use super::spelling::{bool_of, date_of, decimal_of, float_of, instant_of, int_of, timestamp_of};
use crate::model::ValueType;

/// What a column is read as.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The type of the result.
    pub data_type: DataType,
    uuid: bool,
}

/// The first value that its target cannot hold. Its text is for the log alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Misfit(pub String);

impl From<ArrowError> for Misfit {
    fn from(error: ArrowError) -> Self {
        Self(error.to_string())
    }
}

impl Target {
    /// The type itself.
    #[must_use]
    pub fn plain(data_type: &DataType) -> Self {
        Self { data_type: data_type.clone(), uuid: false }
    }

    /// What `columns:` says. `uuid` is text in the canonical form.
    #[must_use]
    pub fn declared(value_type: &ValueType) -> Self {
        Self { data_type: value_type.arrow(), uuid: *value_type == ValueType::Uuid }
    }

    /// Can values of `from` be read as this at all?
    #[must_use]
    pub fn reads(&self, from: &DataType) -> bool {
        if self.uuid {
            return is_text(from) || matches!(from, DataType::FixedSizeBinary(16) | DataType::Null);
        }
        readable(from, &self.data_type)
    }

    /// Converts all values, or names the first that does not fit.
    pub fn read(&self, array: &ArrayRef) -> Result<ArrayRef, Misfit> {
        if self.uuid && *array.data_type() == DataType::FixedSizeBinary(16) {
            return uuids(array.as_fixed_size_binary());
        }
        let converted = convert(array, &self.data_type)?;
        if !self.uuid {
            return Ok(converted);
        }
        let canonical = converted
            .as_string::<i32>()
            .iter()
            .map(|text| {
                let Some(text) = text else { return Ok(None) };
                let uuid = uuid::Uuid::try_parse(text).map_err(|_| Misfit(text.to_owned()))?;
                Ok(Some(uuid.hyphenated().to_string()))
            })
            .collect::<Result<StringArray, Misfit>>()?;
        Ok(Arc::new(canonical))
    }
}

/// As `columns:` spells it, where it has a word for the type.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data_type {
            _ if self.uuid => f.write_str("uuid"),
            DataType::Boolean => f.write_str("bool"),
            DataType::Int32 => f.write_str("int32"),
            DataType::Int64 => f.write_str("int64"),
            DataType::Float64 => f.write_str("float64"),
            DataType::Decimal128(precision, scale) => write!(f, "decimal({precision},{scale})"),
            DataType::Utf8 => f.write_str("string"),
            DataType::Date32 => f.write_str("date"),
            DataType::Timestamp(TimeUnit::Microsecond, None) => f.write_str("timestamp"),
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => f.write_str("timestamptz"),
            DataType::List(item) => write!(f, "[{}]", Self::plain(item.data_type())),
            other => write!(f, "Arrow {other}"),
        }
    }
}

/// Is it text in one of Arrow's layouts?
#[must_use]
pub fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn readable(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        _ if from == to => true,
        (DataType::Null, _) | (_, DataType::Utf8) => true,
        (DataType::Dictionary(_, values), _) => readable(values, to),
        _ if is_text(from) => matches!(
            to,
            DataType::Boolean
                | DataType::Int32
                | DataType::Int64
                | DataType::Float64
                | DataType::Decimal128(..)
                | DataType::Date32
                | DataType::Timestamp(TimeUnit::Microsecond, _)
        ),
        (DataType::List(from), DataType::List(to)) => readable(from.data_type(), to.data_type()),
        (DataType::Struct(from), DataType::Struct(to)) => {
            from.len() == to.len()
                && from.iter().zip(to).all(|(a, b)| a.name() == b.name() && readable(a.data_type(), b.data_type()))
        }
        _ => can_cast_types(from, to) && can_cast_types(to, from),
    }
}

fn convert(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, Misfit> {
    let from = array.data_type();
    match (from, to) {
        _ if from == to => Ok(Arc::clone(array)),
        (DataType::Null, _) => Ok(new_null_array(to, array.len())),
        (DataType::Dictionary(_, values), _) => convert(&arrow_cast(array, values)?, to),
        (DataType::LargeUtf8 | DataType::Utf8View, DataType::Utf8) => arrow_cast(array, to),
        (DataType::LargeUtf8 | DataType::Utf8View, _) => convert(&arrow_cast(array, &DataType::Utf8)?, to),
        (DataType::Utf8, _) => from_text(array.as_string(), to),
        (_, DataType::Utf8) => to_text(array),
        (DataType::Float16 | DataType::Float32 | DataType::Float64, DataType::Decimal128(..)) => {
            from_text(to_text(array)?.as_string(), to)
        }
        (DataType::Decimal128(..), DataType::Float64) => {
            let read = from_text(to_text(array)?.as_string(), to)?;
            same(array, &convert(&read, from)?)?;
            Ok(read)
        }
        (DataType::Timestamp(_, Some(_)), DataType::Timestamp(unit, None)) => {
            // The wall clock of UTC, whatever zone the file names.
            let utc = DataType::Timestamp(*unit, Some("UTC".into()));
            arrow_cast(&convert(array, &utc)?, to)
        }
        (DataType::List(_), DataType::List(item)) => {
            let list = array.as_list::<i32>();
            let values = convert(list.values(), item.data_type())?;
            Ok(Arc::new(ListArray::try_new(Arc::clone(item), list.offsets().clone(), values, list.nulls().cloned())?))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let parts = array.as_struct();
            let columns = (parts.columns().iter().zip(fields))
                .map(|(column, field)| convert(column, field.data_type()))
                .collect::<Result<_, _>>()?;
            Ok(Arc::new(StructArray::try_new(fields.clone(), columns, parts.nulls().cloned())?))
        }
        _ => {
            let read = arrow_cast(array, to)?;
            same(array, &arrow_cast(&read, from)?)?;
            Ok(read)
        }
    }
}

fn arrow_cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, Misfit> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    Ok(cast_with_options(array, to, &options)?)
}

/// Fails on the first value that did not survive the way there and back.
fn same(before: &ArrayRef, after: &ArrayRef) -> Result<(), Misfit> {
    if before.data_type().is_nested() {
        return if before == after { Ok(()) } else { Err(Misfit("a nested value".to_owned())) };
    }
    let differs: BooleanArray = distinct(before, after)?;
    match differs.iter().position(|differs| differs == Some(true)) {
        None => Ok(()),
        Some(row) => Err(Misfit(ArrayFormatter::try_new(before, &FormatOptions::default())?.value(row).to_string())),
    }
}

/// UUIDs of 16 bytes in the canonical form.
fn uuids(array: &FixedSizeBinaryArray) -> Result<ArrayRef, Misfit> {
    let text = |bytes: &[u8]| {
        let uuid = uuid::Uuid::from_slice(bytes).map_err(|error| Misfit(error.to_string()))?;
        Ok(uuid.hyphenated().to_string())
    };
    let texts = array.iter().map(|bytes| bytes.map(text).transpose()).collect::<Result<StringArray, Misfit>>()?;
    Ok(Arc::new(texts))
}

/// Text of every type: numbers in their shortest exact form, instants in RFC 3339, binary as UTF-8 when it is that, nested
/// values as JSON.
fn to_text(array: &ArrayRef) -> Result<ArrayRef, Misfit> {
    match array.data_type() {
        DataType::FixedSizeBinary(_) => arrow_cast(&arrow_cast(array, &DataType::Binary)?, &DataType::Utf8),
        nested if nested.is_nested() => json_text(array),
        from if can_cast_types(from, &DataType::Utf8) => arrow_cast(array, &DataType::Utf8),
        _ => {
            let formatter = ArrayFormatter::try_new(array, &FormatOptions::default())?;
            let texts = (0..array.len())
                .map(|row| {
                    if array.is_null(row) {
                        return Ok(None);
                    }
                    formatter.value(row).try_to_string().map(Some)
                })
                .collect::<Result<StringArray, ArrowError>>()?;
            Ok(Arc::new(texts))
        }
    }
}

fn json_text(array: &ArrayRef) -> Result<ArrayRef, Misfit> {
    let field = Arc::new(datafusion::arrow::datatypes::Field::new("value", array.data_type().clone(), true));
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(&field, array, &options)?;
    let texts = (0..array.len())
        .map(|row| {
            if array.is_null(row) {
                return Ok(None);
            }
            let mut text = Vec::new();
            encoder.encode(row, &mut text);
            String::from_utf8(text).map(Some).map_err(|error| Misfit(error.to_string()))
        })
        .collect::<Result<StringArray, Misfit>>()?;
    Ok(Arc::new(texts))
}

fn from_text(texts: &StringArray, to: &DataType) -> Result<ArrayRef, Misfit> {
    Ok(match to {
        DataType::Boolean => {
            let values = texts.iter().map(|text| match text {
                None => Ok(None),
                Some(text) => bool_of(text).map(Some).ok_or_else(|| Misfit(text.to_owned())),
            });
            Arc::new(values.collect::<Result<BooleanArray, _>>()?)
        }
        DataType::Int32 => Arc::new(each::<Int32Type>(texts, int_of)?),
        DataType::Int64 => Arc::new(each::<Int64Type>(texts, int_of)?),
        DataType::Float64 => Arc::new(each::<Float64Type>(texts, float_of)?),
        DataType::Date32 => Arc::new(each::<Date32Type>(texts, date_of)?),
        DataType::Decimal128(precision, scale) => {
            let values = each::<Decimal128Type>(texts, |text| decimal_of(text, *precision, *scale))?;
            Arc::new(values.with_precision_and_scale(*precision, *scale)?)
        }
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            Arc::new(each::<TimestampMicrosecondType>(texts, timestamp_of)?)
        }
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => {
            Arc::new(each::<TimestampMicrosecondType>(texts, instant_of)?.with_timezone(Arc::clone(zone)))
        }
        _ => return Err(Misfit(format!("text cannot be read as {to}"))),
    })
}

fn each<T: ArrowPrimitiveType>(
    texts: &StringArray,
    parse: impl Fn(&str) -> Option<T::Native>,
) -> Result<PrimitiveArray<T>, Misfit> {
    texts
        .iter()
        .map(|text| match text {
            None => Ok(None),
            Some(text) => parse(text).map(Some).ok_or_else(|| Misfit(text.to_owned())),
        })
        .collect()
}
