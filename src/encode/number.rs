//! Prints integers, floats and decimals.

use arrow::datatypes::i256;

/// All digits, exactly.
#[inline]
pub(super) fn push_integer<I: itoa::Integer>(value: I, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// The shortest digits that read back as the same value: `1.0`, `-0.0`, `1e300`. The value must be finite.
#[inline]
pub(super) fn push_finite<F: ryu::Float>(value: F, out: &mut Vec<u8>) {
    out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
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
    let (negative, magnitude) = (unscaled < 0, unscaled.unsigned_abs());
    let mut buffer = itoa::Buffer::new();
    // Nearly all decimals fit 64 bits, which print several times faster than 128.
    let digits = match u64::try_from(magnitude) {
        Ok(small) => buffer.format(small),
        Err(_) => buffer.format(magnitude),
    };
    place_point(negative, digits.as_bytes(), scale, out);
}

/// Like [`push_decimal`], for 256 bits. Only a value beyond 128 bits allocates.
pub(super) fn push_decimal256(unscaled: i256, scale: i8, out: &mut Vec<u8>) {
    if let Some(small) = unscaled.to_i128() {
        return push_decimal(small, scale, out);
    }
    let text = unscaled.to_string();
    let digits = text.trim_start_matches('-');
    place_point(digits.len() < text.len(), digits.as_bytes(), scale, out);
}

#[inline]
fn place_point(negative: bool, digits: &[u8], scale: i8, out: &mut Vec<u8>) {
    if negative {
        out.push(b'-');
    }
    let shift = usize::from(scale.unsigned_abs());
    if scale <= 0 {
        out.extend_from_slice(digits);
        if digits != b"0" {
            out.resize(out.len() + shift, b'0');
        }
    } else if let Some(whole) = digits.len().checked_sub(shift).filter(|whole| *whole > 0) {
        out.extend_from_slice(&digits[..whole]);
        out.push(b'.');
        out.extend_from_slice(&digits[whole..]);
    } else {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + shift - digits.len(), b'0');
        out.extend_from_slice(digits);
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
        assert_eq!(text(|out| push_integer(i64::MIN, out)), "-9223372036854775808");
        assert_eq!(text(|out| push_integer(u64::MAX, out)), "18446744073709551615");
    }

    #[test]
    fn floats() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e300, "1e300"),
            (5e-324, "5e-324"),
            (2.225_073_858_507_201e-308, "2.225073858507201e-308"),
            (f64::MAX, "1.7976931348623157e308"),
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
