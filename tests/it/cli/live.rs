//! `aqueduct check --live`, against services of several kinds.

use std::process::Output;

use serde_json::json;

use crate::harness::{
    clickhouse, databricks, duckdb, mariadb, postgres, project::Project, redshift, server::aqueduct, sqlite,
};

fn open() -> Project {
    Project::new().file("aqueduct.yaml", "auth: {anonymous: true}\n")
}

fn live(project: &Project) -> (Output, String) {
    let output = aqueduct(project.path()).args(["check", "--live", "s"]).output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, said)
}

/// Nothing differs, the service says who it is, its values are read, and a statement that is left ends.
fn is_sound(kind: &str, project: &Project, most_refused: usize) {
    let (output, said) = live(project);
    println!("{said}");
    assert!(output.status.success(), "{kind}: {said}");
    let last = said.trim_end().lines().last().unwrap_or_default();
    let numbers: Vec<usize> = last.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(numbers.get(1), Some(&0), "{kind}: {said}");
    assert!(numbers[0] > 25 && numbers[2] <= most_refused, "{kind}: {said}");
    for line in ["ok       connects, lists its tables", "ok       reads Text", "ok       ends a statement that is left"]
    {
        assert!(said.contains(line), "{kind}: {line}: {said}");
    }
}

#[tokio::test]
async fn a_postgres_is_what_it_is_believed_to_be() {
    let database = postgres::database().await;
    let project = open().postgres(&database).file("catalogs/s.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\n");
    is_sound("postgres", &project, 12);
}

#[tokio::test]
async fn a_sqlite_file_is_what_it_is_believed_to_be() {
    let project = open().file("catalogs/s.yaml", "kind: sqlite\npath: s.db\n");
    sqlite::execute(&project.join("s.db"), "CREATE TABLE t (a INTEGER)").await;
    is_sound("sqlite", &project, 30);
}

#[tokio::test]
async fn a_duckdb_file_is_what_it_is_believed_to_be() {
    let project = open().value("library", duckdb::library().display().to_string());
    let project = project.file("catalogs/s.yaml", "kind: duckdb\npath: s.duckdb\ndriver: \"{{library}}\"\n");
    duckdb::execute(&project.join("s.duckdb"), "CREATE TABLE t (a INTEGER)").await;
    is_sound("duckdb", &project, 12);
}

#[tokio::test]
async fn a_mariadb_is_what_it_is_believed_to_be() {
    let database = mariadb::database().await;
    database.execute("CREATE TABLE t (a INT)").await;
    is_sound("mysql", &open().file("catalogs/s.yaml", &database.catalog()), 40);
}

#[tokio::test]
async fn a_clickhouse_is_what_it_is_believed_to_be() {
    let database = clickhouse::database().await;
    database.execute("CREATE TABLE {db}.t (a Int32) ENGINE = Memory;\n").await;
    is_sound("clickhouse", &open().file("catalogs/s.yaml", &database.catalog()), 12);
}

#[tokio::test]
async fn a_databricks_is_what_it_is_believed_to_be() {
    let workspace = databricks::workspace().await;
    workspace.execute("CREATE TABLE t (a INT);\n").await;
    // So that the statement that is left has an id.
    workspace.behave(json!({"waits": 1})).await;
    is_sound("databricks", &workspace.project(), 3);
    let left = workspace.statements().await.pop().expect("statements");
    assert_eq!(left["cancelled"], true, "{left}");
    assert!(workspace.statements().await.iter().all(|sent| {
        let sql = sent["sql"].as_str().unwrap_or_default();
        sql.starts_with("SELECT") || sql.starts_with("DESCRIBE QUERY") || sql.starts_with("WITH")
    }));
}

#[tokio::test]
async fn a_redshift_is_what_it_is_believed_to_be_over_both_of_its_ways() {
    let warehouse = redshift::database().await;
    warehouse.execute("CREATE TABLE t (a int)").await;
    for project in [warehouse.project(), warehouse.data_project()] {
        is_sound("redshift", &project, 3);
    }
    assert_eq!(warehouse.refused(), Vec::<String>::new());
}

#[tokio::test]
async fn what_differs_is_shown_with_its_statement() {
    let workspace = databricks::workspace().await;
    workspace.execute("CREATE TABLE t (a INT);\n").await;
    // This service holds that no text is like another.
    workspace.behave(json!({"waits": 1, "rewrites": {" LIKE ": " NOT LIKE "}})).await;
    let (output, said) = live(&workspace.project());
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("differs  text LIKE pattern") && said.contains("sent: SELECT"), "{said}");
    assert!(said.contains("there: ") && said.contains("here: "), "{said}");
}

#[tokio::test]
async fn only_a_source_of_the_project_that_speaks_sql_is_asked() {
    let project = open().file("catalogs/s.yaml", "kind: files\nlocation: data\n");
    std::fs::create_dir_all(project.join("data")).expect("the project can be written");
    let (output, said) = live(&project);
    assert!(output.status.code() == Some(1) && said.contains("speaks no SQL"), "{said}");
    let output = aqueduct(project.path()).args(["check", "--live", "other"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(1) && said.contains("`other` is no source of the project: it has s"),
        "{said}"
    );
}
