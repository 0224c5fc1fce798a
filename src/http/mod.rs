//! The HTTP door: routes, and what every answer carries.

pub mod admin;
mod answer;
mod docs;
pub mod listener;
mod openapi;
mod problem;
mod query;
mod request;
mod schema;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use http::{HeaderMap, HeaderValue, Method, header};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    model::{Code, Fault},
    pipeline::Road,
    telemetry::{self, Record},
};

pub use problem::status;

/// The header that names a request, in and out.
const REQUEST_ID: &str = "x-request-id";
/// The longest path and query string, in bytes. Larger parameters go into a body.
const LONGEST_TARGET: usize = 16 * 1024;

/// The public routes.
pub fn router(road: Arc<Road>) -> Router {
    Router::new()
        .route("/openapi.json", any(openapi::serve))
        .route("/docs", any(docs::serve))
        .route("/{version}/{domain}/{name}", any(query::serve))
        .fallback(nothing_here)
        .layer(CatchPanicLayer::custom(problem::panicked))
        .with_state(road)
}

async fn nothing_here(State(_): State<Arc<Road>>, request: Request) -> Response {
    let mut record = begin(request.headers());
    let fault = Fault::new(Code::NoSuchPath, "there is nothing at this path")
        .with_hint("queries are at /v{major}/{domain}/{name}; /docs and /openapi.json list them");
    problem::response(&mut record, &fault, &request.uri().clone())
}

/// Begins the story of a request, under the caller's id if it sent a usable one.
fn begin(headers: &HeaderMap) -> Record {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| telemetry::is_request_id(id));
    Record::begin("http", given.map_or_else(telemetry::request_id, ToOwned::to_owned))
}

/// Refuses other methods than `allowed`, and targets that are too long.
fn check(request: &Request, allowed: &'static [Method]) -> Result<(), Fault> {
    if !allowed.contains(request.method()) {
        let names: Vec<_> = allowed.iter().map(Method::as_str).collect();
        return Err(Fault::new(Code::MethodNotAllowed, format!("{} is not offered here", request.method()))
            .with_hint(format!("use {}", names.join(", "))));
    }
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > LONGEST_TARGET) {
        return Err(Fault::new(
            Code::UriTooLong,
            format!("path and query string are longer than {LONGEST_TARGET} bytes"),
        )
        .with_hint("send the parameters as a JSON object with POST"));
    }
    Ok(())
}

/// What every answer carries: its id, how long it took, and that it is nobody else's.
fn finish(record: &Record, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding, authorization, x-api-key"));
    for (name, value) in [(REQUEST_ID, record.request_id.clone()), ("server-timing", record.server_timing())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}
