//! Which of the capabilities that a source is trusted with did a query use?

use std::collections::BTreeSet;

use aqueduct::engine::Explanation;

/// A capability, and how a statement shows that it relies on it.
const CAPABILITIES: &[(&str, &[&str])] = &[
    ("=", &[" = "]),
    ("<>", &[" <> "]),
    ("<", &[" < "]),
    ("<=", &[" <= "]),
    (">", &[" > "]),
    (">=", &[" >= "]),
    ("AND", &[" AND "]),
    ("OR", &[" OR "]),
    ("NOT", &["(NOT "]),
    ("IS NULL", &[" IS NULL"]),
    ("IS NOT NULL", &[" IS NOT NULL"]),
    ("IS DISTINCT FROM", &[" IS DISTINCT FROM ", " IS NOT "]),
    ("IS TRUE", &[" IS TRUE", " IS NOT TRUE", " IS FALSE", " IS NOT FALSE"]),
    ("IN", &[" IN (", " = ANY (", " <> ALL ("]),
    ("ORDER BY", &[" ORDER BY "]),
    ("COLLATE", &[" COLLATE "]),
    ("LIMIT", &[" LIMIT "]),
];

/// All capabilities.
pub fn names() -> Vec<&'static str> {
    CAPABILITIES.iter().map(|(name, _)| *name).collect()
}

/// Those that the statements of a plan rely on.
pub fn relied_on(explanation: &Explanation) -> BTreeSet<&'static str> {
    let statements: Vec<&str> = explanation.sources.iter().filter_map(|part| part.sql.as_deref()).collect();
    let shows = |marks: &[&str]| statements.iter().any(|sql| marks.iter().any(|mark| sql.contains(mark)));
    CAPABILITIES.iter().filter(|(_, marks)| shows(marks)).map(|(name, _)| *name).collect()
}
