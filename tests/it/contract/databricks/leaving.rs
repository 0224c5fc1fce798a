//! Readers who leave: the statement is cancelled in the workspace
//! (<https://docs.databricks.com/api/statement-execution/v1/cancel-statement.md>).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::numbers;
use crate::harness::{databricks::Workspace, server::Server};

/// The last statement of the query `name`, when it has been cancelled.
async fn until_cancelled(workspace: &Workspace, name: &str) -> Duration {
    let began = Instant::now();
    loop {
        let statements = workspace.statements().await;
        let of_query = |entry: &&Value| entry["tags"][0]["value"] == name;
        if statements.iter().rev().find(of_query).is_some_and(|entry| entry["cancelled"] == true) {
            return began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_secs(8), "it runs on: {statements:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn serving(workspace: &Workspace) -> Server {
    let slow = "/*---\nname: t.slow\nversion: 1\naccess: public\n---*/\nSELECT n, upper(t) AS u FROM s.numbers";
    let limited =
        "/*---\nname: t.limited\nversion: 1\naccess: public\nlimits: {timeout: 900ms}\n---*/\nSELECT n FROM s.numbers";
    let project = workspace.project().file("queries/t/slow.sql", slow).file("queries/t/limited.sql", limited);
    // Its tables are looked for once.
    let catalog = workspace.catalog_file().replace("refresh: 1s", "refresh: 1h");
    Server::start(project.file("catalogs/s.yaml", &catalog).path(), &[]).await
}

#[tokio::test]
async fn a_statement_ends_with_its_reader_while_it_runs_and_while_its_rows_are_read() {
    let workspace = numbers().await;
    let server = serving(&workspace).await;
    // It has its id, and is asked about.
    workspace.behave(json!({"slow": 60, "waits": 0.1})).await;
    let request = server.http().get("/v1/t/slow?format=ndjson").stream();
    assert!(tokio::time::timeout(Duration::from_secs(1), request).await.is_err(), "it takes a minute");
    assert!(until_cancelled(&workspace, "t.slow v1").await < Duration::from_secs(2));
    // Its rows are on their way.
    workspace.behave(json!({"chunk_rows": 2048, "slow_storage": 1})).await;
    let mut answer = server.http().get("/v1/t/slow?format=ndjson").stream().await.expect("it begins");
    assert!(answer.chunk().await.expect("a chunk").is_some());
    drop(answer);
    assert!(until_cancelled(&workspace, "t.slow v1").await < Duration::from_secs(2));
    // The warehouse serves the next.
    workspace.behave(json!({})).await;
    assert_eq!(server.http().get("/v1/t/limited?format=ndjson").send().await.ndjson().len(), 20000);
}

#[tokio::test]
async fn a_statement_whose_time_is_over_is_cancelled_as_soon_as_it_has_an_id() {
    let workspace = numbers().await;
    let server = serving(&workspace).await;
    // The workspace answers the submission when the statement is done, or has run for some seconds.
    workspace.behave(json!({"slow": 60, "waits": 3})).await;
    let answer = server.http().get("/v1/t/limited?limit=1000").send().await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (504, Some("AQ-401")), "{}", answer.text());
    until_cancelled(&workspace, "t.limited v1").await;
}
