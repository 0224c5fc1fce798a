//! What an answer tells caches: entity tags and what is asked by them (RFC 9110), `Cache-Control` and `Age` (RFC 9111, RFC
//! 5861), `Cache-Status` (RFC 9211).

use std::fmt::Write as _;

use axum::{body::Body, response::Response};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use sha2::{Digest as _, Sha256};

use super::problem;
use crate::pipeline::{Encoded, Freshness, Status};

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Bytes of a digest that a tag shows: no two bodies have the same by chance.
const TAG: usize = 16;

/// What a request knows already: the tags of its `If-None-Match`.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<String>);

impl Known {
    /// Of a GET or HEAD. Other methods have no representation to compare with.
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        if method != Method::GET && method != Method::HEAD {
            return Self::default();
        }
        let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        Self(lines.map(ToOwned::to_owned).collect())
    }

    /// Is the answer with `tag` among them? Weak comparison (RFC 9110, section 13.1.2).
    fn has(&self, tag: &str) -> bool {
        let opaque = tag.trim_start_matches("W/");
        self.0.iter().any(|line| line.trim() == "*" || tags(line).any(|known| known == opaque))
    }
}

/// The opaque parts, with their quotes, of a list of entity tags. What is malformed ends it.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let begin = rest.trim_start_matches([' ', '\t', ',']);
        let begin = begin.strip_prefix("W/").unwrap_or(begin);
        let length = begin.strip_prefix('"')?.find('"')? + 2;
        let (tag, behind) = begin.split_at(length);
        rest = behind;
        Some(tag)
    })
}

/// The strong tag of a body that is sent as `media_type` and `coding`. Headers that are part of the representation count.
pub(super) fn strong(media_type: &str, coding: Option<&str>, encoded: &Encoded) -> String {
    let mut digest = Sha256::new();
    let end = encoded.end.as_ref().map(|end| (end.promise.as_str(), end.has_more, end.cursor.as_deref()));
    digest.update(format!("{media_type}\0{coding:?}\0{end:?}\0"));
    digest.update(&encoded.body);
    quoted(&digest.finalize())
}

/// The weak tag of a stream: the same rows, which another day might be cut into other pieces.
pub(super) fn weak(edition: &[u8; 32], representation: &[u8]) -> String {
    format!("W/{}", quoted(&Sha256::new_with_prefix(edition).chain_update(representation).finalize()))
}

fn quoted(digest: &[u8]) -> String {
    format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(digest.get(..TAG).unwrap_or(digest)))
}

/// Tells caches of `response`, which the same request gives again, and makes it a 304 if the caller has it.
pub(super) fn tell(response: &mut Response, tag: &str, freshness: Option<&Freshness>, known: &Known) {
    if known.has(tag) {
        // Fields that describe the body would be of none (RFC 9110, section 15.4.5).
        *response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, tag);
    let Some(freshness) = freshness else {
        // It never changes, but whether the caller may still have it has to be asked.
        set(header::CACHE_CONTROL, "private, no-cache");
        return;
    };
    set(header::CACHE_CONTROL, &cache_control(freshness));
    set(header::AGE, itoa::Buffer::new().format(freshness.age.as_secs()));
    set(CACHE_STATUS, &cache_status(freshness));
}

/// Never `public`: an answer is for whoever showed these credentials.
fn cache_control(freshness: &Freshness) -> String {
    let mut text = format!("private, max-age={}", freshness.ttl.as_secs());
    for (name, span) in [("stale-while-revalidate", freshness.stale), ("stale-if-error", freshness.stale_if_error)] {
        if !span.is_zero() {
            let _ = write!(text, ", {name}={}", span.as_secs());
        }
    }
    text
}

fn cache_status(freshness: &Freshness) -> String {
    let mut text = String::from("aqueduct");
    match freshness.status {
        Status::Hit => text.push_str("; hit"),
        Status::Run { stale, stored, collapsed } => {
            text.push_str(if stale { "; fwd=stale" } else { "; fwd=miss" });
            for (name, holds) in [("; stored", stored), ("; collapsed", collapsed)] {
                text.push_str(if holds { name } else { "" });
            }
        }
        Status::Failed(code) => {
            let status = problem::status(code.kind()).as_u16();
            let _ = write!(text, "; fwd=stale; fwd-status={status}; detail={}", code.as_str());
        }
    }
    let age = i64::try_from(freshness.age.as_secs()).unwrap_or(i64::MAX);
    let ttl = i64::try_from(freshness.ttl.as_secs()).unwrap_or(i64::MAX);
    let _ = write!(text, "; ttl={}", ttl.saturating_sub(age));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        let has = |lines: &[&str], tag: &str| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::IF_NONE_MATCH, HeaderValue::from_str(line).expect("ASCII"));
            }
            Known::of(&Method::GET, &headers).has(tag)
        };
        for lines in [
            &["\"a\""][..],
            &["W/\"a\""],
            &["*"],
            &["\"b\", \"a\""],
            &["\"b\",W/\"a\" , \"c\""],
            &["\"b\"", "\"a\""],
            &["\"b,c\",\"a\""],
            &[",, \"a\""],
        ] {
            assert!(has(lines, "\"a\"") && has(lines, "W/\"a\""), "{lines:?}");
        }
        for lines in
            [&[][..], &[""], &["a"], &["\"b\""], &["\"a"], &["\"A\""], &["w/\"a\""], &["\"b\"; \"a\""], &["**"]]
        {
            assert!(!has(lines, "\"a\""), "{lines:?}");
        }
    }
}
