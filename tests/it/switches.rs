//! The switches that keep work here: for a query, for a source, for one run of the command line. The rows are the same.

use serde_json::{Value, json};

use crate::{
    cli::run,
    harness::{postgres, project::Project, server::Server, sqlite},
};

const SETTINGS: &str = "auth: {anonymous: true}\n";
const POSTGRES: &str = "kind: postgres\nurl: \"{{postgres_url}}\"\n";
const TABLE: &str = "
    CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, weight DOUBLE PRECISION);
    INSERT INTO item VALUES (1, 'anvil', 100.5), (2, 'bell', 0.25), (3, 'cog', NULL), (4, 'die', 2);
";

/// Pages by the key of the table; `switch` is a line of the header.
fn query(name: &str, source: &str, switch: &str) -> String {
    format!(
        "/*---\nname: shop.{name}\nversion: 1\nparams:\n  above: {{type: int64, default: 1}}\naccess: public\n{switch}---*/\n\
         SELECT id, name FROM {source}.item WHERE id > :above\n"
    )
}

/// The statements that `aqueduct explain` shows.
fn statements(project: &Project, arguments: &[&str]) -> Vec<String> {
    let ended = run(project, &[&["explain", "--format", "json"], arguments].concat()).good();
    let plan: Value = serde_json::from_str(ended.stdout()).expect("JSON");
    let sources = plan["sources"].as_array().expect("an array");
    sources.iter().map(|part| part["sql"].as_str().expect("a statement").to_owned()).collect()
}

#[tokio::test]
async fn a_query_can_keep_its_work_here() {
    let database = postgres::database().await;
    database.execute(TABLE).await;
    let project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/pg.yaml", POSTGRES)
        .file("queries/shop/there.sql", &query("there", "pg", ""))
        .file("queries/shop/here.sql", &query("here", "pg", "pushdown: off\n"));
    let server = Server::start(project.path(), &[]).await;
    let expected = [json!({"id": 3, "name": "cog"}), json!({"id": 4, "name": "die"})];
    // Twice each: the second call may use a plan that was kept.
    for (name, selective) in [("there", true), ("here", false), ("there", true), ("here", false)] {
        for path in [format!("/v1/shop/{name}?above=2&limit=2"), format!("/v1/shop/{name}?above=2&format=ndjson")] {
            let mark = database.mark().await;
            let answer = server.http().get(&path).send().await;
            let mut rows = if path.contains("ndjson") { answer.ndjson() } else { answer.rows() };
            rows.sort_by_key(|row| row["id"].as_i64());
            assert_eq!(rows, expected, "{path}");
            let received = database.received_since(&mark).await;
            // What only asks for the types of a statement's columns reads nothing.
            let is_reading =
                |sql: &str| sql.contains("SELECT") && sql.contains("\"item\"") && !sql.ends_with(" AS rows LIMIT 0");
            let mut reading = received.iter().filter(|statement| is_reading(&statement.sql)).peekable();
            assert!(reading.peek().is_some(), "{path} read nothing: {received:#?}");
            for statement in reading {
                let chosen = ["WHERE", "ORDER", "LIMIT"].iter().any(|word| statement.sql.contains(word));
                assert_eq!(chosen, selective, "{path} sent {}", statement.sql);
            }
        }
    }
}

#[tokio::test]
async fn a_source_can_be_asked_for_columns_only() {
    let project = Project::new()
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/shop.yaml", "kind: sqlite\npath: shop.db\n")
        .file("catalogs/old.yaml", "kind: sqlite\npath: shop.db\npushdown: off\n")
        .file("queries/shop/there.sql", &query("there", "shop", ""))
        .file("queries/shop/here.sql", &query("here", "old", ""));
    sqlite::execute(&project.join("shop.db"), TABLE).await;
    assert!(statements(&project, &["shop.there"])[0].contains(" WHERE "));
    assert_eq!(statements(&project, &["shop.here"]), ["SELECT `id`, `name` FROM \"main\".\"item\""]);
    let rows = |name: &str| run(&project, &["query", name, "--format", "csv"]).good().stdout().to_owned();
    assert_eq!(rows("shop.here"), rows("shop.there"));
}

#[tokio::test]
async fn one_run_can_be_without_pushdown() {
    let project = Project::new()
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/shop.yaml", "kind: sqlite\npath: shop.db\n")
        .file("queries/shop/there.sql", &query("there", "shop", ""));
    sqlite::execute(&project.join("shop.db"), TABLE).await;
    assert!(statements(&project, &["shop.there"])[0].contains(" WHERE "));
    assert_eq!(statements(&project, &["shop.there", "--no-pushdown"]), ["SELECT `id`, `name` FROM \"main\".\"item\""]);
    let select = "SELECT sum(id) AS sum FROM shop.item WHERE name <> 'cog'";
    for command in [&["query", "shop.there"], &["sql", select]] {
        let print = |more: &[&str]| run(&project, &[command, &["--format", "csv"], more].concat()).good();
        assert_eq!(print(&[]).stdout(), print(&["--no-pushdown"]).stdout(), "{command:?}");
    }
    // It is a switch of a run, not of what is served or checked.
    for command in ["serve", "check"] {
        run(&project, &[command, "--no-pushdown"]).failed(2, &["--no-pushdown"]);
    }
}
