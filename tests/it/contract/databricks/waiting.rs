//! Warehouses that start, statements that take long, fail or are cancelled, and a workspace with too much to do
//! (<https://docs.databricks.com/api/statement-execution/v1/get-statement-result.md>).

use std::time::{Duration, Instant};

use aqueduct::model::Code;
use serde_json::json;

use super::{super::opened::Opened, numbers};

const MOST: &str = "SELECT max(n) AS v FROM s.numbers";

#[tokio::test]
async fn a_warehouse_that_starts_is_waited_for() {
    let workspace = numbers().await;
    workspace.behave(json!({"starting": 2.5, "waits": 0.3})).await;
    let began = Instant::now();
    let engine = Opened::of(&workspace.project()).await;
    assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
    assert!(began.elapsed() > Duration::from_secs(2), "it did not start");
    assert!(workspace.requests().await.iter().filter(|request| *request == "poll").count() >= 2);
}

#[tokio::test]
async fn a_statement_that_takes_long_is_asked_about() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
    workspace.behave(json!({"slow": 1.5, "waits": 0.1})).await;
    let before = workspace.requests().await.len();
    assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
    let polls = workspace.requests().await.split_off(before).iter().filter(|request| *request == "poll").count();
    assert!((2..=12).contains(&polls), "{polls}");
}

#[tokio::test]
async fn a_workspace_with_too_much_to_do_is_asked_again_when_it_says() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
    for how in [
        json!({"throttle": 1}),
        json!({"unavailable": 1}),
        json!({"throttle_poll": 1, "slow": 0.4, "waits": 0.1}),
        json!({"chunk_rows": 2048, "throttle_chunk": 1}),
    ] {
        workspace.behave(how.clone()).await;
        let began = Instant::now();
        assert_eq!(
            engine.rows("SELECT count(*) AS v FROM (SELECT n, upper(t) AS u FROM s.numbers) AS q WHERE u = 'A'").await,
            Ok(vec!["20000".to_owned()]),
            "{how}"
        );
        assert!(began.elapsed() >= Duration::from_secs(1), "{how}: `Retry-After` was not waited for");
    }
    // Nobody waits for an hour.
    workspace.behave(json!({"throttle": 100, "after": 3600})).await;
    let began = Instant::now();
    let fault = engine.rows(MOST).await.expect_err("it has too much to do");
    assert_eq!(fault.code, Code::SourceDown, "{fault:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_statement_that_fails_says_so() {
    let workspace = numbers().await;
    workspace.execute("DUCKDB CREATE VIEW broken AS SELECT error('out of luck')::INTEGER AS n FROM range(1);\n").await;
    let engine = Opened::of(&workspace.project()).await;
    let fault = engine.rows("SELECT n FROM s.broken").await.expect_err("it fails");
    assert_eq!(fault.code, Code::SourceFailed, "{fault:?}");
    assert!(!fault.detail.contains("luck"), "{fault:?}");
    assert!(fault.internal.as_deref().is_some_and(|cause| cause.contains("out of luck")), "{fault:?}");
    assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
}

#[tokio::test]
async fn a_statement_that_another_ends_is_a_fault() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
    workspace.behave(json!({"slow": 30, "waits": 0.1})).await;
    let (rows, ()) = tokio::join!(engine.rows(MOST), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        workspace.cancel().await;
    });
    let fault = rows.expect_err("it was cancelled");
    assert_eq!(fault.code, Code::SourceFailed, "{fault:?}");
    workspace.behave(json!({"ends": "CLOSED"})).await;
    let fault = engine.rows(MOST).await.expect_err("its result is gone");
    assert_eq!(fault.code, Code::SourceFailed, "{fault:?}");
}
