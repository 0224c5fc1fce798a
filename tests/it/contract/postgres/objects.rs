//! Everything of `tests/postgres/objects.sql` that can be read as a table, streamed and paged: the rows are psql's.

use std::fs;

use arrow::array::RecordBatch;

use super::{
    cell::{Cell, from_arrow, from_postgres},
    reading::{SETTINGS, WAYS, rows},
};
use crate::harness::{
    postgres::{self, Database},
    project::Project,
    server::Server,
    tools::repository,
};

/// What is read, over the source `pg`. psql is asked the same without the source.
const SELECTS: &[&str] = &[
    "SELECT * FROM pg.orders",
    "SELECT * FROM pg.sales.orders",
    "SELECT * FROM pg.\"Sales\".orders",
    "SELECT * FROM pg.\"Sales\".\"Orders\"",
    "SELECT * FROM pg.\"odd.schema \"\"x\"\" $1 \\\".\"ta\"\"ble.$2 \\' ; --\"",
    "SELECT id FROM pg.\"odd.schema \"\"x\"\" $1 \\\".\"ta\"\"ble.$2 \\' ; --\" WHERE id > 1",
    "SELECT * FROM pg.seen",
    "SELECT * FROM pg.seen_twice",
    "SELECT id, more FROM pg.seen_twice WHERE id > 2",
    "SELECT * FROM pg.typed",
    "SELECT * FROM pg.kept",
    "SELECT * FROM pg.events",
    "SELECT * FROM pg.events WHERE at >= date '2025-12-01' AND kind IS NOT NULL",
    "SELECT * FROM pg.events_2025",
    "SELECT * FROM pg.events_2026",
    "SELECT * FROM pg.events_empty",
    "SELECT count(*) AS n, sum(amount) AS amount FROM pg.events",
    "SELECT * FROM pg.parent",
    "SELECT * FROM pg.child",
    "SELECT * FROM pg.near",
    "SELECT * FROM pg.far",
    "SELECT ip, c FROM pg.far WHERE id = 1",
    "SELECT * FROM pg.mixed",
    "SELECT * FROM pg.filled",
    "SELECT * FROM pg.changed",
    "SELECT count(*) AS n FROM pg.changed",
    "SELECT * FROM pg.unlogged",
    "SELECT * FROM pg.\"select\"",
    "SELECT \"from\", \"where\" FROM pg.\"select\" WHERE \"order\" = 2 AND \"cast\" = '10.0.0.1'",
    "SELECT * FROM pg.\"MixedCase\"",
    "SELECT * FROM pg.\"columns\"",
    "SELECT \"$1\", \"%s %L\", \"?\", \"1\" FROM pg.\"columns\" WHERE \"$1\" = '10.0.0.3' AND \"-\" = 17 AND \"a.b\" IS NOT NULL",
    "SELECT * FROM pg.a23456789_123456789_123456789_123456789_123456789_123456789_123",
    "SELECT * FROM pg.\"ééééééééééééééééééééééééééééééé1\"",
    "SELECT count(*) AS n FROM pg.no_columns",
    "SELECT 1 AS one FROM pg.no_columns",
    "SELECT count(*) AS n FROM pg.nothing",
    "SELECT 1 AS one FROM pg.nothing",
    "SELECT * FROM pg.no_rows",
    "SELECT count(*) AS n FROM pg.no_rows",
    "SELECT * FROM pg.emptied",
    "SELECT * FROM pg.no_rows_seen",
    "SELECT * FROM pg.wide",
    "SELECT c1000, c3 FROM pg.wide WHERE c1000 = 1000",
    LONG,
    "SELECT id, t FROM pg.long WHERE id = 1",
    "SELECT * FROM pg.long WHERE id = 3",
    "SELECT j FROM pg.long WHERE id = 5",
];

/// Rows of 10 MiB. A page ends at 8 MiB, so with such a row there is no other in it.
const LONG: &str = "SELECT * FROM pg.long";

/// What only servers since Postgres 18 have.
const NEWER: &str = "
    CREATE TABLE computed (id int4, twice int4 GENERATED ALWAYS AS (id * 2) VIRTUAL);
    INSERT INTO computed VALUES (1), (NULL);
    CREATE TABLE unproven (id int4, n int4);
    INSERT INTO unproven VALUES (1, NULL);
    ALTER TABLE unproven ADD CONSTRAINT later NOT NULL n NOT VALID;
    CREATE TABLE alone (id int4, n int4 NOT NULL NO INHERIT);
    CREATE TABLE below () INHERITS (alone);
    INSERT INTO below VALUES (1, NULL);";
const NEWER_SELECTS: &[&str] = &["SELECT * FROM pg.computed", "SELECT * FROM pg.unproven", "SELECT * FROM pg.alone"];

#[tokio::test]
async fn everything_that_is_a_table_is_read() {
    let database = postgres::database().await;
    // Later servers do not let a child have NULLs where its parent has none.
    let loose = "ALTER TABLE child ALTER id DROP NOT NULL; INSERT INTO child VALUES (NULL, 'loose', 4)";
    check(&database, &[loose], SELECTS).await;
}

#[tokio::test]
async fn everything_that_is_a_table_is_read_on_a_newer_server() {
    check(&postgres::newer_database().await, &[NEWER], &[SELECTS, NEWER_SELECTS].concat()).await;
}

async fn check(database: &Database, more: &[&str], selects: &[&str]) {
    let objects = fs::read_to_string(repository().join("tests/postgres/objects.sql")).expect("the objects");
    database.execute(&objects).await;
    for statements in more {
        database.execute(statements).await;
    }
    // As far as the server knows, every table has many rows: too many for anything but a COPY.
    database
        .execute(
            "UPDATE pg_class SET reltuples = 1000000
             WHERE relkind IN ('r', 'p', 'm', 'f') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'",
        )
        .await;
    let mut project = Project::new()
        .postgres(database)
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\n");
    for (number, select) in selects.iter().enumerate() {
        let header = format!("name: o.q{number}\nversion: 1\npage: {{max: 10000}}\naccess: public");
        project = project.file(&format!("queries/o/q{number}.sql"), &format!("/*---\n{header}\n---*/\n{select}\n"));
    }
    let server = Server::start(project.path(), &[]).await;
    let mut wrong = Vec::new();
    for (number, select) in selects.iter().enumerate() {
        let theirs = database.psql(&select.replace("pg.", ""), &SETTINGS);
        for way in if *select == LONG { &WAYS[..1] } else { &WAYS[..] } {
            let answer = server.http().get(&format!("/v1/o/q{number}?{way}")).send().await;
            if answer.status != 200 {
                wrong.push(format!("{select}: {way}: {}", answer.text()));
                continue;
            }
            let ours = rows(&answer);
            let theirs = their_cells(&theirs, &ours);
            let ours = our_cells(&ours);
            if ours != theirs {
                wrong.push(format!("{select}: {way}: {}, not {}", shown(&ours), shown(&theirs)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn our_cells(batch: &RecordBatch) -> Vec<Vec<Cell>> {
    let row = |row| batch.columns().iter().map(|column| from_arrow(column, row)).collect();
    let mut cells: Vec<_> = (0..batch.num_rows()).map(row).collect();
    cells.sort();
    cells
}

fn their_cells(rows: &[Vec<Option<String>>], like: &RecordBatch) -> Vec<Vec<Cell>> {
    let schema = like.schema();
    let types = schema.fields().iter().map(|field| field.data_type());
    let row = |row: &Vec<Option<String>>| {
        assert_eq!(row.len(), schema.fields().len(), "columns");
        row.iter().zip(types.clone()).map(|(text, data_type)| from_postgres(text.as_deref(), data_type)).collect()
    };
    let mut cells: Vec<Vec<Cell>> = rows.iter().map(row).collect();
    cells.sort();
    cells
}

/// As much of it as one can look at.
fn shown(rows: &[Vec<Cell>]) -> String {
    format!("{} rows {:.500}", rows.len(), format!("{rows:?}"))
}
