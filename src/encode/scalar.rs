//! Writers for the scalar types.

use arrow::{
    array::{Array, ArrayAccessor, AsArray},
    datatypes::{
        ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
        Decimal256Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
        Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTimeType,
        IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType, Time32MillisecondType, Time32SecondType,
        Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
        TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use base64::{Engine, encoded_len, engine::general_purpose::STANDARD};

use super::{
    cell::Write,
    dialect::Dialect,
    interval::push_interval,
    number::{non_finite_name, push_decimal, push_decimal256, push_finite, push_integer},
    temporal::{per_second, push_date, push_time, push_timestamp},
};

/// The writer for an array of scalars; none for any other.
pub(super) fn writer<D: Dialect>(array: &dyn Array) -> Option<Write<'_>> {
    use DataType as T;
    Some(match array.data_type() {
        T::Null => Box::new(|_, out| out.extend_from_slice(D::NULL)),
        T::Boolean => {
            let values = array.as_boolean().values();
            Box::new(|row, out| out.extend_from_slice(if values.value(row) { b"true" } else { b"false" }))
        }
        T::Int8 => integers::<Int8Type>(array),
        T::Int16 => integers::<Int16Type>(array),
        T::Int32 => integers::<Int32Type>(array),
        T::Int64 => integers::<Int64Type>(array),
        T::UInt8 => integers::<UInt8Type>(array),
        T::UInt16 => integers::<UInt16Type>(array),
        T::UInt32 => integers::<UInt32Type>(array),
        T::UInt64 => integers::<UInt64Type>(array),
        T::Float16 => floats::<D, Float16Type, f32>(array),
        T::Float32 => floats::<D, Float32Type, f32>(array),
        T::Float64 => floats::<D, Float64Type, f64>(array),
        T::Decimal32(_, scale) => {
            plain::<D, Decimal32Type>(array, |value, out| push_decimal(i128::from(value), *scale, out))
        }
        T::Decimal64(_, scale) => {
            plain::<D, Decimal64Type>(array, |value, out| push_decimal(i128::from(value), *scale, out))
        }
        T::Decimal128(_, scale) => plain::<D, Decimal128Type>(array, |value, out| push_decimal(value, *scale, out)),
        T::Decimal256(_, scale) => plain::<D, Decimal256Type>(array, |value, out| push_decimal256(value, *scale, out)),
        T::Utf8 => texts::<D, _>(array.as_string::<i32>()),
        T::LargeUtf8 => texts::<D, _>(array.as_string::<i64>()),
        T::Utf8View => texts::<D, _>(array.as_string_view()),
        T::Binary => bytes::<D, _>(array.as_binary::<i32>()),
        T::LargeBinary => bytes::<D, _>(array.as_binary::<i64>()),
        T::BinaryView => bytes::<D, _>(array.as_binary_view()),
        T::FixedSizeBinary(_) => bytes::<D, _>(array.as_fixed_size_binary()),
        T::Date32 => plain::<D, Date32Type>(array, |days, out| push_date(i64::from(days), out)),
        T::Date64 => plain::<D, Date64Type>(array, |value, out| push_date(value.div_euclid(86_400_000), out)),
        T::Timestamp(..) | T::Time32(_) | T::Time64(_) => moments::<D>(array)?,
        T::Interval(_) | T::Duration(_) => intervals::<D>(array),
        _ => return None,
    })
}

fn integers<T>(array: &dyn Array) -> Write<'_>
where
    T: ArrowPrimitiveType<Native: itoa::Integer>,
{
    let values = array.as_primitive::<T>().values();
    Box::new(|row, out| push_integer(values[row], out))
}

/// `F` is the float that the values are printed as.
fn floats<D, T, F>(array: &dyn Array) -> Write<'_>
where
    D: Dialect,
    T: ArrowPrimitiveType<Native: Into<F>>,
    F: ryu::Float + Copy + Into<f64>,
{
    let values = array.as_primitive::<T>().values();
    Box::new(move |row, out| {
        let value: F = values[row].into();
        let wide: f64 = value.into();
        if wide.is_finite() {
            push_finite(value, out);
        } else {
            D::push_plain(out, |out| out.extend_from_slice(non_finite_name(wide).as_bytes()));
        }
    })
}

/// Values that JSON writes as strings without escapes.
fn plain<'a, D, T>(array: &'a dyn Array, push: impl Fn(T::Native, &mut Vec<u8>) + 'a) -> Write<'a>
where
    D: Dialect,
    T: ArrowPrimitiveType,
{
    let values = array.as_primitive::<T>().values();
    Box::new(move |row, out| D::push_plain(out, |out| push(values[row], out)))
}

fn texts<'a, D: Dialect, A: ArrayAccessor<Item = &'a str> + 'a>(array: A) -> Write<'a> {
    Box::new(move |row, out| D::push_text(array.value(row), out))
}

/// Base64 with padding (RFC 4648, section 4).
fn bytes<'a, D: Dialect, A: ArrayAccessor<Item = &'a [u8]> + 'a>(array: A) -> Write<'a> {
    Box::new(move |row, out| {
        let value = array.value(row);
        D::push_plain(out, |out| {
            let start = out.len();
            out.resize(start + encoded_len(value.len(), true).expect("bytes in memory are few enough"), 0);
            STANDARD.encode_slice(value, &mut out[start..]).expect("the room is exactly what is needed");
        });
    })
}

/// Timestamps and times of day.
fn moments<D: Dialect>(array: &dyn Array) -> Option<Write<'_>> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    Some(match array.data_type() {
        DataType::Timestamp(unit, zone) => {
            // A zone says how to show an instant; the value itself is in UTC, and is shown so.
            let suffix: &[u8] = if zone.is_some() { b"Z" } else { b"" };
            let parts = per_second(*unit);
            let push = move |value, out: &mut Vec<u8>| {
                push_timestamp(value, parts, out);
                out.extend_from_slice(suffix);
            };
            match unit {
                Second => plain::<D, TimestampSecondType>(array, push),
                Millisecond => plain::<D, TimestampMillisecondType>(array, push),
                Microsecond => plain::<D, TimestampMicrosecondType>(array, push),
                Nanosecond => plain::<D, TimestampNanosecondType>(array, push),
            }
        }
        DataType::Time32(Second) => plain::<D, Time32SecondType>(array, |value, out| push_time(value.into(), 1, out)),
        DataType::Time32(Millisecond) => {
            plain::<D, Time32MillisecondType>(array, |value, out| push_time(value.into(), 1_000, out))
        }
        DataType::Time64(Microsecond) => {
            plain::<D, Time64MicrosecondType>(array, |value, out| push_time(value, 1_000_000, out))
        }
        DataType::Time64(Nanosecond) => {
            plain::<D, Time64NanosecondType>(array, |value, out| push_time(value, 1_000_000_000, out))
        }
        _ => return None,
    })
}

/// Of an array of intervals or durations.
fn intervals<D: Dialect>(array: &dyn Array) -> Write<'_> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    match array.data_type() {
        DataType::Interval(IntervalUnit::YearMonth) => {
            plain::<D, IntervalYearMonthType>(array, |months, out| push_interval(months, 0, 0, 1, out))
        }
        DataType::Interval(IntervalUnit::DayTime) => plain::<D, IntervalDayTimeType>(array, |value, out| {
            push_interval(0, value.days, value.milliseconds.into(), 1_000, out);
        }),
        DataType::Interval(IntervalUnit::MonthDayNano) => plain::<D, IntervalMonthDayNanoType>(array, |value, out| {
            push_interval(value.months, value.days, value.nanoseconds, 1_000_000_000, out);
        }),
        DataType::Duration(Second) => duration::<D, DurationSecondType>(array, Second),
        DataType::Duration(Millisecond) => duration::<D, DurationMillisecondType>(array, Millisecond),
        DataType::Duration(Microsecond) => duration::<D, DurationMicrosecondType>(array, Microsecond),
        _ => duration::<D, DurationNanosecondType>(array, Nanosecond),
    }
}

fn duration<D: Dialect, T: ArrowPrimitiveType<Native = i64>>(array: &dyn Array, unit: TimeUnit) -> Write<'_> {
    let parts = per_second(unit);
    plain::<D, T>(array, move |value, out| push_interval(0, 0, value, parts, out))
}
