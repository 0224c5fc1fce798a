//! Large tables are read by several connections: exactly the rows of one moment, and only where that can be.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use arrow::{array::AsArray, datatypes::Int64Type};
use futures::{StreamExt, TryStreamExt, future::join_all};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::{task::JoinHandle, time::timeout};

use super::{Engine, open, run, try_open};
use crate::harness::{
    postgres::{Database, Statement, database},
    random::Random,
};

/// Long enough for anything that happens at all.
const PATIENCE: Duration = Duration::from_mins(1);
/// Rows of a large table. Six fill a block, so it has 70 MiB: more than two parts. And a fifth of them, which is expected
/// behind a filter, is more than a prepared statement is used for.
pub const ROWS: u64 = 54_000;

/// A large table: `id` from 1, a `balance` of 100, and a filler.
pub fn large(name: &str) -> String {
    format!(
        "CREATE UNLOGGED TABLE {name} (id int8 NOT NULL, balance int8 NOT NULL, filler text NOT NULL);
         ALTER TABLE {name} ALTER filler SET STORAGE PLAIN, SET (autovacuum_enabled = off);
         INSERT INTO {name} SELECT n, 100, repeat('x', 1290) FROM generate_series(1, {ROWS}) n;"
    )
}

/// What one read of a large table found.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    rows: u64,
    ids: BTreeSet<i64>,
    balance: i64,
}

impl Engine {
    async fn read(&self, from: &str) -> Read {
        let mut stream = self.stream(&format!("SELECT id, balance, filler FROM {from}")).await;
        let mut read = Read { rows: 0, ids: BTreeSet::new(), balance: 0 };
        while let Some(batch) = stream.try_next().await.expect("rows") {
            read.rows += batch.num_rows() as u64;
            read.ids.extend(batch.column(0).as_primitive::<Int64Type>().values());
            read.balance += batch.column(1).as_primitive::<Int64Type>().values().iter().sum::<i64>();
        }
        read
    }
}

/// What a read of an undisturbed table finds.
fn all() -> Read {
    Read { rows: ROWS, ids: (1..=ROWS.cast_signed()).collect(), balance: 100 * ROWS.cast_signed() }
}

/// Whether ranges of `ctid` were asked for, and whether another connection joined.
fn parts(statements: &[Statement]) -> (bool, bool) {
    let any = |what: &str| statements.iter().any(|statement| statement.sql.contains(what));
    (any("ctid"), any("SET TRANSACTION SNAPSHOT"))
}

/// Moves balances and rows about, all in one transaction each, until it is aborted.
async fn write(url: String) {
    let mut connection = PgConnection::connect(&url).await.expect("a server");
    let mut random = Random::new();
    loop {
        let (from, moved) = (random.within(0..25) * 2, random.within(0..200));
        // Each even id gives to the odd one behind it; other rows are deleted, and inserted where there is room.
        let sql = format!(
            "BEGIN;
             UPDATE accounts SET balance = balance + CASE id % 2 WHEN 0 THEN -7 ELSE 7 END
             WHERE id % 50 IN ({from}, {from} + 1) AND id > 1 AND id < {ROWS};
             WITH gone AS (DELETE FROM accounts WHERE id % 200 = {moved} RETURNING *) INSERT INTO accounts SELECT * FROM gone;
             COMMIT"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("a transaction");
    }
}

/// The most connections of ours that there were at once, until it is asked.
fn count_connections(database: &Database) -> (JoinHandle<i64>, tokio::sync::oneshot::Sender<()>) {
    let (url, (stop, mut stopped)) = (database.url.clone(), tokio::sync::oneshot::channel());
    let count = tokio::spawn(async move {
        let mut connection = PgConnection::connect(&url).await.expect("a server");
        let mut most = 0;
        while stopped.try_recv().is_err() {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'aqueduct%' AND datname = current_database()";
            most = most.max(sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count"));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        most
    });
    (count, stop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_is_read_as_it_was_at_one_moment() {
    let database = database().await;
    database.execute(&large("accounts")).await;
    database.execute("CREATE INDEX ON accounts (id)").await;
    let engine = Engine::over(&try_open(&database.url, &[], 2, vec![], true).expect("a good URL")).await;
    let (most, stop) = count_connections(&database);
    let writer = tokio::spawn(write(database.url.clone()));
    for from in ["accounts", "accounts WHERE balance > -1000000", "accounts", "accounts WHERE balance > -1000000"] {
        let mark = database.mark().await;
        let read = timeout(PATIENCE, engine.read(from)).await.expect("it hangs");
        assert!(read == all(), "{from}: {} rows, {} ids, {}", read.rows, read.ids.len(), read.balance);
        let statements = database.received_since(&mark).await;
        assert_eq!(parts(&statements), (true, true), "{from}");
    }
    assert!(!writer.is_finished(), "it wrote all the time");
    writer.abort();
    stop.send(()).expect("it still counts");
    assert_eq!(most.await.expect("a count"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_parts_is_read_by_one_connection() {
    let database = database().await;
    let port = database.url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()).expect("a port");
    let name = &database.name;
    database.execute(&large("big")).await;
    database
        .execute(&format!(
            "CREATE INDEX ON big (id);
             CREATE VIEW seen AS SELECT * FROM big;
             CREATE TABLE parted (LIKE big) PARTITION BY RANGE (id);
             ALTER TABLE parted ATTACH PARTITION big FOR VALUES FROM (1) TO (100000);
             CREATE EXTENSION postgres_fdw;
             CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '{port}', dbname '{name}');
             CREATE USER MAPPING FOR PUBLIC SERVER loop OPTIONS (user 'postgres', password_required 'false');
             CREATE FOREIGN TABLE far (id int8 NOT NULL, balance int8 NOT NULL, filler text NOT NULL)
                 SERVER loop OPTIONS (table_name 'big');
             CREATE ROLE {name}_columns LOGIN; GRANT SELECT (id, balance, filler) ON big TO {name}_columns;
             CREATE ROLE {name}_reads LOGIN; GRANT SELECT ON big TO {name}_reads;
             REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC;
             ANALYZE big;"
        ))
        .await;
    let as_role = |role: &str| database.url.replace("postgres@", &format!("{name}_{role}@"));
    let users = [
        (database.url.clone(), vec![("big", (true, true)), ("seen", (false, false)), ("parted", (false, false))]),
        (database.url.clone(), vec![("far", (false, false)), ("big WHERE id > 0 AND balance > 0", (true, true))]),
        (as_role("columns"), vec![("big", (false, false))]),
        (as_role("reads"), vec![("big", (false, false))]),
    ];
    for (url, reads) in users {
        let engine = Engine::over(&try_open(&url, &[], 3, vec![], true).expect("a good URL")).await;
        for (from, expected) in reads {
            let mark = database.mark().await;
            let read = timeout(PATIENCE, engine.read(from)).await.expect("it hangs");
            assert!(read == all(), "{from} by {url}: {} rows", read.rows);
            assert_eq!(parts(&database.received_since(&mark).await), expected, "{from} by {url}");
        }
    }
    // Few rows of many, by an index.
    let engine = Engine::over(&open(&database.url, vec![], true)).await;
    let mark = database.mark().await;
    assert_eq!(engine.read("big WHERE id BETWEEN 20001 AND 20300").await.rows, 300);
    assert_eq!(parts(&database.received_since(&mark).await), (false, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_inherits_from_a_table_is_read_with_it() {
    let database = database().await;
    let port = database.url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()).expect("a port");
    database.execute(&large("family")).await;
    database
        .execute(&format!(
            "CREATE TABLE near (extra text) INHERITS (family);
             INSERT INTO near SELECT n, 0, 'y', 'z' FROM generate_series(100001, 100500) n;
             CREATE TABLE elsewhere (id int8 NOT NULL, balance int8 NOT NULL, filler text NOT NULL);
             INSERT INTO elsewhere SELECT n, 0, 'y' FROM generate_series(200001, 200500) n;
             CREATE EXTENSION postgres_fdw;
             CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '{port}', dbname '{}');
             CREATE USER MAPPING FOR PUBLIC SERVER loop OPTIONS (user 'postgres');
             CREATE FOREIGN TABLE far () INHERITS (family) SERVER loop OPTIONS (table_name 'elsewhere');",
            database.name
        ))
        .await;
    let engine = Engine::over(&open(&database.url, vec![], true)).await;
    for from in ["family", "family WHERE balance >= 0"] {
        let read = timeout(PATIENCE, engine.read(from)).await.expect("it hangs");
        assert_eq!((read.rows, read.ids.len()), (ROWS + 1000, 55_000), "{from}");
    }
}

/// Whoever waits to alter a table is before those who come after him; who reads it already must not wait for those.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_somebody_waits_to_alter_is_read_to_its_end() {
    let database = database().await;
    database.execute(&large("big")).await;
    // A second connection takes a second to make: until then the first has locked the table, and another waits.
    let url = format!("{}?options=-c%20post_auth_delay%3D1", database.url);
    let source = try_open(&url, &[], 2, vec![], true).expect("a good URL");
    let engine = Engine::over(&source).await;
    let mut stream = engine.stream("SELECT id FROM big").await;
    let mut rows = stream.next().await.expect("a batch").expect("rows").num_rows();
    let alter = tokio::spawn({
        let url = database.url.clone();
        async move { run(&url, "ALTER TABLE big ADD extra int4").await }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!alter.is_finished(), "the table is locked as long as it is read");
    let rest = async {
        while let Some(batch) = stream.next().await {
            rows += batch.expect("rows").num_rows();
        }
    };
    timeout(Duration::from_secs(20), rest).await.expect("it hangs");
    assert_eq!(rows as u64, ROWS);
    timeout(Duration::from_secs(5), alter).await.expect("the lock is given up").expect("it is altered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_nobody_reads_on_keeps_no_connection() {
    let database = database().await;
    database.execute(&large("big")).await;
    database.execute("CREATE TABLE small AS SELECT n FROM generate_series(1, 10) n; ANALYZE small").await;
    let engine = Arc::new(Engine::over(&try_open(&database.url, &[], 2, vec![], true).expect("a good URL")).await);
    let mut stream = engine.stream("SELECT id, filler FROM big").await;
    let mut rows = stream.next().await.expect("a batch").expect("rows").num_rows();
    let both = async {
        while database.running().await < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, both).await.expect("two connections read");
    // One connection that is let go may be enough for those who wait; while they keep coming, both are.
    let none = async {
        loop {
            let counts = join_all((0..4).map(|_| engine.rows("SELECT count(n) FROM small")));
            assert_eq!(timeout(PATIENCE, counts).await.expect("they hang"), vec![Ok(vec!["10".to_owned()]); 4]);
            if database.running().await == 0 {
                break;
            }
        }
    };
    timeout(PATIENCE, none).await.expect("both connections are free");
    while let Some(batch) = stream.next().await {
        rows += batch.expect("the rest, from disk").num_rows();
    }
    assert_eq!(rows as u64, ROWS);
}
