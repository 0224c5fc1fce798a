//! `GET`, `HEAD` and `POST /v{major}/{domain}/{name}`: the road, seen from HTTP.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::{Method, Uri};

use super::{answer, begin, finish, problem, request};
use crate::{
    encode::Format,
    model::Fault,
    pipeline::{Body, Road},
    telemetry::Record,
};

pub(super) async fn serve(State(road): State<Arc<Road>>, request: Request) -> Response {
    let mut record = begin(request.headers());
    let uri = request.uri().clone();
    match walk(&road, request, &uri, &mut record).await {
        Ok(reply) => reply.into_response(record),
        Err(fault) => problem::response(&mut record, &fault, &uri),
    }
}

/// An answer whose head is ready.
struct Reply {
    response: Response,
    /// What flows behind the head; it takes the record along.
    flow: Option<answer::Flow>,
}

impl Reply {
    fn whole(response: Response) -> Self {
        Self { response, flow: None }
    }

    fn into_response(self, mut record: Record) -> Response {
        let Self { mut response, flow } = self;
        record.status = Some(response.status().as_u16());
        finish(&record, &mut response);
        match flow {
            None => record.finish(),
            Some(flow) => *response.body_mut() = flow.into_body(record),
        }
        response
    }
}

async fn walk(road: &Arc<Road>, request: Request, uri: &Uri, record: &mut Record) -> Result<Reply, Fault> {
    let (name, version) = request::query(uri)?;
    let caller = road.authenticate(&request::credentials(request.headers()))?;
    record.consumer = Some(caller.principal().id().to_owned());
    let resolved = caller.resolve(&name, Some(version))?;
    record.query = Some(name.to_string());
    record.version = Some(version);
    let granted = resolved.grant()?;
    record.stage("grant");
    let head_only = request.method() == Method::HEAD;
    let asked = request::read(request).await?;
    record.format = Some(asked.format.name());
    if asked.format == Format::Plan {
        granted.may_explain()?;
    }
    let bound = granted.bind(&asked.parameters, &asked.shaping)?;
    record.stage("bind");
    if asked.format == Format::Plan {
        let planned = bound.plan(&asked.want).await?;
        record.stage("plan");
        return answer::plan(&planned.explain(), asked.coding, record).map(Reply::whole);
    }
    let answer = bound.answer(asked.want.clone(), &mut |stage| record.stage(stage)).await?;
    match &answer.body {
        Body::Page(page) => answer::page(&answer, page, &asked, uri, record).map(Reply::whole),
        Body::Stream(_) => {
            let (response, flow) = answer::stream(answer, &asked)?;
            Ok(Reply { response, flow: (!head_only).then_some(flow) })
        }
    }
}
