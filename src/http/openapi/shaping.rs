//! The parameters with which a consumer shapes the result, where the owner allows it.

use serde_json::{Value, json};

use super::super::schema;
use crate::{
    engine::{Filterable, Operand, Shaping, State},
    model::ValueType,
    pipeline::MOST_TERMS,
};

/// One for each thing that is allowed.
pub(super) fn parameters(shaping: &Shaping) -> Vec<Value> {
    let mut parameters = Vec::new();
    if !shaping.fields.is_empty() {
        let schema = json!({
            "type": "array",
            "items": {"type": "string", "enum": shaping.fields},
            "minItems": 1,
            "uniqueItems": true,
        });
        parameters.push(list("fields", "Only these columns, in this order", schema));
    }
    if !shaping.sort.is_empty() {
        let terms: Vec<_> = shaping.sort.iter().flat_map(|column| [column.clone(), format!("-{column}")]).collect();
        let schema = json!({
            "type": "array",
            "items": {"type": "string", "enum": terms},
            "minItems": 1,
            "maxItems": MOST_TERMS,
        });
        parameters.push(list("sort", "Sorted by these columns, descending where `-` is before one", schema));
    }
    parameters.extend(shaping.filters.iter().flat_map(of_column));
    parameters
}

/// Its items are joined by commas.
fn list(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema, "style": "form", "explode": false})
}

fn of_column(filterable: &Filterable) -> impl Iterator<Item = Value> {
    filterable.operators().into_iter().map(|operator| filter(filterable, operator))
}

fn filter(filterable: &Filterable, operator: &str) -> Value {
    let column = &filterable.column;
    let (what, schema) = match operator {
        "is" => {
            let states: Vec<_> = filterable.states().into_iter().map(State::as_str).collect();
            ("is", json!({"type": "string", "enum": states}))
        }
        "in" => ("is one of", json!({"type": "array", "items": value(filterable), "minItems": 1})),
        // A backslash escapes what follows it.
        "like" => {
            let pattern = r"^([^\\\u0000]|\\[^\u0000])*$";
            ("is like: `%` is any text, `_` any character", json!({"type": "string", "pattern": pattern}))
        }
        "eq" => ("equals", value(filterable)),
        "ne" => ("is not NULL and differs from", value(filterable)),
        "gt" => ("is greater than", value(filterable)),
        "gte" => ("is at least", value(filterable)),
        "lt" => ("is less than", value(filterable)),
        _ => ("is at most", value(filterable)),
    };
    let name = format!("{column}__{operator}");
    let description = format!("Only rows whose `{column}` {what}");
    json!({"name": name, "in": "query", "description": description, "schema": schema, "style": "form", "explode": true})
}

/// The values that the column is compared with.
fn value(filterable: &Filterable) -> Value {
    match &filterable.operand {
        Some(Operand::Integer { least, greatest }) => json!({"type": "integer", "minimum": least, "maximum": greatest}),
        Some(Operand::Float32) => {
            json!({"type": "number", "format": "float", "minimum": f32::MIN, "maximum": f32::MAX})
        }
        Some(Operand::Value(value_type)) => schema::value(value_type),
        None => schema::value(&ValueType::String),
    }
}
