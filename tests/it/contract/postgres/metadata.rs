//! What a field says of its column: where it comes from, and what its text is.

use aqueduct::sources::sql::{PRINTED_BY, SOURCE_TYPE};

use crate::harness::{
    postgres,
    project::Project,
    server::Server,
    tools::{output, python_script},
};

const TABLE: &str = "CREATE TABLE t (id int4 PRIMARY KEY, j json, b jsonb, s text, ip inet, n int4[][], l jsonb[]);
    INSERT INTO t VALUES (1, '{\"k\":  1}', '[1]', 'x', '10.0.0.1', '{{1}}', '{1}'), (2, NULL, '7', '7', NULL, NULL, NULL);";

/// SELECTs of a column `v`, with its source type, and whether it says that it is JSON, or printed.
const SAID: &[(&str, Option<&str>, bool, bool)] = &[
    ("SELECT j AS v FROM pg.t", Some("json"), true, false),
    ("SELECT b AS v FROM pg.t", Some("jsonb"), true, false),
    ("SELECT s AS v FROM pg.t", Some("text"), false, false),
    ("SELECT ip AS v FROM pg.t", Some("inet"), false, true),
    ("SELECT n AS v FROM pg.t", Some("integer[]"), false, true),
    ("SELECT l AS v FROM pg.t", Some("jsonb[]"), false, false),
    (
        "SELECT v FROM (SELECT b AS v, count(*) AS n FROM pg.t WHERE id > 0 GROUP BY b ORDER BY n LIMIT 5) AS x",
        Some("jsonb"),
        true,
        false,
    ),
    ("SELECT y.ip AS v FROM pg.t AS x LEFT JOIN pg.t AS y ON x.b = y.b", Some("inet"), false, true),
    ("SELECT DISTINCT b AS v FROM pg.t", Some("jsonb"), true, false),
    ("SELECT b AS v FROM pg.t EXCEPT SELECT s FROM pg.t", Some("jsonb"), true, false),
    ("SELECT b AS v FROM pg.t UNION ALL SELECT b FROM pg.t", Some("jsonb"), true, false),
    ("SELECT j AS v FROM pg.t UNION ALL SELECT b FROM pg.t", None, true, false),
    ("SELECT b AS v FROM pg.t UNION ALL SELECT s FROM pg.t", None, false, false),
    ("SELECT b AS v FROM pg.t UNION ALL SELECT 'x'", None, false, false),
    ("SELECT lag(b, 1, 'x') OVER (ORDER BY id) AS v FROM pg.t", None, false, false),
    ("SELECT b || 'x' AS v FROM pg.t", None, false, false),
    ("SELECT max(b) AS v FROM pg.t", None, false, false),
    ("SELECT CAST(b AS VARCHAR) AS v FROM pg.t", None, false, false),
    ("SELECT CAST(ip AS BYTEA) AS v FROM pg.t", None, false, false),
    ("SELECT CAST(s AS INT) AS v FROM pg.t WHERE id = 2", None, false, false),
];

async fn serve(selects: &[&str]) -> (Server, Project) {
    let database = postgres::database().await;
    database.execute(TABLE).await;
    let mut project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\n");
    for (number, select) in selects.iter().enumerate() {
        let query = format!("/*---\nname: m.q{number}\nversion: 1\naccess: public\n---*/\n{select}\n");
        project = project.file(&format!("queries/m/q{number}.sql"), &query);
    }
    (Server::start(project.path(), &[]).await, project)
}

#[tokio::test]
async fn columns_keep_what_is_true_of_them() {
    let selects: Vec<_> = SAID.iter().map(|(select, ..)| *select).collect();
    let (server, _project) = serve(&selects).await;
    let mut flight = server.flight().await;
    let mut wrong = Vec::new();
    for (number, (select, source_type, json, printed)) in SAID.iter().enumerate() {
        let fetched = flight.path(&["v1", "m", &format!("q{number}")]).await.expect("Flight answers");
        let metadata = fetched.schema.field(0).metadata();
        let says = |key: &str| metadata.get(key).map(String::as_str);
        let expected = (*source_type, json.then_some("arrow.json"), printed.then_some("postgres"));
        let said = (says(SOURCE_TYPE), says("ARROW:extension:name"), says(PRINTED_BY));
        if said != expected {
            wrong.push(format!("{select}: {said:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn clients_know_json() {
    let (server, _project) = serve(&["SELECT id, j, b, ip FROM pg.t"]).await;
    let printed = output(python_script("arrow_types.py").args([&server.flight.to_string(), "v1/m/q0"]));
    let expected = "id int32 INTEGER\nj extension<arrow.json> JSON\nb extension<arrow.json> JSON\nip string VARCHAR\n\
                    {'id': 1, 'j': '{\"k\":  1}', 'b': '[1]', 'ip': '10.0.0.1'}\n{'id': 2, 'j': None, 'b': '7', 'ip': None}\n";
    assert_eq!(printed, expected);
    // The other formats write it as the text that it is.
    let http = server.http();
    for (format, body) in [
        ("ndjson", "{\"id\":1,\"j\":\"{\\\"k\\\":  1}\",\"b\":\"[1]\",\"ip\":\"10.0.0.1\"}\n"),
        ("csv", "1,\"{\"\"k\"\":  1}\",[1],10.0.0.1"),
    ] {
        let answer = http.get(&format!("/v1/m/q0?format={format}")).send().await;
        assert!(answer.text().contains(body), "{format}: {}", answer.text());
    }
    assert_eq!(http.get("/v1/m/q0?format=parquet").send().await.status, 200);
}
