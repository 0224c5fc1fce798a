//! Memory does not grow with the result, nor while a reader stands still.

use std::time::{Duration, Instant};

use futures::TryStreamExt;
use sqlx::Connection;
use tokio::time::sleep;

use super::{Stage, eventually};
use crate::harness::tools::is_long_run;

/// Beyond what the server held after its first large result: buffers of the kernel are not among it.
const GROWTH: u64 = 64 << 20;
/// How long a reader stands still.
const STILL: Duration = Duration::from_secs(3);

/// Ten million rows of a good hundred bytes, made as they are read; and a few of them to get warm.
const TABLES: &str = "
    CREATE VIEW many AS SELECT n, repeat('x', 100) AS filler FROM (SELECT generate_series(1::bigint, 10000000) AS n) AS s;
    CREATE VIEW few AS SELECT n, repeat('x', 100) AS filler FROM (SELECT generate_series(1::bigint, 100000) AS n) AS s;
";
const MANY: u64 = 10_000_000;

async fn stage() -> Stage {
    let queries = [("many", "", "SELECT n, filler FROM pg.many"), ("few", "", "SELECT n, filler FROM pg.few")];
    let stage = Stage::set(TABLES, 1, &queries).await;
    for format in ["ndjson", "arrow"] {
        stage.server.http().get(&format!("/v1/rows/few?format={format}")).send().await;
    }
    stage.server.flight().await.ticket(Stage::ticket("few")).await.expect("rows");
    stage
}

impl Stage {
    /// Waits until Postgres cannot send any more, and then sees that the server's memory stays as it is.
    async fn check_held_back(&self, baseline: u64) {
        eventually("Postgres is held back", async || {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'aqueduct%' \
                       AND wait_event = 'ClientWrite'";
            let mut connection = self.database.connect().await;
            let waiting: i64 =
                sqlx::query_scalar(sql).bind(&self.database.name).fetch_one(&mut connection).await.expect("a count");
            connection.close().await.expect("a connection can be closed");
            waiting == 1
        })
        .await;
        let end = Instant::now() + STILL;
        while Instant::now() < end {
            self.check_memory(baseline);
            sleep(Duration::from_millis(100)).await;
        }
    }

    fn check_memory(&self, baseline: u64) {
        let now = self.server.resident_bytes();
        assert!(now < baseline + GROWTH, "from {baseline} to {now} bytes");
    }
}

#[tokio::test]
async fn a_reader_that_stands_still_holds_back_the_source() {
    let stage = stage().await;
    let baseline = stage.server.resident_bytes();
    for path in ["/v1/rows/many?format=ndjson", "/v1/rows/many?format=arrow"] {
        let mut response = stage.server.http().get(path).stream().await.expect("an answer");
        response.chunk().await.expect("no failure").expect("rows");
        stage.check_held_back(baseline).await;
        // It flows again.
        let mut bytes = 0;
        while bytes < 32 << 20 {
            bytes += response.chunk().await.expect("no failure").expect("rows").len();
        }
        stage.check_memory(baseline);
        drop(response);
        stage.wait_for_running(0).await;
    }
}

#[tokio::test]
async fn a_reader_that_stands_still_holds_back_the_source_by_flight() {
    let stage = stage().await;
    let baseline = stage.server.resident_bytes();
    let mut flight = stage.server.flight().await;
    let mut stream = flight.client().do_get(Stage::ticket("many")).await.expect("a stream");
    stream.try_next().await.expect("no failure").expect("rows");
    stage.check_held_back(baseline).await;
    let mut rows = 0;
    while rows < 300_000 {
        rows += stream.try_next().await.expect("no failure").expect("rows").num_rows();
    }
    stage.check_memory(baseline);
    drop(stream);
    stage.wait_for_running(0).await;
}

/// The short run reads a tenth of it: a debug build takes its time.
#[tokio::test]
async fn a_large_result_needs_no_more_memory_than_a_small_one() {
    let stage = stage().await;
    let baseline = stage.server.peak_bytes();
    let wanted = if is_long_run() { MANY } else { MANY / 10 };
    let mut flight = stage.server.flight().await;
    let mut stream = flight.client().do_get(Stage::ticket("many")).await.expect("a stream");
    let mut rows = 0;
    while rows < wanted
        && let Some(batch) = stream.try_next().await.expect("no failure")
    {
        rows += batch.num_rows() as u64;
    }
    assert!(rows >= wanted, "only {rows} rows came");
    drop(stream);
    let mut response = stage.server.http().get("/v1/rows/many?format=ndjson").stream().await.expect("an answer");
    let mut rows = 0;
    while rows < wanted
        && let Some(chunk) = response.chunk().await.expect("no failure")
    {
        rows += chunk.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
    }
    assert!(rows >= wanted, "only {rows} rows came");
    let peak = stage.server.peak_bytes();
    assert!(peak < baseline + GROWTH, "from {baseline} to {peak} bytes");
}
