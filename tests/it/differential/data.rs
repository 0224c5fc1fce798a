//! The tables filled: in Postgres, in a second Postgres database for comparison, in SQLite, and as files.

use std::{fmt::Write as _, fs, fs::File, path::Path};

use aqueduct::{app::App, config::Environment};
use datafusion::parquet::arrow::ArrowWriter;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{
    columns::{Column, Format, TABLES, Table},
    engine::Engine,
};
use crate::harness::{postgres, postgres::Database, project::Project, random::Random, sqlite};

/// The data does not change with a query's seed.
const SEED: u64 = 4;

const TYPES: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE SCHEMA staging;";

/// The sources, and a project over them.
pub struct World {
    pub project: Project,
    /// Of the source `pg`.
    pub database: Database,
    /// The same rows in a database that sorts text by code point, in columns of the types that the engine gives them:
    /// there a query means what it means here, as far as the documentation says so.
    pub reference: String,
}

impl World {
    pub async fn new() -> Self {
        let database = postgres::database().await;
        let reference = reference(&database).await;
        let project = Project::new()
            .file("aqueduct.yaml", "auth: {anonymous: true}\n")
            .file("catalogs/lite.yaml", &format!("kind: sqlite\npath: lite.db\n{}", annotations("lite")))
            .file("catalogs/lake.yaml", &format!("kind: files\nlocation: lake\n{}", annotations("lake")))
            .value("postgres_url", &database.url)
            .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\nschemas: [public]\n");
        fs::create_dir(project.join("lake")).expect("the project can be written");
        database.execute(TYPES).await;
        let mut copy = PgConnection::connect(&reference).await.expect("the second database is there");
        let mut random = Random::from_seed(SEED);
        for table in TABLES {
            let rows = rows(table, &mut random);
            match table.format {
                Format::Postgres => {
                    database.execute(&create("public", table, false)).await;
                    database.execute(&insert("public", table, &rows, text)).await;
                    for sql in [create("public", table, true), insert("public", table, &rows, padded)] {
                        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut copy).await.expect("the same works there");
                    }
                }
                Format::Sqlite | Format::Strict => sqlite::execute(&project.join("lite.db"), &lite(table, &rows)).await,
                Format::Csv => write_csv(&project.join("lake").join(format!("{}.csv", table.name)), table, &rows),
                // Written from what the engine reads from here.
                Format::Parquet => {
                    database.execute(&create("staging", table, false)).await;
                    database.execute(&insert("staging", table, &rows, text)).await;
                }
            }
        }
        database.execute("ANALYZE").await;
        copy.close().await.expect("a connection can be closed");
        write_parquet(&database, &project.join("lake")).await;
        Self { project, database, reference }
    }

    /// The project as it is, with pushdown or without.
    pub async fn open(&self, pushdown: bool) -> Engine {
        open(self.project.path(), pushdown).await
    }

    /// With the Postgres source behind another URL.
    pub async fn open_through(&self, url: &str) -> Engine {
        let catalog = self.project.join("catalogs/pg.yaml");
        let own = fs::read_to_string(&catalog).expect("the project can be read");
        let other = own.replace(&self.database.url, url);
        assert_ne!(own, other);
        fs::write(&catalog, other).expect("the project can be written");
        let engine = self.open(true).await;
        fs::write(&catalog, own).expect("the project can be written");
        engine
    }
}

async fn open(project: &Path, pushdown: bool) -> Engine {
    let environment: Environment =
        [("AQUEDUCT_ENGINE__PUSHDOWN", if pushdown { "on" } else { "off" })].into_iter().collect();
    let app = App::open(project, &environment).await.unwrap_or_else(|problems| panic!("{problems}"));
    Engine::new(app)
}

async fn reference(database: &Database) -> String {
    let name = format!("{}_reference", database.name);
    let create = format!(
        "CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'"
    );
    database.execute(&create).await;
    database.url.replace(&database.name, &name)
}

type Row = Vec<Option<&'static str>>;

/// `id` counts; every sixth other value is NULL; every fourth row but for its `id` is one that was there before.
fn rows(table: &Table, random: &mut Random) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for _ in 0..table.rows {
        if !rows.is_empty() && random.within(0..4) == 0 {
            let again = usize::try_from(random.within(0..rows.len() as u64)).expect("it is an index");
            rows.push(rows[again].clone());
            continue;
        }
        let value = |column: &Column| {
            let value = random.one_of(column.values);
            // Each draws the same numbers, whatever a table allows.
            let missing = random.within(0..6) == 0 && !table.is_full;
            // An empty field of a CSV file is NULL; without a line's other fields it would be no line.
            (!missing && (table.format != Format::Csv || !value.is_empty())).then_some(value)
        };
        rows.push(table.columns().map(value).collect());
    }
    rows
}

fn create(schema: &str, table: &Table, is_reference: bool) -> String {
    let column = |column: &Column| {
        let kind = if is_reference { column.reference } else { column.postgres };
        let constraint = match column.name {
            "id" => " PRIMARY KEY",
            _ if table.is_full => " NOT NULL",
            _ => "",
        };
        format!("{} {kind}{constraint}", column.name)
    };
    let columns: Vec<_> = table.columns().map(column).collect();
    format!("CREATE TABLE {schema}.{} ({})", table.name, columns.join(", "))
}

fn insert(schema: &str, table: &Table, rows: &[Row], write: impl Fn(&Column, &str) -> String) -> String {
    if rows.is_empty() {
        return "SELECT".to_owned();
    }
    format!("INSERT INTO {schema}.{} VALUES {}", table.name, values(table, rows, write))
}

fn values(table: &Table, rows: &[Row], write: impl Fn(&Column, &str) -> String) -> String {
    let row = |(index, row): (usize, &Row)| {
        let value = |(column, value): (&Column, Option<&str>)| match (column.name, value) {
            ("id", _) => (index + 1).to_string(),
            (_, Some(value)) => write(column, value),
            (_, None) => "NULL".to_owned(),
        };
        format!("({})", table.columns().zip(row.iter().copied()).map(value).collect::<Vec<_>>().join(", "))
    };
    rows.iter().enumerate().map(row).collect::<Vec<_>>().join(", ")
}

fn text(_: &Column, value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// The engine shows `char(n)` with its padding.
fn padded(column: &Column, value: &str) -> String {
    if column.name == "c" { format!("'{value:<5}'") } else { text(column, value) }
}

fn lite(table: &Table, rows: &[Row]) -> String {
    let is_strict = table.format == Format::Strict;
    let column = |column: &Column| {
        let (kind, _) = if is_strict { column.strict } else { column.sqlite }.expect("the table has it");
        let constraint = if table.is_full && column.name != "id" { " NOT NULL" } else { "" };
        let kind = if column.name == "id" { "INTEGER PRIMARY KEY" } else { kind };
        // A strict table knows no other names of text.
        let kind = if is_strict { kind.replace("VARCHAR(20)", "TEXT") } else { kind.to_owned() };
        format!("{} {kind}{constraint}", column.name)
    };
    let columns: Vec<_> = table.columns().map(column).collect();
    let strict = if is_strict { " STRICT" } else { "" };
    let mut sql = format!("CREATE TABLE {} ({}){strict};", table.name, columns.join(", "));
    let spelled = |column: &Column, value: &str| match (column.name, value.strip_prefix("\\x")) {
        ("y", Some(digits)) => format!("x'{digits}'"),
        ("f", _) => value.to_owned(),
        _ => text(column, value),
    };
    if !rows.is_empty() {
        let _ = write!(sql, "INSERT INTO {} VALUES {};", table.name, values(table, rows, spelled));
    }
    sql
}

/// `tables:` of a source, for the columns whose type does not say what they are.
fn annotations(source: &str) -> String {
    let mut yaml = "tables:\n".to_owned();
    for table in TABLES.iter().filter(|table| table.source == source) {
        let said = |column: &'static Column| {
            let said = match table.format {
                Format::Sqlite => column.sqlite?.1?,
                Format::Strict => column.strict?.1?,
                Format::Csv => column.csv?,
                Format::Postgres | Format::Parquet => return None,
            };
            Some(format!("{}: \"{said}\"", column.name))
        };
        let said: Vec<_> = table.columns().filter_map(said).collect();
        if !said.is_empty() {
            let _ = writeln!(yaml, "  {}: {{columns: {{{}}}}}", table.name, said.join(", "));
        }
    }
    yaml
}

fn write_csv(path: &Path, table: &Table, rows: &[Row]) {
    let mut csv = table.columns().map(|column| column.name).collect::<Vec<_>>().join(",") + "\n";
    for (index, row) in rows.iter().enumerate() {
        let value = |(column, value): (&Column, Option<&str>)| match (column.name, value) {
            ("id", _) => (index + 1).to_string(),
            (_, Some(value)) => format!("\"{}\"", value.replace('"', "\"\"")),
            (_, None) => String::new(),
        };
        csv += &table.columns().zip(row.iter().copied()).map(value).collect::<Vec<_>>().join(",");
        csv.push('\n');
    }
    fs::write(path, csv).expect("the project can be written");
}

/// The tables that wait in Postgres, in two files each.
async fn write_parquet(database: &Database, lake: &Path) {
    let project = Project::new()
        .postgres(database)
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\nschemas: [staging]\n");
    let engine = open(project.path(), false).await;
    for table in TABLES.iter().filter(|table| table.format == Format::Parquet) {
        fs::create_dir(lake.join(table.name)).expect("the project can be written");
        for (file, is_odd) in [("0.parquet", 0), ("1.parquet", 1)] {
            let sql = format!("SELECT * FROM pg.{} WHERE id % 2 = {is_odd}", table.name);
            let answer = engine.run(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            let path = lake.join(table.name).join(file);
            let file = File::create(path).expect("the project can be written");
            let mut writer = ArrowWriter::try_new(file, answer.schema, None).expect("Parquet has these types");
            for batch in &answer.batches {
                writer.write(batch).expect("the project can be written");
            }
            writer.close().expect("the project can be written");
        }
    }
    database.execute("DROP SCHEMA staging CASCADE").await;
}
