//! What is unknown, not allowed or malformed: one 400 that names all of it and what is possible.

use serde_json::{Value, json};

use super::{ALL, Query, SETTINGS, Suite};
use crate::{
    cli::run,
    harness::{http::Http, project::Project},
};

const QUERIES: &[Query] = &[
    (
        "some",
        "params: {above: {type: int64, default: 0}}\npage: {key: [id], max: 50}\n\
         consumer: {fields: [id, note, flag], filter: [big, small, ratio, price, note, flag, day, moment, seen, one, list], sort: [note, big]}",
        "SELECT *, make_array(id) AS list FROM SOURCE.edges WHERE id > :above",
    ),
    ("closed", "page: {key: [id]}", "SELECT * FROM SOURCE.edges"),
    ("unfiltered", "page: {key: [id]}\nconsumer: {fields: true, filter: false}", "SELECT id FROM SOURCE.edges"),
    ("whole", ALL, "SELECT id, note FROM SOURCE.edges"),
];

/// A query string, and of each mistake the parameter and words of what is said of it; several in the order of the answer.
const REFUSED: &[(&str, &[(&str, &str)])] = &[
    ("some?fields=", &[("fields", "names no column")]),
    ("some?fields=id,", &[("fields", "names ``, which is none of its columns")]),
    ("some?fields=id,id", &[("fields", "names `id` twice")]),
    ("some?fields=id&fields=note", &[("fields", "is given more than once; put commas between columns")]),
    ("some?fields=price", &[("fields", "names `price`, which is none of its columns")]),
    ("some?fields=nope,noet", &[("fields", "names `nope`"), ("fields", "did you mean `note`?")]),
    ("some?fields=*", &[("fields", "names `*`")]),
    ("some?fields=id;drop", &[("fields", "names `id;drop`")]),
    ("some?sort=", &[("sort", "names no column")]),
    ("some?sort=--note", &[("sort", "names `-note`, which is none of its columns; did you mean `note`?")]),
    ("some?sort=id", &[("sort", "names `id`, which is none of its columns")]),
    ("some?sort=note%20desc", &[("sort", "names `note desc`")]),
    ("some?sort=note,note,note,note,note,note,note,note,note", &[("sort", "has 9 terms; at most 8 are allowed")]),
    ("some?bgi__gte=1", &[("bgi__gte", "filters by no column that can be filtered by; did you mean `big__gte`?")]),
    ("some?id__eq=1", &[("id__eq", "filters by no column that can be filtered by")]),
    ("some?__eq=1", &[("__eq", "filters by no column that can be filtered by")]),
    ("some?big__=1", &[("big__", "is no filter")]),
    ("some?big__geq=1", &[("big__geq", "is no filter; did you mean `big__")]),
    ("some?big__like=1", &[("big__like", "is no filter")]),
    ("some?big__GTE=1", &[("big__GTE", "is no filter; did you mean `big__gte`?")]),
    ("some?flag__gt=true", &[("flag__gt", "is no filter")]),
    ("some?list__eq=1", &[("list__eq", "is no filter: values of this type can only be asked for with `is`")]),
    ("some?big__gte=1&big__gte=2", &[("big__gte", "is given more than once")]),
    ("some?big__gte=", &[("big__gte", "is not an integer")]),
    ("some?big__gte=1.0", &[("big__gte", "is not an integer")]),
    ("some?big__gte=%2B1", &[("big__gte", "is not an integer")]),
    ("some?big__gte=1%20OR%201=1", &[("big__gte", "is not an integer")]),
    ("some?big__eq=9223372036854775808", &[("big__eq", "is not between -9223372036854775808 and 9223372036854775807")]),
    ("some?small__eq=32768", &[("small__eq", "is not between -32768 and 32767")]),
    ("some?small__in=1&small__in=x", &[("small__in", "is not an integer")]),
    ("some?ratio__eq=NaN", &[("ratio__eq", "is NaN, which is asked for with `ratio__is=nan`")]),
    ("some?ratio__eq=nan", &[("ratio__eq", "is not a number")]),
    ("some?ratio__gt=1e999", &[("ratio__gt", "is beyond the range of float64")]),
    ("some?price__eq=1.0000000000000000001", &[("price__eq", "has more than 18 digits after the point")]),
    ("some?flag__eq=1", &[("flag__eq", "is not true or false")]),
    ("some?day__lt=2026-02-30", &[("day__lt", "is not a date (YYYY-MM-DD)")]),
    ("some?moment__lt=2026-01-01T00:00:00Z", &[("moment__lt", "has a zone, which a timestamp has not")]),
    ("some?seen__lt=2026-01-01T00:00:00", &[("seen__lt", "needs a zone")]),
    ("some?one__eq=1", &[("one__eq", "is not a UUID (RFC 4122)")]),
    ("some?note__eq=%00", &[("note__eq", "contains a NUL character")]),
    ("some?note__like=a%5C", &[("note__like", "ends in a `\\` that escapes nothing")]),
    ("some?note__is=empty", &[("note__is", "is `empty`, which is nothing that the column can be")]),
    ("some?note__is=true", &[("note__is", "is `true`")]),
    (
        "some?abvoe=1&above=x&fields=x&sort=y&big__gte=z&foo__eq=1",
        &[
            ("abvoe", "did you mean `above`?"),
            ("above", "is not an integer"),
            ("big__gte", "is not an integer"),
            ("fields", "names `x`"),
            ("foo__eq", "filters by no column"),
            ("sort", "names `y`"),
        ],
    ),
    ("closed?fields=id", &[("fields", "is not allowed: the owner of the query lets nobody shape its result")]),
    ("closed?sort=id", &[("sort", "lets nobody shape")]),
    ("closed?id__eq=1", &[("id__eq", "lets nobody shape")]),
    ("unfiltered?id__eq=1", &[("id__eq", "is not allowed: the owner of the query lets nobody filter its result")]),
    ("unfiltered?sort=id", &[("sort", "is not allowed by the owner of the query")]),
];

async fn problem(http: &Http, path: &str) -> Value {
    let answer = http.get(path).send().await;
    assert_eq!(answer.status, 400, "{path}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn mistakes_are_told_at_once() {
    let suite = Suite::new(QUERIES).await;
    let [server, _] = suite.servers().await;
    let http = server.http();
    for source in ["pg", "lake"] {
        // Parquet has no UUIDs here: that column is text.
        let is_there = |request: &str| source == "pg" || !request.contains("one__");
        for (request, expected) in REFUSED.iter().filter(|(request, _)| is_there(request)) {
            let problem = problem(&http, &format!("/v1/{source}/{request}")).await;
            assert_eq!(problem["code"], "AQ-101", "{request}");
            let errors = problem["errors"].as_array().expect("errors");
            assert_eq!(errors.len(), expected.len(), "{request}: {problem}");
            for (error, (parameter, detail)) in errors.iter().zip(*expected) {
                assert_eq!(error["parameter"], *parameter, "{request}: {problem}");
                let said = error["detail"].as_str().expect("text");
                assert!(said.contains(detail), "{request}: {said}");
            }
        }
    }
    let allowed =
        async |request: &str| problem(&http, &format!("/v1/pg/{request}")).await["errors"][0]["allowed"].clone();
    assert_eq!(allowed("some?fields=price").await, json!(["id", "flag", "note"]));
    assert_eq!(allowed("some?sort=id").await, json!(["big", "note"]));
    assert_eq!(allowed("some?flag__gt=true").await, json!(["flag__eq", "flag__ne", "flag__in", "flag__is"]));
    assert_eq!(allowed("some?flag__is=maybe").await, json!(["null", "not_null", "true", "false"]));
    let columns = allowed("some?id__eq=1").await;
    assert_eq!(columns.as_array().map(Vec::len), Some(11), "{columns}");
}

#[tokio::test]
async fn a_cursor_goes_on_under_the_same_shape_only() {
    let suite = Suite::new(QUERIES).await;
    let [server, _] = suite.servers().await;
    let http = server.http();
    for query in ["some", "whole"] {
        let shaped =
            if query == "some" { "fields=id&sort=-note&note__is=not_null" } else { "fields=id&sort=-note&id__gt=3" };
        let path = format!("/v1/pg/{query}");
        let cursor = http.get(&format!("{path}?{shaped}&limit=2")).send().await.cursor().expect("there is more");
        let next = http.get(&format!("{path}?{shaped}&limit=3&cursor={cursor}")).send().await;
        assert_eq!(next.rows().len(), 3);
        for (from, to) in [
            ("-note", "note"),
            ("fields=id", "fields=note"),
            ("fields=id&", ""),
            ("is=not_null", "is=null"),
            ("__gt=3", "__gt=4"),
        ] {
            let changed = shaped.replace(from, to);
            if changed == shaped {
                continue;
            }
            let answer = problem(&http, &format!("{path}?{changed}&limit=2&cursor={cursor}")).await;
            assert_eq!(answer["code"], "AQ-105", "{changed}: {answer}");
        }
    }
}

/// Every mistake in `consumer` with its place.
#[tokio::test]
async fn owners_are_told_of_columns_that_are_not_there() {
    let query = "/*---
name: pg.wrong
version: 1
consumer:
  fields: [id, noet, \"a,b\"]
  filter: [prise]
  sort: [list, \"-x\"]
access: public
---*/
SELECT id, note, 1 AS price, make_array(id) AS list, 1 AS \"a,b\", 2 AS \"-x\" FROM lake.edges
";
    let malformed = "/*---
name: pg.malformed
version: 1
consumer: {fields: yes, filter: [], sort: {a: b}, group: true}
access: public
---*/
SELECT id FROM lake.edges
";
    let project = Project::new()
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/lake.yaml", super::LAKE)
        .file("lake/edges.csv", "id,note\n1,a\n")
        .file("queries/pg/wrong.sql", query)
        .file("queries/pg/malformed.sql", malformed);
    let checked = run(&project, &["check"]);
    let text = checked.stdout();
    for expected in [
        "queries/pg/wrong.sql:5:16: error: `noet` is no output column of the query\n    hint: did you mean `note`?",
        "queries/pg/wrong.sql:5:22: error: `a,b` cannot be named in a list of columns: it contains a comma",
        "queries/pg/wrong.sql:6:12: error: `prise` is no output column of the query\n    hint: did you mean `price`?",
        "queries/pg/wrong.sql:7:10: error: `list` is",
        "queries/pg/wrong.sql:7:16: error: `-x` cannot be sorted by",
        "queries/pg/malformed.sql:4:20: error: `yes` is not true or false",
        "queries/pg/malformed.sql:4:33: error: `filter` names no column",
        "queries/pg/malformed.sql:4:43: error: `sort` is a mapping, not one value",
        "queries/pg/malformed.sql:4:51: error: unknown key `group`",
    ] {
        assert!(text.contains(expected), "{expected}\nis not in:\n{text}");
    }
}
