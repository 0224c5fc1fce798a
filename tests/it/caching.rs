//! Results that are kept: who asks the same is answered out of one run, for as long as the query's header says, and never
//! with what another may see. Postgres itself says what it was asked.

mod conditional;
mod invalidation;
mod runs;
mod sharing;

use std::{fmt::Write as _, time::Duration};

use sha2::{Digest as _, Sha256};

use crate::harness::{
    http::{Answer, Http, Request},
    postgres::{self, Database, Mark},
    project::Project,
    server::Server,
};

/// 500 rows in 250 groups; one that takes a second; one that fails as long as its divisor is 0.
const TABLES: &str = "CREATE TABLE things (id bigint PRIMARY KEY, region text NOT NULL, number int NOT NULL);
    INSERT INTO things SELECT n, CASE n % 2 WHEN 0 THEN 'EU' ELSE 'US' END, n % 250 FROM generate_series(1, 500) AS n;
    CREATE VIEW slowly AS SELECT 1::bigint AS id, pg_sleep(1)::text AS slept;
    CREATE TABLE divisors (id bigint PRIMARY KEY, divisor int NOT NULL);
    INSERT INTO divisors VALUES (1, 0)";

/// Name, cache, page, parameters, SELECT.
const QUERIES: &[(&str, &str, &str, &str, &str)] = &[
    (
        "listed",
        "{ttl: 1h, stale: 10m, stale_if_error: 2h, tags: [things, lists]}",
        "{key: [id]}",
        "{region: {type: string, default: EU}, below: {type: int64, default: 1000}, ids: {type: [int64], default: []}}",
        "SELECT id, region, number FROM pg.things WHERE region = :region AND id < :below AND NOT id = ANY(:ids)",
    ),
    (
        "grouped",
        "{ttl: 1h, tags: [things]}",
        "{key: [number], consistency: stored}",
        "{}",
        "SELECT number, count(*) AS rows FROM pg.things GROUP BY number",
    ),
    ("slow", "{ttl: 1h}", "{}", "{n: {type: int64, default: 1}}", "SELECT id + :n AS id, slept FROM pg.slowly"),
    ("brief", "{ttl: 1s, stale: 1h}", "{key: [id]}", "{}", "SELECT id, number FROM pg.things WHERE id = 1"),
    ("frail", "{ttl: 1s, stale_if_error: 1h}", "{key: [id]}", "{}", "SELECT id, number FROM pg.things WHERE id = 1"),
    ("divided", "{ttl: 1h}", "{key: [id]}", "{}", "SELECT id, 10 / divisor AS quotient FROM pg.divisors"),
    (
        "kept_by_none",
        "",
        "{key: [number], consistency: stored}",
        "{}",
        "SELECT number, count(*) AS rows FROM pg.things GROUP BY number",
    ),
];

/// Two consumers, one of whom may do more.
const KEYS: [(&str, &str, &str); 2] =
    [("ann", "key-of-ann-000000000000", "a:read"), ("bob", "key-of-bob-000000000000", "a:read\", \"b:read")];

/// A server over one database.
struct Suite {
    database: Database,
    project: Project,
    server: Server,
}

fn project() -> Project {
    let mut settings = "auth:\n  anonymous: true\n  keys:\n".to_owned();
    for (id, key, scopes) in KEYS {
        let hash = Sha256::digest(key);
        writeln!(settings, "    - {{id: {id}, hash: \"sha256:{hash:x}\", scopes: [\"{scopes}\"]}}").expect("it fits");
    }
    let mut project = Project::new().file("aqueduct.yaml", &settings).file(
        "queries/c/scoped.sql",
        &query("scoped", "{ttl: 1h}", "{key: [id]}", "{}", "SELECT id FROM pg.things", "{scopes: [\"a:read\"]}"),
    );
    for (name, cache, page, params, select) in QUERIES {
        project = project.file(&format!("queries/c/{name}.sql"), &query(name, cache, page, params, select, "public"));
    }
    project
}

fn query(name: &str, cache: &str, page: &str, params: &str, select: &str, access: &str) -> String {
    let cache = if cache.is_empty() { String::new() } else { format!("cache: {cache}\n") };
    format!(
        "/*---\nname: c.{name}\nversion: 1\n{cache}page: {page}\nparams: {params}\naccess: {access}\n---*/\n{select}\n"
    )
}

impl Suite {
    async fn start() -> Self {
        Self::with(&[], "kind: postgres\nurl: \"{{postgres_url}}\"\npool: {max_connections: 4}\n").await
    }

    async fn with(environment: &[(&str, &str)], catalog: &str) -> Self {
        let database = postgres::database().await;
        database.execute(TABLES).await;
        let project = project().postgres(&database).file("catalogs/pg.yaml", catalog);
        let server = Server::start(project.path(), environment).await;
        Self { database, project, server }
    }

    fn http(&self) -> Http {
        self.server.http()
    }

    fn get(&self, path: &str) -> Request {
        self.http().get(path)
    }

    /// How many statements over `table` were received since `mark`.
    async fn asked(&self, table: &str, mark: &Mark) -> usize {
        let received = self.database.received_since(mark).await;
        // Not what the planner asks about it.
        let reads = |sql: &str| sql.starts_with("SELECT") && sql.contains(&format!("\"{table}\""));
        received.iter().filter(|statement| reads(&statement.sql)).count()
    }

    /// `POST` on the listener for operators.
    async fn invalidate(&self, query: &str) -> Answer {
        let admin = Http::new(self.server.admin);
        admin.request(&reqwest::Method::POST, &format!("/cache/invalidate{query}")).send().await
    }
}

fn status(answer: &Answer) -> &str {
    answer.header("cache-status")
}

fn is_hit(answer: &Answer) -> bool {
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    status(answer).starts_with("aqueduct; hit")
}

fn is_miss(answer: &Answer) -> bool {
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    status(answer).starts_with("aqueduct; fwd=miss; stored")
}

/// Asks again and again until `holds`.
async fn until(request: impl Fn() -> Request, holds: impl Fn(&Answer) -> bool) -> Answer {
    for _ in 0..200 {
        let answer = request().send().await;
        if holds(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never comes to that: {:?}", request().send().await);
}
