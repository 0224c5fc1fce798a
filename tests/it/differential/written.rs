//! Hard queries by hand, `tests/differential/*.sql`, through the same comparison.
//!
//! Queries end in a semicolon. Comments before one say what the text does not: `-- order: c1, c2` are the columns by which
//! its rows are in order, `-- differs: why` that Postgres gives other rows, `-- fails` that it fails on its values.

use std::collections::BTreeSet;

use super::{
    block_on,
    check::{Case, NativeVerdict, Sides, Verdict, check, is_elsewhere},
    data::World,
    engine::Native,
};
use crate::harness::tools::sql_files;

/// A query and what its comments say.
struct Written {
    place: String,
    sql: String,
    order: Vec<String>,
    differs: bool,
    fails: bool,
}

#[test]
fn written_queries_give_the_same_rows_everywhere() {
    let queries = written();
    assert!(queries.len() > 100, "only {} queries", queries.len());
    let mistakes = block_on(async {
        let world = World::new().await;
        let sides = Sides { on: world.open(true).await, off: world.open(false).await };
        let mut native = Native::connect(&world.reference).await;
        let mut mistakes = Vec::new();
        for query in queries {
            // A query that ends the process has said who it was.
            println!("{}", query.place);
            if let Some(mistake) = mistake(&sides, &mut native, &query).await {
                mistakes.push(format!("{}: {mistake}\n{}\n", query.place, query.sql));
            }
        }
        mistakes
    });
    assert!(mistakes.is_empty(), "{} queries differ:\n{}", mistakes.len(), mistakes.join("\n"));
}

async fn mistake(sides: &Sides, native: &mut Native, query: &Written) -> Option<String> {
    let postgres = match is_elsewhere(&query.sql) {
        true => Err(NativeVerdict::Elsewhere),
        false if query.differs => Err(NativeVerdict::Documented(BTreeSet::new())),
        false => Ok(query.sql.replace("pg.", "")),
    };
    let case = Case { off: query.sql.clone(), on: query.sql.clone(), postgres, order: query.order.clone() };
    let outcome = check(sides, native, case).await;
    match (outcome.verdict, outcome.native) {
        (Verdict::Fails(_), _) if query.fails => None,
        (Verdict::Same(_), NativeVerdict::Fails(why)) => Some(format!("Postgres: {why}")),
        (Verdict::Same(0), _) => Some("it returns no rows, so it shows nothing".to_owned()),
        (Verdict::Same(_), _) => query.fails.then(|| "it does not fail".to_owned()),
        (Verdict::Differs(how) | Verdict::Fails(how) | Verdict::Refused(how), _) => Some(how),
    }
}

fn written() -> Vec<Written> {
    let mut found = Vec::new();
    for (name, text) in sql_files("tests/differential") {
        for (index, part) in text.split(";\n").filter(|part| !part.trim().is_empty()).enumerate() {
            let (comments, lines): (Vec<_>, Vec<_>) = part.trim().lines().partition(|line| line.starts_with("--"));
            let said = |what: &str| comments.iter().find_map(|line| line.strip_prefix("-- ")?.strip_prefix(what));
            let columns = said("order: ").unwrap_or_default();
            found.push(Written {
                place: format!("{name}, query {}", index + 1),
                sql: lines.join("\n"),
                order: columns.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect(),
                differs: said("differs: ").is_some(),
                fails: said("fails").is_some(),
            });
        }
    }
    found
}
