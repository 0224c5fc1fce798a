//! Every type with the values at its ends: what we read is what Python reads.

use aqueduct::{
    config::TableConfig,
    model::{Code, ValueType},
};
use datafusion::execution::runtime_env::RuntimeEnv;
use std::sync::Arc;

use super::{Lake, annotated, spanned};
use crate::contract::engine::Engine;

const TYPES: &str = r#"
utc = dt.timezone.utc
first, last = dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)
write('types', {
    'id': pa.array(range(6)),
    'yes': pa.array([True, False, None, True, False, None]),
    'i8': pa.array([-128, 127, None, 0, 1, 2], pa.int8()),
    'i16': pa.array([-2**15, 2**15 - 1, None, 0, 1, 2], pa.int16()),
    'i32': pa.array([-2**31, 2**31 - 1, None, 0, 1, 2], pa.int32()),
    'i64': pa.array([-2**63, 2**63 - 1, None, 0, 2**53 + 1, -(2**53) - 1], pa.int64()),
    'f32': pa.array([float('nan'), float('inf'), None, -0.0, 1.5, -float('inf')], pa.float32()),
    'f64': pa.array([float('nan'), float('inf'), None, -0.0, 5e-324, 1.7976931348623157e308]),
    'd38': pa.array([Decimal('9' * 38), Decimal('-' + '9' * 38), None, Decimal(0), Decimal(1), Decimal(2)], pa.decimal128(38, 0)),
    'd18': pa.array([Decimal('99999999.9999999999'), Decimal('-99999999.9999999999'), None, Decimal(0), Decimal('1E-10'), Decimal(2)], pa.decimal128(18, 10)),
    'd5': pa.array([Decimal('999.99'), Decimal('-999.99'), None, Decimal(0), Decimal('0.01'), Decimal(2)], pa.decimal128(5, 2)),
    't': pa.array(['', 'ü "quoted\' \\ %20 =', None, 'a\x00b', '😀' * 200, 'z' * 5000]),
    'large': pa.array(['l', 'ü', None, '', 'x', 'y'], pa.large_string()),
    'b': pa.array([b'', b'\x00\xff', None, b'abc', b'\\', b"'"]),
    'fixed': pa.array([b'0123456789abcdef'] * 2 + [None] + [b'fedcba9876543210'] * 3, pa.binary(16)),
    'day': pa.array([first.date(), last.date(), None, dt.date(1970, 1, 1), dt.date(1969, 12, 31), dt.date(2024, 2, 29)]),
    'at': pa.array([first.replace(tzinfo=utc), last.replace(tzinfo=utc), None, dt.datetime(1970, 1, 1, tzinfo=utc), dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=utc), dt.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=utc)], pa.timestamp('us', 'UTC')),
    'ntz': pa.array([first, last, None, dt.datetime(1970, 1, 1), dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(2024, 2, 29, 1, 2, 3, 4)], pa.timestamp('us')),
    'list': pa.array([[], [1, None], None, [2], [3], [4]], pa.list_(pa.int32())),
    'struct': pa.array([{'x': 1, 'y': {'z': ['a']}}, {'x': None, 'y': None}, None, {'x': 2, 'y': {'z': None}}, {'x': 3, 'y': {'z': []}}, {'x': 4, 'y': {'z': [None]}}], pa.struct([('x', pa.int64()), ('y', pa.struct([('z', pa.list_(pa.string()))]))])),
    'map': pa.array([[('k', 1)], [], None, [('ü', None)], [('', 3)], [('a', 1), ('b', 2)]], pa.map_(pa.string(), pa.int32())),
}, target_file_size=1)
table('types').delete('id = 5')
"#;

const COLUMNS: &str = "Int64, Boolean, Int8, Int16, Int32, Int64, Float32, Float64, Decimal128(38, 0), \
    Decimal128(18, 10), Decimal128(5, 2), Utf8, Utf8, Binary, Binary, Date32, Timestamp(µs, \"UTC\"), Timestamp(µs)";

#[tokio::test(flavor = "multi_thread")]
async fn every_type_keeps_its_values() {
    let lake = Lake::in_directory();
    lake.run(TYPES);
    let engine = lake.engine().await;
    assert_eq!(engine.problems, []);
    assert_eq!(lake.is_same(&engine, "types").await, 5);
    let frame = engine.session.table("types").await.expect("it is listed");
    let types: Vec<_> = frame.schema().fields().iter().take(18).map(|field| field.data_type().to_string()).collect();
    assert_eq!(types.join(", "), COLUMNS);
    // The log's bounds change no answer, whatever the type and whichever end.
    for (column, ends) in [
        ("i64", "9223372036854775807 -9223372036854775808"),
        ("d38", "99999999999999999999999999999999999999 -99999999999999999999999999999999999999"),
        ("d18", "99999999.9999999999 -99999999.9999999999"),
        ("f64", "1.7976931348623157e308 -0.0"),
        ("day", "DATE'9999-12-31' DATE'0001-01-01'"),
        ("ntz", "TIMESTAMP'9999-12-31T23:59:59.999999' TIMESTAMP'1969-12-31T23:59:59.999999'"),
        ("t", "'zzz' 'a'"),
    ] {
        for operator in ["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"] {
            for end in ends.split(' ') {
                let with = engine.rows(&format!("SELECT id FROM types WHERE {column} {operator} {end}")).await;
                // Behind a volatile function's back nothing is skipped.
                let without = engine
                    .rows(&format!(
                        "SELECT id FROM (SELECT id, {column} {operator} {end} AS is FROM types) WHERE is AND random() < 2"
                    ))
                    .await;
                assert_eq!(with, without, "{column} {operator} {end}");
            }
        }
        for aggregate in ["min", "max"] {
            let with = engine.rows(&format!("SELECT {aggregate}({column}) FROM types")).await;
            let without = engine.rows(&format!("SELECT {aggregate}({column}) FROM types WHERE random() < 2")).await;
            assert_eq!(with, without, "{aggregate}({column})");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn annotations_convert_exactly_or_fail() {
    let lake = Lake::in_directory();
    lake.run("write('t', {'id': [1, 2], 'n': ['1.50', 'x'], 'd': [Decimal('1.25'), Decimal('2.50')], 'f': [1.0, 2.5], 'p': ['1', '2']}, partition_by=['p'])");
    let types = [("n", ValueType::Float64), ("d", ValueType::String), ("f", ValueType::Int64), ("p", ValueType::Int32)];
    let columns = types.map(|(name, value_type)| (spanned(name.to_owned()), value_type)).to_vec();
    let runtime = Arc::new(RuntimeEnv::default());
    let source = lake.source(vec![TableConfig { columns, ..annotated("t") }], &runtime);
    let engine = Engine::within(&source, runtime).await;
    assert_eq!(engine.problems, []);
    assert_eq!(engine.rows("SELECT d, p + 1 FROM t WHERE d > '2' AND p = 2").await, Ok(vec!["2.50|3".to_owned()]));
    assert_eq!(engine.rows("SELECT n, f FROM t WHERE p = 1").await, Ok(vec!["1.5|1".to_owned()]));
    for column in ["n", "f"] {
        let fault = engine.rows(&format!("SELECT {column} FROM t")).await.expect_err("it does not fit");
        assert_eq!(fault.code, Code::ValueUnrepresentable, "{fault:?}");
        assert!(fault.detail.contains(&format!("`{column}` of `lake.t`")), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_of_every_type_and_hold_odd_characters() {
    let lake = Lake::in_bucket().await;
    lake.run(
        r#"
odd = ['a b', 'c=d/é%', '%20', None, "it's", 'ü+&?#:*|"<>\\']
write('odd', {'id': list(range(6)), 'p': odd}, partition_by=['p'])
write('kinds', {
    'i8': pa.array([-128, None], pa.int8()), 'id': [1, 2], 'i64': pa.array([2**63 - 1, None]), 'yes': [True, None],
    'f': [-1.5, None], 'd': pa.array([Decimal('9' * 38), None], pa.decimal128(38, 0)), 'day': [dt.date(1, 1, 1), None],
    'at': pa.array([dt.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=dt.timezone.utc), None], pa.timestamp('us', 'UTC')),
    'ntz': pa.array([dt.datetime(1969, 12, 31, 23, 59, 59, 999999), None], pa.timestamp('us')), 't': ['x', None],
}, partition_by=['i8', 'i64', 'yes', 'f', 'd', 'day', 'at', 'ntz', 't'])
write('odd names, "all"', {'Mixed "Case"': [1], 'select': [2], 'ü.ä': [3]}, partition_by=['select'])
"#,
    );
    let engine = lake.engine().await;
    assert_eq!(engine.problems, []);
    assert_eq!(lake.is_same(&engine, "odd").await, 6);
    let kinds = "SELECT i8, id, i64, yes, f, d, day, at, ntz, t FROM kinds ORDER BY id";
    assert_eq!(
        engine.rows_in_order(kinds).await,
        Ok(vec![
            format!(
                "-128|1|9223372036854775807|true|-1.5|{}|0001-01-01|2024-02-29T01:02:03.000004Z|\
                 1969-12-31T23:59:59.999999|x",
                "9".repeat(38)
            ),
            "NULL|2|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL".to_owned()
        ])
    );
    for (value, id) in [("a b", 0), ("c=d/é%", 1), ("%20", 2), ("it''s", 4)] {
        let sql = format!("SELECT id FROM odd WHERE p = '{value}'");
        assert_eq!(engine.rows(&sql).await, Ok(vec![id.to_string()]), "{sql}");
    }
    assert_eq!(engine.rows("SELECT id FROM odd WHERE p IS NULL").await, Ok(vec!["3".to_owned()]));
    assert_eq!(
        engine.rows("SELECT \"Mixed \"\"Case\"\"\", \"select\", \"ü.ä\" FROM \"odd names, \"\"all\"\"\"").await,
        Ok(vec!["1|2|3".to_owned()])
    );
}
