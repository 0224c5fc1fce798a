//! What a scan reads: partitions, row groups and limits that are never opened.

use datafusion::{
    arrow::array::{ArrayRef, Float32Array, Float64Array, Int64Array, StringArray},
    datasource::{physical_plan::FileScanConfig, source::DataSourceExec},
    physical_plan::{ExecutionPlan, collect},
};

use super::*;

fn numbers(from: i64, to: i64) -> RecordBatch {
    let names: ArrayRef = Arc::new((from..to).map(|n| Some(format!("name {n:08}"))).collect::<StringArray>());
    RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from_iter_values(from..to)) as ArrayRef), ("s", names)])
        .unwrap()
}

async fn plan(session: &SessionContext, sql: &str) -> Arc<dyn ExecutionPlan> {
    session.sql(sql).await.unwrap().create_physical_plan().await.unwrap()
}

fn scan_of(plan: &Arc<dyn ExecutionPlan>) -> Option<FileScanConfig> {
    if let Some(exec) = plan.downcast_ref::<DataSourceExec>() {
        return exec.data_source().downcast_ref::<FileScanConfig>().cloned();
    }
    plan.children().into_iter().find_map(scan_of)
}

fn paths(plan: &Arc<dyn ExecutionPlan>) -> Vec<String> {
    let scan = scan_of(plan).unwrap();
    assert_eq!(super::super::table_of(&scan).unwrap().to_string(), "lake.public.t");
    assert_eq!(super::super::source_of(&scan.object_store_url).unwrap().as_str(), "lake");
    let mut paths: Vec<_> = scan
        .file_groups
        .iter()
        .flat_map(|group| group.iter().map(|file| file.object_meta.location.to_string()))
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[tokio::test]
async fn filters_on_partitions_choose_files() {
    let lake = Lake::new()
        .parquet("t/day=2026-01-01/a.parquet", &numbers(0, 10))
        .parquet("t/day=2026-01-02/a.parquet", &numbers(10, 20))
        .table(TableConfig { partitions: vec![(here("day"), ValueType::Date)], ..annotated("t") });
    let (source, session) = lake.open();
    register(&session, source.tables(&TableNames::default()).await.unwrap());
    let plan = plan(&session, "SELECT n FROM t WHERE day = DATE '2026-01-02'").await;
    assert_eq!(paths(&plan), ["t/day=2026-01-02/a.parquet"]);
    let text = datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string();
    assert!(!text.contains("FilterExec"), "{text}");
    let none = session.sql("SELECT n FROM t WHERE day > DATE '2027-01-01'").await.unwrap().collect().await.unwrap();
    assert_eq!(none.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    assert_eq!(
        query(&session, "SELECT count(*), min(n) FROM t WHERE day = DATE '2026-01-02'").await.unwrap(),
        ["10|10"]
    );
}

#[tokio::test]
async fn row_groups_are_pruned() {
    let lake = Lake::new();
    fs::create_dir_all(lake.directory.join("t")).unwrap();
    write_parquet(&lake.path("t/a.parquet"), &numbers(0, 4_000), 1_000);
    for sql in ["SELECT s FROM t WHERE n = 3500", "SELECT n FROM t WHERE s = 'name 00003500'"] {
        let (source, session) = lake.open();
        register(&session, source.tables(&TableNames::default()).await.unwrap());
        let plan = plan(&session, sql).await;
        let rows = collect(Arc::clone(&plan), session.task_ctx()).await.unwrap();
        assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
        let text = datafusion::physical_plan::display::DisplayableExecutionPlan::with_metrics(plan.as_ref())
            .indent(false)
            .to_string();
        assert!(text.contains("row_groups_pruned_statistics=4 total → 1 matched"), "{text}");
    }
}

#[tokio::test]
async fn nan_is_found_above_all_numbers() {
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0, f64::NAN]));
    let singles: ArrayRef = Arc::new(Float32Array::from(vec![1.0, 1.0, f32::NAN]));
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let batch = RecordBatch::try_from_iter([("id", ids), ("f", floats), ("g", singles)]).unwrap();
    let lake = Lake::new().parquet("t.parquet", &batch);
    assert_eq!(lake.rows("SELECT id FROM t WHERE f > 5.0").await, ["3"]);
    assert_eq!(lake.rows("SELECT id FROM t WHERE f = arrow_cast('NaN', 'Float64')").await, ["3"]);
    assert_eq!(lake.rows("SELECT id FROM t WHERE g <> arrow_cast(1, 'Float32')").await, ["3"]);
    assert_eq!(lake.rows("SELECT max(f), max(g), min(f) FROM t").await, ["NaN|NaN|1.0"]);
}

#[tokio::test]
async fn a_count_reads_no_file() {
    let lake = Lake::new().parquet("t/a.parquet", &numbers(0, 10)).parquet("t/b.parquet", &numbers(10, 25));
    let (source, session) = lake.open();
    register(&session, source.tables(&TableNames::default()).await.unwrap());
    let plan = plan(&session, "SELECT count(*) FROM t").await;
    assert!(scan_of(&plan).is_none());
    assert_eq!(query(&session, "SELECT count(*) FROM t").await.unwrap(), ["25"]);
}

#[tokio::test]
async fn a_replaced_file_is_a_fault_until_the_refresh() {
    let lake = Lake::new().parquet("t.parquet", &numbers(0, 10)).text("gone.csv", "id\n1\n");
    let lake = lake.text("people.csv", "id,name\n1,Ada\n").text("people2.ndjson", "{\"id\": 1, \"name\": \"Ada\"}\n");
    let (source, session) = lake.open();
    register(&session, source.tables(&TableNames::default()).await.unwrap());
    let next = lake.path("next");
    write_parquet(&next, &numbers(10, 20), 1_000);
    fs::rename(next, lake.path("t.parquet")).unwrap();
    fs::remove_file(lake.path("gone.csv")).unwrap();
    let replaced = fault_of(&query(&session, "SELECT n FROM t").await.unwrap_err());
    assert_eq!(replaced.to_string(), "AQ-502: the file `t.parquet` of source `lake` was replaced while it was in use");
    let gone = fault_of(&query(&session, "SELECT id FROM gone").await.unwrap_err());
    assert_eq!(gone.to_string(), "AQ-502: the file `gone.csv` of source `lake` is gone");
    fs::write(lake.path("people.csv"), "id,title\n1,Dr\n").unwrap();
    fs::write(lake.path("people2.ndjson"), "{\"id\": 1, \"title\": \"Dr\"}\n").unwrap();
    for (table, file) in [("people", "people.csv"), ("people2", "people2.ndjson")] {
        let replaced = fault_of(&query(&session, &format!("SELECT name FROM {table}")).await.unwrap_err());
        let detail = format!("AQ-502: the file `{file}` of source `lake` was replaced while it was in use");
        assert_eq!(replaced.to_string(), detail);
        session.deregister_table(table).unwrap();
    }
    session.deregister_table("t").unwrap();
    session.deregister_table("gone").unwrap();
    register(&session, source.tables(&TableNames::default()).await.unwrap());
    assert_eq!(query(&session, "SELECT min(n) FROM t WHERE n > 0").await.unwrap(), ["10"]);
}
