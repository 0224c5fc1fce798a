//! Prints dates, times and timestamps in ISO 8601.

#![expect(clippy::many_single_char_names, reason = "digits have no names")]

use arrow::datatypes::TimeUnit;

use super::{blocks::Blocks, digits::eight_text, number::push_unsigned};

const SECONDS_PER_DAY: i64 = 86_400;
/// From there to 1970-01-01, in days.
const FROM_YEAR_0_MARCH_1: i64 = 719_468;
/// 9999-12-31, in days since 0000-03-01.
const LAST_OF_YEAR_9999: u32 = 3_652_364;

/// How many of a unit make a second.
pub(super) const fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// `2026-01-31`, for a number of days since 1970-01-01. Years outside 0000-9999 have a sign.
#[inline]
pub(super) fn push_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = match u32::try_from(days + FROM_YEAR_0_MARCH_1) {
        Ok(days @ 0..=LAST_OF_YEAR_9999) => usual_civil(days),
        _ => civil(days),
    };
    match u32::try_from(year) {
        Ok(year @ 0..=9999) => {
            let [a, b, c, d, e, f, g, h] = eight_text(u64::from(year * 10_000 + month * 100 + day));
            out.put(&[a, b, c, d, b'-', e, f, b'-', g, h], 10);
        }
        _ => push_unusual_date(year, month, day, out),
    }
}

#[cold]
fn push_unusual_date(year: i64, month: u32, day: u32, out: &mut Vec<u8>) {
    out.push(if year < 0 { b'-' } else { b'+' });
    let magnitude = year.unsigned_abs();
    let padding = [1000, 100, 10].iter().filter(|limit| magnitude < **limit).count();
    out.resize(out.len() + padding, b'0');
    push_unsigned(magnitude, out);
    let [.., e, f, g, h] = eight_text(u64::from(month * 100 + day));
    out.put(&[b'-', e, f, b'-', g, h], 6);
}

/// `23:59:59`, with 3, 6 or 9 decimals if there is a fraction, for a time since midnight.
///
/// What lies outside a day is no time of day, but is printed as it is (`24:00:00`, `-00:00:01`).
#[inline]
pub(super) fn push_time(value: i64, per_second: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let (magnitude, per_second) = (value.unsigned_abs(), per_second.unsigned_abs());
    let (seconds, fraction) = (magnitude / per_second, magnitude % per_second);
    push_clock(seconds, out);
    push_fraction(fraction, per_second, out);
}

/// `2026-01-31T23:59:59`, with 3, 6 or 9 decimals if there is a fraction, for a time since 1970-01-01T00:00:00.
// Inlined to where `per_second` is a constant, so that no division remains.
#[inline(always)]
#[expect(clippy::inline_always, reason = "divisions take a multiple of all else here")]
pub(super) fn push_timestamp(value: i64, per_second: i64, out: &mut Vec<u8>) {
    let (seconds, fraction) = (value.div_euclid(per_second), value.rem_euclid(per_second));
    push_date(seconds.div_euclid(SECONDS_PER_DAY), out);
    out.push(b'T');
    push_clock(seconds.rem_euclid(SECONDS_PER_DAY).unsigned_abs(), out);
    push_fraction(fraction.unsigned_abs(), per_second.unsigned_abs(), out);
}

/// `23:59:59`
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "minutes and seconds are below 60, and these hours below 100")]
fn push_clock(seconds: u64, out: &mut Vec<u8>) {
    let (hours, minutes, seconds) = (seconds / 3600, (seconds / 60 % 60) as u32, (seconds % 60) as u32);
    let usual = hours < 100;
    if !usual {
        push_unsigned(hours, out);
    }
    let [_, _, a, b, c, d, e, f] =
        eight_text(u64::from(if usual { hours as u32 * 10_000 } else { 0 } + minutes * 100 + seconds));
    if usual {
        out.put(&[a, b], 2);
    }
    out.put(&[b':', c, d, b':', e, f], 6);
}

/// Nothing for zero; else the fewest groups of three decimals, the widths that every parser knows.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "less than a second has less than 10^9 nanoseconds")]
fn push_fraction(fraction: u64, per_second: u64, out: &mut Vec<u8>) {
    if fraction == 0 {
        return;
    }
    let nanoseconds = (fraction * (1_000_000_000 / per_second)) as u32;
    let [a, b, c, d, e, f, g, h] = eight_text(u64::from(nanoseconds / 10));
    let digits = [b'.', a, b, c, d, e, f, g, h, b'0' + (nanoseconds % 10) as u8];
    out.put(
        &digits,
        if nanoseconds.is_multiple_of(1_000_000) {
            4
        } else if nanoseconds.is_multiple_of(1_000) {
            7
        } else {
            10
        },
    );
}

/// Year, month and day of the years 0000 to 9999, for a number of days since 0000-03-01.
///
/// Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms" (2023): quotients and
/// remainders of one multiplication each.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is meant, and the upper is below 100")]
fn usual_civil(days: u32) -> (i64, u32, u32) {
    let quarters = 4 * days + 3;
    let (century, of_century) = (quarters / 146_097, quarters % 146_097 / 4);
    let product = 2_939_745 * (4 * u64::from(of_century) + 3);
    let (year_of_century, of_year) = ((product >> 32) as u32, product as u32 / 2_939_745 / 4);
    let scaled = 2_141 * of_year + 197_913;
    let (month, day) = (scaled >> 16, scaled % (1 << 16) / 2_141 + 1);
    // Years are counted from 1 March.
    let (month, next_year) = if of_year >= 306 { (month - 12, 1) } else { (month, 0) };
    (i64::from(100 * century + year_of_century + next_year), month, day)
}

/// Year, month and day of the proleptic Gregorian calendar, for a number of days since 1970-01-01.
///
/// The calendar repeats every 400 years (146 097 days). Counting years from 1 March puts the leap day last, and makes
/// the months' lengths a straight line: 153 days for every five months.
#[cold]
fn civil(days: i64) -> (i64, u32, u32) {
    const DAYS_PER_ERA: i64 = 146_097;
    let days = days + FROM_YEAR_0_MARCH_1;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = u32::try_from(days.rem_euclid(DAYS_PER_ERA)).unwrap_or(0);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, next_year) = if month_from_march < 10 { (month_from_march + 3, 0) } else { (month_from_march - 9, 1) };
    (era * 400 + i64::from(year_of_era) + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};

    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn dates() {
        let cases = [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (20_483, "2026-01-30"),
            (11_016, "2000-02-29"),
            (-719_528, "0000-01-01"),
            (-719_529, "-0001-12-31"),
            (-719_468, "0000-03-01"),
            (-719_469, "0000-02-29"),
            (2_932_896, "9999-12-31"),
            (2_932_897, "+10000-01-01"),
            (i64::from(i32::MAX), "+5881580-07-11"),
            (i64::from(i32::MIN), "-5877641-06-23"),
        ];
        for (days, expected) in cases {
            assert_eq!(text(|out| push_date(days, out)), expected);
        }
    }

    #[test]
    fn dates_agree_with_the_calendar() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a date");
        // 997 is prime: over these 2200 years every kind of year and nearly every day of the year comes up.
        for days in (-800_000..800_000_i64).step_by(997).chain(-200_000..200_000) {
            let date = epoch + chrono::Duration::days(days);
            assert_eq!(civil(days), (i64::from(date.year()), date.month(), date.day()), "{days}");
            if (0..=9999).contains(&date.year()) {
                assert_eq!(text(|out| push_date(days, out)), date.to_string());
            }
        }
    }

    #[test]
    fn times() {
        let cases = [
            (0, 1, "00:00:00"),
            (86_399, 1, "23:59:59"),
            (86_400, 1, "24:00:00"),
            (1_500, 1_000, "00:00:01.500"),
            (1, 1_000_000, "00:00:00.000001"),
            (500_000, 1_000_000, "00:00:00.500"),
            (86_399_999_999_999, 1_000_000_000, "23:59:59.999999999"),
            (-1, 1, "-00:00:01"),
            (360_061, 1, "100:01:01"),
            (i64::MIN, 1_000_000_000, "-2562047:47:16.854775808"),
        ];
        for (value, per_second, expected) in cases {
            assert_eq!(text(|out| push_time(value, per_second, out)), expected);
        }
    }

    #[test]
    fn timestamps() {
        let cases = [
            (0, TimeUnit::Second, "1970-01-01T00:00:00"),
            (1_767_225_600_000_000, TimeUnit::Microsecond, "2026-01-01T00:00:00"),
            (-1, TimeUnit::Microsecond, "1969-12-31T23:59:59.999999"),
            (-1, TimeUnit::Nanosecond, "1969-12-31T23:59:59.999999999"),
            (-500, TimeUnit::Millisecond, "1969-12-31T23:59:59.500"),
            (-62_167_219_200, TimeUnit::Second, "0000-01-01T00:00:00"),
            (253_402_300_800, TimeUnit::Second, "+10000-01-01T00:00:00"),
            (i64::MAX, TimeUnit::Nanosecond, "2262-04-11T23:47:16.854775807"),
            (i64::MIN, TimeUnit::Microsecond, "-290308-12-21T19:59:05.224192"),
            (i64::MAX, TimeUnit::Second, "+292277026596-12-04T15:30:07"),
            (i64::MIN, TimeUnit::Second, "-292277022657-01-27T08:29:52"),
        ];
        for (value, unit, expected) in cases {
            assert_eq!(text(|out| push_timestamp(value, per_second(unit), out)), expected);
        }
    }
}
