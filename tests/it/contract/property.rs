//! Random rows, random predicates: the same rows with pushdown on and off.

use proptest::{
    prelude::{Just, Strategy, any, prop_oneof},
    strategy::{BoxedStrategy, ValueTree},
    test_runner::{Config, TestRunner},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{engine::Engine, postgres, sqlite};

/// Tables to try, and predicates on each.
const TABLES: usize = 12;
const PREDICATES: usize = 25;

/// A column and the values that rows and predicates draw from: as the source spells each, and as the engine does.
type Pool = (&'static str, &'static [(&'static str, &'static str)]);

const POSTGRES: &[Pool] = &[
    ("b", &[("true", "true"), ("false", "false")]),
    ("i2", &[("-32768", "arrow_cast(-32768, 'Int16')"), ("0", "0"), ("1", "1"), ("7", "7"), ("32767", "32767")]),
    ("i4", &[("-2147483648", "-2147483648"), ("0", "0"), ("1", "1"), ("7", "7"), ("2147483647", "2147483647")]),
    (
        "i8",
        &[("-9223372036854775808", "-9223372036854775807"), ("0", "0"), ("9223372036854775807", "9223372036854775807")],
    ),
    (
        "f4",
        &[
            ("0", "'0'::real"),
            ("'-0'", "'-0'::real"),
            ("1.5", "1.5::real"),
            ("0.1", "'0.1'::real"),
            ("'NaN'", "'NaN'::real"),
        ],
    ),
    (
        "f8",
        &[
            ("0", "0.0"),
            ("'-0'", "'-0'::double"),
            ("0.1", "0.1"),
            ("-5e-324", "'-5e-324'::double"),
            ("'NaN'", "'NaN'::double"),
            ("'Infinity'", "'Infinity'::double"),
            ("'-Infinity'", "'-Infinity'::double"),
        ],
    ),
    ("n", &[("0", "0"), ("-0.01", "-0.01"), ("99999999.99", "99999999.99"), ("1.50", "1.5"), ("1", "1.000")]),
    (
        "nn",
        &[
            ("0", "0"),
            ("0.000000000000000001", "0.000000000000000001"),
            ("-1e19", "-10000000000000000000"),
            ("2", "2.0"),
        ],
    ),
    (
        "d",
        &[
            ("'0001-01-01'", "DATE '0001-01-01'"),
            ("'1970-01-01'", "DATE '1970-01-01'"),
            ("'9999-12-31'", "DATE '9999-12-31'"),
        ],
    ),
    (
        "ts",
        &[
            ("'1969-12-31 23:59:59.999999'", "'1969-12-31T23:59:59.999999'::timestamp(6)"),
            ("'1970-01-01'", "'1970-01-01'::timestamp(6)"),
            ("'2024-02-29 12:00'", "'2024-02-29 12:00:00'::timestamp(6)"),
        ],
    ),
    (
        "tz",
        &[
            ("'1970-01-01 02:00+02'", "arrow_cast('1970-01-01T00:00:00Z', 'Timestamp(Microsecond, Some(\"UTC\"))')"),
            ("'2024-02-29 12:00Z'", "arrow_cast('2024-02-29T12:00:00Z', 'Timestamp(Microsecond, Some(\"UTC\"))')"),
        ],
    ),
    (
        "t",
        &[
            ("''", "''"),
            ("'a'", "'a'"),
            ("'B'", "'B'"),
            ("'é'", "'é'"),
            ("'a '", "'a '"),
            ("'😀'", "'😀'"),
            ("'\u{FFFD}'", "'\u{FFFD}'"),
        ],
    ),
    ("v", &[("''", "''"), ("'A'", "'A'"), ("'a'", "'a'"), ("'b'", "'b'")]),
    ("lo", &[("'a'", "'a'"), ("'A'", "'A'"), ("'b'", "'b'"), ("''", "''")]),
    ("m", &[("'sad'", "'sad'"), ("'ok'", "'ok'"), ("'happy'", "'happy'")]),
    ("c", &[("'a'", "'a'"), ("'a  '", "'a  '"), ("''", "''")]),
    (
        "u",
        &[
            ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
            ("'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000000'"),
            ("'ffffffff-9c0b-4ef8-bb6d-6bb9bd380a11'", "'FFFFFFFF-9c0b-4ef8-bb6d-6bb9bd380a11'"),
        ],
    ),
    (
        "y",
        &[
            ("''", "arrow_cast('', 'Binary')"),
            ("'a'", "arrow_cast('a', 'Binary')"),
            ("'ab'", "arrow_cast('ab', 'Binary')"),
        ],
    ),
];

const POSTGRES_TABLE: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE r (b bool, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric(10,2), nn numeric, d date, ts timestamp,
        tz timestamptz, t text COLLATE \"en-x-icu\", v varchar(5), lo text COLLATE loose, m mood, c char(3), u uuid, y bytea)";

const SQLITE: &[Pool] = &[
    ("b", &[("1", "true"), ("0", "false")]),
    (
        "i",
        &[
            ("-9223372036854775808", "-9223372036854775807"),
            ("0", "0"),
            ("1", "1"),
            ("9223372036854775807", "9223372036854775807"),
        ],
    ),
    ("f", &[("0.0", "0.0"), ("-0.0", "'-0'::double"), ("0.1", "0.1"), ("9e999", "'Infinity'::double"), ("2", "2.0")]),
    (
        "d",
        &[
            ("'0001-01-01'", "DATE '0001-01-01'"),
            ("'1970-01-01'", "DATE '1970-01-01'"),
            ("'9999-12-31'", "DATE '9999-12-31'"),
        ],
    ),
    (
        "t",
        &[
            ("''", "''"),
            ("'a'", "'a'"),
            ("'A'", "'A'"),
            ("'é'", "'é'"),
            ("'a '", "'a '"),
            ("'😀'", "'😀'"),
            ("12", "'12'"),
        ],
    ),
    (
        "y",
        &[
            ("x''", "arrow_cast('', 'Binary')"),
            ("x'61'", "arrow_cast('a', 'Binary')"),
            ("x'6162'", "arrow_cast('ab', 'Binary')"),
        ],
    ),
    ("m", &[("1", "1.0"), ("0.5", "0.5")]),
    ("a", &[("1", "'1'"), ("'x'", "'x'"), ("0.5", "'0.5'")]),
];

const SQLITE_TABLE: &str =
    "CREATE TABLE r (b BOOLEAN, i INTEGER, f REAL, d DATE, t TEXT COLLATE NOCASE, y BLOB, m NUMERIC, a);
    CREATE VIEW v AS SELECT b, i, f, d, t, y, m FROM r UNION ALL SELECT NOT b, i + 0, f, d, CAST(i AS TEXT), y, m FROM r WHERE i < 9;";

fn drawn<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).expect("a value").current()
}

/// An INSERT of rows in which every fifth value is NULL.
fn insert(runner: &mut TestRunner, pools: &'static [Pool]) -> String {
    let rows: Vec<_> = (0..40)
        .map(|_| {
            let values: Vec<_> = pools
                .iter()
                .map(|(_, values)| match drawn(runner, &(0_usize..5, 0..values.len())) {
                    (0, _) => "NULL",
                    (_, index) => values[index].0,
                })
                .collect();
            format!("({})", values.join(", "))
        })
        .collect();
    format!("DELETE FROM r; INSERT INTO r VALUES {};", rows.join(", "))
}

fn predicate(pools: &'static [Pool]) -> BoxedStrategy<String> {
    let atom = (0..pools.len(), any::<[u8; 4]>()).prop_map(|(column, choices)| {
        let (name, values) = pools[column];
        let value = |choice: u8| values[usize::from(choice) % values.len()].1;
        let [shape, first, second, op] = choices;
        let op = ["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"][usize::from(op) % 8];
        let not = if second % 2 == 0 { "" } else { "NOT " };
        let test = match shape % 8 {
            0 => {
                format!("{name} {not}IN ({}, {}, {}, {})", value(first), value(second), value(first / 7), value(shape))
            }
            1 => format!("{name} {not}BETWEEN {} AND {}", value(first), value(second)),
            2 => format!("{name} IS {not}NULL"),
            3 => format!("{} {op} {name}", value(first)),
            4 => format!("{name} {op} {name}"),
            5 if name == "b" => format!("b IS {not}TRUE"),
            6 if name == "b" => "b".to_owned(),
            _ => format!("{name} {op} {}", value(first)),
        };
        // The engine binds IS DISTINCT FROM more loosely than AND.
        format!("({test})")
    });
    atom.prop_recursive(4, 12, 3, |inner| {
        let test =
            prop_oneof![Just("IS TRUE"), Just("IS NOT TRUE"), Just("IS FALSE"), Just("IS NOT FALSE"), Just("IS NULL")];
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} AND {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} OR {right})")),
            inner.clone().prop_map(|inner| format!("(NOT {inner})")),
            (inner, test).prop_map(|(inner, test)| format!("(({inner}) {test})")),
        ]
    })
    .boxed()
}

/// Compares, and counts how many were pushed whole.
async fn compare(on: &Engine, off: &Engine, runner: &mut TestRunner, table: &str, pools: &'static [Pool]) -> usize {
    let predicates = predicate(pools);
    let mut pushed = 0;
    for _ in 0..PREDICATES {
        let sql = format!("SELECT * FROM {table} WHERE {}", drawn(runner, &predicates));
        let (near, far) = (off.rows(&sql).await, on.rows(&sql).await);
        assert!(near.is_ok(), "{sql}: {near:?}");
        assert_eq!(far, near, "{sql}\n{:?}", on.statements(&sql).await);
        pushed += usize::from(!on.explain(&sql).await.contains("FilterExec"));
    }
    pushed
}

#[tokio::test]
async fn postgres_agrees_on_random_predicates() {
    let url = postgres::with(POSTGRES_TABLE).await;
    let on = Engine::over(&postgres::open(&url, vec![], true)).await;
    let off = Engine::over(&postgres::open(&url, vec![], false)).await;
    let mut runner = TestRunner::new_with_rng(Config::default(), seeded());
    let mut connection = PgConnection::connect(&url).await.expect("a server");
    let mut pushed = 0;
    for _ in 0..TABLES {
        let rows = insert(&mut runner, POSTGRES);
        sqlx::raw_sql(AssertSqlSafe(rows)).execute(&mut connection).await.expect("rows");
        pushed += compare(&on, &off, &mut runner, "r", POSTGRES).await;
    }
    assert!(pushed > TABLES * PREDICATES / 3, "only {pushed} were pushed");
}

#[tokio::test]
async fn sqlite_agrees_on_random_predicates() {
    let mut runner = TestRunner::new_with_rng(Config::default(), seeded());
    let mut pushed = 0;
    for _ in 0..TABLES {
        let rows = insert(&mut runner, SQLITE);
        let file = sqlite::File::with(&format!("{SQLITE_TABLE} {rows}")).await;
        let on = Engine::over(&file.open(vec![], true)).await;
        let off = Engine::over(&file.open(vec![], false)).await;
        pushed += compare(&on, &off, &mut runner, "r", SQLITE).await;
        // The last column is not in the view.
        pushed += compare(&on, &off, &mut runner, "v", &SQLITE[..SQLITE.len() - 1]).await;
    }
    assert!(pushed > TABLES * PREDICATES / 2, "only {pushed} were pushed");
}

/// A seed of its own for each run, printed, so that a failure can be run again.
fn seeded() -> proptest::test_runner::TestRng {
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
    eprintln!("SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    proptest::test_runner::TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &bytes)
}
