//! Queries as they are served: parameters of every type, and pages by the keys that tables have.

use serde_json::{Value, json};

use crate::harness::{
    http::{Answer, all_pages},
    mariadb,
    server::Server,
};

/// A parameter's type, what is asked of it, and values to try in this order.
fn queries() -> Vec<(&'static str, &'static str, Vec<Value>)> {
    vec![
        ("int64", "id = :p", vec![json!(7), json!(999), json!(-1), json!(7)]),
        ("int64", "i4 = :p", vec![json!(3), json!(4_294_967_299_i64)]),
        ("int32", "i2 >= :p", vec![json!(3), json!(70_000), json!(-1)]),
        ("int64", ":p < wide", vec![json!(3), json!(i64::MAX), json!(-5)]),
        (
            "string",
            "s = :p",
            vec![json!("a'b"), json!(""), json!("é"), json!("e"), json!("É"), json!("? ' \\"), json!(" ")],
        ),
        ("string", "s >= :p", vec![json!("a"), json!("z"), json!(""), json!("A'B")]),
        ("string", "s IS DISTINCT FROM :p", vec![json!("é"), json!("")]),
        ("string", "s LIKE :p", vec![json!("a%"), json!("_"), json!("")]),
        ("bool", "b = :p", vec![json!(true), json!(false)]),
        ("float64", "f > :p", vec![json!(3.5), json!(0.0), json!(-0.0), json!(20)]),
        ("float64", "f = :p", vec![json!(4.0), json!(0.0)]),
        ("date", "d <= :p", vec![json!("2024-01-03"), json!("0001-01-01"), json!("9999-12-31")]),
        ("timestamp", "ts >= :p", vec![json!("2024-01-02T00:00:00.000001"), json!("2024-01-03T00:00:00")]),
        ("timestamptz", "tz > :p", vec![json!("2024-01-02T03:00:00+02:00"), json!("2024-01-02T01:00:00Z")]),
        ("\"decimal(10,2)\"", "n = :p", vec![json!("1.25"), json!("-1.20"), json!("99999999.99")]),
        ("\"decimal(12,4)\"", "n > :p", vec![json!("1.2499"), json!("14")]),
        ("\"[int64]\"", "id = ANY(:p)", vec![json!([1, 2, 99]), json!([]), json!([5])]),
        ("\"[string]\"", "NOT (s = ANY(:p))", vec![json!(["a'b", "é"]), json!([]), json!(["x"])]),
        ("int64", "id + :p = 10", vec![json!(3), json!(4)]),
        ("string, optional: true", "(:p IS NULL OR s = :p)", vec![json!("é"), Value::Null, json!("")]),
        ("int64, optional: true", "id = :p", vec![Value::Null, json!(5), Value::Null]),
        ("string", "coalesce(s, :p) = :p", vec![json!("é"), json!("E"), json!("a'b")]),
    ]
}

#[tokio::test]
async fn parameters_mean_the_same_there_and_here() {
    let database = mariadb::database().await;
    database
        .execute(
            "CREATE TABLE t (id BIGINT PRIMARY KEY, i4 INT, i2 SMALLINT UNSIGNED, wide BIGINT UNSIGNED, s VARCHAR(9), b BOOL,
                f DOUBLE, d DATE, ts DATETIME(6), tz TIMESTAMP(6) NULL, n DECIMAL(10, 2));
             INSERT INTO t SELECT seq, seq % 7, seq % 5, 9223372036854775800 + seq,
                ELT(seq % 6 + 1, NULL, '', 'é', 'a''b', 'E', ' '), seq % 2, ELT(seq % 3 + 1, 0, -0e0, seq),
                DATE '2024-01-01' + INTERVAL seq % 5 DAY, TIMESTAMP '2024-01-01 12:00:00' + INTERVAL seq HOUR,
                TIMESTAMP '2024-01-01 12:00:00' + INTERVAL seq HOUR, seq / 4 FROM seq_1_to_60",
        )
        .await;
    let catalog = format!("{}tables: {{t: {{columns: {{b: bool}}}}}}\n", database.catalog());
    let mut project = database.project().file("catalogs/s.yaml", &catalog);
    for (index, (kind, predicate, _)) in queries().iter().enumerate() {
        let file = format!(
            "/*---\nname: p.q{index}\nversion: 1\nparams:\n  p: {{type: {kind}}}\naccess: public\n---*/\n\
             SELECT id, s, f, tz FROM s.t WHERE {predicate}"
        );
        project = project.file(&format!("queries/p/q{index}.sql"), &file);
    }
    let on = Server::start(project.path(), &[]).await;
    let off = Server::start(project.path(), &[("AQUEDUCT_ENGINE__PUSHDOWN", "off")]).await;
    for (index, (_, predicate, values)) in queries().iter().enumerate() {
        for value in values {
            let mut answers = Vec::new();
            for server in [&on, &off] {
                let path = format!("/v1/p/q{index}?limit=9");
                let pages = all_pages(&path, |path| server.http().post(path, &json!({"p": value}))).await;
                assert!(
                    pages.iter().all(|page| page.status.is_success()),
                    "{predicate} with {value}: {}",
                    pages[0].text()
                );
                answers.push(pages.iter().flat_map(Answer::rows).collect::<Vec<_>>());
            }
            assert_eq!(answers[0], answers[1], "{predicate} with {value}");
        }
    }
}

/// A table, its columns and key, and whether pages follow it.
const KEYED: &[(&str, &str, bool)] = &[
    ("whole", "w VARCHAR(9) NOT NULL, id INT UNSIGNED, PRIMARY KEY (w, id)", true),
    ("other", "w VARCHAR(9), id INT UNSIGNED NOT NULL UNIQUE", true),
    ("prefix", "w VARCHAR(9) NOT NULL, id INT UNSIGNED, UNIQUE (w(4))", false),
    ("nullable", "w VARCHAR(9), id INT UNSIGNED UNIQUE", false),
];

#[tokio::test]
async fn rows_page_by_the_tables_own_key() {
    let database = mariadb::database().await;
    let mut project = database.project();
    for (name, columns, _) in KEYED {
        database
            .execute(&format!(
                "CREATE TABLE {name} ({columns}) COMMENT 'Words of {name}.';
                 INSERT INTO {name} VALUES ('a', 1), ('B', 2), ('C', 3), ('é', 4), ('f ', 5), ('d', 4294967295)"
            ))
            .await;
        let file = format!("/*---\nname: k.{name}\nversion: 1\naccess: public\n---*/\nSELECT w, id FROM s.{name}");
        project = project.file(&format!("queries/k/{name}.sql"), &file);
    }
    let server = Server::start(project.path(), &[]).await;
    let document = server.http().get("/openapi.json").send().await.text().to_owned();
    for (name, _, is_keyed) in KEYED {
        let pages = all_pages(&format!("/v1/k/{name}?limit=2"), |path| server.http().get(path)).await;
        let words: Vec<_> = pages.iter().flat_map(Answer::rows).map(|row| row["w"].clone()).collect();
        let expected: &[&str] = match *name {
            "whole" => &["B", "C", "a", "d", "f ", "é"],
            "other" => &["a", "B", "C", "é", "f ", "d"],
            _ => &[],
        };
        assert_eq!(pages.len(), 3, "{name}");
        let consistency = if *is_keyed { "keyset" } else { "stored" };
        assert_eq!(pages[0].header("aqueduct-consistency"), consistency, "{name}");
        assert!(!is_keyed || words == expected, "{name}: {words:?}");
        assert!(document.contains(&format!("Words of {name}.")), "{name}");
    }
}
