//! Each native type of Postgres at its edges, through both doors; and streams that fail on their way.

use std::process::Command;

use serde_json::{Value, json};
use tonic::Code;

use super::{Surface, serve};
use crate::harness::rows;

/// Column, Postgres type, and three values: as SQL literals, then as JSON.
fn columns() -> Vec<(&'static str, &'static str, [&'static str; 3], [Value; 3])> {
    let null = Value::Null;
    vec![
        ("b", "bool", ["true", "false", "NULL"], [json!(true), json!(false), null.clone()]),
        ("i2", "int2", ["32767", "-32768", "NULL"], [json!(i16::MAX), json!(i16::MIN), null.clone()]),
        ("i4", "int4", ["2147483647", "-2147483648", "0"], [json!(i32::MAX), json!(i32::MIN), json!(0)]),
        (
            "i8",
            "int8",
            ["9223372036854775807", "-9223372036854775808", "9007199254740993"],
            [json!(i64::MAX), json!(i64::MIN), json!(9_007_199_254_740_993_i64)],
        ),
        ("f4", "float4", ["'NaN'", "0.1", "'-Infinity'"], [json!("NaN"), number("0.1"), json!("-Infinity")]),
        ("f8", "float8", ["'Infinity'", "1e-300", "0.1"], [json!("Infinity"), number("1e-300"), number("0.1")]),
        (
            "d",
            "numeric(20,2)",
            ["123456789012345678.90", "-0.01", "NULL"],
            [json!("123456789012345678.90"), json!("-0.01"), null.clone()],
        ),
        (
            "dd",
            "numeric",
            ["0.000000000000000001", "-12345678901234567890", "1.5"],
            [
                json!("0.000000000000000001"),
                json!("-12345678901234567890.000000000000000000"),
                json!("1.500000000000000000"),
            ],
        ),
        ("t", "text", ["''", "'näive \"q\", 😀'", "NULL"], [json!(""), json!("näive \"q\", 😀"), null.clone()]),
        (
            "u",
            "uuid",
            ["'67E55044-10B1-426F-9247-BB680E5FE0C8'", "NULL", "NULL"],
            [json!("67e55044-10b1-426f-9247-bb680e5fe0c8"), null.clone(), null.clone()],
        ),
        (
            "da",
            "date",
            ["'0001-01-01'", "'9999-12-31'", "'2024-02-29'"],
            [json!("0001-01-01"), json!("9999-12-31"), json!("2024-02-29")],
        ),
        (
            "ti",
            "time",
            ["'00:00:00'", "'23:59:59.999999'", "NULL"],
            [json!("00:00:00"), json!("23:59:59.999999"), null.clone()],
        ),
        (
            "ts",
            "timestamp",
            ["'1969-12-31 23:59:59.5'", "'9999-12-31 23:59:59.999999'", "'2026-01-31 10:00'"],
            [json!("1969-12-31T23:59:59.500"), json!("9999-12-31T23:59:59.999999"), json!("2026-01-31T10:00:00")],
        ),
        (
            "tz",
            "timestamptz",
            ["'2026-01-31 10:00+01'", "'1900-01-01 00:00Z'", "NULL"],
            [json!("2026-01-31T09:00:00Z"), json!("1900-01-01T00:00:00Z"), null.clone()],
        ),
        (
            "iv",
            "interval",
            ["'1 year 2 months 3 days 4:05:06.7'", "'-1 day -00:00:00.5'", "'0'"],
            [json!("P1Y2M3DT4H5M6.7S"), json!("P-1DT-0.5S"), json!("PT0S")],
        ),
        ("by", "bytea", [r"'\x00ff10'", r"'\x'", "NULL"], [json!("AP8Q"), json!(""), null.clone()]),
        (
            "li",
            "int8[]",
            ["ARRAY[1, NULL, 9007199254740993]", "'{}'", "NULL"],
            [json!([1, null, 9_007_199_254_740_993_i64]), json!([]), null.clone()],
        ),
        ("lt", "text[]", ["ARRAY['a', '', NULL]", "NULL", "'{}'"], [json!(["a", "", null]), null.clone(), json!([])]),
        ("js", "jsonb", ["'{\"a\": [1, 2]}'", "'null'", "NULL"], [json!("{\"a\": [1, 2]}"), json!("null"), null]),
    ]
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("a JSON number")
}

fn expected() -> Vec<Value> {
    let row = |index: usize| {
        let columns = columns();
        let cells = columns.iter().map(|(name, _, _, values)| ((*name).to_owned(), values[index].clone()));
        Value::Object([("id".to_owned(), json!(index + 1))].into_iter().chain(cells).collect())
    };
    (0..3).map(row).collect()
}

async fn edges() -> Surface {
    let columns = columns();
    let types: Vec<String> = columns.iter().map(|(name, kind, ..)| format!("{name} {kind}")).collect();
    let row = |index: usize| {
        let literals: Vec<&str> = columns.iter().map(|(_, _, literals, _)| literals[index]).collect();
        format!("({}, {})", index + 1, literals.join(", "))
    };
    let tables = format!(
        "CREATE TABLE edges (id int PRIMARY KEY, {}); INSERT INTO edges VALUES {}, {}, {}",
        types.join(", "),
        row(0),
        row(1),
        row(2)
    );
    let page = "page: {key: [id], order: [id]}\naccess: public";
    serve(&tables, &[("edges", page, "SELECT * FROM pg.edges")]).await
}

#[tokio::test]
async fn every_type_arrives_at_both_doors() {
    let surface = edges().await;
    let http = surface.server.http();
    let page = http.get("/v1/s/edges").send().await;
    for (row, expected) in page.rows().iter().zip(expected()) {
        for (name, value) in expected.as_object().expect("a row") {
            assert_eq!(row[name].to_string(), value.to_string(), "{name} in row {}", expected["id"]);
        }
    }
    assert_eq!(page.rows(), expected());
    for path in ["/v1/s/edges?format=ndjson", "/v1/s/edges?format=ndjson&limit=3"] {
        assert_eq!(http.get(path).send().await.ndjson(), expected(), "{path}");
    }
    let arrow = surface.server.flight().await.path(&["v1", "s", "edges"]).await.expect("Flight answers");
    rows::assert_same(&expected(), &arrow);
}

/// The fields of a CSV text without line breaks in fields; `None` for an empty field without quotes.
fn fields(line: &str) -> Vec<Option<String>> {
    let (mut fields, mut rest) = (Vec::new(), line);
    loop {
        let after = if let Some(quoted) = rest.strip_prefix('"') {
            let mut field = String::new();
            let mut tail = quoted;
            loop {
                let (part, next) = tail.split_once('"').expect("the quote is closed");
                field.push_str(part);
                match next.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        tail = more;
                    }
                    None => break tail = next,
                }
            }
            fields.push(Some(field));
            tail
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            fields.push(Some(rest[..end].to_owned()).filter(|field| !field.is_empty()));
            &rest[end..]
        };
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return fields,
        }
    }
}

#[tokio::test]
async fn every_type_arrives_as_csv() {
    let surface = edges().await;
    let csv = surface.server.http().get("/v1/s/edges?format=csv").send().await;
    let mut lines = csv.text().lines();
    let names: Vec<_> = fields(lines.next().expect("a header")).into_iter().flatten().collect();
    for (line, expected) in lines.zip(expected()) {
        let expected: Vec<Option<String>> = names
            .iter()
            .map(|name| match &expected[name] {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            })
            .collect();
        assert_eq!(fields(line), expected);
    }
    assert_eq!(csv.text().lines().count(), 4);
}

async fn failing() -> Surface {
    serve(
        "CREATE TABLE late (n int, v numeric);
         INSERT INTO late SELECT n, n FROM generate_series(1, 100000) n;
         INSERT INTO late VALUES (100001, 'NaN')",
        &[
            ("value", "access: public", "SELECT n, v FROM pg.late"),
            ("division", "access: public", "SELECT n, 1000 / (100001 - n) AS quotient FROM pg.late"),
        ],
    )
    .await
}

#[tokio::test]
async fn a_stream_that_fails_on_its_way_has_no_clean_end() {
    let surface = failing().await;
    let http = surface.server.http();
    for (query, code) in [("value", "AQ-503"), ("division", "AQ-603")] {
        for format in ["ndjson", "csv", "arrow"] {
            let path = format!("/v1/s/{query}?format={format}");
            for coding in ["identity", "gzip", "zstd"] {
                let response = http.get(&path).header("accept-encoding", coding).stream().await.expect("a head");
                assert_eq!(response.status(), 200, "{path}: the first rows are good");
                assert!(response.bytes().await.is_err(), "{path} {coding} seems whole");
            }
            // 18: a body shorter than announced, 92: a stream that was reset.
            for (option, exit) in [("--http1.1", 18), ("--http2-prior-knowledge", 92)] {
                let url = format!("http://{}{path}", surface.server.http);
                let curl = Command::new("curl").args(["--silent", "--output", "/dev/null", option, &url]).status();
                assert_eq!(curl.expect("curl runs").code(), Some(exit), "{path} {option}");
            }
        }
        let refused = surface.server.flight().await.path(&["v1", "s", query]).await.expect_err("it fails");
        assert!(refused.message.starts_with(code), "{refused:?}");
        assert!([Code::Unavailable, Code::Internal].contains(&refused.code), "{refused:?}");
        assert!(surface.server.logs(&format!("\"code\":\"{code}\"")).await, "the log does not tell {code}");
    }
}

#[tokio::test]
async fn a_page_that_fails_is_a_problem() {
    let surface = failing().await;
    let http = surface.server.http();
    let page = http.get("/v1/s/value?limit=10").send().await;
    assert_eq!((page.rows().len(), page.header("aqueduct-consistency")), (10, "stored"));
    let surface = serve(
        "CREATE TABLE bad (n int, v numeric); INSERT INTO bad VALUES (1, 'NaN')",
        &[("bad", "access: public", "SELECT n, v FROM pg.bad")],
    )
    .await;
    for format in ["json", "ndjson", "csv", "arrow", "parquet"] {
        let answer = surface.server.http().get(&format!("/v1/s/bad?format={format}")).send().await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (502, &json!("AQ-503")), "{format}");
        assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.contains('v')), "{}", answer.text());
    }
}
