//! Every format and option with the programs that people read them with: curl, pandas, polars, DuckDB, pyarrow, Node's
//! `fetch` and that of a browser.

mod browser;

use std::process::Command;

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::harness::{
    http::Answer,
    project::Project,
    server::Server,
    tools::{httpfs_script, output, python_script, python_tool},
};

const ROWS: &str = "/*---
name: read.rows
version: 1
description: A value of each kind that readers get wrong.
access: public
---*/
SELECT
  id, 9007199254740992 + id AS large,
  CASE id WHEN 1 THEN '' WHEN 2 THEN NULL WHEN 3 THEN E'say \"hi\",\\nNA' ELSE 'NA' END AS word,
  CAST(id AS decimal(12,2)) AS amount,
  CASE WHEN id <> 2 THEN TIMESTAMP '2026-01-31T10:00:00.25' END AS at,
  make_array(id, 9007199254740993) AS list, named_struct('n', id, 's', 'x') AS fields
FROM lake.ids
";

/// The demo project's published key.
const KEY: &str = "aq_demo_public_not_a_secret";

const SETTINGS: &str = r#"
auth:
  anonymous: true
  keys: [{id: demo, hash: "sha256:60e6bf806b71f8b230191e0f1d773e52fc9e09195a6d1e08c8590c2d3dfb93e3", scopes: ["people:read"]}]
"#;

async fn serve() -> (Project, Server, String) {
    let project = Project::new()
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\n")
        .file("lake/ids.csv", "id\n1\n2\n3\n4\n")
        .file("queries/read/rows.sql", ROWS);
    let server = Server::start(project.path(), &[]).await;
    let url = format!("http://{}/v1/read/rows", server.http);
    (project, server, url)
}

/// Without blocking the runtime, which the server's readers share.
async fn run(mut command: Command) -> String {
    tokio::task::spawn_blocking(move || output(&mut command)).await.expect("the program ends well")
}

#[tokio::test]
async fn python_reads_the_same_rows_from_every_format() {
    let (_project, _server, url) = serve().await;
    let mut script = python_script("http_clients.py");
    script.arg(&url);
    let read = run(script).await;
    assert_eq!(read.lines().count(), 22, "{read}");
}

/// Over HTTP: with `force_download` in one request, else after it has found out that there are no ranges.
#[tokio::test]
async fn duckdb_reads_the_same_rows_from_urls() {
    let (_project, _server, url) = serve().await;
    let mut script = httpfs_script("duckdb_http.py");
    script.args([&url, KEY]);
    let read = run(script).await;
    assert_eq!(read.lines().count(), 16, "{read}");
}

/// What readers look at before they read: the head alone, and whether parts can be had.
#[tokio::test]
async fn a_head_is_that_of_its_get_and_ranges_are_not_served() {
    let (_project, server, _) = serve().await;
    let told = |answer: &Answer| {
        // What is not announced of a body that does not follow, and what is of one request.
        let of_one_request = ["transfer-encoding", "date", "x-request-id", "server-timing"];
        let lasting = answer.headers.iter().filter(|(name, _)| !of_one_request.contains(&name.as_str()));
        lasting.map(|(name, value)| (name.clone(), value.clone())).collect::<HeaderMap>()
    };
    for format in ["json", "ndjson", "csv", "arrow", "arrow-file", "parquet"] {
        for page in ["", "&limit=4"] {
            let path = format!("/v1/read/rows?format={format}{page}");
            let whole = server.http().get(&path).send().await;
            assert_eq!(whole.status, 200, "{path}");
            let is_page = format == "json" || !page.is_empty();
            assert_eq!(whole.headers.contains_key("content-length"), is_page, "{path}");
            let head = server.http().request(&Method::HEAD, &path).send().await;
            assert_eq!((told(&head), head.bytes.len()), (told(&whole), 0), "{path}");
            let part = server.http().get(&path).header("range", "bytes=0-7").send().await;
            assert_eq!((part.status, part.bytes.len()), (whole.status, whole.bytes.len()), "{path}");
        }
    }
}

#[tokio::test]
async fn curl_gets_every_format_and_option() {
    let (_project, _server, url) = serve().await;
    let get = async |query: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--output", "-", &format!("{url}?{query}")]);
        curl.stdin(std::process::Stdio::null());
        tokio::task::spawn_blocking(move || curl.output().expect("curl starts")).await.expect("it ends well")
    };
    for format in ["json", "ndjson", "csv", "arrow", "arrow-file", "parquet"] {
        let got = get(&format!("format={format}")).await;
        assert!(got.status.success() && !got.stdout.is_empty(), "{format}");
        assert_eq!(got.stdout.starts_with(b"ARROW1") && got.stdout.ends_with(b"ARROW1"), format == "arrow-file");
    }
    let text = async |query: &str| String::from_utf8(get(query).await.stdout).expect("UTF-8");
    let first = r#"{"id":1,"large":9007199254740993,"word":"","amount":"1.00","at":"2026-01-31T10:00:00.250","list":[1,9007199254740993],"fields":{"n":1,"s":"x"}}"#;
    assert_eq!(text("format=ndjson").await.lines().next(), Some(first));
    let strings =
        first.replace("9007199254740993", "\"9007199254740993\"").replace(":1,", ":\"1\",").replace("[1,", "[\"1\",");
    assert_eq!(text("format=ndjson&int64=string").await.lines().next(), Some(strings.as_str()));
    assert_eq!(text("envelope=false&limit=1").await, format!("[{first}]"));
    assert_eq!(text("envelope=false&limit=1&int64=string").await, format!("[{strings}]"));
    assert_eq!(text("format=csv&null=NA").await.matches("\"NA\"").count(), 1, "the text is not the NULL");
    for (query, hint) in [
        ("format=csv&int64=string", "`json` and `ndjson`"),
        ("int64=text", "int64=string"),
        ("null=NA", "`csv`"),
        ("format=csv&null=a,b", "without comma"),
        ("format=ndjson&envelope=false", "`json`"),
        ("envelope=no", "envelope=false"),
        ("int64=string&int64=string", ""),
    ] {
        assert_eq!(get(query).await.status.code(), Some(22), "{query}");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--write-out", "%{http_code}", &format!("{url}?{query}")]);
        let refused = run(curl).await;
        assert!(refused.ends_with("400") && refused.contains(hint), "{query}: {refused}");
    }
}

/// JavaScript's numbers end at 2^53: `int64=string` keeps every digit. The page's headers say what the envelope would.
#[tokio::test]
async fn fetch_reads_plain_arrays_and_exact_integers() {
    let (_project, _server, url) = serve().await;
    let mut node = Command::new(python_tool("node"));
    node.args(["--input-type=module", "--eval"]);
    node.arg(
        "const [answer, lines] = await Promise.all(['limit=3&int64=string&envelope=false', 'format=ndjson&int64=string']
           .map((query) => fetch(process.argv[1] + '?' + query)));
         const rows = await answer.json();
         const all = (await lines.text()).trimEnd().split('\\n').map((line) => JSON.parse(line));
         console.log(JSON.stringify({ rows, more: answer.headers.get('aqueduct-has-more'),
           sum: String(all.reduce((sum, row) => sum + BigInt(row.large), 0n)) }));",
    );
    node.arg(&url);
    let got: Value = serde_json::from_str(&run(node).await).expect("it prints JSON");
    assert_eq!(got["more"], "true");
    assert_eq!(got["sum"], (4 * 9_007_199_254_740_992_i64 + 10).to_string());
    let words: Vec<&Value> = got["rows"].as_array().expect("an array").iter().map(|row| &row["word"]).collect();
    assert_eq!(words, [&json!(""), &Value::Null, &json!("say \"hi\",\nNA")]);
    assert_eq!(got["rows"][0]["list"], json!(["1", "9007199254740993"]));
}
