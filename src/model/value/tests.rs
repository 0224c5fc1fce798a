//! Values survive every way of writing them, and what is not exact is refused.

use super::*;
use proptest::prelude::*;

fn scalar_types() -> impl Strategy<Value = ValueType> {
    prop_oneof![
        Just(ValueType::Bool),
        Just(ValueType::Int32),
        Just(ValueType::Int64),
        Just(ValueType::Float64),
        (1..=38u8).prop_flat_map(|p| (0..=p).prop_map(move |s| ValueType::Decimal(p, s.cast_signed()))),
        Just(ValueType::String),
        Just(ValueType::Date),
        Just(ValueType::Timestamp),
        Just(ValueType::TimestampTz),
        Just(ValueType::Uuid),
    ]
}

fn value_of(value_type: &ValueType) -> BoxedStrategy<ScalarValue> {
    let instants = -62_135_596_800_000_000..=253_402_300_799_999_999_i64;
    match value_type {
        ValueType::Bool => any::<bool>().prop_map(|v| ScalarValue::Boolean(Some(v))).boxed(),
        ValueType::Int32 => any::<i32>().prop_map(|v| ScalarValue::Int32(Some(v))).boxed(),
        ValueType::Int64 => any::<i64>().prop_map(|v| ScalarValue::Int64(Some(v))).boxed(),
        ValueType::Float64 => any::<f64>().prop_map(|v| ScalarValue::Float64(Some(v))).boxed(),
        ValueType::Decimal(p, s) => {
            let (p, s, most) = (*p, *s, 10_i128.pow(u32::from(*p)) - 1);
            (-most..=most).prop_map(move |v| ScalarValue::Decimal128(Some(v), p, s)).boxed()
        }
        ValueType::String => "[^\0]*".prop_map(|v| ScalarValue::Utf8(Some(v))).boxed(),
        ValueType::Uuid => {
            any::<u128>().prop_map(|v| ScalarValue::Utf8(Some(uuid::Uuid::from_u128(v).to_string()))).boxed()
        }
        ValueType::Date => (-719_162..=2_932_896_i32).prop_map(|v| ScalarValue::Date32(Some(v))).boxed(),
        ValueType::Timestamp => instants.prop_map(|v| ScalarValue::TimestampMicrosecond(Some(v), None)).boxed(),
        ValueType::TimestampTz => {
            instants.prop_map(|v| ScalarValue::TimestampMicrosecond(Some(v), Some("UTC".into()))).boxed()
        }
        ValueType::List(element) => {
            let data_type = element.arrow();
            prop::collection::vec(value_of(element), 0..4)
                .prop_map(move |v| ScalarValue::List(ScalarValue::new_list_nullable(&v, &data_type)))
                .boxed()
        }
    }
}

fn typed_value() -> impl Strategy<Value = (ValueType, ScalarValue)> {
    scalar_types().prop_flat_map(|t| (Just(t.clone()), value_of(&t)))
}

proptest! {
    #[test]
    fn names_round_trip(value_type in scalar_types(), list in any::<bool>()) {
        let value_type = if list { ValueType::List(Box::new(value_type)) } else { value_type };
        prop_assert_eq!(ValueType::parse(&value_type.to_string()), Ok(value_type.clone()));
        prop_assert_eq!(value_type.null().data_type(), value_type.arrow());
        let example = value_type.example();
        prop_assert_eq!(example.data_type(), value_type.arrow());
        prop_assert!(!example.is_null());
    }

    #[test]
    fn text_and_json_round_trip((value_type, value) in typed_value()) {
        prop_assert_eq!(value.data_type(), value_type.arrow());
        let text = to_text(&value);
        prop_assert_eq!(value_type.from_text(&text), Ok(value.clone()), "{}", text);
        let json = match value_type {
            ValueType::Bool => serde_json::Value::Bool(text == "true"),
            ValueType::Int32 | ValueType::Int64 | ValueType::Decimal(..) => serde_json::from_str(&text)?,
            _ => serde_json::Value::String(text),
        };
        prop_assert_eq!(value_type.from_json(&json), Ok(value.clone()));
        prop_assert_eq!(compare(&value, &value), Some(Ordering::Equal));
    }

    #[test]
    fn lists_keep_their_elements((list_type, list) in scalar_types().prop_flat_map(|t| {
        let t = ValueType::List(Box::new(t));
        (Just(t.clone()), value_of(&t))
    })) {
        let texts: Vec<_> = elements(&list).iter().map(to_text).collect();
        prop_assert_eq!(list_type.from_texts(&texts), Ok(list.clone()));
        prop_assert_eq!(list.data_type(), list_type.arrow());
    }

    #[test]
    fn nothing_panics(value_type in scalar_types(), text in any::<String>()) {
        let _ = value_type.from_text(&text);
        let _ = ValueType::parse(&text);
    }
}

#[test]
fn what_is_not_exact_is_refused() {
    let refused = [
        ("int64", "9223372036854775808", "is not between"),
        ("int32", "1.0", "is not an integer"),
        ("int32", "", "is not an integer"),
        ("decimal(4,2)", "1.005", "has more than 2 digits after the point"),
        ("decimal(4,2)", "123.4", "has more than 2 digits before the point"),
        ("decimal(4,2)", "1e400", "has more than 2 digits before the point"),
        ("decimal(4,2)", "1e99999999999999999999", "is not a decimal number"),
        ("decimal(4,2)", ".", "is not a decimal number"),
        ("float64", "1e400", "is beyond the range of float64"),
        ("float64", "nan", "is not a number"),
        ("float64", "0x10", "is not a number"),
        ("date", "2026-02-29", "is not a date"),
        ("date", "0000-01-01", "is not a date"),
        ("date", "2026-1-1", "is not a date"),
        ("timestamp", "2026-01-01T00:00:00Z", "has a zone"),
        ("timestamp", "2026-01-01T24:00", "is not a timestamp"),
        ("timestamp", "2026-01-01T00:00:00.1234567", "has more than 6 digits"),
        ("timestamptz", "2026-01-01T00:00:00", "needs a zone"),
        ("timestamptz", "0001-01-01T00:00:00+01:00", "is not between the years"),
        ("uuid", "00000000-0000-0000-0000-00000000000g", "is not a UUID"),
        ("string", "a\0b", "contains a NUL character"),
        ("bool", "TRUE", "is not true or false"),
    ];
    for (name, text, expected) in refused {
        let error = ValueType::parse(name).and_then(|t| t.from_text(text)).expect_err(text);
        assert!(error.contains(expected), "{name} {text:?}: {error}");
    }
}

#[test]
fn several_spellings_are_one_value() {
    let same = [
        ("decimal(6,2)", "1.5", "1.50"),
        ("decimal(6,2)", "15e-1", "1.50"),
        ("decimal(6,2)", "-.5", "-0.50"),
        ("decimal(6,2)", "001.2000", "1.20"),
        ("float64", "1e2", "100.0"),
        ("timestamp", "2026-01-01 10:00", "2026-01-01T10:00:00"),
        ("timestamptz", "2026-01-01T10:00:00.5+02:30", "2026-01-01T07:30:00.500000Z"),
        ("uuid", "{67E55044-10B1-426F-9247-BB680E5FE0C8}", "67e55044-10b1-426f-9247-bb680e5fe0c8"),
    ];
    for (name, text, expected) in same {
        let value = ValueType::parse(name).and_then(|t| t.from_text(text)).expect(text);
        assert_eq!(to_text(&value), expected);
    }
}

#[test]
fn json_is_read_by_its_own_types() {
    let read = |name: &str, json: &str| {
        let json = serde_json::from_str(json).expect("JSON");
        ValueType::parse(name).and_then(|t| t.from_json(&json)).map(|value| to_text(&value))
    };
    assert_eq!(read("int64", "9007199254740993"), Ok("9007199254740993".to_owned()));
    assert_eq!(
        read("decimal(38,4)", "1234567890123456789012345678901234.5678").as_deref(),
        Ok("1234567890123456789012345678901234.5678")
    );
    assert_eq!(read("[date]", r#"["2026-01-01", "2026-01-02"]"#), Ok("[2026-01-01, 2026-01-02]".to_owned()));
    assert_eq!(read("[date]", "[]"), Ok("[]".to_owned()));
    assert_eq!(read("bool", r#""true""#), Err("is not a JSON boolean (true or false)".to_owned()));
    assert_eq!(read("int64", "10.0"), Ok("10".to_owned()));
    assert_eq!(read("int64", "-9223372036854775808.00"), Ok("-9223372036854775808".to_owned()));
    assert_eq!(read("int32", "3e2"), Ok("300".to_owned()));
    assert_eq!(read("int64", "1.5"), Err("is not an integer".to_owned()));
    assert_eq!(read("int32", "3e9"), Err("is not between -2147483648 and 2147483647".to_owned()));
    assert_eq!(read("string", "1"), Err("is not a JSON string".to_owned()));
    assert_eq!(read("[int32]", "[1, null]"), Err("has an element 2 that is not a number".to_owned()));
}
