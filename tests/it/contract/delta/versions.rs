//! One version for each request, whatever a writer does meanwhile.

use std::{sync::Arc, time::Duration};

use aqueduct::{
    config::TableConfig,
    model::{Code, TableNames},
};
use datafusion::execution::runtime_env::RuntimeEnv;

use super::{Lake, annotated, spanned};
use crate::contract::engine::Engine;

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_keeps_its_version_until_a_vacuum_and_says_so_then() {
    let lake = Lake::in_bucket().await;
    lake.run("for n in range(4): write('t', {'id': [n]})");
    let runtime = Arc::new(RuntimeEnv::default());
    let source = lake.source(Vec::new(), &runtime);
    let before = Engine::within(&source, Arc::clone(&runtime)).await;
    let ids = ["0", "1", "2", "3"].map(ToOwned::to_owned).to_vec();
    for change in [
        "write('t', {'id': [10]})",
        "table('t').delete('id = 1')",
        "table('t').optimize.compact()",
        "write('t', {'id': [20]}, mode='overwrite')",
        "write('t', {'other': ['x']}, mode='overwrite', schema_mode='overwrite')",
    ] {
        lake.run(change);
        assert_eq!(before.rows("SELECT id FROM t WHERE id < 10").await, Ok(ids.clone()), "{change}");
    }
    let after = Engine::within(&source, Arc::clone(&runtime)).await;
    assert_eq!(after.rows("SELECT * FROM t").await, Ok(vec!["x".to_owned()]));
    assert_eq!(before.rows("SELECT id FROM t").await, Ok(ids));

    lake.run("table('t').vacuum(0, dry_run=False, enforce_retention_duration=False)");
    let stale = tokio::time::timeout(Duration::from_millis(100), source.stale()).await;
    assert!(stale.is_err(), "nothing has shown it yet");
    // Not from what is in memory of those files: nothing keeps rows.
    let fault = before.rows("SELECT id FROM t").await.expect_err("its files are gone");
    assert_eq!(fault.code, Code::SourceFailed);
    assert!(fault.detail.contains("it was vacuumed"), "{fault:?}");
    tokio::time::timeout(Duration::from_secs(5), source.stale()).await.expect("the scan has shown it");
    let again = Engine::within(&source, runtime).await;
    assert_eq!(again.rows("SELECT * FROM t").await, Ok(vec!["x".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_stream_reads_its_version_to_the_end() {
    let lake = Lake::in_directory();
    lake.run("for n in range(8): write('t', {'id': list(range(n * 50000, (n + 1) * 50000))})");
    let engine = lake.engine().await;
    let mut stream = engine.stream("SELECT id FROM t").await;
    let first = futures::StreamExt::next(&mut stream).await.expect("rows").expect("rows");
    lake.run("write('t', {'id': [1]}, mode='overwrite')\ntable('t').optimize.compact()");
    let rest: Vec<_> = futures::TryStreamExt::try_collect(stream).await.expect("its files are there");
    let rest: usize = rest.iter().map(datafusion::arrow::array::RecordBatch::num_rows).sum();
    assert_eq!(first.num_rows() + rest, 400_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_pin_a_version() {
    let lake = Lake::in_directory();
    lake.run("for n in range(3): write('t', {'id': [n]})");
    let pinned = |version| {
        let path = Some(spanned("./t/".to_owned()));
        TableConfig { path, version: Some(spanned(version)), ..annotated("old") }
    };
    let runtime = Arc::new(RuntimeEnv::default());
    let newest = TableConfig { version: None, name: spanned("t".to_owned()), ..pinned(0) };
    let source = lake.source(vec![pinned(1), newest], &runtime);
    for _ in 0..2 {
        let engine = Engine::within(&source, Arc::clone(&runtime)).await;
        assert_eq!(engine.rows("SELECT id FROM old").await, Ok(vec!["0".to_owned(), "1".to_owned()]));
        assert_eq!(engine.rows("SELECT count(*) FROM t WHERE id < 9").await, Ok(vec!["3".to_owned()]));
        lake.run("write('t', {'id': [9]})");
    }
    let listing = lake.source(vec![pinned(77)], &runtime).tables(&TableNames::default()).await.expect("it answers");
    let told: Vec<_> = listing.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["catalogs/lake.yaml:1:1: error: table `old`: it has no version 77\n    hint: its newest version is 4"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_may_be_dropped_made_anew_and_changed() {
    let lake = Lake::in_directory();
    lake.run("for n in range(3): write('t', {'id': [n]})\nwrite('other', {'id': [1]})");
    let runtime = Arc::new(RuntimeEnv::default());
    let source = lake.source(Vec::new(), &runtime);
    let first = Engine::within(&source, Arc::clone(&runtime)).await;
    assert_eq!(first.rows("SELECT count(*) FROM t").await, Ok(vec!["3".to_owned()]));
    lake.run("import shutil\nshutil.rmtree(at('t'))\nfor n in range(3): write('t', {'name': ['x', 'y']})");
    let second = Engine::within(&source, Arc::clone(&runtime)).await;
    assert_eq!(second.rows("SELECT count(name) FROM t").await, Ok(vec!["6".to_owned()]));
    lake.run("import shutil\nshutil.rmtree(at('t'))");
    let third = source.tables(&TableNames::default()).await.expect("it answers");
    assert_eq!(third.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["other"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_reads_only_what_has_come_since() {
    let lake = Lake::in_directory();
    lake.run("for n in range(4): write('t', {'id': [n]})");
    let commit = |version: u32| lake.path().join(format!("t/_delta_log/{version:020}.json"));
    let last = std::fs::read(commit(3)).expect("a commit");
    std::fs::remove_file(commit(3)).expect("it goes");
    let runtime = Arc::new(RuntimeEnv::default());
    let source = lake.source(Vec::new(), &runtime);
    let first = Engine::within(&source, Arc::clone(&runtime)).await;
    assert_eq!(first.rows("SELECT count(*) FROM t").await, Ok(vec!["3".to_owned()]));
    // Whoever reads this again fails.
    std::fs::write(commit(0), "not a commit").expect("it changes");
    std::fs::write(commit(3), last).expect("it comes back");
    let second = Engine::within(&source, Arc::clone(&runtime)).await;
    assert_eq!(second.problems, []);
    assert_eq!(second.rows("SELECT id FROM t").await, Ok(["0", "1", "2", "3"].map(ToOwned::to_owned).to_vec()));
    let anew = Engine::within(&lake.source(Vec::new(), &runtime), Arc::clone(&runtime)).await;
    assert_eq!(anew.problems.len(), 1, "{:?}", anew.problems);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_may_be_one_table() {
    let lake = Lake::in_directory();
    lake.run("write('', {'id': [1]}, name='n', description='what it holds')");
    let runtime = Arc::new(RuntimeEnv::default());
    let listing = lake.source(Vec::new(), &runtime).tables(&TableNames::default()).await.expect("it answers");
    let name = lake.path().file_name().and_then(|name| name.to_str()).expect("a name");
    assert_eq!(listing.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), [name]);
    assert_eq!(listing.tables[0].comment.as_deref(), Some("what it holds"));
}
