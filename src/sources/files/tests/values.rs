//! What the strict conversions keep and what they refuse.

use datafusion::arrow::{
    array::{
        Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float64Array,
        Int64Array, ListArray, StringArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
    },
    datatypes::{DataType, Int64Type, TimeUnit},
    util::display::array_value_to_string,
};

use super::*;
use crate::sources::{spelling::infer, strict::Target};

fn read(array: impl Array + 'static, kind: &ValueType) -> Result<String, String> {
    let array: ArrayRef = Arc::new(array);
    let target = Target::declared(kind);
    assert!(target.reads(array.data_type()), "{} as {}", array.data_type(), target.data_type);
    let values = target.read(&array).map_err(|misfit| misfit.0)?;
    assert_eq!(values.data_type(), &target.data_type);
    Ok(array_value_to_string(&values, 0).unwrap())
}

fn text(text: &str, kind: &ValueType) -> Option<String> {
    read(StringArray::from(vec![text]), kind).ok()
}

#[test]
fn text_is_read_exactly_or_not_at_all() {
    use ValueType::{Bool, Date, Decimal, Float64, Int32, Int64, Timestamp, TimestampTz, Uuid};
    let cases = [
        ("-5", Int64, Some("-5")),
        ("9223372036854775808", Int64, None),
        ("2147483648", Int32, None),
        ("1.0", Int64, None),
        ("007", Int64, None),
        ("-0", Int64, None),
        (" 1", Int64, None),
        ("0.1", Float64, Some("0.1")),
        ("1e400", Float64, None),
        ("9007199254740992", Float64, Some("9007199254740992.0")),
        ("9007199254740993", Float64, None),
        ("-0", Float64, Some("-0.0")),
        ("007", Float64, None),
        ("NaN", Float64, Some("NaN")),
        ("True", Bool, Some("true")),
        ("yes", Bool, None),
        ("12.50", Decimal(4, 2), Some("12.50")),
        ("12.500", Decimal(4, 2), Some("12.50")),
        ("12.505", Decimal(4, 2), None),
        ("123.4", Decimal(4, 2), None),
        ("-.5", Decimal(4, 2), Some("-0.50")),
        ("1.5e1", Decimal(4, 2), Some("15.00")),
        ("1e-99999999999", Decimal(4, 2), None),
        ("1e2147483647", Decimal(4, 2), None),
        ("0e99", Decimal(4, 2), Some("0.00")),
        ("1.2.3", Decimal(4, 2), None),
        ("", Decimal(4, 2), None),
        ("99999999999999999999999999999999999999", Decimal(38, 0), Some("99999999999999999999999999999999999999")),
        ("100000000000000000000000000000000000000", Decimal(38, 0), None),
        ("2024-02-29", Date, Some("2024-02-29")),
        ("2023-02-29", Date, None),
        ("2024-02-29 10:00:00", Date, None),
        ("2024-2-9", Date, None),
        ("2024-02-29", Timestamp, Some("2024-02-29T00:00:00")),
        ("2024-02-29 10:00:00.123456", Timestamp, Some("2024-02-29T10:00:00.123456")),
        ("2024-02-29 10:00:00.1234567", Timestamp, None),
        ("2024-02-29T10:00:00Z", Timestamp, None),
        ("2024-02-29T10:00:00+02:00", TimestampTz, Some("2024-02-29T08:00:00Z")),
        ("2024-02-29 10:00:00", TimestampTz, Some("2024-02-29T10:00:00Z")),
        ("67E55044-10B1-426F-9247-BB680E5FE0C8", Uuid, Some("67e55044-10b1-426f-9247-bb680e5fe0c8")),
        ("67e55044", Uuid, None),
    ];
    for (value, kind, expected) in cases {
        assert_eq!(text(value, &kind).as_deref(), expected, "{value} as {kind:?}");
    }
}

#[test]
fn numbers_keep_their_value() {
    use ValueType::{Bool, Decimal, Float64, Int32, Int64};
    let decimal = |value: i128| Decimal128Array::from(vec![value]).with_precision_and_scale(20, 3).unwrap();
    assert_eq!(read(Int64Array::from(vec![1 << 31]), &Int32).ok(), None);
    assert_eq!(read(Int64Array::from(vec![(1 << 53) + 1]), &Float64).ok(), None);
    assert_eq!(read(Int64Array::from(vec![7]), &Decimal(10, 2)).unwrap(), "7.00");
    assert_eq!(read(Int64Array::from(vec![2]), &Bool).ok(), None);
    assert_eq!(read(UInt64Array::from(vec![u64::MAX]), &Int64).ok(), None);
    assert_eq!(read(Float64Array::from(vec![1.5]), &Int64).ok(), None);
    assert_eq!(read(Float64Array::from(vec![f64::NAN]), &Int64).ok(), None);
    assert_eq!(read(Float64Array::from(vec![123.456]), &Decimal(38, 18)).unwrap(), "123.456000000000000000");
    assert_eq!(read(Float64Array::from(vec![0.125]), &Decimal(10, 2)).ok(), None);
    assert_eq!(read(Float64Array::from(vec![f64::INFINITY]), &Decimal(10, 2)).ok(), None);
    assert_eq!(read(decimal(1_100), &Decimal(20, 1)).unwrap(), "1.1");
    assert_eq!(read(decimal(1_150), &Decimal(20, 1)).ok(), None);
    assert_eq!(read(decimal(1_100), &Float64).unwrap(), "1.1");
    assert_eq!(read(decimal(1_000), &Int64).unwrap(), "1");
    assert_eq!(read(decimal(1_100), &Int64).ok(), None);
    assert_eq!(read(decimal(12_345_678_901_234_567_891), &Float64).ok(), None);
}

#[test]
fn times_keep_their_instant() {
    use ValueType::{Date, Timestamp, TimestampTz};
    assert_eq!(read(TimestampNanosecondArray::from(vec![1_000]), &Timestamp).unwrap(), "1970-01-01T00:00:00.000001");
    assert_eq!(read(TimestampNanosecondArray::from(vec![1_001]), &Timestamp).ok(), None);
    let berlin = || TimestampMicrosecondArray::from(vec![0]).with_timezone("+01:00");
    assert_eq!(read(berlin(), &Timestamp).unwrap(), "1970-01-01T00:00:00");
    assert_eq!(read(berlin(), &TimestampTz).unwrap(), "1970-01-01T00:00:00Z");
    assert_eq!(read(Date32Array::from(vec![1]), &Timestamp).unwrap(), "1970-01-02T00:00:00");
    assert_eq!(read(Date32Array::from(vec![i32::MAX]), &Timestamp).ok(), None);
    assert_eq!(read(TimestampMicrosecondArray::from(vec![1]), &Date).ok(), None);
}

#[test]
fn every_type_has_a_text() {
    let uuid = FixedSizeBinaryArray::try_from_iter([[0xab_u8; 16]].into_iter()).unwrap();
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1), None])]);
    let string = |array: ArrayRef| read_text(&array).unwrap();
    // Sixteen bytes are a UUID only where that is said of them.
    assert_eq!(read(uuid.clone(), &ValueType::Uuid).unwrap(), "abababab-abab-abab-abab-abababababab");
    assert!(read_text(&(Arc::new(uuid) as ArrayRef)).is_err());
    let text = FixedSizeBinaryArray::try_from_iter([b"sixteen  letters"].into_iter()).unwrap();
    assert_eq!(string(Arc::new(text)), "sixteen  letters");
    assert_eq!(string(Arc::new(list)), "[1,null]");
    assert_eq!(string(Arc::new(BooleanArray::from(vec![true]))), "true");
    assert_eq!(string(Arc::new(Float64Array::from(vec![0.1]))), "0.1");
    assert_eq!(string(Arc::new(TimestampMicrosecondArray::from(vec![0]).with_timezone("UTC"))), "1970-01-01T00:00:00Z");
    assert_eq!(string(Arc::new(BinaryArray::from_vec(vec![b"text"]))), "text");
    assert!(read_text(&(Arc::new(BinaryArray::from_vec(vec![b"\xff"])) as ArrayRef)).is_err());
}

fn read_text(array: &ArrayRef) -> Result<String, String> {
    let values = Target::declared(&ValueType::String).read(array).map_err(|misfit| misfit.0)?;
    Ok(array_value_to_string(&values, 0).unwrap())
}

#[test]
fn lists_are_read_by_their_items() {
    let list = || ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1), None])]);
    assert_eq!(read(list(), &ValueType::List(Box::new(ValueType::String))).unwrap(), "[1, ]");
    let large = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1 << 40)])]);
    assert!(read(large, &ValueType::List(Box::new(ValueType::Int32))).is_err());
}

#[test]
fn a_column_of_text_has_the_most_specific_type() {
    let naive = DataType::Timestamp(TimeUnit::Microsecond, None);
    let cases: [(&[&str], DataType); 10] = [
        (&["9007199254740993", "1.5"], DataType::Utf8),
        (&[], DataType::Null),
        (&["1", "-2"], DataType::Int64),
        (&["1", "2.5", "1e3"], DataType::Float64),
        (&["1", "01"], DataType::Utf8),
        (&["0.5", "00.5"], DataType::Utf8),
        (&["true", "1"], DataType::Utf8),
        (&["2026-01-01", "2026-01-01 10:00:00"], naive),
        (&["2026-01-01T10:00:00Z", "2026-01-01 10:00:00"], DataType::Utf8),
        (&["NaN"], DataType::Utf8),
    ];
    for (texts, expected) in cases {
        assert_eq!(infer(&texts.iter().copied()), expected, "{texts:?}");
    }
}
