//! What the rows of each format are.

use std::io::Write;

use datafusion::arrow::{
    array::{
        ArrayRef, Decimal128Array, DictionaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray, StringArray,
    },
    datatypes::Int32Type,
};

use super::*;
use crate::model::Code;

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

#[tokio::test]
async fn csv_is_read_by_name() {
    let lake = Lake::new()
        .text("t/a.csv", "id,name,note\n1,Ada,\"two\nlines, \"\"quoted\"\"\"\n2,,\"\"\n")
        .text("t/b.csv", "\u{feff}name,id\r\nBob,3\r\n")
        .text("t/c.csv", "extra,id\n2.5,4\n");
    let rows = lake.rows("SELECT id, name, note, extra FROM t ORDER BY id").await;
    assert_eq!(rows, ["1|Ada|two\nlines, \"quoted\"|-", "2|-|-|-", "3|Bob|-|-", "4|-|-|2.5"]);
    assert_eq!(lake.rows("SELECT count(*) FROM t").await, ["4"]);
    assert_eq!(lake.rows("SELECT extra FROM t WHERE id > 3").await, ["2.5"]);
    assert_eq!(lake.rows("SELECT id FROM t ORDER BY id LIMIT 1").await, ["1"]);
}

#[tokio::test]
async fn csv_types_are_those_that_read_back_exactly() {
    let lake = Lake::new().text(
        "t.csv",
        "i,f,b,d,ts,tz,zip,big,none,mixed\n\
         1,1,true,2026-01-31,2026-01-31 10:00:00.5,2026-01-31T10:00:00+02:00,007,99999999999999999999,,1\n\
         -2,2.5e3,FALSE,2020-02-29,2026-01-31,2026-01-31T10:00:00Z,10115,1,,x\n",
    );
    let schema = schema_of(&lake.listing().await, "t");
    let types = ["i", "f", "b", "d", "ts", "tz", "zip", "big", "none", "mixed"].map(|name| schema[name].as_str());
    let expected = [
        "Int64",
        "Float64",
        "Boolean",
        "Date32",
        "Timestamp(µs)",
        "Timestamp(µs, \"UTC\")",
        "Utf8",
        "Utf8",
        "Utf8",
        "Utf8",
    ];
    assert_eq!(types, expected);
    assert_eq!(
        lake.rows("SELECT * FROM t ORDER BY i DESC LIMIT 1").await,
        ["1|1.0|true|2026-01-31|2026-01-31T10:00:00.500|2026-01-31T08:00:00Z|007|99999999999999999999|-|1"]
    );
}

#[tokio::test]
async fn compressed_text_is_read() {
    let lake = Lake::new().text("t/a.csv", "id\n1\n");
    let gzip = |text: &str| {
        // A stored (uncompressed) gzip member is enough to see the decoder at work.
        let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
        let length = u16::try_from(text.len()).unwrap();
        bytes.extend(length.to_le_bytes());
        bytes.extend((!length).to_le_bytes());
        bytes.extend(text.as_bytes());
        let mut crc = u32::MAX;
        for byte in text.bytes() {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        bytes.extend((!crc).to_le_bytes());
        bytes.extend(u32::from(length).to_le_bytes());
        bytes
    };
    let mut file = fs::File::create(lake.path("t/b.csv.gz")).unwrap();
    file.write_all(&gzip("id\n2\n3\n")).unwrap();
    assert_eq!(lake.rows("SELECT id FROM t ORDER BY id").await, ["1", "2", "3"]);
}

#[tokio::test]
async fn what_is_no_csv_names_its_file() {
    let ragged = Lake::new().text("t/a.csv", "id,name\n1,a\n2\n");
    let problems = texts(&ragged.listing().await.problems);
    assert!(problems.contains("`t/a.csv` cannot be read as CSV"), "{problems}");
    let twice = Lake::new().text("t.csv", "id,id\n1,2\n");
    assert!(texts(&twice.listing().await.problems).contains("`t.csv` cannot be read as CSV"));
}

#[tokio::test]
async fn a_later_value_that_does_not_fit_is_a_fault() {
    for (first, later) in [("1", "1.5"), ("1.5", "1e999"), ("2026-01-01", "2026-01-01 10:00:00")] {
        // Behind the records that decide the type.
        let lake = Lake::new().text("t.csv", &format!("id\n{}{later}\n", format!("{first}\n").repeat(10_000)));
        let (source, session) = lake.open();
        register(&session, source.tables(&TableNames::default()).await.unwrap());
        let fault = fault_of(&query(&session, "SELECT id FROM t").await.unwrap_err());
        assert_eq!(fault.code, Code::ValueUnrepresentable);
        assert!(fault.detail.starts_with("column `id` of `lake.t` holds a value in the file `t.csv`"), "{fault}");
    }
}

#[tokio::test]
async fn ndjson_is_read_by_name() {
    let lake = Lake::new()
        .text(
            "t/a.ndjson",
            "{\"id\": 1, \"tags\": [\"x\", null], \"who\": {\"name\": \"Ada\", \"n\": 1}}\n\n{\"id\": 2}\n",
        )
        .text("t/b.json", "{\"score\": 2.5, \"id\": 3, \"ok\": true, \"who\": {\"n\": 2}}");
    let rows = lake.rows("SELECT id, tags, who, score, ok FROM t ORDER BY id").await;
    assert_eq!(rows, ["1|[x, ]|{name: Ada, n: 1}|-|-", "2|-|-|-|-", "3|-|{name: , n: 2}|2.5|true"]);
    assert_eq!(lake.rows("SELECT count(*) FROM t").await, ["3"]);
    let lake = lake.table(columns("t", [("who", ValueType::String), ("id", ValueType::Decimal(10, 2))]));
    let rows = lake.rows("SELECT id, who FROM t WHERE id <> 2 ORDER BY id").await;
    assert_eq!(rows, ["1.00|{\"name\":\"Ada\",\"n\":1}", "3.00|{\"name\":null,\"n\":2}"]);
}

#[tokio::test]
async fn a_declaration_types_a_column_without_values() {
    let lake = Lake::new().text("t.ndjson", "{\"id\": 1, \"tags\": null, \"many\": []}\n");
    let ints = || ValueType::List(Box::new(ValueType::Int64));
    let lake = lake.table(columns("t", [("tags", ints()), ("many", ints())]));
    let schema = schema_of(&lake.listing().await, "t");
    assert_eq!((schema["tags"].as_str(), schema["many"].as_str()), ("List(Int64)", "List(Int64)"));
    assert_eq!(lake.rows("SELECT tags, many FROM t").await, ["-|[]"]);
}

#[tokio::test]
async fn integers_widen_in_text_formats() {
    let lake = Lake::new().text("t/a.csv", "x\n1\n").text("t/b.csv", "x\n1.5\n");
    assert_eq!(lake.rows("SELECT x FROM t ORDER BY x").await, ["1.0", "1.5"]);
}

#[tokio::test]
async fn conflicting_types_name_both_files() {
    let lake = Lake::new().text("t/a.csv", "x\n1\n").text("t/b.csv", "x\nhello\n").text("other.csv", "x\n1\n");
    let listing = lake.listing().await;
    assert_eq!(listing.tables.len(), 1);
    let problems = texts(&listing.problems);
    assert!(problems.contains("column `x` is int64 in `t/a.csv` but string in `t/b.csv`"), "{problems}");
    assert!(problems.contains("`tables: {t: {columns: {x: string}}}`"), "{problems}");
    let lake = lake.table(columns("t", [("x", ValueType::String)]));
    assert_eq!(lake.rows("SELECT x FROM t ORDER BY x").await, ["1", "hello"]);
}

#[tokio::test]
async fn parquet_files_are_united_by_name() {
    let lake = Lake::new()
        .parquet(
            "t/a.parquet",
            &batch([
                ("id", Arc::new(Int64Array::from(vec![1])) as _),
                ("s", Arc::new(LargeStringArray::from(vec!["x"])) as _),
            ]),
        )
        .parquet(
            "t/b.parquet",
            &batch([
                ("s", Arc::new(StringArray::from(vec!["y"])) as _),
                ("id", Arc::new(Int64Array::from(vec![2])) as _),
            ]),
        )
        .parquet(
            "t/c.parquet",
            &batch([
                ("s", Arc::new(vec!["z"].into_iter().collect::<DictionaryArray<Int32Type>>()) as _),
                ("f", Arc::new(Float64Array::from(vec![0.5])) as _),
            ]),
        );
    let schema = schema_of(&lake.listing().await, "t");
    assert_eq!(schema["s"], "Utf8");
    assert_eq!(lake.rows("SELECT id, s, f FROM t ORDER BY s").await, ["1|x|-", "2|y|-", "-|z|0.5"]);
    assert_eq!(lake.rows("SELECT count(*), count(id), min(s), max(f) FROM t").await, ["3|2|x|0.5"]);
    assert_eq!(lake.rows("SELECT id FROM t WHERE s = 'y'").await, ["2"]);
}

#[tokio::test]
async fn parquet_types_must_agree_unless_declared() {
    let lake = Lake::new()
        .parquet("t/a.parquet", &batch([("x", Arc::new(Int64Array::from(vec![1 << 40])) as _)]))
        .parquet("t/b.parquet", &batch([("x", Arc::new(Int32Array::from(vec![2])) as _)]));
    let problems = texts(&lake.listing().await.problems);
    assert!(problems.contains("column `x` is int64 in `t/a.parquet` but int32 in `t/b.parquet`"), "{problems}");
    let lake = lake.table(columns("t", [("x", ValueType::Int64)]));
    assert_eq!(lake.rows("SELECT x FROM t WHERE x > 1 ORDER BY x").await, ["2", "1099511627776"]);
    let mut lake = lake;
    lake.tables = vec![columns("t", [("x", ValueType::String)])];
    assert_eq!(lake.rows("SELECT x FROM t ORDER BY x").await, ["1099511627776", "2"]);
    lake.tables = vec![columns("t", [("x", ValueType::Int32)])];
    let fault = lake.fault("SELECT x FROM t").await;
    assert_eq!(fault.to_string(), "AQ-503: column `x` of `lake.t` holds a value that does not fit its type int32");
}

#[tokio::test]
async fn declared_decimals_are_never_rounded() {
    let amounts = Decimal128Array::from(vec![12_345, 100]).with_precision_and_scale(10, 3).unwrap();
    let lake = Lake::new().parquet("t.parquet", &batch([("x", Arc::new(amounts) as _)]));
    let mut lake = lake.table(columns("t", [("x", ValueType::Decimal(38, 6))]));
    assert_eq!(lake.rows("SELECT x FROM t ORDER BY x").await, ["0.100000", "12.345000"]);
    assert_eq!(lake.rows("SELECT x FROM t WHERE x > 1").await, ["12.345000"]);
    lake.tables = vec![columns("t", [("x", ValueType::Decimal(38, 2))])];
    assert_eq!(lake.fault("SELECT x FROM t").await.code, Code::ValueUnrepresentable);
}
