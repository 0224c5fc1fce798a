//! The contract, over Postgres databases.

use std::{sync::Arc, time::Duration};

use aqueduct::{
    config::{Secret, SourceConfig, SourceKind, TableConfig, source::PostgresConfig},
    model::{Code, Place, Problem, SourceName, ValueType},
    sources::{Source, sql},
};
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use futures::StreamExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{
    check_one_connection, check_predicates, check_shapes,
    engine::{Engine, scans},
    sqlite::{annotation, spanned},
};
use crate::harness::postgres::database;

/// A database with these statements run in it.
pub async fn with(statements: &str) -> String {
    let url = database().await.url;
    run(&url, statements).await;
    url
}

async fn run(url: &str, statements: &str) {
    let mut connection = PgConnection::connect(url).await.expect("a server");
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.expect("statements");
    connection.close().await.expect("a clean end");
}

fn try_open(
    url: &str,
    schemas: &[&str],
    max_connections: u32,
    tables: Vec<TableConfig>,
    pushdown: bool,
) -> Result<Arc<dyn Source>, Problem> {
    let schemas = schemas.iter().map(|name| spanned((*name).to_owned())).collect();
    let config = PostgresConfig { url: spanned(Secret::new(url)), schemas, max_connections };
    let source = SourceConfig {
        name: SourceName::new("crm").expect("a name"),
        place: Place::start_of("catalogs/crm.yaml"),
        refresh: Duration::from_secs(60),
        kind: SourceKind::Postgres(config.clone()),
        tables,
    };
    sql::postgres::open(&source, &config, pushdown)
}

pub fn open(url: &str, tables: Vec<TableConfig>, pushdown: bool) -> Arc<dyn Source> {
    try_open(url, &[], 4, tables, pushdown).expect("a good URL")
}

/// Statements of ours that run now.
async fn running(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.expect("a server");
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'aqueduct' AND datname = current_database() \
                 AND state = 'active'";
    sqlx::query_scalar(count).fetch_one(&mut connection).await.expect("a count")
}

async fn wait_until_idle(url: &str) {
    for _ in 0..100 {
        if running(url).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a statement is still running");
}

const NUMBERS: &str =
    "CREATE TABLE numbers (n int8, t text); INSERT INTO numbers SELECT n, 'a' FROM generate_series(1, 20000) n;";

const TYPES: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE DOMAIN positive AS numeric(10,2) CHECK (value > 0);
    CREATE DOMAIN more_positive AS positive;
    CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE EXTENSION citext;
    CREATE TABLE typed (
        id int4 PRIMARY KEY, b bool, i2 int2, i8 int8, o oid, f4 float4, f8 float8, n numeric(12,3), nn numeric, wide numeric(50,5),
        d date, tm time, ts timestamp, tz timestamptz, iv interval, u uuid, by bytea, t text, v varchar(10), c char(5),
        lo text COLLATE loose, ci citext, j jsonb, m mood, dom more_positive, ip inet, ia int4[], ta text[], na numeric(5,1)[],
        ma mood[], ra int4range);
    INSERT INTO typed VALUES
        (1, true, -32768, -9223372036854775808, 4294967295, 1.5, 0.1, -12.500, 0.000000000000000001, 1e44, '0001-01-01', '23:59:59.999999',
         '1969-12-31 23:59:59.999999', '2024-02-29 12:00+02', '1 year 2 mons 3 days 04:05:06.5', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
         '\\x00ff', 'a', 'é', 'x', 'A', 'Ab', '{\"k\":  1}', 'sad', 1.5, '10.0.0.1', '{1,NULL,3}', '{a,NULL,\"\"}', '{1.5}', '{ok}', '[1,5)'),
        (2, false, 32767, 9223372036854775807, 0, 'NaN', 'NaN', 999999999.999, -99999999999999999999, 0, '9999-12-31', '00:00',
         '9999-12-31 23:59:59', '0001-01-01 00:00+00', '-1 day', '00000000-0000-0000-0000-000000000000',
         '', 'B', '', 'x    ', 'a', 'aB', '[]', 'happy', 0.01, '::1/64', '{}', '{}', NULL, NULL, 'empty'),
        (3, true, 0, 0, 7, '-0', '-0', 0, 0, -0.00001, '1970-01-01', '12:00', '1970-01-01', '1970-01-01 00:00+00', '0', NULL,
         NULL, 'é', NULL, '', 'b', 'c', 'null', 'ok', 3, NULL, NULL, NULL, NULL, NULL, NULL),
        (4, NULL, 1, 1, NULL, '0', '0', 1, 1, 1, '2024-02-29', NULL, NULL, NULL, NULL, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12',
         '\\x01', 'Z', 'z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (5, NULL, NULL, NULL, NULL, 'Infinity', '-Infinity', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);";

#[tokio::test]
async fn values_arrive_as_they_are() {
    let engine = Engine::over(&open(&with(TYPES).await, vec![], true)).await;
    let rows = engine.rows("SELECT * FROM typed").await.expect("all values are read");
    assert_eq!(
        rows,
        [
            "1|true|-32768|-9223372036854775808|4294967295|1.5|0.1|-12.500|0.000000000000000001|\
             100000000000000000000000000000000000000000000.00000|0001-01-01|23:59:59.999999|1969-12-31T23:59:59.999999|\
             2024-02-29T10:00:00Z|14 mons 3 days 4 hours 5 mins 6.500000000 secs|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|00ff|a|é|x    |\
             A|Ab|{\"k\": 1}|sad|1.50|10.0.0.1/32|[1, NULL, 3]|[a, NULL, ]|[1.5]|[ok]|[1,5)",
            "2|false|32767|9223372036854775807|0|NaN|NaN|999999999.999|-99999999999999999999.000000000000000000|0.00000|9999-12-31|\
             00:00:00|9999-12-31T23:59:59|0001-01-01T00:00:00Z|-1 days|00000000-0000-0000-0000-000000000000||B||x    |a|aB|[]|\
             happy|0.01|::1/64|[]|[]|NULL|NULL|empty",
            "3|true|0|0|7|-0.0|-0.0|0.000|0.000000000000000000|-0.00001|1970-01-01|12:00:00|1970-01-01T00:00:00|\
             1970-01-01T00:00:00Z|0 secs|NULL|NULL|é|NULL|     |b|c|null|ok|3.00|NULL|NULL|NULL|NULL|NULL|NULL",
            "4|NULL|1|1|NULL|0.0|0.0|1.000|1.000000000000000000|1.00000|2024-02-29|NULL|NULL|NULL|NULL|\
             a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12|01|Z|z|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL",
            "5|NULL|NULL|NULL|NULL|inf|-inf|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|\
             NULL|NULL|NULL|NULL|NULL|NULL",
        ]
    );
    let table = engine.session.table("typed").await.expect("the table");
    let field = |name: &str| table.schema().field_with_unqualified_name(name).expect("a column").clone();
    for (name, data_type, source_type) in [
        ("id", DataType::Int32, "integer"),
        ("o", DataType::Int64, "oid"),
        ("n", DataType::Decimal128(12, 3), "numeric(12,3)"),
        ("nn", DataType::Decimal128(38, 18), "numeric"),
        ("wide", DataType::Decimal256(50, 5), "numeric(50,5)"),
        ("tz", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), "timestamp with time zone"),
        ("dom", DataType::Decimal128(10, 2), "more_positive"),
        ("ip", DataType::Utf8, "inet"),
        ("na", DataType::new_list(DataType::Decimal128(5, 1), true), "numeric(5,1)[]"),
    ] {
        assert_eq!(field(name).data_type(), &data_type, "{name}");
        assert_eq!(field(name).metadata().get(sql::SOURCE_TYPE).map(String::as_str), Some(source_type), "{name}");
    }
    assert!(!field("id").is_nullable() && field("b").is_nullable());
}

#[tokio::test]
async fn predicates_agree() {
    let url = with(TYPES).await;
    let on = Engine::over(&open(&url, vec![], true)).await;
    let off = Engine::over(&open(&url, vec![], false)).await;
    let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    let upper = uuid.to_uppercase();
    let uuids =
        [format!("u = '{uuid}'"), format!("u > '{uuid}'"), format!("u = '{upper}'"), format!("u IN ('{uuid}')")];
    let predicates = [
        ("id = 1", true),
        ("id <> 1", true),
        ("1 < id", true),
        ("id = 9223372036854775807", false),
        ("i2 = 0", true),
        ("i8 >= 9223372036854775807", true),
        ("id IN (1, 3, 5, 7, 9)", true),
        ("i2 NOT IN (0, 1, 2, 3, 4)", true),
        ("id IN (1, NULL, 2, 5, 6, 7)", false),
        ("id BETWEEN 2 AND 3", true),
        ("id NOT BETWEEN 2 AND 3", true),
        ("i2 < id", false),
        ("o = 7", false),
        ("o IS NULL", true),
        ("b", true),
        ("NOT b", true),
        ("b IS TRUE", true),
        ("b IS NOT TRUE", true),
        ("b IS FALSE", true),
        ("b IS NOT FALSE", true),
        ("b IS NULL OR (id > 1 AND NOT (t = 'a'))", true),
        ("b IS DISTINCT FROM true", true),
        ("f8 = 0.1", true),
        ("f8 = 0.0", false),
        ("f8 <> 0.0", false),
        ("f8 > 0.0", true),
        ("f8 < 0.0", false),
        ("f8 <= 0.0", true),
        ("f8 >= 0.0", false),
        ("f8 > -0.0", false),
        ("f8 > 1.5", true),
        ("f8 IS DISTINCT FROM 0.1", true),
        ("f8 IN (0.1, 0.0, 2.0, 3.0)", false),
        ("f8 > f8", false),
        ("f8 = 'NaN'::double", false),
        ("f4 > 1.0", false),
        ("f4 > 1.0::real", true),
        ("n = 1", true),
        ("n > 0.5", true),
        ("n = -12.5", true),
        ("n IN (1, 0, 4, 5, 6)", true),
        ("nn >= 1", true),
        ("n < 1e3::double", true),
        ("dom > 1", true),
        ("d = DATE '1970-01-01'", true),
        ("d < '2000-01-01'", true),
        ("d IN (DATE '1970-01-01', DATE '2024-02-29', DATE '2024-03-01', DATE '2024-03-02')", true),
        ("ts < arrow_cast('1970-01-01T00:00:00', 'Timestamp(Microsecond, None)')", true),
        ("tz >= arrow_cast('1970-01-01T00:00:00Z', 'Timestamp(Microsecond, Some(\"UTC\"))')", true),
        ("tm > arrow_cast('10:00:00', 'Time64(Microsecond)')", false),
        ("tm IS NOT NULL", true),
        ("t = 'a'", true),
        ("t <> 'a'", true),
        ("t < 'a'", true),
        ("t >= 'B'", true),
        ("t BETWEEN 'B' AND 'a'", true),
        ("t IN ('a', 'é', 'x', 'y')", true),
        ("t = v", true),
        ("t < v", true),
        ("t = lo", true),
        ("t IS NOT DISTINCT FROM 'a'", true),
        ("v = 'é'", true),
        ("c = 'x'", false),
        ("c = 'x    '", false),
        ("c IS NULL", true),
        ("lo = 'a'", true),
        ("lo IN ('a', 'b', 'c', 'd')", true),
        ("ci = 'ab'", true),
        ("ci > 'Z'", true),
        ("j = '{\"k\": 1}'", true),
        ("m = 'sad'", true),
        ("m > 'ok'", true),
        ("m = 'no mood'", true),
        ("ip = '10.0.0.1/32'", true),
        ("by = arrow_cast('a', 'Binary')", true),
        ("ia IS NULL", true),
        ("ra IS NULL", true),
        ("t LIKE 'a%'", false),
        ("id + 1 = 2", false),
        ("lower(t) = 'a'", false),
        (&uuids[0], true),
        (&uuids[1], true),
        (&uuids[2], false),
        (&uuids[3], true),
    ];
    check_predicates(&on, &off, "typed", &predicates).await;
    let statement = &on.statements("SELECT id FROM typed WHERE id = 7 AND t IN ('a', 'b', 'c', 'd') LIMIT 5").await[0];
    assert_eq!(
        statement.sql,
        "SELECT \"id\" FROM \"public\".\"typed\" WHERE (\"id\" = $1::int4) AND (\"t\" = ANY ($2::text[])) LIMIT $3::int8"
    );
    assert_eq!(statement.binds.len(), 3);
}

#[tokio::test]
async fn deep_and_wide_predicates_stay_bounded() {
    let url = with("CREATE TABLE t (i int4, s text)").await;
    let on = Engine::over(&open(&url, vec![], true)).await;
    let deep = (0..150).map(|n| format!("(i = {n} AND s = 'x{n}')")).collect::<Vec<_>>().join(" OR ");
    assert_eq!(on.rows(&format!("SELECT * FROM t WHERE {deep}")).await, Ok(vec![]));
    let wide = (0..40_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    assert_eq!(on.rows(&format!("SELECT * FROM t WHERE i IN ({wide})")).await, Ok(vec![]));
}

#[tokio::test]
async fn shapes() {
    let url = with(NUMBERS).await;
    let on = Engine::over(&open(&url, vec![], true)).await;
    let off = Engine::over(&open(&url, vec![], false)).await;
    check_shapes(&on, &off).await;
}

#[tokio::test]
async fn one_connection_is_enough() {
    let url = with(NUMBERS).await;
    for pushdown in [true, false] {
        let source = try_open(&url, &[], 1, vec![], pushdown).expect("a good URL");
        check_one_connection(&Engine::over(&source).await).await;
    }
    // A stream that nobody reads does not keep others from the source.
    let engine = Engine::over(&try_open(&url, &[], 1, vec![], true).expect("a good URL")).await;
    let mut unread = engine.stream("SELECT n FROM numbers").await;
    let mut rows = unread.next().await.expect("a batch").expect("rows").num_rows();
    let others = tokio::time::timeout(Duration::from_secs(20), engine.rows("SELECT count(*) FROM numbers")).await;
    assert_eq!(others, Ok(Ok(vec!["20000".to_owned()])));
    while let Some(batch) = unread.next().await {
        rows += batch.expect("the rest, from disk").num_rows();
    }
    assert_eq!(rows, 20_000);
}

#[tokio::test]
async fn what_does_not_fit_is_an_error_with_a_remedy() {
    let url = with(
        "CREATE TABLE wild (d date, ts timestamp, tz timestamptz, n numeric(5,2), nn numeric, big numeric, ia int4[], lb int4[], tm time);
         INSERT INTO wild VALUES ('infinity', '-infinity', 'infinity', 'NaN', 0.0000000000000000001, 1e21, '{{1},{2}}', '[0:1]={1,2}', '24:00');",
    )
    .await;
    let engine = Engine::over(&open(&url, vec![], true)).await;
    for (column, value, kind) in [
        ("d", "infinity", "date"),
        ("ts", "-infinity", "timestamp"),
        ("tz", "infinity", "timestamptz"),
        ("n", "NaN", "decimal(5,2)"),
        ("nn", "too many digits after the point", "decimal(38,18)"),
        ("big", "too many digits before the point", "decimal(38,18)"),
        ("ia", "several dimensions", "a list of int32"),
        ("lb", "subscripts that do not begin at 1", "a list of int32"),
        ("tm", "24:00:00", "time"),
    ] {
        let fault = engine.rows(&format!("SELECT {column} FROM wild")).await.expect_err("an unfit value");
        assert_eq!(fault.code, Code::ValueUnrepresentable);
        let says = format!("column `{column}` of `crm.public.wild` holds a value ({value}) that {kind} cannot hold");
        assert_eq!(fault.detail, says);
        let remedy = format!("set `columns: {{{column}: string}}` for the table in catalogs/crm.yaml");
        assert_eq!(fault.hint, Some(remedy));
    }
    wait_until_idle(&url).await;
    let strings = ["d", "ts", "tz", "n", "ia", "lb", "tm"].map(|name| (name, ValueType::String));
    let decimals = [("nn", ValueType::Decimal(38, 19)), ("big", ValueType::Decimal(38, 0))];
    let all: Vec<_> = strings.into_iter().chain(decimals).collect();
    let engine = Engine::over(&open(&url, vec![annotation("wild", &all)], true)).await;
    let rows = engine.rows("SELECT * FROM wild WHERE d = 'infinity'").await;
    let expected =
        "infinity|-infinity|infinity|NaN|0.0000000000000000001|1000000000000000000000|{{1},{2}}|[0:1]={1,2}|24:00:00";
    assert_eq!(rows, Ok(vec![expected.to_owned()]));
    assert!(engine.problems.is_empty(), "{:?}", engine.problems);
}

#[tokio::test]
async fn overrides_are_exact_or_refused() {
    let url = with("CREATE TABLE t (i int4, f float4, n numeric(10,2), ts timestamp, e int2); INSERT INTO t VALUES (7, 0.5, 1.25, '2024-01-01', 3);").await;
    let wanted = [
        ("i", ValueType::Decimal(12, 2)),
        ("f", ValueType::Float64),
        ("n", ValueType::Float64),
        ("ts", ValueType::Date),
        ("e", ValueType::Int64),
    ];
    let engine = Engine::over(&open(&url, vec![annotation("t", &wanted)], true)).await;
    assert_eq!(engine.rows("SELECT * FROM t").await, Ok(vec!["7.00|0.5|1.25|2024-01-01T00:00:00|3".to_owned()]));
    let said: Vec<_> = engine.problems.iter().map(|problem| problem.to_string()).collect();
    assert_eq!(
        said,
        [
            "catalogs/shop.yaml:1:1: error: column `n` of type `numeric(10,2)` cannot be read as that type without a risk\n    \
             hint: allowed here: string, decimal(p,s)",
            "catalogs/shop.yaml:1:1: error: column `ts` of type `timestamp without time zone` cannot be read as that type \
             without a risk\n    hint: allowed here: string, or the type that it has without `columns:`",
        ]
    );
}

#[tokio::test]
async fn discovery_shows_what_may_be_read() {
    let url = with(
        "CREATE SCHEMA sales; CREATE SCHEMA \"Odd \"\"one\"\"\"; CREATE SCHEMA hidden;
         CREATE TABLE customers (id int4, secret text); CREATE TABLE sales.orders (id int4) PARTITION BY RANGE (id);
         CREATE TABLE sales.orders_1 PARTITION OF sales.orders FOR VALUES FROM (0) TO (10); INSERT INTO sales.orders VALUES (1);
         CREATE VIEW sales.seen AS SELECT id FROM sales.orders; CREATE MATERIALIZED VIEW sales.kept AS SELECT id FROM sales.orders;
         CREATE TABLE \"Odd \"\"one\"\"\".\"ta $1 ble\" (\"co\"\"l\" int4, \"Ünïcode\" text); CREATE TABLE empty ();
         INSERT INTO \"Odd \"\"one\"\"\".\"ta $1 ble\" VALUES (1, 'x'); INSERT INTO empty DEFAULT VALUES;
         CREATE TABLE hidden.t (i int4); CREATE TABLE forbidden (i int4); ANALYZE;
         DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA sales, \"Odd \"\"one\"\"\" TO reader;
         GRANT SELECT (id) ON customers TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA sales, \"Odd \"\"one\"\"\" TO reader; GRANT SELECT ON empty TO reader",
    )
    .await;
    let reader = url.replace("postgres@", "reader@");
    let engine = Engine::over(&open(&reader, vec![], true)).await;
    let catalog = engine.session.catalog("source").expect("the catalog");
    let mut names = Vec::new();
    for schema in catalog.schema_names() {
        names.extend(
            catalog.schema(&schema).expect("listed").table_names().into_iter().map(|name| format!("{schema}.{name}")),
        );
    }
    names.sort();
    assert_eq!(
        names,
        [
            "Odd \"one\".ta $1 ble",
            "public.customers",
            "public.empty",
            "sales.kept",
            "sales.orders",
            "sales.orders_1",
            "sales.seen"
        ]
    );
    assert_eq!(engine.rows("SELECT * FROM customers").await, Ok(vec![]));
    let odd = "SELECT \"co\"\"l\", \"Ünïcode\" FROM \"Odd \"\"one\"\"\".\"ta $1 ble\" WHERE \"co\"\"l\" = 1 AND \"Ünïcode\" > 'a'";
    assert_eq!(engine.rows(odd).await, Ok(vec!["1|x".to_owned()]));
    assert_eq!(engine.rows("SELECT count(*) FROM empty").await, Ok(vec!["1".to_owned()]));
    assert_eq!(engine.rows("SELECT count(*) FROM sales.orders").await, Ok(vec!["1".to_owned()]));
    let mut estimates = Vec::new();
    scans(&engine.plan("SELECT id FROM sales.kept").await, &mut |scan| estimates.push(scan.estimated_rows()));
    assert_eq!(estimates, [Some(1)]);

    let annotations = vec![annotation("sales.ordres", &[]), annotation("orders", &[("idd", ValueType::String)])];
    let source = try_open(&url, &["sales", "slaes"], 2, annotations, true).expect("a good URL");
    let listing = source.tables().await.expect("the source is up");
    assert_eq!(listing.default_schema, "sales");
    let said: Vec<_> =
        listing.problems.iter().map(|problem| (problem.message.as_str(), problem.hint.as_deref())).collect();
    assert_eq!(
        said,
        [
            ("the source has no schema `slaes`", Some("did you mean `sales`?")),
            ("the source has no table `sales.ordres`", Some("did you mean `sales.orders`?")),
            ("the source has no column `idd`", Some("did you mean `id`?")),
        ]
    );
}

#[tokio::test]
async fn a_consumer_that_goes_away_ends_the_statement() {
    let url = with(&format!(
        "{NUMBERS} CREATE VIEW stuck AS SELECT pg_sleep(60)::text AS s; CREATE VIEW slow AS SELECT n, repeat('x', 10000) AS s, pg_sleep(0.1)::text AS z FROM numbers;
         CREATE VIEW many AS SELECT a.n, repeat('x', 1000) AS s FROM numbers a, numbers b;"
    ))
    .await;
    let engine = Engine::over(&try_open(&url, &[], 1, vec![], true).expect("a good URL")).await;
    for view in ["stuck", "slow", "many"] {
        let mut stream = engine.stream(&format!("SELECT * FROM {view}")).await;
        let first = tokio::time::timeout(Duration::from_secs(1), stream.next()).await;
        assert_eq!(first.is_ok(), view != "stuck", "{view}");
        assert_eq!(running(&url).await, 1, "{view}");
        drop(stream);
        wait_until_idle(&url).await;
    }
    assert_eq!(engine.rows("SELECT count(*) FROM numbers").await, Ok(vec!["20000".to_owned()]));
}

#[tokio::test]
async fn a_slow_source_delivers_each_row_when_it_has_it() {
    let url = with("CREATE VIEW slow AS SELECT n, pg_sleep(0.2)::text AS s FROM generate_series(1, 5) n").await;
    let engine = Engine::over(&open(&url, vec![], true)).await;
    // The server itself holds 8 KiB back: rows that are larger leave at once.
    run(
        &url,
        "CREATE VIEW loud AS SELECT n, repeat('x', 10000) AS s, pg_sleep(0.2)::text AS z FROM generate_series(1, 5) n",
    )
    .await;
    let loud = Engine::over(&open(&url, vec![], true)).await;
    let mut stream = loud.stream("SELECT * FROM loud").await;
    let mut sizes = Vec::new();
    while let Some(batch) = stream.next().await {
        sizes.push(batch.expect("rows").num_rows());
    }
    assert!(sizes.len() >= 4, "{sizes:?}");
    assert_eq!(engine.rows("SELECT count(*) FROM slow").await, Ok(vec!["5".to_owned()]));
}

#[tokio::test]
async fn connections_that_died_are_replaced() {
    let url = with(NUMBERS).await;
    let engine = Engine::over(&open(&url, vec![], true)).await;
    let count = "SELECT count(*) FROM numbers";
    assert!(engine.rows(count).await.is_ok());
    run(&url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'aqueduct' AND datname = current_database()").await;
    assert_eq!(engine.rows(count).await, Ok(vec!["20000".to_owned()]));
    // A table that changes under a prepared statement is read anew, or refused, never misread.
    assert!(engine.rows("SELECT n FROM numbers WHERE n = 1").await.is_ok());
    run(&url, "ALTER TABLE numbers ALTER n TYPE int4").await;
    let fault = engine.rows("SELECT n FROM numbers WHERE n = 1").await.expect_err("another type");
    assert_eq!(fault.code, Code::SourceFailed);
    assert!(fault.detail.contains("no longer"), "{}", fault.detail);
    run(&url, "ALTER TABLE numbers ALTER n TYPE int8").await;
    assert_eq!(engine.rows("SELECT n FROM numbers WHERE n = 1").await, Ok(vec!["1".to_owned()]));
}

#[tokio::test]
async fn sessions_only_read() {
    let url = with(
        "CREATE TABLE log (i int4); CREATE FUNCTION note() RETURNS int4 LANGUAGE sql VOLATILE AS 'INSERT INTO log VALUES (1) RETURNING i';
         CREATE VIEW writes AS SELECT note() AS i; CREATE VIEW zone AS SELECT current_setting('TimeZone') AS z, now()::timestamptz::text LIKE '%+00' AS utc;
         CREATE VIEW broken AS SELECT 1 / (SELECT count(*) FROM log) AS i",
    )
    .await;
    let engine = Engine::over(&open(&url, vec![], true)).await;
    let fault = engine.rows("SELECT * FROM writes").await.expect_err("it writes");
    assert_eq!(fault.code, Code::SourceFailed);
    assert!(!fault.detail.contains("read-only") && fault.internal.is_some_and(|raw| raw.contains("25006")));
    assert_eq!(engine.rows("SELECT * FROM zone").await, Ok(vec!["UTC|true".to_owned()]));
    let fault = engine.rows("SELECT * FROM broken").await.expect_err("it divides by zero");
    assert_eq!((fault.code, fault.detail.as_str()), (Code::SourceFailed, "source `crm` failed to answer"));
}

#[tokio::test]
async fn a_server_that_is_down_says_so_at_once() {
    let secret = "hunter2";
    let source = open(&format!("postgres://user:{secret}@127.0.0.1:1/db"), vec![], true);
    let fault =
        tokio::time::timeout(Duration::from_secs(6), source.tables()).await.expect("soon").expect_err("nobody listens");
    assert_eq!((fault.code, fault.detail.as_str()), (Code::SourceDown, "source `crm` cannot be reached"));
    assert!(!format!("{source:?}{fault:?}").contains(secret));
    let problem = try_open(&format!("postgres//user:{secret}@host"), &[], 1, vec![], true).expect_err("no URL");
    assert!(!format!("{problem:?}").contains(secret));
    assert_eq!(problem.message, "`url` is not a Postgres connection URL");
}
