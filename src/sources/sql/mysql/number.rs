//! Decimals as the server writes them: digits, with a sign before and a point among them.

use datafusion::arrow::datatypes::i256;

/// The integer `value × 10^scale`, if it has no digits behind that. The error says why there is none.
pub fn scaled(text: &str, precision: u8, scale: i8) -> Result<i256, &'static str> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return Err("text that is no decimal number");
    }
    let scale = usize::try_from(scale).map_err(|_| "a scale below zero")?;
    let (kept, lost) = fraction.split_at(scale.min(fraction.len()));
    if lost.bytes().any(|digit| digit != b'0') {
        return Err("too many digits after the point");
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() + scale > usize::from(precision) {
        return Err("too many digits before the point");
    }
    let padding = std::iter::repeat_n(b'0', scale - kept.len());
    let digits = whole.bytes().chain(kept.bytes()).chain(padding);
    let value = if usize::from(precision) <= 38 {
        let value = digits.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        i256::from_i128(value)
    } else {
        let ten = i256::from_i128(10);
        digits.fold(i256::ZERO, |sum, digit| {
            sum.wrapping_mul(ten).wrapping_add(i256::from_i128(i128::from(digit - b'0')))
        })
    };
    Ok(if is_negative { value.wrapping_neg() } else { value })
}

/// The digits of `value` with a point before the last `scale` of them.
pub fn written(value: &str, scale: i8) -> String {
    let (sign, digits) = value.strip_prefix('-').map_or(("", value), |digits| ("-", digits));
    match usize::try_from(scale) {
        Ok(0) => value.to_owned(),
        Ok(scale) => {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) => format!("{value}{}", "0".repeat(scale.unsigned_abs().into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        let number = |value| Ok(i256::from_i128(value));
        assert_eq!(scaled("12.50", 5, 2), number(1250));
        assert_eq!(scaled("-0.10", 5, 1), number(-1));
        assert_eq!(scaled("-00012", 2, 0), number(-12));
        assert_eq!(scaled(&"9".repeat(38), 38, 0), number(10_i128.pow(38) - 1));
        assert_eq!(scaled(&"9".repeat(65), 65, 0).map(|value| value.to_string()), Ok("9".repeat(65)));
        assert_eq!(scaled("1.005", 5, 2), Err("too many digits after the point"));
        assert_eq!(scaled("1000", 5, 2), Err("too many digits before the point"));
        assert_eq!(["5", "-1234"].map(|digits| written(digits, 3)), ["0.005", "-1.234"]);
        assert_eq!([written("-7", 0), written("7", -2)], ["-7", "700"]);
        for text in ["", "-", ".", "1e5", "0x1", " 1"] {
            assert_eq!(scaled(text, 5, 2), Err("text that is no decimal number"), "{text}");
        }
    }
}
