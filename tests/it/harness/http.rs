//! A thin client of the HTTP door.

use std::net::SocketAddr;

use bytes::Bytes;
use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;

/// The HTTP door of a server.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    base: String,
}

/// A request being put together; `send` sends it.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request(reqwest::RequestBuilder);

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Bytes,
}

impl Http {
    /// A client that follows no redirects and unpacks nothing, so that tests see what was sent.
    pub fn new(address: SocketAddr) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_gzip()
            .no_zstd()
            .build()
            .expect("a plain client can be built");
        Self { client, base: format!("http://{address}") }
    }

    /// `GET` of a path with its query string.
    pub fn get(&self, path: &str) -> Request {
        self.request(&Method::GET, path)
    }

    /// `POST` of a JSON value.
    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.request(&Method::POST, path).header("content-type", "application/json").body(body.to_string())
    }

    /// Any method.
    pub fn request(&self, method: &Method, path: &str) -> Request {
        Request(self.client.request(method.clone(), format!("{}{path}", self.base)))
    }
}

impl Request {
    /// Adds a header. Its value may be any bytes that a header can carry.
    pub fn header(self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("tests use names that a header may have");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("tests use values that a header may have");
        Self(self.0.header(name, value))
    }

    /// Adds an API key.
    pub fn bearer(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// Sets the body.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self(self.0.body(body.into()))
    }

    /// Sends it and reads the whole answer; panics when the answer breaks off.
    pub async fn send(self) -> Answer {
        self.try_send().await.expect("the server answers in full")
    }

    /// Sends it and reads the whole answer, which may break off.
    pub async fn try_send(self) -> reqwest::Result<Answer> {
        let response = self.stream().await?;
        Ok(Answer { status: response.status(), headers: response.headers().clone(), bytes: response.bytes().await? })
    }

    /// Sends it and returns with the head of the answer, its body to be read by the caller.
    pub async fn stream(self) -> reqwest::Result<reqwest::Response> {
        self.0.send().await
    }
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("the body is UTF-8")
    }

    /// The body as JSON, numbers exact.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{} is no JSON ({error}): {}", self.status, self.text()))
    }

    /// The rows of a JSON page; panics with the problem if it is none.
    pub fn rows(&self) -> Vec<Value> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        match &self.json()["data"] {
            Value::Array(rows) => rows.clone(),
            _ => panic!("no data in {}", self.text()),
        }
    }

    /// The rows of an NDJSON stream; panics with the problem if it is none.
    pub fn ndjson(&self) -> Vec<Value> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        let line = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line} is no JSON ({error})"));
        self.text().lines().map(line).collect()
    }

    /// The cursor of the next page, if there is one.
    pub fn cursor(&self) -> Option<String> {
        self.json()["pagination"]["cursor"].as_str().map(str::to_owned)
    }

    /// A header's text, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("our headers are ASCII"))
    }
}

/// Asks for one page after the other: `request` makes the request for a path, and `path` gets a cursor added. Returns
/// each page, the last one without a cursor.
pub async fn all_pages(path: &str, request: impl Fn(&str) -> Request) -> Vec<Answer> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut pages = vec![request(path).send().await];
    while let Some(cursor) = pages.last().filter(|page| page.status == StatusCode::OK).and_then(Answer::cursor) {
        let next = request(&format!("{path}{separator}cursor={cursor}")).send().await;
        assert_eq!(next.status, StatusCode::OK, "page {} of {path}: {}", pages.len() + 1, next.text());
        assert!(!next.rows().is_empty(), "page {} of {path} has no rows", pages.len() + 1);
        pages.push(next);
    }
    pages
}
