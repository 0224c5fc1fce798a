//! `/openapi.json`: `OpenAPI` 3.1 of what the caller may call, with a typed property for every column.

mod caching;
mod components;
mod operation;
mod shaping;

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderValue, header};
use serde_json::{Map, Value, json};

use super::{begin, finish, problem, request};
use crate::{
    auth::Credentials,
    catalog::{Access, Query},
    model::Fault,
    pipeline::Road,
    policy,
    telemetry::Record,
};

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
            (path(&prepared.query), operation::all(prepared, &security, shows_plans))
        })
        .collect();
    let tags: BTreeSet<&str> = queries.iter().map(|prepared| prepared.query.name.domain()).collect();
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
            "schemas": components::schemas(&queries, shows_plans),
            "responses": components::responses(),
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
