//! Rows on their way out: a page with its envelope and links, or a stream that is cut off when it fails.

use std::sync::Arc;

use axum::{body::Body as HttpBody, response::Response};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use datafusion::arrow::array::RecordBatch;
use futures::{StreamExt, stream, stream::BoxStream};
use http::{HeaderValue, StatusCode, Uri, header};
use serde_json::Value;

use super::{
    caching::{self, Known},
    request::{self, Asked},
};
use crate::{
    encode::{Chunk, Coding, Format, Options, StreamEncoder, encode_rows, flow},
    engine::Explanation,
    model::Fault,
    pipeline::{Answer, Body, Encoded, End, Freshness, MAX_BYTES, Page},
    telemetry::Record,
};

/// `meta.consistency`, for formats without an envelope.
pub(super) const CONSISTENCY: &str = "aqueduct-consistency";
/// `pagination.has_more`, likewise.
pub(super) const HAS_MORE: &str = "aqueduct-has-more";

/// `pagination.total`, likewise.
pub(super) const TOTAL: &str = "aqueduct-total";

/// How an answer is represented.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub format: Format,
    /// The one that is used for the format.
    pub coding: Coding,
    options: Options,
    /// Is a page of JSON an object with its rows in `data`?
    envelope: bool,
}

impl Shape {
    /// What a request asks for.
    pub fn of(asked: &Asked) -> Self {
        let coding = asked.coding.for_format(asked.format);
        Self { format: asked.format, coding, options: asked.options.clone(), envelope: asked.envelope }
    }

    /// Names it among all representations of the same rows.
    pub fn representation(&self) -> Vec<u8> {
        format!("{self:?}").into_bytes()
    }
}

/// A page, whole in memory: its length is known and its failure can still be told.
pub(super) fn page(answer: &Answer, page: &Page, shape: &Shape, record: &mut Record) -> Result<Arc<Encoded>, Fault> {
    let encoded = encode_rows(shape.format, &answer.schema, &page.rows, MAX_BYTES, &shape.options)?;
    let end = answer.end(page, encoded.rows)?;
    // What is sent again has to be the same: the request is named in the head alone.
    let request_id = (!answer.is_repeatable).then_some(record.request_id.as_str());
    let body = if shape.format == Format::Json && shape.envelope {
        envelope(answer, page, &end, &encoded.body, request_id)
    } else {
        encoded.body
    };
    let body = shape.coding.compress(body)?;
    Ok(kept(
        answer,
        Encoded { body, tag: String::new(), rows: encoded.rows as u64, end: Some(end), total: page.total },
        shape,
        record,
    ))
}

/// The whole result of a query whose results are kept, small enough to be sent as one body.
pub(super) fn rows(
    answer: &Answer,
    rows: &RecordBatch,
    shape: &Shape,
    record: &mut Record,
) -> Result<Arc<Encoded>, Fault> {
    let mut encoder = StreamEncoder::new(shape.format, &answer.schema, shape.coding, &shape.options)?;
    let body = [encoder.start()?, encoder.encode(rows)?, encoder.finish()?].concat().into();
    Ok(kept(
        answer,
        Encoded { body, tag: String::new(), rows: rows.num_rows() as u64, end: None, total: None },
        shape,
        record,
    ))
}

/// Tags a body that may be asked for again, and keeps it for that.
fn kept(answer: &Answer, mut encoded: Encoded, shape: &Shape, record: &mut Record) -> Arc<Encoded> {
    if answer.is_repeatable {
        encoded.tag = caching::strong(shape.format.media_type(), shape.coding.content_encoding(), &encoded);
    }
    let encoded = Arc::new(encoded);
    if answer.is_repeatable {
        answer.keep(&shape.representation(), &encoded);
    }
    record.stage("encode");
    encoded
}

/// The response with a body that is encoded. Without a tag it is of this request alone.
pub(super) fn reply(
    encoded: &Encoded,
    freshness: Option<&Freshness>,
    shape: &Shape,
    uri: &Uri,
    known: &Known,
    record: &mut Record,
) -> Result<Response, Fault> {
    let mut response = head(shape.format, shape.coding);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(encoded.body.len()));
    if let Some(end) = &encoded.end {
        headers.insert(CONSISTENCY, HeaderValue::from_static(end.promise.as_str()));
        headers.insert(HAS_MORE, HeaderValue::from_static(if end.has_more { "true" } else { "false" }));
        if let Some(total) = encoded.total {
            headers.insert(TOTAL, HeaderValue::from(total));
        }
        if let Some(cursor) = &end.cursor {
            let link = format!("<{}>; rel=\"next\"", request::target(uri, Some(cursor)));
            headers.insert(header::LINK, HeaderValue::from_str(&link).map_err(Fault::internal)?);
        }
    }
    *response.body_mut() = HttpBody::from(encoded.body.clone());
    if !encoded.tag.is_empty() {
        caching::tell(&mut response, &encoded.tag, freshness, known);
    }
    if response.status().is_success() {
        (record.rows, record.bytes) = (encoded.rows, encoded.body.len() as u64);
    }
    Ok(response)
}

/// A plan instead of rows.
pub(super) fn plan(plan: &Explanation, shape: &Shape, record: &mut Record) -> Result<Response, Fault> {
    let body = shape.coding.compress(serde_json::to_vec(plan).map_err(Fault::internal)?)?;
    record.bytes = body.len() as u64;
    let mut response = head(shape.format, shape.coding);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = HttpBody::from(body);
    Ok(response)
}

fn head(format: Format, coding: Coding) -> Response {
    let mut response = Response::new(HttpBody::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    if let Some(coding) = coding.content_encoding() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

fn envelope(answer: &Answer, page: &Page, end: &End, rows: &[u8], request_id: Option<&str>) -> Vec<u8> {
    let generated_at = instant(answer.generated_at);
    let (query, version) = (&answer.query.name, answer.query.version);
    let (has_more, limit, consistency) = (end.has_more, page.limit, end.promise.as_str());
    // No character of these needs an escape; of the request's id, which a caller may have chosen, some might.
    let cursor = end.cursor.as_ref().map_or_else(|| "null".to_owned(), |cursor| format!("\"{cursor}\""));
    let request_id = request_id.map_or_else(String::new, |id| format!(",\"request_id\":{}", Value::from(id)));
    let fresh_until = answer.freshness().map(|freshness| instant(freshness.fresh_until()));
    let fresh_until = fresh_until.map_or_else(String::new, |until| format!(",\"fresh_until\":\"{until}\""));
    let total = page.total.map_or_else(String::new, |total| format!(",\"total\":{total}"));
    let left_out = if answer.is_restricted { "[\"policy\"]" } else { "[]" };
    let as_of: Vec<_> = answer.as_of.iter().map(|(source, at)| format!("\"{source}\":\"{}\"", instant(*at))).collect();
    let as_of = as_of.join(",");
    let tail = format!(
        ",\"pagination\":{{\"cursor\":{cursor},\"has_more\":{has_more},\"limit\":{limit}{total}}},\
         \"meta\":{{\"query\":\"{query}\",\"version\":{version},\"generated_at\":\"{generated_at}\",\"as_of\":{{{as_of}}},\"left_out\":{left_out},\
         \"consistency\":\"{consistency}\"{fresh_until}{request_id}}}}}"
    );
    [b"{\"data\":", rows, tail.as_bytes()].concat()
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A result that is still flowing.
pub(super) struct Flow(BoxStream<'static, Result<Chunk, Fault>>);

/// The head of a stream, whose first row is at hand. It may be no stream, but word that the caller has it.
pub(super) fn stream(answer: Answer, shape: &Shape, known: &Known) -> Result<(Response, Option<Flow>), Fault> {
    let encoder = StreamEncoder::new(shape.format, &answer.schema, shape.coding, &shape.options)?;
    let mut head = head(shape.format, encoder.coding());
    // Its length is unknown to a HEAD too: an empty body would be announced as one of length 0.
    *head.body_mut() = HttpBody::from_stream(stream::empty::<Result<Bytes, Fault>>());
    if let Some(edition) = answer.edition() {
        let tag = caching::weak(edition, &shape.representation());
        caching::tell(&mut head, &tag, answer.freshness(), known);
        if head.status() == StatusCode::NOT_MODIFIED {
            return Ok((head, None));
        }
    }
    let Body::Stream(rows) = answer.body else { return Err(Fault::internal("a page is no stream")) };
    Ok((head, Some(Flow(flow(rows, encoder)))))
}

impl Flow {
    /// The body. An error in it makes the server break the connection (HTTP/1) or reset the stream (HTTP/2): nobody can
    /// take the part for the whole.
    pub(super) fn into_body(self, record: Record) -> HttpBody {
        HttpBody::from_stream(stream::unfold((self.0, record), async |(mut chunks, mut record)| {
            loop {
                let sent = match chunks.next().await {
                    Some(Ok(chunk)) => {
                        record.bytes += chunk.bytes.len() as u64;
                        record.rows += chunk.rows as u64;
                        // An empty one would say nothing; a Parquet row group may span batches.
                        if chunk.bytes.is_empty() {
                            continue;
                        }
                        Ok(chunk.bytes)
                    }
                    Some(Err(fault)) => {
                        record.fail(&fault);
                        Err(fault)
                    }
                    None => {
                        record.finish();
                        return None;
                    }
                };
                return Some((sent, (chunks, record)));
            }
        }))
    }
}
