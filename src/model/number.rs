//! Numbers as people read them.

/// The digits in groups of three: `1,500,000`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// A number of bytes in the largest unit that it is a whole number of: `4 MiB`.
#[must_use]
pub fn bytes(number: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = if number == 0 { 0 } else { (number.trailing_zeros() as usize / 10).min(units.len() - 1) };
    format!("{} {}", grouped(number >> (10 * power)), units[power])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_threes() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_500_000, "1,500,000"), (12_345_678, "12,345,678")];
        for (number, expected) in cases {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn bytes_are_in_the_largest_whole_unit() {
        let cases = [(0, "0 B"), (1_500, "1,500 B"), (4 << 20, "4 MiB"), (1 << 30, "1 GiB"), (3 << 50, "3,072 TiB")];
        for (number, expected) in cases {
            assert_eq!(bytes(number), expected);
        }
    }
}
