//! Networks and servers that fail: each is an error that says so, never fewer rows, and what comes next works.

use std::{sync::Arc, time::Duration};

use aqueduct::{
    model::{Code, Fault, TableNames},
    sources::Source,
};
use futures::{StreamExt, future::join_all};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use super::{
    Engine,
    parallel::{ROWS, large},
    run, running, try_open, wait_until_idle, with,
};
use crate::{
    contract::engine::fault,
    harness::{
        own_postgres::{OwnPostgres, Shutdown},
        postgres::database,
        proxy::{Break, Proxy, address},
        random::Random,
        tools::is_long_run,
    },
};

/// Long enough for anything that happens at all.
const PATIENCE: Duration = Duration::from_mins(1);

/// The same rows, which come by COPY and by a prepared statement.
const TABLES: &str = "
    CREATE TABLE copied (id int8, filler text) WITH (autovacuum_enabled = off);
    INSERT INTO copied SELECT n, repeat('x', 100) FROM generate_series(1, 9500) n;
    CREATE TABLE prepared AS SELECT * FROM copied; ANALYZE prepared;";

/// Reads to the end, or to the error.
async fn read(engine: &Engine, sql: &str) -> Result<u64, Fault> {
    let mut stream = engine.stream(sql).await;
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        rows += batch.map_err(|error| fault(&error))?.num_rows() as u64;
    }
    Ok(rows)
}

fn source(url: &str, connections: u32) -> Arc<dyn Source> {
    try_open(url, &[], connections, vec![], true).expect("a good URL")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_anywhere_gives_all_rows_or_an_error() {
    let url = with(TABLES).await;
    let proxy = Proxy::before(address(&url)).await;
    let engine = Engine::over(&source(&proxy.url(&url), 2)).await;
    let (mut random, mut errors) = (Random::new(), 0);
    for _ in 0..if is_long_run() { 3000 } else { 200 } {
        // Over a connection that is there, or a new one.
        if random.within(0..2) == 0 {
            proxy.close_all().await;
        }
        let (how, table) = (random.one_of(&[Break::Reset, Break::Close]), random.one_of(&["copied", "prepared"]));
        // In a greeting and what is said before the rows, or among them.
        let bytes = if random.within(0..2) == 0 { random.within(1..3000) } else { random.within(1..1_300_000) };
        proxy.break_after(usize::try_from(bytes).expect("it is small"), how);
        match timeout(PATIENCE, read(&engine, &format!("SELECT id, filler FROM {table}"))).await.expect("it hangs") {
            Ok(rows) => assert_eq!(rows, 9500, "{how:?} after {bytes} of {table}"),
            Err(fault) => {
                errors += 1;
                assert_eq!(fault.code, Code::SourceDown, "{how:?} after {bytes} of {table}: {fault:?}");
            }
        }
    }
    assert!(errors > 20, "only {errors} reads failed");
    proxy.break_after(usize::MAX, Break::Close);
    assert_eq!(read(&engine, "SELECT id FROM copied").await, Ok(9500));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_breaks_is_not_missing() {
    let url = with(&large("big")).await;
    let proxy = Proxy::before(address(&url)).await;
    let engine = Engine::over(&source(&proxy.url(&url), 2)).await;
    let (mut random, rounds, mut errors) = (Random::new(), if is_long_run() { 60 } else { 4 }, 0);
    for round in 0..rounds {
        // What was left before would break in its place.
        wait_until_idle(&url).await;
        let how = [Break::Reset, Break::Close][round % 2];
        let bytes = usize::try_from(random.within(1_000_000..65_000_000)).expect("it is small");
        proxy.break_after(bytes, how);
        match timeout(PATIENCE, read(&engine, "SELECT * FROM big")).await.expect("it hangs") {
            Ok(rows) => assert_eq!(rows, ROWS, "{how:?} after {bytes}"),
            Err(fault) => {
                errors += 1;
                assert_eq!(fault.code, Code::SourceDown, "{how:?} after {bytes}: {fault:?}");
            }
        }
    }
    assert!(errors > rounds / 2, "only {errors} reads failed");
    assert_eq!(timeout(PATIENCE, read(&engine, "SELECT id FROM big")).await.expect("it hangs"), Ok(ROWS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_is_killed_takes_no_rows_along() {
    let url = with(&large("big")).await;
    let engine = Engine::over(&source(&url, 2)).await;
    for order in ["ASC", "DESC"] {
        let mut stream = engine.stream("SELECT * FROM big").await;
        stream.next().await.expect("a batch").expect("rows");
        let both = async {
            while running(&url).await < 2 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, both).await.expect("two connections read");
        // The leader had a connection before its helper.
        let kill = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'aqueduct%'
             AND datname = current_database() AND state = 'active' ORDER BY backend_start {order} LIMIT 1"
        );
        run(&url, &kill).await;
        let end = async {
            while let Some(batch) = stream.next().await {
                if let Err(error) = batch {
                    return Some(fault(&error).code);
                }
            }
            None
        };
        assert_eq!(timeout(PATIENCE, end).await.expect("it hangs"), Some(Code::SourceDown), "{order}");
        drop(stream);
        assert_eq!(read(&engine, "SELECT id FROM big").await, Ok(ROWS), "{order}");
    }
    let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'aqueduct%' AND datname = current_database()";
    run(&url, all).await;
    let counts = join_all((0..4).map(|_| engine.rows("SELECT count(id) FROM big WHERE id < 10"))).await;
    assert_eq!(counts, vec![Ok(vec!["9".to_owned()]); 4], "they died while they were idle");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_given_up() {
    let url = with(TABLES).await;
    let greeting = async {
        let proxy = Proxy::before(address(&url)).await;
        proxy.break_all(Break::Hang);
        let began = Instant::now();
        let fault = source(&proxy.url(&url), 1).tables(&TableNames::default()).await.expect_err("nobody answers");
        assert_eq!(fault.code, Code::SourceDown);
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    };
    let idle = async {
        let proxy = Proxy::before(address(&url)).await;
        let engine = Engine::over(&source(&proxy.url(&url), 1)).await;
        proxy.break_all(Break::Hang);
        let waiting = timeout(Duration::from_millis(500), read(&engine, "SELECT id FROM copied")).await;
        assert!(waiting.is_err(), "nobody answers: {waiting:?}");
        proxy.mend();
        let next = timeout(Duration::from_secs(12), read(&engine, "SELECT id FROM copied")).await;
        assert_eq!(next.expect("the connection that hangs is given up"), Ok(9500));
    };
    let rows = async {
        for (table, bytes) in [("copied", 600_000), ("prepared", 600_000), ("copied", 300)] {
            let proxy = Proxy::before(address(&url)).await;
            let engine = Engine::over(&source(&proxy.url(&url), 1)).await;
            proxy.break_after(bytes, Break::Hang);
            let sql = format!("SELECT id, filler FROM {table}");
            let waiting = timeout(Duration::from_millis(500), read(&engine, &sql)).await;
            assert!(waiting.is_err() && proxy.has_broken(), "{waiting:?}");
            let next = timeout(Duration::from_secs(5), read(&engine, &sql)).await;
            assert_eq!(next.expect("the connection that hangs is given up"), Ok(9500), "{table}");
        }
    };
    tokio::join!(greeting, idle, rows);
}

/// A server goes on making a connection that is given up: with the next it would be one too many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_while_a_connection_is_made_leaves_it_to_the_next() {
    let url = with(TABLES).await;
    let proxy = Proxy::before(address(&url)).await;
    let slow = format!("{}?options=-c%20post_auth_delay%3D1", proxy.url(&url));
    let engine = Engine::over(&source(&slow, 1)).await;
    proxy.close_all().await;
    let before = proxy.accepted();
    for index in 0..10 {
        let left = timeout(Duration::from_millis(50), read(&engine, "SELECT id FROM prepared")).await;
        assert!(left.is_err() || index > 0, "a connection takes a second: {left:?}");
    }
    assert_eq!(timeout(PATIENCE, read(&engine, "SELECT id FROM prepared")).await.expect("it hangs"), Ok(9500));
    assert_eq!(proxy.accepted() - before, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_connections_says_so() {
    let database = database().await;
    let role = format!("{}_one", database.name);
    database.execute(&large("big")).await;
    database.execute("CREATE VIEW asleep AS SELECT pg_sleep(30)::text AS slept").await;
    database
        .execute(&format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 1; GRANT SELECT ON big, asleep TO {role}"))
        .await;
    let engine = Engine::over(&source(&database.url.replace("postgres@", &format!("{role}@")), 4)).await;
    // Nobody can help.
    assert_eq!(timeout(PATIENCE, read(&engine, "SELECT id FROM big")).await.expect("it hangs"), Ok(ROWS));
    let mut asleep = engine.stream("SELECT slept FROM asleep").await;
    assert!(timeout(Duration::from_millis(300), asleep.next()).await.is_err(), "it sleeps");
    let fault =
        timeout(PATIENCE, read(&engine, "SELECT id FROM big")).await.expect("it hangs").expect_err("no connection");
    assert_eq!((fault.code, fault.detail.as_str()), (Code::SourceDown, "source `crm` cannot be reached"));
    assert!(fault.internal.is_some_and(|cause| cause.contains("too many connections")));
    // It cannot be cancelled by another connection either, so its server has to notice.
    drop(asleep);
    let next = async {
        while read(&engine, "SELECT id FROM big").await != Ok(ROWS) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(10), next).await.expect("the connection is free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_is_found_again() {
    let mut server = tokio::task::spawn_blocking(OwnPostgres::start).await.expect("it starts");
    server.execute(&large("big")).await;
    server.execute("ALTER TABLE big SET LOGGED; CHECKPOINT").await;
    let source = source(&server.url(), 2);
    let engine = Engine::over(&source).await;
    for how in [Shutdown::Fast, Shutdown::Immediate] {
        let mut stream = engine.stream("SELECT * FROM big").await;
        stream.next().await.expect("a batch").expect("rows");
        tokio::task::block_in_place(|| server.stop(how));
        let end = async {
            while let Some(batch) = stream.next().await {
                if let Err(error) = batch {
                    return Some(fault(&error).code);
                }
            }
            None
        };
        assert_eq!(timeout(PATIENCE, end).await.expect("it hangs"), Some(Code::SourceDown), "{how:?}");
        for _ in 0..3 {
            assert_eq!(read(&engine, "SELECT id FROM big").await.map_err(|fault| fault.code), Err(Code::SourceDown));
        }
        assert_eq!(
            source.tables(&TableNames::default()).await.map(drop).map_err(|fault| fault.code),
            Err(Code::SourceDown)
        );
        tokio::task::block_in_place(|| server.start_again());
        let again = async {
            loop {
                match read(&engine, "SELECT id FROM big").await {
                    Ok(rows) => return rows,
                    // It listens a moment before it accepts sessions.
                    Err(fault) => assert_eq!(fault.code, Code::SourceDown, "{how:?}: {fault:?}"),
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        assert_eq!(timeout(PATIENCE, again).await.expect("it is up"), ROWS, "{how:?}");
    }
}

/// What a server says in the middle of a COPY is an error; the connection is not used again.
#[tokio::test]
async fn a_row_that_fails_ends_the_rows() {
    let url = with(
        "CREATE TABLE numbers AS SELECT n FROM generate_series(1::int8, 40000) n;
         CREATE VIEW failing AS SELECT n, 1 / (n - 30000) AS share FROM numbers",
    )
    .await;
    let engine = Engine::over(&source(&url, 1)).await;
    for sql in ["SELECT n, share FROM failing", "SELECT n, share FROM failing LIMIT 9000 OFFSET 25000"] {
        for _ in 0..3 {
            assert_eq!(read(&engine, sql).await.map_err(|fault| fault.code), Err(Code::EvaluationFailed), "{sql}");
            assert_eq!(read(&engine, "SELECT n FROM numbers WHERE n = 7").await, Ok(1));
        }
    }
    let mut connection = PgConnection::connect(&url).await.expect("a server");
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'aqueduct%' AND datname = current_database()";
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut connection).await.expect("a count");
    assert!(count <= 1);
}
