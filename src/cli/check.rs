//! `aqueduct check`: everything that is wrong with a project, before it is served.

use std::{path::Path, process::ExitCode};

use super::{Failure, output};
use crate::{
    app::App,
    config::Environment,
    model::{Problem, Problems, Severity},
};

pub(super) async fn run(directory: &Path, environment: &Environment) -> Result<ExitCode, Failure> {
    let (problems, summary) = match App::open(directory, environment).await {
        Ok(app) => {
            print_paging(&app)?;
            let mut problems = app.warnings;
            // What could not be planned was not checked.
            for (config, fault) in app.engine.down() {
                let text = format!(
                    "source `{}` cannot be asked, so its queries are not checked: {}",
                    config.name, fault.detail
                );
                let problem = Problem::error(config.place.clone(), text);
                // What follows the first line is the source's own document.
                problems.push(match fault.internal.as_deref().and_then(|cause| cause.lines().next()) {
                    Some(cause) => problem.hint(cause),
                    None => problem,
                });
            }
            let summary = format!("{} queries over {} sources", app.project.queries.len(), app.project.sources.len());
            (problems, summary)
        }
        Err(problems) => (problems, "the project does not load".to_owned()),
    };
    let listed = if problems.is_empty() { String::new() } else { format!("{problems}\n\n") };
    output::print(&format!("{listed}{summary}: {}\n", count(&problems)))?;
    Ok(if problems.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// How the pages of each query follow one another, and why so.
fn print_paging(app: &App) -> Result<(), Failure> {
    let snapshot = app.engine.snapshot();
    let mut rows: Vec<_> = snapshot
        .all()
        .map(|prepared| {
            let query = format!("{}@{}", prepared.query.name, prepared.query.version);
            (query, prepared.paging.consistency.as_str(), prepared.paging.reason.as_str())
        })
        .collect();
    rows.sort();
    let width = rows.iter().map(|(query, ..)| query.len()).max().unwrap_or_default();
    let lines = rows.iter().map(|(query, pages, reason)| format!("{query:width$}  pages: {pages:6}  {reason}\n"));
    output::print(&format!("{}\n", lines.collect::<String>()))
}

fn count(problems: &Problems) -> String {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let number = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    match (errors, problems.len() - errors) {
        (0, 0) => "no mistakes".into(),
        (0, warnings) => number(warnings, "warning"),
        (errors, 0) => number(errors, "error"),
        (errors, warnings) => format!("{}, {}", number(errors, "error"), number(warnings, "warning")),
    }
}
