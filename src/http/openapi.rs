//! `/openapi.json`: `OpenAPI` 3.1 of what the caller may call, with a typed property for every column.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderValue, header};
use serde_json::{Map, Value, json};

use super::{answer, begin, finish, problem, request, schema};
use crate::{
    auth::Credentials,
    catalog::{Access, Page, Param, Query},
    encode::Format,
    engine::Prepared,
    model::{Fault, ValueType},
    pipeline::{DEFAULT_LIMIT, Road},
    policy,
    telemetry::Record,
};

/// The failures that every query can answer with, and what they mean.
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
/// Those that only a request with a body can meet.
const BODY_FAILURES: &[(&str, &str)] =
    &[("413", "The body is too large"), ("415", "The body is not JSON, or it is compressed")];

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

fn document(road: &Arc<Road>, request: &Request, record: &mut Record) -> Result<Value, Fault> {
    let caller = road.authenticate(&request::credentials(request.headers()))?;
    record.consumer = Some(caller.principal().id().to_owned());
    let anyone = road.authenticate(&Credentials::None).ok();
    let is_open =
        |query: &Query| anyone.as_ref().is_some_and(|anyone| policy::grant(anyone.principal(), query).is_ok());
    let shows_plans = policy::may_explain(caller.principal()).is_ok();
    let queries = caller.described();
    let paths: Map<String, Value> = queries
        .iter()
        .map(|prepared| {
            let security = security(&prepared.query, is_open(&prepared.query));
            (path(&prepared.query), operations(prepared, &security, shows_plans))
        })
        .collect();
    let tags: BTreeSet<&str> = queries.iter().map(|prepared| prepared.query.name.domain()).collect();
    let rows = queries
        .iter()
        .map(|prepared| (format!("{}_row", operation_id(&prepared.query)), schema::row(&prepared.schema)));
    let plans = shows_plans.then(|| ("plan".into(), plan()));
    let failures = FAILURES.iter().chain(BODY_FAILURES);
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Aqueduct",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Named queries as an API. JSON is paged: follow `pagination.cursor` until it is null. \
                NDJSON, CSV, Arrow and Parquet carry the whole result unless `limit` or `cursor` asks for a page.",
        },
        "servers": [{"url": "/", "description": "This service"}],
        "tags": tags.iter().map(|tag| json!({"name": tag, "description": format!("Queries of the domain {tag}")})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key"},
            },
            "schemas": rows.chain(shared_schemas()).chain(plans).collect::<Map<_, _>>(),
            "responses": failures.map(|(status, meaning)| (format!("problem_{status}"), failure(status, meaning))).collect::<Map<_, _>>(),
        },
    }))
}

/// Ways to be let in, each enough: without credentials where that is open, or with a key that has these scopes.
fn security(query: &Query, is_open: bool) -> Value {
    let scopes = match &query.access {
        Access::Public => [].as_slice(),
        Access::Scopes(scopes) => scopes,
    };
    let key = [json!({"bearer": scopes}), json!({"apiKey": scopes})];
    is_open.then(|| json!({})).into_iter().chain(key).collect()
}

fn path(query: &Query) -> String {
    format!("/v{}/{}/{}", query.version, query.name.domain(), query.name.name())
}

fn operation_id(query: &Query) -> String {
    format!("{}_{}_v{}", query.name.domain(), query.name.name(), query.version)
}

/// What can be done with a query. Whoever may not see plans is not told of them.
fn operations(prepared: &Prepared, security: &Value, shows_plans: bool) -> Value {
    let query = &prepared.query;
    let formats: Vec<_> = Format::ALL.into_iter().filter(|format| *format != Format::Plan || shows_plans).collect();
    let mut get = operation(prepared, "get", security);
    get["parameters"] = query.params.iter().map(in_query).chain(controls(&prepared.page, &formats)).collect();
    let mut post = operation(prepared, "post", security);
    post["parameters"] = controls(&prepared.page, &formats).collect();
    if shows_plans {
        for operation in [&mut get, &mut post] {
            let plan = json!({"schema": {"$ref": "#/components/schemas/plan"}});
            operation["responses"]["200"]["content"][Format::Plan.media_type()] = plan;
        }
    }
    post["requestBody"] = body(query);
    refer_to_failures(&mut post, BODY_FAILURES);
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

/// What every query takes.
fn controls(page: &Page, formats: &[Format]) -> impl Iterator<Item = Value> + use<> {
    let max = page.max;
    let formats: Vec<_> = formats.iter().map(|format| format.name()).collect();
    let controls = vec![
        json!({
            "name": "limit", "in": "query", "description": "The most rows of a page",
            "schema": {"type": "integer", "minimum": 1, "maximum": max, "default": DEFAULT_LIMIT.min(max)},
        }),
        json!({
            "name": "format", "in": "query", "description": "The format of the answer, instead of `Accept`",
            "schema": {"type": "string", "enum": formats},
        }),
        json!({
            "name": "cursor", "in": "query", "description": "`pagination.cursor` of the page before",
            "schema": {"type": "string"},
        }),
    ];
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
    json!({
        "description": "Rows",
        "headers": {
            "Link": header("Of a page that is not the last: `rel=\"next\"` leads to the next"),
            answer::CONSISTENCY: header("Of a page: `complete`, `keyset` or `stored`"),
            answer::HAS_MORE: header("Of a page: `true` if rows follow"),
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

fn header(description: &str) -> Value {
    json!({"description": description, "schema": {"type": "string"}})
}

fn failure(status: &str, meaning: &str) -> Value {
    let mut headers = json!({"X-Request-Id": header("Names this request in logs")});
    match status {
        "401" => headers["WWW-Authenticate"] = header("How to send credentials"),
        "410" => headers["Link"] = header("`rel=\"first\"` leads to the first page"),
        "503" => headers["Retry-After"] = header("Seconds to wait before the next try"),
        _ => {}
    }
    let schema = json!({"$ref": "#/components/schemas/problem"});
    json!({"description": meaning, "headers": headers, "content": {problem::MEDIA_TYPE: {"schema": schema}}})
}

/// What the answers of all queries have in common.
fn shared_schemas() -> [(String, Value); 3] {
    [("pagination".into(), pagination()), ("meta".into(), meta()), ("problem".into(), problem())]
}

fn pagination() -> Value {
    json!({
        "type": "object",
        "properties": {
            "cursor": {"type": ["string", "null"], "description": "Leads to the next page"},
            "has_more": {"type": "boolean", "description": "Do rows follow?"},
            "limit": {"type": "integer", "minimum": 1, "description": "The most rows of this page"},
        },
        "required": ["cursor", "has_more", "limit"],
        "additionalProperties": false,
    })
}

fn meta() -> Value {
    json!({
        "type": "object",
        "properties": {
            "query": {"type": "string"},
            "version": {"type": "integer", "minimum": 1},
            "generated_at": {"type": "string", "format": "date-time", "description": "What `now()` is in the query"},
            "consistency": {
                "type": "string",
                "enum": ["complete", "keyset", "partial"],
                "description": "complete: all rows are here. keyset: over all pages, a row that stays unchanged is seen \
                    exactly once. partial: more rows exist, and this query has no way to page on.",
            },
            "fresh_until": {"type": "string", "format": "date-time", "description": "Of kept results: until when it counts as fresh"},
            "request_id": {"type": "string", "description": "Not in answers that are the same for the next request"},
        },
        "required": ["query", "version", "generated_at", "consistency"],
        "additionalProperties": false,
    })
}

/// What [`crate::engine::Explanation`] is as JSON.
fn plan() -> Value {
    let figure = |description: &str| json!({"type": ["integer", "null"], "minimum": 0, "description": description});
    let source = json!({
        "type": "object",
        "description": "A remote statement, or a scan of files",
        "properties": {
            "source": {"type": "string"},
            "sql": {"type": ["string", "null"], "description": "The statement, values as placeholders; null for files"},
            "table": {"type": "string", "description": "Of files: the table"},
            "table_version": {"type": "integer", "minimum": 0, "description": "Of Delta tables: the version that is read"},
            "files": {
                "type": "object",
                "description": "How many of the table's files are scanned",
                "properties": {"scanned": {"type": "integer", "minimum": 0}, "of": {"type": "integer", "minimum": 0}},
                "required": ["scanned", "of"],
                "additionalProperties": false,
            },
            "dynamic_filter": {"type": "string", "description": "Which rows are asked for, when a join's other side decides"},
            "sent_keys": {"type": "string", "description": "What that came to, when the plan has run"},
            "predicates": {"type": "array", "items": {"type": "string"}, "description": "Of files: what is skipped by"},
            "estimated_rows": figure("Rows expected, from the source's statistics"),
            "rows": figure("Rows that came; null, as nothing has run"),
            "bytes": figure("Bytes that came; null, as nothing has run"),
            "elapsed_ms": {"type": ["number", "null"], "description": "How long it took; null, as nothing has run"},
        },
        "required": ["source", "sql", "estimated_rows", "rows", "bytes", "elapsed_ms"],
        "additionalProperties": false,
    });
    let local = json!({
        "type": "object",
        "properties": {
            "operator": {"type": "string"},
            "reason": {"type": "string", "description": "Why it runs here and not in a source"},
        },
        "required": ["operator", "reason"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "description": "What of the page would run in which source, and what here",
        "properties": {
            "query": {"type": "string"},
            "version": {"type": "integer", "minimum": 1},
            "sources": {"type": "array", "items": source},
            "local": {"type": "array", "items": local},
        },
        "required": ["query", "version", "sources", "local"],
        "additionalProperties": false,
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457",
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "code": {"type": "string", "pattern": "^AQ-[1-6][0-9]{2}$", "description": "Stable: program against it"},
            "request_id": {"type": "string"},
            "hint": {"type": "string", "description": "What would be right"},
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
    })
}
