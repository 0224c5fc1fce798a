//! Requests that are odd or wrong, what every answer carries, and connections.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::future;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{KEY, SETTINGS, Surface, numbers};
use crate::harness::{project::Project, server::Server, tools::output};

/// Sends bytes as they are, and reads until the server closes the connection.
fn raw(surface: &Surface, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(surface.server.http).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("it can be set");
    stream.write_all(request).expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers and closes");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of a request whose target is sent as it is.
fn status(surface: &Surface, target: &[u8]) -> u16 {
    let request = [b"GET ", target, b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"].concat();
    let answer = raw(surface, &request);
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status in {answer:?}"))
}

#[tokio::test]
async fn targets_are_read_strictly() {
    let surface = numbers().await;
    let long = format!("/v1/s/numbers?name={}", "x".repeat(17_000));
    let cases: [(&[u8], u16); 24] = [
        (b"/v1/s/numbers", 200),
        (b"http://elsewhere.example/v1/s/numbers?limit=1", 200),
        (b"/v1/s/num%62ers", 200),
        (b"/v1/s/numbers?", 200),
        (b"/v1/s/numbers?&&limit=1&", 200),
        (b"/v1/s/numbers?name=a;b", 200),
        (b"/v1/s/numbers?name=n\xc3\xa4me", 200),
        (b"/v1/s/numbers/", 404),
        (b"//v1/s/numbers", 404),
        (b"/v1//numbers", 404),
        (b"/v1/s/numbers/extra", 404),
        (b"/v01/s/numbers", 404),
        (b"/v2/s/numbers", 404),
        (b"/v1/s/Numbers", 404),
        (b"/v1/s/num%2Fbers", 404),
        (b"/v1/s/%ff", 404),
        (b"/v1/../v1/s/numbers", 404),
        (b"/v99999999999/s/numbers", 404),
        (b"/v1/s/numbers?from=1;limit=1", 400),
        (b"/v1/s/numbers?=x", 400),
        (b"/v1/s/numbers?name=%ff", 400),
        (b"/v1/s/numbers?name=%0", 400),
        (b"/v1/s/numbers?from=1&from=1", 400),
        (long.as_bytes(), 414),
    ];
    for (target, expected) in cases {
        let shown = String::from_utf8_lossy(&target[..target.len().min(60)]).into_owned();
        assert_eq!(status(&surface, target), expected, "{shown}");
    }
    // HTTP/1.1 needs a host, and a head that is no HTTP is no request.
    assert!(raw(&surface, b"garbage\r\n\r\n").starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn every_mistake_has_its_status_and_headers() {
    let surface = numbers().await;
    let http = surface.server.http();
    for method in [Method::DELETE, Method::PUT, Method::PATCH, Method::OPTIONS] {
        for (path, allow) in [("/v1/s/numbers", "GET,HEAD,POST"), ("/docs", "GET,HEAD"), ("/openapi.json", "GET,HEAD")]
        {
            let answer = http.request(&method, path).send().await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allow), "{method} {path}");
            assert_eq!(
                (&answer.json()["code"], answer.header("content-type")),
                (&json!("AQ-111"), "application/problem+json")
            );
        }
    }
    let post = |body: &str, media_type: &str| {
        http.request(&Method::POST, "/v1/s/numbers").header("content-type", media_type).body(body.to_owned())
    };
    let cases = [
        (post("{}", "application/json; charset=utf-8"), 200),
        (post("{}", "text/plain"), 415),
        (post("{}", "application/x-www-form-urlencoded"), 415),
        (post("{}", "application/json").header("content-encoding", "gzip"), 415),
        (post("[]", "application/json"), 400),
        (post("{\"from\": 1, \"from\": 2}", "application/json"), 400),
        (post("{\"from\": 1} x", "application/json"), 400),
        (post("{\"limit\": 1}", "application/json"), 400),
        (post(&format!("{{\"name\": \"{}\"}}", "x".repeat(1024 * 1024)), "application/json"), 413),
        (http.request(&Method::POST, "/v1/s/numbers?from=1"), 400),
        (http.get("/v1/s/secret"), 401),
        (http.get("/v1/s/secret").bearer("wrong"), 401),
        (http.get("/v1/s/numbers").bearer("wrong"), 401),
        (http.get("/v1/s/numbers").header("authorization", "Basic eDp5"), 401),
        (http.get("/v1/s/numbers").bearer(KEY).bearer(KEY), 401),
        (http.get("/v1/s/numbers").header("x-api-key", KEY), 200),
        (http.get("/v1/s/secret").bearer(KEY), 403),
        (http.get("/v1/s/numbers?limit=0"), 400),
        (http.get("/v1/s/numbers?cursor=x"), 400),
        (http.get("/v1/s/nothing"), 404),
        (http.get("/"), 404),
    ];
    for (index, (request, expected)) in cases.into_iter().enumerate() {
        let answer = request.send().await;
        assert_eq!(answer.status, expected, "case {index}: {}", answer.text());
        if expected == 200 {
            continue;
        }
        let problem = answer.json();
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(problem["status"], expected);
        assert_eq!(problem["request_id"], answer.header("x-request-id"));
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge.starts_with("Bearer realm=\"aqueduct\""), expected == 401, "case {index}: {challenge}");
    }
}

#[tokio::test]
async fn a_source_that_is_down_says_when_to_try_again() {
    let project = Project::new()
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/pg.yaml", "kind: postgres\nurl: postgres://nobody:secret@127.0.0.1:1/nothing\n")
        .file("queries/s/t.sql", "/*---\nname: s.t\nversion: 1\naccess: public\n---*/\nSELECT n FROM pg.t\n");
    let server = Server::start(project.path(), &[]).await;
    let answer = server.http().get("/v1/s/t").send().await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "5"), "{}", answer.text());
    assert_eq!(answer.json()["code"], "AQ-501");
    assert!(!answer.text().contains("127.0.0.1"), "where a source is, is not for callers: {}", answer.text());
    assert_eq!(server.http().get("/openapi.json").send().await.json()["paths"], json!({}));
}

#[tokio::test]
async fn every_answer_carries_its_id_and_no_cache_keeps_it() {
    let surface = numbers().await;
    let http = surface.server.http();
    for path in
        ["/v1/s/numbers?limit=1", "/v1/s/numbers?format=csv", "/v1/s/nothing", "/nothing", "/docs", "/openapi.json"]
    {
        let answer =
            http.get(path).header("x-request-id", "mine-1.a:b").header("origin", "https://a.example").send().await;
        assert_eq!(answer.header("x-request-id"), "mine-1.a:b", "{path}");
        assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
        assert!(answer.header("server-timing").contains("total;dur="), "{path}");
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{path}");
    }
    let page = http.get("/v1/s/numbers?limit=1").header("x-request-id", "mine").send().await;
    assert_eq!(page.json()["meta"]["request_id"], "mine");
    assert!(surface.server.logs("\"request_id\":\"mine\"").await, "the log does not name the request");
    for bad in ["two words", "a\"b", "é", "<x>", &"x".repeat(129)] {
        let given = http.get("/v1/s/numbers?limit=1").header("x-request-id", bad).send().await;
        let id = given.header("x-request-id");
        assert!(uuid::Uuid::parse_str(id).is_ok(), "{bad:?} became {id:?}");
    }
}

#[tokio::test]
async fn the_documentation_page_runs_nothing_but_its_own() {
    let surface = numbers().await;
    let page = surface.server.http().get("/docs").send().await;
    let (text, policy) = (page.text(), page.header("content-security-policy"));
    for tag in ["style", "script"] {
        let blocks: Vec<&str> = text.split(&format!("<{tag}")).skip(1).collect();
        assert_eq!(blocks.len(), 1, "one {tag}");
        let block =
            blocks[0].strip_prefix('>').and_then(|rest| rest.split_once(&format!("</{tag}>"))).expect("inline").0;
        let hash = BASE64_STANDARD.encode(Sha256::digest(block));
        assert!(policy.contains(&format!("{tag}-src 'sha256-{hash}'")), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for outside in [" src=", "@import", "url(", " style=\"", " onclick=\""] {
        assert!(!text.contains(outside), "the page has {outside}");
    }
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_and_connections_are_kept() {
    let surface = numbers().await;
    let url = format!("http://{}/v1/s/numbers?limit=2", surface.server.http);
    let curl = |option: &str, arguments: &[&str]| {
        let mut curl = Command::new("curl");
        output(curl.args(["--silent", "--show-error", "--fail", option, &url]).args(arguments))
    };
    let said = ["--output", "/dev/null", "--write-out", "%{http_version} %{num_connects} %{http_code}\n"];
    assert_eq!(curl("--http1.1", &[&said[..], &[&url, "--output", "/dev/null"]].concat()), "1.1 1 200\n1.1 0 200\n");
    assert_eq!(curl("--http2-prior-knowledge", &said), "2 1 200\n");
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        assert!(curl(version, &["--head"]).contains("content-length: "), "HEAD with {version}");
    }
}

#[tokio::test]
async fn many_at_once_are_all_answered() {
    let surface = numbers().await;
    let http = surface.server.http();
    let answers = future::join_all((0..64).map(|n| {
        let format = ["json", "ndjson"][n % 2];
        http.get(&format!("/v1/s/numbers?from={}&limit=7&format={format}", 1 + n)).send()
    }))
    .await;
    for (n, answer) in answers.iter().enumerate() {
        let rows = if n % 2 == 0 { answer.rows() } else { answer.ndjson() };
        let numbers: Vec<Value> = rows.iter().map(|row| row["n"].clone()).collect();
        assert_eq!(numbers, (1..8).map(|k| json!(2501 - k)).collect::<Vec<_>>(), "request {n}");
    }
}

/// gRPC clients take 8 KiB of metadata, and a status is metadata: more, and they say something else instead.
#[tokio::test]
async fn a_long_refusal_arrives_through_flight() {
    let surface = numbers().await;
    let mut flight = surface.server.flight().await;
    let many: serde_json::Map<_, _> = (0..2000).map(|index| (format!("é{index}"), json!(1))).collect();
    let refused = flight.command("s.numbers", 1, &many.into()).await.expect_err("no such parameters");
    assert_eq!(refused.code, tonic::Code::InvalidArgument, "{}", refused.message);
    assert!(refused.message.starts_with("AQ-101: ") && refused.message.ends_with('…'), "{}", refused.message);
    let refused = flight.command(&"x".repeat(100_000), 1, &json!({})).await.expect_err("no such query");
    assert_eq!(refused.code, tonic::Code::NotFound, "{}", refused.message);
}
