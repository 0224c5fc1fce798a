//! The contract, over `DuckDB` files.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aqueduct::{
    model::{Code, TableNames},
    sources::Source,
};
use futures::StreamExt;
use tempfile::TempDir;

use super::{open, try_open};
use crate::{
    contract::{check_one_connection, check_orders, check_predicates, check_shapes, engine::Engine},
    harness::{duckdb, process},
};

/// A database file that goes with the test.
struct File(TempDir);

impl File {
    async fn with(statements: &str) -> Self {
        let file = Self(process::directory("duckdb-"));
        duckdb::execute(&file.path(), statements).await;
        file
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("shop.duckdb")
    }

    fn open(&self, tables: &str, pushdown: bool) -> Arc<dyn Source> {
        self.open_with(tables, pushdown, 4)
    }

    fn open_with(&self, tables: &str, pushdown: bool, max_connections: u32) -> Arc<dyn Source> {
        let library = duckdb::library();
        let catalog = format!(
            "kind: duckdb\npath: shop.duckdb\ndriver: \"{}\"\npool: {{max_connections: {max_connections}}}\n{tables}",
            library.display()
        );
        open(self.0.path(), &catalog, pushdown)
    }
}

const NUMBERS: &str = "CREATE TABLE numbers AS SELECT range::INTEGER AS n, 'a' AS t FROM range(1, 20001)";

const TYPES: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TABLE typed (
        i8 TINYINT, u8 UTINYINT, i2 SMALLINT, u2 USMALLINT, i4 INTEGER, u4 UINTEGER, i BIGINT, u UBIGINT, h HUGEINT,
        uh UHUGEINT, f4 FLOAT, f DOUBLE, m DECIMAL(38, 10), b BOOLEAN, t VARCHAR, tn VARCHAR COLLATE NOCASE, x BLOB,
        d DATE, s TIMESTAMP, z TIMESTAMPTZ, ss TIMESTAMP_S, sms TIMESTAMP_MS, sns TIMESTAMP_NS, tm TIME, tmz TIMETZ,
        g UUID, e mood, bits BIT, iv INTERVAL, l INTEGER[], st STRUCT(a INTEGER, b VARCHAR), mp MAP(VARCHAR, INTEGER),
        j JSON, un UNION(num INTEGER, str VARCHAR));
    INSERT INTO typed VALUES
        (-128, 0, -32768, 0, -2147483648, 0, -9223372036854775808, 0, '-99999999999999999999999999999999999999', 0,
         '-0.0', '-0.0', '-9999999999999999999999999999.9999999999', false, '', 'a', '', '0001-01-01', '0001-01-01 00:00:00',
         '0001-01-01 00:00:00+00', '1970-01-01 00:00:00', '1970-01-01 00:00:00.001', '1970-01-01 00:00:00.000001',
         '00:00:00', '00:00:00+00', '00000000-0000-0000-0000-000000000000', 'sad', '0', INTERVAL '-1' MONTH, [], {'a': 1, 'b': 'x'},
         MAP {}, '{}', union_value(num := 1)),
        (127, 255, 32767, 65535, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615,
         '99999999999999999999999999999999999999', '340282366920938463463374607431768211455', 'inf', 'inf',
         '9999999999999999999999999999.9999999999', true, 'é''\"\\日本', 'A', '\\x00\\xFF'::BLOB, '9999-12-31',
         '9999-12-31 23:59:59.999999', '2024-02-29 12:30:15.5+02', '9999-12-31 23:59:59', '2024-02-29 12:30:15.123',
         '2200-01-01 00:00:00.000001', '23:59:59.999999', '12:00:00+02', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'happy', '10101',
         INTERVAL '1 year 2 days', [1, NULL], {'a': NULL, 'b': NULL}, MAP {'k': 1}, '[1]', union_value(str := 'y')),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)";

#[tokio::test]
async fn values_arrive_as_they_are() {
    let file = File::with(TYPES).await;
    let engine = Engine::over(&file.open("", true)).await;
    let expected = [
        ("i8", "-128 127"),
        ("u8", "0 255"),
        ("i2", "-32768 32767"),
        ("u2", "0 65535"),
        ("i4", "-2147483648 2147483647"),
        ("u4", "0 4294967295"),
        ("i", "-9223372036854775808 9223372036854775807"),
        ("u", "0 18446744073709551615"),
        ("h", "-99999999999999999999999999999999999999 99999999999999999999999999999999999999"),
        ("uh", "0 340282366920938463463374607431768211455"),
        ("f4", "-0.0 inf"),
        ("f", "-0.0 inf"),
        ("m", "-9999999999999999999999999999.9999999999 9999999999999999999999999999.9999999999"),
        ("b", "false true"),
        ("t", " é'\"\\日本"),
        ("tn", "a A"),
        ("x", " 00ff"),
        ("d", "0001-01-01 9999-12-31"),
        ("s", "0001-01-01T00:00:00 9999-12-31T23:59:59.999999"),
        ("z", "0001-01-01T00:00:00Z 2024-02-29T10:30:15.500Z"),
        ("ss", "1970-01-01T00:00:00 9999-12-31T23:59:59"),
        ("sms", "1970-01-01T00:00:00.001 2024-02-29T12:30:15.123"),
        ("sns", "1970-01-01T00:00:00.000001 2200-01-01T00:00:00.000001"),
        ("tm", "00:00:00 23:59:59.999999"),
        ("tmz", "00:00:00+00 12:00:00+02"),
        ("g", "00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ("e", "sad happy"),
        ("bits", "0 10101"),
        ("iv", "-1 mons 12 mons 2 days"),
        ("l", "[] [1, NULL]"),
        ("st", "{a: 1, b: x} {a: NULL, b: NULL}"),
        ("mp", "{} {\"k\":1}"),
        ("j", "{} [1]"),
        ("un", "1 y"),
    ];
    let mut wrong = Vec::new();
    for (column, values) in expected {
        let rows = engine.rows_in_order(&format!("SELECT {column} FROM typed")).await;
        if rows.as_ref().map(|rows| rows.join(" ")) != Ok(format!("{values} NULL")) {
            wrong.push(format!("{column}: {rows:?} instead of {values}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn predicates_agree() {
    let file = File::with(TYPES).await;
    let on = Engine::over(&file.open("", true)).await;
    let off = Engine::over(&file.open("", false)).await;
    let predicates = [
        ("i > 0", true),
        ("i = -9223372036854775808", true),
        ("i8 = -128", true),
        ("i8 + 100 > 200", true),
        ("u8 - 1 < 0", true),
        ("u = CAST(18446744073709551615 AS DECIMAL(20,0))", true),
        ("h > 0", false),
        ("f = 1.5", true),
        ("f > CAST(1.5 AS DOUBLE)", true),
        ("f = CAST(0 AS DOUBLE)", false),
        ("m > 0.5", true),
        ("b", true),
        ("tn = 'a'", true),
        ("tn < 'B'", true),
        ("t LIKE '%日_'", true),
        ("upper(t) = 'A'", false),
        ("d = DATE '9999-12-31'", true),
        ("s > TIMESTAMP '1970-01-01 00:00:00'", true),
        ("z > TIMESTAMPTZ '2024-02-29 12:00:00+02'", true),
        ("ss > TIMESTAMP '1970-01-01 00:00:00'", false),
        ("sns IS NOT NULL", true),
        ("e = 'happy'", true),
        ("e > 'ok'", true),
        ("g = '00000000-0000-0000-0000-000000000000'", true),
        ("uh IS NULL", true),
        ("x = x'00ff'", true),
        ("l IS NULL", true),
        ("bits = '0'", false),
    ];
    check_predicates(&on, &off, "typed", &predicates).await;
}

#[tokio::test]
async fn orders_agree() {
    let file = File::with(TYPES).await;
    let on = Engine::over(&file.open("", true)).await;
    let off = Engine::over(&file.open("", false)).await;
    let columns = ["i8", "u", "m", "b", "t", "tn", "x", "d", "s", "z", "e", "g"].map(|name| (name, true));
    let stay = ["f", "h", "uh", "ss", "l"].map(|name| (name, false));
    check_orders(&on, &off, "typed", "i", &[columns.as_slice(), stay.as_slice()].concat()).await;
}

#[tokio::test]
async fn shapes_and_one_connection() {
    let file = File::with(NUMBERS).await;
    check_shapes(&Engine::over(&file.open("", true)).await, &Engine::over(&file.open("", false)).await).await;
    check_one_connection(&Engine::over(&file.open_with("", true, 1)).await).await;
}

#[tokio::test]
async fn what_does_not_fit_is_an_error_with_a_remedy() {
    let statements = "
        CREATE TABLE wild (h HUGEINT, d DATE, s TIMESTAMP, z TIMESTAMPTZ, n TIMESTAMP_NS, r UBIGINT);
        INSERT INTO wild VALUES ('100000000000000000000000000000000000000', 'infinity', '-infinity', 'infinity',
            '2024-01-01 00:00:00.000000001', 1)";
    let file = File::with(statements).await;
    let engine = Engine::over(&file.open("", true)).await;
    for column in ["h", "d", "s", "z", "n"] {
        let fault = engine.rows(&format!("SELECT {column} FROM wild")).await.expect_err("it does not fit");
        assert_eq!(fault.code, Code::ValueUnrepresentable, "{fault:?}");
        let says = format!("column `{column}` of `shop.main.wild` holds a value (of another range or precision) that");
        assert!(fault.detail.starts_with(&says), "{}", fault.detail);
        let remedy = format!("set `columns: {{{column}: string}}` for the table in catalogs/shop.yaml");
        assert_eq!(fault.hint, Some(remedy));
    }
    let columns = ["h", "d", "s", "z", "n", "r"].map(|name| format!("{name}: string")).join(", ");
    let engine = Engine::over(&file.open(&format!("tables: {{wild: {{columns: {{{columns}}}}}}}\n"), true)).await;
    let rows = engine.rows("SELECT * FROM wild").await;
    let expected =
        "100000000000000000000000000000000000000|infinity|-infinity|infinity|2024-01-01 00:00:00.000000001|1";
    assert_eq!(rows, Ok(vec![expected.to_owned()]));
}

#[tokio::test]
async fn names_keys_comments_and_views() {
    let statements = "
        CREATE TABLE \"a \"\"b\"\" $1?1\" (\"sp ace\" INTEGER PRIMARY KEY, \"qu\"\"ote\" TEXT, \"Ünï.cod\" TEXT, \"select\" TEXT);
        INSERT INTO \"a \"\"b\"\" $1?1\" VALUES (1, 'x', 'y', 'z');
        CREATE TABLE pair (a INTEGER, b TEXT, c DOUBLE, PRIMARY KEY (b, a));
        COMMENT ON TABLE pair IS 'Two by two'; COMMENT ON COLUMN pair.c IS 'And more';
        CREATE SCHEMA \"o.dd\"; CREATE TABLE \"o.dd\".t (i INTEGER);
        CREATE VIEW seen AS SELECT \"sp ace\" AS i, \"qu\"\"ote\" AS t FROM \"a \"\"b\"\" $1?1\";
        CREATE TABLE gone (i INTEGER); CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone";
    let file = File::with(statements).await;
    let source = file.open("tables: {sean: {}}\n", true);
    let engine = Engine::naming(&source, &["seen", "broken"]).await;
    let odd = "SELECT \"sp ace\", \"qu\"\"ote\", \"Ünï.cod\", \"select\" FROM \"a \"\"b\"\" $1?1\" \
               WHERE \"qu\"\"ote\" = 'x' AND \"sp ace\" < 2 AND \"select\" <> ''";
    assert_eq!(engine.rows(odd).await, Ok(vec!["1|x|y|z".to_owned()]));
    assert_eq!(engine.rows("SELECT i, t FROM seen WHERE i = 1 AND t = 'x'").await, Ok(vec!["1|x".to_owned()]));
    assert_eq!(engine.rows("SELECT * FROM \"o.dd\".t").await, Ok(vec![]));
    let said: Vec<_> = engine.problems.iter().map(|problem| problem.message.as_str()).collect();
    let broken = "`main.broken` cannot be read: the source does not say what columns it has";
    assert_eq!(said, ["the source has no table `sean`", broken]);

    let listing = source.tables(&TableNames::default()).await.expect("a file");
    let mut keys: Vec<_> = listing.tables.iter().map(|table| (table.name.as_str(), table.key.join("|"))).collect();
    keys.sort();
    assert_eq!(keys, [("a \"b\" $1?1", "sp ace".to_owned()), ("pair", "b|a".to_owned()), ("t", String::new())]);
    let pair = listing.tables.iter().find(|table| table.name == "pair").expect("it is there");
    assert_eq!(pair.comment.as_deref(), Some("Two by two"));
    assert_eq!(pair.column_comments.get("c").map(String::as_str), Some("And more"));
    // What a view selects from may be far away: it is looked at when a query names it.
    let others: Vec<_> = listing.others.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(others, ["broken", "seen"]);
}

#[tokio::test]
async fn a_file_that_is_missing_or_none_is_down() {
    let file = File(process::directory("duckdb-"));
    let source = file.open("", true);
    for content in [None, Some("This is no database, although it is long enough to be one.".repeat(100))] {
        if let Some(content) = content {
            std::fs::write(file.path(), content).expect("it can be written");
        }
        let fault = source.tables(&TableNames::default()).await.expect_err("there is no database");
        assert_eq!((fault.code, fault.detail.as_str()), (Code::SourceDown, "source `shop` cannot be reached"));
    }
    // And up again, without a restart.
    std::fs::remove_file(file.path()).expect("it was there");
    duckdb::execute(&file.path(), NUMBERS).await;
    assert_eq!(Engine::over(&source).await.rows("SELECT count(*) FROM numbers").await, Ok(vec!["20000".to_owned()]));
}

#[tokio::test]
async fn a_file_that_is_replaced_is_read_anew() {
    let file = File::with("CREATE TABLE t (id INTEGER, gone TEXT, x INTEGER); INSERT INTO t VALUES (1, 'a', 7)").await;
    let source = file.open("", true);
    let before = Engine::over(&source).await;
    assert_eq!(before.rows("SELECT * FROM t").await, Ok(vec!["1|a|7".to_owned()]));
    let other = File::with("CREATE TABLE t (id INTEGER, x TEXT); INSERT INTO t VALUES (2, 'y')").await;
    std::fs::rename(other.path(), file.path()).expect("files of one disk change places");
    // What was listed is what is read.
    assert_eq!(before.rows("SELECT * FROM t").await, Ok(vec!["1|a|7".to_owned()]));
    assert_eq!(Engine::over(&source).await.rows("SELECT * FROM t").await, Ok(vec!["2|y".to_owned()]));
    for sql in ["SELECT gone FROM t", "SELECT id FROM t WHERE gone = 'a'"] {
        let fault = before.rows(sql).await.expect_err(sql);
        assert_eq!(fault.code, Code::SourceFailed, "{sql}: {fault:?}");
        assert!(fault.detail.contains("is no longer as it was when source `shop` was read"), "{sql}: {fault:?}");
    }
    tokio::time::timeout(Duration::from_secs(1), source.stale()).await.expect("it is said that the tables changed");
}

#[tokio::test]
async fn a_consumer_that_goes_away_ends_the_statement() {
    let views = "
        CREATE VIEW endless AS SELECT range AS n FROM range(100000000000);
        CREATE VIEW stuck AS SELECT count(*) AS n FROM range(100000000) a, range(100000000) b WHERE a.range % 7 = b.range % 11;
        CREATE TABLE ready AS SELECT 1 AS n";
    let file = File::with(views).await;
    let engine = Engine::naming(&file.open_with("", true, 1), &["endless", "stuck"]).await;
    for view in ["endless", "stuck", "endless", "stuck"] {
        let mut stream = engine.stream(&format!("SELECT n FROM {view}")).await;
        let first = tokio::time::timeout(Duration::from_secs(1), stream.next()).await;
        assert_eq!(first.is_ok(), view == "endless");
        let left = Instant::now();
        drop(stream);
        // There is one connection, and it is free when the statement has ended in the source.
        assert_eq!(engine.rows("SELECT n FROM ready").await, Ok(vec!["1".to_owned()]));
        assert!(left.elapsed() < Duration::from_secs(1), "{view} ran on for {:?}", left.elapsed());
    }
}

#[tokio::test]
async fn a_large_table_is_read_in_parts_that_are_the_table() {
    let statements = "
        CREATE TABLE large AS SELECT range AS n, CASE WHEN range % 3 = 0 THEN NULL ELSE 'row ' || range END AS t
        FROM range(1500000);
        CREATE TABLE shadowed AS SELECT n, CASE WHEN n % 2 = 0 THEN NULL ELSE 7 END AS \"RowId\" FROM large;
        CHECKPOINT; DELETE FROM large WHERE n % 5 = 0 OR n BETWEEN 600000 AND 800000";
    let file = File::with(statements).await;
    let rows = |from: i64, to: i64| (from..to).filter(|n| n % 5 != 0 && !(600_000..=800_000).contains(n));
    let (count, sum) = (rows(0, 1_500_000).count(), rows(0, 1_500_000).sum::<i64>());
    for connections in [1, 4] {
        let engine = Engine::over(&file.open_with("", false, connections)).await;
        let all = engine.rows("SELECT count(*), count(DISTINCT n), sum(n), count(t) FROM large").await;
        let texts = rows(0, 1_500_000).filter(|n| n % 3 != 0).count();
        assert_eq!(all, Ok(vec![format!("{count}|{count}|{sum}|{texts}")]));
        // A column of the places' name is no place.
        let all = engine.rows("SELECT count(*), sum(n), sum(\"RowId\") FROM shadowed").await;
        assert_eq!(all, Ok(vec!["1500000|1124999250000|5250000".to_owned()]));
    }
    // With pushdown too, and when nobody reads on.
    let engine = Engine::over(&file.open_with("", true, 2)).await;
    for _ in 0..3 {
        let mut stream = engine.stream("SELECT n, t FROM large").await;
        assert!(stream.next().await.is_some());
    }
    assert_eq!(engine.rows("SELECT t FROM large WHERE n = 1499999").await, Ok(vec!["row 1499999".to_owned()]));
}

#[tokio::test]
async fn a_driver_that_is_not_there_is_said_with_the_places() {
    let file = File(process::directory("duckdb-"));
    let config = |driver: &str| {
        let catalog = format!("kind: adbc\ndriver: \"{driver}\"\n");
        try_open(file.0.path(), &catalog, true).expect_err("there is no driver")
    };
    let problem = config("nonesuch");
    assert_eq!(problem.message, "there is no ADBC driver `nonesuch` in the places where drivers are");
    assert_eq!(problem.place.to_string(), "catalogs/shop.yaml:2:9");
    let hint = problem.hint.expect("a hint");
    for place in ["`/etc/adbc/drivers`", "`libnonesuch.so` in the system's library path", "pip install"] {
        assert!(hint.contains(place), "{hint}");
    }
    let problem = config("./nowhere/libnone.so");
    assert!(problem.message.starts_with("the driver `./nowhere/libnone.so` cannot be loaded: "), "{}", problem.message);
}
