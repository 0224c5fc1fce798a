//! What is so of the wire.

use std::time::{Duration, Instant};

use aqueduct::model::Code;
use futures::TryStreamExt;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use super::numbers;
use crate::{
    contract::opened::Opened,
    harness::{
        project::Project,
        proxy::{Break, Proxy},
        redshift::{self, PASSWORD, Redshift},
        server::{Server, aqueduct},
    },
};

/// A table that makes a row in a millisecond or so, and a project that streams it.
async fn slow() -> (Redshift, Project) {
    let redshift = redshift::database().await;
    redshift
        .execute("CREATE VIEW slow AS SELECT i AS n, CAST(pg_sleep(0.001) AS varchar(9)) AS z FROM generate_series(1, 1000000) i")
        .await;
    let query = |name: &str, limits: &str| {
        format!("/*---\nname: t.{name}\nversion: 1\naccess: public\n{limits}---*/\nSELECT n, z FROM s.slow")
    };
    let project = redshift.project().file("queries/t/slow.sql", &query("slow", ""));
    let project = project.file("queries/t/limited.sql", &query("limited", "limits: {timeout: 700ms}\n"));
    (redshift, project)
}

async fn until_nothing_runs(redshift: &Redshift) {
    let began = Instant::now();
    while redshift.database.running().await > 0 {
        assert!(began.elapsed() < Duration::from_secs(1), "it runs on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_statement_bears_its_querys_name_and_ends_with_its_reader() {
    let (redshift, project) = slow().await;
    let server = Server::start(project.path(), &[]).await;
    let mark = redshift.database.mark().await;
    let mut answer = server.http().get("/v1/t/slow?format=ndjson").stream().await.expect("it begins");
    let first = tokio::time::timeout(Duration::from_secs(10), answer.chunk()).await;
    assert!(first.expect("rows come while others are made").expect("a chunk").is_some());
    drop(answer);
    until_nothing_runs(&redshift).await;
    let limited = server.http().get("/v1/t/limited?limit=1000").send().await;
    assert_eq!((limited.status.as_u16(), limited.json()["code"].as_str()), (504, Some("AQ-401")), "{}", limited.text());
    until_nothing_runs(&redshift).await;

    let received = redshift.database.received_since(&mark).await;
    let has = |sql: &str, value: &str| {
        received.iter().any(|statement| statement.sql.contains(sql) && statement.parameters.contains(value))
    };
    assert!(has("set_config", "'aqueduct t.slow v1'"), "{received:?}");
    assert!(has("BEGIN READ ONLY", "") && has("pg_cancel_backend", ""), "{received:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_never_short() {
    let redshift = redshift::database().await;
    redshift
        .execute(
            "CREATE VIEW fails AS SELECT i AS n, 1 / (i - 300000) AS z FROM generate_series(1, 1000000) i;
             CREATE VIEW many AS SELECT i AS n FROM generate_series(1, 3000000) i",
        )
        .await;
    let engine = Opened::of(&redshift.project()).await;
    let fault = engine.rows("SELECT n, z FROM s.fails").await.expect_err("it fails on the way");
    assert_eq!(fault.code, Code::EvaluationFailed, "{fault:?}");
    assert_eq!(engine.rows("SELECT n FROM s.many LIMIT 1").await.map(|rows| rows.len()), Ok(1));

    let proxy = Proxy::before(redshift.address()).await;
    let catalog = redshift.catalog_at(&proxy.address().to_string());
    let engine = Opened::of(&redshift.project().file("catalogs/s.yaml", &catalog)).await;
    for how in [Break::Close, Break::Reset] {
        proxy.break_after(1 << 20, how);
        let fault = engine.rows("SELECT n FROM s.many").await.expect_err("the connection breaks");
        assert!(matches!(fault.code, Code::SourceDown | Code::SourceFailed), "{how:?}: {fault:?}");
        assert_eq!(engine.rows("SELECT n FROM s.many LIMIT 1").await.map(|rows| rows.len()), Ok(1), "{how:?}");
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told_by_the_log_alone() {
    let redshift = numbers().await;
    let catalog = redshift.catalog().replace(&PASSWORD.replace('/', "%2F"), "hunter2");
    let query = "/*---\nname: t.n\nversion: 1\naccess: public\npage: {key: [n]}\n---*/\nSELECT n FROM s.numbers";
    let project = redshift.project().file("catalogs/s.yaml", &catalog).file("queries/t/n.sql", query);
    let checked = aqueduct(project.path()).arg("check").output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(!checked.status.success(), "{said}");
    assert!(said.contains("source `s` cannot be reached") && said.contains("password authentication failed"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn tables_that_change_are_looked_for_again() {
    let redshift = redshift::database().await;
    redshift.execute("CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 2)").await;
    let query = "/*---\nname: t.t\nversion: 1\naccess: public\n---*/\nSELECT a, b FROM s.t";
    let catalog = redshift.catalog().replace("refresh: 1s", "refresh: 1h");
    let project = redshift.project().file("catalogs/s.yaml", &catalog).file("queries/t/t.sql", query);
    let server = Server::start(project.path(), &[]).await;
    let ask = || async { server.http().get("/v1/t/t?format=ndjson").send().await.status.as_u16() };
    assert_eq!(ask().await, 200);
    redshift.execute("ALTER TABLE t DROP COLUMN b").await;
    assert_eq!(ask().await, 502);
    let began = Instant::now();
    while ask().await != 503 {
        assert!(began.elapsed() < Duration::from_secs(10), "the tables were not looked for again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_large_result_needs_no_more_memory_than_a_small_one() {
    let redshift = redshift::database().await;
    redshift
        .execute("CREATE VIEW huge AS SELECT CAST(i AS bigint) AS n, CAST(i AS varchar(20)) AS t FROM generate_series(1, 4000000) i")
        .await;
    let query =
        "/*---\nname: t.huge\nversion: 1\naccess: public\nlimits: {timeout: 10m}\n---*/\nSELECT n, t FROM s.huge";
    let server = Server::start(redshift.project().file("queries/t/huge.sql", query).path(), &[]).await;
    let answer = server.http().get("/v1/t/huge?format=csv").stream().await.expect("it begins");
    let bytes = answer.bytes_stream().try_fold(0, |sum, chunk| async move { Ok(sum + chunk.len()) }).await;
    assert!(bytes.is_ok_and(|bytes| bytes > 50 << 20), "four million rows came");
    let peak = server.peak_bytes();
    assert!(peak < 400 << 20, "{} MiB", peak >> 20);
}

/// What the suite stands on.
#[tokio::test]
async fn the_front_refuses_what_redshift_lacks() {
    let redshift = numbers().await;
    let catalog = redshift.catalog().replace("redshift://", "postgres://");
    let options: PgConnectOptions = catalog.split('"').nth(1).and_then(|url| url.parse().ok()).expect("a URL");
    let mut connection = PgConnection::connect_with(&options.extra_float_digits(None)).await.expect("it lets us in");
    assert_eq!(connection.server_version_num(), Some(80_002));
    for (sql, is_taken) in [
        ("SELECT n FROM numbers LIMIT 1", true),
        ("SELECT count(*) FROM numbers WHERE collate(t, 'case_sensitive') = 'a'", true),
        ("COPY numbers TO STDOUT", false),
        ("SELECT count(*) FILTER (WHERE n > 1) FROM numbers", false),
        ("SELECT n FROM numbers WHERE t IS NOT DISTINCT FROM 'a'", false),
        ("SELECT n FROM numbers WHERE n = ANY ('{1}')", false),
        ("SELECT DISTINCT ON (n) n FROM numbers", false),
        ("SELECT n FROM numbers ORDER BY t COLLATE \"C\"", false),
        ("SELECT n::text FROM numbers", false),
        ("SET standard_conforming_strings = on", false),
        ("EXPLAIN (FORMAT JSON) SELECT 1", false),
        ("SELECT typarray FROM pg_type", false),
        ("SELECT 'COPY DISTINCT ON' AS \"filter (\"", true),
    ] {
        let outcome = sqlx::query(sql).fetch_all(&mut connection).await;
        assert_eq!(outcome.is_ok(), is_taken, "{sql}: {outcome:?}");
    }
    let binary = sqlx::query("SELECT CAST(1 AS numeric)").fetch_all(&mut connection).await;
    assert!(binary.is_err(), "decimals come as text only");
}
