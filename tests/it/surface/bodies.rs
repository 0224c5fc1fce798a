//! What the bytes of an answer are: the format, its length, its compression.

use std::io::Read;

use bytes::Bytes;
use futures::StreamExt;
use serde_json::Value;

use super::{numbers, serve};
use crate::harness::http::Answer;

const FORMATS: [(&str, &str); 5] = [
    ("json", "application/json"),
    ("ndjson", "application/x-ndjson"),
    ("csv", "text/csv; charset=utf-8; header=present"),
    ("arrow", "application/vnd.apache.arrow.stream"),
    ("parquet", "application/vnd.apache.parquet"),
];

#[tokio::test]
async fn the_format_is_negotiated() {
    let surface = numbers().await;
    let http = surface.server.http();
    let cases = [
        ("*/*", "", "application/json"),
        ("text/csv", "", FORMATS[2].1),
        ("application/json;q=0.5, application/x-ndjson", "", FORMATS[1].1),
        ("application/vnd.apache.arrow.stream;q=0.3, application/vnd.apache.parquet;q=0.7", "", FORMATS[4].1),
        ("application/json;q=0, text/*", "", FORMATS[2].1),
        ("image/png, */*;q=0.1", "", FORMATS[0].1),
        ("image/png", "format=arrow", FORMATS[3].1),
        ("text/csv", "format=json", FORMATS[0].1),
    ];
    for (accept, query, expected) in cases {
        let answer = http.get(&format!("/v1/s/numbers?limit=1&{query}")).header("accept", accept).send().await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, expected), "{accept} {query}");
        assert!(answer.header("vary").contains("accept"), "{accept} {query}");
    }
    for (accept, query) in [("image/png", ""), ("*/*;q=0", ""), ("*/*", "format=xml"), ("*/*", "format=")] {
        let answer = http.get(&format!("/v1/s/numbers?{query}")).header("accept", accept).send().await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (406, &"AQ-107".into()), "{accept} {query}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn pages_have_a_length_and_streams_are_chunked() {
    let surface = numbers().await;
    let http = surface.server.http();
    for (format, media_type) in FORMATS {
        let page = http.get(&format!("/v1/s/numbers?limit=3&format={format}")).send().await;
        assert_eq!(page.header("content-length"), page.bytes.len().to_string(), "{format}");
        assert_eq!((page.header("content-type"), page.header("transfer-encoding")), (media_type, ""), "{format}");
        if format != "json" {
            let stream = http.get(&format!("/v1/s/numbers?format={format}")).send().await;
            assert_eq!(stream.header("content-type"), media_type);
            assert_eq!(
                (stream.header("content-length"), stream.header("transfer-encoding")),
                ("", "chunked"),
                "{format}"
            );
            assert_eq!(stream.header("link"), "", "a stream has no next page");
        }
    }
}

/// What a GET says of itself but for its moment: the cursor in a link, the id, the time.
fn lasting(answer: &Answer) -> Vec<(String, String)> {
    let moment = ["date", "x-request-id", "server-timing", "transfer-encoding"];
    let headers = answer.headers.iter().filter(|(name, _)| !moment.contains(&name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| {
            let value = value.to_str().expect("our headers are ASCII");
            (name.to_string(), value.split("cursor=").next().unwrap_or_default().to_owned())
        })
        .collect();
    headers.sort();
    headers
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let surface = numbers().await;
    let http = surface.server.http();
    let mut paths =
        vec!["/openapi.json".to_owned(), "/docs".to_owned(), "/v1/s/nothing".to_owned(), "/v1/s/secret".to_owned()];
    for (format, _) in FORMATS {
        paths.push(format!("/v1/s/numbers?format={format}&limit=2"));
        paths.push(format!("/v1/s/numbers?format={format}"));
    }
    for path in paths {
        let (get, head) = (http.get(&path).send().await, http.request(&reqwest::Method::HEAD, &path).send().await);
        assert_eq!(head.bytes, Bytes::new(), "{path}");
        assert_eq!((head.status, lasting(&head)), (get.status, lasting(&get)), "{path}");
    }
}

fn unpacked(coding: &str, bytes: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).expect("it is whole");
            plain
        }
        "zstd" => zstd::stream::decode_all(bytes).expect("it is whole"),
        _ => bytes.to_vec(),
    }
}

#[tokio::test]
async fn compression_changes_nothing_but_the_size() {
    let surface = numbers().await;
    let http = surface.server.http();
    for (format, _) in FORMATS {
        for query in ["", "&limit=500"] {
            let path = format!("/v1/s/numbers?format={format}{query}");
            let plain = http.get(&path).send().await;
            assert_eq!(plain.header("content-encoding"), "");
            for coding in ["gzip", "zstd"] {
                let packed = http.get(&path).header("accept-encoding", coding).send().await;
                // Parquet is compressed inside.
                let used = if format == "parquet" { "" } else { coding };
                assert_eq!(packed.header("content-encoding"), used, "{path}");
                let unpacked = unpacked(used, &packed.bytes);
                if format == "json" {
                    let body: Value = serde_json::from_slice(&unpacked).expect("JSON");
                    assert_eq!(body["data"], plain.json()["data"], "{path} {coding}");
                } else {
                    assert_eq!(unpacked, plain.bytes, "{path} {coding}");
                }
                assert!(used.is_empty() || packed.bytes.len() < plain.bytes.len(), "{path} {coding}");
            }
        }
    }
}

/// The last row waits for a lock that the test holds.
#[tokio::test]
async fn a_compressed_stream_delivers_rows_before_its_end() {
    let surface = serve(
        "CREATE VIEW gated AS SELECT n FROM generate_series(1, 10000) n
         UNION ALL SELECT 10001 FROM (SELECT pg_advisory_xact_lock_shared(7)) AS gate",
        &[("gated", "access: public", "SELECT n FROM pg.gated")],
    )
    .await;
    for (coding, format) in [("gzip", "csv"), ("zstd", "ndjson"), ("identity", "csv")] {
        let mut gate = surface.database.connect().await;
        sqlx::raw_sql("SELECT pg_advisory_lock(7)").execute(&mut gate).await.expect("it is free");
        let path = format!("/v1/s/gated?format={format}");
        let response =
            surface.server.http().get(&path).header("accept-encoding", coding).stream().await.expect("a head");
        let mut chunks = response.bytes_stream();
        let mut sent = Vec::new();
        while !so_far(coding, &sent).contains("4000") {
            sent.extend_from_slice(&chunks.next().await.expect("rows come before the end").expect("nothing breaks"));
        }
        drop(gate);
        while let Some(chunk) = chunks.next().await {
            sent.extend_from_slice(&chunk.expect("nothing breaks"));
        }
        let text = String::from_utf8(unpacked(coding, &sent)).expect("text");
        assert_eq!(text.lines().count(), 10_001 + usize::from(format == "csv"), "{coding}");
    }
}

/// What a client can read of an unfinished body.
fn so_far(coding: &str, sent: &[u8]) -> String {
    let mut plain = Vec::new();
    // The end is missing, so all decoders fail after what is there.
    let _ = match coding {
        "gzip" => flate2::read::GzDecoder::new(sent).read_to_end(&mut plain),
        "zstd" => zstd::stream::read::Decoder::new(sent).and_then(|mut decoder| decoder.read_to_end(&mut plain)),
        _ => (&sent[..]).read_to_end(&mut plain),
    };
    String::from_utf8_lossy(&plain).into_owned()
}
