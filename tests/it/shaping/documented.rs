//! What the `OpenAPI` document says of shapes: all that is allowed, typed, and nothing else.

use serde_json::{Value, json};

use super::{ALL, Query, Suite};

const QUERIES: &[Query] = &[
    (
        "some",
        "page: {key: [id]}\nconsumer: {fields: [note, id], filter: [small, narrow, price, note, flag, one], sort: [id]}",
        "SELECT * FROM SOURCE.edges",
    ),
    ("closed", "page: {key: [id]}", "SELECT id FROM SOURCE.edges"),
    ("stored", ALL, "SELECT flag, count(*) AS n FROM SOURCE.edges GROUP BY flag"),
    // Sorted by its key, its pages follow by the key.
    (
        "either",
        "page: {key: [id], order: [-total]}\nconsumer: {sort: [id, total]}",
        "SELECT id, sum(big) AS total FROM SOURCE.edges WHERE big < 9 GROUP BY id",
    ),
];

#[tokio::test]
async fn the_document_lists_what_is_allowed() {
    let suite = Suite::new(QUERIES).await;
    let [server, _] = suite.servers().await;
    let document = server.http().get("/openapi.json").send().await.json();
    let parameters = |query: &str, method: &str| -> Vec<Value> {
        document["paths"][format!("/v1/pg/{query}")][method]["parameters"].as_array().expect("parameters").clone()
    };
    let names = |query: &str, method: &str| -> Vec<String> {
        let name = |parameter: &Value| parameter["name"].as_str().expect("a name").to_owned();
        parameters(query, method).iter().map(name).collect()
    };
    let always = ["limit", "format", "int64", "null", "envelope", "cursor", "count"];
    assert_eq!(names("closed", "get"), always);
    // A chosen order may make it a kept result, whose answers have tags.
    assert_eq!(names("either", "get"), [&always[..], &["sort", "If-None-Match"]].concat());
    let stored = [&always[..], &["skip", "fields", "sort"]].concat();
    assert_eq!(names("stored", "get")[..stored.len()], stored);
    assert_eq!(names("some", "get"), names("some", "post"), "it stays in the query string");
    let filters: Vec<_> = names("some", "get").into_iter().filter(|name| name.contains("__")).collect();
    let of =
        |column: &str, operators: &str| operators.split(' ').map(|operator| format!("{column}__{operator}")).collect();
    let expected: [Vec<String>; 6] = [
        of("flag", "eq ne in is"),
        of("small", "eq ne gt gte lt lte in is"),
        of("narrow", "eq ne gt gte lt lte in is"),
        of("price", "eq ne gt gte lt lte in is"),
        of("note", "eq ne gt gte lt lte in like is"),
        of("one", "eq ne gt gte lt lte in is"),
    ];
    assert_eq!(filters, expected.concat());

    let some = parameters("some", "get");
    let of = |name: &str| some.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    for (name, explode, schema) in [
        (
            "fields",
            false,
            json!({"type": "array", "items": {"type": "string", "enum": ["id", "note"]}, "minItems": 1, "uniqueItems": true}),
        ),
        (
            "sort",
            false,
            json!({"type": "array", "items": {"type": "string", "enum": ["id", "-id"]}, "minItems": 1, "maxItems": 8}),
        ),
        ("small__gte", true, json!({"type": "integer", "minimum": -32768, "maximum": 32767})),
        (
            "small__in",
            true,
            json!({"type": "array", "items": {"type": "integer", "minimum": -32768, "maximum": 32767}, "minItems": 1}),
        ),
        ("flag__is", true, json!({"type": "string", "enum": ["null", "not_null", "true", "false"]})),
        ("narrow__is", true, json!({"type": "string", "enum": ["null", "not_null", "nan", "not_nan"]})),
        ("price__lt", true, json!({"type": "string", "format": "decimal", "pattern": "^-?\\d{1,20}(\\.\\d{1,18})?$"})),
        ("note__like", true, json!({"type": "string", "pattern": "^([^\\\\\\u0000]|\\\\[^\\u0000])*$"})),
        ("one__eq", true, json!({"type": "string", "format": "uuid"})),
    ] {
        let parameter = of(name);
        assert_eq!((&parameter["schema"], &parameter["explode"]), (&schema, &json!(explode)), "{name}");
        assert_eq!((&parameter["in"], &parameter["style"]), (&json!("query"), &json!("form")), "{name}");
        assert!(parameter["description"].is_string(), "{name}");
    }
    let required = |query: &str| document["components"]["schemas"][format!("pg_{query}_v1_row")]["required"].clone();
    assert_eq!((required("some"), required("closed")), (json!([]), json!(["id"])));
    let pagination = &document["components"]["schemas"]["pagination"]["properties"];
    assert_eq!(pagination["total"]["type"], "integer");
}
