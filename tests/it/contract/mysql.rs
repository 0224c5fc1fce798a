//! The contract, over `MariaDB`.

mod served;

use std::time::{Duration, Instant};

use aqueduct::model::Code;
use sqlx::{Connection, MySqlConnection};

use super::{
    opened::{Opened, check_numbers},
    values::{Exact, check_values, declared},
};
use crate::harness::{
    mariadb::{self, CERTIFIED, Database, PASSWORD, SECURE, USER},
    project::Project,
    proxy::{Break, Proxy, address},
    server::{Server, aqueduct},
};

const VALUES: &[Exact] = &[
    ("TINYINT", "-128", "-128"),
    ("TINYINT(1)", "-7", "-7"),
    ("TINYINT UNSIGNED", "255", "255"),
    ("TINYINT(1) UNSIGNED", "200", "200"),
    ("BOOL", "true", "1"),
    ("SMALLINT", "-32768", "-32768"),
    ("SMALLINT UNSIGNED ZEROFILL", "65535", "65535"),
    ("MEDIUMINT", "-8388608", "-8388608"),
    ("MEDIUMINT UNSIGNED", "16777215", "16777215"),
    ("INT", "-2147483648", "-2147483648"),
    ("INT UNSIGNED", "4294967295", "4294967295"),
    ("BIGINT", "-9223372036854775808", "-9223372036854775808"),
    ("BIGINT UNSIGNED", "18446744073709551615", "18446744073709551615"),
    ("FLOAT", "0.1", "0.1"),
    ("FLOAT", "3.4028235e38", "3.4028235e38"),
    ("DOUBLE", "5e-324", "5e-324"),
    ("DOUBLE", "-1.7976931348623157e308", "-1.7976931348623157e308"),
    ("DECIMAL(38, 10)", "-9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999"),
    (
        "DECIMAL(65, 30)",
        "99999999999999999999999999999999999.999999999999999999999999999999",
        "99999999999999999999999999999999999.999999999999999999999999999999",
    ),
    ("DECIMAL(20, 0)", "-0", "0"),
    ("CHAR(4)", "'a '", "a"),
    ("VARCHAR(40)", "'it''s \\\\ \\t é日本 𝄞 '", "it's \\ \t é日本 𝄞 "),
    ("VARCHAR(40) CHARACTER SET latin1", "'é€'", "é€"),
    ("VARCHAR(40) CHARACTER SET utf16", "'𝄞'", "𝄞"),
    ("TEXT", "'a\\0b'", "a\0b"),
    ("LONGTEXT", "''", ""),
    ("BINARY(3)", "'ab'", "616200"),
    ("VARBINARY(3)", "x'00ff'", "00ff"),
    ("LONGBLOB", "x'00'", "00"),
    ("DATE", "'0001-01-01'", "0001-01-01"),
    ("DATE", "'9999-12-31'", "9999-12-31"),
    ("DATETIME", "'2024-02-29 12:30:15'", "2024-02-29T12:30:15"),
    ("DATETIME(6)", "'9999-12-31 23:59:59.999999'", "9999-12-31T23:59:59.999999"),
    ("TIMESTAMP(6) NULL", "'2038-01-19 03:14:07.999999'", "2038-01-19T03:14:07.999999Z"),
    ("TIMESTAMP NULL", "'1970-01-01 00:00:01'", "1970-01-01T00:00:01Z"),
    ("TIME(1)", "'-838:59:59.0'", "-838:59:59.0"),
    ("TIME", "'00:00:00'", "00:00:00"),
    ("YEAR", "2155", "2155"),
    ("YEAR", "0", "0"),
    ("BIT(9)", "b'100000001'", "0101"),
    ("ENUM('b', 'a')", "'a'", "a"),
    ("SET('x', 'y')", "'y,x'", "x,y"),
    ("JSON", "'{\"a\": 1}'", "{\"a\": 1}"),
    ("UUID", "'61f0c404-5cb3-11e7-907b-a6006ad3dba0'", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"),
    ("INET6", "'2001:db8::1'", "2001:db8::1"),
    ("POINT", "POINT(1, 2)", "000000000101000000000000000000f03f0000000000000040"),
    ("INT", "NULL", "NULL"),
];

#[tokio::test]
async fn values_come_exactly() {
    let database = mariadb::database().await;
    let (columns, values) = declared(VALUES);
    database
        .execute(&format!("CREATE TABLE kinds (id INT PRIMARY KEY, {columns}); INSERT INTO kinds VALUES (1, {values})"))
        .await;
    check_values(&database.project(), VALUES, &[]).await;
}

#[tokio::test]
async fn a_value_that_has_no_place_is_named() {
    let database = mariadb::database().await;
    database
        .execute(
            "CREATE TABLE wild (id INT, zero DATE, part DATE, moment DATETIME, big BIGINT, flag TINYINT(1), dec_ DECIMAL(5, 2),
                strict DATE NOT NULL);
             INSERT INTO wild VALUES (1, '0000-00-00', '2024-00-10', '0000-00-00 00:00:00', 3000000000, 2, 1.25, '0000-00-00')",
        )
        .await;
    let of = |types: [&str; 6]| {
        let names = ["zero", "part", "moment", "big", "flag", "dec_"];
        let columns: Vec<_> = names.iter().zip(types).map(|(name, of)| format!("{name}: {of}")).collect();
        format!("{}tables: {{wild: {{columns: {{{}}}}}}}\n", database.catalog(), columns.join(", "))
    };
    let catalog = of(["date", "date", "timestamp", "int32", "bool", "int64"]);
    for pushdown in ["on", "off"] {
        let engine = Opened::with_pushdown(&database.project().file("catalogs/s.yaml", &catalog), pushdown).await;
        for column in ["zero", "part", "moment", "big", "flag", "dec_"] {
            let fault = engine.rows(&format!("SELECT {column} FROM s.wild")).await.expect_err(column);
            assert_eq!(fault.code, Code::ValueUnrepresentable, "{fault:?}");
            assert!(fault.detail.contains(&format!("column `{column}` of `s.{}.wild`", database.name)), "{fault:?}");
        }
        assert_eq!(engine.rows("SELECT id FROM s.wild").await, Ok(vec!["1".to_owned()]));
        let fault = engine.rows("SELECT id FROM s.wild WHERE zero < DATE '2000-01-01'").await;
        assert!(fault.is_err(), "{fault:?}");
    }
    // It is not NULL, whatever the server says of it.
    let engine = Opened::of(&database.project()).await;
    let sql = "SELECT x.id FROM s.wild AS x LEFT JOIN s.wild AS y ON x.id = y.id WHERE y.strict IS NULL";
    assert_eq!(engine.rows(sql).await, Ok(vec![]));
    let catalog = of(["string", "string", "string", "string", "string", "\"decimal(10,4)\""]);
    let engine = Opened::of(&database.project().file("catalogs/s.yaml", &catalog)).await;
    let rows = engine.rows("SELECT zero, part, moment, big, flag, dec_ FROM s.wild").await;
    assert_eq!(rows, Ok(vec!["0000-00-00|2024-00-10|0000-00-00 00:00:00|3000000000|2|1.2500".to_owned()]));
}

async fn numbers() -> Database {
    let database = mariadb::database().await;
    database
        .execute(
            "CREATE TABLE numbers (n INT PRIMARY KEY, t TEXT NOT NULL);
             INSERT INTO numbers SELECT seq, 'a' FROM seq_1_to_20000",
        )
        .await;
    database
}

#[tokio::test]
async fn rows_are_the_same_with_pushdown_and_without() {
    let database = numbers().await;
    for pushdown in ["on", "off"] {
        let narrow = format!("{}pool: {{max_connections: 1}}\n", database.catalog());
        for catalog in [database.catalog(), narrow] {
            let project = database.project().file("catalogs/s.yaml", &catalog);
            check_numbers(&Opened::with_pushdown(&project, pushdown).await).await;
        }
    }
}

/// In a server whose collations fold case and accents and pad with spaces, and that sorts by the first 64 bytes.
#[tokio::test]
async fn text_is_compared_and_sorted_by_code_point() {
    let database = mariadb::database().await;
    database
        .execute(
            "CREATE TABLE words (
                id INT PRIMARY KEY, a VARCHAR(20), b VARCHAR(20) COLLATE utf8mb4_unicode_ci,
                c VARCHAR(20) CHARACTER SET latin1, d TEXT, e CHAR(20) CHARACTER SET utf8mb3, f BLOB
             );
             INSERT INTO words SELECT id, w, w, w, CONCAT(REPEAT('x', 2000), w), w, CONCAT(REPEAT('x', 2000), w) FROM (
                SELECT 1 AS id, 'a' AS w UNION SELECT 2, 'A' UNION SELECT 3, 'á' UNION SELECT 4, 'a ' UNION SELECT 5, 'b'
                UNION SELECT 6, 'B' UNION SELECT 7, '' UNION SELECT 8, ' ' UNION SELECT 9, 'ß' UNION SELECT 10, 'ss'
                UNION SELECT 11, 'Z' UNION SELECT 12, NULL UNION SELECT 13, 'a\\t' UNION SELECT 14, 'ÿ') AS t",
        )
        .await;
    let (on, off) = (Opened::of(&database.project()).await, Opened::with_pushdown(&database.project(), "off").await);
    for column in ["a", "b", "c", "d", "e"] {
        for sql in [
            format!("SELECT id, {column} FROM s.words ORDER BY {column} NULLS FIRST, id"),
            format!("SELECT id FROM s.words ORDER BY {column} DESC NULLS FIRST, id LIMIT 9"),
            format!("SELECT id FROM s.words ORDER BY {column} NULLS LAST, id LIMIT 9 OFFSET 2"),
            format!("SELECT id FROM s.words ORDER BY {column}, id OFFSET 5"),
            format!("SELECT id FROM s.words WHERE {column} IN ('a', 'ss', 'ÿ') ORDER BY id"),
            format!("SELECT id FROM s.words WHERE {column} > 'Z' AND {column} <> 'b' ORDER BY id"),
            format!("SELECT id FROM s.words WHERE {column} LIKE '%a' OR {column} LIKE '_' ORDER BY id"),
            format!("SELECT {column}, count(*) AS n FROM s.words GROUP BY {column} ORDER BY {column}"),
            format!("SELECT count(DISTINCT {column}) AS n, min({column}) AS low, max({column}) AS high FROM s.words"),
            format!("SELECT x.id, y.id AS other FROM s.words AS x JOIN s.words AS y ON x.{column} = y.a ORDER BY 1, 2"),
        ] {
            let rows = on.rows(&sql).await;
            assert!(rows.is_ok(), "{sql}: {rows:?}");
            assert_eq!(rows, off.rows(&sql).await, "{sql}");
            let plan = on.explain(&sql).await;
            assert!(plan.local.is_empty(), "{sql}: {:?}", plan.local);
        }
    }
    let sql = "SELECT id FROM s.words ORDER BY f DESC NULLS LAST, id LIMIT 5";
    assert_eq!(on.rows(sql).await, off.rows(sql).await);
}

#[tokio::test]
async fn unsigned_numbers_are_computed_with_as_signed_ones() {
    let database = mariadb::database().await;
    database
        .execute(
            "CREATE TABLE n (id INT UNSIGNED PRIMARY KEY, small SMALLINT UNSIGNED, wide BIGINT UNSIGNED, s INT,
                tiny TINYINT(1) UNSIGNED);
             INSERT INTO n VALUES (1, 1, 18446744073709551615, -5, 255), (4294967295, 65535, 0, 5, 0), (3, 0, 9223372036854775808, NULL, 128)",
        )
        .await;
    let (on, off) = (Opened::of(&database.project()).await, Opened::with_pushdown(&database.project(), "off").await);
    for sql in [
        "SELECT id, small - 5 AS less, small * -2 AS product, - small AS negative FROM s.n ORDER BY id",
        "SELECT id FROM s.n WHERE id > -1 AND small > s ORDER BY id",
        "SELECT id FROM s.n WHERE wide > 9223372036854775807 ORDER BY id",
        "SELECT coalesce(s, CAST(small AS INT)) AS c, CASE WHEN s < 0 THEN s ELSE CAST(small AS INT) END AS d FROM s.n ORDER BY id",
        "SELECT sum(small) AS a, sum(id) AS b, min(id) AS c, max(small) AS d FROM s.n",
        "SELECT id FROM s.n ORDER BY wide DESC LIMIT 2",
        "SELECT id, tiny, tiny - 200 AS less FROM s.n WHERE tiny > 127 ORDER BY tiny",
        "SELECT min(tiny) AS a, max(tiny) AS b, sum(tiny) AS c FROM s.n",
    ] {
        let rows = on.rows(sql).await;
        assert!(rows.is_ok(), "{sql}: {rows:?}");
        assert_eq!(rows, off.rows(sql).await, "{sql}");
        assert_eq!(on.statements(sql).await.len(), 1, "{sql}");
    }
}

#[tokio::test]
async fn names_are_taken_as_they_are() {
    let database = mariadb::database().await;
    database
        .execute(
            "CREATE TABLE `we``ird \"na.me\\` (`Col umn` INT, `sel``ect` TEXT, `ünï` TINYINT);
             INSERT INTO `we``ird \"na.me\\` VALUES (1, 'a', 2);
             CREATE TABLE Mixed (Id INT NOT NULL UNIQUE);
             CREATE TABLE MIXED (other INT);
             INSERT INTO Mixed VALUES (7)",
        )
        .await;
    let engine = Opened::of(&database.project()).await;
    let sql = "SELECT \"Col umn\", \"sel`ect\", ünï FROM s.\"we`ird \"\"na.me\\\" WHERE \"sel`ect\" = 'a' AND \"Col umn\" = 1";
    assert_eq!(engine.rows(sql).await, Ok(vec!["1|a|2".to_owned()]));
    assert_eq!(engine.rows("SELECT id FROM s.\"Mixed\"").await, Ok(vec!["7".to_owned()]));
    let full = format!("SELECT id FROM s.{}.\"Mixed\" WHERE id > 1", database.name);
    assert_eq!(engine.rows(&full).await, Ok(vec!["7".to_owned()]));
    let fault = engine.rows("SELECT * FROM s.\"Mixd\"").await.expect_err("there is none");
    assert!(fault.detail.contains("did you mean"), "{fault:?}");
}

/// A table that makes a row in a millisecond, and a project that streams it.
async fn slow() -> (Database, Project) {
    let database = mariadb::database().await;
    database
        .execute("CREATE VIEW slow AS SELECT seq AS n, REPEAT('x', 200) AS x, SLEEP(0.001) AS z FROM seq_1_to_1000000")
        .await;
    let header = "/*---\nname: t.slow\nversion: 1\naccess: public\n---*/\nSELECT n, x, z FROM s.slow";
    let limited = "/*---\nname: t.limited\nversion: 1\naccess: public\nlimits: {timeout: 700ms}\n---*/\nSELECT n, x, z FROM s.slow";
    let project = database.project().file("queries/t/slow.sql", header).file("queries/t/limited.sql", limited);
    (database, project)
}

async fn until_gone(database: &Database, name: &str) {
    let began = Instant::now();
    loop {
        let running = database.running(name).await;
        if running.is_empty() {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(1), "it runs on: {running:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_statement_bears_its_querys_name_and_ends_with_its_reader() {
    let (database, project) = slow().await;
    let server = Server::start(project.path(), &[]).await;
    let mut answer = server.http().get("/v1/t/slow?format=ndjson").stream().await.expect("it begins");
    let first =
        tokio::time::timeout(Duration::from_secs(5), answer.chunk()).await.expect("rows come while others are made");
    assert!(first.expect("a chunk").is_some());
    let running = database.running("aqueduct t.slow v1").await;
    assert_eq!(running.len(), 1, "{running:?}");
    drop(answer);
    until_gone(&database, "aqueduct t.slow v1").await;
    // The connection serves the next.
    let limited = server.http().get("/v1/t/limited?limit=1000").send().await;
    assert_eq!((limited.status.as_u16(), limited.json()["code"].as_str()), (504, Some("AQ-401")), "{}", limited.text());
    until_gone(&database, "aqueduct t.limited v1").await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_never_short() {
    let database = mariadb::database().await;
    database
        .execute(
            "CREATE VIEW fails AS SELECT seq AS n, IF(seq = 300000, 9223372036854775807 + CAST(seq AS SIGNED), 0) AS z
             FROM seq_1_to_1000000;
             CREATE VIEW many AS SELECT seq AS n FROM seq_1_to_2000000",
        )
        .await;
    let engine = Opened::of(&database.project()).await;
    let fault = engine.rows("SELECT n, z FROM s.fails").await.expect_err("it fails on the way");
    assert_eq!(fault.code, Code::EvaluationFailed, "{fault:?}");
    assert_eq!(engine.rows("SELECT n FROM s.fails LIMIT 1").await.map(|rows| rows.len()), Ok(1));

    let proxy = Proxy::before(address(&database.url())).await;
    let catalog = database.catalog_at(&proxy.url(&database.url()));
    let engine = Opened::of(&database.project().file("catalogs/s.yaml", &catalog)).await;
    for how in [Break::Close, Break::Reset] {
        proxy.break_after(1 << 20, how);
        let fault = engine.rows("SELECT n FROM s.many").await.expect_err("the connection breaks");
        assert!(matches!(fault.code, Code::SourceDown | Code::SourceFailed), "{how:?}: {fault:?}");
        assert_eq!(engine.rows("SELECT n FROM s.many LIMIT 1").await.map(|rows| rows.len()), Ok(1), "{how:?}");
    }
    // Connections that ended while they were idle are made anew.
    proxy.close_all().await;
    assert_eq!(engine.rows("SELECT n FROM s.many LIMIT 2").await.map(|rows| rows.len()), Ok(2));
}

#[tokio::test]
async fn who_is_not_let_in_is_told_by_the_log_alone() {
    let database = numbers().await;
    let query = "/*---\nname: t.n\nversion: 1\naccess: public\npage: {key: [n]}\n---*/\nSELECT n FROM s.numbers";
    let wrong_password = database.catalog().replace(PASSWORD, "hunter2");
    let wrong_database = database.catalog().replace(&format!("/{}?", database.name), "/nothing?");
    for (catalog, said) in
        [(wrong_password, "look at the user and the password"), (wrong_database, "look at the database")]
    {
        let project = database.project().file("catalogs/s.yaml", &catalog).file("queries/t/n.sql", query);
        let checked = aqueduct(project.path()).arg("check").output().expect("it runs");
        let output =
            format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
        assert!(!checked.status.success(), "{output}");
        assert!(output.contains("source `s` cannot be reached") && output.contains(said), "{output}");
        assert!(!output.contains("hunter2") && !output.contains(PASSWORD), "{output}");
    }
}

/// Who comes, to which name of the server, with which parameters, and whether they are let in.
const CONNECTIONS: &[(&str, &str, &str, bool)] = &[
    (SECURE, "127.0.0.1", "ssl-mode=DISABLED", false),
    (SECURE, "127.0.0.1", "ssl-mode=PREFERRED", true),
    (SECURE, "127.0.0.1", "ssl-mode=REQUIRED", true),
    (SECURE, "127.0.0.1", "ssl-mode=VERIFY_CA&ssl-ca={ca.pem}", true),
    (SECURE, "127.0.0.1", "ssl-mode=VERIFY_CA&ssl-ca={other.pem}", false),
    (SECURE, "localhost", "ssl-mode=VERIFY_IDENTITY&ssl-ca={ca.pem}", true),
    (SECURE, "127.0.0.1", "ssl-mode=VERIFY_IDENTITY&ssl-ca={ca.pem}", false),
    (CERTIFIED, "127.0.0.1", "ssl-mode=REQUIRED", false),
    (CERTIFIED, "127.0.0.1", "ssl-mode=REQUIRED&ssl-cert={carol.pem}&ssl-key={carol.key}", true),
    (CERTIFIED, "127.0.0.1", "ssl-mode=REQUIRED&ssl-cert={mallory.pem}&ssl-key={mallory.key}", false),
];

#[tokio::test]
async fn tls_trusts_whom_the_url_names() {
    let database = numbers().await;
    let at = |user: &str, host: &str, parameters: &str| {
        let files = ["ca.pem", "other.pem", "carol.pem", "carol.key", "mallory.pem", "mallory.key"];
        let named = |text: String, name: &&str| text.replace(&format!("{{{name}}}"), &mariadb::certificate(name));
        let parameters = files.iter().fold(parameters.to_owned(), named);
        let catalog = database.catalog_at(&database.url_as(user, host, &parameters));
        database.project().file("catalogs/s.yaml", &catalog)
    };
    for (user, host, parameters, is_let_in) in CONNECTIONS {
        let rows = Opened::of(&at(user, host, parameters)).await.rows("SELECT count(*) AS v FROM s.numbers").await;
        assert_eq!(rows.is_ok(), *is_let_in, "{user} at {host} with {parameters}: {rows:?}");
    }
    let checked = aqueduct(at(USER, "localhost", "ssl-mode=VERIFY_IDENTITY").path()).arg("check").output();
    let checked = checked.expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(said.contains("catalogs/s.yaml:2:6") && said.contains("`ssl-ca` is missing"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
}

#[tokio::test]
async fn a_server_without_a_free_connection_is_asked_again() {
    let database = numbers().await;
    let user = format!("only_{}", database.name);
    database
        .execute(&format!(
            "CREATE USER {user}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' WITH MAX_USER_CONNECTIONS 1;
             GRANT SELECT ON *.* TO {user}@'127.0.0.1'"
        ))
        .await;
    let url = database.url_as(&user, "127.0.0.1", "ssl-mode=DISABLED");
    let engine = Opened::of(&database.project().file("catalogs/s.yaml", &database.catalog())).await;
    assert!(engine.rows("SELECT max(n) AS v FROM s.numbers").await.is_ok());
    let proxy = Proxy::before(address(&url)).await;
    let engine = Opened::of(&database.project().file("catalogs/s.yaml", &database.catalog_at(&proxy.url(&url)))).await;
    assert_eq!(engine.rows("SELECT max(n) AS v FROM s.numbers").await, Ok(vec!["20000".to_owned()]));
    for (held, answered) in [(Duration::from_millis(300), true), (Duration::from_secs(30), false)] {
        proxy.close_all().await;
        database.until_free(&user).await;
        let other = MySqlConnection::connect(&url).await.expect("it is free");
        let release = tokio::spawn(async move {
            tokio::time::sleep(held).await;
            drop(other);
        });
        let rows = engine.rows("SELECT min(n) AS v FROM s.numbers").await;
        assert_eq!(rows.is_ok(), answered, "{held:?}: {rows:?}");
        release.abort();
    }
}

#[tokio::test]
async fn tables_that_change_are_looked_for_again() {
    let database = mariadb::database().await;
    database.execute("CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 2)").await;
    let query = "/*---\nname: t.t\nversion: 1\naccess: public\n---*/\nSELECT a, b FROM s.t";
    let catalog = database.catalog().replace("refresh: 1s", "refresh: 1h");
    let project = database.project().file("catalogs/s.yaml", &catalog).file("queries/t/t.sql", query);
    let server = Server::start(project.path(), &[]).await;
    let ask = || async { server.http().get("/v1/t/t?format=ndjson").send().await.status.as_u16() };
    assert_eq!(ask().await, 200);
    database.execute("ALTER TABLE t DROP COLUMN b").await;
    assert_eq!(ask().await, 502);
    let began = Instant::now();
    while ask().await != 503 {
        assert!(began.elapsed() < Duration::from_secs(10), "the tables were not looked for again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_large_result_needs_no_more_memory_than_a_small_one() {
    let database = mariadb::database().await;
    database.execute("CREATE VIEW huge AS SELECT seq AS n, CAST(seq AS CHAR) AS t FROM seq_1_to_3000000").await;
    let query =
        "/*---\nname: t.huge\nversion: 1\naccess: public\nlimits: {timeout: 10m}\n---*/\nSELECT n, t FROM s.huge";
    let server = Server::start(database.project().file("queries/t/huge.sql", query).path(), &[]).await;
    let mut answer = server.http().get("/v1/t/huge?format=ndjson").stream().await.expect("it begins");
    let mut lines = 0;
    while let Some(chunk) = answer.chunk().await.expect("it goes on") {
        lines += chunk.split(|byte| *byte == b'\n').count() - 1;
    }
    assert_eq!(lines, 3_000_000);
    let peak = server.peak_bytes();
    assert!(peak < 400 << 20, "{} MiB", peak >> 20);
}

/// To the server a number of two digits is the year that ends so.
#[tokio::test]
async fn a_year_is_a_number() {
    let database = mariadb::database().await;
    database.execute("CREATE TABLE y (id INT, y YEAR); INSERT INTO y VALUES (1, 1999), (2, 2001), (3, NULL)").await;
    let engine = Opened::of(&database.project()).await;
    for (predicate, expected) in
        [("y = 99", vec![]), ("y = 1999", vec!["1"]), ("y < 2000", vec!["1"]), ("y IN (1, 2001)", vec!["2"])]
    {
        let rows = engine.rows(&format!("SELECT id FROM s.y WHERE {predicate}")).await;
        assert_eq!(rows, Ok(expected.into_iter().map(str::to_owned).collect()), "{predicate}");
    }
}
