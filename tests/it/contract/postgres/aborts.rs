//! Streams that are left at any moment leave connections behind that answer the right question, and nothing that runs.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use aqueduct::model::Code;

use futures::{StreamExt, future::join_all};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::{runtime::Handle, time::timeout};

use super::{Engine, parallel::large, try_open, with};
use crate::harness::{random::Random, tools::is_long_run};

const CONNECTIONS: u32 = 4;
/// Streams that are left by each of so many tasks.
const TASKS: usize = 12;
/// Lookups at once, and how often.
const LOOKUPS: (usize, usize) = (16, 25);

/// Their statements are not logged: there are many.
const TABLES: &str = "
    CREATE TABLE known (id int8, value text);
    INSERT INTO known SELECT n, 'value ' || n * 7 FROM generate_series(1, 1000) n; ANALYZE known;
    CREATE TABLE many (id int8, filler text) WITH (autovacuum_enabled = off);
    INSERT INTO many SELECT n, repeat('y', 200) FROM generate_series(1, 20000) n;
    CREATE VIEW failing AS SELECT id, 1 / (id - 15000) AS x FROM many;
    CREATE VIEW slow AS SELECT id, pg_sleep(0.001)::text AS x FROM many;
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET log_statement = none', current_database()); END $$";

/// Where rows come from: a large table in parts, a COPY, a prepared statement, joins and unions, views that fail or wait.
const QUERIES: [&str; 10] = [
    "SELECT * FROM large",
    "SELECT id FROM large WHERE balance > 0",
    "SELECT * FROM many",
    "SELECT id FROM known",
    "SELECT value FROM known WHERE id = 77",
    "SELECT id FROM many LIMIT 10",
    "SELECT a.id FROM many a JOIN many b ON a.id = b.id JOIN known c ON c.id = b.id",
    "SELECT id FROM large UNION ALL SELECT id FROM many UNION ALL SELECT id FROM known",
    FAILING,
    "SELECT id, x FROM slow",
];

const FAILING: &str = "SELECT id, x FROM failing";

/// Polls a future so many times at most.
async fn poll_times<T>(times: u64, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), times);
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

async fn leave_one(engine: &Engine, random: &mut Random) {
    let sql = random.one_of(&QUERIES);
    let read = async {
        let mut stream = engine.stream(sql).await;
        while let Some(batch) = stream.next().await {
            if batch.is_err() {
                assert_eq!(sql, FAILING);
            }
        }
    };
    // At an await, and at a moment. Most work is in the beginning.
    match random.within(0..3) {
        0 => drop(timeout(Duration::from_millis(60), poll_times(random.within(0..8), read)).await),
        1 => drop(timeout(Duration::from_micros(random.within(0..3000)), read).await),
        _ => drop(timeout(Duration::from_millis(random.within(0..60)), read).await),
    }
}

/// Each of many lookups at once gets its own row.
async fn check_in_step(engine: &Engine, random: &mut Random) {
    for _ in 0..LOOKUPS.1 {
        let ids: Vec<_> = (0..LOOKUPS.0).map(|_| random.within(1..1001)).collect();
        let lookups = ids.iter().map(async |id| {
            let sql = format!("SELECT id, value FROM known WHERE id = {id}");
            let rows = engine.rows(&sql).await;
            assert_eq!(rows, Ok(vec![format!("{id}|value {}", id * 7)]), "a connection is out of step");
        });
        join_all(lookups).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_at_any_moment_leaves_sound_connections() {
    let url = with(&format!("{} {TABLES}", large("large"))).await;
    let engine = Arc::new(Engine::over(&try_open(&url, &[], CONNECTIONS, vec![], true).expect("a good URL")).await);
    let mut random = Random::new();
    check_in_step(&engine, &mut random).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    let (rounds, streams) = if is_long_run() { (10, 200) } else { (2, 90) };
    for _ in 0..rounds {
        let leaving = (0..TASKS).map(|_| {
            let (engine, mut random) = (Arc::clone(&engine), random.fork());
            tokio::spawn(async move {
                for _ in 0..streams {
                    leave_one(&engine, &mut random).await;
                }
            })
        });
        for task in join_all(leaving).await {
            task.expect("nothing is misread");
        }
        check_in_step(&engine, &mut random).await;
        let rested = async {
            while is_busy(&url).await || Handle::current().metrics().num_alive_tasks() > tasks {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(timeout(Duration::from_secs(20), rested).await.is_ok(), "something is left");
    }
}

/// Somebody ends our statements and our server processes at random: answers are right or errors, and then right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_cancelled_or_killed_leaves_sound_connections() {
    let url = with(TABLES).await;
    let engine = Arc::new(Engine::over(&try_open(&url, &[], CONNECTIONS, vec![], true).expect("a good URL")).await);
    let mut random = Random::new();
    let end = Instant::now() + Duration::from_secs(if is_long_run() { 60 } else { 3 });
    let storm = tokio::spawn({
        let (url, mut random) = (url.clone(), random.fork());
        async move {
            let mut connection = PgConnection::connect(&url).await.expect("a server");
            while Instant::now() < end {
                let how = random.one_of(&["pg_cancel_backend", "pg_cancel_backend", "pg_terminate_backend"]);
                let sql = format!(
                    "SELECT {how}(pid) FROM pg_stat_activity WHERE application_name LIKE 'aqueduct%'
                     AND datname = current_database() AND (state = 'active' OR random() < 0.2) ORDER BY random() LIMIT 1"
                );
                sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.expect("a superuser may");
                tokio::time::sleep(Duration::from_millis(random.within(0..20))).await;
            }
        }
    });
    let asking = (0..TASKS).map(|index| {
        let (engine, mut random) = (Arc::clone(&engine), random.fork());
        tokio::spawn(async move {
            let (mut rows, mut errors) = (0, 0);
            while Instant::now() < end {
                let id = random.within(1..1001);
                let (sql, expected) = match index % 3 {
                    0 => ("SELECT count(id) FROM many".to_owned(), "20000".to_owned()),
                    1 => ("SELECT count(x) FROM slow WHERE id <= 20".to_owned(), "20".to_owned()),
                    _ => (format!("SELECT id, value FROM known WHERE id = {id}"), format!("{id}|value {}", id * 7)),
                };
                match engine.rows(&sql).await {
                    Ok(answer) => {
                        rows += 1;
                        assert_eq!(answer, [expected], "{sql}");
                    }
                    Err(fault) => {
                        errors += 1;
                        assert!(matches!(fault.code, Code::SourceDown | Code::SourceFailed), "{sql}: {fault:?}");
                    }
                }
            }
            (rows, errors)
        })
    });
    let (mut rows, mut errors) = (0, 0);
    for task in join_all(asking).await {
        let (right, wrong) = task.expect("nothing is misread");
        (rows, errors) = (rows + right, errors + wrong);
    }
    storm.await.expect("the storm ends");
    assert!(rows > 50 && errors > 5, "{rows} answers, {errors} errors");
    check_in_step(&engine, &mut random).await;
}

/// Does anything of ours run, or are there more connections than there may be?
async fn is_busy(url: &str) -> bool {
    let mut connection = PgConnection::connect(url).await.expect("a server");
    let sql = "SELECT count(*) FILTER (WHERE state IS DISTINCT FROM 'idle') > 0 OR count(*) > $1 FROM pg_stat_activity
               WHERE application_name LIKE 'aqueduct%' AND datname = current_database()";
    sqlx::query_scalar(sql).bind(i64::from(CONNECTIONS)).fetch_one(&mut connection).await.expect("an answer")
}
