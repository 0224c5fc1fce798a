//! Decimals as the server writes them: digits, with a sign before and a point among them.

use datafusion::arrow::datatypes::i256;

const TOO_LARGE: &str = "too many digits before the point";
const NO_NUMBER: &str = "text that is no decimal number";
/// Digits that a `u64` holds, whatever they are.
const SHORT: usize = 19;

/// The powers of ten, as far as an `i128` holds them.
const TENS: [i128; 39] = {
    let mut tens = [1; 39];
    let mut power = 1;
    while power < tens.len() {
        tens[power] = tens[power - 1] * 10;
        power += 1;
    }
    tens
};

/// `value × 10^scale`, if that has at most `precision` digits, at most 38.
pub fn multiplied(value: i128, precision: u8, scale: i8) -> Result<i128, &'static str> {
    let ten = |power: usize| TENS.get(power).copied();
    let factor = usize::try_from(scale).ok().and_then(ten).ok_or("a scale below zero")?;
    let most = ten(precision.into()).ok_or(TOO_LARGE)?;
    let product = if scale == 0 { Some(value) } else { value.checked_mul(factor) };
    product.filter(|value| -most < *value && *value < most).ok_or(TOO_LARGE)
}

/// The integer `text × 10^scale` of at most `precision` digits, at most 38, if it has no digits behind that. The error
/// says why there is none.
pub fn scaled(text: &[u8], precision: u8, scale: i8) -> Result<i128, &'static str> {
    if let Some((value, behind)) = short(text)
        && behind <= scale
    {
        return multiplied(value, precision, scale - behind);
    }
    scaled_wide(text, precision, scale)?.to_i128().ok_or(TOO_LARGE)
}

/// The digits of a short number as an integer, and how many of them stand behind the point. `None` where it is not of the
/// plainest form.
fn short(text: &[u8]) -> Option<(i128, i8)> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > SHORT {
        return None;
    }
    let (mut value, mut count, mut point) = (0_u64, 0_i8, None);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + u64::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() => point = Some(count),
            _ => return None,
        }
    }
    let value = i128::from(value);
    (count > 0).then(|| (if is_negative { -value } else { value }, point.map_or(0, |point| count - point)))
}

/// The same of any number of digits that a decimal may have.
pub fn scaled_wide(text: &[u8], precision: u8, scale: i8) -> Result<i256, &'static str> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let point = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
    let (whole, fraction) = (&digits[..point], digits.get(point + 1..).unwrap_or_default());
    if whole.is_empty() && fraction.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(NO_NUMBER);
    }
    let scale = usize::try_from(scale).map_err(|_| "a scale below zero")?;
    let (kept, lost) = fraction.split_at(scale.min(fraction.len()));
    if lost.iter().any(|digit| *digit != b'0') {
        return Err("too many digits after the point");
    }
    let leading = whole.iter().take_while(|digit| **digit == b'0').count();
    let whole = &whole[leading..];
    if whole.len() + scale > usize::from(precision) {
        return Err(TOO_LARGE);
    }
    let padding = std::iter::repeat_n(&b'0', scale - kept.len());
    let ten = i256::from_i128(10);
    let value =
        whole.iter().chain(kept).chain(padding).fold(i256::ZERO, |sum, digit| {
            sum.wrapping_mul(ten).wrapping_add(i256::from_i128(i128::from(digit - b'0')))
        });
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
        let scaled = |text: &str, precision, scale| scaled(text.as_bytes(), precision, scale);
        assert_eq!(scaled("12.50", 5, 2), Ok(1250));
        assert_eq!(scaled("-0.10", 5, 1), Ok(-1));
        assert_eq!(scaled("-00012", 2, 0), Ok(-12));
        assert_eq!(scaled(".5", 5, 2), Ok(50));
        assert_eq!(scaled("5.", 5, 2), Ok(500));
        assert_eq!(scaled(&"9".repeat(19), 19, 0), Ok(10_i128.pow(19) - 1));
        assert_eq!(scaled(&"9".repeat(38), 38, 0), Ok(10_i128.pow(38) - 1));
        let wide = "9".repeat(65);
        assert_eq!(scaled_wide(wide.as_bytes(), 65, 0).map(|value| value.to_string()), Ok(wide));
        assert_eq!(scaled("1.005", 5, 2), Err("too many digits after the point"));
        assert_eq!(scaled("1000", 5, 2), Err(TOO_LARGE));
        assert_eq!(scaled("99", 38, 37), Err(TOO_LARGE));
        assert_eq!(
            [999, 1000, -1000].map(|value| multiplied(value, 5, 2)),
            [Ok(99_900), Err(TOO_LARGE), Err(TOO_LARGE)]
        );
        assert_eq!(multiplied(i128::MAX, 38, 37), Err(TOO_LARGE));
        assert_eq!(["5", "-1234"].map(|digits| written(digits, 3)), ["0.005", "-1.234"]);
        assert_eq!([written("-7", 0), written("7", -2)], ["-7", "700"]);
        for text in ["", "-", ".", "1e5", "0x1", " 1", "1.2.3"] {
            assert_eq!(scaled(text, 5, 2), Err(NO_NUMBER), "{text}");
        }
    }
}
