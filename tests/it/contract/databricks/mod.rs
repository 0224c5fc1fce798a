//! The contract, over a recorded workspace of Databricks: what is read, by which names, and how much of it.

mod leaving;
mod links;
mod waiting;
mod workspace;

use std::time::{Duration, Instant};

use aqueduct::model::Code;
use futures::TryStreamExt;
use serde_json::json;

use super::{
    opened::{Opened, check_numbers},
    values::{Exact, check_values, declared},
};
use crate::harness::{
    databricks::{self, Workspace},
    server::Server,
};

/// In the backing engine's SQL.
const VALUES: &[Exact] = &[
    ("BOOLEAN", "true", "true"),
    ("TINYINT", "-128", "-128"),
    ("SMALLINT", "32767", "32767"),
    ("INTEGER", "-2147483648", "-2147483648"),
    ("BIGINT", "-9223372036854775808", "-9223372036854775808"),
    ("FLOAT", "0.1", "0.1"),
    ("FLOAT", "'-0'", "-0.0"),
    ("DOUBLE", "5e-324", "5e-324"),
    ("DOUBLE", "'-Infinity'", "-inf"),
    ("DOUBLE", "'NaN'", "NaN"),
    ("DECIMAL(38,10)", "'-9999999999999999999999999999.9999999999'", "-9999999999999999999999999999.9999999999"),
    ("DECIMAL(38,0)", "'99999999999999999999999999999999999999'", "99999999999999999999999999999999999999"),
    ("VARCHAR", "'it''s \\ ' || chr(9) || ' \"é日本\" 𝄞'", "it's \\ \t \"é日本\" 𝄞"),
    ("VARCHAR", "'a' || chr(0) || 'b'", "a\0b"),
    ("VARCHAR", "NULL", "NULL"),
    ("BLOB", "'\\x00\\xff'::BLOB", "00ff"),
    ("DATE", "'0001-01-01'", "0001-01-01"),
    ("DATE", "'9999-12-31'", "9999-12-31"),
    ("TIMESTAMP", "'2024-03-31 02:30:00.000001'", "2024-03-31T02:30:00.000001"),
    ("TIMESTAMPTZ", "'2024-07-01 00:00:00-04'", "2024-07-01T04:00:00Z"),
    ("TIMESTAMPTZ", "'9999-12-31 23:59:59.999999Z'", "9999-12-31T23:59:59.999999Z"),
    ("INTERVAL", "INTERVAL '1 day 02:03:04'", "1 day 02:03:04"),
    ("JSON", "'{\"a\": [1, null]}'", "{\"a\":[1,null]}"),
    ("BIGINT[]", "[1, NULL]", "[1, NULL]"),
    ("STRUCT(a INTEGER, \"b c\" VARCHAR)", "{'a': 1, 'b c': NULL}", "{a: 1, b c: NULL}"),
    ("MAP(VARCHAR, INTEGER)", "MAP {'k': 1}", "{\"k\":1}"),
];

#[tokio::test]
async fn values_come_exactly() {
    let workspace = databricks::workspace().await;
    let (columns, values) = declared(VALUES);
    workspace
        .execute(&format!(
            "DUCKDB CREATE TABLE kinds (id INTEGER, {columns});\nDUCKDB INSERT INTO kinds VALUES (1, {values});\n"
        ))
        .await;
    check_values(&workspace.project(), VALUES, &[]).await;
}

#[tokio::test]
async fn a_value_that_has_no_place_is_named() {
    let workspace = databricks::workspace().await;
    workspace
        .execute("CREATE TABLE wild (id INT, big BIGINT);\nINSERT INTO wild VALUES (1, 5), (2, 3000000000);\n")
        .await;
    let catalog = format!("{}tables: {{wild: {{columns: {{big: int32}}}}}}\n", workspace.catalog_file());
    let engine = Opened::of(&workspace.project().file("catalogs/s.yaml", &catalog)).await;
    let fault = engine.rows("SELECT big FROM s.wild").await.expect_err("it is too large");
    assert_eq!(fault.code, Code::ValueUnrepresentable, "{fault:?}");
    assert!(fault.detail.contains("column `big` of `s.main.wild`"), "{fault:?}");
    assert_eq!(engine.rows("SELECT id FROM s.wild ORDER BY id").await, Ok(vec!["1".to_owned(), "2".to_owned()]));
}

/// A table `numbers(n int, t string)` of the rows (1, 'a') to (20000, 'a').
async fn numbers() -> Workspace {
    let workspace = databricks::workspace().await;
    let rows = "DUCKDB INSERT INTO numbers SELECT i, 'a' FROM range(1, 20001) r(i)";
    workspace.execute(&format!("CREATE TABLE numbers (n INT NOT NULL, t STRING);\n{rows};\n")).await;
    workspace
}

#[tokio::test]
async fn rows_are_the_same_with_pushdown_and_without() {
    let workspace = numbers().await;
    // Every result is of many chunks.
    workspace.behave(json!({"chunk_rows": 3000})).await;
    for pushdown in ["on", "off"] {
        let narrow = format!("{}pool: {{max_connections: 1}}\n", workspace.catalog_file());
        for catalog in [workspace.catalog_file(), narrow] {
            let project = workspace.project().file("catalogs/s.yaml", &catalog);
            check_numbers(&Opened::with_pushdown(&project, pushdown).await).await;
        }
    }
}

#[tokio::test]
async fn values_are_bound_and_a_query_bears_its_name() {
    let workspace = numbers().await;
    let query = "/*---\nname: t.some\nversion: 1\naccess: public\nparams:\n  t: {type: string}\n  n: {type: \"[int32]\"}\n---*/\n\
         SELECT n FROM s.numbers WHERE t = :t AND n = ANY(:n)";
    let server = Server::start(workspace.project().file("queries/t/some.sql", query).path(), &[]).await;
    for (text, rows) in [("a", 2), ("a' OR '1' = '1", 0), (":p1 --", 0)] {
        let body = json!({"t": text, "n": [7, 9]});
        let answer = server.http().post("/v1/t/some?format=ndjson", &body).send().await;
        assert_eq!(answer.ndjson().len(), rows, "{text}: {}", answer.text());
        let of_query = |sent: &serde_json::Value| sent["tags"] != json!([]);
        let sent = workspace.statements().await.into_iter().rfind(of_query).expect("it was sent");
        assert_eq!(sent["tags"], json!([{"key": "aqueduct", "value": "t.some v1"}]), "{sent}");
        assert!(!sent["sql"].as_str().is_some_and(|sql| sql.contains(text) && text != "a"), "{sent}");
        let parameters = sent["parameters"].as_array().expect("parameters");
        assert!(parameters.contains(&json!({"name": "p1", "type": "STRING", "value": text})), "{sent}");
        assert!(parameters.contains(&json!({"name": "p2", "type": "STRING", "value": "[7,9]"})), "{sent}");
    }
}

#[tokio::test]
async fn more_values_than_parameters_are_one_list_or_stay_here() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    let list = (1..=400).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT count(*) AS v FROM s.numbers WHERE n IN ({list})");
    assert_eq!(engine.rows(&sql).await, Ok(vec!["400".to_owned()]));
    assert!(
        engine.statements(&sql).await[0].contains("array_contains(from_json("),
        "{:?}",
        engine.statements(&sql).await
    );
    let either = (1..=300).map(|n| format!("n = {n} AND t > 'T{n}'")).collect::<Vec<_>>().join(" OR ");
    let sql = format!("SELECT count(*) AS v FROM s.numbers WHERE {either}");
    assert_eq!(engine.rows(&sql).await, Ok(vec!["300".to_owned()]));
    assert!(workspace.statements().await.iter().all(|sent| sent["state"] == "SUCCEEDED"));
}

#[tokio::test]
async fn names_are_taken_as_they_are() {
    let workspace = databricks::workspace().await;
    workspace
        .execute(
            "CREATE TABLE `we``ird \"name` (`Col umn` INT, `sel``ect.x` STRING, `ünï` TINYINT);
INSERT INTO `we``ird \"name` VALUES (1, 'a', 2);
CREATE TABLE Mixed (Id INT);
INSERT INTO Mixed VALUES (7);
DUCKDB COMMENT ON TABLE Mixed IS 'of both cases';
DUCKDB COMMENT ON COLUMN Mixed.Id IS 'a number';
",
        )
        .await;
    let engine = Opened::of(&workspace.project()).await;
    let sql = "SELECT \"Col umn\", \"sel`ect.x\", ünï FROM s.\"we`ird \"\"name\" WHERE \"sel`ect.x\" = 'a' AND \"Col umn\" = 1";
    assert_eq!(engine.rows(sql).await, Ok(vec!["1|a|2".to_owned()]));
    assert_eq!(engine.rows("SELECT id FROM s.main.mixed WHERE id > 1").await, Ok(vec!["7".to_owned()]));
    let fault = engine.rows("SELECT * FROM s.mixd").await.expect_err("there is none");
    assert!(fault.detail.contains("did you mean `Mixed`?"), "{fault:?}");
}

#[tokio::test]
async fn only_tables_that_are_named_are_described() {
    let workspace = databricks::workspace().await;
    let many = (0..30).map(|n| format!("CREATE TABLE t{n} (a INT);\n")).collect::<Vec<_>>().concat();
    workspace.execute(&many).await;
    // The list itself comes in parts.
    workspace.behave(json!({"chunk_rows": 7})).await;
    let query = "/*---\nname: t.t\nversion: 1\naccess: public\n---*/\nSELECT a FROM s.t29";
    let project = workspace.project().file("queries/t/t.sql", query);
    let engine = Opened::of(&project).await;
    assert_eq!(engine.rows("SELECT a FROM s.t29").await, Ok(vec![]));
    let described = workspace
        .statements()
        .await
        .into_iter()
        .find(|sent| sent["sql"].as_str().is_some_and(|sql| sql.contains("information_schema.columns")));
    let named = described.expect("one was described")["parameters"].clone();
    assert_eq!(named, json!([{"name": "tables", "type": "STRING", "value": "[\"main.t29\"]"}]));
}

#[tokio::test]
async fn tables_that_change_are_looked_for_again() {
    let workspace = databricks::workspace().await;
    workspace.execute("CREATE TABLE t (a INT, b INT);\nINSERT INTO t VALUES (1, 2);\n").await;
    let query = "/*---\nname: t.t\nversion: 1\naccess: public\n---*/\nSELECT a, b FROM s.t";
    let catalog = workspace.catalog_file().replace("refresh: 1s", "refresh: 1h");
    let project = workspace.project().file("catalogs/s.yaml", &catalog).file("queries/t/t.sql", query);
    let server = Server::start(project.path(), &[]).await;
    let ask = || async { server.http().get("/v1/t/t?format=ndjson").send().await.status.as_u16() };
    assert_eq!(ask().await, 200);
    workspace.execute("DUCKDB ALTER TABLE t DROP COLUMN b;\n").await;
    assert_eq!(ask().await, 502);
    let began = Instant::now();
    while ask().await != 503 {
        assert!(began.elapsed() < Duration::from_secs(10), "the tables were not looked for again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Of another type it is another column.
    workspace.execute("DUCKDB ALTER TABLE t ADD COLUMN b VARCHAR;\n").await;
}

#[tokio::test]
async fn a_column_of_another_type_is_no_answer() {
    let workspace = databricks::workspace().await;
    workspace.execute("CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\n").await;
    let catalog = workspace.catalog_file().replace("refresh: 1s", "refresh: 1h");
    let engine = Opened::of(&workspace.project().file("catalogs/s.yaml", &catalog)).await;
    assert_eq!(engine.rows("SELECT a FROM s.t").await, Ok(vec!["1".to_owned()]));
    workspace.execute("DUCKDB ALTER TABLE t ALTER COLUMN a TYPE VARCHAR;\nINSERT INTO t VALUES ('one');\n").await;
    let fault = engine.rows("SELECT a FROM s.t").await.expect_err("it is text now");
    assert_eq!(fault.code, Code::ValueUnrepresentable, "{fault:?}");
}

#[tokio::test]
async fn a_large_result_needs_no_more_memory_than_a_small_one() {
    let workspace = databricks::workspace().await;
    workspace.execute("DUCKDB CREATE VIEW huge AS SELECT i AS n, i::VARCHAR AS t FROM range(4000000) r(i);\n").await;
    let query =
        "/*---\nname: t.huge\nversion: 1\naccess: public\nlimits: {timeout: 10m}\n---*/\nSELECT n, t FROM s.huge";
    let server = Server::start(workspace.project().file("queries/t/huge.sql", query).path(), &[]).await;
    let answer = server.http().get("/v1/t/huge?format=csv").stream().await.expect("it begins");
    let bytes = answer.bytes_stream().try_fold(0, |sum, chunk| async move { Ok(sum + chunk.len()) }).await;
    assert!(bytes.is_ok_and(|bytes| bytes > 50 << 20), "four million rows came");
    let peak = server.peak_bytes();
    assert!(peak < 400 << 20, "{} MiB", peak >> 20);
}
