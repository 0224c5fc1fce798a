//! Files that cannot hold a row that is asked for are not opened.

use std::sync::Arc;

use datafusion::{
    datasource::{
        physical_plan::{FileGroup, FileScanConfig},
        source::DataSourceExec,
    },
    physical_plan::ExecutionPlan,
};

use super::Lake;
use crate::contract::engine::Engine;

/// Ten files of ten rows in five partitions.
const FILES: &str = r"
utc = dt.timezone.utc
for n in range(10):
    ids = range(n * 10, n * 10 + 10)
    write('t', {
        'id': list(ids), 'part': [n // 2] * 10, 'name': [f'n{i:03}' + 'x' * 100 for i in ids], 'f': [float(i) for i in ids],
        'd': pa.array([Decimal(i) / 100 for i in ids], pa.decimal128(10, 2)), 'big': pa.array([Decimal(i) for i in ids], pa.decimal128(38, 0)),
        'at': pa.array([dt.datetime(2024, 1, 1, 0, 0, i, 999999, tzinfo=utc) if i < 60 else dt.datetime(2025, 1, 1, tzinfo=utc) for i in ids], pa.timestamp('us', 'UTC')),
        'none': pa.array([None] * 10 if n else [1] * 10, pa.int64()),
    }, partition_by=['part'])
write('nan', {'id': [1, 2], 'f': [1.0, float('nan')]})
write('nan', {'id': [3], 'f': [5.0]})
";

/// Files of all scans of a plan.
fn files(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let own =
        plan.downcast_ref::<DataSourceExec>().and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>());
    let own = own.map_or(0, |scan| scan.file_groups.iter().map(FileGroup::len).sum());
    own + plan.children().into_iter().map(files).sum::<usize>()
}

async fn check(engine: &Engine, filter: &str, ids: std::ops::Range<u32>, opened: usize) {
    let sql = format!("SELECT id FROM t WHERE {filter}");
    assert_eq!(files(&engine.plan(&sql).await), opened, "{sql}");
    let mut expected: Vec<_> = ids.map(|id| id.to_string()).collect();
    expected.sort();
    assert_eq!(engine.rows(&sql).await, Ok(expected), "{sql}");
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_and_bounds_choose_files() {
    let lake = Lake::in_bucket().await;
    lake.run(FILES);
    let engine = lake.engine().await;
    assert_eq!(engine.problems, []);
    check(&engine, "part = 1", 20..40, 2).await;
    check(&engine, "part IN (0, 4) AND id < 15", 0..15, 2).await;
    check(&engine, "id >= 95", 95..100, 1).await;
    check(&engine, "id = 1000", 0..0, 0).await;
    check(&engine, "name LIKE 'n05%'", 50..60, 1).await;
    check(&engine, "name = 'n059' || repeat('x', 100)", 59..60, 1).await;
    check(&engine, "d < 0.05", 0..5, 1).await;
    check(&engine, "at > TIMESTAMPTZ'2024-01-01T00:00:59.9999Z' AND at < TIMESTAMPTZ'2024-12-31T00:00:00Z'", 59..60, 1)
        .await;
    check(&engine, "none IS NOT NULL", 0..10, 1).await;
    check(&engine, "none IS NULL AND id < 20", 10..20, 1).await;
    // Bounds of these cannot be relied on.
    check(&engine, "f < 5", 0..5, 10).await;
    check(&engine, "big < 5", 0..5, 10).await;
    check(&engine, "id % 10 = 3 AND part = 2 AND id < 50", 43..44, 1).await;
    // NaN is above all numbers.
    assert_eq!(engine.rows("SELECT id FROM nan WHERE f > 100").await, Ok(vec!["2".to_owned()]));
    // What the log counts is not read.
    assert_eq!(files(&engine.plan("SELECT count(*) FROM t").await), 0);
    assert_eq!(engine.rows("SELECT count(*) FROM t").await, Ok(vec!["100".to_owned()]));
    assert_eq!(files(&engine.plan("SELECT count(*) FROM t WHERE part = 3").await), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_skips_files_by_the_keys_of_its_other_side() {
    let lake = Lake::in_directory();
    lake.run(FILES);
    lake.run("write('few', {'key': [42, 43]})");
    let engine = lake.engine().await;
    let sql = "SELECT t.id FROM few JOIN t ON t.id = few.key";
    assert_eq!(engine.rows(sql).await, Ok(vec!["42".to_owned(), "43".to_owned()]));
    let plan = engine.explain(sql).await;
    assert!(plan.contains("DynamicFilter"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_files_are_listed_in_time() {
    let lake = Lake::in_directory();
    lake.run(r"
columns = [{'name': f'c{n}', 'type': 'long', 'nullable': True, 'metadata': {}} for n in range(20)]
commit('wide', [protocol(), metadata(columns)])
pa.parquet.write_table(pa.table({f'c{n}': [n] for n in range(20)}), at('wide') + '/a.parquet')
stats = lambda i: {'numRecords': 1, 'minValues': {f'c{n}': i for n in range(20)}, 'maxValues': {f'c{n}': i for n in range(20)}, 'nullCount': {f'c{n}': 0 for n in range(20)}}
first = added('wide', 'a.parquet', stats(0))['add']
commit('wide', [{'add': first | {'path': f'{i}.parquet', 'stats': json.dumps(stats(i))}} for i in range(10000)])
");
    let begun = std::time::Instant::now();
    let engine = lake.engine().await;
    assert_eq!(engine.problems, []);
    assert_eq!(engine.rows("SELECT count(*) FROM wide").await, Ok(vec!["10000".to_owned()]));
    assert_eq!(files(&engine.plan("SELECT * FROM wide WHERE c3 BETWEEN 100 AND 199").await), 100);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}
