//! The contract, over drivers of whose systems nothing is known: Postgres', SQLite's, DuckDB's and that of Flight SQL.

use std::{path::Path, process::Command};

use aqueduct::model::{Code, TableNames};

use super::open;
use crate::{
    contract::{check_predicates, check_rows, engine::Engine},
    harness::{duckdb, fakesnow::driver, postgres, process, sqlite, tools},
};

/// What every system has: whole numbers are compared there, everything else here.
async fn check(one: &Path, other: &Path, catalog: &str) {
    let on = Engine::naming(&open(one, catalog, true), &["numbers"]).await;
    let off = Engine::naming(&open(other, catalog, false), &["numbers"]).await;
    let predicates = [
        ("n = 7", true),
        ("n > 19990 AND (n <> 19995 OR n IS NULL)", true),
        ("n IN (1, 2, -3, 20000)", true),
        ("n NOT IN (1, 2, -3, 20000) AND n < 10", true),
        ("NOT (n > 3)", true),
        ("t IS NULL", true),
        ("t = 'a' AND n < 3", true),
        ("t < 'a'", false),
    ];
    let (pushed, split): (Vec<_>, Vec<_>) =
        predicates.iter().partition(|(predicate, _)| !predicate.starts_with("t = "));
    check_predicates(&on, &off, "numbers", &pushed.into_iter().copied().collect::<Vec<_>>()).await;
    for (predicate, _) in split {
        let sql = format!("SELECT n FROM numbers WHERE {predicate}");
        assert_eq!(on.rows(&sql).await, off.rows(&sql).await, "{sql}");
        assert_eq!(on.rows(&sql).await, Ok(vec!["1".to_owned(), "2".to_owned()]), "{sql}");
    }
    let limited = on.statements("SELECT n FROM numbers LIMIT 3").await;
    assert!(limited[0].sql.ends_with(" LIMIT 3"), "{}", limited[0].sql);
    check_rows(&on).await;
    check_rows(&off).await;
}

fn catalog(name: &str, rest: &str) -> String {
    format!("kind: adbc\ndriver: \"{}\"\n{rest}", driver(name).display())
}

#[tokio::test]
async fn postgres_is_read_through_its_driver() {
    let database = postgres::database().await;
    database
        .execute(
            "CREATE TABLE numbers AS SELECT n, 'a'::text AS t FROM generate_series(1, 20000) AS s (n);
             CREATE TABLE typed (i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, b bool, t text, y bytea, d date, ts timestamp,
                 tz timestamptz, m numeric(10, 2), u uuid, j jsonb, a int4[]);
             INSERT INTO typed VALUES (-32768, -2147483648, -9223372036854775808, '-0', 'NaN', true, 'it''s é', '\\x00ff', '0001-01-01',
                 '2024-02-29 12:30:15.123456', '2024-02-29 12:30:15+02', -99999999.99, '00000000-0000-0000-0000-000000000001', '{\"a\": 1}', '{1,NULL}'),
                 (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
             CREATE SCHEMA \"o.dd\"; CREATE TABLE \"o.dd\".\"qu\"\"ote\" (\"sp ace\" int); INSERT INTO \"o.dd\".\"qu\"\"ote\" VALUES (7)",
        )
        .await;
    let catalog = catalog("postgresql", &format!("options: {{uri: \"{}\"}}\nschemas: [public, o.dd]\n", database.url));
    let (one, other) = (process::directory("adbc-"), process::directory("adbc-"));
    check(one.path(), other.path(), &catalog).await;
    let source = open(one.path(), &catalog, true);
    let engine = Engine::naming(&source, &["typed"]).await;
    let rows = engine.rows("SELECT i2, i4, i8, f4, f8, b, t, y, d, ts, tz, m, a FROM typed").await;
    let first = "-32768|-2147483648|-9223372036854775808|-0.0|NaN|true|it's é|00ff|0001-01-01|2024-02-29T12:30:15.123456|\
                 2024-02-29T10:30:15Z|-99999999.99|[1, NULL]";
    assert_eq!(rows, Ok(vec![first.to_owned(), ["NULL"; 13].join("|")]));
    let mut named = TableNames::default();
    named.insert(Some("o.dd"), "qu\"ote");
    let listing = source.tables(&named).await.expect("the server is up");
    assert_eq!(listing.tables.len(), 1);
    assert_eq!((listing.tables[0].schema.as_str(), listing.tables[0].name.as_str()), ("o.dd", "qu\"ote"));

    database.execute("ALTER TABLE typed DROP COLUMN t").await;
    let fault = engine.rows("SELECT t FROM typed").await.expect_err("the column is gone");
    assert_eq!(fault.code, Code::SourceFailed);
    source.stale().await;
}

#[tokio::test]
async fn a_password_that_is_wrong_is_for_the_owner_to_see_to() {
    let database = postgres::database().await;
    let (_, server) = database.url.split_once('@').expect("a user is named");
    let url = format!("postgresql://nobody:not-this-secret@{server}");
    let directory = process::directory("adbc-");
    let catalog = catalog("postgresql", &format!("options: {{uri: \"{url}\"}}\n"));
    let fault = open(directory.path(), &catalog, true).tables(&TableNames::default()).await.expect_err("it is wrong");
    assert_eq!((fault.code, fault.detail.as_str()), (Code::SourceDown, "source `shop` cannot be reached"));
    assert!(!format!("{fault:?}").contains("not-this-secret"), "{fault:?}");
}

#[tokio::test]
async fn sqlite_is_read_through_its_driver() {
    let (one, other) = (process::directory("adbc-"), process::directory("adbc-"));
    let file = one.path().join("shop.db");
    let statements = "CREATE TABLE numbers (n INTEGER, t TEXT);
        WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) INSERT INTO numbers SELECT n, 'a' FROM c";
    sqlite::execute(&file, statements).await;
    check(one.path(), other.path(), &catalog("sqlite", &format!("options: {{uri: \"file:{}\"}}\n", file.display())))
        .await;
}

#[tokio::test]
async fn duckdb_is_read_as_any_driver() {
    let (one, other) = (process::directory("adbc-"), process::directory("adbc-"));
    let file = one.path().join("shop.duckdb");
    duckdb::execute(&file, "CREATE TABLE numbers AS SELECT range::INTEGER AS n, 'a' AS t FROM range(1, 20001)").await;
    let options = format!("options: {{path: \"{}\", access_mode: READ_ONLY}}", file.display());
    let catalog = format!("kind: adbc\ndriver: \"{}\"\n{options}\n", duckdb::library().display());
    check(one.path(), other.path(), &catalog).await;
}

#[tokio::test]
async fn a_server_of_flight_sql_is_read_through_its_driver() {
    let (one, other) = (process::directory("adbc-"), process::directory("adbc-"));
    let file = one.path().join("numbers.csv");
    let lines: Vec<_> = (1..=20000).map(|n| format!("{n},a\n")).collect();
    std::fs::write(&file, format!("n,t\n{}", lines.concat())).expect("a file can be written");
    let [http, postgres, flight] = [(); 3].map(|()| process::free_port());
    let mut roapi = Command::new(tools::python_tool("roapi"));
    roapi.args(["-a", &format!("127.0.0.1:{http}"), "--addr-flight-sql", &format!("127.0.0.1:{flight}")]);
    roapi.args(["-p", &format!("127.0.0.1:{postgres}")]);
    roapi.args(["-t", &format!("numbers={}", file.display())]);
    let mut child = process::spawn("KILL", &roapi);
    process::wait_for_port(flight, &mut child, "roapi");
    // It lists no tables, so the file says which there are.
    let rest =
        format!("options: {{uri: \"grpc://127.0.0.1:{flight}\"}}\nschemas: [public]\ntables: {{numbers: {{}}}}\n");
    check(one.path(), other.path(), &catalog("flightsql", &rest)).await;
    let source = open(one.path(), &catalog("flightsql", &rest.replace("tables: {numbers: {}}\n", "")), true);
    child.kill().expect("it is ours");
    child.wait().expect("it is ours");
    let fault = source.tables(&TableNames::default()).await.expect_err("nobody answers");
    assert_eq!(fault.code, Code::SourceDown, "{fault:?}");
}

#[tokio::test]
async fn bigquery_refuses_credentials_that_are_none() {
    let directory = process::directory("bigquery-");
    let catalog = format!(
        "kind: bigquery\ndriver: \"{}\"\nproject: p\nschemas: [d]\nmax_bytes_scanned: 1GiB\n\
         credentials: '{{\"type\": \"service_account\", \"private_key\": \"not-this-secret\"}}'\n",
        driver("bigquery").display()
    );
    let fault =
        open(directory.path(), &catalog, true).tables(&TableNames::default()).await.expect_err("none of Google's");
    assert_eq!((fault.code, fault.detail.as_str()), (Code::SourceDown, "source `shop` cannot be reached"));
    assert!(!format!("{fault:?}").contains("not-this-secret"), "{fault:?}");
}
