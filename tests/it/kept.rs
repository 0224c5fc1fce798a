//! Plans that are kept for many requests give what plans of their own would.

use serde_json::{Value, json};

use crate::harness::{postgres, project::Project, server::Server};

const SETTINGS: &str = "auth: {anonymous: true}\n";
const CATALOG: &str = "kind: postgres\nurl: \"{{postgres_url}}\"\npool: {max_connections: 2}\n";
const TABLE: &str = "
    CREATE TABLE t (id int8 PRIMARY KEY, i4 int4, i2 int2, s text, u uuid, b bool, f float8, d date, ts timestamp,
        tz timestamptz, n numeric(10,2));
    INSERT INTO t SELECT n, n % 7, n % 5, CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'é' ELSE 'a''b' END,
        ('00000000-0000-0000-0000-0000000000' || lpad((n % 9)::text, 2, '0'))::uuid, n % 2 = 0,
        CASE n % 6 WHEN 0 THEN 0::float8 WHEN 1 THEN '-0' WHEN 2 THEN 'NaN' WHEN 3 THEN 'Infinity' ELSE n END,
        DATE '2024-01-01' + (n % 5)::int, TIMESTAMP '2024-01-01 12:00' + n * INTERVAL '1 hour',
        TIMESTAMPTZ '2024-01-01 12:00Z' + n * INTERVAL '1 hour', n / 4.0
    FROM generate_series(1, 60) AS n;
";

/// A parameter's type, what is asked of it, whether all requests share a plan, and values to try in this order.
fn queries() -> Vec<(&'static str, &'static str, bool, Vec<Value>)> {
    vec![
        ("int64", "id = :p", true, vec![json!(7), json!(8), json!(999), json!(-1), json!(7)]),
        ("int64", "i4 = :p", true, vec![json!(3), json!(4_294_967_299_i64), json!(-1)]),
        ("int32", "i2 >= :p", true, vec![json!(3), json!(70_000)]),
        ("int64", ":p < i2", true, vec![json!(3), json!(i64::MAX)]),
        ("string", "s = :p", true, vec![json!("a'b"), json!(""), json!("é"), json!("$1 ' \\")]),
        ("string", "s >= :p", true, vec![json!("a"), json!("z"), json!("")]),
        ("string", "s IS DISTINCT FROM :p", true, vec![json!("é"), json!("")]),
        (
            "uuid",
            "u = :p",
            true,
            vec![json!("00000000-0000-0000-0000-000000000003"), json!("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")],
        ),
        ("string", "u = :p", true, vec![json!("00000000-0000-0000-0000-000000000003"), json!("no uuid"), json!("{}")]),
        ("bool", "b = :p", true, vec![json!(true), json!(false)]),
        ("float64", "f > :p", true, vec![json!(3.5), json!(0.0), json!(-0.0), json!(20)]),
        ("float64", "f = :p", true, vec![json!(4.0), json!(0.0), json!(-0.0)]),
        ("date", "d <= :p", true, vec![json!("2024-01-03"), json!("0001-01-01"), json!("9999-12-31")]),
        ("timestamp", "ts >= :p", true, vec![json!("2024-01-02T00:00:00.000001")]),
        ("timestamptz", "tz > :p", true, vec![json!("2024-01-02T03:00:00+02:00"), json!("2024-01-02T01:00:00Z")]),
        ("\"decimal(10,2)\"", "n = :p", true, vec![json!("1.25"), json!("1.20")]),
        ("\"decimal(12,4)\"", "n > :p", true, vec![json!("1.2499"), json!("14")]),
        ("\"[int64]\"", "id = ANY(:p)", true, vec![json!([1, 2, 99]), json!([]), json!([5])]),
        ("\"[string]\"", "s = ANY(:p)", true, vec![json!(["a'b", "{\"é\",NULL}"]), json!([""])]),
        ("\"[string]\"", "NOT (s = ANY(:p))", true, vec![json!(["a'b", "é"]), json!([]), json!(["x"])]),
        ("\"[float64]\"", "f = ANY(:p)", true, vec![json!([4.0, 10.5]), json!([0.0, 4.0])]),
        ("string", "s LIKE :p", true, vec![json!("a%"), json!("")]),
        ("int64", "id + :p = 10", true, vec![json!(3), json!(4)]),
        ("int64", "id = :p AND tz < now()", false, vec![json!(3), json!(4)]),
        // NULL is a shape of its own.
        (
            "string, optional: true",
            "(:p IS NULL OR s = :p)",
            true,
            vec![json!("é"), Value::Null, json!(""), Value::Null],
        ),
        ("int64, optional: true", "(:p IS NOT NULL AND id > :p)", true, vec![json!(50), Value::Null, json!(55)]),
        ("int64, optional: true", "id = :p", true, vec![Value::Null, json!(5), Value::Null]),
    ]
}

#[tokio::test]
async fn a_kept_plan_gives_what_a_plan_of_its_own_would() {
    let database = postgres::database().await;
    database.execute(TABLE).await;
    let mut project =
        Project::new().postgres(&database).file("aqueduct.yaml", SETTINGS).file("catalogs/pg.yaml", CATALOG);
    let queries = queries();
    for (index, (kind, predicate, ..)) in queries.iter().enumerate() {
        let file = format!(
            "/*---\nname: kept.q{index}\nversion: 1\nparams:\n  p: {{type: {kind}}}\naccess: public\n---*/\n\
             SELECT id, s, f, tz AS \"at\" FROM pg.t WHERE {predicate}"
        );
        project = project.file(&format!("queries/kept/q{index}.sql"), &file);
    }
    let on = Server::start(project.path(), &[("RUST_LOG", "info,aqueduct=debug")]).await;
    let off = Server::start(project.path(), &[("AQUEDUCT_ENGINE__PUSHDOWN", "off")]).await;
    for (index, (_, predicate, is_kept, values)) in queries.iter().enumerate() {
        // Once more at the end: by now the plan has served others.
        for value in values.iter().chain(&values[..1]) {
            let (there, here) = (pages(&on, index, value).await, pages(&off, index, value).await);
            assert_eq!(there, here, "{predicate} with {value}");
            let (there, here) = (stream(&on, index, value).await, stream(&off, index, value).await);
            assert_eq!(there, here, "{predicate} with {value}, as a stream");
        }
        let name = format!("kept.q{index}\"");
        let planned_alone = |line: &str| line.contains("each request is planned by itself") && line.contains(&name);
        let own = on.log().lines().any(planned_alone);
        let now = predicate.contains("now()");
        assert_eq!(own, !is_kept && !now, "{predicate}");
    }
}

/// All rows, page by page.
async fn pages(server: &Server, index: usize, value: &Value) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/kept/q{index}?limit=9{cursor}");
        let answer = server.http().post(&path, &json!({"p": value})).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        rows.extend(answer.rows());
        match answer.cursor() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

/// All rows at once, sorted.
async fn stream(server: &Server, index: usize, value: &Value) -> Vec<String> {
    let path = format!("/v1/kept/q{index}?format=ndjson");
    let answer = server.http().post(&path, &json!({"p": value})).send().await;
    let mut rows: Vec<_> = answer.ndjson().iter().map(ToString::to_string).collect();
    rows.sort();
    rows
}
