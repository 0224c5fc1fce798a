//! Tables that change while we run: what was planned before fails cleanly at most once, or still fits; nothing is misread.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aqueduct::{
    model::{Code, TableNames},
    sources::Source,
};
use futures::{StreamExt, future::join_all};
use tokio::time::timeout;

use super::{Engine, run, try_open, with};
use crate::harness::tools::is_long_run;

/// How its rows come: by COPY where nobody knows how many there are.
const ROADS: [(&str, &str); 2] = [("copied", ""), ("prepared", "ANALYZE item;")];

/// 2000 rows whose values look alike in other types of the same width.
fn item(then: &str) -> String {
    format!(
        "DROP TABLE IF EXISTS item, old;
         CREATE TABLE item (id int8, four int4, eight int8, name text) WITH (autovacuum_enabled = off);
         INSERT INTO item SELECT n, n, n * 1000000, 'a' || n FROM generate_series(1, 2000) n; {then}"
    )
}

/// What is done to it, and whether the plans of before still fit.
const CHANGES: [(&str, bool); 12] = [
    ("ALTER TABLE item ADD extra int4", true),
    ("ALTER TABLE item DROP name", false),
    ("ALTER TABLE item RENAME name TO title", false),
    ("ALTER TABLE item ALTER four TYPE float4", false),
    ("ALTER TABLE item ALTER eight TYPE float8", false),
    ("ALTER TABLE item ALTER eight TYPE timestamp USING 'epoch'::timestamp + eight * interval '1 us'", false),
    ("ALTER TABLE item ALTER eight TYPE int4 USING id", false),
    ("ALTER TABLE item ALTER name TYPE bytea USING name::bytea", false),
    // The same columns, in another order and place.
    ("ALTER TABLE item DROP four; ALTER TABLE item ADD four int4; UPDATE item SET four = id", true),
    (
        "ALTER TABLE item RENAME TO old; CREATE TABLE item AS SELECT id, name::int4 AS four, eight FROM (SELECT id, '7' AS name, eight FROM old) o",
        false,
    ),
    ("DROP TABLE item", false),
    (
        "CREATE TABLE other AS SELECT name, eight, four, id FROM item; DROP TABLE item; ALTER TABLE other RENAME TO item",
        true,
    ),
];

const ALL: &str = "SELECT id, four, eight, name FROM item";

fn expected() -> Vec<String> {
    let mut rows: Vec<_> = (1..=2000).map(|n| format!("{n}|{n}|{}|a{n}", n * 1_000_000)).collect();
    rows.sort();
    rows
}

/// Has the source been told that its tables are not those that it found?
async fn is_stale(source: &Arc<dyn Source>) -> bool {
    timeout(Duration::from_millis(200), source.stale()).await.is_ok()
}

#[tokio::test]
async fn a_table_that_was_altered_is_never_misread() {
    let url = with("").await;
    for (road, then) in ROADS {
        for (change, fits) in CHANGES {
            run(&url, &item(then)).await;
            let source = try_open(&url, &[], 2, vec![], true).expect("a good URL");
            let engine = Engine::over(&source).await;
            // One session that has prepared its statement before, and then one that has not.
            assert_eq!(engine.rows(ALL).await.as_ref(), Ok(&expected()), "{road}");
            run(&url, change).await;
            for session in ["old", "new"] {
                let what = format!("{road}, {session} session: {change}");
                let answer = engine.rows(ALL).await;
                match &answer {
                    Ok(rows) => assert!(fits && *rows == expected(), "{what}: {:?}", rows.first()),
                    Err(fault) => {
                        assert!(
                            fault.code == Code::SourceFailed && fault.detail.contains("no longer as it was"),
                            "{what}: {fault:?}"
                        );
                        assert!(!fits, "{what}: {fault:?}");
                    }
                }
                assert_eq!(is_stale(&source).await, !fits, "{what}");
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'aqueduct%' AND datname = current_database()";
                run(&url, end).await;
            }
            // Found anew, it is read as it is now.
            if !change.contains("DROP TABLE item") || fits {
                let engine = Engine::over(&source).await;
                let rows = engine.rows("SELECT * FROM item").await;
                assert_eq!(rows.as_ref().map(Vec::len), Ok(2000), "{road}: {change}: {rows:?}");
            }
        }
    }
}

/// A column whose values look alike in its two types goes from one to the other again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_altered_all_the_time_is_never_misread() {
    for (road, then) in ROADS {
        let url = with(&item(then)).await;
        let engine = Arc::new(Engine::over(&try_open(&url, &[], 4, vec![], true).expect("a good URL")).await);
        let end = Instant::now() + Duration::from_secs(if is_long_run() { 30 } else { 2 });
        let altering = tokio::spawn(async move {
            while Instant::now() < end {
                for kind in ["float4", "int4"] {
                    run(&url, &format!("ALTER TABLE item ALTER four TYPE {kind}")).await;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        });
        let reading = (0..4).map(|_| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                let (mut right, mut refused) = (0, 0);
                while Instant::now() < end {
                    match engine.rows(ALL).await {
                        Ok(rows) => {
                            right += 1;
                            assert!(rows == expected(), "{road}: {:?}", rows.first());
                        }
                        Err(fault) => {
                            refused += 1;
                            assert!(fault.detail.contains("no longer as it was"), "{road}: {fault:?}");
                        }
                    }
                }
                (right, refused)
            })
        });
        let (mut right, mut refused) = (0, 0);
        for task in join_all(reading).await {
            let counts = task.expect("nothing is misread");
            (right, refused) = (right + counts.0, refused + counts.1);
        }
        altering.await.expect("it is altered");
        assert!(right > 0 && refused > 0, "{road}: {right} right, {refused} refused");
        assert_eq!(engine.rows(ALL).await.as_ref(), Ok(&expected()), "{road}");
    }
}

/// A lock keeps a table as it is for as long as it is read; who alters it comes next, and is noticed.
#[tokio::test]
async fn a_table_is_altered_behind_the_stream_that_reads_it() {
    let url = with(
        "CREATE TABLE item (id int8, eight int8, filler text);
         INSERT INTO item SELECT n, n, repeat('x', 1000) FROM generate_series(1, 40000) n;",
    )
    .await;
    for change in ["ALTER TABLE item ALTER eight TYPE timestamp USING 'epoch'", "DROP TABLE item"] {
        let source = try_open(&url, &[], 1, vec![], true).expect("a good URL");
        let engine = Engine::over(&source).await;
        let sql = "SELECT id, eight, filler FROM item";
        let mut stream = engine.stream(sql).await;
        let mut rows = stream.next().await.expect("a batch").expect("rows").num_rows();
        let altering = tokio::spawn({
            let url = url.clone();
            async move { run(&url, change).await }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!altering.is_finished(), "{change}: it is read");
        while let Some(batch) = stream.next().await {
            rows += batch.expect("rows as they were").num_rows();
        }
        assert_eq!(rows, 40_000, "{change}");
        timeout(Duration::from_secs(10), altering).await.expect("the lock is given up").expect("it is altered");
        let fault = engine.rows(sql).await.expect_err("another table");
        assert!(fault.detail.contains("no longer as it was"), "{change}: {fault:?}");
        assert!(is_stale(&source).await, "{change}");
        // The next statement of the same connection.
        assert_eq!(
            source.tables(&TableNames::default()).await.map(|listing| listing.tables.len()),
            Ok(usize::from(!change.contains("DROP")))
        );
    }
}
