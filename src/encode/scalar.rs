//! Writers for the scalar types.

use arrow::{
    array::{
        Array, ArrayAccessor, AsArray, ByteView, GenericStringArray, MAX_INLINE_VIEW_LEN, OffsetSizeTrait,
        StringViewArray,
    },
    datatypes::{
        ArrowNativeType, ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type,
        Decimal128Type, Decimal256Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
        DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
        IntervalDayTimeType, IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType, Time32MillisecondType,
        Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type,
    },
};
use base64::{Engine, encoded_len, engine::general_purpose::STANDARD};

use super::{
    blocks::Blocks,
    cell::Write,
    dialect::Dialect,
    interval::push_interval,
    number::{
        non_finite_name, push_decimal, push_decimal256, push_finite, push_finite_f64, push_signed, push_unsigned,
    },
    options::{Int64, Options},
    temporal::{per_second, push_date, push_time, push_timestamp},
};

/// The writer for an array of scalars; none for any other.
pub(super) fn writer<'a, D: Dialect>(array: &'a dyn Array, options: &Options) -> Option<Write<'a>> {
    use DataType as T;
    let as_text = options.int64 == Int64::Text;
    Some(match array.data_type() {
        // All of its rows are NULL.
        T::Null => Box::new(|_, _| {}),
        T::Boolean => {
            let values = array.as_boolean().values();
            Box::new(|row, out| if values.value(row) { out.put(b"true", 4) } else { out.put(b"false", 5) })
        }
        T::Int64 if as_text => plain::<D, Int64Type>(array, push_signed),
        T::UInt64 if as_text => plain::<D, UInt64Type>(array, push_unsigned),
        T::Int8 => signed::<Int8Type>(array),
        T::Int16 => signed::<Int16Type>(array),
        T::Int32 => signed::<Int32Type>(array),
        T::Int64 => signed::<Int64Type>(array),
        T::UInt8 => unsigned::<UInt8Type>(array),
        T::UInt16 => unsigned::<UInt16Type>(array),
        T::UInt32 => unsigned::<UInt32Type>(array),
        T::UInt64 => unsigned::<UInt64Type>(array),
        T::Float16 => floats::<D, Float16Type, f32>(array, push_finite),
        T::Float32 => floats::<D, Float32Type, f32>(array, push_finite),
        T::Float64 => floats::<D, Float64Type, f64>(array, push_finite_f64),
        T::Decimal32(_, scale) => {
            plain::<D, Decimal32Type>(array, |value, out| push_decimal(i128::from(value), *scale, out))
        }
        T::Decimal64(_, scale) => {
            plain::<D, Decimal64Type>(array, |value, out| push_decimal(i128::from(value), *scale, out))
        }
        T::Decimal128(_, scale) => plain::<D, Decimal128Type>(array, |value, out| push_decimal(value, *scale, out)),
        T::Decimal256(_, scale) => plain::<D, Decimal256Type>(array, |value, out| push_decimal256(value, *scale, out)),
        T::Utf8 => texts::<D, i32>(array.as_string()),
        T::LargeUtf8 => texts::<D, i64>(array.as_string()),
        T::Utf8View => views::<D>(array.as_string_view()),
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

fn signed<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &dyn Array) -> Write<'_> {
    let values = array.as_primitive::<T>().values();
    Box::new(|row, out| push_signed(values[row].into(), out))
}

fn unsigned<T: ArrowPrimitiveType<Native: Into<u64>>>(array: &dyn Array) -> Write<'_> {
    let values = array.as_primitive::<T>().values();
    Box::new(|row, out| push_unsigned(values[row].into(), out))
}

/// `F` is the float that the values are printed as.
fn floats<'a, D, T, F>(array: &'a dyn Array, push_finite: impl Fn(F, &mut Vec<u8>) + 'a) -> Write<'a>
where
    D: Dialect,
    T: ArrowPrimitiveType<Native: Into<F>>,
    F: Copy + Into<f64>,
{
    let values = array.as_primitive::<T>().values();
    Box::new(move |row, out| {
        let value: F = values[row].into();
        let wide: f64 = value.into();
        if wide.is_finite() {
            push_finite(value, out);
        } else {
            D::push_plain(out, |out| out.put_all(non_finite_name(wide).as_bytes()));
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

fn texts<D: Dialect, O: OffsetSizeTrait>(array: &GenericStringArray<O>) -> Write<'_> {
    let (bytes, ends) = (array.value_data(), array.value_offsets());
    Box::new(move |row, out| D::push_text(bytes, ends[row].as_usize()..ends[row + 1].as_usize(), out))
}

/// Of few bytes a view holds them, of more where they are.
fn views<D: Dialect>(array: &StringViewArray) -> Write<'_> {
    const VIEW: usize = size_of::<u128>();
    let (views, inside, buffers) = (array.views(), array.views().inner().as_slice(), array.data_buffers());
    Box::new(move |row, out| {
        let view = ByteView::from(views[row]);
        let length = view.length.as_usize();
        let (bytes, start) = if view.length <= MAX_INLINE_VIEW_LEN {
            (inside, row * VIEW + size_of_val(&view.length))
        } else {
            (buffers[view.buffer_index.as_usize()].as_slice(), view.offset.as_usize())
        };
        D::push_text(bytes, start..start + length, out);
    })
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
            let utc = usize::from(zone.is_some());
            match unit {
                Second => timestamps::<D, TimestampSecondType, 1>(array, utc),
                Millisecond => timestamps::<D, TimestampMillisecondType, 1_000>(array, utc),
                Microsecond => timestamps::<D, TimestampMicrosecondType, 1_000_000>(array, utc),
                Nanosecond => timestamps::<D, TimestampNanosecondType, 1_000_000_000>(array, utc),
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

/// `Z` is appended `utc` times.
fn timestamps<D, T, const PER_SECOND: i64>(array: &dyn Array, utc: usize) -> Write<'_>
where
    D: Dialect,
    T: ArrowPrimitiveType<Native = i64>,
{
    plain::<D, T>(array, move |value, out| {
        push_timestamp(value, PER_SECOND, out);
        out.put(b"Z", utc);
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
