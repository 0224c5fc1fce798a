//! Reads one value of a scalar type from text: exactly, or not at all.

use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use datafusion::scalar::ScalarValue;

use super::ValueType;

/// Reads `text` as `value_type`, which is no list.
pub(super) fn scalar(value_type: &ValueType, text: &str) -> Result<ScalarValue, String> {
    Ok(match value_type {
        ValueType::Bool => match text {
            "true" => ScalarValue::Boolean(Some(true)),
            "false" => ScalarValue::Boolean(Some(false)),
            _ => return Err("is not true or false".to_owned()),
        },
        ValueType::Int32 => ScalarValue::Int32(Some(integer(text, &i32::MIN, &i32::MAX)?)),
        ValueType::Int64 => ScalarValue::Int64(Some(integer(text, &i64::MIN, &i64::MAX)?)),
        ValueType::Float64 => ScalarValue::Float64(Some(float(text)?)),
        ValueType::Decimal(precision, scale) => {
            ScalarValue::Decimal128(Some(decimal(text, *precision, *scale)?), *precision, *scale)
        }
        ValueType::String if text.contains('\0') => return Err("contains a NUL character".to_owned()),
        ValueType::String => ScalarValue::Utf8(Some(text.to_owned())),
        ValueType::Date => {
            let date = date(text).ok_or("is not a date (YYYY-MM-DD)")?;
            ScalarValue::Date32(Some((date - NaiveDate::default()).num_days().try_into().map_err(|_| "is too far")?))
        }
        ValueType::Timestamp => ScalarValue::TimestampMicrosecond(Some(timestamp(text)?), None),
        ValueType::TimestampTz => ScalarValue::TimestampMicrosecond(Some(instant(text)?), Some(super::UTC.into())),
        ValueType::Uuid => {
            let uuid = uuid::Uuid::try_parse(text).map_err(|_| "is not a UUID (RFC 4122)")?;
            ScalarValue::Utf8(Some(uuid.to_string()))
        }
        ValueType::List(_) => return Err("is not a list".to_owned()),
    })
}

/// Reads a JSON number as one of the integer types. JSON has one kind of number: `10`, `10.0` and `1e1` are the same
/// integer (JSON Schema, section 6.1.1).
pub(super) fn json_integer(value_type: &ValueType, number: &str) -> Result<ScalarValue, String> {
    match decimal(number, super::MAX_PRECISION, 0) {
        Ok(whole) => scalar(value_type, &whole.to_string()),
        Err(_) => scalar(value_type, number),
    }
}

/// An optional `-` and digits.
fn integer<T: FromStr + std::fmt::Display>(text: &str, min: &T, max: &T) -> Result<T, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("is not an integer".to_owned());
    }
    text.parse().map_err(|_| format!("is not between {min} and {max}"))
}

/// Decimal or exponent form, `NaN`, `Infinity` or `-Infinity`.
fn float(text: &str) -> Result<f64, String> {
    match text {
        "NaN" => return Ok(f64::NAN),
        "Infinity" => return Ok(f64::INFINITY),
        "-Infinity" => return Ok(f64::NEG_INFINITY),
        _ => {}
    }
    // Rust's own grammar also takes `inf` and `nan` in any case, which would give one value several spellings.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match text.parse::<f64>() {
        Ok(value) if plain && value.is_finite() => Ok(value),
        Ok(_) if plain => Err("is beyond the range of float64".to_owned()),
        _ => Err("is not a number".to_owned()),
    }
}

/// The unscaled value of `digits.digits[e±exponent]`. Digits beyond the scale must be zeros.
fn decimal(text: &str, precision: u8, scale: i8) -> Result<i128, String> {
    let wrong = || "is not a decimal number".to_owned();
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().map_err(|_| wrong())?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    // The value is 0.DIGITS × 10^point, DIGITS without zeros at either end.
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let digits = digits.trim_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    let count = |length: usize| i64::try_from(length).map_err(|_| wrong());
    let point = count(whole.len())? + i64::from(exponent) - count(leading)?;
    let before = i64::from(precision) - i64::from(scale);
    if count(digits.len())? - point > i64::from(scale) {
        return Err(format!("has more than {scale} digits after the point"));
    }
    if point > before {
        return Err(format!("has more than {before} digits before the point"));
    }
    let zeros = point + i64::from(scale) - count(digits.len())?;
    let unscaled = digits.parse::<i128>().ok().zip(u32::try_from(zeros).ok());
    let (unscaled, zeros) = unscaled.ok_or_else(wrong)?;
    let value = unscaled.checked_mul(10_i128.checked_pow(zeros).ok_or_else(wrong)?).ok_or_else(wrong)?;
    Ok(if negative { -value } else { value })
}

/// `YYYY-MM-DD`, years 0001 to 9999.
fn date(text: &str) -> Option<NaiveDate> {
    let number = |range: std::ops::Range<usize>| {
        text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<u32>().ok()
    };
    let dashes = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let year = number(0..4).filter(|year| dashes && *year > 0)?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(5..7)?, number(8..10)?)
}

/// `YYYY-MM-DD[T ]HH:MM[:SS[.ffffff]]` as microseconds.
fn timestamp(text: &str) -> Result<i64, String> {
    let (local, zone) = split_zone(text);
    if zone.is_some() {
        return Err("has a zone, which a timestamp has not".to_owned());
    }
    local_time(local, "is not a timestamp (YYYY-MM-DDTHH:MM:SS)").map(|time| time.and_utc().timestamp_micros())
}

/// The same with `Z` or an offset `±HH:MM` (RFC 3339), as microseconds in UTC.
fn instant(text: &str) -> Result<i64, String> {
    const FORM: &str = "is not a timestamp with a zone (YYYY-MM-DDTHH:MM:SSZ)";
    let (local, zone) = split_zone(text);
    let local = local_time(local, FORM)?;
    let zone = zone.ok_or("needs a zone: `Z` or an offset such as `+01:00`")?;
    let offset = if zone.eq_ignore_ascii_case("z") { TimeDelta::zero() } else { offset(zone).ok_or(FORM)? };
    let utc = local.checked_sub_signed(offset).filter(|time| (1..=9999).contains(&time.year()));
    utc.map(|time| time.and_utc().timestamp_micros())
        .ok_or_else(|| "is not between the years 0001 and 9999 in UTC".to_owned())
}

/// Cuts a zone off the end, if there is one behind the date.
fn split_zone(text: &str) -> (&str, Option<&str>) {
    match text.char_indices().find(|(index, c)| *index > 10 && matches!(c, 'Z' | 'z' | '+' | '-')) {
        Some((index, _)) => (&text[..index], Some(&text[index..])),
        None => (text, None),
    }
}

/// Date and time of day; `form` is the error when it does not look so.
fn local_time(text: &str, form: &str) -> Result<NaiveDateTime, String> {
    let parts = text.get(..10).zip(text.get(10..11)).zip(text.get(11..));
    let ((day, separator), time) = parts.ok_or(form)?;
    if !matches!(separator, "T" | "t" | " ") {
        return Err(form.to_owned());
    }
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let numbers: Option<Vec<u32>> = clock.split(':').map(two_digits).collect();
    let (hour, minute, second) = match (numbers.as_deref(), fraction) {
        (Some(&[hour, minute, second]), _) => (hour, minute, second),
        (Some(&[hour, minute]), None) => (hour, minute, 0),
        _ => return Err(form.to_owned()),
    };
    let micros = match fraction {
        Some(digits) if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(form.to_owned());
        }
        Some(digits) if digits.len() > 6 => {
            return Err("has more than 6 digits of a second; timestamps are in microseconds".to_owned());
        }
        Some(digits) => format!("{digits:0<6}").parse().map_err(|_| form)?,
        None => 0,
    };
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros);
    date(day).zip(time).map(|(day, time)| day.and_time(time)).ok_or_else(|| form.to_owned())
}

/// `±HH:MM`.
fn offset(text: &str) -> Option<TimeDelta> {
    let negative = text.starts_with('-');
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let hours = two_digits(hours).filter(|hours| *hours < 24)?;
    let minutes = two_digits(minutes).filter(|minutes| *minutes < 60)?;
    let offset = TimeDelta::minutes(i64::from(hours * 60 + minutes));
    Some(if negative { -offset } else { offset })
}

/// Exactly two decimal digits.
fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}
