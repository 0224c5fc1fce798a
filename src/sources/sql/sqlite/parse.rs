//! Dates, timestamps and decimals that are stored as text: read strictly, or not at all.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// Days since 1970-01-01 of `YYYY-MM-DD`.
pub fn date(text: &str) -> Option<i32> {
    i32::try_from(calendar_day(text)?.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

/// Microseconds since 1970-01-01 of `YYYY-MM-DD HH:MM[:SS[.ffffff]]`, with a space or `T`. More digits must be zeros.
pub fn timestamp(text: &str) -> Option<i64> {
    let (day, time) = text.split_at_checked(10)?;
    let time = time.strip_prefix([' ', 'T'])?;
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':').map(|part| number(part, 2));
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match (parts.next(), fraction) {
        (Some(second), _) => second?,
        (None, None) => 0,
        (None, Some(_)) => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    let micros = fraction.map_or(Some(0), micros)?;
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?;
    Some(NaiveDateTime::new(calendar_day(day)?, time).and_utc().timestamp_micros())
}

/// The integer `value × 10^scale` of a plain decimal number. The error says why it is none.
pub fn decimal(text: &str, precision: u8, scale: i8) -> Result<i128, &'static str> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit()) {
        return Err("text that is no decimal number");
    }
    let scale = usize::try_from(scale).map_err(|_| "a scale below zero")?;
    let (kept, lost) = fraction.split_at(scale.min(fraction.len()));
    if lost.bytes().any(|digit| digit != b'0') {
        return Err("too many digits after the point");
    }
    let padding = std::iter::repeat_n(b'0', scale - kept.len());
    let unsigned = whole
        .bytes()
        .chain(kept.bytes())
        .chain(padding)
        .try_fold(0_i128, |sum, digit| sum.checked_mul(10)?.checked_add(i128::from(digit - b'0')))
        .filter(|value| 10_i128.checked_pow(u32::from(precision)).is_none_or(|bound| *value < bound))
        .ok_or("too many digits before the point")?;
    Ok(if negative { -unsigned } else { unsigned })
}

fn calendar_day(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// Exactly `width` digits.
fn number(text: &str, width: usize) -> Option<u32> {
    (text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn micros(fraction: &str) -> Option<u32> {
    let (kept, rest) = fraction.split_at_checked(6).unwrap_or((fraction, ""));
    let sound = !kept.is_empty() && rest.bytes().all(|byte| byte == b'0');
    let digits = number(kept, kept.len()).filter(|_| sound)?;
    Some(digits * 10_u32.pow(6 - u32::try_from(kept.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_text_is_read() {
        assert_eq!(date("1970-01-02"), Some(1));
        assert_eq!(date("0001-01-01"), Some(-719_162));
        for text in ["1970-1-2", "70-01-02", "1970-02-30", "1970-01-02 ", "+970-01-02", "1970-01-02-03", ""] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(timestamp("1970-01-01 00:00"), Some(0));
        assert_eq!(timestamp("1969-12-31T23:59:59.5"), Some(-500_000));
        assert_eq!(timestamp("1970-01-01 00:00:01.000002000"), Some(1_000_002));
        for text in [
            "1970-01-01",
            "1970-01-01 00",
            "1970-01-01 00:00.5",
            "1970-01-01 00:00:00Z",
            "1970-01-01 00:00:00.",
            "1970-01-01 00:00:00.0000001",
            "1970-01-01 24:00:00",
            "1970-01-01 00:00:00:00",
        ] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(decimal("12.5", 5, 2), Ok(1250));
        assert_eq!(decimal("-0.10", 5, 1), Ok(-1));
        assert_eq!(decimal("7", 38, 18), Ok(7_000_000_000_000_000_000));
        assert_eq!(decimal("1.005", 5, 2), Err("too many digits after the point"));
        assert_eq!(decimal("1000", 5, 2), Err("too many digits before the point"));
        assert_eq!(decimal(&"9".repeat(50), 38, 0), Err("too many digits before the point"));
        for text in ["", "-", ".", "1e5", "0x1", "1,5", " 1"] {
            assert_eq!(decimal(text, 5, 2), Err("text that is no decimal number"), "{text}");
        }
    }
}
