//! Values as the input functions of their types read them.

use std::fmt::Write;

use datafusion::{
    arrow::{
        temporal_conversions::{date32_to_datetime, timestamp_us_to_datetime},
        util::display::{ArrayFormatter, FormatOptions},
    },
    scalar::ScalarValue,
};

/// What the type's input function reads; `None` of NULL, and of a type that no predicate uses.
pub fn text(value: &ScalarValue) -> Option<String> {
    Some(match value {
        ScalarValue::Boolean(Some(value)) => value.to_string(),
        ScalarValue::Int16(Some(value)) => value.to_string(),
        ScalarValue::Int32(Some(value)) => value.to_string(),
        ScalarValue::Int64(Some(value)) => value.to_string(),
        // The shortest digits that give the same number back; `inf` is read too.
        ScalarValue::Float32(Some(value)) => format!("{value:e}"),
        ScalarValue::Float64(Some(value)) => format!("{value:e}"),
        ScalarValue::Decimal128(Some(_), ..) | ScalarValue::Decimal256(Some(_), ..) => plain_digits(value)?,
        // No identifier, literal or place of a statement holds a NUL; Postgres would take none.
        ScalarValue::Utf8(Some(value)) => (!value.contains('\0')).then(|| value.clone())?,
        ScalarValue::Binary(Some(bytes)) => bytes.iter().fold(String::from("\\x"), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }),
        // Years 1 to 9999, as predicates promise: no sign, no era.
        ScalarValue::Date32(Some(days)) => date32_to_datetime(*days)?.format("%Y-%m-%d").to_string(),
        ScalarValue::TimestampMicrosecond(Some(micros), zone) => {
            let offset = if zone.is_some() { "+00" } else { "" };
            format!("{}{offset}", timestamp_us_to_datetime(*micros)?.format("%Y-%m-%d %H:%M:%S%.6f"))
        }
        _ => return None,
    })
}

/// A decimal in plain digits.
pub fn plain_digits(value: &ScalarValue) -> Option<String> {
    let array = value.to_array().ok()?;
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).ok()?;
    Some(formatter.value(0).to_string())
}
