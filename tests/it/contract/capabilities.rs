//! Every entry of every dialect's allow-list, from its own examples: over columns of edge values, what the source computes
//! is what the engine computes, and the entry is what was used.

mod edge_values;
mod edges;

use std::sync::Arc;

use aqueduct::{
    catalog::{self, Query},
    config::Environment,
    engine::{Cut, Engine, Explanation, View, Wanted},
    model::{Problems, SourceName},
    sources::sql::{
        Class, Dialect,
        adbc::{DuckDbDialect, SnowflakeDialect},
        ansi,
        capability::{Entry, Kind},
        clickhouse::ClickhouseDialect,
        databricks::DatabricksDialect,
        mysql::MysqlDialect,
        postgres::PostgresDialect,
        redshift::RedshiftDialect,
        sqlite::SqliteDialect,
    },
};
use chrono::{DateTime, Utc};
use datafusion::scalar::ScalarValue;
use futures::TryStreamExt;

use super::engine::texts;
use crate::harness::{clickhouse, databricks, duckdb, fakesnow, mariadb, postgres, project::Project, redshift, sqlite};

/// A source of the edge values, with pushdown and without.
struct Bench {
    on: Arc<Engine>,
    off: Arc<Engine>,
    columns: fn(Class) -> Vec<&'static str>,
    _project: Project,
}

impl Bench {
    async fn over(project: Project, columns: fn(Class) -> Vec<&'static str>) -> Self {
        let (on, off) = (open(&project, "on").await, open(&project, "off").await);
        Self { on, off, columns, _project: project }
    }

    /// What is wrong with `entry`.
    async fn check(&self, entry: &'static Entry) -> Vec<String> {
        let mut wrong = Vec::new();
        let queries = entry.asked(self.columns);
        if queries.is_empty() {
            wrong.push(format!("{}: no query can be made of its examples", entry.name));
        }
        for query in queries {
            if self.try_batch(entry, &query.sql("source")).await.is_ok() {
                continue;
            }
            // One by one, to say which.
            for expression in &query.expressions {
                if let Err(mistake) = self.try_batch(entry, &query.alone(expression).sql("source")).await {
                    wrong.push(format!("{}: {mistake}", entry.name));
                }
            }
        }
        wrong
    }

    async fn try_batch(&self, entry: &Entry, statements: &[String]) -> Result<(), String> {
        for sql in statements {
            let (expected, _) =
                ask(&self.off, sql, Vec::new()).await.map_err(|error| format!("{sql}\n  off: {error}"))?;
            let (rows, plan) = ask(&self.on, sql, Vec::new()).await.map_err(|error| format!("{sql}\n  on: {error}"))?;
            let sent: Vec<_> = plan.sources.iter().filter_map(|part| part.sql.clone()).collect();
            if !plan.sources.iter().any(|part| part.capabilities.contains(&entry.name)) {
                return Err(format!("{sql}\n  does not use it: {sent:?}\n  {:?}", plan.local));
            }
            if rows != expected {
                let differences = rows.iter().zip(&expected).filter(|(one, other)| one != other).take(4);
                let differences: Vec<_> = differences.map(|(one, other)| format!("  {one}\n  here: {other}")).collect();
                return Err(format!("{sql}\n  {sent:?}\n{}", differences.join("\n")));
            }
        }
        Ok(())
    }
}

async fn open(project: &Project, pushdown: &str) -> Arc<Engine> {
    let environment: Environment = [("AQUEDUCT_ENGINE__PUSHDOWN", pushdown)].into_iter().collect();
    let loaded = catalog::load(project.path(), &environment).unwrap_or_else(|problems| panic!("{problems}"));
    let opened = Engine::open(Arc::new(loaded.project), &[], Problems::default()).await;
    opened.unwrap_or_else(|problems| panic!("{problems}")).0
}

/// The rows as text, sorted, and where they came from.
async fn ask(engine: &Engine, sql: &str, values: Vec<ScalarValue>) -> Result<(Vec<String>, Explanation), String> {
    let sources = [SourceName::new("source").expect("a name")];
    let select = catalog::parse_ad_hoc(sql, &sources).map_err(|problems| problems.to_string())?;
    let query = Arc::new(Query::ad_hoc(select));
    let snapshot = engine.snapshot_for(&query).await;
    let prepared = snapshot.prepare_ad_hoc(&query).await.map_err(|refusal| format!("{refusal:?}"))?;
    run(engine, &prepared, values).await
}

async fn run(
    engine: &Engine,
    prepared: &aqueduct::engine::Prepared,
    values: Vec<ScalarValue>,
) -> Result<(Vec<String>, Explanation), String> {
    let cut = Cut::All { terms: Vec::new() };
    let wanted = Wanted { prepared, view: &View::default(), values, cut };
    let planned = engine.snapshot().plan(&wanted, DateTime::<Utc>::UNIX_EPOCH).await;
    let physical = planned.map_err(|fault| format!("{fault:?}"))?;
    let plan = physical.explain("test", 1);
    let stream = physical.execute().map_err(|fault| format!("{fault:?}"))?;
    let batches: Vec<_> = stream.try_collect().await.map_err(|fault| format!("{fault:?}"))?;
    let mut rows: Vec<_> = batches.iter().flat_map(texts).collect();
    rows.sort();
    Ok((rows, plan))
}

async fn check_all(bench: &Bench, dialect: &dyn Dialect) {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in dialect.capabilities().entries().filter(|entry| entry.kind != Kind::OpenMembership) {
        wrong.extend(bench.check(entry).await);
        count += 1;
    }
    println!("{count} entries of {}", dialect.name());
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}

/// With a query for each list, whose values are a parameter.
fn with_lists(mut project: Project) -> Project {
    for (name, kind, column, _) in edges::lists() {
        let sql = format!(
            "/*---\nname: lists.{name}\nversion: 1\nparams:\n  list: {{type: \"[{kind}]\"}}\naccess: public\n---*/\n\
             SELECT id FROM source.edges WHERE {column} = ANY(:list)"
        );
        project = project.file(&format!("queries/lists/{name}.sql"), &sql);
    }
    project
}

/// The rows that lists choose.
async fn check_lists(bench: &Bench) {
    for (name, _, _, list) in edges::lists() {
        let mut answers = Vec::new();
        for engine in [&bench.on, &bench.off] {
            let snapshot = engine.snapshot();
            let prepared = snapshot.all().find(|prepared| prepared.query.name.to_string() == format!("lists.{name}"));
            answers.push(run(engine, prepared.expect("it is planned"), vec![list.clone()]).await.expect("rows"));
        }
        assert_eq!(answers[0].0, answers[1].0, "{name}");
        let used = answers[0].1.sources.iter().any(|part| part.capabilities.contains(&"x = ANY (:list)"));
        assert!(used, "{name}: {:?}", answers[0].1);
    }
}

const SETTINGS: &str = "auth: {anonymous: true}\n";

#[tokio::test]
async fn postgres_computes_what_its_list_says() {
    let database = postgres::database().await;
    database.execute(&edges::postgres()).await;
    let catalog = "kind: postgres\nurl: \"{{postgres_url}}\"\n";
    let project =
        Project::new().postgres(&database).file("aqueduct.yaml", SETTINGS).file("catalogs/source.yaml", catalog);
    let project = with_lists(project);
    let bench = Bench::over(project, edges::postgres_columns).await;
    check_lists(&bench).await;
    check_all(&bench, &PostgresDialect).await;
}

#[tokio::test]
async fn redshift_computes_what_its_list_says_as_far_as_postgres_has_it() {
    let redshift = redshift::database().await;
    redshift.execute(&edges::redshift()).await;
    let project = Project::new().file("aqueduct.yaml", SETTINGS).file("catalogs/source.yaml", &redshift.catalog());
    let bench = Bench::over(with_lists(project), edges::redshift_columns).await;
    check_lists(&bench).await;
    check_all(&bench, &RedshiftDialect::Wire).await;
    assert_eq!(redshift.refused(), Vec::<String>::new());
}

#[tokio::test]
async fn redshift_computes_the_same_when_it_is_asked_by_the_data_api() {
    let redshift = redshift::database().await;
    redshift.execute(&edges::redshift()).await;
    let project = Project::new().file("aqueduct.yaml", SETTINGS).file("catalogs/source.yaml", &redshift.data_catalog());
    let bench = Bench::over(with_lists(project), edges::redshift_columns).await;
    check_lists(&bench).await;
    check_all(&bench, &RedshiftDialect::Data).await;
    assert_eq!(redshift.refused(), Vec::<String>::new());
}

#[tokio::test]
async fn clickhouse_computes_what_its_list_says() {
    let database = clickhouse::database().await;
    database.execute(&edges::clickhouse()).await;
    let project = Project::new().file("aqueduct.yaml", SETTINGS).file("catalogs/source.yaml", &database.catalog());
    let bench = Bench::over(project, edges::clickhouse_columns).await;
    check_all(&bench, &ClickhouseDialect).await;
}

#[tokio::test]
async fn databricks_computes_what_its_list_says() {
    let workspace = databricks::workspace().await;
    workspace.execute(&edges::databricks()).await;
    let project =
        Project::new().file("aqueduct.yaml", SETTINGS).file("catalogs/source.yaml", &workspace.catalog_file());
    let bench = Bench::over(with_lists(project), edges::databricks_columns).await;
    check_lists(&bench).await;
    check_all(&bench, &DatabricksDialect).await;
}

#[tokio::test]
async fn duckdb_computes_what_its_list_says() {
    let project = Project::new().file("aqueduct.yaml", SETTINGS);
    duckdb::execute(&project.join("edges.duckdb"), &edges::duckdb()).await;
    let library = duckdb::library().display().to_string();
    let catalog = "kind: duckdb\npath: edges.duckdb\ndriver: \"{{library}}\"\n";
    let project = with_lists(project.value("library", library).file("catalogs/source.yaml", catalog));
    let bench = Bench::over(project, edges::duckdb_columns).await;
    check_lists(&bench).await;
    check_all(&bench, &DuckDbDialect).await;
}

#[tokio::test]
async fn snowflake_computes_what_its_list_says() {
    let snowflake = fakesnow::database().await;
    snowflake.execute(&edges::snowflake()).await;
    let project = Project::new().file("aqueduct.yaml", SETTINGS).file("catalogs/source.yaml", &snowflake.catalog());
    check_all(&Bench::over(project, edges::snowflake_columns).await, &SnowflakeDialect).await;
}

#[tokio::test]
async fn any_server_computes_what_the_list_says() {
    let database = postgres::database().await;
    database.execute(&edges::postgres()).await;
    let driver = fakesnow::driver("postgresql").display().to_string();
    let catalog = "kind: adbc\ndriver: \"{{driver}}\"\noptions: {uri: \"{{postgres_url}}\"}\nschemas: [public]\n";
    let project = Project::new().postgres(&database).value("driver", driver);
    let project = project.file("aqueduct.yaml", SETTINGS).file("catalogs/source.yaml", catalog);
    check_all(&Bench::over(project, edges::whole_columns).await, &ansi::DOUBLE_QUOTES).await;
}

#[tokio::test]
async fn mysql_computes_what_its_list_says() {
    let database = mariadb::database().await;
    database.execute(&edges::mysql()).await;
    let catalog = format!("{}tables: {{plain: {{columns: {{p_bool: bool, q_bool: bool}}}}}}\n", database.catalog());
    let project = Project::new().file("aqueduct.yaml", SETTINGS).file("catalogs/source.yaml", &catalog);
    let bench = Bench::over(project, edges::mysql_columns).await;
    check_all(&bench, &MysqlDialect).await;
}

#[tokio::test]
async fn sqlite_computes_what_its_list_says() {
    let project = Project::new().file("aqueduct.yaml", SETTINGS);
    let file = project.join("edges.db");
    let project = project.value("file", file.display().to_string());
    let project = project.file("catalogs/source.yaml", "kind: sqlite\npath: \"{{file}}\"\n");
    sqlite::execute(&file, &edges::sqlite()).await;
    let bench = Bench::over(project, edges::sqlite_columns).await;
    check_all(&bench, &SqliteDialect).await;
}
