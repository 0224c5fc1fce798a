//! What names mean to a query that is loaded, and that its columns stay the same whatever it is called with.

use arrow::{
    array::RecordBatch,
    datatypes::{DataType, Field, Schema, TimeUnit},
};
use serde_json::{Value, json};

use crate::harness::{
    postgres,
    project::Project,
    server::{Server, aqueduct},
};

const SETTINGS: &str = "auth: {anonymous: true}\n";
const CATALOG: &str = "kind: postgres\nurl: \"{{postgres_url}}\"\npool: {max_connections: 1}\n";

/// Statements, and what is said of each: `line:column: message` in parts that must all be there.
const REFUSED: &[(&str, &[&str])] = &[
    ("SELECT id FROM pg.twins", &["1:8", "`id` is ambiguous", "`ID`, `Id`", "quote the one that is meant"]),
    ("SELECT t.ID AS x FROM pg.twins t", &["1:10", "`ID` is ambiguous", "`ID`, `Id`"]),
    ("SELECT 1 AS x FROM pg.CASES", &["1:23", "`CASES` is ambiguous", "`Cases`"]),
    ("SELECT 1 AS x FROM pg.nothing", &["1:23", "`nothing` is no table of source `pg`"]),
    ("SELECT 1 AS x FROM pg.private.roads", &["1:23", "`private` is no schema of source `pg`"]),
    ("SELECT 1 AS x FROM pg.nothing CROSS JOIN pg.nowhere", &["1:23", "`nothing`", "1:45", "`nowhere`"]),
    (
        "SELECT nmae, r.lenght,\n  q.id FROM pg.roads r WHERE tonw = 'x'",
        &["1:8", "did you mean `name`?", "1:16", "did you mean `length`?", "2:3", "`q` is no table", "2:30", "`town`"],
    ),
    ("SELECT r.\"Name\" AS x FROM pg.roads r", &["Name"]),
    ("SELECT a.id FROM pg.roads a JOIN pg.roads b ON a.id = b.id WHERE id = 1", &["id", "ambiguous"]),
    ("SELECT id, id FROM pg.roads", &["id"]),
    ("SELECT a.id, b.id FROM pg.roads a JOIN pg.roads b ON a.id = b.id", &["two output columns are named `id`"]),
    ("SELECT id + 1 FROM pg.roads", &["1:8", "has no name", "add `AS name`"]),
    (
        "SELECT t.s.x FROM (SELECT named_struct('x', id) AS s FROM pg.roads) AS t",
        &["1:8", "`t.s.x` has no name", "add `AS name`"],
    ),
    ("SELECT s.name FROM (SELECT id FROM pg.roads) AS s", &["name"]),
    ("SELECT id FROM pg.roads WHERE EXISTS (SELECT 1 FROM pg.roads i WHERE i.id = u.id)", &["1:77", "`u` is no table"]),
];

#[tokio::test]
async fn names_that_mean_nothing_or_too_much_are_told_with_their_place() {
    let database = postgres::database().await;
    database
        .execute(
            "CREATE TABLE roads (id bigint PRIMARY KEY, name text, town text, length int); \
             CREATE TABLE twins (\"Id\" int, \"ID\" int); CREATE TABLE \"Cases\" (n int); CREATE TABLE \"cAses\" (n int)",
        )
        .await;
    let project = Project::new().postgres(&database).file("aqueduct.yaml", SETTINGS).file("catalogs/pg.yaml", CATALOG);
    let mut wrong = Vec::new();
    for (sql, parts) in REFUSED {
        let ran = aqueduct(project.path()).args(["sql", sql]).output().expect("the binary runs");
        let said = String::from_utf8_lossy(&ran.stderr);
        let missing: Vec<_> = parts.iter().filter(|part| !said.contains(**part)).collect();
        if ran.status.success() || !missing.is_empty() {
            wrong.push(format!("{sql}\n  lacks {missing:?}:\n{said}{}", String::from_utf8_lossy(&ran.stdout)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Expressions whose types planners like to change, with parameters that may be NULL.
const STABLE: &str = "/*---
name: shapes.stable
version: 1
params:
  text: {type: string, optional: true}
  number: {type: int32, optional: true}
  price: {type: \"decimal(9,2)\", optional: true}
  at: {type: timestamp, optional: true}
  ids: {type: \"[int64]\", optional: true}
page: {key: [id]}
access: public
---*/
SELECT id, :text AS text, coalesce(:number, 7) AS number, :price AS price, 0.1 AS tenth, :at AS at, now() AS now,
  arrow_cast(name, 'Dictionary(Int32, Utf8)') AS word, arrow_cast(name, 'Utf8View') AS view,
  arrow_cast(name, 'LargeUtf8') AS large, arrow_cast(stamp, 'Timestamp(Nanosecond, None)') AS nanos,
  to_timestamp(0) AS epoch, CASE WHEN :text IS NULL THEN NULL ELSE length END AS maybe, length * 1.50 AS scaled,
  (SELECT max(length) FROM pg.roads) AS longest, upper(coalesce(:text, name)) AS shout, [length] AS list
FROM pg.roads
WHERE (:text IS NULL OR name = :text) AND (:number IS NULL OR length = :number) AND (:price IS NULL OR length < :price)
  AND (:at IS NULL OR stamp = :at) AND (:ids IS NULL OR id = ANY(:ids))
";

#[tokio::test]
async fn columns_are_the_same_whatever_a_query_is_called_with() {
    let database = postgres::database().await;
    database
        .execute(
            "CREATE TABLE roads (id bigint PRIMARY KEY, name text NOT NULL, length int, stamp timestamp NOT NULL); \
             INSERT INTO roads VALUES (1, 'a', 10, '2000-01-01'), (2, 'b', NULL, '1970-01-01 00:00:00.000001')",
        )
        .await;
    let project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/pg.yaml", CATALOG)
        .file("queries/shapes/stable.sql", STABLE);
    let calls: &[(Value, usize)] = &[
        (json!({}), 2),
        (json!({"text": "a"}), 1),
        (json!({"text": "nobody"}), 0),
        (json!({"number": 10, "price": "99.5"}), 1),
        (json!({"at": "1970-01-01T00:00:00.000001"}), 1),
        (json!({"ids": []}), 0),
        (json!({"ids": [2]}), 1),
        (json!({"ids": [2, 1, 2, 77]}), 2),
    ];
    let micros = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
    let expected = [
        ("id", DataType::Int64),
        ("text", DataType::Utf8),
        ("number", DataType::Int64),
        ("price", DataType::Decimal128(9, 2)),
        ("tenth", DataType::Decimal128(1, 1)),
        ("at", micros(None)),
        ("now", micros(Some("UTC"))),
        ("word", DataType::Utf8),
        ("view", DataType::Utf8),
        ("large", DataType::Utf8),
        ("nanos", micros(None)),
        ("epoch", micros(Some("UTC"))),
        ("maybe", DataType::Int32),
        ("scaled", DataType::Decimal128(14, 2)),
        ("longest", DataType::Int32),
        ("shout", DataType::Utf8),
        ("list", DataType::List(Field::new_list_field(DataType::Int32, true).into())),
    ];
    let mut schemas: Vec<Schema> = Vec::new();
    for pushdown in ["on", "off"] {
        let server = Server::start(project.path(), &[("AQUEDUCT_ENGINE__PUSHDOWN", pushdown)]).await;
        for (parameters, rows) in calls {
            let fetched = server.flight().await.command("shapes.stable", 1, parameters).await;
            let fetched = fetched.unwrap_or_else(|refused| panic!("{parameters}: {refused:?}"));
            assert_eq!(fetched.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), *rows, "{parameters}");
            let page = server.http().post("/v1/shapes/stable", parameters).send().await;
            assert_eq!(page.rows().len(), *rows, "{parameters}");
            schemas.push(fetched.schema.as_ref().clone());
        }
    }
    let types: Vec<_> =
        schemas[0].fields().iter().map(|field| (field.name().as_str(), field.data_type().clone())).collect();
    assert_eq!(types, expected);
    for schema in &schemas {
        assert_eq!(*schema, schemas[0]);
    }
}
