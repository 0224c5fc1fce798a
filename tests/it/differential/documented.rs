//! Where the documentation says that Postgres gives something else, it does, and so does the engine.
//!
//! `tests/differential/postgres.txt` has a query for each entry of `docs/sql.md` under "Differences from `PostgreSQL`".

use std::{collections::BTreeSet, fs};

use super::{
    block_on,
    compare::{Cell, Rows},
    data::World,
    engine::{Engine, Native},
};
use crate::harness::tools::repository;

/// An entry: a query here and what it gives, the same there.
#[derive(Default)]
struct Entry {
    name: String,
    here: (String, String),
    postgres: (String, String),
}

#[test]
fn differences_from_postgres_are_as_documented() {
    let entries = entries();
    let mistakes = block_on(async {
        let world = World::new().await;
        // What a source answers for it is not the point here.
        let engine = world.open(false).await;
        let mut native = Native::connect(&world.database.url).await;
        let mut mistakes = Vec::new();
        for Entry { name, here, postgres } in &entries {
            let found = [ours(&engine, &here.0).await, theirs(&mut native, &postgres.0).await];
            for ((sql, wanted), found) in [here, postgres].into_iter().zip(found) {
                // Whatever an error says.
                if *wanted != found && !(wanted == "error" && found.starts_with("error")) {
                    mistakes.push(format!("{name}: {sql} gives {found}, not {wanted}"));
                }
            }
        }
        mistakes
    });
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    let shown: BTreeSet<_> = entries.into_iter().map(|entry| entry.name).collect();
    assert_eq!(documented(), shown, "the entries of docs/sql.md, and those with a query");
}

async fn ours(engine: &Engine, sql: &str) -> String {
    match engine.run(sql).await {
        Err(failure) => format!("error: {failure:?}"),
        Ok(answer) => {
            let text = |cell: &Cell| match cell {
                Cell::Null => "NULL".to_owned(),
                Cell::Exact(text) => text.clone(),
                Cell::Float(number) => number.to_string(),
            };
            Rows::of(&answer).rows.iter().flatten().map(text).collect::<Vec<_>>().join(", ")
        }
    }
}

async fn theirs(native: &mut Native, sql: &str) -> String {
    match native.run(sql).await {
        Err(error) => format!("error: {error}"),
        Ok(rows) => {
            let text = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "NULL".to_owned());
            rows.iter().flatten().map(text).collect::<Vec<_>>().join(", ")
        }
    }
}

/// `entry NAME`, `here SQL`, `gives ANSWER`, `postgres SQL` (without SQL: the same), `gives ANSWER`.
fn entries() -> Vec<Entry> {
    let text = fs::read_to_string(repository().join("tests/differential/postgres.txt")).expect("the file is there");
    let mut entries: Vec<Entry> = Vec::new();
    let mut of_postgres = false;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim().replace("\\n", "\n");
        if word == "entry" {
            entries.push(Entry { name: rest, ..Entry::default() });
            continue;
        }
        let entry = entries.last_mut().expect("the file begins with an entry");
        match word {
            "here" => (entry.here.0, of_postgres) = (rest, false),
            "postgres" => {
                entry.postgres.0 = if rest.is_empty() { entry.here.0.clone() } else { rest };
                of_postgres = true;
            }
            "gives" if of_postgres => entry.postgres.1 = rest,
            "gives" => entry.here.1 = rest,
            _ => panic!("{line}: begins with no word that is known"),
        }
    }
    entries
}

/// The first cells of the tables that say what differs.
fn documented() -> BTreeSet<String> {
    let text = fs::read_to_string(repository().join("docs/sql.md")).expect("the documentation is there");
    let (_, section) = text.split_once("## Differences from PostgreSQL").expect("there is such a section");
    let rows = section.lines().filter_map(|line| {
        let line = line.strip_prefix("| ")?.strip_suffix(" |")?.replace("\\|", "¦");
        let cells: Vec<String> = line.split(" | ").map(|cell| cell.trim().replace('¦', "|")).collect();
        let [name, _, theirs] = cells.as_slice() else { return None };
        let is_entry = !["Expression", "---"].contains(&name.as_str()) && !["the same", ""].contains(&theirs.as_str());
        is_entry.then(|| name.clone())
    });
    rows.collect()
}
