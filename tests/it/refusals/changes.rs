//! What was right when the server started, and is no longer.

use std::{
    fs,
    time::{Duration, Instant},
};

use aqueduct::model::Code;
use serde_json::json;

use super::{Row, Suite};

/// All of them, one after the other.
pub async fn all(suite: &Suite) -> Vec<Row> {
    let http = suite.server.http();
    for query in ["drift", "drift_type", "broken"] {
        assert_eq!(http.get(&format!("/v1/refusals/{query}")).send().await.status, 200, "{query} is right at first");
    }
    suite.database.execute("ALTER TABLE drift.thing DROP COLUMN colour, ALTER COLUMN size TYPE text").await;
    let file = suite.project.join("lake/broken.parquet");
    let length = fs::read(&file).expect("it is there").len();
    fs::write(&file, vec![b'x'; length]).expect("it can be written");
    vec![
        unavailable(suite, "a column that is gone", "drift", "the query no longer fits its sources").await,
        unavailable(
            suite,
            "a column of another type",
            "drift_type",
            "the columns of its sources have changed since the query was loaded",
        )
        .await,
        damaged(suite).await,
    ]
}

/// The next refresh of the source sees it; the one under way may not.
async fn unavailable(suite: &Suite, name: &str, query: &str, detail: &str) -> Row {
    Row::run(name, Code::QueryUnavailable, async {
        let http = suite.server.http();
        let deadline = Instant::now() + Duration::from_secs(30);
        let answer = loop {
            let answer = http.get(&format!("/v1/refusals/{query}")).send().await;
            if answer.status == 503 || Instant::now() > deadline {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        suite.assert_problem(&answer, Code::QueryUnavailable);
        super::assert_detail(&answer, detail);
        let mut flight = suite.server.flight().await;
        let refused = flight.command(&format!("refusals.{query}"), 1, &json!({})).await.expect_err("Flight refuses it");
        suite.assert_refused(&refused, Code::QueryUnavailable, detail);
        assert_eq!(http.get("/v1/refusals/paged").send().await.status, 200, "other queries go on");
    })
    .await
}

async fn damaged(suite: &Suite) -> Row {
    let code = Code::SourceFailed;
    Row::run("a file that was damaged", code, async {
        let answer = suite.server.http().get("/v1/refusals/broken").send().await;
        suite.assert_problem(&answer, code);
        let mut flight = suite.server.flight().await;
        let refused = flight.command("refusals.broken", 1, &json!({})).await.expect_err("Flight refuses it");
        suite.assert_refused(&refused, code, answer.json()["detail"].as_str().unwrap_or_default());
    })
    .await
}
