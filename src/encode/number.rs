//! Prints integers, floats and decimals.

use arrow::datatypes::i256;

use super::{
    blocks::Blocks,
    digits::{EIGHT_ZEROS, TEN_TO_8, TEN_TO_16, eight},
};

/// Where a number is written, eight digits at a time, each over what was too much of the last: a sign, 20 digits, a point
/// and what is too much.
type Room = [u8; 32];

/// All digits, exactly.
#[inline]
pub(super) fn push_signed(value: i64, out: &mut Vec<u8>) {
    out.put_with(|room| {
        let start = sign(value < 0, room);
        unsigned(value.unsigned_abs(), start, room)
    });
}

/// All digits, exactly.
#[inline]
pub(super) fn push_unsigned(value: u64, out: &mut Vec<u8>) {
    out.put_with(|room| unsigned(value, 0, room));
}

/// Without a branch, because signs cannot be predicted.
#[inline]
fn sign(is_negative: bool, room: &mut Room) -> usize {
    room[0] = b'-';
    usize::from(is_negative)
}

/// Writes all digits from `start`, and says where they end.
#[inline]
fn unsigned(value: u64, start: usize, room: &mut Room) -> usize {
    if value < TEN_TO_8 {
        significant(value, start, room)
    } else if value < TEN_TO_16 {
        let end = significant(value / TEN_TO_8, start, room);
        eight_at(eight(value % TEN_TO_8), end, room)
    } else {
        let end = significant(value / TEN_TO_16, start, room);
        let end = eight_at(eight(value / TEN_TO_8 % TEN_TO_8), end, room);
        eight_at(eight(value % TEN_TO_8), end, room)
    }
}

/// A value below 10^8 without leading zeros.
#[inline]
fn significant(value: u64, start: usize, room: &mut Room) -> usize {
    let digits = eight(value);
    // Counted on the value, so that what comes next does not wait for these digits. 1233/4096 is about log10(2), and the
    // last bit changes no count but that of zero.
    let value = value | 1;
    let guess = (((u64::BITS - value.leading_zeros()) * 1233) >> 12) as usize;
    let len = guess + usize::from(value >= TEN_TO[guess]);
    eight_at(digits >> (64 - 8 * len), start, room) - 8 + len
}

#[inline]
fn eight_at(digits: u64, start: usize, room: &mut Room) -> usize {
    room[start..start + 8].copy_from_slice(&(digits | EIGHT_ZEROS).to_le_bytes());
    start + 8
}

/// A point, and the first `len` of eight digits.
#[inline]
fn fraction(digits: u64, len: usize, start: usize, room: &mut Room) -> usize {
    room[start] = b'.';
    eight_at(digits, start + 1, room) - 8 + len
}

/// The shortest digits that read back as the same value: `1.0`, `-0.0`, `1e+300`. The value must be finite.
#[inline]
pub(super) fn push_finite<F: zmij::Float>(value: F, out: &mut Vec<u8>) {
    out.put_all(zmij::Buffer::new().format_finite(value).as_bytes());
}

/// The same, sooner for values that have at most four decimals, as amounts of money and counts have.
#[inline]
pub(super) fn push_finite_f64(value: f64, out: &mut Vec<u8>) {
    match ten_thousandths(value) {
        Some(count) => push_ten_thousandths(value.is_sign_negative(), count, out),
        None => push_finite(value, out),
    }
}

/// How many ten thousandths a value is, without its sign, if it is the number closest to so many of them.
///
/// They have at most 15 digits. No two decimals so short are read as the same number, so they are the shortest that is
/// read as this one. Both sides of the division are exact, so it gives what reading the decimal gives.
#[inline]
fn ten_thousandths(value: f64) -> Option<u64> {
    /// Added to a smaller number it leaves no bits for a fraction, which is rounded off.
    const TO_INTEGER: f64 = 6_755_399_441_055_744.0;
    let count = value * 10_000.0 + TO_INTEGER - TO_INTEGER;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an integer below 10^15")]
    #[expect(clippy::float_cmp, reason = "they are to be the same")]
    (count.abs() < 1e15 && count / 10_000.0 == value).then_some(count.abs() as u64)
}

#[inline]
fn push_ten_thousandths(is_negative: bool, count: u64, out: &mut Vec<u8>) {
    out.put_with(|room| {
        let start = sign(is_negative, room);
        let point = unsigned(count / 10_000, start, room);
        let digits = eight(count % 10_000 * 10_000);
        let unneeded = (digits.leading_zeros() / 8).min(7);
        fraction(digits, 8 - unneeded as usize, point, room)
    });
}

/// The powers of ten.
const TEN_TO: [u64; 17] = {
    let mut powers = [1; 17];
    let mut power = 1;
    while power < powers.len() {
        powers[power] = powers[power - 1] * 10;
        power += 1;
    }
    powers
};

/// What a float that is no number is called.
pub(super) fn non_finite_name(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// `unscaled × 10^-scale`, with all digits of the scale.
#[inline]
pub(super) fn push_decimal(unscaled: i128, scale: i8, out: &mut Vec<u8>) {
    let magnitude = unscaled.unsigned_abs();
    // Nearly all decimals are so small.
    if let (Ok(small), Ok(scale @ 0..=16)) = (u64::try_from(magnitude), usize::try_from(scale)) {
        return out.put_with(|room| {
            let start = sign(unscaled < 0, room);
            decimal(small, scale, start, room)
        });
    }
    if unscaled < 0 {
        out.push(b'-');
    }
    place_point(itoa::Buffer::new().format(magnitude).as_bytes(), scale, out);
}

/// At most 16 of the digits are decimals.
#[inline]
fn decimal(unscaled: u64, scale: usize, start: usize, room: &mut Room) -> usize {
    let one = TEN_TO[scale];
    let point = unsigned(unscaled / one, start, room);
    let rest = unscaled % one;
    match scale {
        0 => point,
        1..=8 => fraction(eight(rest * TEN_TO[8 - scale]), scale, point, room),
        _ => {
            let (upper, lower) = (rest / TEN_TO[scale - 8], rest % TEN_TO[scale - 8]);
            let end = fraction(eight(upper), 8, point, room);
            eight_at(eight(lower * TEN_TO[16 - scale]), end, room) - 16 + scale
        }
    }
}

/// Like [`push_decimal`], for 256 bits. Only a value beyond 128 bits allocates.
pub(super) fn push_decimal256(unscaled: i256, scale: i8, out: &mut Vec<u8>) {
    if let Some(small) = unscaled.to_i128() {
        return push_decimal(small, scale, out);
    }
    let text = unscaled.to_string();
    let digits = text.trim_start_matches('-');
    if digits.len() < text.len() {
        out.push(b'-');
    }
    place_point(digits.as_bytes(), scale, out);
}

/// Any number of digits, and any scale.
#[cold]
fn place_point(digits: &[u8], scale: i8, out: &mut Vec<u8>) {
    let shift = usize::from(scale.unsigned_abs());
    if scale <= 0 {
        out.put_all(digits);
        if digits != b"0" {
            out.resize(out.len() + shift, b'0');
        }
    } else if let Some(whole) = digits.len().checked_sub(shift).filter(|whole| *whole > 0) {
        out.put_all(&digits[..whole]);
        out.push(b'.');
        out.put_all(&digits[whole..]);
    } else {
        out.put_all(b"0.");
        out.resize(out.len() + shift - digits.len(), b'0');
        out.put_all(digits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn integers() {
        let powers = (0..20).map(|power| 10_u64.pow(power)).chain((0..64).map(|power| 1 << power));
        let around = powers.flat_map(|power| [power - 1, power, power + 1, 2 * (power / 2), power / 3 * 2]);
        for value in around.chain([u64::MAX]).chain(0..2_000) {
            assert_eq!(text(|out| push_unsigned(value, out)), value.to_string());
        }
        for value in [i64::MIN, -100_000_000, -99_999_999, -1, 0, 1, i64::MAX] {
            assert_eq!(text(|out| push_signed(value, out)), value.to_string());
        }
    }

    #[test]
    fn floats() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e300, "1e+300"),
            (5e-324, "5e-324"),
            (2.225_073_858_507_201e-308, "2.225073858507201e-308"),
            (f64::MAX, "1.7976931348623157e+308"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(|out| push_finite(value, out)), expected);
            assert_eq!(text(|out| push_finite_f64(value, out)), expected);
            assert_eq!(expected.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
        }
        assert_eq!(text(|out| push_finite(0.1_f32, out)), "0.1");
        assert_eq!(non_finite_name(f64::NAN), "NaN");
        assert_eq!(non_finite_name(f64::INFINITY), "Infinity");
        assert_eq!(non_finite_name(f64::NEG_INFINITY), "-Infinity");
    }

    #[test]
    fn floats_of_few_decimals_are_no_exception() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ (state >> 29)
        };
        let edges =
            [1e-4, 5e-5, 1.5e-4, 0.3, 1e11, 99_999_999_999.999_9, 99_999_999_999.999_95, 1e15, 9_007_199_254_740_993.0];
        let edges = edges.into_iter().flat_map(|edge: f64| [edge, edge.next_up(), edge.next_down()]);
        let mut values: Vec<f64> = edges.chain((0..20_000_u32).map(|count| f64::from(count) / 1e4)).collect();
        for round in 0..200_000 {
            #[expect(clippy::cast_precision_loss, reason = "any number will do")]
            let count = (random() >> (round % 64)) as f64;
            let short = count / [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 7.0][round % 7];
            values.extend([short, short.next_up(), f64::from_bits(random())]);
        }
        for value in values.into_iter().flat_map(|value| [value, -value]).filter(|value| value.is_finite()) {
            assert_eq!(text(|out| push_finite_f64(value, out)), text(|out| push_finite(value, out)), "{value:e}");
        }
    }

    #[test]
    fn decimals() {
        let cases = [
            (1000, 2, "10.00"),
            (-5, 2, "-0.05"),
            (5, 1, "0.5"),
            (0, 2, "0.00"),
            (0, 0, "0"),
            (0, -3, "0"),
            (-12, -3, "-12000"),
            (100, 2, "1.00"),
            (9_999_999_999_999_999, 2, "99999999999999.99"),
            (10_000_000_000_000_000, 2, "100000000000000.00"),
            (9_999_999_999_999_999, 15, "9.999999999999999"),
            (-1, 8, "-0.00000001"),
            (i128::from(u64::MAX), 8, "184467440737.09551615"),
            (-i128::from(u64::MAX) - 1, 8, "-184467440737.09551616"),
            (-1, 15, "-0.000000000000001"),
            (i128::from(u64::MAX), 1, "1844674407370955161.5"),
            (-i128::from(u64::MAX), 9, "-18446744073.709551615"),
            (-i128::from(u64::MAX), 16, "-1844.6744073709551615"),
            (123_456_789_012, 11, "1.23456789012"),
            (-1, 16, "-0.0000000000000001"),
            (-123, 0, "-123"),
            (99, 2, "0.99"),
            (-1, 38, "-0.00000000000000000000000000000000000001"),
            (i128::MAX, 0, "170141183460469231731687303715884105727"),
            (i128::MIN, 38, "-1.70141183460469231731687303715884105728"),
        ];
        for (unscaled, scale, expected) in cases {
            assert_eq!(text(|out| push_decimal(unscaled, scale, out)), expected);
            assert_eq!(text(|out| push_decimal256(i256::from_i128(unscaled), scale, out)), expected);
        }
        let huge = i256::from_string(&format!("-{}", "9".repeat(76))).expect("76 digits");
        assert_eq!(text(|out| push_decimal256(huge, 75, out)), format!("-9.{}", "9".repeat(75)));
        assert_eq!(text(|out| push_decimal256(huge, 76, out)), format!("-0.{}", "9".repeat(76)));
    }
}
