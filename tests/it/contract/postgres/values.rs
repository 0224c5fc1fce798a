//! Values arrive as they are, or not at all.

use aqueduct::{
    model::{Code, ValueType},
    sources::sql,
};
use datafusion::arrow::datatypes::{DataType, TimeUnit};

use super::{Engine, TYPES, annotation, open, wait_until_idle, with};

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
             A|Ab|{\"k\": 1}|sad|1.50|10.0.0.1|[1, NULL, 3]|[a, NULL, ]|[1.5]|[ok]|[1,5)",
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
    let said: Vec<_> = engine.problems.iter().map(ToString::to_string).collect();
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
