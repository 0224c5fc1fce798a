//! The types a parameter or an annotated column may have, and how a value of each is read, compared and printed.

mod print;
mod read;

use std::{cmp::Ordering, fmt, sync::Arc};

use datafusion::{
    arrow::{
        array::ListArray,
        datatypes::{DataType, Field, TimeUnit},
    },
    scalar::ScalarValue,
};

pub use print::to_text;

/// The digits that a decimal may have at most.
const MAX_PRECISION: u8 = 38;
/// The zone of every instant, as Arrow spells it.
const UTC: &str = "UTC";

/// A type as query headers and `columns:` spell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// `bool`
    Bool,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `float64`
    Float64,
    /// `decimal(precision,scale)`, precision at most 38
    Decimal(u8, i8),
    /// `string`
    String,
    /// `date`
    Date,
    /// `timestamp`: no zone, microseconds
    Timestamp,
    /// `timestamptz`: an instant, microseconds, UTC
    TimestampTz,
    /// `uuid`: text in the canonical lower-case form
    Uuid,
    /// `[type]`
    List(Box<ValueType>),
}

impl ValueType {
    /// What [`ValueType::parse`] takes, for hints.
    pub const NAMES: &str = "bool, int32, int64, float64, decimal(p,s), string, date, timestamp, timestamptz, uuid";

    /// Reads a type's name, such as `int64`, `decimal(12,2)` or `[string]`. The error says what is wrong with `text`
    /// without repeating it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or("is a list type without its closing `]`")?;
            return match Self::parse(inner)? {
                Self::List(_) => Err("is a list of lists, which is not a type".to_owned()),
                element => Ok(Self::List(Box::new(element))),
            };
        }
        Ok(match text {
            "bool" => Self::Bool,
            "int32" => Self::Int32,
            "int64" => Self::Int64,
            "float64" => Self::Float64,
            "string" => Self::String,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "timestamptz" => Self::TimestampTz,
            "uuid" => Self::Uuid,
            _ => match text.strip_prefix("decimal") {
                Some(arguments) => parse_decimal(arguments)?,
                None => return Err("is not a type".to_owned()),
            },
        })
    }

    /// The Arrow type its values are bound with.
    #[must_use]
    pub fn arrow(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::String | Self::Uuid => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
            Self::List(element) => DataType::List(Arc::new(Field::new_list_field(element.arrow(), true))),
        }
    }

    /// NULL of this type.
    #[must_use]
    pub fn null(&self) -> ScalarValue {
        match self {
            Self::Bool => ScalarValue::Boolean(None),
            Self::Int32 => ScalarValue::Int32(None),
            Self::Int64 => ScalarValue::Int64(None),
            Self::Float64 => ScalarValue::Float64(None),
            Self::Decimal(precision, scale) => ScalarValue::Decimal128(None, *precision, *scale),
            Self::String | Self::Uuid => ScalarValue::Utf8(None),
            Self::Date => ScalarValue::Date32(None),
            Self::Timestamp => ScalarValue::TimestampMicrosecond(None, None),
            Self::TimestampTz => ScalarValue::TimestampMicrosecond(None, Some(UTC.into())),
            Self::List(element) => {
                let field = Arc::new(Field::new_list_field(element.arrow(), true));
                ScalarValue::List(Arc::new(ListArray::new_null(field, 1)))
            }
        }
    }

    /// The type of the elements of a list, and of a scalar the type itself: what bounds and patterns apply to.
    #[must_use]
    pub fn element(&self) -> &Self {
        match self {
            Self::List(element) => element,
            scalar => scalar,
        }
    }

    /// Is it a list type?
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    /// Have its values (or its elements) an order that bounds could use?
    #[must_use]
    pub fn has_order(&self) -> bool {
        !matches!(self.element(), Self::Bool | Self::String | Self::Uuid)
    }

    /// Reads one value as a query string spells it; of a list type, a list of that one element. The value is exact or
    /// refused, never rounded. The error completes a sentence: "is not a date (YYYY-MM-DD)".
    pub fn from_text(&self, text: &str) -> Result<ScalarValue, String> {
        match self {
            Self::List(_) => self.from_texts(&[text]),
            scalar => read::scalar(scalar, text),
        }
    }

    /// Reads the elements of a list, or the only value of a scalar type. Errors as [`ValueType::from_text`], preceded
    /// by the element they concern when there are several.
    pub fn from_texts<T: AsRef<str>>(&self, texts: &[T]) -> Result<ScalarValue, String> {
        match (self, texts) {
            (Self::List(element), _) => {
                let read = |text: &T| read::scalar(element, text.as_ref());
                element.list_of(texts.iter().map(read), texts.len())
            }
            (scalar, [text]) => read::scalar(scalar, text.as_ref()),
            _ => Err("takes one value".to_owned()),
        }
    }

    /// Reads a value that is not null from JSON: an array for a list, a boolean for `bool`, a string or an exact
    /// number for numbers, a string for the rest. Errors as [`ValueType::from_text`].
    pub fn from_json(&self, json: &serde_json::Value) -> Result<ScalarValue, String> {
        use serde_json::Value as Json;
        match (self, json) {
            (Self::List(element), Json::Array(items)) => {
                element.list_of(items.iter().map(|item| element.from_json(item)), items.len())
            }
            (Self::List(_), _) => Err("is not an array".to_owned()),
            (Self::Bool, Json::Bool(value)) => Ok(ScalarValue::Boolean(Some(*value))),
            (Self::Bool, _) => Err("is not a JSON boolean (true or false)".to_owned()),
            (Self::Int32 | Self::Int64 | Self::Float64 | Self::Decimal(..), Json::Number(number)) => {
                read::scalar(self, number.as_str())
            }
            (_, Json::String(text)) => read::scalar(self, text),
            (Self::Int32 | Self::Int64 | Self::Float64 | Self::Decimal(..), _) => Err("is not a number".to_owned()),
            (_, _) => Err("is not a JSON string".to_owned()),
        }
    }

    /// A list whose elements are of this type.
    fn list_of(
        &self,
        elements: impl Iterator<Item = Result<ScalarValue, String>>,
        count: usize,
    ) -> Result<ScalarValue, String> {
        let elements = elements
            .enumerate()
            .map(|(index, element)| match element {
                Err(error) if count > 1 => Err(format!("has an element {} that {error}", index + 1)),
                other => other,
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(ScalarValue::List(ScalarValue::new_list_nullable(&elements, &self.arrow())))
    }
}

/// `(p,s)` of a decimal.
fn parse_decimal(arguments: &str) -> Result<ValueType, String> {
    let wrong = || format!("is not decimal(p,s) with 1 ≤ p ≤ {MAX_PRECISION} and 0 ≤ s ≤ p");
    let inner = arguments.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or_else(wrong)?;
    let (precision, scale) = inner.split_once(',').ok_or_else(wrong)?;
    let precision: u8 = precision.trim().parse().map_err(|_| wrong())?;
    let scale: u8 = scale.trim().parse().map_err(|_| wrong())?;
    if !(1..=MAX_PRECISION).contains(&precision) || scale > precision {
        return Err(wrong());
    }
    Ok(ValueType::Decimal(precision, i8::try_from(scale).map_err(|_| wrong())?))
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int32 => f.write_str("int32"),
            Self::Int64 => f.write_str("int64"),
            Self::Float64 => f.write_str("float64"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::String => f.write_str("string"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::TimestampTz => f.write_str("timestamptz"),
            Self::Uuid => f.write_str("uuid"),
            Self::List(element) => write!(f, "[{element}]"),
        }
    }
}

/// The order of two values of one type, as pages order them: −0 equals 0 and NaN is above all numbers. `None` when one
/// is NULL or their types differ.
#[must_use]
pub fn compare(a: &ScalarValue, b: &ScalarValue) -> Option<Ordering> {
    match (a, b) {
        (a, b) if a.is_null() || b.is_null() => None,
        (ScalarValue::Float64(Some(a)), ScalarValue::Float64(Some(b))) => {
            Some(a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())))
        }
        (a, b) => a.partial_cmp(b),
    }
}

/// The elements of a list value, and of any other value itself.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "it does not panic")]
pub fn elements(value: &ScalarValue) -> Vec<ScalarValue> {
    let ScalarValue::List(list) = value else { return vec![value.clone()] };
    list.iter()
        .flatten()
        .flat_map(|array| (0..array.len()).map(move |index| ScalarValue::try_from_array(&array, index)))
        .map(|element| element.expect("the index is within the array, whose type is one of ours"))
        .collect()
}

#[cfg(test)]
mod tests {
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
        assert_eq!(read("int64", "1.0"), Err("is not an integer".to_owned()));
        assert_eq!(read("string", "1"), Err("is not a JSON string".to_owned()));
        assert_eq!(read("[int32]", "[1, null]"), Err("has an element 2 that is not a number".to_owned()));
    }
}
