//! What becomes a table.

use super::*;

#[tokio::test]
async fn folders_and_files_are_tables() {
    let lake = Lake::new()
        .text("Orders/2026/a.csv", "id\n1\n")
        .text("Orders/b.csv", "id\n2\n")
        .text("people.jsonl", "{\"id\": 1}\n")
        .text("_SUCCESS", "x")
        .text(".hidden/a.csv", "id\n1\n")
        .text("_tmp/a.csv", "id\n1\n")
        .text("notes.txt", "x")
        .text("docs/readme.md", "x")
        .text("empty.csv", "");
    assert_eq!(lake.names().await, ["Orders", "people"]);
    assert_eq!(lake.rows("SELECT id FROM \"Orders\" ORDER BY id").await, ["1", "2"]);
    assert!(lake.problems().await.is_empty());
}

#[tokio::test]
async fn a_location_may_lie_beside_the_project() {
    let lake = Lake::new().text("people.csv", "id\n1\n").text("project/aqueduct.yaml", "");
    let location = Location::Directory(lake.directory.join("project/.."));
    let (source, session) = open(location, vec![], true, vec![]);
    register(&session, source.tables(&TableNames::default()).await.unwrap());
    assert_eq!(query(&session, "SELECT id FROM people").await.unwrap(), ["1"]);
}

#[tokio::test]
async fn an_empty_location_has_no_tables_and_a_missing_one_is_down() {
    let lake = Lake::new();
    assert!(lake.names().await.is_empty());
    fs::remove_dir_all(&lake.directory).unwrap();
    let fault = lake.open().0.tables(&TableNames::default()).await.unwrap_err();
    assert_eq!(fault.to_string(), "AQ-501: the directory of source `lake` does not exist");
}

#[tokio::test]
async fn a_folder_and_a_file_of_one_name_are_a_problem() {
    let lake = Lake::new().text("orders/a.csv", "id\n1\n").text("orders.csv", "id\n1\n").text("other.csv", "id\n1\n");
    assert_eq!(lake.names().await, ["other"]);
    let problems = texts(&lake.listing().await.problems);
    assert!(problems.contains("`orders` and `orders.csv` are both the table `orders`"), "{problems}");
}

#[tokio::test]
async fn mixed_formats_need_a_word() {
    let lake = Lake::new().text("t/a.csv", "id\n1\n").text("t/b.json", "{\"id\": 2}\n");
    let problems = texts(&lake.listing().await.problems);
    assert!(problems.contains("table `t` holds files of different formats: `t/a.csv` and `t/b.json`"), "{problems}");
    let lake = lake.table(format("t", FileFormat::Ndjson));
    assert_eq!(lake.rows("SELECT id FROM t").await, ["2"]);
}

#[tokio::test]
async fn declared_tables_stand_beside_discovered_ones() {
    let declared = TableConfig { path: Some(here("raw/orders/")), ..annotated("sales") };
    let mut lake = Lake::new().text("raw/orders/a.csv", "id\n1\n").text("raw/other/a.csv", "id\n2\n").table(declared);
    assert_eq!(lake.names().await, ["raw", "sales"]);
    assert_eq!(lake.rows("SELECT id FROM raw").await, ["2"]);
    lake.discover = false;
    assert_eq!(lake.names().await, ["sales"]);
    assert_eq!(lake.rows("SELECT id FROM sales").await, ["1"]);
    lake.tables[0].path = Some(here("./raw/other/a.csv"));
    assert_eq!(lake.rows("SELECT id FROM sales").await, ["2"]);
}

#[tokio::test]
async fn two_tables_may_read_the_same_files() {
    let path = || Some(here("t"));
    let as_text = columns("texts", [("id", ValueType::String)]);
    let lake = Lake::new()
        .text("t/a.csv", "id\n1\n")
        .table(TableConfig { path: path(), ..annotated("numbers") })
        .table(TableConfig { path: path(), ..as_text });
    assert_eq!(lake.names().await, ["numbers", "texts"]);
    assert_eq!(lake.rows("SELECT n.id + 1 FROM numbers n JOIN texts t ON n.id = CAST(t.id AS bigint)").await, ["2"]);
}

#[tokio::test]
async fn a_hidden_folder_can_be_declared() {
    let declared = TableConfig { path: Some(here("_raw")), ..annotated("raw") };
    let lake = Lake::new().text("_raw/a.csv", "id\n1\n").text("_raw/_b.csv", "id\n2\n").table(declared);
    assert_eq!(lake.rows("SELECT id FROM raw").await, ["1"]);
}

#[tokio::test]
async fn annotations_that_fit_nothing_are_problems() {
    let key = TableConfig { key: vec![here("ids")], ..annotated("orders") };
    let lake = Lake::new()
        .text("orders.csv", "id,name\n1,a\n")
        .table(key)
        .table(annotated("order"))
        .table(TableConfig { path: Some(here("nowhere")), ..annotated("lost") });
    let problems = texts(&lake.listing().await.problems);
    assert!(problems.contains("table `orders` has no column `ids`\n    hint: did you mean `id`?"), "{problems}");
    assert!(problems.contains("no table `order`\n    hint: did you mean `orders`?"), "{problems}");
    assert!(problems.contains("`nowhere` holds no data files"), "{problems}");
    assert_eq!(lake.names().await, ["orders"]);
}

#[tokio::test]
async fn partitions_are_columns() {
    let lake = Lake::new()
        .text("t/day=2026-01-01/city=S%C3%A3o%20Paulo/a.csv", "id\n1\n")
        .text("t/day=2026-01-02/city=__HIVE_DEFAULT_PARTITION__/a.csv", "id\n2\n");
    assert_eq!(
        lake.rows("SELECT id, day, city FROM t ORDER BY id").await,
        ["1|2026-01-01|São Paulo", "2|2026-01-02|-"]
    );
    assert_eq!(lake.rows("SELECT id FROM t WHERE city IS NULL").await, ["2"]);
    assert_eq!(lake.rows("SELECT count(*) FROM t WHERE city = 'São Paulo'").await, ["1"]);
    assert_eq!(schema_of(&lake.listing().await, "t")["day"], "Utf8");
    let partitions = vec![(here("day"), ValueType::Date), (here("city"), ValueType::String)];
    let lake = lake.table(TableConfig { partitions, ..annotated("t") });
    assert_eq!(schema_of(&lake.listing().await, "t")["day"], "Date32");
    assert_eq!(lake.rows("SELECT id FROM t WHERE day > DATE '2026-01-01'").await, ["2"]);
}

#[tokio::test]
async fn files_outside_their_partitions_are_problems() {
    let lake = Lake::new().text("t/day=1/a.csv", "id\n1\n").text("t/z.csv", "id\n2\n");
    let problems = texts(&lake.listing().await.problems);
    assert!(problems.contains("`t/z.csv` is not in the partition folders `day=…` of table `t`"), "{problems}");
    let lake = Lake::new()
        .text("t/day=x/a.csv", "id\n1\n")
        .table(TableConfig { partitions: vec![(here("day"), ValueType::Date)], ..annotated("t") });
    let problems = texts(&lake.listing().await.problems);
    assert!(problems.contains("partition `day` of `t/day=x/a.csv` does not fit its type date"), "{problems}");
}

#[tokio::test]
async fn a_dead_endpoint_is_told_soon() {
    let location = Location::Url("s3://bucket/prefix".parse().unwrap());
    let options = vec![
        ("endpoint", "http://127.0.0.1:1"),
        ("access_key_id", "key"),
        ("secret_access_key", "hush-hush"),
        ("region", "eu-west-1"),
    ];
    let (source, _) = open(location, options, true, Vec::new());
    let begun = std::time::Instant::now();
    let fault = source.tables(&TableNames::default()).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    assert_eq!(fault.to_string(), "AQ-501: source `lake` cannot be reached, or its location does not exist");
    assert!(!format!("{source:?} {fault:?}").contains("hush-hush"));
}

#[tokio::test]
async fn new_and_deleted_files_show_at_the_next_refresh() {
    let lake = Lake::new().text("t/a.csv", "id\n1\n");
    let (source, session) = lake.open();
    register(&session, source.tables(&TableNames::default()).await.unwrap());
    assert_eq!(query(&session, "SELECT count(*) FROM t").await.unwrap(), ["1"]);
    fs::write(lake.path("t/b.csv"), "id\n2\n3\n").unwrap();
    fs::remove_file(lake.path("t/a.csv")).unwrap();
    session.deregister_table("t").unwrap();
    register(&session, source.tables(&TableNames::default()).await.unwrap());
    assert_eq!(query(&session, "SELECT count(*) FROM t").await.unwrap(), ["2"]);
}
