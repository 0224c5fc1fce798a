//! Who leaves takes everything along: the statement in the source, its connection, memory, file descriptors.

use std::{fs, future::Future, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Client;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, Stage, eventually, query};
use crate::harness::{process, project::Project, server::Server, sqlite};

/// A view that gives no row for a minute, one that gives rows for as long as they are read, and one that is at once there.
const TABLES: &str = "
    CREATE VIEW asleep AS SELECT 1::bigint AS n, pg_sleep(60)::text AS slept;
    CREATE VIEW endless AS SELECT n, repeat('x', 1000) AS filler
    FROM (SELECT generate_series(1::bigint, 1000000000) AS n) AS s;
    CREATE VIEW ready AS SELECT 1::bigint AS n;
";
const QUERIES: [(&str, &str, &str); 4] = [
    ("asleep", "", "SELECT n, slept FROM pg.asleep"),
    ("hurried", "limits: {timeout: 1s}", "SELECT n, slept FROM pg.asleep"),
    ("endless", "page: {key: [n], consistency: keyset}", "SELECT n, filler FROM pg.endless"),
    ("ready", "page: {key: [n]}", "SELECT n FROM pg.ready"),
];
/// How long a statement may live on in Postgres after its caller has left.
const SOON: Duration = Duration::from_secs(5);

/// A client without a pool: who drops a request closes its connection, or resets its stream.
fn client(http2: bool) -> Client {
    let client = Client::builder().pool_max_idle_per_host(usize::from(http2));
    let client = if http2 { client.http2_prior_knowledge() } else { client.http1_only() };
    client.build().expect("a plain client can be built")
}

impl Stage {
    fn url(&self, path: &str) -> String {
        format!("http://{}/v1/rows/{path}", self.server.http)
    }

    /// Starts `call`, waits until its statement runs, lets it go, and sees that the only connection is free again.
    async fn leave(&self, what: &str, call: impl Future) {
        tokio::select! {
            _ = call => panic!("{what}: the call ended by itself"),
            () = self.wait_for_running(1) => {}
        }
        self.check_free(what).await;
    }

    async fn check_free(&self, what: &str) {
        let idle = async {
            while self.database.running().await > 0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(timeout(SOON, idle).await.is_ok(), "{what}: its statement runs on");
        let next = timeout(PATIENCE, self.server.http().get("/v1/rows/ready").send()).await;
        assert_eq!(next.unwrap_or_else(|_| panic!("{what}: the pool is stuck")).rows().len(), 1);
        assert!(self.database.connections().await <= 1, "{what}: it left a connection");
    }
}

#[tokio::test]
async fn who_leaves_before_the_first_row_ends_the_statement() {
    let stage = Stage::set(TABLES, 1, &QUERIES).await;
    for http2 in [false, true] {
        for format in ["json", "ndjson", "arrow", "parquet"] {
            let client = client(http2);
            let call = client.get(stage.url(&format!("asleep?format={format}"))).send();
            stage.leave(&format!("{format}, HTTP/2 {http2}"), call).await;
        }
    }
    let mut flight = stage.server.flight().await;
    stage.leave("Flight", flight.client().do_get(Stage::ticket("asleep"))).await;
}

#[tokio::test]
async fn who_leaves_in_mid_stream_ends_the_statement() {
    let stage = Stage::set(TABLES, 1, &QUERIES).await;
    for http2 in [false, true] {
        for format in ["ndjson", "csv", "arrow"] {
            let client = client(http2);
            let answer = client.get(stage.url(&format!("endless?format={format}"))).send().await;
            let mut answer = answer.expect("an answer");
            for _ in 0..10 {
                answer.chunk().await.expect("no failure").expect("rows");
            }
            assert_eq!(stage.database.running().await, 1);
            drop(answer);
            stage.check_free(&format!("{format}, HTTP/2 {http2}")).await;
        }
    }
    let mut flight = stage.server.flight().await;
    let mut rows = flight.client().do_get(Stage::ticket("endless")).await.expect("a stream");
    rows.try_next().await.expect("no failure").expect("rows");
    drop(rows);
    stage.check_free("Flight").await;
}

#[tokio::test]
async fn a_time_limit_ends_the_statement() {
    let stage = Stage::set(TABLES, 1, &QUERIES).await;
    for format in ["json", "ndjson"] {
        let answer = stage.server.http().get(&format!("/v1/rows/hurried?format={format}")).send().await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (504, Some("AQ-401")), "{format}");
        stage.check_free(format).await;
    }
    let refused = stage.server.flight().await.ticket(Stage::ticket("hurried")).await.expect_err("it takes too long");
    assert!(refused.message.contains("AQ-401"), "{refused:?}");
    stage.check_free("Flight").await;
}

/// Open files and threads of the server.
fn held(server: &Server) -> (usize, usize) {
    let count = |what: &str| fs::read_dir(format!("/proc/{}/{what}", server.pid())).expect("the server runs").count();
    (count("fd"), count("task"))
}

#[tokio::test]
async fn two_hundred_who_leave_cost_nothing() {
    const CONNECTIONS: u32 = 3;
    let stage = Stage::set(TABLES, CONNECTIONS, &QUERIES).await;
    let leave = async |index: usize| {
        let pause = Duration::from_millis(10 * (index as u64 % 7));
        let client = client(index.is_multiple_of(3));
        let (name, format) =
            [("asleep", "json"), ("endless", "ndjson"), ("endless", "arrow"), ("endless", "json")][index % 4];
        let left = timeout(pause + Duration::from_millis(5), async {
            let mut answer = client.get(stage.url(&format!("{name}?format={format}"))).send().await.ok()?;
            while answer.chunk().await.ok()?.is_some() {}
            Some(())
        });
        // A page may be complete before its reader has gone.
        let _ = left.await;
    };
    let everyone = async |range: std::ops::Range<usize>| {
        stream::iter(range).map(&leave).buffer_unordered(8).collect::<Vec<()>>().await;
        stage.wait_for_running(0).await;
        assert_eq!(stage.server.http().get("/v1/rows/ready").send().await.rows().len(), 1);
    };
    // Allocators keep what they have had once.
    everyone(0..100).await;
    let ((files, threads), memory) = (held(&stage.server), stage.server.resident_bytes());
    everyone(0..200).await;
    eventually("files and threads are given back", async || {
        let (files_now, threads_now) = held(&stage.server);
        files_now <= files + CONNECTIONS as usize + 2 && threads_now <= threads + 8
    })
    .await;
    eventually("connections are given back", async || stage.database.connections().await <= CONNECTIONS.into()).await;
    let now = stage.server.resident_bytes();
    assert!(now < memory + (64 << 20), "from {memory} to {now} bytes");
}

/// Ticks of processor time that the server has used.
fn processor_time(server: &Server) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.pid())).expect("the server runs");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

#[tokio::test]
async fn a_scan_of_sqlite_ends_with_its_caller() {
    let directory = process::directory("sqlite-");
    let file = directory.path().join("lite.db");
    let views = "CREATE VIEW counted AS SELECT count(*) AS n FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
                 SELECT n FROM c); CREATE TABLE ready (n integer); INSERT INTO ready VALUES (1);";
    sqlite::execute(&file, views).await;
    let project = Project::new()
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file(
            "catalogs/lite.yaml",
            &format!("kind: sqlite\npath: {}\ntables:\n  counted: {{columns: {{n: int64}}}}\n", file.display()),
        )
        .file("queries/rows/counted.sql", &query("counted", "", "SELECT n FROM lite.counted"))
        .file("queries/rows/ready.sql", &query("ready", "page: {key: [n]}", "SELECT n FROM lite.ready"));
    let server = Server::start(project.path(), &[]).await;
    // More than there are connections to a file.
    for index in 0..6 {
        let http = client(index % 2 == 0);
        let call = http.get(format!("http://{}/v1/rows/counted", server.http)).send();
        let left = timeout(Duration::from_millis(300), call).await;
        assert!(left.is_err(), "it counted to the end of an endless view: {left:?}");
    }
    let next = timeout(PATIENCE, server.http().get("/v1/rows/ready").send()).await.expect("the pool is stuck");
    assert_eq!(next.rows().len(), 1);
    eventually("the server rests", async || {
        let before = processor_time(&server);
        sleep(Duration::from_millis(500)).await;
        processor_time(&server) - before < 10
    })
    .await;
}
