//! Pages joined together are the whole result, each row once and in the documented order, whatever the values, the
//! order, the limits and the source; and what happens between two pages disturbs nothing.

mod own_keys;
mod table;
mod writes;

use std::fmt::Write as _;

use futures::{StreamExt, stream};
use serde_json::Value;

use crate::harness::{
    http::{Answer, Http, all_pages},
    postgres::{self, Database},
    process,
    project::Project,
    server::Server,
    sqlite,
    tools::{is_long_run, output, python_script},
};
use table::{Case, Engine, Random, Table};

/// Tables to try, and orders of each over each source.
const TABLES: usize = 2;
const TABLES_OF_A_LONG_RUN: usize = 30;
const ORDERS: usize = 8;

const SETTINGS: &str = "auth: {anonymous: true}\n";
const POSTGRES: &str = "kind: postgres\nurl: \"{{postgres_url}}\"\npool: {max_connections: 4}\n";

#[tokio::test]
async fn pages_are_the_whole_result_in_its_order() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
    eprintln!("SEED={seed}");
    let mut random = Random::new(seed);
    for _ in 0..if is_long_run() { TABLES_OF_A_LONG_RUN } else { TABLES } {
        check_table(&mut random).await;
    }
}

async fn check_table(random: &mut Random) {
    let table = Table::draw(random);
    let database = postgres::database().await;
    database.execute(&table.statements(Engine::Postgres)).await;
    let mut project =
        Project::new().postgres(&database).file("aqueduct.yaml", SETTINGS).file("catalogs/pg.yaml", POSTGRES);
    project = project
        .file("catalogs/lite.yaml", "kind: sqlite\npath: lite.db\n")
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\ndiscover: true\n")
        .file("lake/README.md", "Made by the test.\n");
    sqlite::execute(&project.join("lite.db"), &table.statements(Engine::Sqlite)).await;
    let scripts = process::directory("duckdb-");
    let script = scripts.path().join("table.sql");
    std::fs::write(&script, table.statements(Engine::Duckdb)).expect("it can be written");
    output(python_script("duckdb_run.py").arg(&script).current_dir(project.join("lake")));
    std::fs::remove_file(project.join("lake/README.md")).expect("it is ours");

    let mut cases = Vec::new();
    for (engine, source) in [(Engine::Postgres, "pg"), (Engine::Sqlite, "lite"), (Engine::Duckdb, "lake")] {
        for index in 0..ORDERS {
            let case = Case::draw(random, &table, engine, format!("{source}_{index}"));
            project = project.file(&format!("queries/pages/{}.sql", case.name), &case.file(source));
            cases.push(case);
        }
    }
    let pushing = Server::start(project.path(), &[]).await;
    let local = Server::start(project.path(), &[("AQUEDUCT_ENGINE__PUSHDOWN", "off")]).await;
    let (pushing, local) = (pushing.http(), local.http());
    stream::iter(&cases)
        .map(async |case| assert_eq!(check(&pushing, case).await, check(&local, case).await, "{case:?}"))
        .buffer_unordered(4)
        .collect::<Vec<()>>()
        .await;
}

/// Follows the pages of a case, each with its own limit, and returns their rows.
async fn check(http: &Http, case: &Case) -> Vec<Value> {
    let (mut cursor, mut rows, mut seen) = (String::new(), Vec::new(), 0);
    for limit in case.limits.iter().cycle() {
        let page = http.get(&format!("/v1/pages/{}?limit={limit}{cursor}", case.name)).send().await;
        assert_eq!(page.status.as_u16(), 200, "{case:?} after {seen} rows: {}", page.text());
        let ids: Vec<i64> = page.rows().iter().map(|row| row["id"].as_i64().expect("an id")).collect();
        let end = (seen + limit).min(case.expected.len());
        assert_eq!(ids, case.expected[seen..end], "{case:?} after {seen} rows: {}", page.text());
        seen = end;
        rows.extend(page.rows());
        let json = page.json();
        let promised = json["meta"]["consistency"].as_str().expect("text");
        let by_key = if case.consistency == "stored" { "stored" } else { "keyset" };
        assert_eq!(
            promised,
            if cursor.is_empty() && page.cursor().is_none() { "complete" } else { by_key },
            "{case:?}"
        );
        assert_eq!(json["pagination"]["has_more"], seen < case.expected.len(), "{case:?}");
        match page.cursor() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, case.expected.len(), "{case:?}");
    rows
}

/// A server over one Postgres database, and queries `pages.NAME`: each its name, its page, its SELECT.
async fn serve(statements: &str, queries: &[(&str, &str, &str)]) -> (Database, Project, Server) {
    let database = postgres::database().await;
    database.execute(statements).await;
    let mut project =
        Project::new().postgres(&database).file("aqueduct.yaml", SETTINGS).file("catalogs/pg.yaml", POSTGRES);
    for (name, page, select) in queries {
        let text = format!("/*---\nname: pages.{name}\nversion: 1\npage: {page}\naccess: public\n---*/\n{select}\n");
        project = project.file(&format!("queries/pages/{name}.sql"), &text);
    }
    let server = Server::start(project.path(), &[]).await;
    (database, project, server)
}

fn ids(page: &Answer) -> Vec<i64> {
    page.rows().iter().map(|row| row["id"].as_i64().expect("an id")).collect()
}

#[tokio::test]
async fn rows_that_come_and_go_between_pages_disturb_nothing() {
    let tables = "CREATE TABLE t (id bigint PRIMARY KEY, score int); INSERT INTO t SELECT n * 10, n % 2 FROM generate_series(1, 8) AS n";
    let queries = [
        ("by_id", "{key: [id]}", "SELECT id FROM pg.t"),
        ("by_score", "{key: [id], order: [-score]}", "SELECT id, score FROM pg.t"),
    ];
    let (database, _project, server) = serve(tables, &queries).await;
    let http = server.http();
    let next = async |path: &str, page: &Answer| {
        http.get(&format!("{path}&cursor={}", page.cursor().expect("there is more"))).send().await
    };

    let by_id = http.get("/v1/pages/by_id?limit=3").send().await;
    let by_score = http.get("/v1/pages/by_score?limit=3").send().await;
    assert_eq!((ids(&by_id), ids(&by_score)), (vec![10, 20, 30], vec![10, 30, 50]));
    // Before the cursors, behind them, and the very rows that they are made of.
    database
        .execute(
            "DELETE FROM t WHERE id IN (30, 50, 60); INSERT INTO t VALUES (5, 1), (15, 1), (35, 0), (55, 1), (100, 0)",
        )
        .await;
    let by_id = next("/v1/pages/by_id?limit=4", &by_id).await;
    assert_eq!(ids(&by_id), [35, 40, 55, 70]);
    assert_eq!(ids(&next("/v1/pages/by_id?limit=4", &by_id).await), [80, 100]);
    let by_score = next("/v1/pages/by_score?limit=4", &by_score).await;
    assert_eq!(ids(&by_score), [55, 70, 20, 35]);
    assert_eq!(ids(&next("/v1/pages/by_score?limit=9", &by_score).await), [40, 80, 100]);

    // Nothing is left behind a cursor: an empty page, and the end.
    let first = http.get("/v1/pages/by_id?limit=9").send().await;
    database.execute("DELETE FROM t WHERE id > 80").await;
    let last = next("/v1/pages/by_id?limit=9", &first).await;
    assert_eq!(
        (ids(&last).len(), last.cursor(), &last.json()["pagination"]["has_more"]),
        (0, None, &Value::Bool(false))
    );
}

#[tokio::test]
async fn now_is_one_instant_for_all_pages_of_a_chain() {
    let tables = "CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5)";
    let select = "SELECT id, now() AS at FROM pg.t WHERE now() > TIMESTAMP '2000-01-01'";
    let (_database, _project, server) = serve(tables, &[("clock", "{key: [id]}", select)]).await;
    let chain = async || {
        let pages = all_pages("/v1/pages/clock?limit=2", |path| server.http().get(path)).await;
        assert_eq!(pages.len(), 3);
        let instants: Vec<Value> = pages.iter().flat_map(Answer::rows).map(|row| row["at"].clone()).collect();
        assert!(instants.iter().all(|at| *at == instants[0]), "{instants:?}");
        for page in &pages {
            assert_eq!(page.json()["meta"]["generated_at"], instants[0]);
        }
        instants[0].to_string()
    };
    assert!(chain().await < chain().await, "another chain, another instant");
}

#[tokio::test]
async fn a_key_that_is_null_or_repeats_is_an_error_wherever_the_page_ends() {
    let mut tables = String::new();
    let mut queries = Vec::new();
    let faults = [("null", "NULL"), ("repeated", "4"), ("several", "4), (4), (4), (NULL), (NULL")];
    let pages = ["{key: [id]}", "{key: [id], order: [-id]}", "{key: [id], order: [{column: id, nulls: first}]}"];
    let mut selects = Vec::new();
    for (table, values) in faults {
        let _ =
            write!(tables, "CREATE TABLE k_{table} (id bigint); INSERT INTO k_{table} SELECT generate_series(1, 7);");
        let _ = write!(tables, "INSERT INTO k_{table} VALUES ({values});");
        for (index, page) in pages.iter().enumerate() {
            selects.push((format!("{table}_{index}"), *page, format!("SELECT id FROM pg.k_{table}")));
        }
    }
    queries.extend(selects.iter().map(|(name, page, select)| (name.as_str(), *page, select.as_str())));
    let (_database, _project, server) = serve(&tables, &queries).await;
    for (name, ..) in &queries {
        for limit in 1..=9 {
            let (mut cursor, mut seen) = (String::new(), Vec::new());
            let problem = loop {
                let page = server.http().get(&format!("/v1/pages/{name}?limit={limit}{cursor}")).send().await;
                if page.status.as_u16() != 200 {
                    break page;
                }
                seen.extend(ids(&page));
                let next = page.cursor().unwrap_or_else(|| panic!("{name}, limit {limit}: {seen:?} looks whole"));
                cursor = format!("&cursor={next}");
            };
            assert_eq!(problem.json()["code"], "AQ-602", "{name}, limit {limit}: {}", problem.text());
            seen.sort_unstable();
            assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{name}, limit {limit}: {seen:?}");
        }
    }
}

/// The order holds −0 and 0 for equal, so behind the one the other would not be found.
#[tokio::test]
async fn both_zeros_are_one_key() {
    let tables = "CREATE TABLE zeros (id float8); INSERT INTO zeros VALUES (-1), (0), ('-0'), (1)";
    let (_database, _project, server) = serve(tables, &[("zeros", "{key: [id]}", "SELECT id FROM pg.zeros")]).await;
    for limit in 2..=4 {
        let page = server.http().get(&format!("/v1/pages/zeros?limit={limit}")).send().await;
        assert_eq!(page.json()["code"], "AQ-602", "limit {limit}: {}", page.text());
    }
}

#[tokio::test]
async fn a_page_that_no_cursor_could_continue_is_an_error() {
    let tables = "CREATE TABLE t (id bigint PRIMARY KEY, name text); \
                  INSERT INTO t SELECT n, repeat('x', 20000) FROM generate_series(1, 3) AS n";
    let query = ("long", "{key: [id], order: [name]}", "SELECT id, name FROM pg.t");
    let (_database, _project, server) = serve(tables, &[query]).await;
    let page = server.http().get("/v1/pages/long?limit=2").send().await;
    assert_eq!((page.status.as_u16(), &page.json()["code"]), (500, &Value::from("AQ-603")), "{}", page.text());
    assert_eq!(ids(&server.http().get("/v1/pages/long?limit=3").send().await), [1, 2, 3]);
}
