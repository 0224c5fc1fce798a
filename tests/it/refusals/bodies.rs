//! Requests that are too large or too strange for a line of a `.case` file.

use aqueduct::model::Code;
use reqwest::Method;

use super::{Row, Suite};

/// A body of one byte more is refused.
const LARGEST_BODY: usize = 1024 * 1024;
/// No answer repeats what was sent at length.
const LONGEST_ANSWER: usize = 2048;

/// All of them.
pub async fn all(suite: &Suite) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, query, code, detail) in queries() {
        rows.push(
            short(suite, name, Method::GET, &format!("/v1/refusals/typed?{query}"), Vec::new(), code, detail).await,
        );
    }
    for (name, body, code, detail) in bodies() {
        rows.push(short(suite, name, Method::POST, "/v1/refusals/needs", body, code, detail).await);
    }
    let names: Vec<String> = (0..1000).map(|n| format!("p{n}=1")).collect();
    let unknown = suite.server.http().get(&format!("/v1/refusals/needs?{}", names.join("&")));
    rows.push(
        Row::http(suite, "a thousand unknown parameters", unknown, Code::InvalidParameter, "1001 parameters are wrong")
            .await,
    );
    let long = suite.server.http().get(&format!("/v1/refusals/{}", "x".repeat(32 * 1024)));
    rows.push(
        Row::http(suite, "a path of 32 KiB", long, Code::UriTooLong, "path and query string are longer than…").await,
    );
    rows.extend(methods(suite).await);
    rows
}

/// Query strings of `typed`.
fn queries() -> Vec<(&'static str, String, Code, &'static str)> {
    let digits = "9".repeat(10_000);
    vec![
        (
            "a query string of 32 KiB",
            format!("text={}", "x".repeat(32 * 1024)),
            Code::UriTooLong,
            "path and query string are longer than 16384 bytes",
        ),
        (
            "an integer of ten thousand digits",
            format!("i64={digits}"),
            Code::InvalidParameter,
            "`i64` is not between -9223372036854775808 and 9223372036854775807",
        ),
        (
            "a decimal of ten thousand digits",
            format!("dec=0.{digits}"),
            Code::InvalidParameter,
            "`dec` has more than 2 digits after the point",
        ),
        (
            "a decimal with an exponent of ten thousand digits",
            format!("dec=1e{digits}"),
            Code::InvalidParameter,
            "`dec` is not a decimal number",
        ),
        (
            "a float64 of ten thousand digits",
            format!("f64={digits}"),
            Code::InvalidParameter,
            "`f64` is beyond the range of float64",
        ),
        ("an enum of ten thousand letters", format!("word={digits}"), Code::InvalidParameter, "`word` is not one of…"),
        ("a limit of ten thousand digits", format!("limit={digits}"), Code::InvalidLimit, "`limit` is …"),
        ("a cursor of ten thousand letters", format!("cursor={digits}"), Code::InvalidCursor, "…"),
        ("a format of ten thousand letters", format!("format={digits}"), Code::NotAcceptable, "there is no format…"),
    ]
}

/// Bodies for `needs`.
fn bodies() -> Vec<(&'static str, Vec<u8>, Code, &'static str)> {
    let (bad, wrong) = (Code::MalformedRequest, Code::InvalidParameter);
    let deep = format!("{{\"must\": {}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let digits = format!("{{\"must\": {}}}", "9".repeat(10_000));
    vec![
        (
            "a body above a megabyte",
            vec![b' '; LARGEST_BODY + 1],
            Code::BodyTooLarge,
            "the body is larger than 1048576 bytes",
        ),
        ("a body of a megabyte of spaces", vec![b' '; LARGEST_BODY], bad, "…EOF…"),
        (
            "a number of ten thousand digits in a body",
            digits.into(),
            wrong,
            "`must` is not between -9223372036854775808 and 9223372036854775807",
        ),
        (
            "a NUL in a text of a body",
            br#"{"must": 1, "may": "a\u0000b"}"#.to_vec(),
            wrong,
            "`may` contains a NUL character",
        ),
        ("a body nested too deep", deep.into(), bad, "…recursion limit…"),
        ("a body that is not UTF-8", b"{\"must\": 1, \"may\": \"\xff\"}".to_vec(), bad, "…unicode…"),
        ("half of a surrogate pair in a body", br#"{"must": 1, "may": "\ud800"}"#.to_vec(), bad, "…hex escape…"),
        ("a body with a byte order mark", b"\xef\xbb\xbf{\"must\": 1}".to_vec(), bad, "…expected value…"),
        ("a body that is null", b"null".to_vec(), bad, "…an object of parameters…"),
        ("a body with a NaN", br#"{"must": NaN}"#.to_vec(), bad, "…expected value…"),
        ("an empty body", Vec::new(), wrong, "`must` is required: a value of type int64"),
    ]
}

/// The methods that a path does not have; `Allow` lists those that it has (RFC 9110, section 15.5.6).
async fn methods(suite: &Suite) -> Vec<Row> {
    let mut rows = Vec::new();
    let query = ("/v1/refusals/paged", ["GET", "HEAD", "POST"].as_slice());
    let page = ("/openapi.json", ["GET", "HEAD"].as_slice());
    for (method, (path, allowed)) in [
        ("PUT", query),
        ("DELETE", query),
        ("PATCH", query),
        ("OPTIONS", query),
        ("TRACE", query),
        ("BREW", query),
        ("POST", page),
    ] {
        let name = format!("the method {method} of {path}");
        let row = async {
            let method = Method::from_bytes(method.as_bytes()).expect("a method's name is a token");
            let answer = suite.server.http().request(&method, path).send().await;
            suite.assert_problem(&answer, Code::MethodNotAllowed);
            super::assert_detail(&answer, &format!("{method} is not offered here"));
            let mut listed: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
            listed.sort_unstable();
            assert_eq!(listed, allowed, "Allow left, right right");
        };
        rows.push(Row::run(name, Code::MethodNotAllowed, row).await);
    }
    rows
}

/// A request whose answer must not grow with it.
async fn short(suite: &Suite, name: &str, method: Method, path: &str, body: Vec<u8>, code: Code, detail: &str) -> Row {
    Row::run(name, code, async {
        let request = suite.server.http().request(&method, path);
        let request = if method == Method::POST {
            request.header("content-type", "application/json").body(body)
        } else {
            request
        };
        let answer = request.send().await;
        suite.assert_problem(&answer, code);
        super::assert_detail(&answer, detail);
        assert!(answer.bytes.len() < LONGEST_ANSWER, "{} bytes: {}", answer.bytes.len(), answer.text());
    })
    .await
}
