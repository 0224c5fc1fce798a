//! What a request asks for: path, query string and body, read strictly.

use std::{borrow::Cow, time::Duration};

use axum::{body::Body, extract::Request};
use http::{HeaderMap, HeaderName, Method, Uri, header};
use http_body_util::{BodyExt, Limited};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use tokio::time::timeout;

use crate::{
    auth::Credentials,
    encode::{Coding, Format, Options, options},
    model::{Code, Fault, QueryName, json, name::major},
    pipeline::{Parameters, Want, Window},
};

/// The longest path and query string, in bytes. Larger parameters go into a body.
const LONGEST_TARGET: usize = 16 * 1024;
/// The most bytes of a body of parameters.
const LARGEST_BODY: usize = 1024 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What is kept out of a query string's values.
const RESERVED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'+').add(b'<').add(b'=').add(b'>').add(b'\'');

/// What a query string says about the answer; everything else in it shapes the result or is a parameter.
const ABOUT_ANSWERS: [&str; 8] = ["limit", "cursor", "format", "skip", "count", "int64", "null", "envelope"];

/// What the caller brought to be known by.
pub(super) fn credentials(headers: &HeaderMap) -> Credentials {
    // More than one value of either is no credential at all.
    let one = |name: HeaderName| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => Ok(Some(value.as_bytes())),
            _ => Err(()),
        }
    };
    match (one(header::AUTHORIZATION), one(HeaderName::from_static("x-api-key"))) {
        (Ok(authorization), Ok(api_key)) => Credentials::from_headers(authorization, api_key),
        _ => Credentials::Unreadable,
    }
}

/// The path names no query and nothing else.
pub(super) fn nothing_here() -> Fault {
    Fault::new(Code::NoSuchPath, "there is nothing at this path")
        .with_hint("queries are at /v{major}/{domain}/{name}; /docs and /openapi.json list them")
}

/// The query that the path names: `/v1/sales/top_customers`.
pub(super) fn query(uri: &Uri) -> Result<(QueryName, u32), Fault> {
    if uri.path_and_query().is_some_and(|target| target.as_str().len() > LONGEST_TARGET) {
        return Err(Fault::new(
            Code::UriTooLong,
            format!("path and query string are longer than {LONGEST_TARGET} bytes"),
        )
        .with_hint("send the parameters as a JSON object with POST"));
    }
    let mut parts = uri.path().strip_prefix('/').ok_or_else(nothing_here)?.split('/');
    let (Some(version), Some(domain), Some(name), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(nothing_here());
    };
    let version = major(version).ok_or_else(nothing_here)?;
    let decoded = |part| percent_decode_str(part).decode_utf8().map_err(|_| nothing_here());
    let (domain, name) = (decoded(domain)?, decoded(name)?);
    let name = QueryName::new(&domain, &name).ok_or_else(|| {
        Fault::new(Code::UnknownQuery, format!("no query is named `{}`", shorten(&format!("{domain}.{name}"))))
            .with_hint("names are lower case, with underscores")
    })?;
    Ok((name, version))
}

/// How the caller wants its answer.
#[derive(Debug)]
pub(super) struct Asked {
    pub format: Format,
    pub coding: Coding,
    /// How values are written.
    pub options: Options,
    /// Is a page of JSON an object with its rows in `data`, and not the array of rows?
    pub envelope: bool,
    pub want: Want,
    /// `fields`, `sort` and filters, as written.
    pub shaping: Vec<(String, String)>,
    pub parameters: Parameters,
}

/// Reads everything else. The body is read last, when its type and size have been found good.
pub(super) async fn read(request: Request) -> Result<Asked, Fault> {
    let (parts, body) = request.into_parts();
    let pairs = pairs(parts.uri.query().unwrap_or_default())?;
    let (control, pairs): (Vec<_>, Vec<_>) =
        pairs.into_iter().partition(|(name, _)| ABOUT_ANSWERS.contains(&name.as_str()));
    let (shaping, pairs): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| is_shaping(name));
    let single = |name: &str| {
        let mut values = control.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Fault::new(Code::MalformedRequest, format!("`{name}` is given more than once"))),
        }
    };
    let format = Format::negotiate(joined(&parts.headers, &header::ACCEPT)?.as_deref(), single("format")?)?;
    let options = Options::read(format, single("int64")?, single("null")?)?;
    let envelope = envelope(format, single("envelope")?)?;
    let limit = single("limit")?.map(limit).transpose()?;
    let cursor = single("cursor")?.map(ToOwned::to_owned);
    let skip = single("skip")?.map(skip).transpose()?;
    let count = single("count")?.map(count).transpose()?.unwrap_or_default();
    let is_page =
        matches!(format, Format::Json | Format::Plan) || limit.is_some() || cursor.is_some() || skip.is_some() || count;
    let window = Window { limit, cursor, skip: skip.unwrap_or_default(), count };
    let want = if is_page { Want::Page(window) } else { Want::Stream };
    let parameters = if parts.method == Method::POST {
        if let Some((name, _)) = pairs.first() {
            return Err(Fault::new(Code::MalformedRequest, format!("`{name}` stands in the query string of a POST"))
                .with_hint("parameters of a POST are a JSON object in its body; what says which rows and columns are wanted, and how, stays in the query string"));
        }
        Parameters::Json(posted(&parts.headers, body).await?)
    } else {
        Parameters::Pairs(pairs)
    };
    let coding = Coding::negotiate(joined(&parts.headers, &header::ACCEPT_ENCODING)?.as_deref());
    Ok(Asked { format, coding, options, envelope, want, shaping, parameters })
}

/// The same request with another cursor, or none, as a relative reference.
pub(super) fn target(uri: &Uri, cursor: Option<&str>) -> String {
    let kept = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            !pair.is_empty() && !percent_decode_str(name).eq(*b"cursor")
        })
        // What came unescaped is no ASCII, as a reference must be.
        .map(|pair| utf8_percent_encode(pair, CONTROLS).into());
    let cursor = cursor.map(|cursor| format!("cursor={}", utf8_percent_encode(cursor, RESERVED)));
    let query: Vec<Cow<'_, str>> = kept.chain(cursor.map(Cow::from)).collect();
    if query.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), query.join("&")) }
}

fn envelope(format: Format, text: Option<&str>) -> Result<bool, Fault> {
    match text {
        Some(_) if format != Format::Json => Err(options::foreign("envelope", format, "`json`")),
        None | Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(Fault::new(Code::MalformedRequest, "`envelope` has no such value")
            .with_hint("`envelope=true` is the default; `envelope=false` gives the array of rows alone")),
    }
}

fn limit(text: &str) -> Result<usize, Fault> {
    let wrong = |what| Fault::new(Code::InvalidLimit, format!("`limit` is `{}`, which is {what}", shorten(text)));
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("not a whole number above 0"));
    }
    text.parse().map_err(|_| wrong("more than any query allows"))
}

fn skip(text: &str) -> Result<u64, Fault> {
    text.parse().map_err(|_| {
        Fault::new(Code::MalformedRequest, format!("`skip` is `{}`, which is not a number of rows", shorten(text)))
    })
}

fn count(text: &str) -> Result<bool, Fault> {
    if text == "exact" {
        return Ok(true);
    }
    Err(Fault::new(Code::MalformedRequest, format!("`count` is `{}`", shorten(text)))
        .with_hint("there is `count=exact`"))
}

/// Does it shape the result? Names of parameters hold no `__`.
fn is_shaping(name: &str) -> bool {
    name == "fields" || name == "sort" || name.contains("__")
}

fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

/// All values of a header as one list (RFC 9110, section 5.3).
fn joined(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Fault> {
    let unreadable = || Fault::new(Code::MalformedRequest, format!("the header `{name}` is not text"));
    let values: Vec<&str> =
        headers.get_all(name).iter().map(|value| value.to_str()).collect::<Result<_, _>>().map_err(|_| unreadable())?;
    Ok((!values.is_empty()).then(|| values.join(", ")))
}

/// `application/x-www-form-urlencoded`, but what is not valid is an error instead of a replacement character.
fn pairs(query: &str) -> Result<Vec<(String, String)>, Fault> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, Fault> {
    let malformed = |what: &str| {
        Fault::new(Code::MalformedRequest, format!("`{}` in the query string {what}", shorten(text)))
            .with_hint("names and values are UTF-8, percent-encoded")
    };
    let bytes = text.as_bytes();
    let escaped = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'%' && !escaped(at)) {
        return Err(malformed("has a `%` that begins no escape"));
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map_err(|_| malformed("is not UTF-8"))?;
    Ok(decoded.into_owned())
}

async fn posted(headers: &HeaderMap, body: Body) -> Result<serde_json::Map<String, serde_json::Value>, Fault> {
    let content_type = joined(headers, &header::CONTENT_TYPE)?;
    let json_type = content_type.as_deref().is_some_and(|value| {
        value.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
    });
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Fault::new(Code::UnsupportedMediaType, "a compressed body is not read")
            .with_hint("send it without Content-Encoding"));
    }
    let body = match timeout(BODY_TIMEOUT, Limited::new(body, LARGEST_BODY).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(Fault::new(Code::BodyTooLarge, format!("the body is larger than {LARGEST_BODY} bytes")));
        }
        Ok(Err(error)) => {
            return Err(Fault::new(Code::MalformedRequest, "the body did not arrive whole").with_internal(error));
        }
        Err(_) => {
            return Err(Fault::new(
                Code::MalformedRequest,
                format!("the body did not arrive in {} s", BODY_TIMEOUT.as_secs()),
            ));
        }
    };
    if body.is_empty() {
        return Ok(serde_json::Map::new());
    }
    if !json_type {
        return Err(Fault::new(Code::UnsupportedMediaType, "the body is not marked as JSON")
            .with_hint("send `Content-Type: application/json`"));
    }
    json::object(&body).map_err(|error| {
        Fault::new(Code::MalformedRequest, format!("the body is not a JSON object of parameters: {error}"))
            .with_hint("for example {\"region\": \"EU\"}")
    })
}
