//! `/openapi.json`: OpenAPI 3.1 of what the caller may call, with a typed property for every column.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderValue, Method, header};
use serde_json::{Map, Value, json};

use super::{begin, check, finish, problem, request, schema};
use crate::{
    catalog::Query,
    encode::Format,
    engine::Prepared,
    model::Fault,
    pipeline::{DEFAULT_LIMIT, Road},
    telemetry::Record,
};

/// The statuses that every query can answer with, and what they mean.
const FAILURES: &[(&str, &str)] = &[
    ("400", "Parameters, limit, cursor or body are wrong"),
    ("401", "Credentials are missing or invalid"),
    ("403", "A scope is missing"),
    ("404", "There is no such query or version"),
    ("406", "None of the formats asked for can be produced"),
    ("410", "The cursor has expired; start again without it"),
    ("414", "The query string is too long"),
    ("500", "The query failed"),
    ("502", "A source failed"),
    ("503", "A source is unavailable, or the service is busy"),
    ("504", "The time limit was reached"),
];

pub(super) async fn serve(State(road): State<Arc<Road>>, request: Request) -> Response {
    let mut record = begin(request.headers());
    match document(&road, &request, &mut record) {
        Ok(document) => {
            let body = document.to_string();
            record.status = Some(200);
            record.bytes = body.len() as u64;
            let mut response = Response::new(Body::from(body));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            finish(&record, &mut response);
            record.finish();
            response
        }
        Err(fault) => problem::response(&mut record, &fault, request.uri()),
    }
}

fn document(road: &Road, request: &Request, record: &mut Record) -> Result<Value, Fault> {
    check(request, &[Method::GET, Method::HEAD])?;
    let caller = road.authenticate(&request::credentials(request.headers()))?;
    record.consumer = Some(caller.principal().id().to_owned());
    let queries = caller.described();
    let paths: Map<String, Value> =
        queries.iter().map(|prepared| (path(&prepared.query), operations(prepared))).collect();
    let tags: BTreeSet<&str> = queries.iter().map(|prepared| prepared.query.name.domain()).collect();
    let rows: Map<String, Value> = queries
        .iter()
        .map(|prepared| (format!("{}_row", operation_id(&prepared.query)), schema::row(&prepared.schema)))
        .collect();
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Aqueduct",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Named queries as an API. JSON is paged: follow `pagination.cursor` until it is null. \
                NDJSON, CSV, Arrow and Parquet carry the whole result unless `limit` says otherwise.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This service"}],
        "security": [{}, {"bearer": []}, {"apiKey": []}],
        "tags": tags.iter().map(|tag| json!({"name": tag, "description": format!("Queries of the domain {tag}")})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key"},
            },
            "schemas": components(rows),
            "responses": FAILURES.iter().map(|(status, meaning)| (format!("problem_{status}"), failure(meaning))).collect::<Map<_, _>>(),
        },
    }))
}

fn path(query: &Query) -> String {
    format!("/v{}/{}/{}", query.version, query.name.domain(), query.name.name())
}

fn operation_id(query: &Query) -> String {
    format!("{}_{}_v{}", query.name.domain(), query.name.name(), query.version)
}

fn operations(prepared: &Prepared) -> Value {
    let query = &prepared.query;
    let mut get = operation(prepared, "get");
    get["parameters"] = query.params.iter().map(in_query).chain(controls(query)).collect();
    let mut post = operation(prepared, "post");
    post["parameters"] = controls(query).collect();
    let properties: Map<String, Value> = query
        .params
        .iter()
        .map(|param| {
            let mut schema = schema::parameter(param);
            if let Some(description) = &param.description {
                schema["description"] = json!(description);
            }
            if param.optional
                && let Some(kind) = schema.get("type").cloned()
            {
                schema["type"] = json!([kind, "null"]);
                if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                    values.push(Value::Null);
                }
            }
            (param.name.value.clone(), schema)
        })
        .collect();
    let required: Vec<_> =
        query.params.iter().filter(|param| is_required(param)).map(|param| param.name.value.as_str()).collect();
    let body = json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    post["requestBody"] = json!({"required": !required.is_empty(), "content": {"application/json": {"schema": body}}});
    for (status, meaning) in [("413", "The body is too large"), ("415", "The body is not JSON")] {
        post["responses"][status] = failure(meaning);
    }
    json!({"get": get, "post": post})
}

fn operation(prepared: &Prepared, method: &str) -> Value {
    let query = &prepared.query;
    let mut operation = json!({
        "operationId": format!("{}_{method}", operation_id(query)),
        "summary": query.name.to_string(),
        "tags": [query.name.domain()],
        "responses": {"200": success(query)},
    });
    if let Some(description) = &query.description {
        operation["description"] = json!(description);
    }
    if let Some(owner) = &query.owner {
        operation["x-owner"] = json!(owner);
    }
    for (status, _) in FAILURES {
        operation["responses"][status] = json!({"$ref": format!("#/components/responses/problem_{status}")});
    }
    operation
}

fn is_required(param: &crate::catalog::Param) -> bool {
    param.default.is_none() && !param.optional
}

fn in_query(param: &crate::catalog::Param) -> Value {
    let mut parameter = json!({
        "name": param.name.value,
        "in": "query",
        "required": is_required(param),
        "schema": schema::parameter(param),
        "style": "form",
        "explode": true,
    });
    if let Some(description) = &param.description {
        parameter["description"] = json!(description);
    }
    parameter
}

/// What every query takes.
fn controls(query: &Query) -> impl Iterator<Item = Value> {
    let max = query.page.max;
    let formats: Vec<_> =
        Format::ALL.iter().filter(|format| **format != Format::Plan).map(|format| format.name()).collect();
    let mut controls = vec![
        json!({
            "name": "limit", "in": "query", "description": "The most rows of a page",
            "schema": {"type": "integer", "minimum": 1, "maximum": max, "default": DEFAULT_LIMIT.min(max)},
        }),
        json!({
            "name": "format", "in": "query", "description": "The format of the answer, instead of `Accept`",
            "schema": {"type": "string", "enum": formats},
        }),
    ];
    if !query.page.key.is_empty() {
        controls.push(json!({
            "name": "cursor", "in": "query", "description": "`pagination.cursor` of the page before",
            "schema": {"type": "string"},
        }));
    }
    controls.into_iter()
}

fn success(query: &Query) -> Value {
    let row = json!({"$ref": format!("#/components/schemas/{}_row", operation_id(query))});
    let page = json!({
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": row},
            "pagination": {"$ref": "#/components/schemas/pagination"},
            "meta": {"$ref": "#/components/schemas/meta"},
        },
        "required": ["data", "pagination", "meta"],
        "additionalProperties": false,
    });
    let header = |description: &str| json!({"description": description, "schema": {"type": "string"}});
    json!({
        "description": "Rows",
        "headers": {
            "Link": header("`rel=\"next\"` leads to the next page"),
            "X-Request-Id": header("Names this request in logs"),
            "Server-Timing": header("How long each stage took, in milliseconds"),
        },
        "content": {
            "application/json": {"schema": page},
            "application/x-ndjson": {"schema": {"type": "string", "description": "One JSON object a line"}},
            "text/csv": {"schema": {"type": "string", "description": "RFC 4180, with a header line"}},
            "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "contentMediaType": "application/vnd.apache.arrow.stream"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "contentMediaType": "application/vnd.apache.parquet"}},
        },
    })
}

fn failure(meaning: &str) -> Value {
    json!({"description": meaning, "content": {problem::MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/problem"}}}})
}

fn components(mut rows: Map<String, Value>) -> Map<String, Value> {
    let mut add = |name: &str, schema: Value| drop(rows.insert(name.into(), schema));
    add(
        "pagination",
        json!({
            "type": "object",
            "properties": {
                "cursor": {"type": ["string", "null"], "description": "Leads to the next page"},
                "has_more": {"type": "boolean", "description": "Do rows follow?"},
                "limit": {"type": "integer", "description": "The most rows of this page"},
            },
            "required": ["cursor", "has_more", "limit"],
            "additionalProperties": false,
        }),
    );
    add(
        "meta",
        json!({
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "version": {"type": "integer"},
                "generated_at": {"type": "string", "format": "date-time"},
                "consistency": {"type": "string", "enum": ["complete", "keyset", "partial"]},
                "request_id": {"type": "string"},
            },
            "required": ["query", "version", "generated_at", "consistency", "request_id"],
            "additionalProperties": false,
        }),
    );
    add(
        "problem",
        json!({
            "type": "object",
            "description": "RFC 9457",
            "properties": {
                "type": {"type": "string", "format": "uri"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "instance": {"type": "string"},
                "code": {"type": "string", "pattern": "^AQ-[1-6][0-9]{2}$"},
                "request_id": {"type": "string"},
                "hint": {"type": "string"},
                "restart": {"type": "string", "description": "Where to start again"},
                "errors": {"type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "parameter": {"type": "string"},
                        "detail": {"type": "string"},
                        "allowed": {"type": "array", "items": {"type": "string"}},
                    },
                    "required": ["parameter", "detail"],
                    "additionalProperties": false,
                }},
            },
            "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
            "additionalProperties": false,
        }),
    );
    rows
}
