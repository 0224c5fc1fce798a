//! Plans over HTTP: the same as on the command line, for who may see them, and nothing is read for them.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    cli::run,
    harness::{
        http::{Answer, Request},
        postgres::{self, Database},
        project::Project,
        server::Server,
    },
};

const PLAN: &str = "application/vnd.aqueduct.plan+json";
/// Keys, and the scopes of each.
const PLANNER: (&str, &str) = ("aq_planner", "\"shop:read\", \"plan:read\"");
const READER: (&str, &str) = ("aq_reader", "\"shop:read\"");
const STRANGER: (&str, &str) = ("aq_stranger", "\"plan:read\"");

const TABLE: &str = "
    CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL);
    INSERT INTO item SELECT n, 'item ' || n FROM generate_series(1, 20) AS n;
";
const ITEMS: &str = "/*---
name: shop.items
version: 1
params:
  above: {type: int64, default: 1, max: 15}
page: {key: [id], max: 50}
access: {scopes: [\"shop:read\"]}
---*/
SELECT id, upper(reverse(name)) AS name FROM crm.item WHERE id > :above
";
const OPEN: &str = "/*---
name: shop.open
version: 1
page: {key: [id]}
access: public
---*/
SELECT id FROM crm.item
";

struct Suite {
    database: Database,
    project: Project,
    server: Server,
}

async fn suite() -> Suite {
    let database = postgres::database().await;
    database.execute(TABLE).await;
    let mut settings = "auth:\n  anonymous: true\n  keys:\n".to_owned();
    for (key, scopes) in [PLANNER, READER, STRANGER] {
        let hash = Sha256::digest(key);
        writeln!(settings, "    - {{id: {key}, hash: \"sha256:{hash:x}\", scopes: [{scopes}]}}")
            .expect("a string takes all");
    }
    let project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", &settings)
        .file("catalogs/crm.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\n")
        .file("queries/shop/items.sql", ITEMS)
        .file("queries/shop/open.sql", OPEN);
    let server = Server::start(project.path(), &[]).await;
    Suite { database, project, server }
}

impl Suite {
    fn get(&self, path: &str, key: (&str, &str)) -> Request {
        self.server.http().get(path).bearer(key.0)
    }

    /// The plan that `path` has for who may see it.
    async fn plan(&self, path: &str) -> Answer {
        self.get(path, PLANNER).header("accept", PLAN).send().await
    }
}

fn refused(answer: &Answer, status: u16, code: &str, texts: &[&str]) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!((answer.header("content-type"), &answer.json()["code"]), ("application/problem+json", &json!(code)));
    for text in texts {
        assert!(answer.text().contains(text), "{text} is not in {}", answer.text());
    }
}

#[tokio::test]
async fn the_plan_is_that_of_the_command_line_and_reads_nothing() {
    let suite = suite().await;
    let mark = suite.database.mark().await;
    let got = suite.plan("/v1/shop/items?above=3").await;
    let posted = suite.server.http().post("/v1/shop/items", &json!({"above": 3})).bearer(PLANNER.0);
    let posted = posted.header("accept", PLAN).send().await;
    let received = suite.database.received_since(&mark).await;
    let reading: Vec<_> = received.iter().filter(|statement| statement.application.contains("shop.items")).collect();
    assert!(reading.is_empty(), "{reading:#?}");

    let explained = run(&suite.project, &["explain", "shop.items", "above=3", "--format", "json"]).good();
    let explained: Value = serde_json::from_str(explained.stdout()).expect("JSON");
    for answer in [&got, &posted] {
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, PLAN), "{}", answer.text());
        assert_eq!(answer.json(), explained);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let part = &explained["sources"][0];
    assert_eq!((&part["source"], &part["rows"], &part["elapsed_ms"]), (&json!("crm"), &Value::Null, &Value::Null));
    assert!(part["sql"].as_str().is_some_and(|sql| sql.contains("\"id\" > $1")), "values are no part of it: {part}");
    assert!(explained["local"].as_array().is_some_and(|local| !local.is_empty()), "{explained}");

    let head = suite.server.http().request(&reqwest::Method::HEAD, "/v1/shop/items?format=plan").bearer(PLANNER.0);
    let head = head.send().await;
    assert_eq!((head.status.as_u16(), head.header("content-type"), head.bytes.len()), (200, PLAN, 0));
    let packed = suite.get("/v1/shop/items?format=plan", PLANNER).header("accept-encoding", "gzip").send().await;
    assert_eq!((packed.status.as_u16(), packed.header("content-encoding")), (200, "gzip"));
}

#[tokio::test]
async fn a_scope_opens_plans_besides_those_of_the_query() {
    let suite = suite().await;
    let ask = async |path: &str, key| suite.get(path, key).header("accept", PLAN).send().await;
    let scope = ["plans need the scope `plan:read`", "besides the scopes of the query"];
    refused(&ask("/v1/shop/items", READER).await, 403, "AQ-303", &scope);
    // Not even whether the parameters are right is told.
    refused(&ask("/v1/shop/items?above=x", READER).await, 403, "AQ-303", &scope);
    refused(&suite.get("/v1/shop/items?format=plan", READER).send().await, 403, "AQ-303", &scope);
    refused(&ask("/v1/shop/items", STRANGER).await, 403, "AQ-303", &["`shop.items` needs the scope `shop:read`"]);
    refused(&ask("/v1/shop/items", ("wrong", "")).await, 401, "AQ-302", &[]);
    let anonymous = suite.server.http().get("/v1/shop/open").header("accept", PLAN).send().await;
    refused(&anonymous, 401, "AQ-301", &["plan:read"]);
    assert_eq!(ask("/v1/shop/open", STRANGER).await.status, 200, "a public query needs no scope of its own");
    assert_eq!(suite.get("/v1/shop/items", READER).send().await.rows().len(), 19, "the rows need no plan:read");
}

#[tokio::test]
async fn a_request_for_a_plan_is_checked_as_one_for_rows() {
    let suite = suite().await;
    refused(&suite.plan("/v1/shop/items?above=x").await, 400, "AQ-101", &["above"]);
    refused(&suite.plan("/v1/shop/items?above=16").await, 400, "AQ-101", &["maximum 15"]);
    refused(&suite.plan("/v1/shop/items?abve=1").await, 400, "AQ-101", &["did you mean `above`?"]);
    refused(&suite.plan("/v1/shop/items?limit=51").await, 400, "AQ-103", &["allows 1 to 50"]);
    refused(&suite.plan("/v1/shop/items?limit=0").await, 400, "AQ-103", &[]);
    refused(&suite.plan("/v1/shop/items?cursor=x").await, 400, "AQ-104", &[]);
    refused(&suite.plan("/v1/shop/itms").await, 404, "AQ-201", &["did you mean `shop.items`?"]);
    refused(&suite.plan("/v2/shop/items").await, 404, "AQ-202", &[]);

    // Limit and cursor shape the plan, as they shape the page.
    let cursor = async |path: &str| {
        let page = suite.get(&format!("{path}?limit=5"), PLANNER).send().await;
        page.cursor().expect("more rows follow")
    };
    let sql = async |path: &str| {
        let answer = suite.plan(path).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        answer.json()["sources"][0]["sql"].as_str().expect("a statement").to_owned()
    };
    let beginning = sql("/v1/shop/open?limit=5").await;
    assert!(beginning.contains(" ORDER BY ") && !beginning.contains(" WHERE "), "{beginning}");
    let behind = sql(&format!("/v1/shop/open?limit=5&cursor={}", cursor("/v1/shop/open").await)).await;
    assert!(behind.contains(" ORDER BY ") && behind.contains(" WHERE "), "{behind}");
    let other = format!("/v1/shop/items?above=2&cursor={}", cursor("/v1/shop/items").await);
    refused(&suite.plan(&other).await, 400, "AQ-105", &[]);
}

#[tokio::test]
async fn a_plan_is_negotiated_by_its_name_only() {
    let suite = suite().await;
    let cases = [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/vnd.aqueduct.plan+json;q=0.4, application/json", "application/json"),
        ("application/vnd.aqueduct.plan+json, application/json;q=0.9", PLAN),
        ("application/json;q=0.2, application/vnd.aqueduct.plan+json;q=0.3, text/csv;q=0.1", PLAN),
        ("application/vnd.aqueduct.plan+json;q=0, */*", "application/json"),
        ("APPLICATION/vnd.aqueduct.PLAN+json", PLAN),
    ];
    for (accept, expected) in cases {
        let answer = suite.get("/v1/shop/items", PLANNER).header("accept", accept).send().await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, expected), "{accept}");
    }
    let named = suite.get("/v1/shop/items?format=plan", PLANNER).header("accept", "text/csv").send().await;
    assert_eq!(named.header("content-type"), PLAN, "`format` wins");
    let only =
        suite.get("/v1/shop/items", PLANNER).header("accept", "application/vnd.aqueduct.plan+json;q=0").send().await;
    refused(&only, 406, "AQ-107", &[]);
}

#[tokio::test]
async fn the_document_tells_of_plans_who_may_see_them() {
    let suite = suite().await;
    let document = async |key| suite.get("/openapi.json", key).send().await.json();
    let (planner, reader) = (document(PLANNER).await, document(READER).await);
    for method in ["get", "post"] {
        let operation = &planner["paths"]["/v1/shop/items"][method];
        let content = &operation["responses"]["200"]["content"];
        assert_eq!(content[PLAN]["schema"], json!({"$ref": "#/components/schemas/plan"}));
        let parameters = operation["parameters"].as_array().expect("parameters");
        let format = parameters.iter().find(|parameter| parameter["name"] == "format").expect("a format");
        let formats = json!(["json", "ndjson", "csv", "arrow", "arrow-file", "parquet", "plan"]);
        assert_eq!(format["schema"]["enum"], formats);
    }
    // Every field of a plan is described.
    let described = &planner["components"]["schemas"]["plan"]["properties"];
    let plan = suite.plan("/v1/shop/items").await.json();
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(described), keys(&plan));
    for key in keys(&plan["sources"][0]) {
        assert!(described["sources"]["items"]["properties"][&key].is_object(), "{key} is not described");
    }
    assert_eq!(keys(&described["local"]["items"]["properties"]), keys(&plan["local"][0]));
    assert!(!reader.to_string().contains("plan"), "the document of a reader tells of plans");
}
