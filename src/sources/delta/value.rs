//! Values that a log holds as text: of partitions, and bounds in statistics.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, StringArray},
        datatypes::{DataType, TimeUnit},
    },
    scalar::ScalarValue,
};

use super::super::strict::Target;

/// The value that `text` stands for (Delta Lake's protocol, "Partition Value Serialization"). `None` when it stands for
/// none.
#[must_use]
pub fn parse(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    Some(match data_type {
        DataType::Utf8 => ScalarValue::Utf8(Some(text.to_owned())),
        DataType::Binary => ScalarValue::Binary(Some(text.bytes().collect())),
        DataType::Int8 => ScalarValue::Int8(Some(text.parse().ok()?)),
        DataType::Int16 => ScalarValue::Int16(Some(text.parse().ok()?)),
        DataType::Float32 => ScalarValue::Float32(Some(text.parse().ok()?)),
        DataType::Float64 => ScalarValue::Float64(Some(text.parse().ok()?)),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let is_zoned = text.ends_with('Z') || text.get(10..).is_some_and(|time| time.contains(['+', '-']));
            match (zone, is_zoned) {
                // Instants without an offset are in UTC.
                (Some(_), false) => strict(&format!("{text}Z"), data_type)?,
                (None, true) => strict(text.strip_suffix('Z')?, data_type)?,
                _ => strict(text, data_type)?,
            }
        }
        _ => strict(text, data_type)?,
    })
}

/// `value` of a column that is to be read as `target`.
#[must_use]
pub fn convert(value: &ScalarValue, target: &Target) -> Option<ScalarValue> {
    let read = target.read(&value.to_array().ok()?).ok()?;
    ScalarValue::try_from_array(&read, 0).ok()
}

fn strict(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    let texts: ArrayRef = Arc::new(StringArray::from(vec![text]));
    ScalarValue::try_from_array(&Target::plain(data_type).read(&texts).ok()?, 0).ok()
}
