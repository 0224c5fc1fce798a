//! Prints a value the one way that reads back as the same value.

use chrono::{DateTime, NaiveDate, TimeDelta};
use datafusion::scalar::ScalarValue;

/// The canonical text of a value: what its type reads back as the same value. Lists are `[a, b]`, NULL is `null`.
#[must_use]
pub fn to_text(value: &ScalarValue) -> String {
    match value {
        ScalarValue::Boolean(Some(value)) => value.to_string(),
        ScalarValue::Int32(Some(value)) => value.to_string(),
        ScalarValue::Int64(Some(value)) => value.to_string(),
        ScalarValue::Float64(Some(value)) => float(*value),
        ScalarValue::Decimal128(Some(value), _, scale) => decimal(*value, *scale),
        ScalarValue::Utf8(Some(value)) => value.clone(),
        ScalarValue::Date32(Some(days)) => {
            match NaiveDate::default().checked_add_signed(TimeDelta::days((*days).into())) {
                Some(date) => date.format("%Y-%m-%d").to_string(),
                None => value.to_string(),
            }
        }
        ScalarValue::TimestampMicrosecond(Some(micros), zone) => match DateTime::from_timestamp_micros(*micros) {
            Some(time) => {
                let fraction = if micros.rem_euclid(1_000_000) == 0 { "" } else { "%.6f" };
                let suffix = if zone.is_some() { "Z" } else { "" };
                time.format(&format!("%Y-%m-%dT%H:%M:%S{fraction}{suffix}")).to_string()
            }
            None => value.to_string(),
        },
        ScalarValue::List(_) if !value.is_null() => {
            let elements: Vec<_> = super::elements(value).iter().map(to_text).collect();
            format!("[{}]", elements.join(", "))
        }
        other if other.is_null() => "null".to_owned(),
        other => other.to_string(),
    }
}

/// The shortest text that reads back as the same number.
fn float(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else {
        ryu::Buffer::new().format_finite(value).to_owned()
    }
}

/// `unscaled` × 10^−scale with all its digits.
fn decimal(unscaled: i128, scale: i8) -> String {
    let scale = usize::try_from(scale).unwrap_or(0);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
