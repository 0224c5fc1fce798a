//! `query`, `sql` and `explain`: rows in every format, parameters, mistakes, plans.

use std::{fs, process::Command};

use arrow::{array::RecordBatch, ipc::reader::StreamReader};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use super::{finish, project, run};
use crate::harness::{flight::Fetched, project::Project, rows, server::aqueduct};

fn items() -> Vec<Value> {
    vec![
        json!({"id": 1, "name": "anvil", "weight": 100.5}),
        json!({"id": 2, "name": "bell, small", "weight": 0.25}),
        json!({"id": 3, "name": "c\"d", "weight": null}),
    ]
}

#[tokio::test]
async fn rows_are_printed_in_every_format() {
    let project = project().await;
    let print = |format: &str| run(&project, &["query", "shop.items@1", "--format", format]).good();

    let table = "id  name         weight\n──  ───────────  ──────\n 1  anvil         100.5\n 2  bell, small    0.25\n 3  c\"d            NULL\n";
    assert_eq!(print("table").stdout(), table);
    let shown = run(&project, &["query", "shop.items@1"]).good();
    assert_eq!((shown.stdout(), shown.stderr.as_str()), (table, "3 rows\n"), "a table unless said");
    assert_eq!(serde_json::from_str::<Vec<Value>>(print("json").stdout()).expect("JSON"), items());
    let ndjson = print("ndjson");
    let lines: Vec<Value> = ndjson.stdout().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines, items());
    assert_eq!(print("csv").stdout(), "id,name,weight\r\n1,anvil,100.5\r\n2,\"bell, small\",0.25\r\n3,\"c\"\"d\",\r\n");
    let arrow = print("arrow");
    let reader = StreamReader::try_new(arrow.bytes.as_slice(), None).expect("an Arrow stream");
    assert_rows(&reader.map(|batch| batch.expect("a batch")).collect::<Vec<_>>());
    let parquet = bytes::Bytes::from(print("parquet").bytes);
    let reader = ParquetRecordBatchReaderBuilder::try_new(parquet).and_then(ParquetRecordBatchReaderBuilder::build);
    assert_rows(&reader.expect("a Parquet file").map(|batch| batch.expect("a batch")).collect::<Vec<_>>());
}

fn assert_rows(batches: &[RecordBatch]) {
    let schema = batches.first().expect("there are rows").schema();
    rows::assert_same(&items(), &Fetched { schema, batches: batches.to_vec() });
}

#[tokio::test]
async fn rows_are_written_to_a_file() {
    let project = project().await;
    let file = project.join("out.csv");
    let path = file.to_str().expect("UTF-8");
    let printed = run(&project, &["query", "shop.items@1", "--format", "csv"]).good();
    let written = run(&project, &["query", "shop.items@1", "--format", "csv", "--output", path]).good();
    assert!(written.bytes.is_empty(), "{written:?}");
    assert_eq!(fs::read(&file).expect("it was written"), printed.bytes);
    let nowhere = project.join("no/such/folder.csv");
    let nowhere = nowhere.to_str().expect("UTF-8");
    run(&project, &["query", "shop.items", "-o", nowhere]).failed(1, &["error: cannot write ", "folder.csv: "]);
}

/// Who reads only the first lines is content with them.
#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let project = project().await;
    let commands: [&[&str]; 8] = [
        &["query", "shop.many", "--format", "csv"],
        &["query", "shop.many", "--format", "ndjson"],
        &["query", "shop.many", "--format", "json"],
        &["query", "shop.many"],
        &["sql", "SELECT id FROM shop.many", "--format", "csv"],
        &["explain", "shop.many"],
        &["explain", "shop.many", "--format", "json"],
        &["check"],
    ];
    for reader in ["head -n 1", "true"] {
        for arguments in commands {
            let command = aqueduct(project.path());
            let mut shell = Command::new("bash");
            shell.args(["-c", &format!("\"$@\" | {reader} >/dev/null; exit ${{PIPESTATUS[0]}}"), "bash"]);
            shell.arg(command.get_program()).args(command.get_args()).args(arguments);
            let ended = finish(&mut shell);
            assert_eq!(ended.code, 0, "{arguments:?} | {reader}: {}", ended.stderr);
            assert!(!ended.stderr.contains("error") && !ended.stderr.contains("panicked"), "{}", ended.stderr);
        }
    }
}

/// The ids that a call of `shop.items` prints.
fn ids(project: &Project, arguments: &[&str]) -> Vec<i64> {
    let ended = run(project, &[&["query", "shop.items@1", "--format", "json"], arguments].concat()).good();
    let rows: Vec<Value> = serde_json::from_str(ended.stdout()).expect("JSON");
    rows.iter().filter_map(|row| row["id"].as_i64()).collect()
}

#[tokio::test]
async fn parameters_are_read_as_the_doors_read_them() {
    let project = project().await;
    assert_eq!(ids(&project, &[]), [1, 2, 3]);
    assert_eq!(ids(&project, &["above=1"]), [2, 3]);
    assert_eq!(ids(&project, &["ids=1", "ids=3"]), [1, 3], "a list repeats its name");
    assert_eq!(ids(&project, &["ids=2"]), [2]);
    assert_eq!(ids(&project, &["name=bell, small"]), [2]);
    assert_eq!(ids(&project, &["name=a=b"]), [0; 0], "only the first = separates");
    assert_eq!(ids(&project, &["name="]), [0; 0]);

    let newest = run(&project, &["query", "shop.items", "--format", "csv"]).good();
    assert!(newest.stdout().starts_with("id,name\r\n"), "{newest:?}");
    run(&project, &["query", "shop.items@3"]).failed(1, &["AQ-202", "has no version 3", "there is 1, 2"]);
    run(&project, &["query", "shop.item"]).failed(1, &["AQ-201", "did you mean `shop.items`?"]);
    run(&project, &["query", "shop.items@1", "above=x", "nme=1"])
        .failed(1, &["AQ-101", "above: is not an integer", "nme: is no parameter", "did you mean `name`?"]);
    run(&project, &["explain", "shop.items@1", "above=1.5"]).failed(1, &["AQ-101", "`above` is not an integer"]);
}

#[tokio::test]
async fn sql_runs_one_select_over_all_sources() {
    let project = project().await;
    let sql = |sql: &str| run(&project, &["sql", sql, "--format", "csv"]);
    let joined = "SELECT i.name, c.colour FROM shop.item i JOIN lake.colour c ON c.item = i.id ORDER BY i.id";
    assert_eq!(sql(joined).good().stdout(), "name,colour\r\nanvil,red\r\n\"bell, small\",green\r\n");
    assert_eq!(sql("SELECT count(*) AS n FROM shop.many").good().stdout(), "n\r\n50000\r\n");

    sql("SELECT id FROM shop.itme").failed(1, &["1:21", "`itme` is no table of source `shop`", "did you mean `item`?"]);
    sql("SELECT id FROM shp.item").failed(1, &["1:16", "shp", "did you mean `shop`?"]);
    sql("SELECT nmae FROM shop.item").failed(1, &["1:8", "nmae", "did you mean `name`?"]);
    sql("SELEC 1").failed(1, &["1:1"]);
    sql("").failed(1, &["error"]);
    sql("SELECT :id AS id").failed(1, &[":id"]);
    for write in ["DELETE FROM shop.item", "DROP TABLE shop.item", "INSERT INTO shop.item VALUES (4, 'x', 1)"] {
        sql(write).failed(1, &["1:1", "SELECT"]);
    }
    sql("SELECT 1 AS a; DROP TABLE shop.item").failed(1, &["error"]);
    sql("SELECT id INTO shop.copy FROM shop.item").failed(1, &["error"]);
    assert_eq!(sql("SELECT count(*) AS n FROM shop.item").good().stdout(), "n\r\n3\r\n", "nothing was written");
}

#[tokio::test]
async fn explain_shows_what_runs_where() {
    let project = project().await;
    let plan = explained(&project, &["shop.coloured"]);
    let keys = |object: &Value| object.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&plan), ["query", "version", "paging", "sources", "local"]);
    assert_eq!((&plan["query"], &plan["version"]), (&json!("shop.coloured"), &json!(1)));
    let part = |plan: &Value, name: &str| {
        let parts = plan["sources"].as_array().expect("an array").clone();
        parts.into_iter().find(|part| part["source"] == name).unwrap_or_else(|| panic!("no {name} in {plan}"))
    };
    let (shop, lake) = (part(&plan, "shop"), part(&plan, "lake"));
    assert_eq!(keys(&shop), ["source", "sql", "dynamic_filter", "estimated_rows", "rows", "bytes", "elapsed_ms"]);
    assert_eq!(
        keys(&lake),
        ["source", "sql", "table", "files", "predicates", "estimated_rows", "rows", "bytes", "elapsed_ms"]
    );
    assert!(shop["sql"].as_str().is_some_and(|sql| sql.starts_with("SELECT ")), "{shop}");
    assert!(lake["sql"].is_null() && lake["table"].is_string() && lake["predicates"].is_array(), "{lake}");
    for figure in ["rows", "bytes", "elapsed_ms"] {
        assert!(shop[figure].is_null() && lake[figure].is_null(), "{figure} without having run: {plan}");
    }
    let local = plan["local"].as_array().expect("an array");
    assert!(!local.is_empty());
    for operator in local {
        assert_eq!(keys(operator), ["operator", "reason"]);
        assert!(operator["operator"].is_string() && operator["reason"].is_string(), "{operator}");
    }

    let ran = explained(&project, &["shop.coloured", "--analyze"]);
    for name in ["shop", "lake"] {
        let part = part(&ran, name);
        assert_eq!(part["rows"], 2, "{part}");
        assert!(part["bytes"].is_u64() && part["elapsed_ms"].is_number(), "{part}");
    }
}

#[tokio::test]
async fn explain_is_laid_out_for_reading() {
    let project = project().await;
    let coloured = run(&project, &["explain", "shop.coloured"]).good();
    let lines: Vec<_> = coloured.stdout().lines().collect();
    assert_eq!((lines[0], lines[2]), ("shop.coloured@1", ""));
    assert!(lines[1].starts_with("pages: "), "{}", lines[1]);
    for part in ["\nin shop\n    SELECT ", "\nin lake: colour\n    ", "\n    -> ", "\nhere ", " why\n", "Join"] {
        assert!(coloured.stdout().contains(part), "{part:?} is not in:\n{}", coloured.stdout());
    }
    // Every reason stands in one column.
    let head = lines.iter().position(|line| line.starts_with("here ")).expect("a table");
    let column = lines[head].find("why").expect("its head");
    for line in &lines[head + 1..] {
        assert_eq!(line.get(column - 1..=column).map(|gap| gap.starts_with(' ') && gap != "  "), Some(true), "{line}");
        assert!(line.chars().count() <= 130, "{line}");
    }
    for part in explained(&project, &["shop.coloured"])["local"].as_array().expect("an array") {
        assert!(coloured.stdout().contains(part["reason"].as_str().expect("text")), "{part} is not shown");
    }

    let ran = run(&project, &["explain", "shop.coloured", "--analyze"]).good();
    for part in ["2 rows came, ", " B, ", " ms\n"] {
        assert!(ran.stdout().contains(part) && !coloured.stdout().contains(part), "{part:?}:\n{}", ran.stdout());
    }

    // What it was called with, as the command line takes it; each clause of the statement in its line.
    let arguments = ["shop.items@1", "name=bell, small", "ids=1", "ids=2", "above=0"];
    let text = run(&project, &[&["explain"], &arguments[..]].concat()).good();
    assert!(
        text.stdout().starts_with("shop.items@1  above=0  ids=1  ids=2  name='bell, small'\npages: keyset, since "),
        "{text:?}"
    );
    let shown: Vec<_> = text.stdout().lines().skip(4).take_while(|line| !line.starts_with("    -> ")).collect();
    let heads: Vec<_> = shown.iter().filter_map(|line| line.trim_start().split(' ').next()).collect();
    assert_eq!(heads, ["SELECT", "FROM", "WHERE", "ORDER", "LIMIT"], "{shown:#?}");
    let sql = explained(&project, &arguments)["sources"][0]["sql"].as_str().expect("a statement").to_owned();
    assert_eq!(shown.iter().map(|line| line.trim_start()).collect::<Vec<_>>().join(" "), sql, "only blanks change");
    let without = run(&project, &["explain", "shop.items@1"]).good();
    assert!(without.stdout().starts_with("shop.items@1  above=0  without ids  without name\n"), "{without:?}");
}

fn explained(project: &Project, arguments: &[&str]) -> Value {
    let ended = run(project, &[&["explain", "--format", "json"], arguments].concat()).good();
    serde_json::from_str(ended.stdout()).expect("JSON")
}
