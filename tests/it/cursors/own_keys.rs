//! Queries that name no page key: those that show the rows of one table page by its key, the others run once.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{POSTGRES, SETTINGS, ids, serve};
use crate::harness::{
    http::{Answer, Http, all_pages},
    postgres,
    project::Project,
    server::{Server, aqueduct},
    sqlite,
};

const TABLES: &str = "
    CREATE TABLE t (id bigint PRIMARY KEY, score int); INSERT INTO t SELECT n, n % 3 FROM generate_series(1, 7) AS n;
    CREATE TABLE pairs (b int, a text, PRIMARY KEY (a, b)); INSERT INTO pairs SELECT n, n % 2 FROM generate_series(1, 7) AS n;
    CREATE TABLE keyless (id bigint NOT NULL); INSERT INTO keyless SELECT id FROM t;
    CREATE VIEW seen AS SELECT id FROM t; CREATE VIEW unseen AS SELECT id FROM t;
    CREATE TABLE times (id int, took interval PRIMARY KEY); INSERT INTO times SELECT n, n * interval '1 day' FROM generate_series(1, 7) n;";
const LITE: &str = "
    CREATE TABLE alias (id INTEGER PRIMARY KEY); INSERT INTO alias VALUES (1), (2), (3), (4), (5), (6), (7);
    CREATE TABLE pairs (b INT, a TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO pairs SELECT id, id % 2 FROM alias;
    CREATE TABLE nullable (id INT PRIMARY KEY); INSERT INTO nullable SELECT id FROM alias;
    CREATE TABLE untyped (id NOT NULL PRIMARY KEY); INSERT INTO untyped VALUES (1), ('1'), (2), ('2');";

/// Queries that page, and by what.
const KEYED: [(&str, &str, &[&str]); 14] = [
    ("plain", "SELECT id, score FROM pg.t", &["id"]),
    ("star", "SELECT * FROM pg.public.t", &["id"]),
    ("renamed", "SELECT score, id AS number FROM pg.t AS x WHERE x.id > 0", &["number"]),
    ("twice", "SELECT score, id AS one, id AS two FROM pg.t", &["one"]),
    ("inner", "SELECT n FROM (SELECT id AS n, score FROM pg.t WHERE score >= 0) AS s", &["n"]),
    ("cte", "WITH c (score, n) AS (SELECT score, id FROM pg.t) SELECT n FROM c", &["n"]),
    (
        "computed",
        "SELECT score + 1 AS next, id, (SELECT max(id) FROM pg.t) AS top FROM pg.t WHERE id IN (SELECT id FROM pg.keyless)",
        &["id"],
    ),
    ("pair", "SELECT b, a FROM pg.pairs", &["a", "b"]),
    ("pair_renamed", "SELECT b AS a, a AS b FROM pg.pairs", &["b", "a"]),
    ("annotated", "SELECT id FROM pg.seen", &["id"]),
    ("file", "SELECT id, day FROM lake.t", &["day", "id"]),
    ("rowid", "SELECT id FROM lite.alias", &["id"]),
    ("clustered", "SELECT b, a FROM lite.pairs", &["a", "b"]),
    ("bounded", "SELECT id FROM pg.t WHERE id < 5", &["id"]),
];

/// Queries that run once for all pages, and why.
const KEYLESS: [(&str, &str); 17] = [
    ("hidden", "SELECT score FROM pg.t"),
    ("half", "SELECT a FROM pg.pairs"),
    ("changed", "SELECT id + 0 AS id FROM pg.t"),
    ("grouped", "SELECT id FROM pg.t GROUP BY id"),
    ("distinct_rows", "SELECT DISTINCT id FROM pg.t"),
    ("joined", "SELECT t.id FROM pg.t AS t CROSS JOIN pg.pairs AS p"),
    ("united", "SELECT id FROM pg.t UNION ALL SELECT id FROM pg.t"),
    ("numbered", "SELECT id, row_number() OVER () AS n FROM pg.t"),
    ("unnested", "SELECT id, unnest(make_array(1, 2)) AS n FROM pg.t"),
    ("ordered", "SELECT id FROM pg.t ORDER BY id DESC"),
    ("limited", "SELECT id FROM pg.t LIMIT 5"),
    ("drawn", "SELECT id FROM pg.t WHERE random() < 2"),
    ("bare", "SELECT id FROM pg.keyless"),
    ("unseen", "SELECT id FROM pg.unseen"),
    ("unordered", "SELECT id, took FROM pg.times"),
    ("nullable", "SELECT id FROM lite.nullable"),
    ("untyped", "SELECT id FROM lite.untyped"),
];

async fn project() -> Project {
    let database = postgres::database().await;
    database.execute(TABLES).await;
    let mut project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/pg.yaml", &format!("{POSTGRES}tables:\n  seen: {{key: [id]}}\n"))
        .file("catalogs/lite.yaml", "kind: sqlite\npath: lite.db\n")
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\ntables:\n  t: {key: [day, id]}\n")
        .file("lake/t/day=1/t.csv", "id\n3\n1\n2\n4\n")
        .file("lake/t/day=2/t.csv", "id\n1\n2\n3\n");
    sqlite::execute(&project.join("lite.db"), LITE).await;
    let keyed = KEYED.iter().map(|(name, select, _)| (*name, *select));
    for (name, select) in keyed.chain(KEYLESS) {
        let text = format!("/*---\nname: pages.{name}\nversion: 1\naccess: public\n---*/\n{select}\n");
        project = project.file(&format!("queries/pages/{name}.sql"), &text);
    }
    project
}

#[tokio::test]
async fn the_rows_of_one_table_page_by_its_key_and_others_run_once() {
    let project = project().await;
    let server = Server::start(project.path(), &[]).await;
    let http = server.http();
    let document = http.get("/openapi.json").send().await.json();
    let takes_cursors = |name: &str| {
        let parameters = document["paths"][format!("/v1/pages/{name}")]["get"]["parameters"].as_array();
        parameters.expect("parameters").iter().any(|parameter| parameter["name"] == "cursor")
    };
    for (name, _, key) in KEYED {
        let whole = http.get(&format!("/v1/pages/{name}?format=ndjson")).send().await.ndjson();
        let pages = all_pages(&format!("/v1/pages/{name}?limit=2"), |path| http.get(path)).await;
        assert_eq!(pages.len(), whole.len().div_ceil(2), "{name}");
        assert!(pages.iter().all(|page| page.json()["meta"]["consistency"] == "keyset"), "{name}");
        let rows: Vec<Value> = pages.iter().flat_map(Answer::rows).collect();
        let sorted = |mut rows: Vec<Value>| {
            let value = |row: &Value, column: &str| (row[column].as_i64(), row[column].as_str().map(str::to_owned));
            rows.sort_by_key(|row| key.iter().map(|column| value(row, column)).collect::<Vec<_>>());
            rows
        };
        assert_eq!(rows, sorted(whole), "{name}");
        assert!(takes_cursors(name), "{name}");
    }
    for (name, _) in KEYLESS {
        let pages = all_pages(&format!("/v1/pages/{name}?limit=2"), |path| http.get(path)).await;
        assert!(pages.iter().all(|page| page.header("aqueduct-consistency") == "stored"), "{name}");
        let sorted = |rows: Vec<Value>| {
            let mut texts: Vec<_> = rows.iter().map(Value::to_string).collect();
            texts.sort();
            texts
        };
        let whole = http.get(&format!("/v1/pages/{name}?format=ndjson")).send().await.ndjson();
        assert_eq!(sorted(pages.iter().flat_map(Answer::rows).collect()), sorted(whole), "{name}");
        assert!(takes_cursors(name), "{name}");
    }
}

#[tokio::test]
async fn check_says_how_each_is_paged_and_why() {
    let project = project().await;
    let output = aqueduct(project.path()).arg("check").output().expect("it runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{said}");
    let line = |name: &str| {
        let start = format!("pages.{name}@1 ");
        said.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{name}: {said}")).to_owned()
    };
    for (name, ..) in KEYED {
        assert!(line(name).contains("pages: keyset"), "{}", line(name));
    }
    for (name, _) in KEYLESS {
        assert!(line(name).contains("pages: stored"), "{}", line(name));
    }
    assert!(line("plain").ends_with("can be asked for the rows behind a page, by `id`"), "{}", line("plain"));
    assert!(line("bare").ends_with("it has no key by which a row is found again"), "{}", line("bare"));
}

#[tokio::test]
async fn rows_that_come_and_go_disturb_nothing_behind_an_own_key() {
    let tables = "CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t SELECT n * 10 FROM generate_series(1, 6) AS n";
    let (database, _project, server) = serve(tables, &[("own", "{}", "SELECT id FROM pg.t")]).await;
    let http = server.http();
    let first = http.get("/v1/pages/own?limit=3").send().await;
    assert_eq!(ids(&first), [10, 20, 30]);
    database.execute("DELETE FROM t WHERE id IN (30, 50); INSERT INTO t VALUES (5), (25), (35), (70)").await;
    let next = http.get(&format!("/v1/pages/own?limit=9&cursor={}", first.cursor().expect("more"))).send().await;
    assert_eq!(ids(&next), [35, 40, 60, 70]);
}

/// An order goes before the key, which then needs not be named; only the order sorts a stream.
#[tokio::test]
async fn an_order_is_completed_by_the_own_key() {
    let tables = "CREATE TABLE t (id bigint PRIMARY KEY, score int); \
                  INSERT INTO t VALUES (4, 1), (3, 2), (2, NULL), (1, 1)";
    let queries = [
        ("by_score", "{order: [-score]}", "SELECT id, score FROM pg.t"),
        ("nulls", "{order: [-score], nulls: first}", "SELECT id, score FROM pg.t"),
        ("own", "{max: 3}", "SELECT id, score FROM pg.t"),
    ];
    let (database, _project, server) = serve(tables, &queries).await;
    let http = server.http();
    for (name, expected) in [("by_score", [3, 1, 4, 2]), ("nulls", [2, 3, 1, 4])] {
        for limit in 1..=4 {
            let pages = all_pages(&format!("/v1/pages/{name}?limit={limit}"), |path| http.get(path)).await;
            assert_eq!(pages.iter().flat_map(ids).collect::<Vec<_>>(), expected, "{name}, limit {limit}");
        }
        let stream = http.get(&format!("/v1/pages/{name}?format=ndjson")).send().await.ndjson();
        assert_eq!(stream.iter().filter_map(|row| row["id"].as_i64()).collect::<Vec<_>>(), expected, "{name}");
    }
    let mark = database.mark().await;
    assert_eq!(http.get("/v1/pages/own?format=ndjson").send().await.ndjson().len(), 4);
    let statements = database.received_since(&mark).await;
    let mut read = statements.iter().filter(|statement| statement.sql.contains("\"t\"")).peekable();
    assert!(read.peek().is_some(), "{statements:?}");
    assert!(read.all(|statement| !statement.sql.contains("ORDER BY")), "{statements:?}");
    let refused = http.get("/v1/pages/own?limit=4").send().await;
    assert_eq!(refused.json()["detail"], "`limit` is 4; `pages.own` allows 1 to 3");
}

#[tokio::test]
async fn an_order_without_any_key_is_kept_and_may_not_be_a_keyset() {
    let database = postgres::database().await;
    database.execute("CREATE TABLE keyless (id bigint)").await;
    let text = |order: &str, select: &str| {
        format!(
            "/*---\nname: pages.q\nversion: 1\npage: {{order: [{order}], consistency: keyset}}\naccess: public\n---*/\n{select}\n"
        )
    };
    for (order, select, said) in [
        ("-id", "SELECT id FROM pg.keyless", vec!["error: `page.consistency: keyset` needs `page.key`"]),
        (
            "ids",
            "SELECT id FROM pg.keyless",
            vec![
                "4:16: error: `ids` is no output column of the query",
                "error: `page.consistency: keyset` needs `page.key`",
            ],
        ),
        ("id", "SELECT id FROM pg.keyless\nORDER BY id", vec!["this ORDER BY is refused"]),
    ] {
        let project = Project::new()
            .postgres(&database)
            .file("aqueduct.yaml", SETTINGS)
            .file("catalogs/pg.yaml", POSTGRES)
            .file("queries/pages/q.sql", &text(order, select));
        let output = aqueduct(project.path()).arg("check").output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(said.iter().all(|said| text.contains(said)), "{text}");
    }
}

/// Asks until the answer has this status.
async fn eventually(http: &Http, path: &str, status: u16) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = http.get(path).send().await;
        if answer.status.as_u16() == status {
            return answer.json();
        }
        assert!(Instant::now() < deadline, "{path} is still {}: {}", answer.status, answer.text());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A cursor of one key would skip rows under another.
#[tokio::test]
async fn a_cursor_is_gone_when_the_key_has_changed() {
    let database = postgres::database().await;
    database
        .execute("CREATE TABLE t (id int PRIMARY KEY, code int NOT NULL); INSERT INTO t SELECT n, 10 - n FROM generate_series(1, 9) n")
        .await;
    let project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/pg.yaml", &format!("{POSTGRES}refresh: 1s\n"))
        .file(
            "queries/pages/q.sql",
            "/*---\nname: pages.q\nversion: 1\naccess: public\n---*/\nSELECT id, code FROM pg.t\n",
        );
    let server = Server::start(project.path(), &[]).await;
    let http = server.http();
    let first = http.get("/v1/pages/q?limit=2").send().await;
    let path = format!("/v1/pages/q?limit=2&cursor={}", first.cursor().expect("more"));

    // What is said of columns and rows may change: it is no part of the contract.
    database.execute("COMMENT ON TABLE t IS 'Things'; COMMENT ON COLUMN t.code IS 'Their code'").await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while !http.get("/openapi.json").send().await.text().contains("Their code") {
        assert!(Instant::now() < deadline, "the comment is not seen");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(ids(&http.get(&path).send().await), [3, 4]);

    let gone = "the query, its columns or what you may see of it has changed since the cursor was made";
    database.execute("ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (code)").await;
    assert_eq!(eventually(&http, &path, 410).await["detail"], gone);
    let first = http.get("/v1/pages/q?limit=2").send().await;
    assert_eq!(ids(&first), [9, 8]);
    let path = format!("/v1/pages/q?limit=2&cursor={}", first.cursor().expect("more"));
    database.execute("ALTER TABLE t DROP CONSTRAINT t_pkey").await;
    assert_eq!(eventually(&http, &path, 410).await["detail"], gone);
    assert_eq!(http.get("/v1/pages/q?limit=2").send().await.header("aqueduct-consistency"), "stored");
    assert_eq!(http.get("/v1/pages/q?limit=2&cursor=x").send().await.status.as_u16(), 400);
}

/// A key that is not one skips no row: the page that would is an error, as with `page.key`.
#[tokio::test]
async fn an_annotation_that_is_wrong_is_an_error() {
    let database = postgres::database().await;
    database
        .execute("CREATE TABLE t (id int, kind int); INSERT INTO t SELECT n, n / 3 FROM generate_series(1, 9) n")
        .await;
    let project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/pg.yaml", &format!("{POSTGRES}tables:\n  t: {{key: [kind]}}\n"))
        .file(
            "queries/pages/q.sql",
            "/*---\nname: pages.q\nversion: 1\naccess: public\n---*/\nSELECT id, kind FROM pg.t\n",
        );
    let server = Server::start(project.path(), &[]).await;
    let page = server.http().get("/v1/pages/q?limit=3").send().await;
    assert_eq!(page.json()["code"], "AQ-602", "{}", page.text());
    assert_eq!(server.http().get("/v1/pages/q?format=ndjson").send().await.ndjson().len(), 9);
}
