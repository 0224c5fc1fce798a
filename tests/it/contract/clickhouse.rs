//! The contract, over `ClickHouse`'s engine.

use std::time::{Duration, Instant};

use aqueduct::model::Code;
use futures::TryStreamExt;
use serde_json::Value;

use super::{
    opened::{Opened, check_numbers},
    values::{Exact, check_values, declared},
};
use crate::harness::{
    clickhouse::{self, Database, PASSWORD},
    project::Project,
    proxy::{Break, Proxy},
    server::{Server, aqueduct},
    tls::TlsProxy,
};

const VALUES: &[Exact] = &[
    ("Bool", "true", "true"),
    ("Int8", "-128", "-128"),
    ("UInt8", "255", "255"),
    ("UInt16", "65535", "65535"),
    ("UInt32", "4294967295", "4294967295"),
    ("Int64", "-9223372036854775808", "-9223372036854775808"),
    ("UInt64", "18446744073709551615", "18446744073709551615"),
    (
        "UInt256",
        "toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935')",
        "115792089237316195423570985008687907853269984665640564039457584007913129639935",
    ),
    ("Float32", "0.1", "0.1"),
    ("Float64", "5e-324", "5e-324"),
    ("Float64", "-inf", "-inf"),
    ("Float64", "nan", "NaN"),
    (
        "Decimal(38, 10)",
        "toDecimal128('-9999999999999999999999999999.9999999999', 10)",
        "-9999999999999999999999999999.9999999999",
    ),
    (
        "Decimal(76, 3)",
        "toDecimal256('-1234567890123456789012345678901234567890123456.789', 3)",
        "-1234567890123456789012345678901234567890123456.789",
    ),
    ("String", "'it''s \\\\ \\t é日本 𝄞'", "it's \\ \t é日本 𝄞"),
    ("String", "'a\\0b'", "a\0b"),
    ("LowCardinality(Nullable(String))", "NULL", "NULL"),
    ("FixedString(3)", "'ab'", "616200"),
    ("Date", "'2149-06-06'", "2149-06-06"),
    ("Date32", "'1900-01-01'", "1900-01-01"),
    ("DateTime", "'2106-02-07 06:28:15'", "2106-02-07T06:28:15Z"),
    ("DateTime('America/New_York')", "'2024-07-01 00:00:00'", "2024-07-01T04:00:00Z"),
    ("DateTime64(3, 'Europe/Berlin')", "'2024-01-01 00:00:00.125'", "2023-12-31T23:00:00.125Z"),
    ("DateTime64(9, 'UTC')", "'2024-01-01 00:00:00.000001'", "2024-01-01T00:00:00.000001Z"),
    ("UUID", "'61f0c404-5cb3-11e7-907b-a6006ad3dba0'", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"),
    ("Enum8('b' = 1, 'a' = 2)", "'a'", "a"),
    ("IPv4", "'1.2.3.4'", "1.2.3.4"),
    ("IPv6", "'2001:db8::1'", "2001:db8::1"),
    ("Array(Nullable(Int64))", "[1, NULL]", "[1, NULL]"),
    ("Array(String)", "['a']", "[a]"),
    ("Array(UUID)", "['61f0c404-5cb3-11e7-907b-a6006ad3dba0']", "[\"61f0c404-5cb3-11e7-907b-a6006ad3dba0\"]"),
    ("Tuple(a Int8, b String)", "(1, 'x')", "{\"a\":1,\"b\":\"x\"}"),
    ("Map(String, UInt8)", "map('k', 1)", "{\"k\":1}"),
];

#[tokio::test]
async fn values_come_exactly() {
    let database = clickhouse::database().await;
    let (columns, values) = declared(VALUES);
    database
        .execute(&format!("CREATE TABLE {{db}}.kinds (id Int32, {columns}) ENGINE = Memory;\nINSERT INTO {{db}}.kinds VALUES (1, {values});\n"))
        .await;
    check_values(&database.project(), VALUES, &[]).await;
}

#[tokio::test]
async fn a_value_that_has_no_place_is_named() {
    let database = clickhouse::database().await;
    database
        .execute(
            "CREATE TABLE {db}.wild (id Int32, bytes String, fine DateTime64(9, 'UTC'), big Int64) ENGINE = Memory;
             INSERT INTO {db}.wild VALUES (1, 'ok', '2024-01-01 00:00:00.000000001', 5), (2, unhex('ff'), '2024-01-01 00:00:00', 3000000000);",
        )
        .await;
    let catalog = format!("{}tables: {{wild: {{columns: {{big: int32}}}}}}\n", database.catalog());
    let engine = Opened::of(&database.project().file("catalogs/s.yaml", &catalog)).await;
    for column in ["bytes", "fine", "big"] {
        let fault = engine.rows(&format!("SELECT {column} FROM s.wild")).await.expect_err(column);
        assert_eq!(fault.code, Code::ValueUnrepresentable, "{fault:?}");
        assert!(fault.detail.contains(&format!("column `{column}` of `s.{}.wild`", database.name)), "{fault:?}");
    }
    assert_eq!(engine.rows("SELECT id FROM s.wild ORDER BY id").await, Ok(vec!["1".to_owned(), "2".to_owned()]));
}

async fn numbers() -> Database {
    let database = clickhouse::database().await;
    let table = "CREATE TABLE {db}.numbers (n Int32, t String) ENGINE = MergeTree ORDER BY n;
        INSERT INTO {db}.numbers SELECT number + 1, 'a' FROM numbers(20000);";
    database.execute(&table.replace(";\n        ", ";\n")).await;
    database
}

#[tokio::test]
async fn rows_are_the_same_with_pushdown_and_without() {
    let database = numbers().await;
    for pushdown in ["on", "off"] {
        let narrow = format!("{}pool: {{max_connections: 1}}\n", database.catalog());
        for catalog in [database.catalog(), narrow] {
            let project = database.project().file("catalogs/s.yaml", &catalog);
            check_numbers(&Opened::with_pushdown(&project, pushdown).await).await;
        }
    }
}

#[tokio::test]
async fn names_are_taken_as_they_are() {
    let database = clickhouse::database().await;
    database
        .execute(
            "CREATE TABLE {db}.`we``ird \"na.me\\\\` (`Col umn` Int32, `sel``ect` String, `ünï` Int8) ENGINE = Memory;
             INSERT INTO {db}.`we``ird \"na.me\\\\` VALUES (1, 'a', 2);
             CREATE TABLE {db}.Mixed (Id Int32) ENGINE = Memory;
             INSERT INTO {db}.Mixed VALUES (7);",
        )
        .await;
    let engine = Opened::of(&database.project()).await;
    let sql = "SELECT \"Col umn\", \"sel`ect\", ünï FROM s.\"we`ird \"\"na.me\\\" WHERE \"sel`ect\" = 'a' AND \"Col umn\" = 1";
    assert_eq!(engine.rows(sql).await, Ok(vec!["1|a|2".to_owned()]));
    assert_eq!(engine.rows("SELECT id FROM s.mixed").await, Ok(vec!["7".to_owned()]));
    let full = format!("SELECT id FROM s.{}.mixed WHERE id > 1", database.name);
    assert_eq!(engine.rows(&full).await, Ok(vec!["7".to_owned()]));
    let fault = engine.rows("SELECT * FROM s.mixd").await.expect_err("there is none");
    assert!(fault.detail.contains("did you mean `Mixed`?"), "{fault:?}");
}

/// A table that makes a row in a millisecond, and a project that streams it.
async fn slow() -> (Database, Project) {
    let database = clickhouse::database().await;
    database
        .execute(
            "CREATE VIEW {db}.stream_slow AS SELECT number AS n, sleepEachRow(0.001) AS z FROM numbers(1000000)
             SETTINGS max_block_size = 100;",
        )
        .await;
    let header = "/*---\nname: t.slow\nversion: 1\naccess: public\n---*/\nSELECT n, z FROM s.stream_slow";
    let limited = "/*---\nname: t.limited\nversion: 1\naccess: public\npage: {key: [n], consistency: keyset}\nlimits: {timeout: 700ms}\n---*/\nSELECT n, z FROM s.stream_slow";
    let project = database.project().file("queries/t/slow.sql", header).file("queries/t/limited.sql", limited);
    (database, project)
}

async fn until_state(database: &Database, name: &str) -> Value {
    let began = Instant::now();
    loop {
        let log = database.log().await;
        let entry =
            log.iter().rev().find(|entry| entry["settings"]["log_comment"] == format!("aqueduct {name}").as_str());
        if let Some(entry) = entry.filter(|entry| entry["state"] != "running") {
            return entry.clone();
        }
        assert!(began.elapsed() < Duration::from_secs(5), "it runs on: {log:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_statement_bears_its_querys_name_and_ends_with_its_reader() {
    let (database, project) = slow().await;
    let server = Server::start(project.path(), &[]).await;
    let mut answer = server.http().get("/v1/t/slow?format=ndjson").stream().await.expect("it begins");
    let first =
        tokio::time::timeout(Duration::from_secs(5), answer.chunk()).await.expect("rows come while others are made");
    assert!(first.expect("a chunk").is_some());
    drop(answer);
    let entry = until_state(&database, "t.slow v1").await;
    assert_ne!(entry["state"], "finished", "{entry}");
    // The connection serves the next.
    let limited = server.http().get("/v1/t/limited?limit=1000").send().await;
    assert_eq!((limited.status.as_u16(), limited.json()["code"].as_str()), (504, Some("AQ-401")), "{}", limited.text());
    let entry = until_state(&database, "t.limited v1").await;
    assert_ne!(entry["state"], "finished", "{entry}");
    assert_eq!(
        entry["settings"]["max_execution_time"].as_str().map(|text| text.starts_with("0.")),
        Some(true),
        "{entry}"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_never_short() {
    let database = clickhouse::database().await;
    database
        .execute(
            "CREATE VIEW {db}.stream_fails AS SELECT toInt64(number) AS n, throwIf(number = 300000) AS z FROM numbers(1000000)
             SETTINGS max_block_size = 10000;
             CREATE VIEW {db}.stream_many AS SELECT toInt64(number) AS n FROM numbers(5000000);",
        )
        .await;
    let engine = Opened::of(&database.project()).await;
    let fault = engine.rows("SELECT n, z FROM s.stream_fails").await.expect_err("it fails on the way");
    assert_eq!(fault.code, Code::SourceFailed, "{fault:?}");

    let address = clickhouse::url().trim_start_matches("http://").parse().expect("an address");
    let proxy = Proxy::before(address).await;
    let catalog = database.catalog_at(&proxy.url(&clickhouse::url()));
    let engine = Opened::of(&database.project().file("catalogs/s.yaml", &catalog)).await;
    for how in [Break::Close, Break::Reset] {
        proxy.break_after(1 << 20, how);
        let fault = engine.rows("SELECT n FROM s.stream_many").await.expect_err("the connection breaks");
        assert!(matches!(fault.code, Code::SourceDown | Code::SourceFailed), "{how:?}: {fault:?}");
        assert_eq!(engine.rows("SELECT n FROM s.stream_many LIMIT 1").await.map(|rows| rows.len()), Ok(1), "{how:?}");
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told_by_the_log_alone() {
    let database = numbers().await;
    let catalog = database.catalog().replace(PASSWORD, "hunter2");
    let query = "/*---\nname: t.n\nversion: 1\naccess: public\npage: {key: [n]}\n---*/\nSELECT n FROM s.numbers";
    let project = database.project().file("catalogs/s.yaml", &catalog).file("queries/t/n.sql", query);
    let checked = aqueduct(project.path()).arg("check").output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(!checked.status.success(), "{said}");
    assert!(said.contains("source `s` cannot be reached") && said.contains("look at `user` and `password`"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn tables_that_change_are_looked_for_again() {
    let database = clickhouse::database().await;
    database
        .execute("CREATE TABLE {db}.t (a Int32, b Int32) ENGINE = MergeTree ORDER BY a;\nINSERT INTO {db}.t VALUES (1, 2);\n")
        .await;
    let query = "/*---\nname: t.t\nversion: 1\naccess: public\n---*/\nSELECT a, b FROM s.t";
    let catalog = database.catalog().replace("refresh: 1s", "refresh: 1h");
    let project = database.project().file("catalogs/s.yaml", &catalog).file("queries/t/t.sql", query);
    let server = Server::start(project.path(), &[]).await;
    let ask = || async { server.http().get("/v1/t/t?format=ndjson").send().await.status.as_u16() };
    assert_eq!(ask().await, 200);
    database.execute("ALTER TABLE {db}.t DROP COLUMN b;\n").await;
    assert_eq!(ask().await, 502);
    let began = Instant::now();
    while ask().await != 503 {
        assert!(began.elapsed() < Duration::from_secs(10), "the tables were not looked for again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    database.execute("ALTER TABLE {db}.t ADD COLUMN b Int32 DEFAULT 5;\n").await;
}

#[tokio::test]
async fn a_statement_may_read_so_much_and_no_more() {
    let database = numbers().await;
    let catalog = format!("{}max_bytes_scanned: 1KiB\n", database.catalog());
    let engine = Opened::of(&database.project().file("catalogs/s.yaml", &catalog)).await;
    let fault = engine.rows("SELECT n, t FROM s.numbers").await.expect_err("it reads more");
    assert_eq!(fault.code, Code::SourceFailed, "{fault:?}");
    assert!(fault.internal.as_deref().is_some_and(|cause| cause.contains("max_bytes_scanned")), "{fault:?}");
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let database = numbers().await;
    let engine = Opened::of(&database.project()).await;
    assert_eq!(engine.rows("SELECT count(*) AS v FROM s.numbers").await, Ok(vec!["20000".to_owned()]));
    for (times, answered) in [(2, true), (20, false)] {
        database.refuse(times).await;
        let rows = engine.rows("SELECT max(n) AS v FROM s.numbers").await;
        assert_eq!(rows.is_ok(), answered, "{times}: {rows:?}");
        database.refuse(0).await;
    }
}

#[tokio::test]
async fn a_large_result_needs_no_more_memory_than_a_small_one() {
    let database = clickhouse::database().await;
    database
        .execute("CREATE VIEW {db}.stream_huge AS SELECT toInt64(number) AS n, toString(number) AS t FROM numbers(4000000);\n")
        .await;
    let query = "/*---\nname: t.huge\nversion: 1\naccess: public\nlimits: {timeout: 10m}\n---*/\nSELECT n, t FROM s.stream_huge";
    let server = Server::start(database.project().file("queries/t/huge.sql", query).path(), &[]).await;
    let answer = server.http().get("/v1/t/huge?format=csv").stream().await.expect("it begins");
    let bytes = answer.bytes_stream().try_fold(0, |sum, chunk| async move { Ok(sum + chunk.len()) }).await;
    assert!(bytes.is_ok_and(|bytes| bytes > 50 << 20), "four million rows came");
    let peak = server.peak_bytes();
    assert!(peak < 400 << 20, "{} MiB", peak >> 20);
}

#[tokio::test]
async fn a_server_is_read_over_tls_if_its_certificate_is_trusted() {
    let database = clickhouse::database().await;
    database
        .execute("CREATE TABLE {db}.n (i Int32) ENGINE = MergeTree ORDER BY i;\nINSERT INTO {db}.n VALUES (7)")
        .await;
    let url = url::Url::parse(&clickhouse::url()).expect("it is one");
    let proxy = TlsProxy::before(url.port().expect("it has a port"), "http/1.1");
    let query = "/*---\nname: t.n\nversion: 1\naccess: public\n---*/\nSELECT i FROM s.n";
    let project = database.project().file("queries/t/n.sql", query);
    // Authorities are those of the system, as the process sees it.
    let run = |host: &str, authority: &str| {
        let catalog = database.catalog_at(&format!("https://{host}:{}", proxy.port));
        std::fs::write(project.join("catalogs/s.yaml"), catalog).expect("it was written before");
        let mut command = aqueduct(project.path());
        command.args(["query", "t.n", "--format", "csv"]).env("SSL_CERT_FILE", proxy.authority(authority));
        let run = command.env_remove("SSL_CERT_DIR").output().expect("it runs");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        if run.status.success() { Ok(String::from_utf8_lossy(&run.stdout).into_owned()) } else { Err(said) }
    };
    assert_eq!(run("localhost", "ca"), Ok("i\r\n7\r\n".to_owned()));
    for (host, authority) in [("localhost", "other"), ("127.0.0.1", "ca")] {
        let said = run(host, authority).expect_err("it is not trusted");
        assert!(said.contains("source `s` cannot be reached") && !said.contains(PASSWORD), "{said}");
    }
}
