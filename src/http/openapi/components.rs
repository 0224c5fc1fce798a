//! What the operations refer to: the rows of each query, and what the answers of all have in common.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    super::{problem, schema},
    caching, operation_id,
};
use crate::engine::Prepared;

/// The failures that every query can answer with, and what they mean.
pub(super) const FAILURES: &[(&str, &str)] = &[
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
pub(super) const BODY_FAILURES: &[(&str, &str)] =
    &[("413", "The body is too large"), ("415", "The body is not JSON, or it is compressed")];

/// The schemas, by their names. Whoever may not see plans is not told of them.
pub(super) fn schemas(queries: &[Arc<Prepared>], shows_plans: bool) -> Map<String, Value> {
    let row = |prepared: &Arc<Prepared>| {
        let row = schema::row(&prepared.schema, !prepared.shaping.fields.is_empty());
        (format!("{}_row", operation_id(&prepared.query)), row)
    };
    let shared = [("pagination".into(), pagination()), ("meta".into(), meta()), ("problem".into(), problem())];
    let plan = shows_plans.then(|| ("plan".into(), plan()));
    queries.iter().map(row).chain(shared).chain(plan).collect()
}

/// The answers that are no rows, by their names.
pub(super) fn responses() -> Map<String, Value> {
    let failures = FAILURES.iter().chain(BODY_FAILURES);
    let failures = failures.map(|(status, meaning)| (format!("problem_{status}"), failure(status, meaning)));
    failures.chain([(caching::UNCHANGED.to_owned(), caching::unchanged())]).collect()
}

/// A header that is text.
pub(super) fn header(description: &str) -> Value {
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

fn pagination() -> Value {
    json!({
        "type": "object",
        "properties": {
            "cursor": {"type": ["string", "null"], "description": "Leads to the next page"},
            "has_more": {"type": "boolean", "description": "Do rows follow?"},
            "limit": {"type": "integer", "minimum": 1, "description": "The most rows of this page"},
            "total": {"type": "integer", "minimum": 0, "description": "The rows of the whole result, where `count=exact` asked for it"},
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
            "as_of": {
                "type": "object",
                "additionalProperties": {"type": "string", "format": "date-time"},
                "description": "When each source was asked",
            },
            "left_out": {
                "type": "array",
                "items": {"type": "string", "enum": ["policy"]},
                "description": "Why rows may be missing. policy: the owner hides rows of a table from you",
            },
            "consistency": {
                "type": "string",
                "enum": ["complete", "keyset", "stored"],
                "description": "complete: all rows are here. keyset: over all pages, a row that stays unchanged is seen \
                    exactly once. stored: all pages are of one run of the query.",
            },
            "fresh_until": {"type": "string", "format": "date-time", "description": "Of kept results: until when it counts as fresh"},
            "request_id": {"type": "string", "description": "Not in answers that are the same for the next request"},
        },
        "required": ["query", "version", "generated_at", "as_of", "left_out", "consistency"],
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
            "paging": {
                "type": "object",
                "description": "How the pages of the result follow one another, and why",
                "properties": {
                    "consistency": {"type": "string", "enum": ["keyset", "stored"]},
                    "reason": {"type": "string"},
                },
                "required": ["consistency", "reason"],
                "additionalProperties": false,
            },
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
