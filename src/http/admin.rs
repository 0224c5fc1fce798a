//! The listener for operators: `/livez` and `/readyz`, and `POST /cache/invalidate`. Never on a public address.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{StatusCode, header};

use super::{begin, finish, problem, request};
use crate::{
    model::{Code, Fault, QueryName, SourceName},
    pipeline::{Road, Target},
};

/// Is the service taking requests?
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Says so.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }
}

/// `/livez`: the process answers. `/readyz`: it takes requests; 503 before it listens and while it stops.
/// `/cache/invalidate`: what is kept of a query, a source or a tag is forgotten.
pub fn router(readiness: Readiness, road: Arc<Road>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(readiness)
        .route("/cache/invalidate", post(invalidate).with_state(road))
}

async fn ready(State(readiness): State<Readiness>) -> (StatusCode, &'static str) {
    if readiness.0.load(Ordering::Acquire) {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn invalidate(State(road): State<Arc<Road>>, request: Request) -> Response {
    let mut record = begin(request.headers());
    let outcome = target(request.uri().query().unwrap_or_default()).and_then(|target| {
        let invalidated = road.invalidate(&target)?;
        tracing::info!(?target, invalidated, "results that were kept are forgotten");
        Ok(invalidated)
    });
    match outcome {
        Ok(invalidated) => {
            let body = format!("{{\"invalidated\":{invalidated}}}\n");
            record.bytes = body.len() as u64;
            let mut response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
            record.status = Some(response.status().as_u16());
            finish(&record, &mut response);
            record.finish();
            response
        }
        Err(fault) => problem::response(&mut record, &fault, request.uri()),
    }
}

/// `query=sales.top_customers`, `query=sales.top_customers@1`, `source=crm` or `tag=orders`.
fn target(query: &str) -> Result<Target, Fault> {
    let pairs = request::pairs(query)?;
    let [(name, value)] = pairs.as_slice() else {
        return Err(Fault::new(Code::MalformedRequest, "exactly one of `query`, `source` and `tag` is needed")
            .with_hint(
                "for example ?query=sales.top_customers, ?query=sales.top_customers@1, ?source=crm or ?tag=orders",
            ));
    };
    match name.as_str() {
        "query" => {
            let unknown = || Fault::new(Code::UnknownQuery, format!("no query is named `{}`", request::shorten(value)));
            let (name, version) = match value.split_once('@') {
                Some((name, version)) => (name, Some(version.parse().map_err(|_| unknown())?)),
                None => (value.as_str(), None),
            };
            Ok(Target::Query(QueryName::parse(name).ok_or_else(unknown)?, version))
        }
        "source" => SourceName::new(value)
            .map(Target::Source)
            .ok_or_else(|| Fault::new(Code::UnknownName, format!("no source is named `{}`", request::shorten(value)))),
        "tag" => Ok(Target::Tag(value.clone())),
        other => Err(Fault::new(Code::MalformedRequest, format!("`{}` is not known here", request::shorten(other)))
            .with_hint("there are `query`, `source` and `tag`")),
    }
}
