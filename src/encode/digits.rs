//! Decimal digits of integers, eight at a time in the bytes of one word.

/// One byte `1` in each place.
const ONES: u128 = u128::MAX / 255;
/// `0` in each place.
const ZEROS: u128 = ONES * b'0' as u128;
const TEN_TO_8: u64 = 100_000_000;
pub(super) const TEN_TO_16: u64 = TEN_TO_8 * TEN_TO_8;

/// Up to 16 digits, the first in the lowest byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits {
    pub text: u128,
    pub len: usize,
}

/// The digits of a number below 10^8 as numbers from 0 to 9, leading zeros included.
///
/// Each step halves the parts: of four digits, of two, of one. Division by 100 and by 10 is multiplication by a reciprocal
/// that is exact for numbers of that size (the test tries all of them).
#[inline]
pub(super) const fn eight(value: u32) -> u64 {
    let value = value as u64;
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - tens * 10) << 8)
}

/// The same as text.
#[inline]
pub(super) const fn eight_text(value: u32) -> [u8; 8] {
    (eight(value) | ZEROS as u64).to_le_bytes()
}

/// The digits of a number below 10^16 as numbers from 0 to 9, leading zeros included.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves are below 10^8")]
pub(super) const fn sixteen(value: u64) -> u128 {
    eight((value / TEN_TO_8) as u32) as u128 | ((eight((value % TEN_TO_8) as u32) as u128) << 64)
}

impl Digits {
    /// `len` digits from the one at `from`.
    #[inline]
    pub const fn of(digits: u128, from: usize, len: usize) -> Self {
        Self { text: (digits | ZEROS) >> (8 * from), len }
    }

    /// The digits of a number below 10^16 without leading zeros.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the number of zeros is at most 16")]
    pub fn significant(value: u64) -> Self {
        let digits = sixteen(value);
        let zeros = (digits.trailing_zeros() as usize / 8).min(15);
        Self::of(digits, zeros, 16 - zeros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_of_digits() {
        for value in (0..10_000).chain((0..100_000_000).step_by(9_973)) {
            let text = format!("{value:08}");
            assert_eq!(&eight_text(value), text.as_bytes());
            let (upper, lower) = (value, 99_999_999 - value);
            assert_eq!(&eight_text(lower), format!("{lower:08}").as_bytes());
            let both = u64::from(upper) * TEN_TO_8 + u64::from(lower);
            assert_eq!(Digits::of(sixteen(both), 0, 16).text.to_le_bytes(), format!("{both:016}").as_bytes());
        }
        for four in 0..10_000 {
            assert_eq!(&eight_text(four * 10_000)[..4], format!("{four:04}").as_bytes());
        }
    }

    #[test]
    fn leading_zeros_are_left_out() {
        for value in [0, 1, 9, 10, 99_999_999, 100_000_000, 1_234_567_890_123_456, TEN_TO_16 - 1] {
            let digits = Digits::significant(value);
            assert_eq!(&digits.text.to_le_bytes()[..digits.len], value.to_string().as_bytes());
        }
    }
}
