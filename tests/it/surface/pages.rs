//! Pages: their links, what they promise, and how large they grow.

use arrow::{array::RecordBatch, ipc::reader::StreamReader};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use super::{Surface, numbers, serve};
use crate::harness::{
    flight::Fetched,
    http::Answer,
    rows::{self, Cell},
};

/// The pages from here to the end, by their links.
async fn by_links(surface: &Surface, path: &str) -> Vec<Answer> {
    let http = surface.server.http();
    let mut pages = vec![http.get(path).send().await];
    while let Some(link) = pages.last().map(|page| page.header("link")).filter(|link| !link.is_empty()) {
        let target = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).expect("RFC 8288");
        let next = http.get(target).send().await;
        assert_eq!(next.status, 200, "{}", next.text());
        pages.push(next);
    }
    pages
}

/// The rows of a body, all formats in one form.
fn cells(format: &str, answer: &Answer, like: &Fetched) -> Vec<Vec<Cell>> {
    let fetched = |batches: Vec<RecordBatch>| rows::from_arrow(&Fetched { schema: like.schema.clone(), batches });
    match format {
        "json" => rows::from_json(&answer.rows(), &like.schema),
        "ndjson" => rows::from_json(&answer.ndjson(), &like.schema),
        "csv" => {
            let mut lines = answer.text().lines();
            assert_eq!(lines.next(), Some("n,name,half"));
            let row = |line: &str| line.split(',').map(|text| Cell::Scalar(text.to_owned())).collect();
            lines.map(row).collect()
        }
        "arrow" => {
            let reader = StreamReader::try_new(&answer.bytes[..], None).expect("an Arrow stream");
            fetched(reader.map(|batch| batch.expect("a batch")).collect())
        }
        _ => {
            let reader = ParquetRecordBatchReaderBuilder::try_new(answer.bytes.clone()).expect("a Parquet file");
            fetched(reader.build().expect("a reader").map(|batch| batch.expect("a batch")).collect())
        }
    }
}

#[tokio::test]
async fn links_lead_through_the_whole_result_in_every_format() {
    let surface = numbers().await;
    let whole = surface.server.flight().await.path(&["v1", "s", "numbers"]).await.expect("Flight answers");
    let expected = rows::from_arrow(&whole);
    assert_eq!(expected.len(), 2500);
    for format in ["json", "ndjson", "csv", "arrow", "parquet"] {
        let pages = by_links(&surface, &format!("/v1/s/numbers?format={format}&limit=700")).await;
        assert_eq!(pages.len(), 4, "{format}");
        let found: Vec<_> = pages.iter().flat_map(|page| cells(format, page, &whole)).collect();
        assert_eq!(found, expected, "{format}");
        for (index, page) in pages.iter().enumerate() {
            assert_eq!(page.header("aqueduct-consistency"), "keyset", "{format}");
            assert_eq!(page.header("aqueduct-has-more"), (index < 3).to_string(), "{format}");
        }
        if format != "json" {
            let stream = surface.server.http().get(&format!("/v1/s/numbers?format={format}")).send().await;
            assert_eq!(cells(format, &stream, &whole), expected, "{format} as a stream");
        }
    }
}

/// However the caller spelled its query string, a link to the next page is a reference, and leads on.
#[tokio::test]
async fn links_keep_the_query_string() {
    let surface = numbers().await;
    for query in ["name=näme%202", "name=n%C3%A4me+2", "ids=1&ids=2", "%66rom=3&&limit=2", "name=%26%23%3D"] {
        let first = surface.server.http().get(&format!("/v1/s/numbers?{query}&format=json")).send().await;
        let link = first.header("link").to_owned();
        assert!(link.is_ascii() && link.contains("format=json"), "{link}");
        let path = link.trim_start_matches('<').split('>').next().unwrap_or_default().to_owned();
        let second = surface.server.http().get(&path).send().await;
        assert_eq!(second.rows().len(), first.rows().len(), "{path}");
        // From the second page on, the cursor is replaced, however its name is spelled.
        let third = surface.server.http().get(&path.replace("cursor=", "%63ursor=")).send().await;
        assert_eq!(third.header("link").matches("ursor=").count(), 1, "{}", third.header("link"));
    }
}

#[tokio::test]
async fn post_gives_the_rows_of_get() {
    let surface = numbers().await;
    let http = surface.server.http();
    let get = http.get("/v1/s/numbers?from=2400&ids=2500&ids=2499&name=x&limit=50").send().await;
    let body = json!({"from": 2400, "ids": [2500, 2499], "name": "x"});
    let post = http.post("/v1/s/numbers?limit=50", &body).send().await;
    assert_eq!(get.rows().len(), 50);
    assert_eq!(get.rows(), post.rows());
    let next = |answer: &Answer| format!("/v1/s/numbers?limit=60&cursor={}", answer.cursor().expect("more rows"));
    let rest = http.post(&next(&post), &body).send().await;
    assert_eq!(rest.rows().len(), 49);
    // The same values are the same request, whatever the method.
    let crossed = http.post(&next(&get), &body).send().await;
    assert_eq!(crossed.rows(), rest.rows());
    assert_eq!(http.post("/v1/s/numbers", &json!({})).send().await.rows().len(), 100);
    assert_eq!(http.request(&reqwest::Method::POST, "/v1/s/numbers").send().await.rows().len(), 100, "without a body");
}

#[tokio::test]
async fn a_page_says_what_it_promises() {
    let surface = numbers().await;
    let http = surface.server.http();
    let cases = [
        ("/v1/s/numbers?from=2450", "complete", false),
        ("/v1/s/numbers?from=9999", "complete", false),
        ("/v1/s/numbers?limit=10", "keyset", true),
        ("/v1/s/keyless?limit=10", "stored", true),
        ("/v1/s/keyless?limit=2500", "complete", false),
    ];
    for (path, consistency, has_more) in cases {
        let page = http.get(path).send().await.json();
        assert_eq!(page["meta"]["consistency"], consistency, "{path}");
        assert_eq!(page["pagination"]["has_more"], has_more, "{path}");
        assert_eq!(page["pagination"]["cursor"].is_string(), has_more, "{path}");
    }
    let first = http.get("/v1/s/numbers?limit=2000").send().await;
    assert_eq!(first.json()["detail"], "`limit` is 2000; `s.numbers` allows 1 to 1000");
    let first = http.get("/v1/s/numbers?from=2000&limit=500").send().await;
    let last = http.get(&format!("/v1/s/numbers?from=2000&cursor={}", first.cursor().expect("one more"))).send().await;
    let expected = json!({"cursor": null, "has_more": false, "limit": 100});
    assert_eq!((&last.json()["pagination"], last.rows().len()), (&expected, 1));
    assert_eq!(last.json()["meta"]["consistency"], "keyset");
}

#[tokio::test]
async fn a_page_holds_8_mebibytes_or_one_row() {
    const CAP: usize = 8 * 1024 * 1024;
    let surface = serve(
        "CREATE TABLE wide (n int PRIMARY KEY, body text);
         INSERT INTO wide SELECT n, repeat('x', 1048576) FROM generate_series(1, 20) n;
         INSERT INTO wide VALUES (21, repeat('y', 9 * 1048576)), (22, 'z')",
        &[("wide", "page: {key: [n]}\naccess: public", "SELECT n, body FROM pg.wide")],
    )
    .await;
    let sizes: Vec<usize> =
        (1..=22).map(|n| [1_048_576, 9 * 1_048_576, 1][usize::from(n > 20) + usize::from(n > 21)]).collect();
    for format in ["json", "csv", "ndjson"] {
        let pages = by_links(&surface, &format!("/v1/s/wide?limit=1000&format={format}")).await;
        let mut found: Vec<(i64, usize)> = Vec::new();
        for page in &pages {
            let rows: Vec<(i64, usize)> = match format {
                "csv" => page
                    .text()
                    .lines()
                    .skip(1)
                    .filter_map(|line| line.split_once(','))
                    .map(|(n, body)| (n.parse().expect("n"), body.len()))
                    .collect(),
                "json" => page.rows().iter().map(numbered).collect(),
                _ => page.ndjson().iter().map(numbered).collect(),
            };
            // The rows are counted, not the envelope around them.
            assert!(
                page.bytes.len() <= CAP + 1024 || rows.len() == 1,
                "{} bytes in {} rows",
                page.bytes.len(),
                rows.len()
            );
            found.extend(rows);
        }
        assert_eq!(found, (1_i64..).zip(sizes.iter().copied()).collect::<Vec<_>>(), "{format}");
        assert_eq!(pages.len(), 5, "{format}: 7 + 7 + 6 + 1 + 1 rows");
    }
}

fn numbered(row: &Value) -> (i64, usize) {
    (row["n"].as_i64().expect("a number"), row["body"].as_str().expect("a text").len())
}
