//! What can be done with one query: its parameters, its body and its answers.

use serde_json::{Map, Value, json};

use super::{
    super::{answer, schema},
    caching,
    components::{BODY_FAILURES, FAILURES, header},
    operation_id, shaping,
};
use crate::{
    catalog::{Param, Query},
    encode::{Format, Int64},
    engine::Prepared,
    model::ValueType,
    pipeline::DEFAULT_LIMIT,
};

/// What can be done with a query. Whoever may not see plans is not told of them.
pub(super) fn all(prepared: &Prepared, security: &Value, shows_plans: bool) -> Value {
    let query = &prepared.query;
    let formats: Vec<_> = Format::ALL.into_iter().filter(|format| *format != Format::Plan || shows_plans).collect();
    let mut get = operation(prepared, "get", security);
    let controls = controls(prepared, &formats);
    get["parameters"] = query.params.iter().map(in_query).chain(controls.iter().cloned()).collect();
    let mut post = operation(prepared, "post", security);
    post["parameters"] = Value::from(controls);
    if shows_plans {
        for operation in [&mut get, &mut post] {
            let plan = json!({"schema": {"$ref": "#/components/schemas/plan"}});
            operation["responses"]["200"]["content"][Format::Plan.media_type()] = plan;
        }
    }
    post["requestBody"] = body(query);
    refer_to_failures(&mut post, BODY_FAILURES);
    caching::describe(prepared, &mut get, &mut post);
    json!({"get": get, "post": post})
}

fn operation(prepared: &Prepared, method: &str, security: &Value) -> Value {
    let query = &prepared.query;
    let mut operation = json!({
        "operationId": format!("{}_{method}", operation_id(query)),
        "summary": query.name.to_string(),
        "tags": [query.name.domain()],
        "security": security,
        "responses": {"200": success(query)},
    });
    if let Some(description) = &prepared.description {
        operation["description"] = json!(description);
    }
    if let Some(owner) = &query.owner {
        operation["x-owner"] = json!(owner);
    }
    refer_to_failures(&mut operation, FAILURES);
    operation
}

fn refer_to_failures(operation: &mut Value, failures: &[(&str, &str)]) {
    for (status, _) in failures {
        operation["responses"][status] = json!({"$ref": format!("#/components/responses/problem_{status}")});
    }
}

/// The JSON object of a POST: the same parameters as in a query string, where null says that an optional one is left out.
fn body(query: &Query) -> Value {
    let properties: Map<String, Value> = query
        .params
        .iter()
        .map(|param| {
            let mut schema = schema::parameter(param);
            if param.optional {
                schema::make_nullable(&mut schema);
            }
            if let Some(description) = &param.description {
                schema["description"] = json!(description);
            }
            (param.name.value.clone(), schema)
        })
        .collect();
    let required: Vec<_> =
        query.params.iter().filter(|param| is_required(param)).map(|param| param.name.value.as_str()).collect();
    let object =
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    json!({"required": !required.is_empty(), "content": {"application/json": {"schema": object}}})
}

fn is_required(param: &Param) -> bool {
    param.default.is_none() && !param.optional
}

fn in_query(param: &Param) -> Value {
    let mut schema = schema::parameter(param);
    // A query string has no empty list: it would not name the parameter at all.
    if is_required(param) && matches!(param.value_type, ValueType::List(_)) {
        schema["minItems"] = json!(1);
    }
    let mut parameter = json!({
        "name": param.name.value,
        "in": "query",
        "required": is_required(param),
        "schema": schema,
        "style": "form",
        "explode": true,
    });
    if let Some(description) = &param.description {
        parameter["description"] = json!(description);
    }
    parameter
}

/// What the query string takes besides the query's parameters.
fn controls(prepared: &Prepared, formats: &[Format]) -> Vec<Value> {
    let max = prepared.page.max;
    let formats: Vec<_> = formats.iter().map(|format| format.name()).collect();
    let mut controls = vec![
        json!({
            "name": "limit", "in": "query", "description": "The most rows of a page",
            "schema": {"type": "integer", "minimum": 1, "maximum": max, "default": DEFAULT_LIMIT.min(max)},
        }),
        json!({
            "name": "format", "in": "query", "description": "The format of the answer, instead of `Accept`",
            "schema": {"type": "string", "enum": formats},
        }),
        json!({
            "name": "int64", "in": "query", "description": "JSON and NDJSON: are integers of 64 bits numbers, or strings?",
            "schema": {"type": "string", "enum": Int64::NAMES, "default": Int64::NAMES[0]},
        }),
        json!({
            "name": "null", "in": "query", "description": "CSV: the text for NULL, which is an empty field otherwise",
            "schema": {"type": "string", "maxLength": 16, "pattern": "^[^\",\\u0000-\\u001f\\u007f]*$"},
        }),
        json!({
            "name": "envelope", "in": "query", "description": "JSON: `false` gives the array of rows alone",
            "schema": {"type": "boolean", "default": true},
        }),
        json!({
            "name": "cursor", "in": "query", "description": "`pagination.cursor` of the page before",
            "schema": {"type": "string"},
        }),
        json!({
            "name": "count", "in": "query", "description": "`exact`: count the rows of the whole result too",
            "schema": {"type": "string", "enum": ["exact"]},
        }),
    ];
    if caching::is_always_stored(prepared) {
        controls.push(json!({
            "name": "skip", "in": "query", "description": "Begin the page so many rows further",
            "schema": {"type": "integer", "minimum": 0, "maximum": u64::MAX, "default": 0},
        }));
    }
    controls.extend(shaping::parameters(&prepared.shaping));
    controls
}

fn success(query: &Query) -> Value {
    let row = json!({"$ref": format!("#/components/schemas/{}_row", operation_id(query))});
    let page = json!({
        // With `envelope=false` it is the array.
        "type": ["object", "array"],
        "items": row,
        "properties": {
            "data": {"type": "array", "items": row},
            "pagination": {"$ref": "#/components/schemas/pagination"},
            "meta": {"$ref": "#/components/schemas/meta"},
        },
        "required": ["data", "pagination", "meta"],
        "additionalProperties": false,
    });
    json!({
        "description": "Rows",
        "headers": {
            "Link": header("Of a page that is not the last: `rel=\"next\"` leads to the next"),
            answer::CONSISTENCY: header("Of a page: `complete`, `keyset` or `stored`"),
            answer::TOTAL: header("Of a page with `count=exact`: how many rows the whole result has"),
            answer::HAS_MORE: header("Of a page: `true` if rows follow"),
            "X-Request-Id": header("Names this request in logs"),
            "Server-Timing": header("How long each stage took, in milliseconds"),
        },
        "content": {
            "application/json": {"schema": page},
            "application/x-ndjson": {"schema": {"type": "string", "description": "One JSON object a line"}},
            "text/csv": {"schema": {"type": "string", "description": "RFC 4180, with a header line"}},
            "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "contentMediaType": "application/vnd.apache.arrow.stream"}},
            "application/vnd.apache.arrow.file": {"schema": {"type": "string", "contentMediaType": "application/vnd.apache.arrow.file"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "contentMediaType": "application/vnd.apache.parquet"}},
        },
    })
}
