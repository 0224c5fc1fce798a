//! Faults as `application/problem+json` (RFC 9457), and the one map from kinds to HTTP statuses.

use axum::{body::Body, response::Response};
use http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use serde_json::{Map, Value, json};

use super::{finish, request};
use crate::{
    model::{Code, Fault, Kind},
    telemetry::{self, Record},
};

/// The media type of errors.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// A path that is longer than any of ours is not repeated whole.
const LONGEST_INSTANCE: usize = 256;

/// The HTTP status of a kind of fault.
#[must_use]
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Kind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UriTooLong => StatusCode::URI_TOO_LONG,
        Kind::Gone => StatusCode::GONE,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Upstream => StatusCode::BAD_GATEWAY,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Unimplemented => StatusCode::NOT_IMPLEMENTED,
    }
}

/// The answer to a request that failed.
pub(super) fn response(record: &mut Record, fault: &Fault, uri: &Uri) -> Response {
    let status = status(fault.code.kind());
    record.fail(fault);
    record.status = Some(status.as_u16());
    let restart = (fault.code == Code::CursorExpired).then(|| request::target(uri, None));
    let body = document(fault, &record.request_id, uri.path(), restart.as_deref());
    record.bytes = body.len() as u64;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if let Some((name, value)) = remedy(fault.code) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(Ok(link)) = restart.map(|target| HeaderValue::from_str(&format!("<{target}>; rel=\"first\""))) {
        headers.insert(header::LINK, link);
    }
    finish(record, &mut response);
    response
}

/// The header that says what would help.
fn remedy(code: Code) -> Option<(HeaderName, &'static str)> {
    match code {
        // RFC 6750, section 3: without credentials there is no error to name.
        Code::CredentialsMissing => Some((header::WWW_AUTHENTICATE, "Bearer realm=\"aqueduct\"")),
        Code::CredentialsInvalid => {
            Some((header::WWW_AUTHENTICATE, "Bearer realm=\"aqueduct\", error=\"invalid_token\""))
        }
        Code::Overloaded => Some((header::RETRY_AFTER, "1")),
        code if code.kind() == Kind::Unavailable => Some((header::RETRY_AFTER, "5")),
        _ => None,
    }
}

/// The answer when a handler panicked: the connection, and the process, go on.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(super) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text =
        panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    let mut record = Record::begin("http", telemetry::request_id());
    response(&mut record, &Fault::internal(text.unwrap_or_default()), &Uri::from_static("/"))
}

fn document(fault: &Fault, request_id: &str, instance: &str, restart: Option<&str>) -> String {
    let mut problem = Map::new();
    let mut set = |name: &str, value: Value| drop(problem.insert(name.into(), value));
    set("type", json!(format!("urn:aqueduct:problem:{}", fault.code.as_str())));
    set("title", json!(fault.code.title()));
    set("status", json!(status(fault.code.kind()).as_u16()));
    set("detail", json!(fault.detail));
    set("instance", json!(instance.get(..LONGEST_INSTANCE).unwrap_or(instance)));
    set("code", json!(fault.code.as_str()));
    set("request_id", json!(request_id));
    if let Some(hint) = &fault.hint {
        set("hint", json!(hint));
    }
    if let Some(restart) = restart {
        set("restart", json!(restart));
    }
    if !fault.parameters.is_empty() {
        let errors = fault.parameters.iter().map(|fault| {
            let mut error = json!({"parameter": fault.parameter, "detail": fault.detail});
            if !fault.allowed.is_empty() {
                error["allowed"] = json!(fault.allowed);
            }
            error
        });
        set("errors", errors.collect());
    }
    Value::Object(problem).to_string()
}
