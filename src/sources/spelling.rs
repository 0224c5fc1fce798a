//! How values are spelled in text files. What is not spelled exactly so is not a value of the type.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use datafusion::arrow::datatypes::DataType;

use crate::model::ValueType;

/// The most specific type that all `texts` are written in: bool, int64, float64, date, timestamp, timestamptz, string;
/// Null when there is no value. Only spellings that read back exactly count: `007` is text, and so is an integer that
/// int64 cannot hold.
pub fn infer<'a>(texts: &(impl Iterator<Item = &'a str> + Clone)) -> DataType {
    let all = |fits: fn(&str) -> bool| texts.clone().all(fits);
    if texts.clone().next().is_none() {
        DataType::Null
    } else if all(|text| bool_of(text).is_some()) {
        ValueType::Bool.arrow()
    } else if all(|text| int_of::<i64>(text).is_some()) {
        ValueType::Int64.arrow()
    } else if all(|text| is_fraction(text) || int_of::<i64>(text).is_some() && float_of(text).is_some()) {
        ValueType::Float64.arrow()
    } else if all(|text| date_of(text).is_some()) {
        ValueType::Date.arrow()
    } else if all(|text| timestamp_of(text).is_some()) {
        ValueType::Timestamp.arrow()
    } else if all(|text| instant_of(text).is_some() && timestamp_of(text).is_none()) {
        ValueType::TimestampTz.arrow()
    } else {
        ValueType::String.arrow()
    }
}

/// `true` and `false`, in any case.
#[must_use]
pub fn bool_of(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Integers in their one canonical spelling, so that codes like `007` and `+49` are not taken for numbers.
#[must_use]
pub fn int_of<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits == "0" && text == "0" || !digits.starts_with(['0', '+']);
    canonical.then(|| text.parse().ok()).flatten()
}

/// A finite number as text; `NaN` and infinities by name. Not a number too large for a double, and not an integer that
/// a double would round.
#[must_use]
pub fn float_of(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let is_integer = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_integer {
        let is_small = int_of::<i64>(text).is_some_and(|int| int.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS);
        return (is_small || value.to_string() == text).then_some(value);
    }
    (value.is_finite() || !text.contains(|c: char| c.is_ascii_digit())).then_some(value)
}

/// A number with a point or an exponent: what makes a column of text a float64 column.
fn is_fraction(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
    digits.starts_with(|c: char| c.is_ascii_digit())
        && !leading_zero
        && text.contains(['.', 'e', 'E'])
        && float_of(text).is_some()
}

/// `-12.50`, `1.5e3`: the value at `scale`, unless digits other than zeros would be lost.
#[must_use]
pub fn decimal_of(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        None => (text, 0),
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let significant = format!("{whole}{fraction}");
    let significant = significant.trim_start_matches('0');
    let trimmed = significant.trim_end_matches('0');
    if trimmed.is_empty() {
        return Some(0);
    }
    let dropped = i32::try_from(significant.len() - trimmed.len()).ok()?;
    let shift = exponent
        .checked_sub(i32::try_from(fraction.len()).ok()?)?
        .checked_add(dropped)?
        .checked_add(i32::from(scale))?;
    let magnitude = trimmed.parse::<i128>().ok()?.checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)?;
    let bound = 10_i128.checked_pow(u32::from(precision))?;
    (magnitude < bound).then_some(if negative { -magnitude } else { magnitude })
}

/// `2026-01-31`: days since 1970.
#[must_use]
pub fn date_of(text: &str) -> Option<i32> {
    let date = day_of(text)?;
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

fn day_of(text: &str) -> Option<NaiveDate> {
    // chrono also takes `2026-1-5`; ISO 8601 does not.
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

/// `2026-01-31 10:00:00.5` or with a `T`, or a date alone: microseconds since 1970, no zone.
#[must_use]
pub fn timestamp_of(text: &str) -> Option<i64> {
    let clock = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| Some(day_of(text)?.and_time(NaiveTime::MIN)))?;
    micros(clock)
}

/// RFC 3339, also with a blank for the `T`; without an offset it is UTC.
#[must_use]
pub fn instant_of(text: &str) -> Option<i64> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => micros(instant.naive_utc()),
        Err(_) => timestamp_of(text),
    }
}

fn micros(clock: NaiveDateTime) -> Option<i64> {
    let utc = clock.and_utc();
    (utc.timestamp_subsec_nanos().is_multiple_of(1000) && utc.timestamp_subsec_nanos() < 1_000_000_000)
        .then(|| utc.timestamp_micros())
}
