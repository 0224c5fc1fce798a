//! Between which whole numbers a value lies. What is proven by it cannot overflow.

use datafusion::{arrow::datatypes::DataType, logical_expr::Operator, scalar::ScalarValue};

/// The least and the greatest value.
pub type Range = (i128, i128);

/// The values of a type of whole numbers.
#[must_use]
pub fn of_type(data_type: &DataType) -> Option<Range> {
    Some(match data_type {
        DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => (i32::MIN.into(), i32::MAX.into()),
        DataType::Int64 => (i64::MIN.into(), i64::MAX.into()),
        // Counters: no source has more than 63 bits of them.
        DataType::UInt64 => (0, i64::MAX.into()),
        _ => return None,
    })
}

/// The number that a literal is.
#[must_use]
pub fn of_value(value: &ScalarValue) -> Option<Range> {
    let number = match value {
        ScalarValue::Int16(Some(number)) => i128::from(*number),
        ScalarValue::Int32(Some(number)) => i128::from(*number),
        ScalarValue::Int64(Some(number)) => i128::from(*number),
        ScalarValue::UInt64(Some(number)) => i128::from(*number),
        _ => return None,
    };
    Some((number, number))
}

/// The values of `left op right`, for divisors other than zero. `None` if nothing is known.
#[must_use]
pub fn of_operation(left: Range, op: Operator, right: Range) -> Option<Range> {
    let corners = |of: fn(i128, i128) -> Option<i128>| {
        let corners = [of(left.0, right.0), of(left.0, right.1), of(left.1, right.0), of(left.1, right.1)];
        let corners = corners.into_iter().collect::<Option<Vec<_>>>()?;
        Some((corners.iter().copied().min()?, corners.iter().copied().max()?))
    };
    match op {
        Operator::Plus => corners(i128::checked_add),
        Operator::Minus => corners(i128::checked_sub),
        Operator::Multiply => corners(i128::checked_mul),
        // A divisor is at least 1, or at most -1.
        Operator::Divide if right.0 > 0 || right.1 < 0 => corners(i128::checked_div),
        Operator::Divide => {
            let most: i128 = left.0.unsigned_abs().max(left.1.unsigned_abs()).try_into().ok()?;
            Some((-most, most))
        }
        // The remainder has the sign of the dividend, and is smaller than the divisor.
        Operator::Modulo => {
            let most: i128 = right.0.unsigned_abs().max(right.1.unsigned_abs()).saturating_sub(1).try_into().ok()?;
            Some((left.0.min(0).max(-most), left.1.max(0).min(most)))
        }
        _ => None,
    }
}

/// How far the values are from zero.
#[must_use]
pub fn distance((least, greatest): Range) -> Range {
    let (one, two) = (least.saturating_abs(), greatest.saturating_abs());
    (if least <= 0 && greatest >= 0 { 0 } else { one.min(two) }, one.max(two))
}

/// Both.
#[must_use]
pub fn union(one: Range, two: Range) -> Range {
    (one.0.min(two.0), one.1.max(two.1))
}

/// Is every value of `inner` one of `outer`?
#[must_use]
pub fn contains(outer: Range, inner: Range) -> bool {
    outer.0 <= inner.0 && inner.1 <= outer.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_stay_within_their_corners() {
        for (left, op, right, result) in [
            ((1, 2), Operator::Plus, (-5, 7), (-4, 9)),
            ((1, 2), Operator::Minus, (-5, 7), (-6, 7)),
            ((-3, 2), Operator::Multiply, (-5, 7), (-21, 15)),
            ((-9, 10), Operator::Divide, (2, 3), (-4, 5)),
            ((-9, 10), Operator::Divide, (-1, 3), (-10, 10)),
            ((i64::MIN.into(), 0), Operator::Divide, (-1, -1), (0, -i128::from(i64::MIN))),
            ((-9, 10), Operator::Modulo, (7, 7), (-6, 6)),
            ((0, 3), Operator::Modulo, (-7, 7), (0, 3)),
            ((-9, -1), Operator::Modulo, (3, 3), (-2, 0)),
        ] {
            assert_eq!(of_operation(left, op, right), Some(result), "{left:?} {op} {right:?}");
        }
        assert_eq!(of_operation((i128::MAX, i128::MAX), Operator::Plus, (1, 1)), None);
    }
}
