//! `/openapi.json`: what linters and a generator of requests say of it, and that it tells all that the query files say.

mod calls;
mod larger;

use serde_json::{Value, json};

use crate::harness::{
    http::Http,
    postgres, process,
    project::Project,
    server::Server,
    tools::{self, node_tool, repository},
};

/// The demo project's published key.
const KEY: &str = "aq_demo_public_not_a_secret";

const SETTINGS: &str = r#"
auth:
  anonymous: {{anonymous}}
  keys:
    - id: demo
      hash: "sha256:60e6bf806b71f8b230191e0f1d773e52fc9e09195a6d1e08c8590c2d3dfb93e3"
      scopes: ["hr:read", "hr:pay"]
"#;

/// Of a parameter of each type, and of each thing that a header can say of one.
const EVERYTHING: &str = r#"/*---
name: staff.everything
version: 3
description: Everybody.
owner: team-hr
params:
  yes: {type: bool, default: true}
  small: {type: int32, min: -5, max: 5, description: A small one}
  large: {type: int64, default: 9007199254740993}
  ratio: {type: float64, optional: true, min: 0.5}
  pay: {type: "decimal(10,2)", optional: true, min: 0, max: 1000}
  grade: {type: string, enum: [a, b], optional: true}
  code: {type: string, default: X1, pattern: "[A-Z][0-9]"}
  day: {type: date, default: 2026-01-31, min: 2020-01-01}
  at: {type: timestamp, optional: true}
  seen: {type: timestamptz, optional: true}
  one: {type: uuid, optional: true}
  ids: {type: [int64], min: 1, max: 9}
page: {key: [id], max: 40}
access: {scopes: ["hr:read", "hr:pay"]}
---*/
SELECT id, name FROM lake.people
WHERE :yes AND id > :small AND id < :large AND id = ANY(:ids) AND name <> :code AND :day > DATE '2020-01-01'
  AND (:ratio IS NULL OR :ratio < 2) AND (:pay IS NULL OR :pay > 1) AND (:grade IS NULL OR name = :grade)
  AND (:at IS NULL OR :at > TIMESTAMP '2020-01-01') AND (:seen IS NULL OR :seen > now()) AND (:one IS NULL OR name = :one)
"#;

/// A column of each kind of type.
const COLUMNS: &str = "/*---
name: staff.columns
version: 1
access: public
---*/
SELECT
  id, name, id AS \"Quoted Name\", true AS yes, CAST(1 AS int) AS small, 1.5::double AS ratio,
  CAST(id AS decimal(10,2)) AS pay, DATE '2026-01-31' AS day, TIMESTAMP '2026-01-31' AS at, now() AS seen,
  row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS many, INTERVAL '1 day' AS took,
  CAST('x' AS bytea) AS bytes, make_array(id, 1) AS list, named_struct('a', id, 'b', 'x') AS fields
FROM lake.people
";

fn project(anonymous: &str) -> Project {
    Project::new()
        .value("anonymous", anonymous)
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\n")
        .file("lake/people.csv", "id,name\n1,Ada\n2,Bob\n")
        .file("queries/staff/everything.v3.sql", EVERYTHING)
        .file("queries/staff/columns.sql", COLUMNS)
}

async fn demo() -> (Server, tempfile::TempDir) {
    let directory = process::directory("openapi-");
    let spill = directory.path().join("spill");
    let spill = spill.to_str().expect("tests name files in UTF-8");
    (Server::start(repository(), &[("AQUEDUCT_ENGINE__SPILL", spill)]).await, directory)
}

async fn document(http: &Http, key: Option<&str>) -> Value {
    let request = http.get("/openapi.json");
    let answer = if let Some(key) = key { request.bearer(key) } else { request }.send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

#[tokio::test]
async fn linters_find_no_error() {
    let (server, directory) = demo().await;
    let project = larger::project().await;
    let larger = Server::start(project.path(), &[]).await;
    let config = |name: &str| repository().join("tests/npm").join(name);
    for (server, key) in [(&server, None), (&server, Some(KEY)), (&larger, Some(KEY))] {
        let file = directory.path().join("openapi.json");
        std::fs::write(&file, document(&server.http(), key).await.to_string()).expect("it can be written");
        let mut redocly = node_tool("redocly");
        redocly.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
        tools::output(redocly.arg("lint").arg("--config").arg(config("redocly.yaml")).arg(&file));
        tools::output(node_tool("spectral").arg("lint").arg("--ruleset").arg(config("spectral.yaml")).arg(&file));
    }
}

#[tokio::test]
async fn a_caller_sees_what_it_may_call() {
    let project = project("true");
    let server = Server::start(project.path(), &[]).await;
    let paths =
        |document: &Value| -> Vec<String> { document["paths"].as_object().expect("paths").keys().cloned().collect() };
    let (anybody, key) = (document(&server.http(), None).await, document(&server.http(), Some(KEY)).await);
    assert_eq!(paths(&anybody), ["/v1/staff/columns"]);
    assert_eq!(paths(&key), ["/v1/staff/columns", "/v3/staff/everything"]);
    let scopes = ["hr:read", "hr:pay"];
    for method in ["get", "post"] {
        assert_eq!(key["paths"]["/v1/staff/columns"][method]["security"], json!([{}, {"bearer": []}, {"apiKey": []}]));
        assert_eq!(
            key["paths"]["/v3/staff/everything"][method]["security"],
            json!([{"bearer": scopes}, {"apiKey": scopes}])
        );
    }
    assert!(!anybody.to_string().contains("everything"), "the document of anybody names what only a key may call");
    assert_eq!(server.http().get("/openapi.json").bearer("wrong").send().await.status, 401);
}

#[tokio::test]
async fn nobody_is_anonymous_where_that_is_not_allowed() {
    let project = project("false");
    let server = Server::start(project.path(), &[]).await;
    let refused = server.http().get("/openapi.json").send().await;
    assert_eq!((refused.status.as_u16(), refused.header("www-authenticate")), (401, "Bearer realm=\"aqueduct\""));
    let document = document(&server.http(), Some(KEY)).await;
    assert_eq!(document["paths"]["/v1/staff/columns"]["get"]["security"], json!([{"bearer": []}, {"apiKey": []}]));
}

#[tokio::test]
async fn parameters_are_described_in_full() {
    let project = project("true");
    let server = Server::start(project.path(), &[]).await;
    let document = document(&server.http(), Some(KEY)).await;
    let item = &document["paths"]["/v3/staff/everything"];
    assert_eq!(item["get"]["description"], "Everybody.");
    assert_eq!(item["get"]["x-owner"], "team-hr");
    let parameter = |name: &str| {
        let parameters = item["get"]["parameters"].as_array().expect("parameters");
        parameters.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no parameter {name}")).clone()
    };
    let body = &item["post"]["requestBody"]["content"]["application/json"]["schema"];
    let int64 = (i64::MIN, i64::MAX);
    let moment = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$";
    let expected = [
        ("yes", json!({"type": "boolean", "default": true})),
        ("small", json!({"type": "integer", "format": "int32", "minimum": -5, "maximum": 5})),
        (
            "large",
            json!({"type": "integer", "format": "int64", "minimum": int64.0, "maximum": int64.1, "default": 9_007_199_254_740_993_i64}),
        ),
        ("ratio", json!({"type": "number", "format": "double", "minimum": 0.5})),
        (
            "pay",
            json!({"type": "string", "format": "decimal", "pattern": r"^-?\d{1,8}(\.\d{1,2})?$", "x-minimum": "0.00", "x-maximum": "1000.00"}),
        ),
        ("grade", json!({"type": "string", "pattern": r"^[^\u0000]*$", "enum": ["a", "b"]})),
        ("code", json!({"type": "string", "pattern": "^(?:[A-Z][0-9])$", "default": "X1"})),
        ("day", json!({"type": "string", "format": "date", "x-minimum": "2020-01-01", "default": "2026-01-31"})),
        (
            "at",
            json!({"type": "string", "format": "date-time-local", "description": "timestamp without zone, ISO 8601", "pattern": moment}),
        ),
        ("seen", json!({"type": "string", "format": "date-time"})),
        ("one", json!({"type": "string", "format": "uuid"})),
        ("ids", json!({"type": "array", "items": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9}})),
    ];
    for (name, schema) in &expected {
        let mut parameter = parameter(name);
        if *name == "ids" {
            let least = parameter["schema"].as_object_mut().and_then(|schema| schema.remove("minItems"));
            assert_eq!(least, Some(json!(1)), "a query string has no empty list");
        }
        assert_eq!(&parameter["schema"], schema, "{name}");
        assert_eq!(parameter["in"], "query");
        assert_eq!(parameter["required"], json!(["small", "ids"].contains(name)), "{name}");
        assert_eq!((&parameter["style"], &parameter["explode"]), (&json!("form"), &json!(true)), "{name}");

        let optional = ["ratio", "pay", "grade", "at", "seen", "one"].contains(name);
        let mut schema = schema.clone();
        if optional {
            schema["type"] = json!([schema["type"], "null"]);
        }
        if let Some(values) = schema.get_mut("enum").filter(|_| optional) {
            values.as_array_mut().expect("a list").push(Value::Null);
        }
        if let Some(description) = parameter.get("description") {
            schema["description"] = description.clone();
        }
        assert_eq!(body["properties"][name], schema, "{name} in a body");
    }
    assert_eq!(parameter("small")["description"], "A small one");
    assert_eq!((&body["required"], &body["additionalProperties"]), (&json!(["small", "ids"]), &json!(false)));
    assert_eq!(item["post"]["requestBody"]["required"], true);
    let limit = json!({"type": "integer", "minimum": 1, "maximum": 40, "default": 40});
    assert_eq!(parameter("limit")["schema"], limit);
    assert_eq!(
        parameter("format")["schema"]["enum"],
        json!(["json", "ndjson", "csv", "arrow", "arrow-file", "parquet"])
    );
    assert_eq!(parameter("cursor")["schema"]["type"], "string");
}

/// 304 is described where an answer may have a tag: of kept results, and of those whose pages are cut out of one run.
#[tokio::test]
async fn what_callers_may_keep_is_described() {
    let query = |name: &str, header: &str| {
        format!(
            "/*---\nname: staff.{name}\nversion: 1\n{header}access: public\n---*/\nSELECT id, name FROM lake.people\n"
        )
    };
    let project = project("true")
        .file("queries/staff/fresh.sql", &query("fresh", "page: {key: [id]}\n"))
        .file("queries/staff/sorted.sql", &query("sorted", "page: {key: [id]}\nconsumer: {sort: [id, name]}\n"))
        .file("queries/staff/kept.sql", &query("kept", "page: {key: [id]}\ncache: {ttl: 1m}\n"))
        .file("queries/staff/stored.sql", &query("stored", "page: {consistency: stored}\n"));
    let server = Server::start(project.path(), &[]).await;
    let document = document(&server.http(), None).await;
    let told = |name: &str, method: &str| {
        let operation = &document["paths"][format!("/v1/staff/{name}")][method];
        let parameters = operation["parameters"].as_array().expect("parameters");
        let asks = parameters.iter().any(|one| one["name"] == "If-None-Match" && one["in"] == "header");
        let headers = &operation["responses"]["200"]["headers"];
        (asks, operation["responses"]["304"].is_object(), headers["ETag"].is_object(), headers["Age"].is_object())
    };
    for name in ["fresh", "sorted"] {
        assert_eq!(
            (told(name, "get"), told(name, "post")),
            ((false, false, false, false), (false, false, false, false))
        );
    }
    assert_eq!((told("kept", "get"), told("kept", "post")), ((true, true, true, true), (false, false, true, true)));
    assert_eq!(
        (told("stored", "get"), told("stored", "post")),
        ((true, true, true, false), (false, false, true, false))
    );
    let unchanged = &document["components"]["responses"]["unchanged"];
    assert!(unchanged["headers"]["ETag"].is_object() && unchanged.get("content").is_none(), "{unchanged}");
}

#[tokio::test]
async fn every_column_is_a_typed_property() {
    let project = project("true");
    let server = Server::start(project.path(), &[]).await;
    let document = document(&server.http(), None).await;
    let row = &document["components"]["schemas"]["staff_columns_v1_row"];
    let int64 = json!({"type": ["integer", "string"], "format": "int64"});
    let nullable = json!({"type": ["integer", "string", "null"], "format": "int64"});
    let expected = json!({
        "id": nullable,
        "name": {"type": ["string", "null"]},
        "Quoted Name": nullable,
        "yes": {"type": "boolean"},
        "small": {"type": "integer", "format": "int32"},
        "ratio": {"type": ["number", "string"], "format": "double"},
        "pay": {"type": ["string", "null"], "format": "decimal", "description": "decimal(10,2)"},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time-local", "description": "timestamp without zone, ISO 8601"},
        "seen": {"type": "string", "format": "date-time"},
        "place": {"type": ["integer", "string"], "format": "uint64", "minimum": 0},
        "many": int64,
        "took": {"type": "string", "description": "ISO 8601 duration"},
        "bytes": {"type": "string", "contentEncoding": "base64"},
        "list": {"type": ["array", "null"], "items": nullable},
        "fields": row["properties"]["fields"],
    });
    assert_eq!(row["properties"], expected);
    assert_eq!(row["additionalProperties"], false);
    let names: Vec<_> = expected.as_object().expect("columns").keys().collect();
    assert_eq!(row["required"], json!(names), "a column is never left out");
    assert_eq!(row["properties"]["fields"]["properties"]["a"], nullable);

    let rows = server.http().get("/v1/staff/columns").send().await.rows();
    assert_eq!(rows[0].as_object().expect("a row").keys().collect::<Vec<_>>(), names, "rows are as described");
}

#[tokio::test]
async fn what_the_source_says_is_shown() {
    let database = postgres::database().await;
    database
        .execute(
            "CREATE TABLE accounts (id int PRIMARY KEY, balance numeric(10,2) NOT NULL, opened timestamp, town int);
             CREATE TABLE towns (id int PRIMARY KEY, name text);
             INSERT INTO accounts VALUES (1, 2.50, '2026-01-31', 1); INSERT INTO towns VALUES (1, 'York');
             COMMENT ON TABLE accounts IS 'Who owes us.'; COMMENT ON COLUMN accounts.id IS 'A number';
             COMMENT ON COLUMN accounts.balance IS 'What is owed'; COMMENT ON COLUMN accounts.opened IS 'Since when';
             COMMENT ON COLUMN towns.name IS 'As \"signs\" say'",
        )
        .await;
    let query = |name: &str, header: &str, select: &str| {
        format!("/*---\nname: staff.{name}\nversion: 1\n{header}access: public\n---*/\n{select}\n")
    };
    let plain = "SELECT id AS number, balance, opened, balance * 2 AS twice FROM pg.accounts ORDER BY number LIMIT 5";
    let joined = "SELECT a.id, t.name, a.town FROM pg.accounts AS a LEFT JOIN pg.towns AS t ON t.id = a.town";
    let grouped = "SELECT balance, count(*) AS n, max(opened) AS newest FROM pg.accounts GROUP BY balance";
    let project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\n")
        .file("queries/staff/plain.sql", &query("plain", "", plain))
        .file("queries/staff/said.sql", &query("said", "description: Ours.\n", plain))
        .file("queries/staff/joined.sql", &query("joined", "", joined))
        .file("queries/staff/grouped.sql", &query("grouped", "", grouped));
    let server = Server::start(project.path(), &[]).await;
    let document = document(&server.http(), None).await;
    let said = |name: &str| document["paths"][format!("/v1/staff/{name}")]["get"]["description"].clone();
    assert_eq!((said("plain"), said("said")), (json!("Who owes us."), json!("Ours.")));
    assert_eq!((said("joined"), said("grouped")), (Value::Null, Value::Null));
    let columns = |name: &str| -> Vec<Option<String>> {
        let columns = document["components"]["schemas"][format!("staff_{name}_v1_row")]["properties"].clone();
        let columns = columns.as_object().expect("columns").clone();
        columns.values().map(|column| column["description"].as_str().map(str::to_owned)).collect()
    };
    let expected = |texts: [&str; 4]| texts.map(|text| (!text.is_empty()).then(|| text.to_owned())).to_vec();
    let [owed, since] = ["What is owed (decimal(10,2))", "Since when (timestamp without zone, ISO 8601)"];
    assert_eq!(columns("plain")[..3], expected(["A number", owed, since, ""])[..3]);
    assert_eq!(columns("plain")[3].as_deref().map(|text| text.starts_with("decimal(")), Some(true));
    assert_eq!(columns("joined"), expected(["A number", "As \"signs\" say", "", ""])[..3]);
    assert_eq!(columns("grouped")[0].as_deref(), Some(owed));
    assert_eq!(columns("grouped")[2].as_deref(), Some("timestamp without zone, ISO 8601"));

    let fetched = server.flight().await.path(&["v1", "staff", "plain"]).await.expect("Flight answers");
    let comments: Vec<_> =
        fetched.schema.fields().iter().map(|field| field.metadata().get("aqueduct.comment").cloned()).collect();
    assert_eq!(comments, expected(["A number", "What is owed", "Since when", ""]));
}
