//! With all tables in Postgres, each of the queries is one statement, and gives what is computed here.

use std::{fs, sync::Arc};

use aqueduct::{
    catalog,
    config::Environment,
    engine::{Cut, Engine},
    model::Problems,
};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;

use super::data;
use crate::{
    contract::engine::texts,
    harness::{postgres, project::Project, tools::repository},
};

const SETTINGS: &str = "auth: {anonymous: true}\n";
const CATALOG: &str = "kind: postgres\nurl: \"{{postgres_url}}\"\n";

#[tokio::test]
async fn each_query_is_one_statement_of_postgres() {
    let database = postgres::database().await;
    for table in data::tables() {
        table.load_postgres(&database).await;
    }
    let mut project =
        Project::new().postgres(&database).file("aqueduct.yaml", SETTINGS).file("catalogs/pg.yaml", CATALOG);
    for query in fs::read_dir(repository().join("tests/tpch/queries/tpch")).expect("queries") {
        let path = query.expect("a file").path();
        let sql = fs::read_to_string(&path).expect("a query").replace("lake.", "pg.").replace("lite.", "pg.");
        let name = path.file_name().expect("a name").to_str().expect("UTF-8");
        project = project.file(&format!("queries/tpch/{name}"), &sql);
    }
    let (on, off) = (open(&project, "on").await, open(&project, "off").await);
    let mut wrong = Vec::new();
    let mut whole = 0;
    for prepared in on.snapshot().all() {
        let name = prepared.query.name.to_string();
        let (rows, statements, local) = run(&on, &name).await;
        if statements == 1 && local.iter().all(|operator| operator.starts_with("ProjectionExec")) {
            whole += 1;
        } else {
            wrong.push(format!("{name} is {statements} statements and {local:?}"));
        }
        let (expected, ..) = run(&off, &name).await;
        if rows != expected {
            wrong.push(format!("{name} gives {rows:?}\nnot {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(whole, 22);
}

async fn open(project: &Project, pushdown: &str) -> Arc<Engine> {
    let environment: Environment = [("AQUEDUCT_ENGINE__PUSHDOWN", pushdown)].into_iter().collect();
    let loaded = catalog::load(project.path(), &environment).unwrap_or_else(|problems| panic!("{problems}"));
    let opened = Engine::open(Arc::new(loaded.project), &[], Problems::default()).await;
    opened.unwrap_or_else(|problems| panic!("{problems}")).0
}

/// The rows as text, in any order; how many statements were sent; and what ran here.
async fn run(engine: &Engine, name: &str) -> (Vec<String>, usize, Vec<String>) {
    let snapshot = engine.snapshot();
    let prepared = snapshot.all().find(|prepared| prepared.query.name.to_string() == name).expect("a query");
    let values = prepared.query.params.iter().map(|param| param.default.clone().expect("a default")).collect();
    let cut = Cut::All { terms: Vec::new() };
    let planned = snapshot.plan(prepared, values, &cut, DateTime::<Utc>::UNIX_EPOCH).await;
    let physical = planned.unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    let plan = physical.explain(name, 1);
    let stream = physical.execute().unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    let batches: Vec<_> = stream.try_collect().await.unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    let mut rows: Vec<_> = batches.iter().flat_map(texts).collect();
    rows.sort();
    (rows, plan.sources.len(), plan.local.into_iter().map(|part| part.operator).collect())
}
