//! `/docs`: one page that shows what `/openapi.json` says. It loads nothing from anywhere else.

use std::sync::LazyLock;

use axum::{body::Body, extract::Request, response::Response};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};

use super::{begin, finish};

const PAGE: &str = include_str!("docs.html");

/// Only the page's own style and script run, by their hashes.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = |tag: &str| {
        let block = PAGE.split_once(&format!("<{tag}>")).and_then(|(_, rest)| rest.split_once(&format!("</{tag}>")));
        BASE64_STANDARD.encode(Sha256::digest(block.map_or("", |(block, _)| block)))
    };
    let policy = format!(
        "default-src 'none'; connect-src 'self'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash("style"),
        hash("script"),
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

pub(super) async fn serve(request: Request) -> Response {
    let mut record = begin(request.headers());
    let mut response = Response::new(Body::from(PAGE));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    record.status = Some(response.status().as_u16());
    record.bytes = PAGE.len() as u64;
    finish(&record, &mut response);
    record.finish();
    response
}
