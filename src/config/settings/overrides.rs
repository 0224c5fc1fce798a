//! `AQUEDUCT_SECTION__KEY`: environment variables that take the place of scalar settings.

use std::path::Path;

use super::super::{
    Environment, Spanned,
    yaml::{Content, Node, Scalar},
};
use crate::model::{Place, Problem, Problems, place::nearest};

const PREFIX: &str = "AQUEDUCT_";

/// Every scalar setting: its variable, its section, its key.
const SCALARS: &[(&str, &str, &str)] = &[
    ("AQUEDUCT_SERVER__HTTP", "server", "http"),
    ("AQUEDUCT_SERVER__FLIGHT", "server", "flight"),
    ("AQUEDUCT_SERVER__ADMIN", "server", "admin"),
    ("AQUEDUCT_AUTH__ANONYMOUS", "auth", "anonymous"),
    ("AQUEDUCT_ENGINE__MEMORY", "engine", "memory"),
    ("AQUEDUCT_ENGINE__SPILL", "engine", "spill"),
    ("AQUEDUCT_ENGINE__CONCURRENCY", "engine", "concurrency"),
    ("AQUEDUCT_ENGINE__PUSHDOWN", "engine", "pushdown"),
    ("AQUEDUCT_ENGINE__DYNAMIC_FILTERS", "engine", "dynamic_filters"),
    ("AQUEDUCT_ENGINE__FULL_SCAN", "engine", "full_scan"),
    ("AQUEDUCT_SPOOL__LOCATION", "spool", "location"),
    ("AQUEDUCT_SPOOL__RESULT", "spool", "result"),
    ("AQUEDUCT_SPOOL__TOTAL", "spool", "total"),
    ("AQUEDUCT_SPOOL__LIFETIME", "spool", "lifetime"),
];

/// Puts the variables of `environment` into the tree of `aqueduct.yaml`. Their places name the variable as the file. A
/// variable of this form that is no setting is a problem, so that a misspelt one is not ignored.
pub(super) fn apply(root: &mut Node, environment: &Environment, problems: &mut Problems) {
    for name in environment.names().filter(|name| name.starts_with(PREFIX) && name.contains("__")) {
        let place = Place::start_of(Path::new(&format!("${name}")));
        let Some((_, section, key)) = SCALARS.iter().find(|(variable, ..)| *variable == name) else {
            // The prefix is common to all: it would make every name look near.
            let settings: Vec<_> = SCALARS.iter().map(|(variable, ..)| variable.trim_start_matches(PREFIX)).collect();
            let hint = match nearest(name.trim_start_matches(PREFIX), settings.iter().copied()) {
                Some(near) => format!("did you mean `{PREFIX}{near}`?"),
                None => format!("variables can give: {PREFIX}{{{}}}", settings.join(", ")),
            };
            let problem = Problem::error(place, format!("`{name}` is no setting that a variable can give"));
            problems.push(problem.hint(hint));
            continue;
        };
        match environment.get(name).and_then(|value| value.to_str()) {
            Some(value) => {
                let content = Content::Scalar(Scalar::given(value));
                set(root, section, key, Node { place, content });
            }
            None => problems.push(Problem::error(place, format!("`{name}` does not hold UTF-8 text"))),
        }
    }
}

/// Puts `value` at `section.key`. Sections of another shape are left alone: reading them reports their shape.
fn set(root: &mut Node, section: &str, key: &str, value: Node) {
    let Content::Mapping(sections) = &mut root.content else { return };
    let index = sections.iter().position(|(name, _)| name.value == section).unwrap_or_else(|| {
        let place = value.place.clone();
        let name = Spanned { value: section.to_owned(), place: place.clone() };
        sections.push((name, Node { place, content: Content::Mapping(Vec::new()) }));
        sections.len() - 1
    });
    let Content::Mapping(entries) = &mut sections[index].1.content else { return };
    if let Some((_, old)) = entries.iter_mut().find(|(name, _)| name.value == key) {
        *old = value;
    } else {
        let key = Spanned { value: key.to_owned(), place: value.place.clone() };
        entries.push((key, value));
    }
}
