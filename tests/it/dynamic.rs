//! Joins between sources: of a large table only the rows are fetched that have a partner on the other side. Postgres
//! itself counts the rows that it gives; and without pushdown the answers are the same.

mod keys;
mod plans;
mod sides;

use std::{fmt::Write as _, fs::File, sync::Arc};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use datafusion::parquet::arrow::ArrowWriter;
use serde_json::json;

use crate::harness::{
    postgres::{self, Database, Ran},
    project::Project,
    server::{Server, aqueduct},
    sqlite, tools,
};

/// The rows of each small table, none of which has a key twice.
const KEYS: i64 = 50;

/// The key of small row `n`, from 1.
const fn key(n: i64) -> i64 {
    n * 3989
}

/// Everything about row `id` that the other side may be joined by.
const BIG: &str = "
    CREATE TABLE big (id bigint PRIMARY KEY, code text, ref uuid, day date, amount numeric(10,2), stamp timestamp,
        at timestamptz, whole int, low int8, high int8, bytes bytea, maybe int8, filler text);
    INSERT INTO big SELECT n, 'c''' || n, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
        DATE '1800-01-01' + n::int, n / 100.0, TIMESTAMP '2000-01-01' + n * INTERVAL '1 minute',
        TIMESTAMPTZ '2000-01-01 00:00Z' + n * INTERVAL '1 minute', n, n % 1000, n / 1000, n::text::bytea,
        CASE WHEN n % 3 = 0 THEN NULL ELSE n END, repeat('x', 20)
    FROM generate_series(1, 200000) AS n;
    CREATE TABLE near AS SELECT id, code AS tag FROM big WHERE id % 3989 = 0;
    ANALYZE;
";

/// One Postgres with a large table, and beside it the same small table in every kind of source.
struct Stage {
    database: Database,
    _other: Database,
    project: Project,
    on: Server,
    off: Server,
}

impl Stage {
    /// With these queries, by name.
    async fn set(queries: &[(&str, &str)]) -> Self {
        let (database, other) = (postgres::database().await, postgres::database().await);
        database.execute(BIG).await;
        database.count_rows().await;
        let keys = (1..=KEYS).map(key);
        let rows: Vec<_> = keys.map(|id| format!("({id}, 'c''{id}')")).collect();
        other
            .execute(&format!(
                "CREATE TABLE far (id bigint, code text); INSERT INTO far VALUES {}; ANALYZE",
                rows.join(", ")
            ))
            .await;
        let project = Project::new()
            .postgres(&database)
            .value("other_url", &other.url)
            .file("aqueduct.yaml", "auth: {anonymous: true}\n")
            .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\npool: {max_connections: 1}\n")
            .file("catalogs/other.yaml", "kind: postgres\nurl: \"{{other_url}}\"\n")
            .file("catalogs/shop.yaml", "kind: sqlite\npath: shop.db\n")
            .file("catalogs/lake.yaml", LAKE)
            .file("lake/keys.csv", &csv(1..=KEYS))
            .file("lake/many.csv", &many())
            .file("lake/near.csv", &(1..=KEYS).fold("id\n".to_owned(), |text, n| text + &format!("{}\n", 200_000 - n)))
            .file(
                "lake/events.ndjson",
                &(1..=KEYS).fold(String::new(), |text, n| text + &json!({"id": key(n)}).to_string() + "\n"),
            );
        write_parquet(&project, "small", (1..=KEYS).map(key).collect());
        write_parquet(&project, "straight", (1..=20_000).collect());
        let sqlite_tables = format!(
            "CREATE TABLE small (id INTEGER, code TEXT); INSERT INTO small VALUES {};
             CREATE TABLE large (id INTEGER PRIMARY KEY, code TEXT, day DATE, flag BOOLEAN, bytes BLOB);
             CREATE TABLE turned (id INTEGER PRIMARY KEY, k INTEGER);
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30000)
             INSERT INTO turned SELECT n, 200000 - n FROM n;
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200000)
             INSERT INTO large SELECT n, 'c''' || n, date('1800-01-01', '+' || n || ' days'), n % 2, CAST(n AS BLOB) FROM n",
            rows.join(", ")
        );
        sqlite::execute(&project.join("shop.db"), &sqlite_tables).await;
        let project = queries.iter().fold(project, |project, (name, sql)| {
            let file = format!("/*---\nname: joins.{name}\nversion: 1\naccess: public\n---*/\n{sql}");
            project.file(&format!("queries/joins/{name}.sql"), &file)
        });
        let on = Server::start(project.path(), &[]).await;
        let off = Server::start(project.path(), &[("AQUEDUCT_ENGINE__PUSHDOWN", "off")]).await;
        Self { database, _other: other, project, on, off }
    }

    /// What `explain --analyze` says of a query.
    fn explain(&self, name: &str) -> String {
        tools::output(aqueduct(self.project.path()).args(["explain", &format!("joins.{name}"), "--analyze"]))
    }

    /// The rows of a query, which must be the same without pushdown, and what Postgres ran for it on `big`.
    async fn run(&self, name: &str) -> (Vec<String>, Vec<Ran>) {
        let mark = self.database.mark().await;
        let rows = rows(&self.on, name).await;
        let mut ran = self.database.ran_since(&mark).await;
        ran.retain(|ran| ran.sql.contains("\"big\"") && !ran.sql.ends_with("LIMIT 0"));
        assert_eq!(rows, self::rows(&self.off, name).await, "{name}");
        (rows, ran)
    }
}

const LAKE: &str = "kind: files
location: lake
tables:
  keys:
    columns: {day: date, amount: \"decimal(12,4)\", stamp: timestamp, opt: int64, n: int64}
";

/// The small table as text, with every kind of key.
fn csv(rows: impl Iterator<Item = i64>) -> String {
    let mut text = "n,id,code,ref,day,amount,stamp,low,high,opt\n".to_owned();
    for n in rows {
        let id = key(n);
        let day = chrono::NaiveDate::from_ymd_opt(1800, 1, 1).expect("a date") + chrono::TimeDelta::days(id);
        let stamp = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date").and_time(chrono::NaiveTime::MIN)
            + chrono::TimeDelta::minutes(id);
        let opt = if n % 5 == 0 { String::new() } else { id.to_string() };
        writeln!(
            text,
            "{n},{id},c'{id},00000000-0000-4000-8000-{id:012},{day},{}.{:02}00,{},{},{},{opt}",
            id / 100,
            id % 100,
            stamp.format("%Y-%m-%dT%H:%M:%S"),
            id % 1000,
            id / 1000,
        )
        .expect("a string takes all");
    }
    text
}

/// More keys than are sent one by one: 30001 to 185000.
fn many() -> String {
    (30_001..=185_000).fold("id\n".to_owned(), |text, id| text + &format!("{id}\n"))
}

/// These numbers, once as `id` and once as `k`, and their codes.
fn write_parquet(project: &Project, name: &str, ids: Vec<i64>) {
    let codes: ArrayRef = Arc::new(StringArray::from_iter_values(ids.iter().map(|id| format!("c'{id}"))));
    let ids: ArrayRef = Arc::new(Int64Array::from(ids));
    let number = |name| Field::new(name, DataType::Int64, false);
    let schema = Schema::new(vec![number("id"), number("k"), Field::new("code", DataType::Utf8, false)]);
    let batch =
        RecordBatch::try_new(Arc::new(schema), vec![Arc::clone(&ids), ids, codes]).expect("columns of one length");
    let file = File::create(project.join(&format!("lake/{name}.parquet"))).expect("a temporary file can be written");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("Parquet has these types");
    writer.write(&batch).expect("a temporary file can be written");
    writer.close().expect("a temporary file can be written");
}

/// All rows, sorted.
async fn rows(server: &Server, name: &str) -> Vec<String> {
    let answer = server.http().get(&format!("/v1/joins/{name}?format=ndjson")).send().await;
    assert_eq!(answer.status.as_u16(), 200, "{name}: {}", answer.text());
    let mut rows: Vec<_> = answer.ndjson().iter().map(ToString::to_string).collect();
    rows.sort();
    rows
}

/// How many rows Postgres gave in all.
fn given(ran: &[Ran]) -> u64 {
    ran.iter().map(|ran| ran.rows).sum()
}
