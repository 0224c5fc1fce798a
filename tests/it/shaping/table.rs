//! Requests and the rows that they give, in full.

use serde_json::{Value, json};

use super::{ALL, Query, Suite};
use crate::harness::http::{Answer, Http, all_pages};

const PLAIN: &str = "page: {key: [id]}\nconsumer: {fields: true, filter: true, sort: true}";
const NULLS_FIRST: &str =
    "page: {key: [id], order: [{column: small, nulls: last}], nulls: first}\nconsumer: {sort: true, fields: true}";
const QUERIES: &[Query] = &[
    ("plain", PLAIN, "SELECT * FROM SOURCE.edges"),
    ("nulls", NULLS_FIRST, "SELECT id, small, odd__name FROM SOURCE.edges WHERE id <= 6"),
    ("groups", ALL, "SELECT flag, count(*) AS n, sum(id) AS ids FROM SOURCE.edges GROUP BY flag"),
    ("newest", ALL, "SELECT note, id FROM SOURCE.edges ORDER BY id DESC LIMIT 9"),
    ("hidden", ALL, "SELECT note FROM SOURCE.edges ORDER BY id DESC LIMIT 9"),
    ("ordered", ALL, "SELECT id AS number, flag FROM SOURCE.edges ORDER BY small DESC NULLS LAST, id"),
    (
        "distinct",
        ALL,
        "SELECT DISTINCT flag, odd__name FROM SOURCE.edges ORDER BY odd__name NULLS LAST, flag NULLS LAST",
    ),
    (
        "keyed",
        "page: {key: [odd__name, flag]}\nconsumer: {fields: true}",
        "SELECT DISTINCT flag, odd__name FROM SOURCE.edges WHERE flag IS NOT NULL AND odd__name IS NOT NULL",
    ),
];

/// A query with its query string, and the rows: each column's values by themselves, where only one is shown.
fn cases() -> Vec<(&'static str, Value)> {
    vec![
        ("plain?fields=id&id__lte=3", json!([1, 2, 3])),
        ("plain?fields=id&id__gt=42", json!([43, 44, 45])),
        ("plain?fields=id&id__gte=3&id__lt=5", json!([3, 4])),
        ("plain?fields=id&id__in=4&id__in=2&id__in=99&sort=-id", json!([4, 2])),
        ("plain?fields=id,odd__name&odd__name__eq=2&id__lt=9", json!([[3, 2], [4, 2], [5, 2]])),
        ("nulls?fields=id&sort=-odd__name", json!([6, 3, 4, 5, 1, 2])),
        ("nulls?fields=id&sort=small", json!([1, 4, 6, 2, 3, 5])),
        ("groups?fields=n&flag__is=null", json!([15])),
        ("groups?fields=flag&n__gte=1&sort=-flag", json!([true, false, null])),
        ("newest?fields=id&id__lte=40", json!([40, 39, 38, 37])),
        ("newest?fields=id&id__ne=44&sort=id&limit=3", json!([37, 38, 39])),
        ("distinct?fields=odd__name", json!([1, 1, 1, 2, 2, 2, null, null, null])),
        ("distinct?fields=odd__name&flag__eq=false", json!([1, 2, null])),
        ("keyed?fields=flag", json!([false, true, false, true])),
    ]
}

/// The rows without the names of their columns.
fn values(rows: &[Value]) -> Value {
    let row = |row: &Value| {
        let values: Vec<Value> = row.as_object().expect("a row").values().cloned().collect();
        if let [one] = values.as_slice() { one.clone() } else { Value::from(values) }
    };
    rows.iter().map(row).collect()
}

fn in_any_order(rows: &Value) -> Vec<String> {
    let mut texts: Vec<_> = rows.as_array().expect("rows").iter().map(Value::to_string).collect();
    texts.sort();
    texts
}

async fn shaped(http: &Http, source: &str, request: &str) -> Value {
    let path = format!("/v1/{source}/{request}");
    let page = http.get(&path).send().await;
    let rows = values(&page.rows());
    let stream = http.get(&format!("{path}&format=ndjson")).send().await;
    // With a key alone, a stream comes as it comes.
    let is_ordered = path.contains("sort=") || !["plain", "keyed"].iter().any(|query| request.starts_with(query));
    let streamed = values(&stream.ndjson());
    if is_ordered {
        assert_eq!(streamed, rows, "the stream of {path}");
    } else {
        assert_eq!(in_any_order(&streamed), in_any_order(&rows), "the stream of {path}");
    }
    if !path.contains("limit") {
        let pages = all_pages(&format!("{path}&limit=2"), |path| http.get(path)).await;
        let paged: Vec<Value> = pages.iter().flat_map(Answer::rows).collect();
        assert_eq!(values(&paged), rows, "the pages of {path}");
    }
    rows
}

#[tokio::test]
async fn requests_give_the_rows_that_they_ask_for() {
    let suite = Suite::new(QUERIES).await;
    for (server, pushdown) in suite.servers().await.iter().zip(["on", "off"]) {
        for source in ["pg", "lake"] {
            for (request, expected) in cases() {
                let rows = shaped(&server.http(), source, request).await;
                assert_eq!(rows, expected, "{source}: {request}, pushdown {pushdown}");
            }
        }
    }
}

/// The rows that are left are in the order of the SQL, also where that order is by a column that is not shown.
#[tokio::test]
async fn an_order_of_the_sql_is_kept() {
    let suite = Suite::new(QUERIES).await;
    let servers = suite.servers().await;
    for (server, source) in servers.iter().flat_map(|server| ["pg", "lake"].map(|source| (server, source))) {
        let http = server.http();
        let rows = async |request: &str| values(&http.get(&format!("/v1/{source}/{request}")).send().await.ndjson());
        for (query, filter, keeps) in [
            ("hidden", "note__is=not_null", (|row| !row.is_null()) as fn(&Value) -> bool),
            ("ordered", "number__gt=20", |row| row[0].as_i64() > Some(20)),
            ("ordered", "flag__is=true", |row| row[1] == Value::Bool(true)),
        ] {
            let whole = rows(&format!("{query}?format=ndjson")).await;
            let left: Value = whole.as_array().expect("rows").iter().filter(|row| keeps(row)).cloned().collect();
            assert_eq!(rows(&format!("{query}?format=ndjson&{filter}")).await, left, "{source}: {query}, {filter}");
        }
    }
}

#[tokio::test]
async fn a_count_is_of_all_rows_that_the_filters_leave() {
    let suite = Suite::new(QUERIES).await;
    for server in suite.servers().await {
        let http = server.http();
        for source in ["pg", "lake"] {
            for (request, total, consistency) in [
                ("plain?fields=note&id__gt=5&count=exact&limit=7", 40, "keyset"),
                ("plain?sort=-note&id__gt=5&count=exact&limit=7", 40, "keyset"),
                ("groups?count=exact&limit=2&sort=n", 3, "stored"),
                ("newest?count=exact&limit=2&id__lte=40", 4, "stored"),
                ("plain?id__lt=0&count=exact", 0, "complete"),
            ] {
                let pages = all_pages(&format!("/v1/{source}/{request}"), |path| http.get(path)).await;
                for page in &pages {
                    let json = page.json();
                    assert_eq!(json["pagination"]["total"], total, "{source}: {request}");
                    assert_eq!(json["meta"]["consistency"], consistency, "{source}: {request}");
                    assert_eq!(page.header("aqueduct-total"), total.to_string());
                }
                let rows: usize = pages.iter().map(|page| page.rows().len()).sum();
                assert_eq!(rows, total, "{source}: {request}");
                let csv = http.get(&format!("/v1/{source}/{request}&format=csv")).send().await;
                assert_eq!(csv.header("aqueduct-total"), total.to_string(), "{}", csv.text());
            }
            let silent = http.get(&format!("/v1/{source}/plain?limit=1")).send().await;
            assert_eq!((silent.header("aqueduct-total"), &silent.json()["pagination"]["total"]), ("", &Value::Null));
        }
    }
}

/// A page whose order is by columns that are not asked for shows them nowhere, and goes on.
#[tokio::test]
async fn a_key_that_is_not_asked_for_is_shown_nowhere() {
    let suite = Suite::new(QUERIES).await;
    let [server, _] = suite.servers().await;
    let http = server.http();
    for format in ["json", "ndjson", "csv", "arrow", "parquet"] {
        let path = format!("/v1/pg/plain?fields=flag&sort=-big&limit=10&format={format}");
        let page = http.get(&path).send().await;
        assert_eq!(page.status, 200, "{}", page.text());
        for name in [&b"\"id\""[..], b"big", b"9007199254740993"] {
            assert!(!page.bytes.windows(name.len()).any(|part| part == name), "{format} shows {name:?}");
        }
        let link = page.header("link").strip_prefix('<').and_then(|rest| rest.split_once('>')).expect("a link").0;
        assert!(link.starts_with(&path), "{link}");
        let next = http.get(link).send().await;
        assert_eq!((next.status.as_u16(), next.header("aqueduct-has-more")), (200, "true"), "{format}");
    }
}
