//! Every mistake that an owner can make in a project's files, and the exact text that answers it.
//!
//! Each folder of `tests/mistakes/` is a small project with an `expected.txt`: what loading it prints. An `env` file
//! holds its variables, a line `NAME=value` each; the secrets among them are spelt `hunter2` and must not be printed.
//! `UPDATE_EXPECT=1 cargo test --test it mistakes` writes the expectations anew.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use aqueduct::{
    catalog::{Project, load, parse_ad_hoc},
    config::Environment,
    model::{Problems, SourceName},
    sources,
};
use datafusion::execution::runtime_env::RuntimeEnv;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mistakes");

/// Does this run write expectations rather than check them?
fn updating() -> bool {
    std::env::var_os("UPDATE_EXPECT").is_some()
}

/// What loading `project` prints, without the path of this machine.
fn printed(project: &Path) -> String {
    let variables = fs::read_to_string(project.join("env")).unwrap_or_default();
    let environment: Environment = variables.lines().filter_map(|line| line.split_once('=')).collect();
    let text = match load(project, &environment) {
        Ok(mut loaded) if !loaded.problems.has_errors() => {
            open(&loaded.project, &mut loaded.problems);
            let count = loaded.project.queries.len();
            let opened = if loaded.problems.has_errors() { "" } else { &format!("loaded {count} queries\n") };
            format!("{opened}{}", loaded.problems)
        }
        Ok(loaded) => loaded.problems.to_string(),
        Err(problems) => problems.to_string(),
    };
    text.replace(&project.display().to_string(), "PROJECT").trim_end().to_owned() + "\n"
}

/// Opens the sources, which connects none of them.
fn open(project: &Project, problems: &mut Problems) {
    let runtime = Arc::new(RuntimeEnv::default());
    problems.extend(project.sources.iter().filter_map(|config| sources::open(config, &runtime, true).err()));
}

#[test]
fn every_mistake_is_answered() {
    let mut wrong = Vec::new();
    let mut messages = BTreeSet::new();
    let mut projects: Vec<_> =
        fs::read_dir(FOLDER).expect("the folder of mistakes").map(|entry| entry.expect("an entry").path()).collect();
    projects.sort();
    for project in projects.iter().filter(|path| path.is_dir()) {
        let actual = printed(project);
        assert!(!actual.contains("hunter2"), "a secret is shown:\n{actual}");
        messages
            .extend(actual.lines().filter_map(|line| line.split_once(": error: ")).map(|(_, text)| text.to_owned()));
        let file = project.join("expected.txt");
        if updating() {
            fs::write(&file, &actual).expect("the expectation is written");
        } else if fs::read_to_string(&file).unwrap_or_default() != actual {
            wrong.push(format!("{}:\n{actual}", project.display()));
        }
    }
    assert!(wrong.is_empty(), "{} projects answer otherwise:\n\n{}", wrong.len(), wrong.join("\n"));
    assert!(messages.len() >= 100, "only {} different mistakes", messages.len());
}

/// One statement a line, ended by a line `----`, with the answer below it, up to an empty line.
#[test]
fn every_statement_is_answered() {
    let file = Path::new(FOLDER).join("statements.txt");
    let text = fs::read_to_string(&file).expect("the statements");
    let sources: Vec<_> = ["crm", "lake"].iter().filter_map(|name| SourceName::new(name)).collect();
    let mut answers = Vec::new();
    for case in text.split("\n\n") {
        let (sql, _) = case.split_once("\n----\n").unwrap_or((case.trim_end(), ""));
        let answer = match parse_ad_hoc(sql, &sources) {
            Ok(select) => {
                let read: Vec<_> = select.sources.keys().map(SourceName::as_str).collect();
                format!("reads [{}]", read.join(", "))
            }
            Err(problems) => problems.to_string(),
        };
        answers.push(format!("{sql}\n----\n{answer}"));
    }
    let actual = answers.join("\n\n") + "\n";
    if updating() {
        fs::write(&file, &actual).expect("the expectation is written");
    }
    assert_eq!(fs::read_to_string(&file).expect("the statements"), actual);
}
