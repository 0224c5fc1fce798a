//! Postgres' binary `numeric`: groups of four decimal digits, to and from Arrow's scaled integers, exactly.

use datafusion::arrow::{
    array::ArrowNativeTypeOp,
    datatypes::{ArrowNativeType, DecimalType},
};

/// The base of a digit group.
const BASE: usize = 10_000;
/// Decimal digits of a group.
const WIDTH: i32 = 4;

/// Sign words of the wire form.
const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// Why a numeric is no decimal of the type asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A word for the value that it is.
    Value(&'static str),
    /// Not a numeric at all.
    Malformed,
}

impl From<std::num::TryFromIntError> for Unfit {
    fn from(_: std::num::TryFromIntError) -> Self {
        Self::Value("beyond its type")
    }
}

/// Reads `bytes` as the integer `value × 10^scale`, unless a digit would be lost.
pub fn decode<T: DecimalType>(bytes: &[u8], precision: u8, scale: i8) -> Result<T::Native, Unfit> {
    let mut words = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let mut word = || words.next().ok_or(Unfit::Malformed);
    let (count, weight, sign, _display_scale) = (word()?, word()?.cast_signed(), word()?, word()?);
    let negative = match sign {
        POSITIVE => false,
        NEGATIVE => true,
        NAN => return Err(Unfit::Value("NaN")),
        INFINITY => return Err(Unfit::Value("infinity")),
        NEGATIVE_INFINITY => return Err(Unfit::Value("-infinity")),
        _ => return Err(Unfit::Malformed),
    };
    let mut value = T::Native::ZERO;
    // The power of ten that one unit of the last group counts, after scaling.
    let mut exponent = WIDTH * (i32::from(weight) + 1) + i32::from(scale);
    for _ in 0..count {
        let group = usize::from(word()?);
        exponent -= WIDTH;
        value = if exponent >= 0 {
            append::<T>(value, BASE, group)?
        } else {
            // The scale ends inside this group, or before it: what follows must be zeros.
            let kept = (WIDTH + exponent).max(0).unsigned_abs();
            let lost = 10_usize.pow(WIDTH.unsigned_abs() - kept);
            if group % lost != 0 {
                return Err(Unfit::Value("too many digits after the point"));
            }
            if kept == 0 { value } else { append::<T>(value, 10_usize.pow(kept), group / lost)? }
        };
    }
    if exponent > 0 && !value.is_zero() {
        let power = T::Native::usize_as(10).pow_checked(exponent.unsigned_abs());
        value = power.and_then(|power| value.mul_checked(power)).map_err(|_| TOO_LARGE)?;
    }
    if negative {
        value = value.neg_checked().map_err(|_| TOO_LARGE)?;
    }
    T::validate_decimal_precision(value, precision, scale).map_err(|_| TOO_LARGE)?;
    Ok(value)
}

const TOO_LARGE: Unfit = Unfit::Value("too many digits before the point");

fn append<T: DecimalType>(value: T::Native, base: usize, digits: usize) -> Result<T::Native, Unfit> {
    let shifted = value.mul_checked(T::Native::usize_as(base)).map_err(|_| TOO_LARGE)?;
    shifted.add_checked(T::Native::usize_as(digits)).map_err(|_| TOO_LARGE)
}

/// The wire form of the number that `text` writes in plain decimal digits, such as `-12.50`.
pub fn encode(text: &str) -> Vec<u8> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    // Whole groups on both sides of the point.
    let width = WIDTH.unsigned_abs() as usize;
    let padding = (width - whole.len() % width) % width;
    let tail = (width - fraction.len() % width) % width;
    let padded: String = ["0".repeat(padding).as_str(), whole, fraction, "0".repeat(tail).as_str()].concat();
    let groups: Vec<u16> = padded
        .as_bytes()
        .chunks(width)
        .map(|group| group.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit.wrapping_sub(b'0'))))
        .collect();
    let weight = (whole.len() + padding) / width;
    let words = [
        u16::try_from(groups.len()).unwrap_or(u16::MAX),
        u16::try_from(weight).unwrap_or(u16::MAX).wrapping_sub(1),
        if negative { NEGATIVE } else { POSITIVE },
        u16::try_from(fraction.len()).unwrap_or(u16::MAX),
    ];
    words.iter().chain(&groups).flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::{Decimal128Type, Decimal256Type, i256};

    use super::*;

    #[test]
    fn digits_survive_both_ways() {
        for (text, precision, scale, value) in [
            ("0.00", 5, 2, 0),
            ("-12.50", 5, 2, -1250),
            ("12.50", 38, 18, 12_500_000_000_000_000_000),
            ("99999999999999999999.999999999999999999", 38, 18, 99_999_999_999_999_999_999_999_999_999_999_999_999),
            ("12345678", 8, 0, 12_345_678),
            ("0.00001234", 12, 8, 1234),
            ("10000", 5, 0, 10_000),
        ] {
            assert_eq!(decode::<Decimal128Type>(&encode(text), precision, scale), Ok(value), "{text}");
            let wide = decode::<Decimal256Type>(&encode(text), precision, scale);
            assert_eq!(wide, Ok(i256::from_i128(value)), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let read = |text: &str, precision, scale| decode::<Decimal128Type>(&encode(text), precision, scale);
        assert_eq!(read("1.005", 10, 2), Err(Unfit::Value("too many digits after the point")));
        assert_eq!(read("0.00000001", 10, 2), Err(Unfit::Value("too many digits after the point")));
        assert_eq!(read("1000.00", 5, 2), Err(Unfit::Value("too many digits before the point")));
        assert_eq!(read(&"9".repeat(60), 38, 0), Err(Unfit::Value("too many digits before the point")));
        assert_eq!(decode::<Decimal128Type>(&[0, 0, 0, 0, 0xC0, 0, 0, 0], 10, 2), Err(Unfit::Value("NaN")));
        assert_eq!(decode::<Decimal128Type>(&[0, 0, 0, 0, 0xF0, 0, 0, 0], 10, 2), Err(Unfit::Value("-infinity")));
        assert_eq!(decode::<Decimal128Type>(&[0, 1], 10, 2), Err(Unfit::Malformed));
    }
}
