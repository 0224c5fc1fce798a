//! A server from its start to its end: the drain, the log, sources that come and go.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use arrow::array::RecordBatch;
use futures::StreamExt;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{
    http::Http,
    postgres::{self, Database},
    process,
    project::Project,
    server::{Server, aqueduct},
    tools::output,
};

const PASSWORD: &str = "hunter2-of-the-database";
const KEY: &str = "aq_hunter2-of-the-consumer";

/// A server over one Postgres database. Five rows of `slow` come, one every half second, each larger than the buffer in
/// which Postgres would hold it back.
async fn project(database: &Database) -> Project {
    database
        .execute(
            "CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL);
             INSERT INTO item SELECT g, 'item ' || g FROM generate_series(1, 20) g;
             CREATE VIEW slow AS SELECT id, repeat(name, 5000) || pg_sleep(0.5)::text AS name FROM item WHERE id <= 5;
             CREATE VIEW failing AS SELECT id, (1 / (id - 7))::bigint AS share FROM item",
        )
        .await;
    let query = |name: &str, columns: &str| {
        format!(
            "/*---\nname: it.{name}\nversion: 1\ndescription: Rows of {name}.\nparams:\n  least: {{type: int64, \
             default: 0}}\naccess: public\n---*/\nSELECT {columns} FROM pg.{name} WHERE id >= :least\n"
        )
    };
    Project::new()
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/pg.yaml", "kind: postgres\nurl: ${PG_URL}\n")
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\ndiscover: true\n")
        .file("lake/note.csv", "id,body\n1,one\n")
        .file("queries/it/item.sql", &query("item", "id, name"))
        .file("queries/it/slow.sql", &query("slow", "id, name"))
        .file("queries/it/failing.sql", &query("failing", "id, share"))
        .file("queries/it/note.sql", &query("note", "id, body").replace("pg.", "lake."))
}

fn url(database: &Database) -> String {
    database.url.replace("postgres@", &format!("postgres:{PASSWORD}@"))
}

async fn start(database: &Database) -> (Project, Server) {
    let project = project(database).await;
    let server = Server::start(project.path(), &[("PG_URL", &url(database))]).await;
    (project, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_finishes_what_it_began() {
    let database = postgres::database().await;
    let (_project, server) = start(&database).await;
    let mut flight = server.flight().await;
    let streaming = server.http().get("/v1/it/slow?format=ndjson").stream().await.expect("the stream begins");
    let fetching = tokio::spawn(async move { flight.command("it.slow", 1, &json!({})).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.signal("TERM");

    wait_until("/readyz says that it stops", async || readyz(&server).await == Some(503)).await;
    let (doors, http) = ([server.http, server.flight], server.http());
    wait_until("new connections are refused", async || doors.iter().all(|door| TcpStream::connect(door).is_err()))
        .await;
    assert!(http.get("/v1/it/item").try_send().await.is_err(), "a new request is taken");
    let livez = reqwest::get(format!("http://{}/livez", server.admin)).await;
    assert_eq!(livez.expect("the process lives").status(), 200);

    let body = streaming.bytes().await.expect("the stream ends well");
    assert_eq!(String::from_utf8_lossy(&body).lines().count(), 5);
    let fetched = fetching.await.expect("the task ends").expect("the stream ends well");
    assert_eq!(fetched.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 5);
    assert_eq!(server.wait().code(), Some(0));
}

/// The hard end that follows a grace of 30 s is not waited for; the second signal is the same end at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once() {
    let database = postgres::database().await;
    let (_project, server) = start(&database).await;
    let streaming = server.http().get("/v1/it/slow?format=ndjson").stream().await.expect("the stream begins");
    server.signal("INT");
    wait_until("/readyz says that it stops", async || readyz(&server).await == Some(503)).await;
    let began = Instant::now();
    let status = server.terminate();
    assert_eq!(status.code(), Some(1), "{status}");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(streaming.bytes().await.is_err(), "a part of the rows is not a whole answer");
    wait_until("its statement ends too", async || database.running().await == 0).await;
}

async fn readyz(server: &Server) -> Option<u16> {
    reqwest::get(format!("http://{}/readyz", server.admin)).await.ok().map(|answer| answer.status().as_u16())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_nothing_ends_at_once() {
    let database = postgres::database().await;
    let (_project, server) = start(&database).await;
    // Connections that are kept alive hold nothing up.
    let http = server.http();
    http.get("/v1/it/item").send().await.rows();
    let mut flight = server.flight().await;
    flight.command("it.item", 1, &json!({})).await.expect("Flight answers");
    let began = Instant::now();
    assert_eq!(server.terminate().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    wait_until("its connections are closed", async || database.connections().await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_comes_back_is_picked_up() {
    let database = postgres::database().await;
    let project = project(&database).await;
    let port = process::free_port();
    let behind: SocketAddr = address(&database.url);
    let through = url(&database).replace(&behind.to_string(), &format!("127.0.0.1:{port}"));
    let server = Server::start(project.path(), &[("PG_URL", &through)]).await;
    let http = server.http();
    assert_eq!(http.get("/v1/it/item").send().await.status, 503, "nobody listens on that port");
    assert_eq!(http.get("/v1/it/note").send().await.rows().len(), 1, "other sources go on");
    assert!(server.logs("its queries answer 503 until it is back").await, "{}", server.log());

    forward(port, behind);
    let began = Instant::now();
    wait_until("its queries are answered", async || http.get("/v1/it/item").send().await.status == StatusCode::OK)
        .await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let mut flight = server.flight().await;
    let fetched = flight.command("it.item", 1, &json!({})).await.expect("Flight answers too");
    assert_eq!(fetched.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 20);
}

/// Whoever reads the log may go: requests are answered all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_log_is_read_by_nobody_answers() {
    let project = Project::new()
        .file("aqueduct.yaml", "auth: {anonymous: true}\nserver: {flight: \"127.0.0.1:0\", admin: \"127.0.0.1:0\"}\n")
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\ndiscover: true\n")
        .file("lake/note.csv", "id,body\n1,one\n")
        .file(
            "queries/it/note.sql",
            "/*---\nname: it.note\nversion: 1\naccess: public\n---*/\nSELECT id FROM lake.note",
        );
    let port = process::free_port();
    let mut command = aqueduct(project.path());
    command.arg("serve").env("AQUEDUCT_SERVER__HTTP", format!("127.0.0.1:{port}"));
    let mut child = process::spawn("KILL", &command);
    drop(child.stderr.take());
    process::wait_for_port(port, &mut child, "the server");
    let http = Http::new(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    for _ in 0..2 {
        assert_eq!(http.get("/v1/it/note").send().await.rows().len(), 1);
    }
    child.kill().and_then(|()| child.wait()).expect("it is ours");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_says_what_broke() {
    let query = "/*---\nname: it.note\nversion: 1\naccess: public\n---*/\nSELECT id FROM lake.note";
    let project = Project::new()
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\ndiscover: true\nrefresh: 1s\n")
        .file("lake/note/one.ndjson", "{\"id\": 1}\n")
        .file("queries/it/note.sql", query);
    let server = Server::start(project.path(), &[]).await;
    std::fs::write(project.join("lake/note/two.ndjson"), "{\"id\": {\"x\": 1}}\n").expect("it can be written");
    wait_until("the log names both files", async || {
        let log = server.log();
        log.lines().any(|line| line.contains("one.ndjson") && line.contains("two.ndjson"))
    })
    .await;
}

/// Neither silence nor half a greeting keeps a connection.
#[test]
fn a_client_that_asks_nothing_is_let_go() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let project = Project::new()
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\ndiscover: true\n")
        .file("lake/note.csv", "id,body\n1,one\n");
    let server = runtime.block_on(Server::start(project.path(), &[]));
    let clients = ["", "P", "PRI * HTTP/2.0\r\n", "GET /docs HTTP/1.1\r\n"].map(|greeting| {
        let mut client = TcpStream::connect(server.http).expect("it listens");
        client.set_read_timeout(Some(Duration::from_secs(20))).expect("it can be set");
        client.write_all(greeting.as_bytes()).expect("it reads");
        client
    });
    for mut client in clients {
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).expect("it closes");
    }
}

/// The address in a Postgres URL.
fn address(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once('@').expect("the URL has a user");
    rest.split('/').next().and_then(|text| text.parse().ok()).expect("the URL has an address")
}

/// Listens on the port, and hands every connection through.
fn forward(port: u16, to: SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(to).expect("Postgres listens");
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                thread::spawn(move || pump(from, to));
            }
        }
    });
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // The other side learns of the end; it may have gone already.
    to.shutdown(std::net::Shutdown::Write).ok();
}

async fn wait_until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done().await {
        assert!(Instant::now() < deadline, "not after 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_one_line_of_the_log() {
    let database = postgres::database().await;
    let (_project, server) = start(&database).await;
    let http = server.http();
    let get = |path: &str, id: &str| http.get(path).header("x-request-id", id);
    assert_eq!(get("/v1/it/item?limit=7", "page").send().await.rows().len(), 7);
    assert_eq!(get("/v1/it/item?format=csv", "stream").send().await.status, 200);
    assert_eq!(get("/v1/it/failing", "failing").send().await.status, 500);
    assert_eq!(get("/v1/it/item?least=x", "refused").send().await.status, 400);
    assert_eq!(get("/nowhere", "nowhere").send().await.status, 404);
    assert_eq!(get("/v1/it/item", "stranger").bearer(KEY).send().await.status, 401);
    let dropped = get("/v1/it/slow?format=ndjson", "dropped").stream().await.expect("the stream begins");
    let mut body = dropped.bytes_stream();
    body.next().await.expect("a first row").expect("a first row");
    drop(body);
    let mut flight = server.flight().await.header("x-request-id", "flight");
    flight.command("it.item", 1, &json!({})).await.expect("Flight answers");

    // `GetFlightInfo` and `DoGet` are two requests.
    let expected = [
        ("page", 1, json!({"door": "http", "status": 200, "rows": 7, "outcome": "ok", "query": "it.item"})),
        ("stream", 1, json!({"status": 200, "rows": 20, "outcome": "ok", "format": "csv"})),
        ("failing", 1, json!({"status": 500, "rows": 0, "outcome": "failed", "code": "AQ-603"})),
        ("refused", 1, json!({"status": 400, "outcome": "failed", "code": "AQ-101", "consumer": "anonymous"})),
        ("nowhere", 1, json!({"status": 404, "outcome": "failed", "code": "AQ-112"})),
        ("stranger", 1, json!({"status": 401, "outcome": "failed", "code": "AQ-302"})),
        ("dropped", 1, json!({"status": 200, "outcome": "abandoned"})),
        ("flight", 2, json!({"door": "flight", "outcome": "ok", "query": "it.item"})),
    ];
    for (id, count, fields) in expected {
        wait_until(id, async || lines_of(&server.log(), id).len() >= count).await;
        let lines = lines_of(&server.log(), id);
        assert_eq!(lines.len(), count, "{id}: {lines:?}");
        for line in &lines {
            assert!(line["elapsed_ms"].as_f64().is_some_and(|elapsed| elapsed > 0.0), "{line}");
            assert!(line["timestamp"].is_string() && line["bytes"].is_u64(), "{line}");
            for (name, value) in fields.as_object().expect("an object") {
                assert_eq!(&line[name], value, "{name} of {line}");
            }
        }
    }
    let failing = lines_of(&server.log(), "failing").remove(0);
    let cause = failing["cause"].as_str().expect("the log has the cause");
    assert!(cause.contains("division by zero"), "what the source said: {cause}");
    let dropped = lines_of(&server.log(), "dropped").remove(0);
    assert!(dropped["rows"].as_u64().is_some_and(|rows| (1..5).contains(&rows)), "{dropped}");
}

/// The request lines of the log with this id. All lines must be JSON.
fn lines_of(log: &str, id: &str) -> Vec<Value> {
    let lines =
        log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}")));
    lines.filter(|line| line["target"] == "request" && line["request_id"] == id).collect()
}

/// With the log as loud as it can be, over a source that works and one that is down.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_written_anywhere() {
    let database = postgres::database().await;
    let hash = output(Command::new("sh").args(["-c", &format!("printf %s {KEY} | sha256sum | cut -d' ' -f1")]));
    let keys = format!("[{{id: shop, hash: \"sha256:{}\"}}]", hash.trim());
    let project = project(&database)
        .await
        .file(
            "aqueduct.yaml",
            &format!("auth: {{keys: {keys}, cursor_keys: [{{id: k, secret: \"${{CURSOR_KEY}}\"}}]}}\n"),
        )
        .file("catalogs/gone.yaml", "kind: postgres\nurl: ${GONE_URL}\n")
        .file(
            "catalogs/far.yaml",
            "kind: files\nlocation: s3://bucket/x/\noptions: {region: us-east-1, endpoint: \"http://127.0.0.1:1\", \
             access_key_id: id, secret_access_key: \"${SECRET_KEY}\"}\n",
        );
    let gone = format!("postgres://shop:{PASSWORD}@127.0.0.1:1/shop");
    let environment = [
        ("PG_URL", url(&database)),
        ("GONE_URL", gone),
        ("CURSOR_KEY", "hunter2-of-the-cursors".to_owned()),
        ("SECRET_KEY", "hunter2-of-the-bucket".to_owned()),
        ("RUST_LOG", "trace".to_owned()),
    ];
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Server::start(project.path(), &environment).await;
    let http = server.http();
    for path in ["/v1/it/item?limit=2", "/v1/it/failing", "/openapi.json"] {
        for request in [http.get(path).bearer(KEY), http.get(path).bearer("aq_hunter2-wrong"), http.get(path)] {
            let answer = request.send().await;
            assert!(!answer.text().contains("hunter2"), "{}", answer.text());
        }
    }
    let mut flight = server.flight().await.bearer(KEY);
    flight.command("it.item", 1, &json!({})).await.expect("Flight answers");
    let log = server.log();
    assert!(log.lines().count() > 10, "{log}");
    let told = log.lines().find(|line| line.contains("hunter2"));
    assert!(told.is_none(), "a secret is in the log: {}", told.unwrap_or_default());
}
