//! A network that breaks, seen from outside: a problem before the first byte, a broken answer behind it, and then all is
//! well again.

use std::time::Duration;

use tokio::time::timeout;

use super::{PATIENCE, Stage};
use crate::harness::{
    postgres,
    proxy::{Break, Proxy, address},
    tools::is_long_run,
};

const TABLES: &str = "
    CREATE TABLE many (n bigint, filler text) WITH (autovacuum_enabled = off);
    INSERT INTO many SELECT n, repeat('x', 200) FROM generate_series(1, 40000) n;
    CREATE TABLE known AS SELECT n, 'value ' || n AS value FROM generate_series(1::bigint, 1000) n; ANALYZE known;";
const QUERIES: [(&str, &str, &str); 4] = [
    ("many", "", "SELECT n, filler FROM pg.many"),
    (
        "counted",
        "page: {key: [k]}\nlimits: {timeout: 10s}",
        "SELECT n % 10 AS k, count(upper(filler)) AS rows FROM pg.many GROUP BY n % 10",
    ),
    (
        "hurried",
        "page: {key: [k]}\nlimits: {timeout: 1s}",
        "SELECT n % 10 AS k, count(upper(filler)) AS rows FROM pg.many GROUP BY n % 10",
    ),
    ("known", "params:\n  id: {type: int64}\npage: {key: [n]}", "SELECT n, value FROM pg.known WHERE n = :id"),
];
/// Bytes of the server before which no row is whole, and those behind which many have been sent on.
const EARLY: usize = 30_000;
const LATE: usize = 7_000_000;

async fn stage() -> (Stage, Proxy) {
    let database = postgres::database().await;
    database.execute(TABLES).await;
    let proxy = Proxy::before(address(&database.url)).await;
    let url = proxy.url(&database.url);
    (Stage::over(database, &url, 2, &QUERIES).await, proxy)
}

impl Stage {
    async fn check_works(&self) {
        let page = timeout(PATIENCE, self.server.http().get("/v1/rows/known?id=7").send()).await.expect("it hangs");
        assert_eq!(page.rows(), [serde_json::json!({"n": 7, "value": "value 7"})]);
        let stream = self.server.http().get("/v1/rows/many?format=ndjson").send();
        assert_eq!(timeout(PATIENCE, stream).await.expect("it hangs").ndjson().len(), 40_000);
    }

    /// The answer is a problem with this status and code.
    async fn check_problem(&self, path: &str, expected: (u16, &str)) {
        let answer = timeout(PATIENCE, self.server.http().get(path).send()).await.expect("it hangs");
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (expected.0, "application/problem+json"),
            "{path}"
        );
        assert_eq!(answer.json()["code"], expected.1, "{path}");
    }

    /// The answer begins, and does not end well.
    async fn check_broken(&self, path: &str) {
        let answer = timeout(PATIENCE, self.server.http().get(path).stream()).await.expect("it hangs").expect("a head");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        // As long as a stream may stand still, and longer.
        let body = timeout(2 * PATIENCE, answer.bytes()).await.expect("it hangs");
        assert!(body.is_err(), "{path} looks whole");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_is_a_problem_or_a_broken_answer() {
    let (stage, proxy) = stage().await;
    for how in [Break::Reset, Break::Close] {
        for format in ["ndjson", "csv", "arrow"] {
            let path = format!("/v1/rows/many?format={format}");
            // Over a new connection: one that waited may have died before, and another takes its place.
            proxy.close_all().await;
            proxy.break_after(EARLY, how);
            stage.check_problem(&path, (503, "AQ-501")).await;
            proxy.break_after(LATE, how);
            stage.check_broken(&path).await;
        }
        for bytes in [EARLY, LATE] {
            proxy.close_all().await;
            proxy.break_after(bytes, how);
            stage.check_problem("/v1/rows/counted", (503, "AQ-501")).await;
        }
        proxy.break_after(LATE, how);
        let broken = stage.server.flight().await.ticket(Stage::ticket("many")).await.expect_err("it breaks");
        assert!(broken.message.contains("AQ-501"), "{broken:?}");
        stage.check_works().await;
        proxy.break_after(20, how);
        stage.check_works().await;
        assert!(proxy.has_broken());
    }
    assert!(stage.database.connections().await <= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_ends_with_the_time_of_a_request() {
    let (stage, proxy) = stage().await;
    stage.check_works().await;
    for bytes in [EARLY, LATE] {
        proxy.break_after(bytes, Break::Hang);
        stage.check_problem("/v1/rows/hurried", (504, "AQ-401")).await;
        proxy.break_after(bytes, Break::Hang);
        stage.check_problem("/v1/rows/hurried?format=ndjson", (504, "AQ-401")).await;
        stage.check_works().await;
    }
    if is_long_run() {
        proxy.break_after(LATE, Break::Hang);
        stage.check_broken("/v1/rows/many?format=csv").await;
        stage.check_works().await;
    }
    // All that there is, and all that comes, for longer than a connection may take.
    proxy.break_all(Break::Hang);
    stage.check_problem("/v1/rows/hurried", (504, "AQ-401")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    proxy.mend();
    stage.check_works().await;
}
