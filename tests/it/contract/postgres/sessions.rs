//! Connections: few are enough, none is left behind, all only read.

use std::{sync::Arc, time::Duration};

use aqueduct::model::{Code, TableNames};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::{StreamExt, future::join_all};

use super::{Engine, NUMBERS, open, run, running, scans, try_open, wait_until_idle, with};
use crate::contract::check_one_connection;

#[tokio::test]
async fn one_connection_is_enough() {
    let url = with(NUMBERS).await;
    for pushdown in [true, false] {
        let source = try_open(&url, &[], 1, vec![], pushdown).expect("a good URL");
        check_one_connection(&Engine::over(&source).await).await;
    }
    // Many at once.
    let engine = Engine::over(&try_open(&url, &[], 1, vec![], true).expect("a good URL")).await;
    let join = "SELECT count(*) FROM numbers a JOIN numbers b ON a.n = b.n";
    let answers = tokio::time::timeout(Duration::from_mins(1), join_all((0..8).map(|_| engine.rows(join)))).await;
    assert_eq!(answers, Ok(vec![Ok(vec!["20000".to_owned()]); 8]));
}

#[tokio::test]
async fn a_stream_that_nobody_reads_lets_its_connection_go() {
    let view = "CREATE VIEW big AS SELECT n, repeat('x', 100) AS t FROM generate_series(1, 200000) n";
    let url = with(&format!("{NUMBERS} {view}")).await;
    let engine = Engine::over(&try_open(&url, &[], 1, vec![], true).expect("a good URL")).await;
    for sql in ["SELECT n, t, ARRAY[n] FROM big", "SELECT 1 FROM big"] {
        let plan = engine.plan(sql).await;
        let mut unread = execute_stream(Arc::clone(&plan), engine.session.task_ctx()).expect("a stream begins");
        let mut rows = unread.next().await.expect("a batch").expect("rows").num_rows();
        let others = tokio::time::timeout(Duration::from_secs(20), engine.rows("SELECT count(*) FROM numbers")).await;
        assert_eq!(others, Ok(Ok(vec!["20000".to_owned()])));
        while let Some(batch) = unread.next().await {
            rows += batch.expect("the rest, from disk").num_rows();
        }
        assert_eq!(rows, 200_000, "{sql}");
        scans(&plan, &mut |scan| {
            let metrics = scan.metrics().expect("a scan is measured");
            assert_eq!(metrics.output_rows(), Some(200_000));
            assert_eq!(metrics.spill_count(), Some(1));
            assert!(metrics.sum_by_name("elapsed_remote").is_some_and(|elapsed| elapsed.as_usize() > 0));
        });
    }
}

#[tokio::test]
async fn a_consumer_that_goes_away_ends_the_statement() {
    let url = with(&format!(
        "{NUMBERS} CREATE VIEW stuck AS SELECT pg_sleep(60)::text AS s; CREATE VIEW slow AS SELECT n, repeat('x', 10000) AS s, pg_sleep(0.1)::text AS z FROM numbers;
         CREATE VIEW many AS SELECT a.n, repeat('x', 1000) AS s FROM numbers a, numbers b;"
    ))
    .await;
    let engine = Engine::over(&try_open(&url, &[], 1, vec![], true).expect("a good URL")).await;
    for view in ["stuck", "slow", "many"] {
        let mut stream = engine.stream(&format!("SELECT * FROM {view}")).await;
        let first = tokio::time::timeout(Duration::from_secs(1), stream.next()).await;
        assert_eq!(first.is_ok(), view != "stuck", "{view}");
        assert_eq!(running(&url).await, 1, "{view}");
        drop(stream);
        wait_until_idle(&url).await;
    }
    assert_eq!(engine.rows("SELECT count(*) FROM numbers").await, Ok(vec!["20000".to_owned()]));
}

#[tokio::test]
async fn a_slow_source_delivers_each_row_when_it_has_it() {
    let url = with("CREATE VIEW slow AS SELECT n, pg_sleep(0.2)::text AS s FROM generate_series(1, 5) n").await;
    let engine = Engine::over(&open(&url, vec![], true)).await;
    // The server itself holds 8 KiB back: rows that are larger leave at once.
    run(
        &url,
        "CREATE VIEW loud AS SELECT n, repeat('x', 10000) AS s, pg_sleep(0.2)::text AS z FROM generate_series(1, 5) n",
    )
    .await;
    let loud = Engine::over(&open(&url, vec![], true)).await;
    let mut stream = loud.stream("SELECT * FROM loud").await;
    let mut sizes = Vec::new();
    while let Some(batch) = stream.next().await {
        sizes.push(batch.expect("rows").num_rows());
    }
    assert!(sizes.len() >= 4, "{sizes:?}");
    assert_eq!(engine.rows("SELECT count(*) FROM slow").await, Ok(vec!["5".to_owned()]));
}

#[tokio::test]
async fn connections_that_died_are_replaced() {
    let url = with(NUMBERS).await;
    let engine = Engine::over(&open(&url, vec![], true)).await;
    let count = "SELECT count(*) FROM numbers";
    assert!(engine.rows(count).await.is_ok());
    run(&url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'aqueduct%' AND datname = current_database()").await;
    assert_eq!(engine.rows(count).await, Ok(vec!["20000".to_owned()]));
    // A table that changes under a prepared statement is read anew, or refused, never misread.
    assert!(engine.rows("SELECT n FROM numbers WHERE n = 1").await.is_ok());
    run(&url, "ALTER TABLE numbers ALTER n TYPE int4").await;
    let fault = engine.rows("SELECT n FROM numbers WHERE n = 1").await.expect_err("another type");
    assert_eq!(fault.code, Code::SourceFailed);
    assert!(fault.detail.contains("no longer"), "{}", fault.detail);
    run(&url, "ALTER TABLE numbers ALTER n TYPE int8").await;
    assert_eq!(engine.rows("SELECT n FROM numbers WHERE n = 1").await, Ok(vec!["1".to_owned()]));
}

#[tokio::test]
async fn sessions_only_read() {
    let url = with(
        "CREATE TABLE log (i int4); CREATE FUNCTION note() RETURNS int4 LANGUAGE sql VOLATILE AS 'INSERT INTO log VALUES (1) RETURNING i';
         CREATE VIEW writes AS SELECT note() AS i; CREATE VIEW zone AS SELECT current_setting('TimeZone') AS z, now()::timestamptz::text LIKE '%+00' AS utc;
         CREATE VIEW broken AS SELECT 1 / (SELECT count(*) FROM log) AS i",
    )
    .await;
    let engine = Engine::over(&open(&url, vec![], true)).await;
    let fault = engine.rows("SELECT * FROM writes").await.expect_err("it writes");
    assert_eq!(fault.code, Code::SourceFailed);
    assert!(!fault.detail.contains("read-only") && fault.internal.is_some_and(|raw| raw.contains("25006")));
    assert_eq!(engine.rows("SELECT * FROM zone").await, Ok(vec!["UTC|true".to_owned()]));
    let fault = engine.rows("SELECT * FROM broken").await.expect_err("it divides by zero");
    assert_eq!((fault.code, fault.detail.as_str()), (Code::EvaluationFailed, "division by zero"));
}

#[tokio::test]
async fn a_server_that_is_down_says_so_at_once() {
    let secret = "hunter2";
    let source = open(&format!("postgres://user:{secret}@127.0.0.1:1/db"), vec![], true);
    let fault = tokio::time::timeout(Duration::from_secs(6), source.tables(&TableNames::default()))
        .await
        .expect("soon")
        .expect_err("nobody listens");
    assert_eq!((fault.code, fault.detail.as_str()), (Code::SourceDown, "source `crm` cannot be reached"));
    assert!(!format!("{source:?}{fault:?}").contains(secret));
    let problem = try_open(&format!("postgres//user:{secret}@host"), &[], 1, vec![], true).expect_err("no URL");
    assert!(!format!("{problem:?}").contains(secret));
    assert_eq!(problem.message, "`url` is not a Postgres connection URL");
    let problem = try_open(&format!("postgres://user:{secret}@host/db?sslmod=require"), &[], 1, vec![], true)
        .expect_err("a typo");
    assert_eq!(problem.message, "parameter 1 of `url` is unknown");
    assert_eq!(problem.hint.as_deref(), Some("did you mean `sslmode`?"));
    // The password is `12/?hunter2`: what follows its question mark is no parameter, but must not be shown.
    let problem = try_open(&format!("postgres://user:12/?{secret}@host/db"), &[], 1, vec![], true).expect_err("a `?`");
    assert!(!format!("{problem:?}").contains(secret), "{problem:?}");
}
