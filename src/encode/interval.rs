//! Prints intervals and durations in ISO 8601. Every component has its own sign, as in Postgres' `iso_8601` style.

use super::{
    blocks::Blocks,
    number::{push_signed, push_unsigned},
};

/// `P1Y2M3DT4H5M6.789S`; `PT0S` if all is zero. Months make years, and time makes hours, minutes and seconds; days
/// are neither, because a month and a day differ in length. `time` is in parts of a second.
pub(super) fn push_interval(months: i32, days: i32, time: i64, per_second: i64, out: &mut Vec<u8>) {
    out.push(b'P');
    push_component(i64::from(months / 12), b'Y', out);
    push_component(i64::from(months % 12), b'M', out);
    push_component(i64::from(days), b'D', out);
    if time == 0 {
        if months == 0 && days == 0 {
            out.put_all(b"T0S");
        }
        return;
    }
    out.push(b'T');
    let seconds = time / per_second;
    push_component(seconds / 3600, b'H', out);
    push_component(seconds / 60 % 60, b'M', out);
    push_seconds(seconds % 60, time % per_second, per_second, out);
}

fn push_component(value: i64, unit: u8, out: &mut Vec<u8>) {
    if value != 0 {
        push_signed(value, out);
        out.push(unit);
    }
}

/// Both parts have the same sign, or are zero.
fn push_seconds(whole: i64, fraction: i64, per_second: i64, out: &mut Vec<u8>) {
    if whole == 0 && fraction == 0 {
        return;
    }
    if whole < 0 || fraction < 0 {
        out.push(b'-');
    }
    push_unsigned(whole.unsigned_abs(), out);
    let (mut rest, mut scale) = (fraction.unsigned_abs(), per_second.unsigned_abs());
    if rest > 0 {
        out.push(b'.');
    }
    while rest > 0 {
        scale /= 10;
        out.push(b'0' + u8::try_from(rest / scale).unwrap_or(0));
        rest %= scale;
    }
    out.push(b'S');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        const MS: i64 = 1_000;
        const NS: i64 = 1_000_000_000;
        let cases = [
            (0, 0, 0, NS, "PT0S"),
            (14, 3, 14_706_789, MS, "P1Y2M3DT4H5M6.789S"),
            (-14, -3, -14_706_789, MS, "P-1Y-2M-3DT-4H-5M-6.789S"),
            (12, 0, 0, MS, "P1Y"),
            (-1, 0, 0, MS, "P-1M"),
            (0, 1, 0, MS, "P1D"),
            (1, -2, 3 * NS, NS, "P1M-2DT3S"),
            (0, 0, -500, MS, "PT-0.5S"),
            (0, 0, 1, NS, "PT0.000000001S"),
            (0, 0, 3600 * MS, MS, "PT1H"),
            (0, 0, 90_061, 1, "PT25H1M1S"),
            (i32::MAX, i32::MIN, i64::MIN, NS, "P178956970Y7M-2147483648DT-2562047H-47M-16.854775808S"),
            (0, 0, i64::MAX, 1, "PT2562047788015215H30M7S"),
        ];
        for (months, days, time, per_second, expected) in cases {
            let mut out = Vec::new();
            push_interval(months, days, time, per_second, &mut out);
            assert_eq!(String::from_utf8(out).as_deref(), Ok(expected));
        }
    }
}
