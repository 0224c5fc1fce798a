//! The same rows through us and through `psql`: every type of `tests/postgres/types.txt`, the values at its ends and random
//! ones, its domains and arrays, streamed and paged, as itself and with `columns: {x: string}`; and what cannot be read.

mod types;

use std::{collections::BTreeMap, fmt::Write as _};

use aqueduct::sources::sql::{PRINTED_BY, SOURCE_TYPE};
use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{DataType, Field, Int64Type},
};
use serde_json::{Value, json};

use self::types::{Form, Type, Types};
use super::{
    cell::{from_arrow, from_postgres},
    reading::{SETTINGS, WAYS, rows},
};
use crate::harness::{
    http::Http,
    postgres::{self, Database},
    project::Project,
    server::Server,
    tools::is_long_run,
};

/// The columns of a type's table: its values, those of a domain over a domain over it, its arrays, those of the domain.
const COLUMNS: [&str; 4] = ["x", "d", "a", "b"];
/// What an owner may have set for the database. None of it may be seen.
const DEFAULTS: [&str; 9] = [
    "TimeZone = 'Asia/Kathmandu'",
    "DateStyle = 'German, DMY'",
    "IntervalStyle = 'sql_standard'",
    "bytea_output = 'escape'",
    "extra_float_digits = -15",
    "client_encoding = 'LATIN1'",
    "standard_conforming_strings = off",
    "array_nulls = off",
    "xmloption = 'document'",
];
/// Random rows of each type.
const ROWS: usize = 60;
const ROWS_OF_A_LONG_RUN: usize = 2500;
#[tokio::test]
async fn values_are_those_of_psql() {
    check(&postgres::database().await).await;
}

#[tokio::test]
async fn values_are_those_of_psql_on_a_newer_server() {
    check(&postgres::newer_database().await).await;
}

async fn check(database: &Database) {
    let version = database.psql("SELECT current_setting('server_version_num')::int / 10000", &[]);
    let version = version[0][0].as_deref().and_then(|text| text.parse().ok()).expect("a version");
    let types = Types::read(version);
    database.execute(&types.setup.join(";\n")).await;
    for (number, kind) in types.types.iter().enumerate() {
        database.execute(&tables(number, kind)).await;
    }
    for default in DEFAULTS {
        database.execute(&format!("ALTER DATABASE {} SET {default}", database.name)).await;
    }
    // As far as the server knows, they are many rows on each page: too many for anything but a COPY.
    database.execute("UPDATE pg_class SET reltuples = 1000000, relpages = 1 WHERE relname ~ '^[vr][0-9]+$'").await;
    let project = project(database, &types.types);
    let server = Server::start(project.path(), &[]).await;
    let names = type_names(database);
    let mark = database.mark().await;
    let mut wrong = Vec::new();
    for (number, kind) in types.types.iter().enumerate() {
        let mut checks = Checks { database, http: server.http(), names: &names, kind, number, wrong: Vec::new() };
        checks.values().await;
        checks.refusals().await;
        wrong.extend(checks.wrong.into_iter().map(|what| format!("{}: {what}", kind.name)));
    }
    let received = database.received_since(&mark).await;
    for number in 0..types.types.len() {
        let of_table = |sql: &str| sql.contains(&format!(".\"v{number}\""));
        let copied = received.iter().any(|statement| statement.sql.starts_with("COPY (") && of_table(&statement.sql));
        let is_page = |sql: &str| sql.starts_with("SELECT \"") && sql.contains(" LIMIT $1") && of_table(sql);
        let prepared = received.iter().any(|statement| is_page(&statement.sql));
        assert!(copied && prepared, "v{number} was not read both ways: {copied}, {prepared}");
    }
    assert!(wrong.is_empty(), "{} wrong on Postgres {version}:\n{}", wrong.len(), wrong.join("\n"));
}

/// `v`, with the values that can be read, and `r`, with those that cannot.
fn tables(number: usize, kind: &Type) -> String {
    let name = &kind.name;
    let arrays = if kind.has_array() { format!(", a {name}[], b d{number}[]") } else { String::new() };
    let array = if kind.has_array() { format!(", a {name}[]") } else { String::new() };
    let mut sql = format!(
        "CREATE DOMAIN base{number} AS {name}; CREATE DOMAIN d{number} AS base{number};
         CREATE TABLE v{number} (id int8 PRIMARY KEY, x {name}, d d{number}{arrays}) WITH (autovacuum_enabled = off);
         CREATE TABLE r{number} (id int8 PRIMARY KEY, x {name}{array}) WITH (autovacuum_enabled = off);
         INSERT INTO v{number} VALUES (0, NULL);\n"
    );
    for (id, value) in kind.values.iter().enumerate() {
        let _ = writeln!(sql, "INSERT INTO v{number} VALUES ({}, ({value})::{name});", id + 1);
    }
    if let Some(random) = &kind.random {
        let rows = if is_long_run() { ROWS_OF_A_LONG_RUN } else { ROWS };
        let seed = seed();
        let _ = writeln!(
            sql,
            "SELECT setseed({seed}); INSERT INTO v{number} SELECT 1000 + n, ({random})::{name} FROM generate_series(1, {rows}) n;"
        );
    }
    let _ = if kind.has_array() {
        write!(
            sql,
            "UPDATE v{number} SET d = x, a = near, b = near::base{number}[]::d{number}[] FROM (
                 SELECT id AS of, CASE id % 4
                     WHEN 0 THEN ARRAY[x] WHEN 1 THEN ARRAY[lag(x) OVER w, NULL, x, lead(x) OVER w] WHEN 2 THEN '{{}}'
                 END::{name}[] AS near
                 FROM v{number} WINDOW w AS (ORDER BY id)) n
             WHERE of = id;\n"
        )
    } else {
        writeln!(sql, "UPDATE v{number} SET d = x;")
    };
    for (id, (_, value)) in kind.refused.iter().enumerate() {
        let array = if kind.has_array() { format!(", ARRAY[NULL, ({value})::{name}]") } else { String::new() };
        let _ = writeln!(sql, "INSERT INTO r{number} VALUES ({id}, ({value})::{name}{array});");
    }
    sql
}

/// A seed of its own for each run, printed, so that a failure can be run again.
fn seed() -> f64 {
    static SEED: std::sync::LazyLock<u16> = std::sync::LazyLock::new(|| {
        let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| uuid::Uuid::new_v4().as_fields().1);
        eprintln!("SEED={seed}");
        seed
    });
    f64::from(*SEED) / f64::from(u16::MAX)
}

/// `pg` reads the columns as they are, `text` reads each as a string.
fn project(database: &Database, types: &[Type]) -> Project {
    let source = "kind: postgres\nurl: \"{{postgres_url}}\"\n";
    let strings: String = types
        .iter()
        .enumerate()
        .flat_map(|(number, kind)| {
            let all =
                if kind.has_array() { "x: string, d: string, a: string, b: string" } else { "x: string, d: string" };
            let refused = if kind.has_array() { "x: string, a: string" } else { "x: string" };
            [format!("  v{number}: {{columns: {{{all}}}}}\n"), format!("  r{number}: {{columns: {{{refused}}}}}\n")]
        })
        .collect();
    let mut project = Project::new()
        .postgres(database)
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/pg.yaml", source)
        .file("catalogs/text.yaml", &format!("{source}tables:\n{strings}"));
    let mut queries = BTreeMap::new();
    for (number, kind) in types.iter().enumerate() {
        queries.insert(format!("v{number}"), format!("SELECT * FROM pg.v{number}"));
        queries.insert(format!("v{number}_text"), format!("SELECT * FROM text.v{number}"));
        if !kind.refused.is_empty() {
            let columns: &[&str] = if kind.has_array() { &["x", "a"] } else { &["x"] };
            for column in columns {
                let select = |source| format!("SELECT id, {column} FROM {source}.r{number} WHERE id = :id");
                queries.insert(format!("r{number}_{column}"), select("pg"));
                queries.insert(format!("r{number}_{column}_text"), select("text"));
            }
        }
    }
    for (name, select) in queries {
        let params = if select.contains(":id") { "params: {id: {type: int64}}\n" } else { "" };
        let page = "page: {key: [id], max: 10000}";
        let query = format!("/*---\nname: t.{name}\nversion: 1\n{params}{page}\naccess: public\n---*/\n{select}\n");
        project = project.file(&format!("queries/t/{name}.sql"), &query);
    }
    project
}

/// What Postgres calls the type of each column, by table and column.
fn type_names(database: &Database) -> BTreeMap<(String, String), String> {
    let select = "SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod) FROM pg_attribute
                  WHERE attrelid::regclass::text ~ '^[vr][0-9]+$' AND attnum > 0";
    let text = |value: &mut Option<String>| value.take().expect("no column of the catalog is NULL");
    let row = |mut row: Vec<_>| ((text(&mut row[0]), text(&mut row[1])), text(&mut row[2]));
    database.psql(select, &SETTINGS).into_iter().map(row).collect()
}

/// The checks of one type, and what they found wrong.
struct Checks<'a> {
    database: &'a Database,
    http: Http,
    names: &'a BTreeMap<(String, String), String>,
    kind: &'a Type,
    number: usize,
    wrong: Vec<String>,
}

impl Checks<'_> {
    /// All values that can be read, in both forms and both ways.
    async fn values(&mut self) {
        let number = self.number;
        let columns = if self.kind.has_array() { &COLUMNS[..] } else { &COLUMNS[..2] };
        let list = columns.join(", ");
        let theirs = self.database.psql(&format!("SELECT id, {list} FROM v{number} ORDER BY id"), &SETTINGS);
        for query in [format!("v{number}"), format!("v{number}_text")] {
            for way in WAYS {
                let path = format!("/v1/t/{query}?{way}");
                let answer = self.http.get(&path).send().await;
                if answer.status != 200 {
                    self.wrong.push(format!("{path}: {}", answer.text()));
                    continue;
                }
                let ours = rows(&answer);
                for field in ours.schema().fields().iter().skip(1) {
                    if let Err(what) = self.check_field(field, query.ends_with("_text")) {
                        self.wrong.push(format!("{path}: column {}: {what}", field.name()));
                    }
                }
                self.compare(&path, &ours, &theirs);
            }
        }
    }

    fn compare(&mut self, path: &str, ours: &RecordBatch, theirs: &[Vec<Option<String>>]) {
        if ours.num_rows() != theirs.len() {
            self.wrong.push(format!("{path}: {} rows, psql has {}", ours.num_rows(), theirs.len()));
            return;
        }
        let ids = ours.column(0).as_primitive::<Int64Type>();
        let mut order: Vec<_> = (0..ours.num_rows()).collect();
        order.sort_by_key(|row| ids.value(*row));
        for (row, theirs) in order.into_iter().zip(theirs) {
            for (column, theirs) in ours.columns().iter().zip(theirs) {
                let (ours, theirs) = (from_arrow(column, row), from_postgres(theirs.as_deref(), column.data_type()));
                if ours != theirs {
                    self.wrong.push(format!("{path}: row {}: {ours:?}, not {theirs:?}", ids.value(row)));
                }
            }
        }
    }

    /// Is the column's type what the file says, and does the field say of text what it is?
    fn check_field(&self, field: &Field, as_string: bool) -> Result<(), String> {
        let is_array = ["a", "b"].contains(&field.name().as_str());
        let (data_type, form) = match field.data_type() {
            DataType::List(item) if is_array && self.kind.has_lists => (item.data_type(), &self.kind.form),
            other if is_array => (other, &Form::Printed),
            other => (other, &self.kind.form),
        };
        let source_type = field.metadata().get(SOURCE_TYPE);
        if source_type != self.names.get(&(format!("v{}", self.number), field.name().clone())) {
            return Err(format!("it says that it is {source_type:?}"));
        }
        let is_printed = field.metadata().get(PRINTED_BY).is_some_and(|name| name == "postgres");
        let is_json = field.metadata().get("ARROW:extension:name").is_some_and(|name| name == "arrow.json");
        let read_as = data_type.to_string();
        let is_right = match form {
            // What is text by itself stays so; a UUID only looks like it.
            Form::Native(native) if as_string && native == "Utf8" && !is_array => {
                read_as == "Utf8" && is_printed == (self.kind.name == "uuid")
            }
            Form::Json if as_string && !is_array => read_as == "Utf8" && !is_printed && is_json,
            _ if as_string => read_as == "Utf8" && is_printed && !is_json,
            Form::Native(native) => read_as == *native && !is_printed && !is_json,
            Form::Json => read_as == "Utf8" && !is_printed && is_json != is_array,
            Form::Printed => read_as == "Utf8" && is_printed && !is_json,
        };
        let found = || format!("{} with {:?}, not {form:?}", field.data_type(), field.metadata());
        if is_right { Ok(()) } else { Err(found()) }
    }

    /// Each value that cannot be read is an error that names column and remedy, and with the remedy it is what psql prints.
    async fn refusals(&mut self) {
        if self.kind.refused.is_empty() {
            return;
        }
        let number = self.number;
        let columns: &[&str] = if self.kind.has_array() { &["x", "a"] } else { &["x"] };
        for column in columns {
            let theirs = self.database.psql(&format!("SELECT id, {column} FROM r{number} ORDER BY id"), &SETTINGS);
            let detail = |word| format!("column `{column}` of `pg.public.r{number}` holds a value ({word}) that ");
            let remedy = format!("set `columns: {{{column}: string}}` for the table in catalogs/pg.yaml");
            for (id, ((word, value), theirs)) in self.kind.refused.iter().zip(&theirs).enumerate() {
                for way in WAYS {
                    let path = format!("/v1/t/r{number}_{column}?id={id}&{way}");
                    let answer = self.http.get(&path).send().await;
                    let problem: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
                    let is_refused = answer.status == 502
                        && problem["code"] == "AQ-503"
                        && problem["detail"].as_str().is_some_and(|text| text.starts_with(&detail(word)))
                        && problem["hint"] == json!(remedy);
                    if !is_refused {
                        self.wrong.push(format!("{value} in {path}: {} {problem}", answer.status));
                    }
                    let path = format!("/v1/t/r{number}_{column}_text?id={id}&{way}");
                    let answer = self.http.get(&path).send().await;
                    if answer.status == 200 {
                        self.compare(&path, &rows(&answer), std::slice::from_ref(theirs));
                    } else {
                        self.wrong.push(format!("{value} in {path}: {}", answer.text()));
                    }
                }
            }
        }
    }
}
