//! The contract, over Postgres databases.

mod aborts;
mod cell;
mod changes;
mod differential;
mod discovery;
mod failures;
mod metadata;
mod objects;
pub mod parallel;
mod predicates;
mod reading;
mod sessions;
mod tls;
mod values;

use std::{sync::Arc, time::Duration};

use aqueduct::{
    config::{
        Secret, SourceConfig, SourceKind, TableConfig,
        source::{PostgresConfig, SqlConfig},
    },
    model::{Place, Problem, SourceName},
    sources::{self, Source},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{
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

pub async fn run(url: &str, statements: &str) {
    let mut connection = PgConnection::connect(url).await.expect("a server");
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.expect("statements");
    connection.close().await.expect("a clean end");
}

pub fn try_open(
    url: &str,
    schemas: &[&str],
    max_connections: u32,
    tables: Vec<TableConfig>,
    pushdown: bool,
) -> Result<Arc<dyn Source>, Problem> {
    let schemas = schemas.iter().map(|name| spanned((*name).to_owned())).collect();
    let sql = SqlConfig { schemas, max_connections, pushdown: true };
    let config = PostgresConfig { url: spanned(Secret::new(url)), sql };
    let source = SourceConfig {
        name: SourceName::new("crm").expect("a name"),
        place: Place::start_of("catalogs/crm.yaml"),
        refresh: Duration::from_mins(1),
        kind: SourceKind::Postgres(config),
        tables,
    };
    sources::open(&source, &Arc::default(), pushdown)
}

pub fn open(url: &str, tables: Vec<TableConfig>, pushdown: bool) -> Arc<dyn Source> {
    try_open(url, &[], 4, tables, pushdown).expect("a good URL")
}

/// Statements of ours that run now.
pub async fn running(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.expect("a server");
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'aqueduct%' AND datname = current_database() \
                 AND state = 'active'";
    sqlx::query_scalar(count).fetch_one(&mut connection).await.expect("a count")
}

pub async fn wait_until_idle(url: &str) {
    for _ in 0..100 {
        if running(url).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a statement is still running");
}

/// The rows (1, 'a') to (20000, 'a').
const NUMBERS: &str =
    "CREATE TABLE numbers (n int8, t text); INSERT INTO numbers SELECT n, 'a' FROM generate_series(1, 20000) n;";

/// Every type, with the values at its ends, and NULLs.
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
