//! Cases as files: a project, requests, and what must come back, through both doors.
//!
//! A directory of `tests/cases` is a group:
//!
//! - `project/`: the project, `{{placeholders}}` filled in (see [`crate::harness::project`]);
//! - `postgres.sql`: makes the tables of a fresh database, `{{postgres_url}}`;
//! - `sqlite.sql`: makes the tables of `lite.db` in the project;
//! - `s3.sql`: run by DuckDB in an empty directory; what it writes there is below `warehouse/` in `{{bucket}}`;
//! - `*.case`: the requests, in the form that [`format`] reads.

pub mod format;
pub mod parameters;

use std::{any::Any, fs, panic::AssertUnwindSafe, path::PathBuf};

use futures::FutureExt;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::harness::{
    flight::{Fetched, Refused},
    http::{self, Answer, Request},
    postgres::{self, Database},
    process,
    project::Project,
    rows, s3,
    server::Server,
    sqlite,
    tools::{output, python_script, repository},
};
use format::Case;

/// Every directory of `tests/cases` has two tests of its name below.
const GROUPS: [&str; 2] = ["names", "roads"];

#[tokio::test]
async fn names() {
    run("names", Pushdown::On).await;
}

#[tokio::test]
async fn names_without_pushdown() {
    run("names", Pushdown::Off).await;
}

#[tokio::test]
async fn roads() {
    run("roads", Pushdown::On).await;
}

#[tokio::test]
async fn roads_without_pushdown() {
    run("roads", Pushdown::Off).await;
}

#[test]
fn every_group_is_run_and_can_be_read() {
    let mut groups: Vec<String> = fs::read_dir(repository().join("tests/cases"))
        .expect("the cases are there")
        .map(|entry| entry.expect("they can be listed").file_name().into_string().expect("their names are UTF-8"))
        .collect();
    groups.sort();
    assert_eq!(groups, GROUPS);
    for group in groups {
        assert!(!format::read_group(&directory(&group)).is_empty(), "{group} has no cases");
    }
}

#[tokio::test]
async fn every_group_can_be_set_up() {
    for group in GROUPS {
        set_up(group).await;
    }
}

/// A group's project, and the database that it reads if it has one.
#[derive(Debug)]
pub struct Group {
    /// The project.
    pub project: Project,
    /// Made by `postgres.sql`.
    pub database: Option<Database>,
}

/// Pushdown never changes an answer, so every group runs both ways.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pushdown {
    On,
    Off,
}

/// Runs all cases of a group, and panics with those that fail and what they say.
async fn run(name: &str, pushdown: Pushdown) {
    let group = set_up(name).await;
    let environment: &[(&str, &str)] = match pushdown {
        Pushdown::On => &[],
        Pushdown::Off => &[("AQUEDUCT_ENGINE__PUSHDOWN", "off")],
    };
    let server = Server::start(group.project.path(), environment).await;
    let mut failed = Vec::new();
    for case in format::read_group(&directory(name)) {
        if let Err(panic) = AssertUnwindSafe(check(&server, &group, &case, pushdown)).catch_unwind().await {
            failed.push(format!("== {} ({})\n{}", case.name, case.place, message(panic.as_ref())));
        }
    }
    assert!(failed.is_empty(), "{} cases of {name} fail:\n{}", failed.len(), failed.join("\n"));
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().unwrap_or(&"no message"),
    }
}

/// Makes a group's databases, bucket and project.
pub async fn set_up(name: &str) -> Group {
    let group = directory(name);
    let text = |name: &str| group.join(name).exists().then(|| fs::read_to_string(group.join(name)).expect("UTF-8"));
    let mut project = Project::new();
    let mut database = None;
    if let Some(sql) = text("postgres.sql") {
        let fresh = postgres::database().await;
        fresh.execute(&sql).await;
        project = project.postgres(&fresh);
        database = Some(fresh);
    }
    if group.join("s3.sql").exists() {
        let bucket = s3::bucket().await;
        let objects = process::directory("objects-");
        let warehouse = objects.path().join("warehouse");
        fs::create_dir(&warehouse).expect("a temporary directory can be written");
        output(python_script("duckdb_run.py").arg(group.join("s3.sql")).current_dir(&warehouse));
        bucket.put_directory(objects.path()).await;
        project = project.s3(&bucket);
    }
    if let Some(sql) = text("sqlite.sql") {
        sqlite::execute(&project.join("lite.db"), &sql).await;
    }
    Group { project: project.files(&group.join("project")), database }
}

fn directory(group: &str) -> PathBuf {
    repository().join("tests/cases").join(group)
}

async fn check(server: &Server, group: &Group, case: &Case, pushdown: Pushdown) {
    if case.received.is_empty() || pushdown == Pushdown::Off {
        return ask(server, group, case).await;
    }
    let database = group.database.as_ref().expect("a case that asks what Postgres received has a postgres.sql");
    let mark = database.mark().await;
    ask(server, group, case).await;
    let statements = database.received_since(&mark).await;
    for (pattern, expected) in &case.received {
        let received = statements.iter().any(|statement| format::glob(pattern, &statement.sql));
        assert_eq!(received, *expected, "was {pattern} among these? {statements:#?}");
    }
}

async fn ask(server: &Server, group: &Group, case: &Case) {
    let request = |path: &str| http_request(server, case, path);
    let first = request(&case.path).send().await;
    assert_eq!(first.status.as_u16(), case.status, "{}", String::from_utf8_lossy(&first.bytes));
    for (name, expected) in &case.headers {
        let actual = first.header(name);
        assert!(format::glob(expected, actual), "{name}: {actual} instead of {expected}");
    }
    if let Some(expected) = &case.body {
        format::assert_matches(expected, &first.json());
    }
    if case.http_only {
        return;
    }
    let flight = fetch(server, &group.project, case).await;
    if first.status != StatusCode::OK {
        let refused = flight.expect_err("what HTTP refuses, Flight refuses");
        let code = first.json()["code"].as_str().expect("a problem has a code").to_owned();
        assert!(refused.message.contains(&code), "Flight says {:?}, HTTP says {code}", refused.message);
        return;
    }
    let flight = flight.expect("what HTTP answers, Flight answers");
    let pages = http::all_pages(&case.path, request).await;
    check_rows(case, &pages, &flight);
}

fn check_rows(case: &Case, pages: &[Answer], flight: &Fetched) {
    let pages: Vec<Vec<Value>> = pages.iter().map(Answer::rows).collect();
    let cells = |rows: &[Value]| rows::from_json(rows, &flight.schema);
    if !case.pages.is_empty() {
        assert_eq!(pages.len(), case.pages.len(), "the number of pages: {pages:?}");
        for (index, (actual, expected)) in pages.iter().zip(&case.pages).enumerate() {
            assert_eq!(cells(actual), cells(expected), "page {}", index + 1);
        }
    }
    let all = pages.concat();
    if let Some(expected) = &case.rows {
        let (mut actual, mut expected) = (cells(&all), cells(expected));
        if case.any_order {
            actual.sort();
            expected.sort();
        }
        assert_eq!(actual, expected, "HTTP left, expected right");
    }
    if case.any_order { rows::assert_same_in_any_order(&all, flight) } else { rows::assert_same(&all, flight) }
}

fn http_request(server: &Server, case: &Case, path: &str) -> Request {
    let method = Method::from_bytes(case.method.as_bytes()).expect("a case has a method");
    let request = server.http().request(&method, path);
    let request = case.request_headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    if case.request_body.is_empty() { request } else { request.body(case.request_body.clone()) }
}

/// The same query and parameters as a Flight command; without parameters by its path too.
async fn fetch(server: &Server, project: &Project, case: &Case) -> Result<Fetched, Refused> {
    let call = parameters::call(project, case);
    let mut flight = server.flight().await;
    for (name, value) in &case.request_headers {
        if name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("x-api-key") {
            flight = flight.header(name, value);
        }
    }
    let fetched = flight.command(&call.query, call.version, &call.parameters).await?;
    if call.parameters.as_object().is_some_and(serde_json::Map::is_empty) {
        let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
        let by_path = flight.path(&path).await?;
        let (mut left, mut right) = (rows::from_arrow(&fetched), rows::from_arrow(&by_path));
        // A key alone orders pages, not streams.
        left.sort();
        right.sort();
        assert_eq!(left, right, "command left, path right");
    }
    Ok(fetched)
}
