//! Rows on their way out: a page with its envelope and links, or a stream that is cut off when it fails.

use axum::{body::Body as HttpBody, response::Response};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use futures::{StreamExt, stream, stream::BoxStream};
use http::{HeaderValue, Uri, header};
use serde_json::Value;

use super::request::{self, Asked};
use crate::{
    encode::{Chunk, Coding, Format, StreamEncoder, encode_rows, flow},
    engine::Explanation,
    model::Fault,
    pipeline::{Answer, Body, End, MAX_BYTES, Page},
    telemetry::Record,
};

/// `meta.consistency`, for formats without an envelope.
pub(super) const CONSISTENCY: &str = "aqueduct-consistency";
/// `pagination.has_more`, likewise.
pub(super) const HAS_MORE: &str = "aqueduct-has-more";

/// `pagination.total`, likewise.
pub(super) const TOTAL: &str = "aqueduct-total";

/// A page, whole in memory: its length is known and its failure can still be told.
pub(super) fn page(
    answer: &Answer,
    page: &Page,
    asked: &Asked,
    uri: &Uri,
    record: &mut Record,
) -> Result<Response, Fault> {
    let encoded = encode_rows(asked.format, &answer.schema, &page.rows, MAX_BYTES, &asked.options)?;
    let end = answer.end(page, encoded.rows)?;
    let body = if asked.format == Format::Json && asked.envelope {
        envelope(answer, page, &end, &encoded.body, &record.request_id)
    } else {
        encoded.body
    };
    let mut response = whole(body, asked.format, asked.coding, record)?;
    record.rows = encoded.rows as u64;
    record.stage("encode");
    let headers = response.headers_mut();
    headers.insert(CONSISTENCY, HeaderValue::from_static(end.promise.as_str()));
    headers.insert(HAS_MORE, HeaderValue::from_static(if end.has_more { "true" } else { "false" }));
    if let Some(total) = page.total {
        headers.insert(TOTAL, HeaderValue::from(total));
    }
    if let Some(cursor) = &end.cursor {
        let link = format!("<{}>; rel=\"next\"", request::target(uri, Some(cursor)));
        headers.insert(header::LINK, HeaderValue::from_str(&link).map_err(Fault::internal)?);
    }
    Ok(response)
}

/// A plan instead of rows.
pub(super) fn plan(plan: &Explanation, coding: Coding, record: &mut Record) -> Result<Response, Fault> {
    whole(serde_json::to_vec(plan).map_err(Fault::internal)?, Format::Plan, coding, record)
}

fn whole(body: Vec<u8>, format: Format, coding: Coding, record: &mut Record) -> Result<Response, Fault> {
    let coding = coding.for_format(format);
    let body = coding.compress(body)?;
    record.bytes = body.len() as u64;
    let length = HeaderValue::from(body.len());
    let mut response = head(format, coding);
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
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

fn envelope(answer: &Answer, page: &Page, end: &End, rows: &[u8], request_id: &str) -> Vec<u8> {
    let generated_at = instant(answer.generated_at);
    let (query, version) = (&answer.query.name, answer.query.version);
    let (has_more, limit, consistency) = (end.has_more, page.limit, end.promise.as_str());
    // No character of these needs an escape; of the request's id, which a caller may have chosen, some might.
    let cursor = end.cursor.as_ref().map_or_else(|| "null".to_owned(), |cursor| format!("\"{cursor}\""));
    let request_id = Value::from(request_id);
    let total = page.total.map_or_else(String::new, |total| format!(",\"total\":{total}"));
    let as_of: Vec<_> = answer.as_of.iter().map(|(source, at)| format!("\"{source}\":\"{}\"", instant(*at))).collect();
    let as_of = as_of.join(",");
    let tail = format!(
        ",\"pagination\":{{\"cursor\":{cursor},\"has_more\":{has_more},\"limit\":{limit}{total}}},\
         \"meta\":{{\"query\":\"{query}\",\"version\":{version},\"generated_at\":\"{generated_at}\",\"as_of\":{{{as_of}}},\
         \"consistency\":\"{consistency}\",\"request_id\":{request_id}}}}}"
    );
    [b"{\"data\":", rows, tail.as_bytes()].concat()
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A result that is still flowing.
pub(super) struct Flow(BoxStream<'static, Result<Chunk, Fault>>);

/// The head of a stream, whose first row is at hand.
pub(super) fn stream(answer: Answer, asked: &Asked) -> Result<(Response, Flow), Fault> {
    let encoder = StreamEncoder::new(asked.format, &answer.schema, asked.coding, &asked.options)?;
    let Body::Stream(rows) = answer.body else { return Err(Fault::internal("a page is no stream")) };
    let mut head = head(asked.format, encoder.coding());
    // Its length is unknown to a HEAD too: an empty body would be announced as one of length 0.
    *head.body_mut() = HttpBody::from_stream(stream::empty::<Result<Bytes, Fault>>());
    Ok((head, Flow(flow(rows, encoder))))
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
