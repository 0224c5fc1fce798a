//! The contract, over Redshift's wire and by its Data API, as far as a Postgres plays its part.

mod data;
mod login;
mod wire;

use aqueduct::model::Code;

use super::{
    opened::{Opened, check_numbers},
    values::{Exact, check_values, declared},
};
use crate::harness::{
    project::Project,
    redshift::{self, Redshift},
};

const VALUES: &[Exact] = &[
    ("boolean", "true", "true"),
    ("smallint", "-32768", "-32768"),
    ("integer", "2147483647", "2147483647"),
    ("bigint", "-9223372036854775808", "-9223372036854775808"),
    ("real", "0.1", "0.1"),
    ("real", "'-0'", "-0.0"),
    ("real", "16777217.5", "16777218.0"),
    ("double precision", "5e-324", "5e-324"),
    ("double precision", "0.1", "0.1"),
    ("double precision", "'-Infinity'", "-inf"),
    ("double precision", "'NaN'", "NaN"),
    ("numeric(38,0)", "-99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"),
    ("numeric(38,37)", "9.9999999999999999999999999999999999999", "9.9999999999999999999999999999999999999"),
    ("numeric(9,3)", "0.001", "0.001"),
    ("varchar(200)", "'it''s \\ \" é日本 𝄞 '", "it's \\ \" é日本 𝄞 "),
    ("varchar(200)", "E'a\\tb\\nc'", "a\tb\nc"),
    ("varchar(200)", "''", ""),
    ("varchar(200)", "'NULL'", "NULL"),
    ("varchar(200)", "NULL", "NULL"),
    ("char(5)", "'ab'", "ab"),
    ("date", "'0044-03-15 BC'", "-0043-03-15"),
    ("date", "'9999-12-31'", "9999-12-31"),
    ("timestamp", "'0001-01-01 00:00:00.000001'", "0001-01-01T00:00:00.000001"),
    ("timestamp", "'9999-12-31 23:59:59.999999'", "9999-12-31T23:59:59.999999"),
    ("timestamptz", "'2024-07-01 00:00:00-04:30'", "2024-07-01T04:30:00Z"),
    ("time", "'23:59:59.999999'", "23:59:59.999999"),
    ("timetz", "'12:00:00.5+02'", "12:00:00.5+02"),
    ("redshift_catalog.super", "'{\"a\": [1, \"x\", null]}'", "{\"a\": [1, \"x\", null]}"),
    ("redshift_catalog.varbyte", "'\\x00ff61'", "00ff61"),
    ("redshift_catalog.varbyte", "''", ""),
];

/// Both ways to the same database.
fn both(redshift: &Redshift) -> [(&'static str, Project); 2] {
    [("wire", redshift.project()), ("data", redshift.data_project())]
}

async fn numbers() -> Redshift {
    let redshift = redshift::database().await;
    redshift
        .execute("CREATE TABLE numbers (n int, t varchar(10)); INSERT INTO numbers SELECT i, 'a' FROM generate_series(1, 20000) i")
        .await;
    redshift
}

#[tokio::test]
async fn values_come_exactly() {
    let redshift = redshift::database().await;
    let (columns, values) = declared(VALUES);
    let nulls = vec!["NULL"; VALUES.len()].join(", ");
    redshift
        .execute(&format!(
            "CREATE TABLE kinds (id int, {columns}); INSERT INTO kinds VALUES (1, {values}), (2, {nulls})"
        ))
        .await;
    for (_, project) in both(&redshift) {
        check_values(&project, VALUES, &["NULL"]).await;
    }
    assert_eq!(redshift.refused(), Vec::<String>::new());
}

#[tokio::test]
async fn columns_are_read_as_their_owner_says_or_not_at_all() {
    let redshift = redshift::database().await;
    redshift
        .execute(
            "CREATE TABLE wild (id int, n numeric(9,3), i int, big bigint, g redshift_catalog.geometry, h redshift_catalog.hllsketch);
             INSERT INTO wild VALUES (1, 1.500, 7, 5, 'POINT(0 0)', 'x'), (2, 12345.678, 8, 6, NULL, NULL)",
        )
        .await;
    for (way, project) in both(&redshift) {
        let catalog = std::fs::read_to_string(project.join("catalogs/s.yaml")).expect("it was written");
        let annotated =
            format!("{catalog}tables: {{wild: {{columns: {{n: string, i: \"decimal(12,2)\", big: string}}}}}}\n");
        let engine = Opened::of(&project.file("catalogs/s.yaml", &annotated)).await;
        let rows = engine.rows("SELECT * FROM s.wild ORDER BY id").await;
        assert_eq!(rows, Ok(vec!["1|1.500|7.00|5".to_owned(), "2|12345.678|8.00|6".to_owned()]), "{way}");
        let narrow = format!("{catalog}tables: {{wild: {{columns: {{n: \"decimal(5,3)\"}}}}}}\n");
        let project =
            Project::new().file("aqueduct.yaml", "auth: {anonymous: true}\n").file("catalogs/s.yaml", &narrow);
        let fault = Opened::of(&project).await.rows("SELECT n FROM s.wild").await.expect_err("it is too narrow");
        assert_eq!(fault.code, Code::ValueUnrepresentable, "{way}: {fault:?}");
        assert!(fault.detail.contains("column `n` of `s.public.wild`"), "{way}: {fault:?}");
    }
}

#[tokio::test]
async fn rows_are_the_same_with_pushdown_and_without() {
    let redshift = numbers().await;
    for (_, project) in both(&redshift) {
        let catalog = std::fs::read_to_string(project.join("catalogs/s.yaml")).expect("it was written");
        for pushdown in ["on", "off"] {
            check_numbers(&Opened::with_pushdown(&project, pushdown).await).await;
        }
        let narrow = project.file("catalogs/s.yaml", &format!("{catalog}pool: {{max_connections: 1}}\n"));
        check_numbers(&Opened::of(&narrow).await).await;
    }
    assert_eq!(redshift.refused(), Vec::<String>::new());
}

#[tokio::test]
async fn texts_that_differ_in_blanks_or_in_case_differ() {
    let redshift = redshift::database().await;
    redshift
        .execute(
            "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
             CREATE TABLE texts (id int, x bpchar COLLATE loose);
             INSERT INTO texts VALUES (1, 'a'), (2, 'a '), (3, 'A'), (4, 'a\t'), (5, ''), (6, ' '), (7, NULL)",
        )
        .await;
    for (way, project) in both(&redshift) {
        let engine = Opened::of(&project).await;
        for (condition, expected) in [
            ("x = 'a'", "1"),
            ("x = 'a '", "2"),
            ("x <> 'a'", "2 3 4 5 6"),
            ("x IN ('a', 'b', 'c', 'd', 'e')", "1"),
            ("x NOT IN ('a', 'b', 'c', 'd', '')", "2 3 4 6"),
            ("x IS DISTINCT FROM 'a'", "2 3 4 5 6 7"),
            ("x = ''", "5"),
            ("x > 'a'", "2 4"),
        ] {
            let rows = engine.rows(&format!("SELECT id FROM s.texts WHERE {condition} ORDER BY id")).await;
            let rows = rows.map(|rows| rows.join(" "));
            assert_eq!(rows.as_deref(), Ok(expected), "{way}: {condition}");
        }
        let groups =
            engine.rows("SELECT count(*) AS n FROM (SELECT x, count(*) AS n FROM s.texts GROUP BY x) AS g").await;
        assert_eq!(groups, Ok(vec!["7".to_owned()]), "{way}");
        let sent = engine.statements("SELECT x, count(*) AS n FROM s.texts GROUP BY x").await;
        assert!(sent[0].contains(" GROUP BY "), "{way}: {sent:?}");
        let pairs = engine.rows("SELECT count(*) AS n FROM s.texts a JOIN s.texts b ON a.x = b.x").await;
        assert_eq!(pairs, Ok(vec!["6".to_owned()]), "{way}");
        let sorted = engine.rows("SELECT id FROM s.texts WHERE x IS NOT NULL ORDER BY x").await;
        assert_eq!(sorted.map(|rows| rows.join(" ")).as_deref(), Ok("5 6 3 1 4 2"), "{way}");
    }
    assert_eq!(redshift.refused(), Vec::<String>::new());
}

#[tokio::test]
async fn names_are_taken_as_they_are() {
    let redshift = redshift::database().await;
    redshift
        .execute(
            "CREATE TABLE \"we'ird \"\"na.me: $1 :p1\" (\"Col umn\" int, \"sel\"\"ect\" varchar(9), \"ünï\" smallint, \"user\" int);
             INSERT INTO \"we'ird \"\"na.me: $1 :p1\" VALUES (1, 'a', 2, 3);
             CREATE TABLE \"Mixed\" (\"Id\" int); INSERT INTO \"Mixed\" VALUES (7)",
        )
        .await;
    for (way, project) in both(&redshift) {
        let engine = Opened::of(&project).await;
        let sql = "SELECT \"Col umn\", \"sel\"\"ect\", ünï, \"user\" FROM s.\"we'ird \"\"na.me: $1 :p1\" \
                   WHERE \"sel\"\"ect\" = 'a' AND \"Col umn\" = 1";
        assert_eq!(engine.rows(sql).await, Ok(vec!["1|a|2|3".to_owned()]), "{way}");
        assert_eq!(engine.rows("SELECT id FROM s.public.mixed WHERE id > 1").await, Ok(vec!["7".to_owned()]), "{way}");
        let fault = engine.rows("SELECT * FROM s.mixd").await.expect_err("there is none");
        assert!(fault.detail.contains("did you mean `Mixed`?"), "{way}: {fault:?}");
    }
}

#[tokio::test]
async fn views_that_are_bound_late_have_columns() {
    let redshift = redshift::database().await;
    redshift
        .execute(
            "CREATE TABLE t (a int, b numeric(8,2)); INSERT INTO t VALUES (1, 2.50);
             CREATE VIEW late AS SELECT a, b FROM t; INSERT INTO redshift_catalog.late_binding VALUES ('late');
             CREATE SCHEMA other; CREATE TABLE other.u (a int); COMMENT ON TABLE t IS 'tea'; COMMENT ON COLUMN t.a IS 'ay'",
        )
        .await;
    for (way, project) in both(&redshift) {
        let catalog = std::fs::read_to_string(project.join("catalogs/s.yaml")).expect("it was written");
        let engine = Opened::of(&project.file("catalogs/s.yaml", &catalog.replace("schemas: [public]\n", ""))).await;
        assert_eq!(engine.rows("SELECT a, b FROM s.late").await, Ok(vec!["1|2.50".to_owned()]), "{way}");
        assert_eq!(engine.rows("SELECT a FROM s.other.u").await, Ok(vec![]), "{way}");
    }
}

#[tokio::test]
async fn dates_and_decimals_are_ordered_by_what_they_are() {
    let redshift = redshift::database().await;
    redshift
        .execute("CREATE TABLE d (id int, n numeric(9,2), day date); INSERT INTO d VALUES (1, 9, '0044-03-15 BC'), (2, 10, '2024-01-01'), (3, -1, '0900-01-01')")
        .await;
    for (way, project) in both(&redshift) {
        let engine = Opened::of(&project).await;
        for (sql, expected) in [
            ("SELECT n FROM s.d ORDER BY n", "-1.00 9.00 10.00"),
            ("SELECT n FROM s.d ORDER BY n DESC LIMIT 1", "10.00"),
            ("SELECT DISTINCT n FROM s.d ORDER BY n", "-1.00 9.00 10.00"),
            ("SELECT day FROM s.d ORDER BY day LIMIT 2", "-0043-03-15 0900-01-01"),
            ("SELECT max(n) AS n FROM s.d GROUP BY day ORDER BY n", "-1.00 9.00 10.00"),
            ("SELECT sum(n) AS n FROM s.d", "18.00"),
            ("SELECT n FROM s.d WHERE n > 5 AND day > DATE '2000-01-01'", "10.00"),
            ("SELECT n FROM s.d UNION ALL SELECT n FROM s.d ORDER BY n LIMIT 2", "-1.00 -1.00"),
        ] {
            let rows = engine.rows(sql).await.map(|rows| rows.join(" "));
            assert_eq!(rows.as_deref(), Ok(expected), "{way}: {sql}");
        }
    }
    assert_eq!(redshift.refused(), Vec::<String>::new());
}
