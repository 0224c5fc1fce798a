//! What consumers make of results: columns, rows and order, where the owner allows it. The same rows whatever the source
//! and whatever is pushed down into it, and one clear answer to what is not allowed.

mod documented;
mod doors;
mod properties;
mod refused;
mod table;

use crate::harness::{
    postgres::{self, Database},
    process,
    project::Project,
    server::Server,
    tools::{output, python_script},
};

const SETTINGS: &str = "auth: {anonymous: true}\n";
const POSTGRES: &str = "kind: postgres\nurl: \"{{postgres_url}}\"\npool: {max_connections: 4}\n";
const LAKE: &str = "kind: files\nlocation: lake/\ndiscover: true\n";

/// Difficult values, as Postgres and `DuckDB` both read them: a column's name, its type, and its values.
const COLUMNS: &[(&str, &str, &[&str])] = &[
    ("flag", "bool", &["true", "false", "NULL"]),
    ("small", "int2", &["-32768", "NULL", "0", "7", "32767"]),
    ("big", "int8", &["-9223372036854775808", "0", "9007199254740993", "NULL", "9223372036854775807", "3"]),
    ("ratio", "float8", &["'-0'", "0", "'NaN'", "NULL", "1.5", "'-Infinity'", "'Infinity'", "-2.25", "5e-324"]),
    ("narrow", "float4", &["0.1", "'NaN'", "'-0'", "0", "NULL", "3.4028235e38", "'-Infinity'"]),
    ("price", "numeric(38,18)", &["1.5", "0", "-0.000000000000000001", "NULL", "99999999999999999999.5", "2.25"]),
    (
        "note",
        "text",
        &["'a'", "''", "'A_b%'", "NULL", "'é'", "'ab'", "'\\'", "'😀'", "'Robert''); DROP TABLE edges;--'"],
    ),
    ("day", "date", &["'1969-12-31'", "'2024-02-29'", "NULL", "'9999-12-31'", "'0001-01-01'"]),
    (
        "moment",
        "timestamp",
        &["'1969-12-31 23:59:59.999999'", "NULL", "'2024-02-29 12:30:00'", "'9999-12-31 23:59:59'"],
    ),
    (
        "seen",
        "timestamptz",
        &["'2024-02-29 12:30:00.000001+00'", "'0001-01-01 00:00:00+00'", "NULL", "'2024-02-29 12:30:00+00'"],
    ),
    ("one", "uuid", &["'00000000-0000-0000-0000-000000000001'", "NULL", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"]),
    ("odd__name", "int4", &["1", "2", "NULL"]),
];
const ROWS: usize = 45;

/// One SELECT of all rows: the columns are of different lengths, so that their values meet in many ways.
fn rows() -> String {
    let row = |id: usize| {
        let values = COLUMNS.iter().enumerate().map(|(place, (name, data_type, values))| {
            let value = values[(id * (place + 1) + id / values.len()) % values.len()];
            format!("CAST({value} AS {data_type}) AS {name}")
        });
        format!("SELECT CAST({id} AS int8) AS id, {}", values.collect::<Vec<_>>().join(", "))
    };
    (1..=ROWS).map(row).collect::<Vec<_>>().join("\nUNION ALL ")
}

/// A query: its name, what its header says besides, and its SELECT over `SOURCE`.
type Query = (&'static str, &'static str, &'static str);

/// A project over Postgres and Parquet with `queries` of each: `pg.NAME` and `lake.NAME`.
struct Suite {
    project: Project,
    database: Database,
}

impl Suite {
    async fn new(queries: &[Query]) -> Self {
        let database = postgres::database().await;
        let table = format!("CREATE TABLE edges AS {};", rows());
        database.execute(&format!("{table}\nALTER TABLE edges ADD PRIMARY KEY (id);")).await;
        let mut project =
            Project::new().postgres(&database).file("aqueduct.yaml", SETTINGS).file("catalogs/pg.yaml", POSTGRES);
        project = project.file("catalogs/lake.yaml", LAKE);
        std::fs::create_dir(project.join("lake")).expect("the project can be written");
        let scripts = process::directory("duckdb-");
        let script = scripts.path().join("edges.sql");
        // Files have no UUIDs: Parquet's are bytes.
        let rows = rows().replace("AS uuid", "AS text");
        let sql = format!("COPY ({rows}) TO 'edges.parquet' (FORMAT parquet);");
        std::fs::write(&script, sql).expect("it can be written");
        output(python_script("duckdb_run.py").arg(&script).current_dir(project.join("lake")));
        for source in ["pg", "lake"] {
            for (name, header, select) in queries {
                let select = select.replace("SOURCE", source);
                let text =
                    format!("/*---\nname: {source}.{name}\nversion: 1\n{header}\naccess: public\n---*/\n{select}\n");
                project = project.file(&format!("queries/{source}/{name}.sql"), &text);
            }
        }
        Self { project, database }
    }

    /// With everything pushed, and with nothing.
    async fn servers(&self) -> [Server; 2] {
        let pushing = Server::start(self.project.path(), &[]).await;
        [pushing, Server::start(self.project.path(), &[("AQUEDUCT_ENGINE__PUSHDOWN", "off")]).await]
    }
}

const ALL: &str = "consumer: {fields: true, filter: true, sort: true}";
