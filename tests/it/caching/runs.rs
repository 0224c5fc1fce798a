//! One run for everybody, how long its result is given again, and what becomes of failures.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::{Suite, is_hit, is_miss, project, status, until};
use crate::harness::{
    own_postgres::{OwnPostgres, Shutdown},
    server::Server,
};

#[tokio::test]
async fn a_hundred_slow_requests_at_once_are_one_statement() {
    let suite = Suite::start().await;
    let mark = suite.database.mark().await;
    let answers = join_all((0..100).map(|_| suite.get("/v1/c/slow").send())).await;
    assert_eq!(suite.asked("slowly", &mark).await, 1);
    assert!(answers.iter().all(|answer| answer.bytes == answers[0].bytes), "{answers:?}");
    let waited = answers.iter().filter(|answer| status(answer).contains("; collapsed") || is_hit(answer)).count();
    assert_eq!(waited, 99, "one began it: {answers:?}");
    assert!(is_hit(&suite.get("/v1/c/slow").send().await));
    // Other values are another run.
    assert!(is_miss(&suite.get("/v1/c/slow?n=2").send().await));
    assert_eq!(suite.asked("slowly", &mark).await, 2);
}

#[tokio::test]
async fn a_run_goes_on_when_the_first_asker_leaves() {
    let suite = Suite::start().await;
    let mark = suite.database.mark().await;
    let first = tokio::time::timeout(Duration::from_millis(400), suite.get("/v1/c/slow").send()).await;
    assert!(first.is_err(), "it takes a second");
    let second = suite.get("/v1/c/slow").send().await;
    assert!(status(&second).contains("; collapsed"), "{second:?}");
    assert_eq!(second.rows(), [serde_json::json!({"id": 2, "slept": ""})]);
    assert_eq!(suite.asked("slowly", &mark).await, 1);
}

#[tokio::test]
async fn a_stale_answer_is_given_at_once_while_another_is_made() {
    let suite = Suite::start().await;
    let number = |answer: &crate::harness::http::Answer| answer.rows()[0]["number"].clone();
    let first = suite.get("/v1/c/brief").send().await;
    assert!(is_miss(&first), "{first:?}");
    assert!(is_hit(&suite.get("/v1/c/brief").send().await));
    suite.database.execute("UPDATE things SET number = 7777 WHERE id = 1").await;
    tokio::time::sleep(Duration::from_millis(1100)).await;

    let mark = suite.database.mark().await;
    let stale = suite.get("/v1/c/brief").send().await;
    assert!(is_hit(&stale), "{stale:?}");
    assert_eq!((number(&stale), &stale.bytes), (Value::from(1), &first.bytes));
    assert_eq!(stale.header("cache-control"), "private, max-age=1, stale-while-revalidate=3600");
    assert!(stale.header("age").parse::<u64>().expect("seconds") >= 1);
    let renewed = until(|| suite.get("/v1/c/brief"), |answer| number(answer) == 7777).await;
    assert!(is_hit(&renewed), "nobody waited for it: {renewed:?}");
    assert_eq!(suite.asked("things", &mark).await, 1);
}

#[tokio::test]
async fn without_stale_an_old_answer_is_not_given_again() {
    let suite = Suite::start().await;
    assert!(is_miss(&suite.get("/v1/c/frail").send().await));
    suite.database.execute("UPDATE things SET number = 7777 WHERE id = 1").await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let next = suite.get("/v1/c/frail").send().await;
    assert_eq!(status(&next), "aqueduct; fwd=stale; stored; ttl=1");
    assert_eq!(next.rows()[0]["number"], 7777);
}

#[tokio::test]
async fn an_old_answer_stands_in_for_a_source_that_is_down() {
    let mut postgres = OwnPostgres::start();
    postgres.execute(super::TABLES).await;
    let project = project()
        .value("postgres_url", postgres.url())
        .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\npool: {max_connections: 4}\n");
    let server = Server::start(project.path(), &[]).await;
    let http = server.http();
    let first = http.get("/v1/c/frail").send().await;
    assert!(is_miss(&first), "{first:?}");
    assert!(is_miss(&http.get("/v1/c/brief").send().await));
    postgres.stop(Shutdown::Fast);
    tokio::time::sleep(Duration::from_millis(1100)).await;

    let old = http.get("/v1/c/frail").send().await;
    assert_eq!((old.status.as_u16(), &old.bytes), (200, &first.bytes), "{}", old.text());
    let told = status(&old);
    assert!(told.starts_with("aqueduct; fwd=stale; fwd-status=503; detail=AQ-501; ttl="), "{told}");
    // The background run of a stale one fails, and it is still given.
    for _ in 0..2 {
        assert!(is_hit(&http.get("/v1/c/brief").send().await));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // What was never asked has nothing to stand in for it.
    assert_eq!(http.get("/v1/c/listed").send().await.status.as_u16(), 503);

    postgres.start_again();
    let back = until(|| http.get("/v1/c/frail"), |answer| status(answer).contains("; stored")).await;
    assert_eq!(back.rows(), first.rows());
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let suite = Suite::start().await;
    let failures = join_all((0..5).map(|_| suite.get("/v1/c/divided").send())).await;
    for failure in &failures {
        assert!(failure.status.is_server_error(), "{failure:?}");
        assert_eq!((failure.header("cache-control"), failure.header("etag"), status(failure)), ("no-store", "", ""));
    }
    suite.database.execute("UPDATE divisors SET divisor = 5").await;
    let answer = suite.get("/v1/c/divided").send().await;
    assert!(is_miss(&answer));
    assert_eq!(answer.rows(), [serde_json::json!({"id": 1, "quotient": 2})]);
}

#[tokio::test]
async fn what_is_kept_is_bounded_in_bytes() {
    let suite =
        Suite::with(&[("AQUEDUCT_CACHE__MEMORY", "256KiB")], "kind: postgres\nurl: \"{{postgres_url}}\"\n").await;
    let path = |below: usize| format!("/v1/c/listed?below={below}&limit=200&format=ndjson");
    let mut size = 0;
    for below in 450..500 {
        let answer = suite.get(&path(below)).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        size = answer.bytes.len();
    }
    let mut hits = 0;
    for below in 450..500 {
        hits += usize::from(is_hit(&suite.get(&path(below)).send().await));
    }
    assert!(hits * size < 256 * 1024 && hits < 50, "{hits} of {size} bytes each");
    let none = Suite::with(&[("AQUEDUCT_CACHE__MEMORY", "0B")], "kind: postgres\nurl: \"{{postgres_url}}\"\n").await;
    for _ in 0..2 {
        let answer = none.get("/v1/c/listed").send().await;
        assert_eq!(status(&answer), "aqueduct; fwd=miss; ttl=3600", "nothing is kept: {answer:?}");
    }
}
