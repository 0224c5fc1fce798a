//! Prints integers, floats and decimals.

use arrow::datatypes::i256;

use super::{
    blocks::Blocks,
    digits::{Digits, TEN_TO_16, eight, eight_text, sixteen},
};

/// All digits, exactly.
#[inline]
pub(super) fn push_signed(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    push_unsigned(value.unsigned_abs(), out);
}

/// All digits, exactly.
#[inline]
pub(super) fn push_unsigned(value: u64, out: &mut Vec<u8>) {
    match u32::try_from(value) {
        Ok(small @ 0..100_000_000) => {
            let digits = eight(small);
            let zeros = (digits.trailing_zeros() / 8).min(7);
            let text = u64::from_le_bytes(eight_text(small)) >> (8 * zeros);
            out.put(text.to_le_bytes(), 8 - zeros as usize);
        }
        _ if value < TEN_TO_16 => out.put_digits(Digits::significant(value)),
        _ => {
            out.put_digits(Digits::significant(value / TEN_TO_16));
            out.put_digits(Digits::of(sixteen(value % TEN_TO_16), 0, 16));
        }
    }
}

/// The shortest digits that read back as the same value: `1.0`, `-0.0`, `1e+300`. The value must be finite.
#[inline]
pub(super) fn push_finite<F: zmij::Float>(value: F, out: &mut Vec<u8>) {
    out.put_all(zmij::Buffer::new().format_finite(value).as_bytes());
}

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
    if unscaled < 0 {
        out.push(b'-');
    }
    let magnitude = unscaled.unsigned_abs();
    // Nearly all decimals are so small.
    match (u64::try_from(magnitude), usize::try_from(scale)) {
        (Ok(small @ 0..TEN_TO_16), Ok(scale @ 1..=15)) => {
            let (digits, whole) = (sixteen(small), 16 - scale);
            let zeros = (digits.trailing_zeros() as usize / 8).min(whole - 1);
            out.put_digits(Digits::of(digits, zeros, whole - zeros));
            let fraction = Digits::of(digits, whole, scale);
            out.put((fraction.text << 8 | u128::from(b'.')).to_le_bytes(), scale + 1);
        }
        (Ok(small), Ok(0)) => push_unsigned(small, out),
        _ => place_point(itoa::Buffer::new().format(magnitude).as_bytes(), scale, out),
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
        let powers = (0..20).map(|power| 10_u64.pow(power));
        for value in powers.flat_map(|power| [power - 1, power, power + 1, 2 * (power / 2)]).chain([u64::MAX]) {
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
            assert_eq!(expected.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
        }
        assert_eq!(text(|out| push_finite(0.1_f32, out)), "0.1");
        assert_eq!(non_finite_name(f64::NAN), "NaN");
        assert_eq!(non_finite_name(f64::INFINITY), "Infinity");
        assert_eq!(non_finite_name(f64::NEG_INFINITY), "-Infinity");
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
            (-1, 15, "-0.000000000000001"),
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
