//! Decimal digits of integers, eight at a time in the bytes of one word.

/// `0` in each place.
pub(super) const EIGHT_ZEROS: u64 = u64::MAX / 255 * b'0' as u64;
pub(super) const TEN_TO_8: u64 = 100_000_000;
pub(super) const TEN_TO_16: u64 = TEN_TO_8 * TEN_TO_8;

/// The digits of a number below 10^8 as numbers from 0 to 9, leading zeros included.
///
/// Each step halves the parts: of four digits, of two, of one. Division by 100 and by 10 is multiplication by a reciprocal
/// that is exact for numbers of that size (the test tries all of them).
#[inline]
pub(super) const fn eight(value: u64) -> u64 {
    debug_assert!(value < TEN_TO_8);
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - tens * 10) << 8)
}

/// The same as text.
#[inline]
pub(super) const fn eight_text(value: u64) -> [u8; 8] {
    (eight(value) | EIGHT_ZEROS).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_of_digits() {
        for value in (0..10_000).chain((0..TEN_TO_8).step_by(9_973)) {
            assert_eq!(&eight_text(value), format!("{value:08}").as_bytes());
            let other = TEN_TO_8 - 1 - value;
            assert_eq!(&eight_text(other), format!("{other:08}").as_bytes());
        }
        for four in 0..10_000 {
            assert_eq!(&eight_text(four * 10_000)[..4], format!("{four:04}").as_bytes());
        }
    }
}
