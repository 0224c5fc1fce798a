//! Cases as files: a project, requests, and what must come back, through both doors.
//!
//! A directory of `tests/cases` is a group:
//!
//! - `project/`: the project, `{{placeholders}}` filled in (see [`crate::harness::project`]);
//! - `postgres.sql`: makes the tables of a fresh database, `{{postgres_url}}`;
//! - `sqlite.sql`: makes the tables of `lite.db` in the project;
//! - `s3.sql`: run by DuckDB in an empty directory; what it writes there is below `warehouse/` in `{{bucket}}`;
//! - `*.case`: the requests, in the form that [`format`] reads.

mod format;
mod parameters;

use std::{fs, panic::AssertUnwindSafe, path::PathBuf};

use futures::FutureExt;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::harness::{
    flight::{Fetched, Refused},
    http::{self, Answer, Request},
    postgres, process,
    project::Project,
    rows, s3,
    server::Server,
    sqlite,
    tools::{output, python_script, repository},
};
use format::Case;

/// Every directory of `tests/cases` has a test of its name below.
const GROUPS: [&str; 1] = ["roads"];

#[tokio::test]
async fn roads() {
    run("roads").await;
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

/// Runs all cases of a group and panics with the names of those that fail; what they say is in the test's output.
async fn run(group: &str) {
    let project = set_up(group).await;
    let server = Server::start(project.path(), &[]).await;
    let mut failed = Vec::new();
    for case in format::read_group(&directory(group)) {
        if AssertUnwindSafe(check(&server, &project, &case)).catch_unwind().await.is_err() {
            failed.push(format!("{} ({})", case.name, case.place));
        }
    }
    assert!(failed.is_empty(), "{} cases of {group} fail:\n{}", failed.len(), failed.join("\n"));
}

/// Makes a group's databases, bucket and project.
pub async fn set_up(group: &str) -> Project {
    let group = directory(group);
    let text = |name: &str| group.join(name).exists().then(|| fs::read_to_string(group.join(name)).expect("UTF-8"));
    let mut project = Project::new();
    if let Some(sql) = text("postgres.sql") {
        let database = postgres::database().await;
        database.execute(&sql).await;
        project = project.postgres(&database);
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
    project.files(&group.join("project"))
}

fn directory(group: &str) -> PathBuf {
    repository().join("tests/cases").join(group)
}

async fn check(server: &Server, project: &Project, case: &Case) {
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
    let flight = fetch(server, project, case).await;
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
        if case.any_order {
            left.sort();
            right.sort();
        }
        assert_eq!(left, right, "command left, path right");
    }
    Ok(fetched)
}
