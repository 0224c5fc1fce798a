//! What is refused because of what else is going on: too many requests, and streams that stand still.

use std::time::{Duration, Instant};

use aqueduct::{model::Code, pipeline::IDLE};
use serde_json::json;

use super::{Row, Suite, setup::key};

/// All but the stream that stands still, which takes its time.
pub async fn all(suite: &Suite) -> Vec<Row> {
    // A server for one request at a time, and for nobody without a key.
    let settings = [("AQUEDUCT_ENGINE__CONCURRENCY", "1"), ("AQUEDUCT_AUTH__ANONYMOUS", "false")];
    let narrow = suite.another_server(&settings).await;
    let http = narrow.http();
    let path = "/v1/refusals/paged?limit=1";

    let missing = Row::run("no credentials where all need them", Code::CredentialsMissing, async {
        let answer = http.get(path).send().await;
        suite.assert_problem(&answer, Code::CredentialsMissing);
        super::assert_detail(&answer, "this service needs credentials");
        let refused =
            narrow.flight().await.path(&["v1", "refusals", "paged"]).await.expect_err("Flight needs a key too");
        suite.assert_refused(&refused, Code::CredentialsMissing, "this service needs credentials");
    });
    let missing = missing.await;
    let overloaded = Row::run("a request too many", Code::Overloaded, async {
        let held = http.get("/v1/refusals/wide?format=ndjson").bearer(key("reader")).stream().await;
        let held = held.expect("the stream begins");
        let answer = http.get(path).bearer(key("reader")).send().await;
        suite.assert_problem(&answer, Code::Overloaded);
        super::assert_detail(&answer, "too many requests are running");
        assert_eq!(answer.header("retry-after"), "1");
        let mut flight = narrow.flight().await.bearer(key("reader"));
        let refused = flight.command("refusals.paged", 1, &json!({})).await.expect_err("Flight has the same slots");
        suite.assert_refused(&refused, Code::Overloaded, "too many requests are running");

        drop(held);
        let deadline = Instant::now() + Duration::from_secs(20);
        while http.get(path).bearer(key("reader")).send().await.status != 200 {
            assert!(Instant::now() < deadline, "the slot of a stream that was dropped stays taken");
        }
    });
    vec![missing, overloaded.await]
}

/// A source that gives some rows and then none: HTTP breaks the answer off, Flight says why, and the log too.
pub async fn a_stream_that_stands_still(suite: &Suite) -> Vec<Row> {
    let row = Row::run("a stream that stands still", Code::StreamIdle, async {
        let began = Instant::now();
        let http = suite.server.http();
        let mut flight = suite.server.flight().await;
        let nothing = json!({});
        let (broken, refused) = tokio::join!(
            http.get("/v1/refusals/stalling?format=ndjson").header("x-request-id", "stalling").try_send(),
            flight.command("refusals.stalling", 1, &nothing)
        );
        broken.expect_err("a part of the rows is not a whole answer");
        let refused = refused.expect_err("a part of the rows is not a whole answer");
        suite.assert_refused(&refused, Code::StreamIdle, "the query gave no row for 30 s");
        assert!((IDLE..IDLE * 2).contains(&began.elapsed()), "it took {:?}", began.elapsed());
        let log = suite.server.log();
        let line = log.lines().find(|line| line.contains("\"stalling\"")).expect("the request is logged");
        assert!(line.contains(Code::StreamIdle.as_str()), "{line}");
    });
    vec![row.await]
}
