//! The main job with clients that are not ours: a query over Postgres and Parquet on S3, as JSON pages with curl and as
//! Arrow with pyarrow.flight, with the same rows.

use std::process::Command;

use serde_json::Value;

use crate::{
    cases,
    harness::{
        rows,
        server::Server,
        tools::{output, python_script},
    },
};

#[tokio::test]
async fn curl_and_pyarrow_get_the_same_rows() {
    let group = cases::set_up("roads").await;
    let server = Server::start(group.project.path(), &[]).await;

    let mut pages = Vec::new();
    let mut cursor = None;
    loop {
        let url = format!("http://{}/v1/roads/traffic", server.http);
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail-with-body", "--compressed", "--get", &url]);
        curl.args(["--data-urlencode", "since=2026-03-01", "--data-urlencode", "limit=1"]);
        if let Some(cursor) = &cursor {
            curl.arg("--data-urlencode").arg(format!("cursor={cursor}"));
        }
        let page: Value = serde_json::from_str(&output(&mut curl)).expect("a page is JSON");
        pages.push(page["data"].as_array().expect("a page has data").clone());
        match page["pagination"]["cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 1]);

    let parameters = serde_json::json!({"since": "2026-03-01"});
    let command = serde_json::json!({"query": "roads.traffic", "version": 1, "params": parameters});
    let by_command = pyarrow(&server, "command", &command.to_string());
    let by_path = pyarrow(&server, "path", "v1/roads/traffic");

    let arrow = server.flight().await.command("roads.traffic", 1, &parameters).await.expect("Flight answers");
    for printed in [&pages.concat(), &by_command, &by_path] {
        rows::assert_same(printed, &arrow);
    }
}

/// The rows that pyarrow prints.
fn pyarrow(server: &Server, kind: &str, text: &str) -> Vec<Value> {
    let printed = output(python_script("flight_client.py").args([&server.flight.to_string(), kind, text]));
    printed.lines().map(|line| serde_json::from_str(line).expect("it prints JSON")).collect()
}
