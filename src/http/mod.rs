//! The HTTP door: routes, and what every answer carries.

pub mod admin;
mod answer;
mod caching;
mod docs;
pub mod listener;
mod openapi;
mod problem;
mod query;
mod request;
mod schema;

use std::sync::Arc;

use axum::{Router, extract::Request, response::Response, routing::get};
use http::{HeaderMap, HeaderValue, header};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    model::{Code, Fault},
    pipeline::Road,
    telemetry::{self, Record},
};

pub use problem::status;

/// The header that names a request, in and out.
const REQUEST_ID: &str = "x-request-id";

/// The public routes.
pub fn router(road: Arc<Road>) -> Router {
    Router::new()
        .route("/openapi.json", get(openapi::serve))
        .route("/docs", get(docs::serve))
        .route("/{version}/{domain}/{name}", get(query::serve).post(query::serve))
        .method_not_allowed_fallback(no_such_method)
        .fallback(nothing_here)
        .layer(CatchPanicLayer::custom(problem::panicked))
        .with_state(road)
}

async fn nothing_here(request: Request) -> Response {
    problem::response(&mut begin(request.headers()), &request::nothing_here(), request.uri())
}

/// The router adds `Allow`.
async fn no_such_method(request: Request) -> Response {
    let fault = Fault::new(Code::MethodNotAllowed, format!("{} is not offered here", request.method()))
        .with_hint("the header `Allow` lists what is");
    problem::response(&mut begin(request.headers()), &fault, request.uri())
}

/// Begins the story of a request, under the caller's id if it sent a usable one.
fn begin(headers: &HeaderMap) -> Record {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| telemetry::is_request_id(id));
    Record::begin("http", given.map_or_else(telemetry::request_id, ToOwned::to_owned))
}

/// What every answer carries: its id, how long it took, and that it is nobody else's.
fn finish(record: &Record, response: &mut Response) {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding, authorization, x-api-key"));
    for (name, value) in [(REQUEST_ID, record.request_id.clone()), ("server-timing", record.server_timing())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}
