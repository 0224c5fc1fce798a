//! Values as text, for protocols whose parameters are text.

use datafusion::{
    arrow::{
        temporal_conversions::{date32_to_datetime, timestamp_us_to_datetime},
        util::display::array_value_to_string,
    },
    scalar::ScalarValue,
};

/// `value` as its type reads it: digits, `true`, `2024-02-29`, `2024-02-29 12:30:15.000000` without a zone (an instant is
/// in UTC), `inf`, text as it is. `None` for NULL, and for values of types that no predicate compares.
pub fn spelled(value: &ScalarValue) -> Option<String> {
    match value {
        ScalarValue::Boolean(Some(value)) => Some(value.to_string()),
        ScalarValue::Int16(Some(value)) => Some(value.to_string()),
        ScalarValue::Int32(Some(value)) => Some(value.to_string()),
        ScalarValue::Int64(Some(value)) => Some(value.to_string()),
        // The shortest digits that give the same number back.
        ScalarValue::Float32(Some(value)) => Some(format!("{value:e}")),
        ScalarValue::Float64(Some(value)) => Some(format!("{value:e}")),
        ScalarValue::Decimal128(Some(_), ..) | ScalarValue::Decimal256(Some(_), ..) => {
            array_value_to_string(&value.to_array().ok()?, 0).ok()
        }
        ScalarValue::Utf8(Some(value)) => Some(value.clone()),
        ScalarValue::Date32(Some(days)) => date32_to_datetime(*days).map(|day| day.format("%Y-%m-%d").to_string()),
        ScalarValue::TimestampMicrosecond(Some(micros), _) => {
            timestamp_us_to_datetime(*micros).map(|time| time.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
        }
        _ => None,
    }
}
