//! Requests made from the document, right and wrong ones, to every operation: each answer is as documented.

use std::{
    path::Path,
    process::{Command, Output},
};

use super::{KEY, demo, larger};
use crate::harness::{
    process,
    server::Server,
    tools::{python_tool, repository},
};

/// Calls every operation that is described to the holder of `key`, each with about so many made-up requests besides those
/// at the bounds of its parameters.
async fn call_as_documented(server: &Server, directory: &Path, key: Option<&str>, examples: u32) {
    let mut command = Command::new(python_tool("python"));
    command.args(["-m", "schemathesis.cli", "--config-file"]).arg(repository().join("tests/python/schemathesis.toml"));
    command.args(["run", &format!("http://{}/openapi.json", server.http)]);
    command.args(["--checks", "all", "--max-examples", &examples.to_string(), "--generation-deterministic"]);
    // No stateful phase: nothing here has a state, and the links it guesses pass lists where one value belongs.
    command.args(["--phases", "coverage,fuzzing", "--continue-on-failure", "--no-color", "--request-timeout", "60"]);
    // Not on several threads: there Python 3.11 fails to parse sources now and then
    // (<https://github.com/python/cpython/issues/106905>).
    command.args(["--workers", "1"]);
    if let Some(key) = key {
        command.args(["--header", &format!("Authorization: Bearer {key}")]);
    }
    command.env("PYTHONPATH", repository().join("tests/python")).env("SCHEMATHESIS_HOOKS", "schemathesis_hooks");
    let output = run(command, directory).await;
    assert!(output.status.success(), "{}", said(&output));
}

/// Without blocking the runtime, which the server's readers share.
async fn run(mut command: Command, directory: &Path) -> Output {
    command.current_dir(directory);
    let run = tokio::task::spawn_blocking(move || command.output());
    run.await.expect("it does not panic").expect("it starts")
}

fn said(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn every_answer_to_anybody_is_as_documented() {
    let (server, directory) = demo().await;
    call_as_documented(&server, directory.path(), None, 12).await;
}

#[tokio::test]
async fn every_answer_to_a_key_is_as_documented() {
    let (server, directory) = demo().await;
    call_as_documented(&server, directory.path(), Some(KEY), 12).await;
}

#[tokio::test]
async fn every_answer_of_a_larger_project_is_as_documented() {
    let project = larger::project().await;
    let server = Server::start(project.path(), &[]).await;
    let directory = process::directory("schemathesis-");
    call_as_documented(&server, directory.path(), Some(KEY), 4).await;
}
