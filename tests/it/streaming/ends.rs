//! How a statement ends in Postgres when its caller leaves, its time is up or the server stops: within a second, however
//! its rows come. And what Postgres is told about it.

use std::time::{Duration, Instant};

use sqlx::AssertSqlSafe;
use tokio::time::sleep;

use super::{PATIENCE, Stage, eventually};
use crate::contract::postgres::parallel::large;

/// How long a statement may live on, and a connection.
const SOON: Duration = Duration::from_secs(1);

/// By COPY, by COPY of parts, by a prepared statement: the rows of each come for as long as they are read. Sockets and
/// batches on their way hold tens of megabytes, so the parts are made wider than their table is.
const QUERIES: [(&str, &str, &str); 6] = [
    ("copied", "", "SELECT n, filler FROM pg.endless"),
    ("parts", "", "SELECT id, filler || filler || filler || filler || filler || filler AS filler FROM pg.large"),
    ("prepared", "", "SELECT n, filler FROM pg.endless LIMIT 9999"),
    (
        "late_copied",
        "page: {key: [n], consistency: keyset}\nlimits: {timeout: 1s}",
        "SELECT count(upper(slept)) AS n FROM pg.asleep",
    ),
    ("late_prepared", "page: {key: [n], consistency: keyset}\nlimits: {timeout: 1s}", "SELECT n FROM pg.asleep"),
    ("ready", "", "SELECT n FROM pg.asleep WHERE n < 0"),
];

/// Two connections, and what they run.
async fn stage() -> Stage {
    let views = "
        CREATE VIEW endless AS SELECT n, repeat('x', 20000) AS filler FROM (SELECT generate_series(1::bigint, 1000000000) AS n) AS s;
        CREATE FUNCTION many() RETURNS SETOF bigint LANGUAGE plpgsql ROWS 20000 AS $$ BEGIN RETURN NEXT 1; END $$;
        CREATE VIEW asleep AS SELECT many.n, pg_sleep(60)::text AS slept FROM many() AS many(n);";
    Stage::set(&format!("{} {views}", large("large")), 2, &QUERIES).await
}

impl Stage {
    /// The names of the statements that run, each with how it begins.
    async fn activity(&self) -> Vec<String> {
        let sql = "SELECT application_name || ': ' || split_part(query, ' ', 1) FROM pg_stat_activity
                   WHERE datname = $1 AND state = 'active' AND application_name LIKE 'aqueduct%' ORDER BY 1";
        let mut connection = self.database.connect().await;
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(&self.database.name).fetch_all(&mut connection).await.expect("rows")
    }

    /// Starts to read a query, and returns when its statements run.
    async fn begin(&self, name: &str, statements: &[&str]) -> reqwest::Response {
        let mut answer =
            self.server.http().get(&format!("/v1/rows/{name}?format=arrow")).stream().await.expect("an answer");
        answer.chunk().await.expect("no failure").expect("rows");
        let expected: Vec<_> = statements.iter().map(|begin| format!("aqueduct rows.{name} v1: {begin}")).collect();
        eventually(&format!("{expected:?} run"), async || self.activity().await == expected).await;
        answer
    }

    /// How long it takes until nothing runs.
    async fn until_rest(&self) -> Duration {
        let began = Instant::now();
        while self.database.running().await > 0 {
            assert!(began.elapsed() < PATIENCE, "{:?} run on", self.activity().await);
            sleep(Duration::from_millis(10)).await;
        }
        began.elapsed()
    }
}

const STATEMENTS: [(&str, &[&str]); 3] =
    [("copied", &["COPY"]), ("parts", &["COPY", "COPY"]), ("prepared", &["SELECT"])];

#[tokio::test]
async fn who_leaves_ends_every_statement_within_a_second() {
    let stage = stage().await;
    for (name, statements) in STATEMENTS {
        drop(stage.begin(name, statements).await);
        let took = stage.until_rest().await;
        assert!(took < SOON, "{name}: {took:?}");
    }
}

#[tokio::test]
async fn a_time_limit_ends_every_statement_within_a_second() {
    let stage = stage().await;
    for (name, statement) in [("late_copied", "COPY"), ("late_prepared", "SELECT")] {
        let http = stage.server.http();
        let path = format!("/v1/rows/{name}?limit=5");
        let (answer, ()) = tokio::join!(http.get(&path).send(), async {
            let expected = [format!("aqueduct rows.{name} v1: {statement}")];
            eventually("it runs", async || stage.activity().await == expected).await;
        });
        let took = stage.until_rest().await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (504, Some("AQ-401")), "{name}");
        assert!(took < SOON, "{name}: {took:?}");
    }
}

#[tokio::test]
async fn a_shutdown_ends_every_statement_within_a_second() {
    for (name, statements) in STATEMENTS {
        let stage = stage().await;
        let answer = stage.begin(name, statements).await;
        let asleep = stage.server.http().get("/v1/rows/late_prepared?limit=5").stream();
        let asleep = tokio::spawn(asleep);
        stage.server.signal("TERM");
        sleep(Duration::from_millis(100)).await;
        assert!(stage.database.running().await > 0, "{name}: it may end well at the first signal");
        let Stage { database, server, .. } = stage;
        assert_eq!(tokio::task::spawn_blocking(|| server.terminate()).await.expect("it ends").code(), Some(1));
        let began = Instant::now();
        while database.connections().await > 0 {
            assert!(began.elapsed() < PATIENCE, "{name}: it runs on");
            sleep(Duration::from_millis(10)).await;
        }
        assert!(began.elapsed() < SOON, "{name}: {:?}", began.elapsed());
        assert!(answer.bytes().await.is_err(), "{name}: a part of the rows is not a whole answer");
        drop(asleep.await.expect("the task ends"));
    }
}

#[tokio::test]
async fn postgres_is_told_whose_statement_it_is_and_how_long_it_may_run() {
    // One row where the server expects many.
    let view = "CREATE FUNCTION many() RETURNS SETOF bigint LANGUAGE plpgsql ROWS 20000
                AS $$ BEGIN RETURN NEXT 1; END $$;
                CREATE VIEW told AS SELECT many.n, current_setting('application_name') AS name,
                current_setting('statement_timeout') AS time, current_setting('transaction_read_only') AS reads
                FROM many() AS many(n)";
    let columns = "name, time, reads FROM pg.told";
    let queries = [
        ("rows", "page: {key: [name], consistency: keyset}\nlimits: {timeout: 7s}", format!("SELECT {columns}")),
        (
            "few",
            "page: {key: [name], consistency: keyset}\nlimits: {timeout: 8s}",
            format!("SELECT {columns} LIMIT 10"),
        ),
        (
            "grouped",
            "page: {key: [name], consistency: keyset}\nlimits: {timeout: 9s}",
            format!("SELECT {columns} GROUP BY name, time, reads"),
        ),
    ];
    let queries: Vec<_> = queries.iter().map(|(name, header, sql)| (*name, *header, sql.as_str())).collect();
    let stage = Stage::set(view, 1, &queries).await;
    let told = |name: &str, time: &str| serde_json::json!({"name": format!("aqueduct rows.{name} v1"), "time": time, "reads": "on"});
    let mark = stage.database.mark().await;
    for _ in 0..2 {
        for (name, time) in [("rows", "7s"), ("few", "8s"), ("grouped", "9s")] {
            let page = stage.server.http().get(&format!("/v1/rows/{name}")).send().await;
            assert_eq!(page.rows(), [told(name, time)]);
            let stream = stage.server.http().get(&format!("/v1/rows/{name}?format=ndjson")).send().await;
            assert_eq!(stream.ndjson(), [told(name, "0")]);
        }
    }
    let received = stage.database.received_since(&mark).await;
    let count = |begin: &str| {
        received.iter().filter(|statement| statement.sql.starts_with(begin) && statement.sql.contains("told")).count()
    };
    // A page of a few rows, and a stream of few, are prepared.
    assert!(count("COPY") >= 2 && count("SELECT \"") >= 6, "{received:#?}");
}

#[tokio::test]
async fn who_finds_no_connection_waits_for_as_long_as_he_may() {
    let stage = Stage::set(
        "CREATE VIEW asleep AS SELECT 1::bigint AS n, pg_sleep(60)::text AS slept; CREATE VIEW ready AS SELECT 1::bigint AS n",
        1,
        &[
            ("asleep", "", "SELECT n, slept FROM pg.asleep"),
            ("ready", "limits: {timeout: 1s}", "SELECT n FROM pg.ready"),
        ],
    )
    .await;
    let http = stage.server.http();
    let holder = tokio::spawn(http.get("/v1/rows/asleep?format=ndjson").try_send());
    stage.wait_for_running(1).await;
    for format in ["json", "ndjson"] {
        let began = Instant::now();
        let answer = http.get(&format!("/v1/rows/ready?format={format}")).send().await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (504, Some("AQ-401")), "{format}");
        assert!(began.elapsed() > Duration::from_millis(900) && began.elapsed() < Duration::from_secs(3), "{format}");
    }
    holder.abort();
    drop(holder.await);
    stage.wait_for_running(0).await;
    assert_eq!(http.get("/v1/rows/ready").send().await.rows().len(), 1);
}
