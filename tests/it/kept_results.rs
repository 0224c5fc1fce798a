//! Results that are run once, as their readers see them over HTTP: by several servers, while the run goes on, beyond the
//! limits, and when nobody asks any more.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{
    http::{Answer, Http, all_pages},
    postgres::{self, Database},
    project::Project,
    server::Server,
};

const TABLES: &str = "
    CREATE TABLE numbers (n bigint); INSERT INTO numbers SELECT generate_series(1, 20000);
    CREATE VIEW slow AS SELECT n, pg_sleep(CASE WHEN n % 2000 = 0 THEN 0.3 ELSE 0 END)::text AS z FROM numbers;
    CREATE VIEW endless AS SELECT n, pg_sleep(0.01)::text AS z FROM generate_series(1, 100000000) AS n;
    CREATE VIEW broken AS SELECT n, 1 / (15000 - n) AS z FROM numbers;
    CREATE VIEW wide AS SELECT n, md5(n::text) || md5((n + 1)::text) || md5((n * 3)::text) AS z FROM generate_series(1, 200000) AS n;";

async fn project(settings: &str) -> (Database, Project) {
    let database = postgres::database().await;
    database.execute(TABLES).await;
    let keys = "auth: {anonymous: true, cursor_keys: [{id: k, secret: \"a secret for both of the servers\"}]}";
    let mut project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", &format!("{keys}\n{settings}"))
        .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\npool: {max_connections: 4}\n");
    for name in ["numbers", "slow", "endless", "broken", "wide"] {
        let text = format!(
            "/*---\nname: t.{name}\nversion: 1\naccess: public\npage: {{max: 5000}}\nlimits: {{full_scan: allow}}\n---*/\nSELECT * FROM pg.{name}\n"
        );
        project = project.file(&format!("queries/t/{name}.sql"), &text);
    }
    (database, project)
}

fn numbers(pages: &[Answer]) -> Vec<i64> {
    pages.iter().flat_map(Answer::rows).map(|row| row["n"].as_i64().expect("a number")).collect()
}

async fn next(http: &Http, path: &str, page: &Answer) -> Answer {
    http.get(&format!("{path}&cursor={}", page.cursor().expect("there is more"))).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_with_one_spool_serve_each_others_cursors_while_the_run_goes_on() {
    let (_database, project) = project("").await;
    let (one, two) = (Server::start(project.path(), &[]).await, Server::start(project.path(), &[]).await);
    let (first, second) = (one.http(), two.http());
    let path = "/v1/t/slow?limit=3000";
    let began = Instant::now();
    let mut pages = vec![first.get(path).send().await];
    assert!(began.elapsed() < Duration::from_millis(2500), "the first page waits for the run: {:?}", began.elapsed());
    // Each page from the other server.
    while pages[pages.len() - 1].cursor().is_some() {
        let http = if pages.len() % 2 == 1 { &second } else { &first };
        let page = next(http, path, &pages[pages.len() - 1]).await;
        assert_eq!(page.status, 200, "{}", page.text());
        pages.push(page);
    }
    assert_eq!(numbers(&pages), (1..=20000).collect::<Vec<i64>>());
    let last = next(&second, "/v1/t/slow?limit=5&count=exact", &pages[2]).await;
    assert_eq!(last.json()["pagination"]["total"], 20000, "{}", last.text());

    // Its server is gone, and the result complete: the other has all of it.
    drop(one);
    let again = next(&second, path, &pages[0]).await;
    assert_eq!(again.rows(), pages[1].rows());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_server_died_ends_and_says_so() {
    let (_database, project) = project("").await;
    let (one, two) = (Server::start(project.path(), &[]).await, Server::start(project.path(), &[]).await);
    let page = one.http().get("/v1/t/endless?limit=20").send().await;
    assert_eq!(page.status, 200, "{}", page.text());
    one.signal("KILL");
    let cursor = page.cursor().expect("there is more");
    let dead = two.http().get(&format!("/v1/t/endless?limit=20&skip=1000000&cursor={cursor}")).send().await;
    assert_eq!(dead.status, 410, "{}", dead.text());
    assert_eq!(dead.json()["restart"], "/v1/t/endless?limit=20&skip=1000000", "{}", dead.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_asks_for_is_cancelled_in_the_source() {
    let (database, project) = project("").await;
    let server = Server::start(project.path(), &[]).await;
    let began = Instant::now();
    let page = server.http().get("/v1/t/endless?limit=20").send().await;
    assert_eq!((page.status.as_u16(), page.rows().len()), (200, 20), "{}", page.text());
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(database.running().await, 1, "the run goes on without its first reader");
    let second = next(&server.http(), "/v1/t/endless?limit=20", &page).await;
    assert_eq!(second.rows().len(), 20, "{}", second.text());
    while database.running().await > 0 {
        assert!(began.elapsed() < Duration::from_secs(150), "it still runs");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(began.elapsed() > Duration::from_secs(70), "it was asked for after 20 s");
    let cursor = page.cursor().expect("there is more");
    let gone = server.http().get(&format!("/v1/t/endless?limit=20&skip=1000000&cursor={cursor}")).send().await;
    assert_eq!(gone.status, 410, "{}", gone.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_fails_is_told_behind_the_rows_that_are_there() {
    let (_database, project) = project("spool: {result: 1MiB, total: 1GiB}\n").await;
    let server = Server::start(project.path(), &[]).await;
    for (name, rows, status) in [("wide", 5000, 413), ("broken", 8000, 500)] {
        let path = format!("/v1/t/{name}?limit=1000");
        let mut page = server.http().get(&path).send().await;
        let mut seen = 0;
        let failed = loop {
            if page.status != 200 {
                break page;
            }
            assert_eq!(page.json()["pagination"]["has_more"], true, "{name} after {seen} rows looks whole");
            seen += page.rows().len();
            page = next(&server.http(), &path, &page).await;
        };
        assert!(seen >= rows, "{name}: only {seen} rows");
        assert_eq!(failed.status.as_u16(), status, "{name}: {}", failed.text());
        assert_eq!(failed.json()["code"], if name == "wide" { "AQ-406" } else { "AQ-603" }, "{}", failed.text());
        // A stream has no such limit.
        if name == "wide" {
            let stream = server.http().get("/v1/t/wide?format=ndjson").send().await;
            assert_eq!(stream.ndjson().len(), 200_000);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_expires_and_is_removed() {
    let (_database, project) = project("spool: {location: kept, lifetime: 2s}\n").await;
    let server = Server::start(project.path(), &[]).await;
    let page = server.http().get("/v1/t/numbers?limit=100").send().await;
    assert_eq!(numbers(&all_pages("/v1/t/numbers?limit=5000", |path| server.http().get(path)).await).len(), 20000);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let gone = next(&server.http(), "/v1/t/numbers?limit=100", &page).await;
    assert_eq!((gone.status.as_u16(), &gone.json()["code"]), (410, &json!("AQ-106")), "{}", gone.text());
    drop(server);
    // What a server has left is swept by the next.
    let _server = Server::start(project.path(), &[]).await;
    let kept = || std::fs::read_dir(project.join("kept")).map_or(0, Iterator::count);
    let began = Instant::now();
    while kept() > 0 {
        assert!(began.elapsed() < Duration::from_secs(30), "{} results are left", kept());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What a page promises is what its owner asked for.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_fit_one_page_are_not_kept() {
    let (_database, project) = project("").await;
    let server = Server::start(project.path(), &[]).await;
    let page = server.http().get("/v1/t/numbers?limit=5000&skip=0").send().await;
    assert_eq!(page.json()["meta"]["consistency"], "stored");
    let small = project.file(
        "queries/t/small.sql",
        "/*---\nname: t.small\nversion: 1\naccess: public\n---*/\nSELECT n FROM pg.numbers WHERE n <= 3\n",
    );
    let server = Server::start(small.path(), &[("AQUEDUCT_SPOOL__LOCATION", "nothing-here")]).await;
    let page = server.http().get("/v1/t/small").send().await;
    assert_eq!((page.rows().len(), &page.json()["meta"]["consistency"]), (3, &Value::from("complete")));
    assert!(!small.join("nothing-here").exists(), "a result that is whole is not kept");
}
