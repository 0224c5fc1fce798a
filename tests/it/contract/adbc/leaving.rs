//! Statements of drivers end when nobody reads on, and are never cut off in silence. Postgres says what runs in it.

use std::time::{Duration, Instant};

use aqueduct::model::Code;
use futures::{StreamExt, TryStreamExt};

use super::open;
use crate::{
    contract::engine::{Engine, fault},
    harness::{fakesnow::driver, postgres, process},
};

const VIEWS: &str = "
    CREATE VIEW asleep AS SELECT 1::bigint AS n, pg_sleep(60)::text AS slept;
    CREATE VIEW endless AS SELECT n, repeat('x', 1000) AS filler
    FROM (SELECT generate_series(1::bigint, 1000000000) AS n) AS s;
    CREATE TABLE ready AS SELECT 1::bigint AS n;";

fn catalog(url: &str) -> String {
    let driver = driver("postgresql");
    let options = format!("options: {{uri: \"{url}\"}}\nschemas: [public]\npool: {{max_connections: 1}}");
    format!("kind: adbc\ndriver: \"{}\"\n{options}\n", driver.display())
}

#[tokio::test]
async fn who_leaves_takes_the_statement_along() {
    let database = postgres::database().await;
    database.execute(VIEWS).await;
    let directory = process::directory("adbc-");
    let source = open(directory.path(), &catalog(&database.url), true);
    let engine = Engine::naming(&source, &["asleep", "endless", "ready"]).await;
    for view in ["asleep", "endless", "asleep", "endless"] {
        let mut stream = engine.stream(&format!("SELECT * FROM {view}")).await;
        let first = tokio::time::timeout(Duration::from_secs(1), stream.next()).await;
        assert_eq!(first.is_ok(), view == "endless");
        assert_eq!(database.running().await, 1, "{view}");
        let left = Instant::now();
        drop(stream);
        while database.running().await > 0 {
            assert!(left.elapsed() < Duration::from_secs(1), "{view} runs on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(engine.rows("SELECT n FROM ready").await, Ok(vec!["1".to_owned()]));
        assert!(database.connections().await <= 1, "{view} left a connection");
    }
}

#[tokio::test]
async fn a_server_that_dies_in_mid_stream_is_an_error() {
    let database = postgres::database().await;
    database.execute(VIEWS).await;
    let directory = process::directory("adbc-");
    let source = open(directory.path(), &catalog(&database.url), true);
    let engine = Engine::naming(&source, &["endless", "ready"]).await;
    let mut stream = engine.stream("SELECT * FROM endless").await;
    assert!(stream.next().await.is_some_and(|batch| batch.is_ok()));
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%endless%'";
    database.execute(kill).await;
    let ended = stream.try_fold(0, |rows, batch| async move { Ok(rows + batch.num_rows()) }).await;
    let fault = fault(&ended.expect_err("rows are missing"));
    assert!(matches!(fault.code, Code::SourceDown | Code::SourceFailed), "{fault:?}");
    assert_eq!(engine.rows("SELECT n FROM ready").await, Ok(vec!["1".to_owned()]));
}
