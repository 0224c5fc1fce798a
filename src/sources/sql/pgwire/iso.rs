//! Times as servers print them under `DateStyle = ISO`: `2024-02-29 12:30:15.5+00`, and behind it `BC` for years before 1.

use chrono::{NaiveDate, NaiveTime, Timelike};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// `2024-02-29`, as days since 1970.
pub fn day(text: &str) -> Option<i32> {
    let (text, is_before) = era(text);
    i32::try_from(days(text, is_before)?).ok()
}

/// `23:59:59.999999`, as microseconds since midnight. `24:00:00` is none.
pub fn clock(text: &str) -> Option<i64> {
    let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?;
    let nanos = i64::from(time.nanosecond());
    let is_whole = nanos < 1_000_000_000 && nanos % 1000 == 0;
    is_whole.then(|| i64::from(time.num_seconds_from_midnight()) * SECOND + nanos / 1000)
}

/// A day and a time of day, as microseconds since 1970; with an offset (`+00`, `-03:30`), which is then needed, of the
/// instant.
pub fn moment(text: &str, has_offset: bool) -> Option<i64> {
    let (text, is_before) = era(text);
    let (date, rest) = text.split_once(' ')?;
    let (time, offset) = match (rest.find(['+', '-']), has_offset) {
        (Some(at), true) => (&rest[..at], seconds(&rest[at..])?),
        (None, false) => (rest, 0),
        _ => return None,
    };
    let since_midnight = clock(time)?;
    days(date, is_before)?.checked_mul(86_400 * SECOND)?.checked_add(since_midnight)?.checked_sub(offset * SECOND)
}

fn era(text: &str) -> (&str, bool) {
    text.strip_suffix(" BC").map_or((text, false), |text| (text, true))
}

/// The year before 1 is 1 BC.
fn days(text: &str, is_before: bool) -> Option<i64> {
    let mut parts = text.split('-');
    let mut part = || parts.next().filter(|part| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let (year, month, day) = (part()?.parse::<i32>().ok()?, part()?.parse().ok()?, part()?.parse().ok()?);
    if parts.next().is_some() || year == 0 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(if is_before { 1 - year } else { year }, month, day)?;
    Some(date.signed_duration_since(NaiveDate::default()).num_days())
}

fn seconds(offset: &str) -> Option<i64> {
    let (sign, digits) = offset.split_at_checked(1)?;
    let mut total = 0;
    for (part, unit) in digits.split(':').zip([3600, 60, 1]) {
        total += part.parse::<i64>().ok().filter(|_| part.len() == 2)? * unit;
    }
    Some(if sign == "-" { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_print_is_read() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("0001-01-01", Some(-719_162)),
            ("0001-12-31 BC", Some(-719_163)),
            ("10000-01-01", Some(2_932_897)),
            ("2023-02-29", None),
            ("infinity", None),
            ("24-1-1", None),
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
        for (text, has_offset, expected) in [
            ("1970-01-01 00:00:00", false, Some(0)),
            ("1969-12-31 23:59:59.999999", false, Some(-1)),
            ("1970-01-01 00:00:01.5+00", true, Some(1_500_000)),
            ("1970-01-01 00:00:00-03:30", true, Some(12_600_000_000)),
            ("0044-03-15 12:00:00.5 BC", false, Some(-63_517_780_799_500_000)),
            ("1970-01-01 00:00:00", true, None),
            ("1970-01-01 00:00:00+00", false, None),
            ("1970-01-01 00:00:00.0000001", false, None),
            ("1970-01-01", false, None),
        ] {
            assert_eq!(moment(text, has_offset), expected, "{text}");
        }
        assert_eq!(
            [clock("23:59:59.999999"), clock("00:00:00"), clock("24:00:00")],
            [Some(86_399_999_999), Some(0), None]
        );
    }
}
