//! DataFusion's own files of queries that it and Postgres answer alike, through us, with their tables in Postgres: with
//! pushdown and without, the results are those of the files.
//!
//! The files are those of the crate `datafusion-sqllogictest` of the engine's version, which `scripts/setup` fetches. Their
//! statements run in Postgres; the data that they copy is in `tests/pg_compat`. What is skipped is printed with its reason.

mod records;
mod values;

use std::{collections::BTreeMap, fs, path::PathBuf};

use aqueduct::{app::App, config::Environment};
use regex::Regex;

use self::records::{Engines, Query, Record, records};
use crate::{
    differential::engine::Engine,
    harness::{
        postgres::{self, Database},
        project::Project,
        tools::repository,
    },
};

/// Records of the files: queries through us, statements in Postgres, and those that are skipped. Only a new version of the
/// engine changes them.
const RECORDS: Counts = Counts { queries: 57, statements: 15, skipped: 4 };

const OF_THE_ENGINE: &str = "a table of the engine's own, of which we have none: it is in Postgres";

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    queries: usize,
    statements: usize,
    skipped: usize,
}

/// The tables of one file, and what was found.
struct Run {
    file: String,
    database: Database,
    project: Project,
    tables: Vec<String>,
    /// With pushdown and without; none where tables have changed since.
    sides: Option<[Engine; 2]>,
    counts: Counts,
    skipped: BTreeMap<String, Vec<usize>>,
    mistakes: Vec<String>,
}

#[tokio::test]
async fn what_the_engine_and_postgres_answer_alike_is_answered_so() {
    let mut counts = Counts::default();
    let mut mistakes = Vec::new();
    for path in files() {
        let file = path.file_name().and_then(|name| name.to_str()).expect("files are named in UTF-8").to_owned();
        let text = fs::read_to_string(&path).expect("a file can be read");
        let mut run = Run::new(file).await;
        for record in records(&text) {
            run.record(&record).await;
        }
        println!("{}: {:?}", run.file, run.counts);
        for (reason, lines) in &run.skipped {
            println!("  skipped, {reason}: lines {lines:?}");
        }
        counts.queries += run.counts.queries;
        counts.statements += run.counts.statements;
        counts.skipped += run.counts.skipped;
        mistakes.extend(run.mistakes);
    }
    println!("all: {counts:?}");
    assert!(mistakes.is_empty(), "{} differ:\n{}", mistakes.len(), mistakes.join("\n"));
    assert_eq!(counts, RECORDS);
}

fn files() -> Vec<PathBuf> {
    let folder = repository().join(".cache/pg_compat");
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}; scripts/setup fetches the files", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "slt"));
    files.sort();
    files
}

impl Run {
    async fn new(file: String) -> Self {
        let database = postgres::database().await;
        let project = Project::new()
            .postgres(&database)
            .file("aqueduct.yaml", "auth: {anonymous: true}\n")
            .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\nschemas: [public]\n");
        let (counts, skipped) = (Counts::default(), BTreeMap::new());
        Self { file, database, project, tables: Vec::new(), sides: None, counts, skipped, mistakes: Vec::new() }
    }

    async fn record(&mut self, record: &Record) {
        match &record.query {
            None if record.engines == Engines::AllButPostgres => self.skip(record, OF_THE_ENGINE),
            None => {
                self.statement(&record.sql).await;
                self.counts.statements += 1;
            }
            Some(_) if record.engines == Engines::OnlyPostgres => self.skip(record, "for Postgres only"),
            Some(query) => self.query(record, query).await,
        }
    }

    fn skip(&mut self, record: &Record, reason: &str) {
        self.counts.skipped += 1;
        self.skipped.entry(reason.to_owned()).or_default().push(record.line);
    }

    /// Runs a statement in Postgres. Of a COPY the data is ours.
    async fn statement(&mut self, sql: &str) {
        self.sides = None;
        let create = Regex::new(r"^CREATE TABLE (\w+)").expect("it is right");
        self.tables.extend(create.captures(sql).map(|found| found[1].to_owned()));
        let copy = Regex::new(r"(?is)^COPY\s.*FROM\s+'[^']*/([^'/]+)'").expect("it is right");
        let Some(file) = copy.captures(sql).map(|found| found[1].to_owned()) else {
            return self.database.execute(sql).await;
        };
        let data = repository().join("tests/pg_compat").join(file);
        let data = fs::read(&data).unwrap_or_else(|error| panic!("{}: {error}", data.display()));
        let from = Regex::new(r"(?i)FROM\s+'[^']*'").expect("it is right");
        let sql = from.replace(sql.trim_end_matches(';'), "FROM STDIN").into_owned();
        let mut connection = self.database.connect().await;
        let mut sink = connection.copy_in_raw(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        sink.send(data).await.expect("Postgres takes the data");
        sink.finish().await.expect("the data are right");
    }

    async fn query(&mut self, record: &Record, query: &Query) {
        let sql = self.published(record.sql.trim().trim_end_matches(';'), query.types.len());
        let mut mistakes = Vec::new();
        for (side, engine) in ["with", "without"].iter().zip(self.sides().await) {
            let wrong = match engine.run(&sql).await {
                Err(failure) => Some(format!("{failure:?}")),
                Ok(answer) => {
                    let rows = answer.batches.iter().flat_map(values::lines).collect();
                    difference(query, &values::types(&answer.schema), rows)
                }
            };
            mistakes.extend(wrong.map(|wrong| format!("{side} pushdown: {wrong}\n{sql}\n")));
        }
        let place = format!("{}:{}", self.file, record.line);
        self.mistakes.extend(mistakes.into_iter().map(|mistake| format!("{place}, {mistake}")));
        self.counts.queries += 1;
    }

    /// The query as we take it: tables are those of a source, and columns have names.
    fn published(&self, sql: &str, columns: usize) -> String {
        let table =
            Regex::new(&format!(r"(?i)\b(FROM|JOIN)\s+({})\b", self.tables.join("|"))).expect("names are words");
        let sql = if self.tables.is_empty() { sql.to_owned() } else { table.replace_all(sql, "$1 pg.$2").into_owned() };
        // An order would be that of a subquery, which is nobody's.
        if sql.to_ascii_uppercase().contains("ORDER BY") {
            return sql;
        }
        let names: Vec<_> = (1..=columns).map(|number| format!("c{number}")).collect();
        format!("SELECT * FROM ({sql}) AS t ({})", names.join(", "))
    }

    async fn sides(&mut self) -> &[Engine; 2] {
        if self.sides.is_none() {
            self.sides = Some([open(&self.project, "on").await, open(&self.project, "off").await]);
        }
        self.sides.as_ref().expect("they were opened")
    }
}

async fn open(project: &Project, pushdown: &str) -> Engine {
    let environment: Environment = [("AQUEDUCT_ENGINE__PUSHDOWN", pushdown)].into_iter().collect();
    Engine::new(App::open(project.path(), &environment).await.unwrap_or_else(|problems| panic!("{problems}")))
}

/// What differs from what the file says, if anything does.
fn difference(query: &Query, types: &str, mut rows: Vec<String>) -> Option<String> {
    if query.types != types {
        return Some(format!("columns {types}, not {}", query.types));
    }
    let mut expected = query.rows.clone();
    if query.is_sorted {
        rows.sort();
        expected.sort();
    }
    if rows.len() != expected.len() {
        return Some(format!("{} rows, not {}", rows.len(), expected.len()));
    }
    let pair = rows.iter().zip(&expected).find(|(row, expected)| row != expected);
    pair.map(|(row, expected)| format!("row {row}, not {expected}"))
}
