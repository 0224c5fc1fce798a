//! The checklist of pushdown: queries of `tests/pushdown/*.sql` over every kind of SQL source, of which each says what the
//! source must answer and what must stay here. They give the same rows with pushdown and without.
//!
//! A new kind of source is a line in [`KINDS`], a script in `tests/pushdown/tables`, and, in `tests/pushdown/kinds`, the
//! queries of which something else is so than of Postgres. `s` is the source; queries end in a semicolon. Of the comments
//! before one, `---` begins prose, and the others are what is checked:
//!
//! - `-- whole`: it is one statement, and nothing runs here;
//! - `-- here: FilterExec, SortExec`: these operators run here, and no others, whatever they show;
//! - `-- sends: GROUP BY | LIMIT`, `-- keeps: LIMIT`: what is in a statement, and what is in none;
//! - `-- order: a, b`: the columns by which the rows are in order;
//! - `-- fails`: it fails on its values, wherever it runs; `-- empty`: it has no rows, which else is a mistake;
//! - `-- absent`: it needs what the kind does not have;
//! - `-- sqlite here: …`: what is so of one kind only, which goes before what is said of all. What a file of
//!   `tests/pushdown/kinds` says of a query goes before that.
//!
//! What depends on more than a plan and its rows is tested elsewhere: keys that one source's rows ask of another in
//! `tests/it/dynamic`, statements that end in the source when nobody reads on in `tests/it/streaming`.

use std::{collections::BTreeSet, fs, path::Path};

use aqueduct::{app::App, config::Environment, engine::Explanation};

use crate::{
    differential::{
        compare::{Rows, difference},
        engine::{Engine, Failure},
    },
    harness::{
        clickhouse, databricks, duckdb, fakesnow, mariadb, postgres,
        project::Project,
        redshift, sqlite,
        tools::{repository, sql_files},
    },
};

/// The kinds of SQL sources.
const KINDS: [&str; 8] = ["postgres", "sqlite", "clickhouse", "databricks", "duckdb", "snowflake", "mysql", "redshift"];

/// What a comment may begin with.
const WORDS: [&str; 7] = ["here", "sends", "keeps", "order", "fails", "empty", "absent"];

/// It stays wherever something else does: counted only if nothing else is here.
const PROJECTION: &str = "ProjectionExec";

/// A query and what its comments say.
struct Line {
    place: String,
    sql: String,
    said: Vec<Said>,
    /// What is so of the kind that is tested.
    own: Vec<Said>,
}

/// One comment.
struct Said {
    kind: Option<&'static str>,
    word: &'static str,
    rest: String,
}

/// A project with one source, with pushdown and without.
struct Sides {
    on: Engine,
    off: Engine,
}

#[tokio::test]
async fn postgres_answers_what_it_can_answer_exactly() {
    let database = postgres::database().await;
    database.execute(&tables("postgres")).await;
    let project = Project::new()
        .postgres(&database)
        .file("catalogs/s.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\nschemas: [public]\n");
    check("postgres", project).await;
}

#[tokio::test]
async fn sqlite_answers_what_it_can_answer_exactly() {
    let columns = "b: bool, d9: \"decimal(9,3)\", d30: \"decimal(30,10)\", dt: date, ts: timestamp";
    let catalog = format!(
        "kind: sqlite\npath: s.db\ntables:\n  v: {{columns: {{{columns}}}}}\n  e: {{columns: {{{columns}}}}}\n  w: {{columns: {{b: bool, d9: \"decimal(9,3)\"}}}}\n"
    );
    let project = Project::new().file("catalogs/s.yaml", &catalog);
    sqlite::execute(&project.join("s.db"), &tables("sqlite")).await;
    check("sqlite", project).await;
}

#[tokio::test]
async fn clickhouse_answers_what_it_can_answer_exactly() {
    let database = clickhouse::database().await;
    database.execute(&tables("clickhouse")).await;
    check("clickhouse", Project::new().file("catalogs/s.yaml", &database.catalog())).await;
}

#[tokio::test]
async fn databricks_answers_what_it_can_answer_exactly() {
    let workspace = databricks::workspace().await;
    workspace.execute(&tables("databricks")).await;
    check("databricks", Project::new().file("catalogs/s.yaml", &workspace.catalog_file())).await;
}

#[tokio::test]
async fn duckdb_answers_what_it_can_answer_exactly() {
    let catalog = "kind: duckdb\npath: s.duckdb\ndriver: \"{{library}}\"\n";
    let project = Project::new().value("library", duckdb::library().display().to_string());
    let project = project.file("catalogs/s.yaml", catalog);
    duckdb::execute(&project.join("s.duckdb"), &tables("duckdb")).await;
    check("duckdb", project).await;
}

#[tokio::test]
async fn snowflake_answers_what_it_can_answer_exactly() {
    let snowflake = fakesnow::database().await;
    snowflake.execute(&tables("snowflake")).await;
    let columns = "columns: {i4: int32, i8: int64}";
    let catalog = format!("{}tables: {{v: {{{columns}}}, w: {{{columns}}}, e: {{{columns}}}}}\n", snowflake.catalog());
    check("snowflake", Project::new().file("catalogs/s.yaml", &catalog)).await;
}

#[tokio::test]
async fn mysql_answers_what_it_can_answer_exactly() {
    let database = mariadb::database().await;
    database.execute(&tables("mysql")).await;
    let columns = "tables:\n  v: {columns: {b: bool}}\n  e: {columns: {b: bool}}\n  w: {columns: {b: bool}}\n";
    check("mysql", Project::new().file("catalogs/s.yaml", &format!("{}{columns}", database.catalog()))).await;
}

#[tokio::test]
async fn redshift_answers_what_it_can_answer_exactly() {
    let redshift = redshift::database().await;
    redshift.execute(&tables("redshift")).await;
    check("redshift", Project::new().file("catalogs/s.yaml", &redshift.catalog())).await;
    assert_eq!(redshift.refused(), Vec::<String>::new());
}

fn tables(kind: &str) -> String {
    let path = repository().join(format!("tests/pushdown/tables/{kind}.sql"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every line that is about sources of `kind`.
async fn check(kind: &str, project: Project) {
    let project = project.file("aqueduct.yaml", "auth: {anonymous: true}\n");
    let sides = Sides { on: open(&project, "on").await, off: open(&project, "off").await };
    let (mut mistakes, mut found_so) = (Vec::new(), String::new());
    let lines: Vec<_> = lines(kind).into_iter().filter(|line| line.said(kind, "absent").is_none()).collect();
    assert!(lines.len() > 150, "only {} queries are for {kind}", lines.len());
    for line in &lines {
        let shape = shape(&sides, kind, line).await;
        if shape.is_some() {
            found_so.push_str(&as_found(&sides, kind, line).await);
        }
        let found = [shape, rows(&sides, kind, line).await];
        mistakes
            .extend(found.into_iter().flatten().map(|mistake| format!("{}: {mistake}\n{}\n", line.place, line.sql)));
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{kind}.sql"));
    fs::write(&file, found_so).expect("the target folder can be written");
    let (count, mistakes) = (mistakes.len(), mistakes.join("\n"));
    let remedy = "what is right of it belongs to tests/pushdown/kinds";
    assert!(
        count == 0,
        "{kind}, {count} of {} queries; as found: {}; {remedy}:\n{mistakes}",
        lines.len(),
        file.display()
    );
}

async fn open(project: &Project, pushdown: &str) -> Engine {
    let environment: Environment = [("AQUEDUCT_ENGINE__PUSHDOWN", pushdown)].into_iter().collect();
    Engine::new(App::open(project.path(), &environment).await.unwrap_or_else(|problems| panic!("{problems}")))
}

/// What is wrong with where the parts of a query run.
async fn shape(sides: &Sides, kind: &str, line: &Line) -> Option<String> {
    let plan = match sides.on.explain(&line.sql).await {
        Ok(plan) => plan,
        Err(failure) => return Some(format!("{failure:?}")),
    };
    let Some(expected) = line.said(kind, "here") else {
        return Some(format!("it does not say where it runs\n{}", shown(&plan)));
    };
    let here = here(&plan);
    let statements: Vec<_> = plan.sources.iter().filter_map(|part| part.sql.as_deref()).collect();
    let is_sent = |text: &&str| statements.iter().any(|sql| sql.contains(*text));
    let is_whole = expected.is_empty();
    if here != parts(expected, ", ").collect() || is_whole && statements.len() != 1 {
        let expected = if is_whole { "one statement" } else { expected };
        return Some(format!("expected {expected}, found\n{}", shown(&plan)));
    }
    let missing = parts(line.said(kind, "sends").unwrap_or_default(), " | ").find(|text| !is_sent(text));
    let present = parts(line.said(kind, "keeps").unwrap_or_default(), " | ").find(is_sent);
    let missing = missing.map(|text| format!("`{text}` is not sent\n{}", shown(&plan)));
    missing.or_else(|| present.map(|text| format!("`{text}` is sent\n{}", shown(&plan))))
}

/// The query with what is so of it now, in the words of these files.
async fn as_found(sides: &Sides, kind: &str, line: &Line) -> String {
    let runs = match sides.on.explain(&line.sql).await {
        Err(_) => "-- absent".to_owned(),
        Ok(plan) => match here(&plan) {
            here if here.is_empty() && plan.sources.len() == 1 => "-- whole".to_owned(),
            here => format!("-- here: {}", here.into_iter().collect::<Vec<_>>().join(", ")),
        },
    };
    let of_rows = ["order", "fails", "empty"].into_iter().filter_map(|word| {
        let rest = line.said(kind, word)?;
        Some(if rest.is_empty() { format!("-- {word}\n") } else { format!("-- {word}: {rest}\n") })
    });
    format!("{runs}\n{}{};\n", of_rows.collect::<String>(), line.sql)
}

/// What is wrong with its rows.
async fn rows(sides: &Sides, kind: &str, line: &Line) -> Option<String> {
    let fails = line.said(kind, "fails").is_some();
    let (on, off) = match (sides.on.run(&line.sql).await, sides.off.run(&line.sql).await) {
        (Ok(on), Ok(off)) => (Rows::of(&on), Rows::of(&off)),
        (Err(Failure::Evaluation(_)), Err(Failure::Evaluation(_))) if fails => return None,
        (on, off) => {
            return Some(format!("with pushdown {:?}, without {:?}", on.map(|_| "rows"), off.map(|_| "rows")));
        }
    };
    if fails {
        return Some("it does not fail".to_owned());
    }
    let order: Vec<_> = parts(line.said(kind, "order").unwrap_or_default(), ", ").map(ToOwned::to_owned).collect();
    if on.rows.is_empty() != line.said(kind, "empty").is_some() {
        return Some(format!("{} rows", on.rows.len()));
    }
    if let Some(unknown) = order.iter().find(|column| on.schema.index_of(column).is_err()) {
        return Some(format!("`{unknown}` is no column"));
    }
    difference(&order, &on, &off).map(|difference| format!("with pushdown and without: {difference}"))
}

/// The operators that run here.
fn here(plan: &Explanation) -> BTreeSet<&str> {
    let mut here: BTreeSet<_> = plan.local.iter().map(|part| operator(&part.operator)).collect();
    if here.len() > 1 {
        here.remove(PROJECTION);
    }
    here
}

fn parts<'a>(list: &'a str, between: &'static str) -> impl Iterator<Item = &'a str> {
    list.split(between).filter(|part| !part.is_empty())
}

/// The name before the arguments.
fn operator(text: &str) -> &str {
    text.split([':', '(', ' ']).next().unwrap_or_default()
}

fn shown(plan: &Explanation) -> String {
    let here = plan.local.iter().map(|part| format!("  here: {:.120} ({})", part.operator, part.reason));
    let sent = plan.sources.iter().filter_map(|part| part.sql.as_ref()).map(|sql| format!("  sent: {sql}"));
    here.chain(sent).collect::<Vec<_>>().join("\n")
}

impl Line {
    /// What stands behind `word`, if it is said of `kind`.
    fn said(&self, kind: &str, word: &str) -> Option<&str> {
        if !self.own.is_empty() {
            return self.own.iter().find(|said| said.word == word).map(|said| said.rest.as_str());
        }
        let find = |of: Option<&str>| self.said.iter().find(|said| said.word == word && said.kind == of);
        find(Some(kind)).or_else(|| find(None)).map(|said| said.rest.as_str())
    }
}

/// All queries, in the order of the files, with what is so of `kind` only.
fn lines(kind: &str) -> Vec<Line> {
    let mut lines = read("tests/pushdown");
    let own = read("tests/pushdown/kinds").into_iter().filter(|line| line.place.starts_with(&format!("{kind}.sql:")));
    for own in own {
        let line = lines.iter_mut().find(|line| line.sql == own.sql);
        line.unwrap_or_else(|| panic!("{} is in no other file", own.place)).own = own.said;
    }
    lines
}

/// The queries of a folder's files.
fn read(folder: &str) -> Vec<Line> {
    let mut found = Vec::new();
    for (name, text) in sql_files(folder) {
        let mut number = 1;
        for part in text.split_inclusive(";\n") {
            let (comments, sql): (Vec<_>, Vec<_>) = part.trim().lines().partition(|line| line.starts_with("--"));
            let place = format!("{name}.sql:{}", number + part.lines().take_while(|line| line.is_empty()).count());
            number += part.lines().count();
            let sql = sql.join("\n").trim().trim_end_matches(';').to_owned();
            if !sql.is_empty() {
                let said = comments.into_iter().filter(|line| !line.starts_with("---"));
                let said = said.map(|line| said_by(line).unwrap_or_else(|| panic!("{place}: {line}: what is that?")));
                found.push(Line { said: said.collect(), own: Vec::new(), place, sql });
            }
        }
    }
    found
}

fn said_by(line: &str) -> Option<Said> {
    let line = line.strip_prefix("-- ")?;
    let named = KINDS.into_iter().find_map(|kind| Some((kind, line.strip_prefix(kind)?.strip_prefix(' ')?)));
    let (kind, line) = named.map_or((None, line), |(kind, rest)| (Some(kind), rest));
    let (word, rest) = line.split_once(": ").unwrap_or((line, ""));
    let word = if word == "whole" { "here" } else { word };
    let word = WORDS.into_iter().find(|known| *known == word)?;
    Some(Said { kind, word, rest: rest.to_owned() })
}

// TEMPORARY
