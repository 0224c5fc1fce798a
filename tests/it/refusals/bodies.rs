//! Requests that are too large or too strange for a line of a `.case` file.

use aqueduct::model::Code;
use reqwest::Method;

use super::{Row, Suite};

/// A body of one byte more is refused.
const LARGEST_BODY: usize = 1024 * 1024;

/// All of them.
pub async fn all(suite: &Suite) -> Vec<Row> {
    let http = suite.server.http();
    let get = |query: String| http.get(&format!("/v1/refusals/typed?{query}"));
    let post = |body: Vec<u8>| {
        http.request(&Method::POST, "/v1/refusals/needs").header("content-type", "application/json").body(body)
    };
    let digits = "9".repeat(10_000);
    let deep = format!("{{\"must\": {}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let (bad, many) = (Code::MalformedRequest, Code::InvalidParameter);
    vec![
        Row::http(
            suite,
            "a query string of 32 KiB",
            get(format!("text={}", "x".repeat(32 * 1024))),
            Code::UriTooLong,
            "path and query string are longer than 16384 bytes",
        )
        .await,
        Row::http(
            suite,
            "a path of 32 KiB",
            http.get(&format!("/v1/refusals/{}", "x".repeat(32 * 1024))),
            Code::UriTooLong,
            "path and query string are longer than 16384 bytes",
        )
        .await,
        Row::http(
            suite,
            "a body above a megabyte",
            post(vec![b' '; LARGEST_BODY + 1]),
            Code::BodyTooLarge,
            "the body is larger than 1048576 bytes",
        )
        .await,
        Row::http(suite, "a body of spaces", post(vec![b' '; LARGEST_BODY]), bad, "…EOF…").await,
        Row::http(
            suite,
            "an integer of ten thousand digits",
            get(format!("i64={digits}")),
            many,
            "`i64` is not between -9223372036854775808 and 9223372036854775807",
        )
        .await,
        Row::http(
            suite,
            "a decimal of ten thousand digits",
            get(format!("dec=0.{digits}")),
            many,
            "`dec` has more than 2 digits after the point",
        )
        .await,
        Row::http(
            suite,
            "a decimal with an exponent of ten thousand digits",
            get(format!("dec=1e{digits}")),
            many,
            "`dec` is not a decimal number",
        )
        .await,
        Row::http(
            suite,
            "a number of ten thousand digits in a body",
            post(format!("{{\"must\": {digits}}}").into()),
            many,
            "`must` is not between -9223372036854775808 and 9223372036854775807",
        )
        .await,
        Row::http(
            suite,
            "a NUL in a text of a body",
            post(br#"{"must": 1, "may": "a\u0000b"}"#.to_vec()),
            many,
            "`may` contains a NUL character",
        )
        .await,
        Row::http(suite, "a body nested too deep", post(deep.into()), bad, "…recursion limit…").await,
        Row::http(suite, "a body that is not UTF-8", post(b"{\"must\": \"\xff\"}".to_vec()), bad, "…unicode…").await,
        Row::http(suite, "half of a surrogate pair in a body", post(br#"{"may": "\ud800"}"#.to_vec()), bad, "…").await,
        Row::http(suite, "a body with a byte order mark", post(b"\xef\xbb\xbf{}".to_vec()), bad, "…expected value…").await,
        Row::http(suite, "a body that is null", post(b"null".to_vec()), bad, "…an object of parameters…").await,
        Row::http(suite, "a body of a NaN", post(br#"{"must": NaN}"#.to_vec()), bad, "…expected value…").await,
        Row::http(suite, "an empty body", post(Vec::new()), many, "`must` is required: a value of type int64").await,
        Row::http(
            suite,
            "a thousand unknown parameters",
            get((0..1000).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&")),
            many,
            "1000 parameters are wrong",
        )
        .await,
    ]
}
