//! Values that mean the same to a source as to the engine, in the one form in which they are bound.
//!
//! Literals are compared with values of the same class only, so that neither side is converted. The engine orders floats
//! by IEEE's total order, in which -0 < +0, and sources hold the two equal: a comparison with zero is printed only where
//! both readings agree. NaN stays local; infinities do not, since sources put NaN above them, as the engine does.

use datafusion::{
    arrow::{
        array::Array,
        datatypes::{DataType, TimeUnit},
    },
    logical_expr::{Operator, expr::Placeholder},
    scalar::ScalarValue,
};

use super::Class;

/// Values in one statement: below the lowest limit of any member, `SQLite`'s 32766.
pub const MOST_BINDS: usize = 30_000;
/// Days from 1970-01-01 to 0001-01-01 and 9999-12-31: every source reads the dates between.
const DATES: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;
/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

/// Which parameter `$n` is, from 0.
#[must_use]
pub fn parameter_index(parameter: &Placeholder) -> Option<usize> {
    let number: usize = parameter.id.strip_prefix('$')?.parse().ok()?;
    number.checked_sub(1)
}

/// Can a parameter of `data_type` be compared with a column of `class` as it is? The planner has given both sides one type.
#[must_use]
pub fn is_literal_type(class: Class, data_type: &DataType) -> bool {
    match class {
        Class::Bool => *data_type == DataType::Boolean,
        Class::Int16 => *data_type == DataType::Int16,
        Class::Int32 => *data_type == DataType::Int32,
        Class::Int64 => *data_type == DataType::Int64,
        Class::Float32 => *data_type == DataType::Float32,
        Class::Float64 => *data_type == DataType::Float64,
        Class::Decimal => data_type.is_decimal(),
        Class::Text | Class::Uuid => *data_type == DataType::Utf8,
        Class::Binary => *data_type == DataType::Binary,
        Class::Date => *data_type == DataType::Date32,
        Class::Timestamp => matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond, None)),
        Class::TimestampTz => matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond, Some(_))),
    }
}

/// `value` in the one form in which literals of `class` are bound, if `column op value` means the same everywhere.
#[must_use]
pub fn literal(class: Class, value: &ScalarValue, op: Operator) -> Option<ScalarValue> {
    match (class, value) {
        (Class::Bool, ScalarValue::Boolean(Some(_)))
        | (Class::Int16, ScalarValue::Int16(Some(_)))
        | (Class::Int32, ScalarValue::Int32(Some(_)))
        | (Class::Int64, ScalarValue::Int64(Some(_)))
        | (Class::Binary, ScalarValue::Binary(Some(_)))
        | (Class::Decimal, ScalarValue::Decimal128(Some(_), ..) | ScalarValue::Decimal256(Some(_), ..)) => {
            Some(value.clone())
        }
        (Class::Float32, ScalarValue::Float32(Some(number))) => {
            agrees_on_zero(f64::from(*number), op).then(|| value.clone())
        }
        (Class::Float64, ScalarValue::Float64(Some(number))) => agrees_on_zero(*number, op).then(|| value.clone()),
        (Class::Date, ScalarValue::Date32(Some(days))) => DATES.contains(days).then(|| value.clone()),
        (Class::Timestamp, ScalarValue::TimestampMicrosecond(Some(micros), None))
        | (Class::TimestampTz, ScalarValue::TimestampMicrosecond(Some(micros), Some(_))) => {
            let days = i32::try_from(micros.div_euclid(DAY)).ok()?;
            DATES.contains(&days).then(|| value.clone())
        }
        (Class::Text | Class::Uuid, value) => {
            let text = value.try_as_str()??;
            // No source takes a NUL inside text.
            let sound = if class == Class::Uuid { is_canonical_uuid(text) } else { !text.contains('\0') };
            sound.then(|| ScalarValue::Utf8(Some(text.to_owned())))
        }
        _ => None,
    }
}

/// The same for each value of a list. NULLs in it, and a list without values, are the engine's to judge.
#[must_use]
pub fn list(class: Class, value: &ScalarValue, op: Operator) -> Option<ScalarValue> {
    let ScalarValue::List(list) = value else { return None };
    if list.is_null(0) || list.value(0).len() > MOST_BINDS {
        return None;
    }
    let values = list.value(0);
    let values = (0..values.len()).map(|index| ScalarValue::try_from_array(&values, index).ok());
    list_of(class, &values.collect::<Option<Vec<_>>>()?, op)
}

/// The same for `values`, however many. None at all are the engine's to judge.
#[must_use]
pub fn list_of(class: Class, values: &[ScalarValue], op: Operator) -> Option<ScalarValue> {
    let values = values.iter().map(|value| literal(class, value, op)).collect::<Option<Vec<_>>>()?;
    Some(ScalarValue::List(ScalarValue::new_list_nullable(&values, &values.first()?.data_type())))
}

/// Do total order (-0 < +0) and numeric order (-0 = +0) select the same rows?
fn agrees_on_zero(number: f64, op: Operator) -> bool {
    if number != 0.0 {
        return !number.is_nan();
    }
    match op {
        Operator::Gt | Operator::LtEq => number.is_sign_positive(),
        Operator::GtEq | Operator::Lt => number.is_sign_negative(),
        _ => false,
    }
}

/// Lower-case hexadecimal digits in groups of 8-4-4-4-12: the only form in which a UUID is read from a source.
fn is_canonical_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}
