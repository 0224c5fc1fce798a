//! Results that flow: the first row is there before the last exists, a reader that stands still stops the source instead
//! of filling memory, and one connection is enough for any query.
//!
//! Time proves nothing on a busy machine, so the source is held with an advisory lock of Postgres: what has arrived
//! while the lock is held cannot have waited for the rows behind it.

mod aborts;
mod altered;
mod breaks;
mod crowd;
mod ends;
mod leaving;
mod memory;
mod pushed;

use std::{io::Write, time::Duration};

use arrow::{buffer::Buffer, ipc::reader::StreamDecoder};
use arrow_flight::Ticket;
use flate2::write::GzDecoder;
use futures::TryStreamExt;
use serde_json::json;
use sqlx::PgConnection;
use tokio::time::{sleep, timeout};

use crate::harness::{
    postgres::{self, Database},
    project::Project,
    server::Server,
};

/// Long enough for anything that happens at all.
const PATIENCE: Duration = Duration::from_secs(30);
/// The lock that holds back rows of `gated`.
const GATE: i64 = 7;

/// A Postgres source `pg` with these tables, and queries `rows.NAME` over it.
struct Stage {
    database: Database,
    _project: Project,
    server: Server,
}

impl Stage {
    /// Each query is its name, further lines of its header, and its SELECT.
    async fn set(tables: &str, connections: u32, queries: &[(&str, &str, &str)]) -> Self {
        let database = postgres::database().await;
        database.execute(tables).await;
        let url = database.url.clone();
        Self::over(database, &url, connections, queries).await
    }

    /// The same over a database that is there already, and that the server reaches by this URL.
    async fn over(database: Database, url: &str, connections: u32, queries: &[(&str, &str, &str)]) -> Self {
        let catalog = format!("kind: postgres\nurl: \"{url}\"\npool: {{max_connections: {connections}}}\n");
        let mut project =
            Project::new().file("aqueduct.yaml", "auth: {anonymous: true}\n").file("catalogs/pg.yaml", &catalog);
        for (name, header, select) in queries {
            project = project.file(&format!("queries/rows/{name}.sql"), &query(name, header, select));
        }
        let server = Server::start(project.path(), &[]).await;
        Self { database, _project: project, server }
    }

    /// What `DoGet` takes for a query without parameters.
    fn ticket(name: &str) -> Ticket {
        Ticket::new(json!({"query": format!("rows.{name}"), "version": 1, "params": {}}).to_string())
    }

    /// Waits until so many statements of the server run in Postgres.
    async fn wait_for_running(&self, expected: i64) {
        eventually(&format!("{expected} statements run"), async || self.database.running().await == expected).await;
    }
}

/// A public query's file.
fn query(name: &str, header: &str, select: &str) -> String {
    format!("/*---\nname: rows.{name}\nversion: 1\ndescription: Rows.\n{header}\naccess: public\n---*/\n{select}\n")
}

/// Waits until something is so.
async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let met = timeout(PATIENCE, async {
        while !is_so().await {
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(met.await.is_ok(), "it does not happen that {what}");
}

/// A view of fifty rows. The third and all behind it exist only once nobody holds the gate. The first is whole at the
/// client once the second was made: Postgres sends its buffer of 8 KiB when it is full, and each row is larger.
fn gated() -> String {
    format!(
        "CREATE VIEW gated AS SELECT n, repeat('x', 20000) || CASE WHEN n > 2 THEN \
         pg_advisory_xact_lock_shared({GATE})::text ELSE '' END AS filler FROM generate_series(1, 50) AS n"
    )
}

async fn gated_stage() -> (Stage, PgConnection) {
    let stage = Stage::set(&gated(), 1, &[("gated", "", "SELECT n, filler FROM pg.gated")]).await;
    let mut gate = stage.database.connect().await;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(GATE).execute(&mut gate).await.expect("the lock is free");
    (stage, gate)
}

async fn open(gate: &mut PgConnection) {
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(GATE).execute(gate).await.expect("the lock is ours");
}

/// How many rows are complete in the bytes that have come.
fn rows_in(format: &str, bytes: &[u8]) -> usize {
    match format {
        "ndjson" => bytes.split(|byte| *byte == b'\n').count() - 1,
        "csv" => bytes.split(|byte| *byte == b'\n').count().saturating_sub(2),
        "arrow" => {
            let (mut decoder, mut rows) = (StreamDecoder::new(), 0);
            let mut buffer = Buffer::from(bytes.to_vec());
            while let Some(batch) = decoder.decode(&mut buffer).expect("an Arrow stream") {
                rows += batch.num_rows();
            }
            rows
        }
        other => panic!("no test reads {other}"),
    }
}

fn unpacked(bytes: &[u8], coding: &str) -> Vec<u8> {
    if coding.is_empty() {
        return bytes.to_vec();
    }
    let mut decoder = GzDecoder::new(Vec::new());
    decoder.write_all(bytes).and_then(|()| decoder.flush()).expect("valid so far");
    decoder.get_ref().clone()
}

#[tokio::test]
async fn the_first_row_comes_before_the_third_exists() {
    let (stage, mut gate) = gated_stage().await;
    for (format, coding) in [("ndjson", ""), ("csv", ""), ("arrow", ""), ("ndjson", "gzip"), ("arrow", "gzip")] {
        let request = stage.server.http().get(&format!("/v1/rows/gated?format={format}"));
        let request = if coding.is_empty() { request } else { request.header("accept-encoding", coding) };
        let mut response = timeout(PATIENCE, request.stream()).await.expect("the head comes").expect("an answer");
        assert_eq!(response.headers().get("content-encoding").is_some(), coding == "gzip");
        let mut bytes = Vec::new();
        while rows_in(format, &unpacked(&bytes, coding)) == 0 {
            let chunk = timeout(PATIENCE, response.chunk()).await.unwrap_or_else(|_| panic!("{format} {coding} waits"));
            bytes.extend(chunk.expect("no failure").expect("the stream is not at its end"));
        }
        assert_eq!(stage.database.running().await, 1, "the statement still runs");
        assert!(rows_in(format, &unpacked(&bytes, coding)) <= 2, "the gate is closed");

        open(&mut gate).await;
        while let Some(chunk) = response.chunk().await.expect("no failure") {
            bytes.extend(chunk);
        }
        assert_eq!(rows_in(format, &unpacked(&bytes, coding)), 50, "{format} {coding}");
        sqlx::query("SELECT pg_advisory_lock($1)").bind(GATE).execute(&mut gate).await.expect("the lock is free");
    }
}

#[tokio::test]
async fn the_first_row_comes_before_the_third_exists_by_flight() {
    let (stage, mut gate) = gated_stage().await;
    let mut flight = stage.server.flight().await;
    let mut stream = flight.client().do_get(Stage::ticket("gated")).await.expect("a stream");
    let first = timeout(PATIENCE, stream.try_next()).await.expect("Flight waits").expect("no failure");
    let mut rows = first.map_or(0, |batch| batch.num_rows());
    assert!((1..=2).contains(&rows), "{rows} rows came, the gate is closed");
    assert_eq!(stage.database.running().await, 1, "the statement still runs");
    open(&mut gate).await;
    while let Some(batch) = stream.try_next().await.expect("no failure") {
        rows += batch.num_rows();
    }
    assert_eq!(rows, 50);
}

#[tokio::test]
async fn a_page_is_whole_or_a_problem_and_a_stream_that_fails_breaks_off() {
    let tables = format!("{}; CREATE VIEW broken AS SELECT n, filler, 1 / (n - 40) AS q FROM gated", gated());
    let queries =
        [("broken", "", "SELECT n, filler, q FROM pg.broken"), ("one", "", "SELECT n FROM pg.broken WHERE n = 1")];
    let stage = Stage::set(&tables, 1, &queries).await;
    let http = stage.server.http();
    let page = http.get("/v1/rows/broken?limit=60").send().await;
    assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (500, Some("AQ-603")), "{}", page.text());

    let mut gate = stage.database.connect().await;
    for format in ["ndjson", "csv", "arrow"] {
        sqlx::query("SELECT pg_advisory_lock($1)").bind(GATE).execute(&mut gate).await.expect("the lock is free");
        let mut response =
            http.get(&format!("/v1/rows/broken?format={format}")).stream().await.expect("the head of an answer");
        assert_eq!(response.status().as_u16(), 200);
        open(&mut gate).await;
        let end = loop {
            match response.chunk().await {
                Ok(Some(_)) => {}
                end => break end,
            }
        };
        assert!(end.is_err(), "{format} looks whole");
    }
    let refused = stage.server.flight().await.ticket(Stage::ticket("broken")).await.expect_err("it fails");
    assert!(refused.message.contains("AQ-603"), "{refused:?}");
    assert_eq!(http.get("/v1/rows/one").send().await.rows().len(), 1, "the connection is usable");
}

#[tokio::test]
async fn one_connection_is_enough_for_joins_and_unions_of_one_source() {
    let tables = "CREATE TABLE numbers AS SELECT n, n % 7 AS m, repeat('x', 100) AS filler \
                  FROM generate_series(1::bigint, 20000) AS n";
    let join = "SELECT a.n, b.filler FROM pg.numbers a JOIN pg.numbers b ON a.n = b.n JOIN pg.numbers c ON c.n = b.n";
    let union = "SELECT n, filler FROM pg.numbers UNION ALL SELECT -n AS n, filler FROM pg.numbers \
                 UNION ALL SELECT n + 20000 AS n, filler FROM pg.numbers";
    let nested = "SELECT n, (SELECT max(m) FROM pg.numbers) AS top FROM pg.numbers o \
                  WHERE EXISTS (SELECT 1 FROM pg.numbers i WHERE i.n = o.n AND i.m = 3)";
    let key = "page: {key: [n]}";
    let stage = Stage::set(tables, 1, &[("join", key, join), ("union", key, union), ("nested", key, nested)]).await;
    for (name, expected) in [("join", 20000), ("union", 60000), ("nested", 2857)] {
        let path = format!("/v1/rows/{name}");
        let stream = stage.server.http().get(&format!("{path}?format=ndjson")).send();
        assert_eq!(timeout(PATIENCE, stream).await.expect("it hangs").ndjson().len(), expected, "{name}");
        let page = timeout(PATIENCE, stage.server.http().get(&path).send()).await.expect("it hangs");
        assert_eq!(page.rows().len(), 100, "{name}");
        let mut flight = stage.server.flight().await;
        let fetched = timeout(PATIENCE, flight.ticket(Stage::ticket(name))).await.expect("it hangs").expect("rows");
        assert_eq!(fetched.batches.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), expected, "{name}");
    }
    // Requests side by side share it, too.
    let requests = (0..8).map(|_| stage.server.http().get("/v1/rows/union?format=csv").send());
    for answer in timeout(PATIENCE, futures::future::join_all(requests)).await.expect("they hang") {
        assert_eq!(answer.text().lines().count(), 60001);
    }
    assert!(stage.database.connections().await <= 1);
}
