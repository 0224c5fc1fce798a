//! What is so of the Data API.

use std::time::{Duration, Instant};

use aqueduct::model::Code;
use serde_json::{Value, json};

use super::numbers;
use crate::{
    contract::opened::Opened,
    harness::{
        redshift::{self, Redshift, SECRET_KEY},
        server::{Server, aqueduct},
    },
};

fn of<'a>(calls: &'a [Value], operation: &str) -> Vec<&'a Value> {
    calls.iter().filter(|call| call["operation"] == operation).collect()
}

const COUNT: &str = "SELECT count(*) AS n FROM s.numbers WHERE n > 5";

#[tokio::test]
async fn a_session_is_used_again_and_a_result_comes_in_pages() {
    let redshift = numbers().await;
    redshift.treat(json!({"page": 700})).await;
    let engine = Opened::of(&redshift.data_project()).await;
    let before = redshift.calls().await.len();
    assert_eq!(engine.rows("SELECT n FROM s.numbers WHERE t = 'a'").await.map(|rows| rows.len()), Ok(20_000));
    let calls = redshift.calls().await.split_off(before);
    let is_of_rows = |call: &&Value| call["sql"].as_str().is_some_and(|sql| sql.contains("\"numbers\""));
    let pages = calls.iter().filter(is_of_rows).filter(|call| call["operation"] == "GetStatementResult").count();
    assert_eq!(pages, 29, "20000 rows in pages of 700");
    let executed = of(&calls, "ExecuteStatement");
    let last = &executed.last().expect("it ran")["body"];
    assert_eq!(last["Parameters"], json!([{"name": "p1", "value": "a"}]), "{last}");
    assert!(last["SessionId"].is_string() && last["Database"].is_null() && last["ClientToken"].is_string(), "{last}");
    assert!(last["StatementName"].as_str().is_some_and(|name| name.starts_with("aqueduct ")), "{last}");
    let sessions = redshift.calls().await;
    let began = of(&sessions, "ExecuteStatement").iter().filter(|call| call["body"]["Database"].is_string()).count();
    assert_eq!(began, 1, "one session served all");
}

#[tokio::test]
async fn calls_that_come_too_fast_are_repeated_as_late_as_they_may() {
    let redshift = numbers().await;
    let engine = Opened::of(&redshift.data_project()).await;
    redshift.treat(json!({"throttle": 2})).await;
    let began = Instant::now();
    assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
    assert!(began.elapsed() > Duration::from_secs(2), "Retry-After says a second, twice");
    redshift.treat(json!({"busy": 2})).await;
    assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
    let calls = redshift.calls().await;
    assert_eq!(calls.iter().filter(|call| call["code"] == "ThrottlingException").count(), 2);
    assert_eq!(calls.iter().filter(|call| call["code"] == "ActiveStatementsExceededException").count(), 2);
}

#[tokio::test]
async fn a_statement_that_fails_or_is_stopped_is_told_and_the_next_runs() {
    let redshift = numbers().await;
    redshift.execute("CREATE VIEW fails AS SELECT n, 1 / (n - 300) AS z FROM numbers").await;
    let engine = Opened::of(&redshift.data_project()).await;
    let fault = engine.rows("SELECT n, z FROM s.fails").await.expect_err("it fails");
    assert_eq!(fault.code, Code::EvaluationFailed, "{fault:?}");
    redshift.treat(json!({"abort": true})).await;
    let fault = engine.rows(COUNT).await.expect_err("somebody stops it");
    assert_eq!(fault.code, Code::SourceFailed, "{fault:?}");
    redshift.treat(json!({"abort": false})).await;
    assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
}

#[tokio::test]
async fn a_session_that_is_over_is_replaced() {
    let redshift = numbers().await;
    let engine = Opened::of(&redshift.data_project()).await;
    assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
    redshift.treat(json!({"expire": true})).await;
    assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
    let calls = redshift.calls().await;
    assert!(calls.iter().any(|call| call["code"] == "ValidationException"), "{calls:?}");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_put_right_once() {
    let redshift = numbers().await;
    redshift.treat(json!({"skew": 3600})).await;
    let engine = Opened::of(&redshift.data_project()).await;
    assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
    let calls = redshift.calls().await;
    assert_eq!(calls.iter().filter(|call| call["code"] == "InvalidSignatureException").count(), 1, "{calls:?}");
}

#[tokio::test]
async fn answers_that_are_none_are_faults() {
    let redshift = numbers().await;
    let engine = Opened::of(&redshift.data_project()).await;
    redshift.treat(json!({"page": 100})).await;
    for how in ["records", "field", "width", "token", "status", "json"] {
        redshift.treat(json!({"malformed": how})).await;
        let fault = engine.rows("SELECT n FROM s.numbers").await.expect_err(how);
        assert!(matches!(fault.code, Code::SourceFailed | Code::SourceDown), "{how}: {fault:?}");
        redshift.treat(json!({"malformed": ""})).await;
        assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]), "{how}");
    }
    // The connection closes behind the first page, and again.
    redshift.treat(json!({"lose": true})).await;
    let fault = engine.rows("SELECT n FROM s.numbers").await.expect_err("pages are missing");
    assert!(matches!(fault.code, Code::SourceFailed | Code::SourceDown), "{fault:?}");
    redshift.treat(json!({"lose": false})).await;
    assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
}

#[tokio::test]
async fn who_is_not_let_in_is_told_by_the_log_alone() {
    let redshift = numbers().await;
    let query = "/*---\nname: t.n\nversion: 1\naccess: public\npage: {key: [n]}\n---*/\nSELECT n FROM s.numbers";
    for (from, to, says) in [
        (SECRET_KEY, "hunter2hunter2", "InvalidSignatureException"),
        ("AKIDREDSHIFT", "AKIDNOBODY", "UnrecognizedClientException"),
    ] {
        let catalog = redshift.data_catalog().replace(from, to);
        let project = redshift.data_project().file("catalogs/s.yaml", &catalog).file("queries/t/n.sql", query);
        let checked = aqueduct(project.path()).arg("check").output().expect("it runs");
        let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
        assert!(!checked.status.success(), "{said}");
        assert!(said.contains("source `s` cannot be reached") && said.contains(says), "{said}");
        assert!(said.contains("look at the credentials"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let engine = Opened::of(&redshift.data_project()).await;
    assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
    redshift.treat(json!({"credentials": true})).await;
    assert!(engine.rows(COUNT).await.is_err(), "they are expired");
    redshift.treat(json!({"credentials": false})).await;
    assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
}

async fn until_nothing_runs(redshift: &Redshift) {
    let began = Instant::now();
    while redshift.database.running().await > 0 {
        assert!(began.elapsed() < Duration::from_secs(1), "it runs on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_statement_ends_with_its_reader() {
    let redshift = redshift::database().await;
    redshift.execute("CREATE VIEW slow AS SELECT 1 AS n, CAST(pg_sleep(60) AS varchar(9)) AS z").await;
    let query = |name: &str, limits: &str| {
        format!("/*---\nname: t.{name}\nversion: 1\naccess: public\n{limits}---*/\nSELECT n, z FROM s.slow")
    };
    let project = redshift.data_project().file("queries/t/slow.sql", &query("slow", ""));
    let project = project.file("queries/t/limited.sql", &query("limited", "limits: {timeout: 1500ms}\n"));
    let server = Server::start(project.path(), &[]).await;
    let request = server.http().get("/v1/t/slow?format=ndjson").send();
    assert!(tokio::time::timeout(Duration::from_secs(2), request).await.is_err(), "it takes a minute");
    until_nothing_runs(&redshift).await;
    assert_eq!(of(&redshift.calls().await, "CancelStatement").len(), 1);
    let limited = server.http().get("/v1/t/limited?limit=1000").send().await;
    assert_eq!((limited.status.as_u16(), limited.json()["code"].as_str()), (504, Some("AQ-401")), "{}", limited.text());
    until_nothing_runs(&redshift).await;
    assert_eq!(of(&redshift.calls().await, "CancelStatement").len(), 2);
}

#[tokio::test]
async fn tables_that_change_are_looked_for_again() {
    let redshift = redshift::database().await;
    redshift.execute("CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 2)").await;
    let query = "/*---\nname: t.t\nversion: 1\naccess: public\n---*/\nSELECT a, b FROM s.t";
    let catalog = redshift.data_catalog().replace("refresh: 1s", "refresh: 1h");
    let project = redshift.data_project().file("catalogs/s.yaml", &catalog).file("queries/t/t.sql", query);
    let server = Server::start(project.path(), &[]).await;
    let ask = || async { server.http().get("/v1/t/t?format=ndjson").send().await.status.as_u16() };
    assert_eq!(ask().await, 200);
    redshift.execute("ALTER TABLE t DROP COLUMN b").await;
    assert_eq!(ask().await, 502);
    let began = Instant::now();
    while ask().await != 503 {
        assert!(began.elapsed() < Duration::from_secs(10), "the tables were not looked for again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
