//! Tables that change under a running server: a request fails at most once, and then the query is planned anew.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::Stage;

const QUERIES: [(&str, &str, &str); 2] = [
    ("copied", "", "SELECT id, four, eight FROM pg.copied"),
    (
        "prepared",
        "params:\n  id: {type: int64}\npage: {key: [id]}",
        "SELECT id, four, eight FROM pg.prepared WHERE id = :id",
    ),
];

/// How soon a server has noticed.
const SOON: Duration = Duration::from_secs(3);

fn tables() -> String {
    let table = |name: &str, rows: u32| {
        format!(
            "CREATE TABLE {name} (id int8 NOT NULL, four int4, eight int8) WITH (autovacuum_enabled = off);
             INSERT INTO {name} SELECT n, n, n FROM generate_series(1, {rows}) n;"
        )
    };
    format!("{}{} ANALYZE prepared;", table("copied", 20_000), table("prepared", 1000))
}

impl Stage {
    /// Asks until the answer is no failure of a source; that it may be once for each query.
    async fn check_noticed(&self, change: &str, expected: u16) {
        for path in ["/v1/rows/copied?format=ndjson", "/v1/rows/prepared?id=7"] {
            let began = Instant::now();
            loop {
                let answer = self.server.http().get(path).send().await;
                let status = answer.status.as_u16();
                if status == 502 {
                    assert_eq!(answer.json()["code"], "AQ-502", "{change}");
                    let detail = answer.json()["detail"].to_string();
                    assert!(detail.contains("no longer as it was"), "{change}: {detail}");
                    assert!(began.elapsed() < SOON, "{change}: {path} is not planned anew");
                    sleep(Duration::from_millis(20)).await;
                    continue;
                }
                assert_eq!(status, expected, "{change}: {path}: {}", answer.text());
                match status {
                    503 => assert_eq!(answer.json()["code"], "AQ-203", "{change}"),
                    _ if path.contains("prepared") => {
                        assert_eq!(answer.rows(), [json!({"id": 7, "four": 7, "eight": 7})], "{change}");
                    }
                    _ => assert_eq!(answer.ndjson().len(), 20_000, "{change}"),
                }
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_query_goes_on_over_tables_that_were_replaced() {
    let stage = Stage::set(&tables(), 2, &QUERIES).await;
    stage.check_noticed("none", 200).await;
    let both = |change: &str| ["copied", "prepared"].map(|table| change.replace("TABLE_", table)).join(";");
    for change in [
        "ALTER TABLE TABLE_ ADD extra text DEFAULT 'x'",
        "ALTER TABLE TABLE_ DROP extra",
        "ALTER TABLE TABLE_ DROP four; ALTER TABLE TABLE_ ADD four int4; UPDATE TABLE_ SET four = id",
        "CREATE TABLE TABLE_2 (LIKE TABLE_); INSERT INTO TABLE_2 SELECT * FROM TABLE_; DROP TABLE TABLE_; ALTER TABLE TABLE_2 RENAME TO TABLE_",
    ] {
        stage.database.execute(&both(change)).await;
        stage.check_noticed(change, 200).await;
    }
}

#[tokio::test]
async fn a_query_that_fits_no_longer_says_so() {
    for change in [
        "ALTER TABLE TABLE_ ALTER four TYPE float4",
        "ALTER TABLE TABLE_ ALTER eight TYPE timestamp USING 'epoch'",
        "ALTER TABLE TABLE_ DROP four",
        "ALTER TABLE TABLE_ RENAME four TO five",
        "ALTER TABLE TABLE_ RENAME TO TABLE_2",
        "DROP TABLE TABLE_",
    ] {
        let stage = Stage::set(&tables(), 2, &QUERIES).await;
        stage.check_noticed("none", 200).await;
        let both = ["copied", "prepared"].map(|table| change.replace("TABLE_", table)).join(";");
        stage.database.execute(&both).await;
        stage.check_noticed(change, 503).await;
    }
}
