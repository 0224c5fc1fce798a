//! The contract, over `DuckDB` files.

use std::{sync::Arc, time::Duration};

use aqueduct::{
    config::{
        SourceConfig, SourceKind, Spanned, TableConfig,
        source::{AdbcConfig, Flavor, SqlConfig},
    },
    model::{Code, Place, SourceName, ValueType},
    sources::{Source, sql},
};
use tempfile::TempDir;

use crate::{
    contract::{check_one_connection, check_orders, check_predicates, check_shapes, engine::Engine, sqlite::annotation},
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

    fn open(&self, tables: Vec<TableConfig>, pushdown: bool) -> Arc<dyn Source> {
        self.open_with(tables, pushdown, 4)
    }

    fn open_with(&self, tables: Vec<TableConfig>, pushdown: bool, max_connections: u32) -> Arc<dyn Source> {
        let config = AdbcConfig {
            flavor: Flavor::DuckDb,
            driver: spanned(duckdb::library().display().to_string()),
            entrypoint: None,
            directory: self.0.path().to_owned(),
            database: Some(spanned(self.path())),
            options: Vec::new(),
            max_bytes_scanned: None,
            sql: SqlConfig { schemas: Vec::new(), max_connections, pushdown: true },
        };
        let source = SourceConfig {
            name: SourceName::new("shop").expect("a name"),
            place: Place::start_of("catalogs/shop.yaml"),
            refresh: Duration::from_mins(1),
            kind: SourceKind::Adbc(config.clone()),
            tables,
        };
        sql::adbc::open(&source, &config, pushdown).expect("the driver is there")
    }
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned { value, place: Place::start_of("catalogs/shop.yaml") }
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
    let engine = Engine::over(&file.open(vec![], true)).await;
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
        match engine.rows_in_order(&format!("SELECT {column} FROM typed")).await {
            Ok(rows) if rows == [values.split_once(' ').map(|_| values).unwrap_or(values), "NULL"] => {}
            Ok(rows) if rows.join(" ") == format!("{values} NULL") => {}
            other => wrong.push(format!("{column}: {other:?} instead of {values}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
