//! The contract, over a server of Snowflake's protocol and the driver that Snowflake's users have.

use std::time::{Duration, Instant};

use aqueduct::model::{Code, TableNames};

use super::open;
use crate::{
    contract::{check_predicates, engine::Engine},
    harness::{fakesnow, process},
};

const TYPES: &str = "
    CREATE TABLE typed (
        id NUMBER(9,0), i INT, i18 NUMBER(18,0), n NUMBER(38,10), n9 NUMBER(9,3), f FLOAT, t VARCHAR, b BOOLEAN, d DATE,
        ntz TIMESTAMP_NTZ, ltz TIMESTAMP_LTZ, tz TIMESTAMP_TZ, v VARIANT, o OBJECT, a ARRAY, tm TIME);
    INSERT INTO typed SELECT 1, 9223372036854775807, -999999999999999999, -9999999999999999999999999999.9999999999, 2.345, 'NaN',
        'it''s é\"日本', true, '0001-01-01', '2024-02-29 12:30:15.123456', '2024-02-29 12:30:15', '2024-02-29 12:30:15+02',
        parse_json('{\"a\": 1}'), object_construct('k', 1), array_construct(1, 2), '23:59:59.999999';
    INSERT INTO typed SELECT 2, 0, 0, 0, 0, -1.5, '', false, '9999-12-31', '1969-12-31 23:59:59.999999',
        '1969-12-31 23:59:59', '1969-12-31 23:59:59-05', parse_json('null'), object_construct(), array_construct(), '00:00:00';
    INSERT INTO typed (id) VALUES (3);
";

#[tokio::test]
async fn values_arrive_as_they_are() {
    let snowflake = fakesnow::database().await;
    snowflake.execute(TYPES).await;
    let directory = process::directory("snowflake-");
    let engine = Engine::naming(&open(directory.path(), &snowflake.catalog(), true), &["typed"]).await;
    for (columns, expected) in [
        (
            "\"ID\", \"I\", \"I18\", \"N\", \"N9\"",
            [
                "1|9223372036854775807|-999999999999999999|-9999999999999999999999999999.9999999999|2.345",
                "2|0|0|0.0000000000|0.000",
                "3|NULL|NULL|NULL|NULL",
            ],
        ),
        (
            "\"F\", \"T\", \"B\", \"D\", \"TM\"",
            [
                "NaN|it's é\"日本|true|0001-01-01|23:59:59.999999",
                "-1.5||false|9999-12-31|00:00:00",
                "NULL|NULL|NULL|NULL|NULL",
            ],
        ),
        (
            "\"NTZ\", \"LTZ\", \"TZ\"",
            [
                "2024-02-29T12:30:15.123456|2024-02-29T12:30:15Z|2024-02-29T10:30:15Z",
                "1969-12-31T23:59:59.999999|1969-12-31T23:59:59Z|1970-01-01T04:59:59Z",
                // This server sends the NULL of an instant as 0 and no NULL around it.
                "1970-01-01T00:00:00|1970-01-01T00:00:00Z|1970-01-01T00:00:00Z",
            ],
        ),
        ("\"V\", \"O\", \"A\"", ["{\"a\":1}|{\"k\":1}|[1,2]", "null|{}|[]", "NULL|NULL|NULL"]),
    ] {
        let rows = engine.rows_in_order(&format!("SELECT {columns} FROM \"TYPED\" ORDER BY \"ID\"")).await;
        assert_eq!(rows, Ok(expected.map(str::to_owned).to_vec()), "{columns}");
    }
}

#[tokio::test]
async fn predicates_agree() {
    let snowflake = fakesnow::database().await;
    snowflake.execute(TYPES).await;
    let (one, other) = (process::directory("snowflake-"), process::directory("snowflake-"));
    let catalog = format!("{}tables: {{TYPED: {{columns: {{I: int64}}}}}}\n", snowflake.catalog());
    let on = Engine::naming(&open(one.path(), &catalog, true), &["typed"]).await;
    let off = Engine::naming(&open(other.path(), &catalog, false), &["typed"]).await;
    let predicates = [
        ("\"ID\" > 1", true),
        ("\"I\" = 9223372036854775807", true),
        ("\"I18\" IN (0, 7, -999999999999999999, 8)", true),
        ("\"N\" < -0.5", true),
        ("\"N9\" = 2.345", true),
        ("\"T\" = 'it''s é\"日本'", true),
        ("\"T\" <> '\\ ? $1'", true),
        ("\"T\" LIKE 'it%'", false),
        ("\"B\"", true),
        ("\"B\" IS NULL OR \"D\" >= DATE '9999-12-31'", true),
        ("\"NTZ\" > TIMESTAMP '2000-01-01 00:00:00'", false),
        ("\"V\" IS NOT NULL", true),
        ("\"V\" = '{}'", false),
    ];
    check_predicates(&on, &off, "\"TYPED\"", &predicates).await;
}

#[tokio::test]
async fn names_of_every_kind() {
    let snowflake = fakesnow::database().await;
    let odd = "CREATE TABLE \"od\"\"d. Ünï\" (\"sp ace\" NUMBER(9,0), \"select\" VARCHAR);
        INSERT INTO \"od\"\"d. Ünï\" VALUES (1, 'x'); CREATE TABLE plain (id NUMBER(9,0));";
    snowflake.execute(&odd.replace("; ", ";\n")).await;
    let directory = process::directory("snowflake-");
    let source = open(directory.path(), &snowflake.catalog(), true);
    let engine = Engine::naming(&source, &["od\"d. Ünï"]).await;
    let sql = "SELECT \"sp ace\", \"select\" FROM \"od\"\"d. Ünï\" WHERE \"select\" = 'x' AND \"sp ace\" < 2";
    assert_eq!(engine.rows(sql).await, Ok(vec!["1|x".to_owned()]));
    // Of what no query names, only the name is asked for.
    let listing = source.tables(&TableNames::default()).await.expect("the server is up");
    let others: Vec<_> = listing.others.iter().map(|(schema, name)| format!("{schema}.{name}")).collect();
    assert_eq!((listing.tables.len(), others), (0, ["S.PLAIN", "S.od\"d. Ünï"].map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn a_table_that_was_altered_is_no_longer_as_it_was() {
    let snowflake = fakesnow::database().await;
    snowflake.execute("CREATE TABLE t (id NUMBER(9,0), gone VARCHAR);\nINSERT INTO t VALUES (1, 'x');\n").await;
    let directory = process::directory("snowflake-");
    let source = open(directory.path(), &snowflake.catalog(), true);
    let engine = Engine::naming(&source, &["t"]).await;
    snowflake.execute("ALTER TABLE t DROP COLUMN gone").await;
    let fault = engine.rows("SELECT \"GONE\" FROM \"T\"").await.expect_err("the column is gone");
    assert_eq!(fault.code, Code::SourceFailed, "{fault:?}");
    assert_eq!(fault.detail, "`shop` is no longer as it was when source `shop` was read");
    tokio::time::timeout(Duration::from_secs(1), source.stale()).await.expect("it is said that the tables changed");
}

#[tokio::test]
async fn a_server_that_dies_is_down() {
    let server = tokio::task::spawn_blocking(fakesnow::Server::start).await.expect("it starts");
    let snowflake = fakesnow::Snowflake { port: server.port, database: "D".to_owned() };
    snowflake.execute("CREATE TABLE t (id NUMBER(9,0));\nINSERT INTO t VALUES (1);\n").await;
    let directory = process::directory("snowflake-");
    let options = "options: {adbc.snowflake.sql.client_option.request_timeout: 3s}\n";
    let source = open(directory.path(), &format!("{}{options}", snowflake.catalog()), true);
    let engine = Engine::naming(&source, &["t"]).await;
    assert_eq!(engine.rows("SELECT * FROM \"T\"").await, Ok(vec!["1".to_owned()]));
    server.kill();
    let began = Instant::now();
    let fault = engine.rows("SELECT * FROM \"T\"").await.expect_err("nobody answers");
    assert!(matches!(fault.code, Code::SourceDown | Code::SourceFailed), "{fault:?}");
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
}
