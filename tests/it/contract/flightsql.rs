//! The contract, over real servers of Flight SQL: ROAPI, and Sail, whose names stand in backticks.

use std::{fs, path::Path, sync::Arc, time::Duration};

use aqueduct::model::Code;
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int8Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use datafusion::parquet::arrow::ArrowWriter;
use futures::StreamExt;

use super::opened::{Opened, check_numbers};
use crate::harness::{
    flightsql::{Kind, Server},
    process,
    project::Project,
    server::{self, aqueduct},
    tls::TlsProxy,
};

const KINDS: [Kind; 2] = [Kind::Roapi, Kind::Sail];

fn write(folder: &Path, table: &str, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let file = fs::File::create(folder.join(format!("{table}.parquet"))).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a schema Parquet has");
    writer.write(&batch).expect("rows");
    writer.close().expect("a footer");
}

fn numbers(folder: &Path, count: i32) {
    let texts = StringArray::from_iter_values((0..count).map(|_| "a"));
    write(folder, "numbers", vec![("n", Arc::new(Int32Array::from_iter_values(1..=count))), ("t", Arc::new(texts))]);
}

fn project(server: &Server) -> Project {
    Project::new().file("catalogs/s.yaml", &server.catalog()).file("aqueduct.yaml", "auth: {anonymous: true}\n")
}

#[tokio::test]
async fn rows_are_the_same_with_pushdown_and_without() {
    for kind in KINDS {
        let folder = process::directory("flight-");
        numbers(folder.path(), 20_000);
        let server = Server::over(kind, folder.path()).await;
        for pushdown in ["on", "off"] {
            let engine = Opened::with_pushdown(&project(&server), pushdown).await;
            check_numbers(&engine).await;
            for predicate in [
                "n IN (1, 2, 30000)",
                "n NOT IN (1, 2)",
                "n IS NULL",
                "NOT (n > 5 OR n = 3)",
                "n > -9223372036854775808",
            ] {
                let sql =
                    format!("SELECT count(*) AS v, min(n) AS low, max(n) AS high FROM s.numbers WHERE {predicate}");
                let other = Opened::with_pushdown(&project(&server), "off").await;
                assert_eq!(engine.rows(&sql).await, other.rows(&sql).await, "{kind:?} {sql}");
            }
        }
        let sent =
            Opened::of(&project(&server)).await.statements("SELECT t FROM s.numbers WHERE n = 7 AND t = 'a'").await;
        assert!(sent.iter().any(|sql| sql.contains("= 7")), "{kind:?}: the filter is sent: {sent:?}");
        assert!(!sent.iter().any(|sql| sql.contains("'a'")), "{kind:?}: collations are not known: {sent:?}");
    }
}

#[tokio::test]
async fn values_come_exactly() {
    let decimals = Decimal128Array::from(vec![Some(-12_345), None]).with_precision_and_scale(38, 3).expect("a decimal");
    let instants = TimestampMicrosecondArray::from(vec![Some(-1), None]).with_timezone("UTC");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("i8", Arc::new(Int8Array::from(vec![Some(-128), None]))),
        ("i64", Arc::new(Int64Array::from(vec![Some(i64::MIN), None]))),
        ("f", Arc::new(Float64Array::from(vec![Some(f64::NEG_INFINITY), None]))),
        ("d", Arc::new(decimals)),
        ("b", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("s", Arc::new(StringArray::from(vec![Some("it's \"\\ é日本 𝄞"), None]))),
        ("day", Arc::new(Date32Array::from(vec![Some(-719_162), None]))),
        ("at", Arc::new(instants)),
        ("select", Arc::new(Int32Array::from(vec![Some(1), None]))),
        ("Col umn", Arc::new(Int32Array::from(vec![Some(2), None]))),
    ];
    let expected =
        "-128|-9223372036854775808|-inf|-12.345|true|it's \"\\ é日本 𝄞|0001-01-01|1969-12-31T23:59:59.999999Z|1|2";
    for kind in KINDS {
        let folder = process::directory("flight-");
        write(folder.path(), "kinds", columns.clone());
        let server = Server::over(kind, folder.path()).await;
        let engine = Opened::of(&project(&server)).await;
        let sql = "SELECT i8, i64, f, d, b, s, day, at, \"select\", \"Col umn\" FROM s.kinds";
        let nulls = ["NULL"; 10].join("|");
        let mut rows = engine.rows(sql).await.unwrap_or_else(|fault| panic!("{kind:?}: {fault:?}"));
        rows.sort();
        assert_eq!(rows, [expected.to_owned(), nulls], "{kind:?}");
        let fault = engine.rows("SELECT * FROM s.kindz").await.expect_err("there is none");
        assert!(fault.detail.contains("did you mean `kinds`?"), "{fault:?}");
    }
}

#[tokio::test]
async fn a_server_that_dies_gives_no_short_answer() {
    let folder = process::directory("flight-");
    numbers(folder.path(), 8_000_000);
    let mut server = Server::over(Kind::Roapi, folder.path()).await;
    let query = "/*---\nname: t.n\nversion: 1\naccess: public\npage: {key: [n]}\n---*/\nSELECT n, t FROM s.numbers";
    let project = project(&server).file("queries/t/n.sql", query);
    let ours = server::Server::start(project.path(), &[]).await;
    let mut answer = ours.http().get("/v1/t/n?format=csv").stream().await.expect("it begins").bytes_stream();
    assert!(answer.next().await.is_some_and(|chunk| chunk.is_ok()), "rows come");
    server.kill();
    let mut failed = false;
    while let Some(chunk) = answer.next().await {
        failed |= chunk.is_err();
    }
    assert!(failed, "an answer that is cut short is no answer");
    let status = ours.http().get("/v1/t/n?limit=1").send().await.status.as_u16();
    assert_eq!(status, 503, "it is down");
}

#[tokio::test]
async fn who_leaves_frees_the_connection_and_memory_stays_small() {
    let folder = process::directory("flight-");
    numbers(folder.path(), 4_000_000);
    let server = Server::over(Kind::Roapi, folder.path()).await;
    let query = "/*---\nname: t.n\nversion: 1\naccess: public\npage: {key: [n]}\n---*/\nSELECT n, t FROM s.numbers";
    let catalog = format!("{}pool: {{max_connections: 1}}\n", server.catalog());
    let project = project(&server).file("catalogs/s.yaml", &catalog).file("queries/t/n.sql", query);
    let ours = server::Server::start(project.path(), &[]).await;
    for _ in 0..20 {
        let mut answer = ours.http().get("/v1/t/n?format=csv").stream().await.expect("it begins");
        assert!(answer.chunk().await.expect("no failure").is_some());
    }
    let next = tokio::time::timeout(Duration::from_secs(5), ours.http().get("/v1/t/n?limit=1").send()).await;
    assert_eq!(next.expect("the connection is free").status.as_u16(), 200);
    let whole = ours.http().get("/v1/t/n?format=csv").stream().await.expect("it begins").bytes_stream();
    let bytes = whole.fold(0, |sum, chunk| async move { sum + chunk.expect("it goes on").len() }).await;
    assert!(bytes > 30 << 20, "{bytes} bytes");
    assert!(ours.peak_bytes() < 400 << 20, "{} MiB", ours.peak_bytes() >> 20);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_by_the_log() {
    let catalog = "kind: flightsql\nurl: grpc://127.0.0.1:1\ntoken: \"hunter2\"\n";
    let query = "/*---\nname: t.n\nversion: 1\naccess: public\n---*/\nSELECT n FROM s.numbers LIMIT 1";
    let project = Project::new().file("catalogs/s.yaml", catalog).file("queries/t/n.sql", query);
    let project = project.file("aqueduct.yaml", "auth: {anonymous: true}\n");
    let checked = aqueduct(project.path()).arg("check").output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(!checked.status.success() && said.contains("source `s` cannot be reached"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let fault = Opened::of(&project).await.rows("SELECT n FROM s.numbers").await.expect_err("it is down");
    assert_eq!(fault.code, Code::SourceDown);
}

#[tokio::test]
async fn a_server_is_read_over_tls_if_its_certificate_is_trusted() {
    let folder = process::directory("flight-");
    numbers(folder.path(), 10);
    let server = Server::over(Kind::Roapi, folder.path()).await;
    let proxy = TlsProxy::before(server.port, "h2");
    let rows = async |host: &str, ca: &str| {
        let catalog = format!("kind: flightsql\nurl: grpc+tls://{host}:{}\n{ca}", proxy.port);
        let project =
            Project::new().file("catalogs/s.yaml", &catalog).file("aqueduct.yaml", "auth: {anonymous: true}\n");
        let rows = Opened::of(&project).await.rows("SELECT max(n) AS n FROM s.numbers").await;
        rows.map_err(|fault| fault.code)
    };
    let ca = |name: &str| format!("ca: \"{}\"\n", proxy.authority(name).display());
    assert_eq!(rows("localhost", &ca("ca")).await, Ok(vec!["10".to_owned()]));
    assert_eq!(rows("localhost", &ca("other")).await, Err(Code::SourceDown), "another authority");
    assert_eq!(rows("localhost", "").await, Err(Code::SourceDown), "an authority that nobody knows");
    assert_eq!(rows("127.0.0.1", &ca("ca")).await, Err(Code::SourceDown), "a certificate of another name");
}
