//! The types a parameter or an annotated column may have, and how a value of each is read, compared and printed.

mod print;
mod read;
#[cfg(test)]
mod tests;

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
/// The zone of every instant.
pub const UTC: &str = "UTC";

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

    /// Some value of this type, neither NULL nor zero nor empty, to try with.
    #[must_use]
    pub fn example(&self) -> ScalarValue {
        // 2000-01-01, which every calendar of a source has.
        const DAY: i32 = 10_957;
        const MICROS: i64 = DAY as i64 * 86_400_000_000;
        match self {
            Self::Bool => ScalarValue::Boolean(Some(true)),
            Self::Int32 => ScalarValue::Int32(Some(1)),
            Self::Int64 => ScalarValue::Int64(Some(1)),
            Self::Float64 => ScalarValue::Float64(Some(1.0)),
            Self::Decimal(precision, scale) => ScalarValue::Decimal128(Some(1), *precision, *scale),
            Self::String => ScalarValue::Utf8(Some("a".into())),
            Self::Uuid => ScalarValue::Utf8(Some("00000000-0000-4000-8000-000000000000".into())),
            Self::Date => ScalarValue::Date32(Some(DAY)),
            Self::Timestamp => ScalarValue::TimestampMicrosecond(Some(MICROS), None),
            Self::TimestampTz => ScalarValue::TimestampMicrosecond(Some(MICROS), Some(UTC.into())),
            Self::List(element) => {
                ScalarValue::List(ScalarValue::new_list(&[element.example()], &element.arrow(), true))
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
            (Self::Int32 | Self::Int64, Json::Number(number)) => read::json_integer(self, number.as_str()),
            (Self::Float64 | Self::Decimal(..), Json::Number(number)) => read::scalar(self, number.as_str()),
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
