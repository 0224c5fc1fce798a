//! A page's own script in a headless Chromium: pages, streams, what the browser keeps, failures, and whose pages may read.

use std::{io::Write, process::Stdio};

use serde_json::{Value, json};

use super::{KEY, ROWS, SETTINGS};
use crate::harness::{
    process,
    project::Project,
    server::Server,
    tools::{python_tool, repository},
};

const KEPT: &str = "/*---
name: read.kept
version: 1
page: {key: [id]}
cache: {ttl: 1h}
access: public
---*/
SELECT id, name FROM lake.people
";

const STORED: &str = r#"/*---
name: read.stored
version: 1
page: {consistency: stored}
access: {scopes: ["people:read"]}
---*/
SELECT id, name FROM lake.people
"#;

async fn serve() -> (Project, Server) {
    let people: Vec<_> = (1..=9).map(|id| format!("{id},Person {id}")).collect();
    let project = Project::new()
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\n")
        .file("lake/ids.csv", "id\n1\n2\n3\n4\n")
        .file("lake/people.csv", &format!("id,name\n{}\n", people.join("\n")))
        .file("queries/read/rows.sql", ROWS)
        .file("queries/read/kept.sql", KEPT)
        .file("queries/read/stored.sql", STORED);
    let server = Server::start(project.path(), &[]).await;
    (project, server)
}

/// What `script`, the body of an async function, returns in the page at `url`.
async fn in_page(url: String, script: impl Into<String>) -> Value {
    let script = script.into();
    let run = move || {
        let profile = process::directory("chromium-");
        let mut node = std::process::Command::new(python_tool("node"));
        node.arg(repository().join("tests/npm/browser.mjs")).arg(profile.path()).arg(&url);
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = node.spawn().expect("node starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(script.as_bytes()).expect("node reads its standard input");
        drop(stdin);
        let output = child.wait_with_output().expect("node ends");
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{url}: {stdout}\n{stderr}"))
    };
    tokio::task::spawn_blocking(run).await.expect("the script ends well")
}

#[tokio::test]
async fn pages_streams_and_failures() {
    let (_project, server) = serve().await;
    let got = in_page(
        format!("http://{}/docs", server.http),
        r#"const rows = [];
           let query = "limit=3";
           for (let cursor; cursor !== null; query = `limit=3&cursor=${encodeURIComponent(cursor)}`) {
             const page = await (await fetch(`/v1/read/rows?int64=string&${query}`)).json();
             rows.push(...page.data);
             cursor = page.pagination.cursor;
           }
           const links = [];
           for (let next = "/v1/read/kept?limit=4&envelope=false"; next; ) {
             const answer = await fetch(next);
             links.push((await answer.json()).length);
             next = answer.headers.get("Link")?.match(/<([^>]*)>; rel="next"/)?.[1];
           }
           let text = "", parts = 0;
           const stream = await fetch("/v1/read/rows?int64=string", { headers: { Accept: "application/x-ndjson" } });
           for await (const part of stream.body.pipeThrough(new TextDecoderStream())) {
             text += part;
             parts += 1;
           }
           const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
           const wrong = await fetch("/v1/read/rows?limt=3");
           return { rows, links, lines, parts, status: wrong.status, type: wrong.headers.get("Content-Type"), problem: await wrong.json() };"#,
    )
    .await;
    let large: Vec<_> = got["rows"].as_array().expect("rows").iter().map(|row| row["large"].clone()).collect();
    assert_eq!(
        large,
        ["9007199254740993", "9007199254740994", "9007199254740995", "9007199254740996"].map(Value::from)
    );
    assert_eq!(got["links"], json!([4, 4, 1]));
    assert_eq!(got["lines"], got["rows"]);
    assert!(got["parts"].as_u64() > Some(0), "{got}");
    assert_eq!((&got["status"], &got["type"]), (&json!(400), &json!("application/problem+json")));
    assert_eq!(got["problem"]["code"], "AQ-101");
    assert_eq!(got["problem"]["errors"][0]["parameter"], "limt");
}

/// A fresh answer is not asked for again; whether an older one still holds is, and 304 is the answer.
#[tokio::test]
async fn the_browser_keeps_what_it_may() {
    let (_project, server) = serve().await;
    let got = in_page(
        format!("http://{}/docs", server.http),
        r#"const read = async (path, options) => {
             const answer = await fetch(path, options);
             return [answer.status, await answer.text()];
           };
           const kept = [await read("/v1/read/kept"), await read("/v1/read/kept"), await read("/v1/read/kept", { cache: "no-cache" })];
           const headers = { Authorization: "Bearer aq_demo_public_not_a_secret" };
           const [status, first] = await read("/v1/read/stored?limit=2", { headers });
           const next = `/v1/read/stored?limit=2&cursor=${JSON.parse(first).pagination.cursor}`;
           const stored = [await read(next, { headers }), await read(next, { headers })];
           const refused = await read(next, { headers: { Authorization: "Bearer wrong" } });
           return { kept, stored, refused: refused[0] };"#,
    )
    .await;
    for (answers, rows) in [(&got["kept"], 9), (&got["stored"], 2)] {
        let answers = answers.as_array().expect("answers");
        assert!(answers.iter().all(|answer| answer == &answers[0]), "{got}");
        let page: Value = serde_json::from_str(answers[0][1].as_str().expect("text")).expect("JSON");
        assert_eq!((&answers[0][0], page["data"].as_array().map(Vec::len)), (&json!(200), Some(rows)));
    }
    assert_eq!(got["refused"], 401, "what was kept for one key is for no other");
    assert!(server.logs(r#""status":401"#).await);
    let log = server.log();
    let statuses = |query: &str| -> Vec<Value> {
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"));
        lines.filter(|line| line["query"] == query).map(|line| line["status"].clone()).collect()
    };
    assert_eq!(statuses("read.kept"), [200, 304]);
    assert_eq!(statuses("read.stored"), [200, 200, 304]);
    assert!(!log.contains(KEY));
}

/// A page of another origin (here: of the listener for operators) is told nothing.
#[tokio::test]
async fn pages_of_other_origins_read_nothing() {
    let (_project, server) = serve().await;
    let script = r#"const refusal = (path, options) => fetch(API + path, options).then((answer) => answer.status, (error) => error.name);
           return [await refusal("/v1/read/kept"), await refusal("/v1/read/kept", { headers: { "X-API-Key": "any" } })];"#;
    let script = format!("const API = \"http://{}\"; {script}", server.http);
    let got = in_page(format!("http://{}/livez", server.admin), script).await;
    assert_eq!(got, json!(["TypeError", "TypeError"]));
}
