//! Results behind presigned links (<https://docs.databricks.com/api/statement-execution/v1/get-result-data.md>).

use aqueduct::model::Code;
use serde_json::json;

use super::{super::opened::Opened, numbers};

const ALL: &str = "SELECT count(*) AS v FROM (SELECT n, t FROM s.numbers) AS q WHERE upper(t) = 'A'";

#[tokio::test]
async fn many_chunks_come_in_order() {
    let workspace = numbers().await;
    workspace.behave(json!({"chunk_rows": 2048, "slow_storage": 0.02})).await;
    let engine = Opened::of(&workspace.project()).await;
    let rows = engine.rows("SELECT n, t FROM s.numbers").await.expect("rows");
    let numbers: Vec<_> = rows.iter().map(|row| row.split('|').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(numbers, (1..=20000).map(|n| n.to_string()).collect::<Vec<_>>());
    let requests = workspace.requests().await;
    assert!(requests.iter().filter(|request| *request == "storage").count() >= 10, "{requests:?}");
}

#[tokio::test]
async fn a_result_of_no_rows_has_no_links() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    assert_eq!(engine.rows("SELECT n FROM s.numbers WHERE n < 0").await, Ok(vec![]));
    assert!(!workspace.requests().await.contains(&"storage".to_owned()));
}

#[tokio::test]
async fn links_that_expired_are_asked_for_again() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    for how in [
        // By their own word, and by the storage's.
        json!({"chunk_rows": 2048, "expired_links": 3}),
        json!({"chunk_rows": 2048, "dead_links": 3}),
        // Each is good for less than the margin: it is used when it is new.
        json!({"chunk_rows": 2048, "lifetime": 1}),
    ] {
        workspace.behave(how.clone()).await;
        assert_eq!(engine.rows(ALL).await, Ok(vec!["20000".to_owned()]), "{how}");
    }
}

#[tokio::test]
async fn clocks_may_differ() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    for skew in [-86_400, 86_400] {
        workspace.behave(json!({"chunk_rows": 2048, "skew": skew})).await;
        let before = workspace.requests().await.len();
        assert_eq!(engine.rows(ALL).await, Ok(vec!["20000".to_owned()]), "{skew}");
        // Each chunk's link is asked for once, the first comes by itself.
        let requests = workspace.requests().await.split_off(before);
        let chunks = requests.iter().filter(|request| *request == "chunk").count();
        let read = requests.iter().filter(|request| *request == "storage").count();
        assert_eq!(chunks + 1, read, "{requests:?}");
    }
}

#[tokio::test]
async fn what_is_cut_off_is_read_again_or_a_fault_and_never_short() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    workspace.behave(json!({"chunk_rows": 2048, "cut": 2, "throttle_storage": 1})).await;
    assert_eq!(engine.rows(ALL).await, Ok(vec!["20000".to_owned()]));
    // For ever; and in two ways in which nothing on the wire tells.
    for how in [json!({"cut": 100}), json!({"short": true}), json!({"headless": true}), json!({"no_link": 100})] {
        workspace.behave(how.clone()).await;
        let fault = engine.rows(ALL).await.expect_err("rows are missing");
        assert!(matches!(fault.code, Code::SourceFailed | Code::SourceDown), "{how}: {fault:?}");
        let said = format!("{fault:?}");
        assert!(!said.contains("Signature") && !said.contains("/storage/"), "{said}");
    }
    workspace.behave(json!({})).await;
    assert_eq!(engine.rows(ALL).await, Ok(vec!["20000".to_owned()]));
}

#[tokio::test]
async fn a_truncated_result_is_a_fault() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    assert_eq!(engine.rows(ALL).await, Ok(vec!["20000".to_owned()]));
    workspace.behave(json!({"truncated": true})).await;
    let fault = engine.rows(ALL).await.expect_err("it is not whole");
    assert_eq!(fault.code, Code::SourceFailed, "{fault:?}");
    assert!(fault.internal.as_deref().is_some_and(|cause| cause.contains("truncated")), "{fault:?}");
}
