//! Delta tables behind the doors: what `explain` shows, parameters, and a table that is vacuumed under a running server.

use serde_json::{Value, json};

use super::Lake;
use crate::harness::{
    project::Project,
    server::{Server, aqueduct},
    tools::output,
};

const QUERY: &str = "/*---
name: lake.found
version: 1
description: Rows of a day.
owner: tests
params: {day: {type: date, optional: true}, least: {type: int64, default: 0}}
page: {key: [id]}
access: public
---*/
SELECT id, day, note FROM lake.t WHERE (:day IS NULL OR day = :day) AND id >= :least
";

fn project(lake: &Lake) -> Project {
    let settings = "server: {http: \"127.0.0.1:0\", flight: \"127.0.0.1:0\", admin: \"127.0.0.1:0\"}\n\
                    auth: {anonymous: true}\n";
    Project::new()
        .file("aqueduct.yaml", settings)
        .file("catalogs/lake.yaml", &format!("kind: delta\nlocation: {}\nrefresh: 1h\n", lake.path().display()))
        .file("queries/lake/found.sql", QUERY)
}

fn lake() -> Lake {
    let lake = Lake::in_directory();
    lake.run(
        "for n in range(6): write('t', {'id': [n], 'day': [dt.date(2024, 1, 1 + n // 2)], 'note': [f'n{n}']}, \
         partition_by=['day'])",
    );
    lake
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_shows_the_version_and_how_many_files_are_left() {
    let lake = lake();
    let project = project(&lake);
    let explain = |arguments: &[&str]| {
        let mut command = aqueduct(project.path());
        command.args(["explain", "lake.found"]).args(arguments);
        output(&mut command)
    };
    let plan: Value =
        serde_json::from_str(&explain(&["day=2024-01-02", "least=3", "--format", "json"])).expect("a plan is JSON");
    let part = &plan["sources"][0];
    assert_eq!(part["source"], "lake");
    assert_eq!(part["table"], "t");
    assert_eq!(part["table_version"], 5);
    assert_eq!(part["files"], json!({"scanned": 1, "of": 6}));
    assert_eq!(part["estimated_rows"], 1);
    let text = explain(&["day=2024-01-02", "--analyze"]);
    assert!(text.contains("in lake: t, version 5"), "{text}");
    assert!(text.contains("2 of 6 files"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_finds_the_newest_version_when_files_are_gone() {
    let lake = lake();
    let project = project(&lake);
    let server = Server::start(project.path(), &[]).await;
    let ids = |answer: &Value| answer["data"].as_array().map(|rows| rows.iter().map(|row| row["id"].clone()).collect());
    for (query, expected) in [
        ("day=2024-01-02", vec![2, 3]),
        ("day=2024-01-03", vec![4, 5]),
        ("day=2030-01-03", vec![]),
        ("least=5", vec![5]),
        ("least=4", vec![4, 5]),
        ("", vec![0, 1, 2, 3, 4, 5]),
    ] {
        let answer = server.http().get(&format!("/v1/lake/found?{query}")).send().await.json();
        let expected: Vec<Value> = expected.into_iter().map(Value::from).collect();
        assert_eq!(ids(&answer), Some(expected), "{query}: {answer}");
    }
    lake.run(
        "write('t', {'id': [70], 'day': [dt.date(2024, 1, 1)], 'note': ['new']}, mode='overwrite')\n\
         table('t').vacuum(0, dry_run=False, enforce_retention_duration=False)",
    );
    let answer = server.http().get("/v1/lake/found").send().await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(answer.text().contains("vacuumed"), "{}", answer.text());
    // It looks again at once, though it would have waited for an hour.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let answer = server.http().get("/v1/lake/found").send().await;
        if answer.status == 200 {
            assert_eq!(ids(&answer.json()), Some(vec![json!(70)]));
            break;
        }
        assert!(std::time::Instant::now() < until, "{}", answer.text());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
