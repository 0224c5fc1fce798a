//! Column and parameter types as JSON Schema (2020-12), as `OpenAPI` 3.1 uses it: what a JSON answer holds for each type.

use datafusion::{
    arrow::datatypes::{DataType, Field, IntervalUnit, Schema},
    common::ScalarValue,
};
use serde_json::{Map, Value, json};

use crate::{
    catalog::Param,
    model::{
        ValueType,
        value::{elements, to_text},
    },
    sources::COMMENT,
};

/// The name that `OpenAPI`'s registry of formats has for a date and time without a zone.
const LOCAL_TIME: &str = "date-time-local";

/// The object that one row is. With `is_chosen` a request says which of its columns it has.
#[must_use]
pub(super) fn row(schema: &Schema, is_chosen: bool) -> Value {
    let properties: Map<String, Value> =
        schema.fields().iter().map(|field| (field.name().clone(), column(field))).collect();
    let required: Vec<_> = if is_chosen { Vec::new() } else { properties.keys().cloned().collect() };
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn column(field: &Field) -> Value {
    let mut schema = data_type(field.data_type());
    if field.is_nullable() {
        make_nullable(&mut schema);
    }
    if let Some(comment) = field.metadata().get(COMMENT) {
        schema["description"] = match &schema["description"] {
            Value::String(form) => json!(format!("{comment} ({form})")),
            _ => json!(comment),
        };
    }
    schema
}

/// Lets the values that `schema` describes be null too.
pub(super) fn make_nullable(schema: &mut Value) {
    if let Some(kind) = schema.get_mut("type") {
        *kind = match kind.take() {
            Value::Array(kinds) => kinds.into_iter().chain([Value::from("null")]).collect(),
            Value::String(kind) if kind == "null" => kind.into(),
            kind => json!([kind, "null"]),
        };
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
}

fn data_type(data_type: &DataType) -> Value {
    match data_type {
        DataType::Null => json!({"type": "null"}),
        DataType::Boolean => json!({"type": "boolean"}),
        // Strings with `int64=string`.
        DataType::Int64 => json!({"type": ["integer", "string"], "format": "int64"}),
        DataType::UInt64 => json!({"type": ["integer", "string"], "format": "uint64", "minimum": 0}),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => {
            json!({"type": "integer", "format": "int32"})
        }
        // NaN and the infinities have no JSON number.
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            json!({"type": ["number", "string"], "format": "double"})
        }
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => {
            json!({"type": "string", "format": "decimal", "description": format!("decimal({precision},{scale})")})
        }
        DataType::Date32 | DataType::Date64 => json!({"type": "string", "format": "date"}),
        DataType::Time32(_) | DataType::Time64(_) => json!({"type": "string", "description": "time of day, ISO 8601"}),
        DataType::Timestamp(_, None) => {
            json!({"type": "string", "format": LOCAL_TIME, "description": "timestamp without zone, ISO 8601"})
        }
        DataType::Timestamp(_, Some(_)) => json!({"type": "string", "format": "date-time"}),
        DataType::Interval(IntervalUnit::YearMonth | IntervalUnit::DayTime | IntervalUnit::MonthDayNano)
        | DataType::Duration(_) => {
            // The format `duration` has neither signs nor fractions.
            json!({"type": "string", "description": "ISO 8601 duration"})
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            json!({"type": "string", "contentEncoding": "base64"})
        }
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => json!({"type": "array", "items": column(item)}),
        DataType::Struct(fields) => row(&Schema::new(fields.clone()), false),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                json!({"type": "object", "additionalProperties": column(&pair[1])})
            }
            _ => json!({"type": "object"}),
        },
        _ => json!({"type": "string"}),
    }
}

/// The values that a parameter may have, with its bounds.
#[must_use]
pub(super) fn parameter(param: &Param) -> Value {
    let mut schema = match &param.value_type {
        ValueType::List(item) => json!({"type": "array", "items": bounded(item, param)}),
        scalar => bounded(scalar, param),
    };
    if let Some(default) = &param.default {
        schema["default"] = plain(default);
    }
    schema
}

fn bounded(value_type: &ValueType, param: &Param) -> Value {
    let mut schema = value(value_type);
    let numeric = matches!(value_type, ValueType::Int32 | ValueType::Int64 | ValueType::Float64);
    for (name, bound) in [("minimum", &param.min), ("maximum", &param.max)] {
        match bound {
            Some(bound) if numeric => schema[name] = plain(bound),
            // JSON Schema has no bounds for text.
            Some(bound) => schema[format!("x-{name}")] = plain(bound),
            None => {}
        }
    }
    if !param.allowed.is_empty() {
        schema["enum"] = param.allowed.iter().map(plain).collect();
    }
    if let Some(pattern) = &param.pattern {
        schema["pattern"] = json!(format!("^(?:{})$", pattern.source()));
    }
    schema
}

/// The values of a type.
#[must_use]
pub(super) fn value(value_type: &ValueType) -> Value {
    match value_type {
        ValueType::Bool => json!({"type": "boolean"}),
        ValueType::Int32 => json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX}),
        ValueType::Int64 => json!({"type": "integer", "format": "int64", "minimum": i64::MIN, "maximum": i64::MAX}),
        ValueType::Float64 => json!({"type": "number", "format": "double"}),
        ValueType::Decimal(precision, scale) => decimal(*precision, *scale),
        // PostgreSQL's text, like C's, holds no NUL.
        ValueType::String => json!({"type": "string", "pattern": "^[^\\u0000]*$"}),
        ValueType::Date => json!({"type": "string", "format": "date"}),
        ValueType::Timestamp => json!({
            "type": "string",
            "format": LOCAL_TIME,
            "description": "timestamp without zone, ISO 8601",
            "pattern": r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$",
        }),
        ValueType::TimestampTz => json!({"type": "string", "format": "date-time"}),
        ValueType::Uuid => json!({"type": "string", "format": "uuid"}),
        ValueType::List(_) => json!({"type": "array"}),
    }
}

fn decimal(precision: u8, scale: i8) -> Value {
    let scale = scale.max(0).unsigned_abs();
    let whole = precision.saturating_sub(scale);
    let fraction = if scale == 0 { String::new() } else { format!("(\\.\\d{{1,{scale}}})?") };
    json!({"type": "string", "format": "decimal", "pattern": format!("^-?\\d{{1,{}}}{fraction}$", whole.max(1))})
}

/// A value as a caller would write it: numbers and booleans as such, everything else as text.
fn plain(scalar: &ScalarValue) -> Value {
    match scalar {
        ScalarValue::Boolean(Some(value)) => json!(value),
        ScalarValue::Int32(Some(value)) => json!(value),
        ScalarValue::Int64(Some(value)) => json!(value),
        ScalarValue::Float64(Some(value)) => json!(value),
        ScalarValue::List(_) => elements(scalar).iter().map(plain).collect(),
        other => json!(to_text(other)),
    }
}
