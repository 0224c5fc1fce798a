//! The types a parameter or an annotated column may have, and how a value of each is read from text and from JSON.

use datafusion::{arrow::datatypes::DataType, scalar::ScalarValue};

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
    /// The Arrow type its values are bound with.
    #[must_use]
    pub fn arrow(&self) -> DataType {
        let _ = ScalarValue::Null;
        DataType::Null
    }
}
impl ValueType {
    pub fn null(&self) -> ScalarValue {
        ScalarValue::Null
    }
    pub fn from_text(&self, _: &str) -> Result<ScalarValue, String> {
        Err(String::new())
    }
    pub fn from_texts(&self, _: &[&str]) -> Result<ScalarValue, String> {
        Err(String::new())
    }
    pub fn from_json(&self, _: &serde_json::Value) -> Result<ScalarValue, String> {
        Err(String::new())
    }
}
impl std::fmt::Display for ValueType {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
pub fn to_text(_: &ScalarValue) -> String {
    String::new()
}
