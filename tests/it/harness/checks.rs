//! The harness's own tests: what it says of a service or a value can be relied on.

use std::{process::Command, sync::Arc};

use arrow::{
    array::{
        ArrayRef, Decimal128Array, Float64Array, Int64Array, IntervalMonthDayNanoArray, ListArray, RecordBatch,
        StringArray, StructArray, TimestampMicrosecondArray,
    },
    datatypes::{DataType, Field, Int64Type, IntervalMonthDayNano},
};
use serde_json::json;

use super::{flight::Fetched, postgres, process, project::Project, rows, s3, sqlite, tools};

#[tokio::test]
async fn postgres_reports_what_others_sent_and_nothing_else() {
    let database = postgres::database().await;
    database.execute("CREATE TABLE notes (id bigint, note text)").await;
    database.copy("notes", "1|one\n2|two\n".to_owned()).await;
    let mark = database.mark().await;

    let pool = sqlx::PgPool::connect(&database.url).await.expect("the URL works");
    let sql = "SELECT id\nFROM notes WHERE note = $1";
    let id: i64 = sqlx::query_scalar(sql).bind("two").fetch_one(&pool).await.expect("a row");
    assert_eq!(id, 2);
    assert!(database.connections().await > 0);
    assert_eq!(database.running().await, 0);

    let received = database.received_since(&mark).await;
    let sent: Vec<_> = received.iter().filter(|statement| statement.sql == sql).collect();
    assert_eq!(sent.len(), 1, "{received:#?}");
    assert_eq!(sent[0].parameters, "$1 = 'two'");

    let order: Vec<String> = sqlx::query_scalar("SELECT x FROM (VALUES ('a'), ('B')) AS t (x) ORDER BY x")
        .fetch_all(&pool)
        .await
        .expect("rows");
    assert_eq!(order, ["a", "B"], "the default collation is not by code point");
    pool.close().await;
}

#[tokio::test]
async fn every_test_has_a_bucket_of_its_own() {
    let (first, second) = (s3::bucket().await, s3::bucket().await);
    assert_ne!(first.name, second.name);
    let files = process::directory("upload-");
    std::fs::create_dir(files.path().join("day=1")).expect("it can be written");
    std::fs::write(files.path().join("day=1/a.csv"), "id\n7\n").expect("it can be written");
    first.put_directory(files.path()).await;

    assert_eq!(first.get("day=1/a.csv").await.as_deref(), Some(b"id\n7\n".as_slice()));
    assert_eq!(second.get("day=1/a.csv").await, None);
    first.delete("day=1/a.csv").await;
    assert_eq!(first.get("day=1/a.csv").await, None);
}

#[tokio::test]
async fn projects_have_their_placeholders_filled_in() {
    let project = Project::new().value("what", "roads").file("catalogs/a.yaml", "path: {{what}}.db # {{what}}\n");
    let text = std::fs::read_to_string(project.join("catalogs/a.yaml")).expect("it was written");
    assert_eq!(text, "path: roads.db # roads\n");

    let file = project.join("roads.db");
    sqlite::execute(&file, "CREATE TABLE road (id integer); INSERT INTO road VALUES (1), (2)").await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM road")
        .fetch_one(&mut sqlite::connect(&file).await)
        .await
        .expect("a row");
    assert_eq!(count, 2);
}

#[test]
#[should_panic(expected = "{{nobody}} has no value")]
fn a_placeholder_without_value_is_a_mistake() {
    drop(Project::new().file("aqueduct.yaml", "{{nobody}}"));
}

/// One row with a column of each interesting type.
fn sample() -> Fetched {
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None])]);
    let inner: ArrayRef = Arc::new(StringArray::from(vec![Some("x")]));
    let fields = StructArray::from(vec![(Arc::new(Field::new("name", DataType::Utf8, true)), inner)]);
    let decimal = Decimal128Array::from(vec![1050]).with_precision_and_scale(10, 2).expect("it fits");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![i64::MAX]))),
        ("price", Arc::new(decimal)),
        ("ratio", Arc::new(Float64Array::from(vec![f64::NAN]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![1_500_000]).with_timezone("UTC"))),
        ("local", Arc::new(TimestampMicrosecondArray::from(vec![-1]))),
        ("took", Arc::new(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(14, 3, -1_500_000_000)]))),
        ("list", Arc::new(list)),
        ("fields", Arc::new(fields)),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    Fetched { schema: batch.schema(), batches: vec![batch] }
}

#[test]
fn values_of_both_doors_are_compared_by_meaning() {
    let row = json!({
        "id": i64::MAX, "price": "10.50", "ratio": "NaN", "at": "1970-01-01T00:00:01.500Z",
        "local": "1969-12-31T23:59:59.999999", "took": "P1Y2M3DT-1.5S", "list": [1, null], "fields": {"name": "x"},
    });
    rows::assert_same(std::slice::from_ref(&row), &sample());

    for (column, wrong) in [
        ("id", json!("9223372036854775807")),
        ("price", json!(10.50)),
        ("price", json!("10.5")),
        ("ratio", json!(null)),
        ("at", json!("1970-01-01T00:00:01.5")),
        ("local", json!("1969-12-31T23:59:59.999999Z")),
        ("took", json!("P14M")),
        ("list", json!([1])),
        ("fields", json!({"nom": "x"})),
    ] {
        let mut row = row.clone();
        row[column] = wrong;
        let same = std::panic::catch_unwind(|| rows::assert_same(&[row], &sample()));
        assert!(same.is_err(), "a wrong {column} goes unnoticed");
    }
}

#[test]
fn the_tools_of_the_suites_run() {
    for tool in ["redocly", "spectral"] {
        assert_ne!(tools::output(tools::node_tool(tool).arg("--version")).trim(), "");
    }
    let schemathesis = tools::output(Command::new(tools::python_tool("schemathesis")).arg("--version"));
    assert_ne!(schemathesis.trim(), "");
}
