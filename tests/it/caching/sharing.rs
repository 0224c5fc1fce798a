//! Who shares a run: the same values however they are written, whoever asks, in whatever form; and what is the caller's own.

use serde_json::json;

use super::{KEYS, Suite, is_hit, is_miss, until};
use crate::harness::http::{Answer, all_pages};

#[tokio::test]
async fn the_same_values_are_the_same_result_however_they_are_written() {
    let suite = Suite::start().await;
    let mark = suite.database.mark().await;
    assert!(is_miss(&suite.get("/v1/c/listed").send().await));
    for path in
        ["?region=EU", "?below=1000&region=EU", "?region=EU&below=01000", "?limit=100", "?limit=100&region=E%55"]
    {
        assert!(is_hit(&suite.get(&format!("/v1/c/listed{path}")).send().await), "{path}");
    }
    for body in [json!({}), json!({"ids": [], "region": "EU"}), json!({"below": 1000.0})] {
        assert!(is_hit(&suite.http().post("/v1/c/listed", &body).send().await), "{body}");
    }
    assert_eq!(suite.asked("things", &mark).await, 1);
    for path in ["?region=US", "?below=999", "?limit=99", "?ids=1"] {
        assert!(is_miss(&suite.get(&format!("/v1/c/listed{path}")).send().await), "{path}");
    }
}

#[tokio::test]
async fn consumers_share_a_run_but_no_cursor() {
    let suite = Suite::start().await;
    let mark = suite.database.mark().await;
    let path = "/v1/c/scoped?limit=10";
    let [ann, bob] = KEYS.map(|(_, key, _)| key);
    let of_ann = suite.get(path).bearer(ann).send().await;
    let of_bob = suite.get(path).bearer(bob).send().await;
    assert!(is_miss(&of_ann) && is_hit(&of_bob), "{of_ann:?} {of_bob:?}");
    assert_eq!(suite.asked("things", &mark).await, 1);
    assert_eq!(of_ann.rows(), of_bob.rows());
    assert_ne!(of_ann.header("etag"), of_bob.header("etag"));
    let (cursor, other) = (of_ann.cursor().expect("more follow"), of_bob.cursor().expect("more follow"));
    assert_ne!(cursor, other);
    assert_eq!(suite.get(&format!("{path}&cursor={cursor}")).bearer(bob).send().await.status.as_u16(), 410);
    assert_eq!(suite.get(&format!("{path}&cursor={other}")).bearer(bob).send().await.status.as_u16(), 200);
    // A tag is of one caller's answer, and what is kept is looked up behind the grant only.
    let told = suite.get(path).bearer(bob).header("if-none-match", of_ann.header("etag")).send().await;
    assert_eq!(told.status.as_u16(), 200);
    for (request, expected) in [(suite.get(path), 401), (suite.get(path).bearer("nobody"), 401)] {
        let refused = request.header("if-none-match", of_ann.header("etag")).send().await;
        assert_eq!(
            (refused.status.as_u16(), refused.header("etag"), refused.header("cache-status")),
            (expected, "", "")
        );
    }
}

#[tokio::test]
async fn every_form_of_a_result_comes_from_one_run() {
    let suite = Suite::start().await;
    let mark = suite.database.mark().await;
    let path = "/v1/c/grouped";
    // All first, so that smaller pages are of what is in memory.
    let all = suite.get(&format!("{path}?format=ndjson")).send().await;
    assert!(is_miss(&all) && all.ndjson().len() == 250);
    let pages = all_pages(&format!("{path}?limit=60"), |path| suite.get(path)).await;
    assert_eq!(pages.iter().flat_map(Answer::rows).collect::<Vec<_>>(), all.ndjson());
    assert!(pages.iter().all(is_hit), "{pages:?}");
    assert_eq!(pages[1].json()["meta"]["generated_at"], pages[0].json()["meta"]["generated_at"]);
    let counted = suite.get(&format!("{path}?limit=7&count=exact&skip=248")).send().await;
    assert_eq!((counted.rows().len(), &counted.json()["pagination"]["total"]), (2, &json!(250)));
    for format in ["csv", "arrow", "parquet"] {
        assert!(is_hit(&suite.get(&format!("{path}?format={format}")).send().await), "{format}");
    }
    let fetched = suite.server.flight().await.path(&["v1", "c", "grouped"]).await.expect("rows");
    assert_eq!(fetched.batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 250);
    assert_eq!(suite.asked("things", &mark).await, 1);

    // A keyset counts by a statement of its own, once for each page that is kept.
    let mark = suite.database.mark().await;
    for _ in 0..3 {
        let counted = suite.get("/v1/c/listed?count=exact&limit=5").send().await;
        assert_eq!(counted.json()["pagination"]["total"], 250);
    }
    assert_eq!(suite.asked("things", &mark).await, 2);
}

#[tokio::test]
async fn pages_that_are_kept_are_the_whole_result() {
    let suite = Suite::start().await;
    for path in ["/v1/c/listed?limit=70", "/v1/c/grouped?limit=70"] {
        let first = all_pages(path, |path| suite.get(path)).await;
        assert_eq!(first.iter().flat_map(Answer::rows).count(), 250, "{path}");
        let again = all_pages(path, |path| suite.get(path)).await;
        for (one, other) in first.iter().zip(&again) {
            assert_eq!(one.bytes, other.bytes);
            assert!(is_hit(other), "{other:?}");
        }
    }
}

#[tokio::test]
async fn another_table_is_another_result_and_the_same_one_is_not() {
    let catalog = "kind: postgres\nurl: \"{{postgres_url}}\"\nrefresh: 1s\n";
    let suite = Suite::with(&[], catalog).await;
    assert!(is_miss(&suite.get("/v1/c/listed").send().await));
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(is_hit(&suite.get("/v1/c/listed").send().await), "the source was asked for its tables and said the same");
    suite.database.execute("CREATE TABLE others (id int)").await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(is_hit(&suite.get("/v1/c/listed").send().await), "it does not read that table");
    suite.database.execute("ALTER TABLE things ADD COLUMN more int").await;
    until(|| suite.get("/v1/c/listed"), is_miss).await;
}

#[tokio::test]
async fn the_command_line_always_asks() {
    let suite = Suite::start().await;
    let mark = suite.database.mark().await;
    for _ in 0..2 {
        let mut command = crate::harness::server::aqueduct(suite.project.path());
        let output = command.args(["query", "c.grouped", "--format", "ndjson"]).output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 250, "{output:?}");
    }
    assert_eq!(suite.asked("things", &mark).await, 2);
    assert!(is_miss(&suite.get("/v1/c/grouped").send().await));
}
