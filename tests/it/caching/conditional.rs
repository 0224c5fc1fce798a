//! What HTTP's own caches are told: tags, 304, how fresh an answer is.

use reqwest::Method;

use super::{Suite, is_hit, is_miss};
use crate::harness::http::{Answer, Request};

fn asking(request: Request, tag: &str) -> Request {
    request.header("if-none-match", tag)
}

#[tokio::test]
async fn each_representation_has_its_tag() {
    let suite = Suite::start().await;
    let mut tags = std::collections::BTreeSet::new();
    for path in ["/v1/c/listed", "/v1/c/listed?limit=50", "/v1/c/grouped?limit=100"] {
        for format in ["json", "ndjson", "csv", "arrow", "parquet"] {
            for coding in ["identity", "gzip", "zstd"] {
                let separator = if path.contains('?') { '&' } else { '?' };
                let url = format!("{path}{separator}format={format}");
                let get = || suite.get(&url).header("accept-encoding", coding);
                let first = get().send().await;
                assert_eq!(first.status.as_u16(), 200, "{url} {coding}: {}", first.text());
                let tag = first.header("etag").to_owned();
                assert!(tag.starts_with('"') && tag.len() == 24, "{url} {coding}: {tag}");
                let again = get().send().await;
                assert!(is_hit(&again));
                assert_eq!((&again.bytes, again.header("etag")), (&first.bytes, tag.as_str()), "{url} {coding}");
                for asked in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
                    check_304(&asking(get(), &asked).send().await, &first);
                }
                assert_eq!(asking(get(), "\"other\"").send().await.bytes, first.bytes);
                // Parquet is compressed inside: all codings are one representation.
                assert!(tags.insert(tag) || format == "parquet", "{url} {coding} has the tag of another");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_out_of_the_spool_has_a_weak_tag() {
    let suite = Suite::start().await;
    assert!(is_miss(&suite.get("/v1/c/grouped?limit=10").send().await));
    let path = "/v1/c/grouped?format=ndjson";
    let first = suite.get(path).send().await;
    assert!(is_hit(&first) && first.ndjson().len() == 250);
    let tag = first.header("etag");
    assert!(tag.starts_with("W/\""), "{tag}");
    assert_eq!(suite.get(path).send().await.header("etag"), tag);
    assert_ne!(suite.get("/v1/c/grouped?format=csv").send().await.header("etag"), tag);
    check_304(&asking(suite.get(path), tag).send().await, &first);
    check_304(&asking(suite.get(path), tag.trim_start_matches("W/")).send().await, &first);
}

fn check_304(answer: &Answer, first: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (304, 0), "{answer:?}");
    for name in ["etag", "cache-control", "vary"] {
        assert_eq!(answer.header(name), first.header(name), "{name}");
        assert!(!answer.header(name).is_empty(), "{name}");
    }
    for name in ["date", "age", "cache-status", "x-request-id"] {
        assert!(!answer.header(name).is_empty(), "{name}");
    }
    for name in ["content-type", "content-length", "content-encoding", "link"] {
        assert_eq!(answer.header(name), "", "{name}");
    }
}

#[tokio::test]
async fn an_answer_says_how_fresh_it_is() {
    let suite = Suite::start().await;
    let first = suite.get("/v1/c/listed").send().await;
    assert_eq!(first.header("cache-status"), "aqueduct; fwd=miss; stored; ttl=3600");
    let told = "private, max-age=3600, stale-while-revalidate=600, stale-if-error=7200";
    assert_eq!(first.header("cache-control"), told);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let again = suite.get("/v1/c/listed").header("x-request-id", "mine").send().await;
    assert_eq!(again.bytes, first.bytes, "nothing in it is of the request");
    assert_eq!(again.header("x-request-id"), "mine");
    let age: u64 = again.header("age").parse().expect("seconds");
    assert!((1..60).contains(&age), "{age}");
    assert_eq!(again.header("cache-status"), format!("aqueduct; hit; ttl={}", 3600 - age));
    assert_eq!(again.header("vary"), "accept, accept-encoding, authorization, x-api-key");
    let meta = &again.json()["meta"];
    assert!(meta.get("request_id").is_none() && meta["generated_at"].is_string(), "{meta}");
    let instant =
        |name: &str| chrono::DateTime::parse_from_rfc3339(meta[name].as_str().unwrap_or_default()).expect("RFC 3339");
    assert_eq!(instant("fresh_until") - instant("generated_at"), chrono::TimeDelta::hours(1));

    let head = suite.http().request(&Method::HEAD, "/v1/c/listed").send().await;
    for name in ["etag", "content-length", "content-type", "cache-control", "link"] {
        assert_eq!(head.header(name), first.header(name), "{name}");
    }
    let head = asking(suite.http().request(&Method::HEAD, "/v1/c/listed"), first.header("etag")).send().await;
    assert_eq!(head.status.as_u16(), 304);
    // Links repeat the request as it was written, though its body is that of another.
    let other = suite.get("/v1/c/listed?below=1000&region=EU").send().await;
    assert!(is_hit(&other) && other.bytes == first.bytes);
    assert!(other.header("link").starts_with("</v1/c/listed?below=1000&region=EU&cursor="), "{}", other.header("link"));
    // A POST has no representation that a tag could be of.
    let posted = suite.http().post("/v1/c/listed", &serde_json::json!({}));
    let posted = asking(posted, first.header("etag")).send().await;
    assert_eq!((posted.status.as_u16(), &posted.bytes), (200, &first.bytes));
}

#[tokio::test]
async fn pages_of_a_kept_result_are_tagged_too_and_all_else_is_not_stored() {
    let suite = Suite::start().await;
    let first = suite.get("/v1/c/kept_by_none?limit=100").send().await;
    assert_eq!((first.header("cache-control"), first.header("etag")), ("no-store", ""));
    assert!(first.json()["meta"]["request_id"].is_string());
    let path = format!("/v1/c/kept_by_none?limit=100&cursor={}", first.cursor().expect("more follow"));
    let second = suite.get(&path).send().await;
    assert_eq!(second.rows().len(), 100);
    assert_eq!((second.header("cache-control"), second.header("cache-status")), ("private, no-cache", ""));
    let tag = second.header("etag");
    assert_eq!(asking(suite.get(&path), tag).send().await.status.as_u16(), 304);
    assert_eq!(suite.get(&path).header("x-request-id", "other").send().await.bytes, second.bytes);
    // Of a query whose results are kept: as fresh as the first page.
    let first = suite.get("/v1/c/grouped?limit=100").send().await;
    assert!(is_miss(&first));
    let path = format!("/v1/c/grouped?limit=100&cursor={}", first.cursor().expect("more follow"));
    let second = suite.get(&path).send().await;
    assert!(is_hit(&second));
    assert_eq!(second.header("cache-control"), "private, max-age=3600");
    assert_eq!(asking(suite.get(&path), second.header("etag")).send().await.status.as_u16(), 304);
    for path in ["/openapi.json", "/v1/c/listed?limit=0", "/v1/c/nothing"] {
        let other = asking(suite.get(path), "*").send().await;
        assert_ne!(other.status.as_u16(), 304);
        assert_eq!((other.header("cache-control"), other.header("etag")), ("no-store", ""), "{path}");
    }
}
