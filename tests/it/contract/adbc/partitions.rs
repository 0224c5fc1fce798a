//! Answers that a driver divides are read over several connections at once. Flight SQL's divides what has endpoints.

use std::{path::Path, time::Duration};

use aqueduct::model::Code;
use futures::{StreamExt, TryStreamExt};

use super::open;
use crate::{
    contract::engine::{Engine, fault},
    harness::{
        endpoints::{PARTS, ROWS, Server},
        fakesnow::driver,
        process,
    },
};

const TABLES: [&str; 6] = ["numbers", "meeting", "breaking", "endless", "asleep", "nothing"];

/// What waits for another that does not come would wait forever.
async fn soon<T>(awaited: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), awaited).await.expect("it comes to an end")
}

/// An engine that uses at most two connections for a statement.
async fn engine(server: &Server, directory: &Path, max_connections: u32) -> Engine {
    let tables: Vec<_> = TABLES.iter().map(|table| format!("{table}: {{}}")).collect();
    let catalog = format!(
        "kind: adbc\ndriver: \"{}\"\noptions: {{uri: \"grpc://127.0.0.1:{}\"}}\nschemas: [public]\n\
         pool: {{max_connections: {max_connections}}}\ntables: {{{}}}\n",
        driver("flightsql").display(),
        server.port,
        tables.join(", ")
    );
    let engine = Engine::naming(&open(directory, &catalog, true), &TABLES).await;
    // What was asked to describe the tables.
    for table in TABLES {
        server.statements(table);
    }
    engine
}

const SUMS: &str = "count(*) AS rows, count(DISTINCT n) AS others, min(n) AS low, max(n) AS high";

/// Those of so many parts.
fn sums(parts: i64) -> Vec<String> {
    let rows = parts * ROWS;
    vec![format!("{rows}|{rows}|0|{}", rows - 1)]
}

#[tokio::test]
async fn several_connections_read_at_once() {
    let (server, directory) = (Server::start(true), process::directory("adbc-"));
    let engine = engine(&server, directory.path(), 4).await;
    for _ in 0..3 {
        let rows = soon(engine.rows(&format!("SELECT {SUMS} FROM meeting WHERE n >= 0"))).await;
        assert_eq!(rows, Ok(sums(PARTS)));
        assert_eq!(server.readers(), 2);
        let statements = server.statements("meeting");
        assert!(matches!(statements.as_slice(), [sql] if sql.contains(">= 0")), "{statements:?}");
    }
    server.reads(0).await;
}

#[tokio::test]
async fn without_a_second_connection_one_reads_all() {
    let (server, directory) = (Server::start(true), process::directory("adbc-"));
    let engine = engine(&server, directory.path(), 1).await;
    assert_eq!(soon(engine.rows(&format!("SELECT {SUMS} FROM numbers"))).await, Ok(sums(PARTS)));
    assert_eq!((server.readers(), server.statements("numbers").len()), (1, 1));
    // Two statements of one query, each with the connection that the other may want.
    let double = engine.rows("SELECT count(*) AS n FROM numbers a JOIN numbers b ON a.n = b.n").await;
    assert_eq!(double, Ok(vec![(PARTS * ROWS).to_string()]));
}

#[tokio::test]
async fn order_and_limits_are_kept() {
    let (server, directory) = (Server::start(true), process::directory("adbc-"));
    let engine = engine(&server, directory.path(), 4).await;
    let rows = soon(engine.rows_in_order("SELECT n FROM numbers ORDER BY n DESC")).await.expect("rows");
    assert!(rows.iter().eq((0..PARTS * ROWS).rev().map(|n| n.to_string()).collect::<Vec<_>>().iter()));
    assert_eq!(server.statements("numbers").len(), 1);
    server.readers();
    // The server knows of no limit.
    soon(engine.rows("SELECT n FROM numbers LIMIT 3")).await.expect("rows");
    assert_eq!((server.readers(), server.statements("LIMIT 3").len()), (1, 1), "what is cut is not divided");
}

#[tokio::test]
async fn a_part_that_breaks_is_an_error() {
    let (server, directory) = (Server::start(true), process::directory("adbc-"));
    let engine = engine(&server, directory.path(), 4).await;
    for _ in 0..5 {
        let stream = engine.stream("SELECT n FROM breaking").await;
        let read = stream.try_fold(0, |rows, batch| async move { Ok(rows + batch.num_rows()) });
        let fault = fault(&soon(read).await.expect_err("rows are missing"));
        assert!(matches!(fault.code, Code::SourceDown | Code::SourceFailed), "{fault:?}");
        assert!(!fault.detail.contains("a disk is gone"), "{fault:?}");
        soon(server.reads(0)).await;
        assert_eq!(server.statements("breaking").len(), 1, "nothing is begun again");
        assert_eq!(soon(engine.rows(&format!("SELECT {SUMS} FROM numbers"))).await, Ok(sums(PARTS)));
    }
}

#[tokio::test]
async fn who_leaves_ends_all_of_them() {
    let (server, directory) = (Server::start(true), process::directory("adbc-"));
    let engine = engine(&server, directory.path(), 2).await;
    for table in ["endless", "asleep", "endless", "asleep"] {
        let mut stream = engine.stream(&format!("SELECT n FROM {table}")).await;
        let first = tokio::time::timeout(Duration::from_secs(1), stream.next()).await;
        assert_eq!(first.is_ok(), table == "endless");
        soon(server.reads(2)).await;
        assert_eq!(server.readers(), 2, "{table}");
        drop(stream);
        let left = tokio::time::timeout(Duration::from_secs(1), server.reads(0)).await;
        assert!(left.is_ok(), "{table} is read on");
        assert_eq!(
            soon(engine.rows(&format!("SELECT {SUMS} FROM numbers"))).await,
            Ok(sums(PARTS)),
            "its slots are free"
        );
        server.readers();
    }
}

#[tokio::test]
async fn no_part_is_an_empty_answer() {
    let (server, directory) = (Server::start(true), process::directory("adbc-"));
    let engine = engine(&server, directory.path(), 4).await;
    let stream = engine.stream("SELECT n FROM nothing").await;
    assert_eq!(stream.schema().field(0).name(), "n");
    let batches: Vec<_> = soon(stream.try_collect()).await.expect("it is an answer");
    assert!(batches.iter().all(|batch| batch.num_rows() == 0), "{batches:?}");
    assert_eq!(server.statements("nothing").len(), 1);
}

#[tokio::test]
async fn a_server_that_says_no_schemas_is_read_by_one() {
    let (server, directory) = (Server::start(false), process::directory("adbc-"));
    let engine = engine(&server, directory.path(), 4).await;
    assert_eq!(soon(engine.rows(&format!("SELECT {SUMS} FROM numbers"))).await, Ok(sums(1)));
    assert_eq!((server.readers(), server.statements("numbers").len()), (1, 1));
}
