//! What is found in a database.

use std::collections::BTreeMap;

use aqueduct::{
    config::TableConfig,
    model::{TableNames, ValueType},
    sources::Table,
};

use super::{Engine, annotation, open, scans, spanned, try_open, with};

#[tokio::test]
async fn discovery_shows_what_may_be_read() {
    let url = with(
        "CREATE SCHEMA sales; CREATE SCHEMA \"Odd \"\"one\"\"\"; CREATE SCHEMA hidden;
         CREATE TABLE customers (id int4, secret text); CREATE TABLE sales.orders (id int4) PARTITION BY RANGE (id);
         CREATE TABLE sales.orders_1 PARTITION OF sales.orders FOR VALUES FROM (0) TO (10); INSERT INTO sales.orders VALUES (1);
         CREATE VIEW sales.seen AS SELECT id FROM sales.orders; CREATE MATERIALIZED VIEW sales.kept AS SELECT id FROM sales.orders;
         CREATE TABLE \"Odd \"\"one\"\"\".\"ta $1 ble\" (\"co\"\"l\" int4, \"Ünïcode\" text); CREATE TABLE empty ();
         INSERT INTO \"Odd \"\"one\"\"\".\"ta $1 ble\" VALUES (1, 'x'); INSERT INTO empty DEFAULT VALUES;
         CREATE TABLE hidden.t (i int4); CREATE TABLE forbidden (i int4); ANALYZE;
         DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA sales, \"Odd \"\"one\"\"\" TO reader;
         GRANT SELECT (id) ON customers TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA sales, \"Odd \"\"one\"\"\" TO reader; GRANT SELECT ON empty TO reader",
    )
    .await;
    let reader = url.replace("postgres@", "reader@");
    let engine = Engine::over(&open(&reader, vec![], true)).await;
    let catalog = engine.session.catalog("source").expect("the catalog");
    let mut names = Vec::new();
    for schema in catalog.schema_names() {
        names.extend(
            catalog.schema(&schema).expect("listed").table_names().into_iter().map(|name| format!("{schema}.{name}")),
        );
    }
    names.sort();
    assert_eq!(
        names,
        [
            "Odd \"one\".ta $1 ble",
            "public.customers",
            "public.empty",
            "sales.kept",
            "sales.orders",
            "sales.orders_1",
            "sales.seen"
        ]
    );
    assert_eq!(engine.rows("SELECT * FROM customers").await, Ok(vec![]));
    let odd = "SELECT \"co\"\"l\", \"Ünïcode\" FROM \"Odd \"\"one\"\"\".\"ta $1 ble\" WHERE \"co\"\"l\" = 1 AND \"Ünïcode\" > 'a'";
    assert_eq!(engine.rows(odd).await, Ok(vec!["1|x".to_owned()]));
    assert_eq!(engine.rows("SELECT count(*) FROM empty").await, Ok(vec!["1".to_owned()]));
    assert_eq!(engine.rows("SELECT count(*) FROM sales.orders").await, Ok(vec!["1".to_owned()]));
    let mut estimates = Vec::new();
    scans(&engine.plan("SELECT id FROM sales.kept").await, &mut |scan| estimates.push(scan.estimated_rows()));
    assert_eq!(estimates, [Some(1)]);

    let annotations = vec![annotation("sales.ordres", &[]), annotation("orders", &[("idd", ValueType::String)])];
    let source = try_open(&url, &["sales", "slaes"], 2, annotations, true).expect("a good URL");
    let listing = source.tables(&TableNames::default()).await.expect("the source is up");
    assert_eq!(listing.default_schema, "sales");
    let said: Vec<_> =
        listing.problems.iter().map(|problem| (problem.message.as_str(), problem.hint.as_deref())).collect();
    assert_eq!(
        said,
        [
            ("the source has no schema `slaes`", Some("did you mean `sales`?")),
            ("the source has no table `sales.ordres`", Some("did you mean `sales.orders`?")),
            ("the source has no column `idd`", Some("did you mean `id`?")),
        ]
    );
}

/// All tables, by `schema.table` outside of the default schema.
async fn tables(url: &str, annotations: Vec<TableConfig>) -> BTreeMap<String, Table> {
    let listing = open(url, annotations, true).tables(&TableNames::default()).await.expect("the source is up");
    assert_eq!(listing.problems, []);
    listing.tables.into_iter().map(|table| (table.name.clone(), table)).collect()
}

#[tokio::test]
async fn keys_are_what_is_unique_never_null_and_may_be_read() {
    let url = with(
        "CREATE TABLE plain (id int4 PRIMARY KEY, code text NOT NULL UNIQUE);
         CREATE TABLE composite (b int4, a text, note text, PRIMARY KEY (a, b));
         CREATE TABLE late (id int4 PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
         CREATE TABLE indexed (a int4 NOT NULL, b int4 NOT NULL, c int4 NOT NULL, d int4);
         CREATE UNIQUE INDEX a_wide ON indexed (a, b); CREATE UNIQUE INDEX narrow ON indexed (c) INCLUDE (d);
         CREATE TABLE unfit (a int4 NOT NULL, b int4 UNIQUE, c int4 NOT NULL, d int4 NOT NULL UNIQUE DEFERRABLE,
             EXCLUDE USING btree (c WITH =));
         CREATE UNIQUE INDEX ON unfit (a) WHERE a > 0; CREATE UNIQUE INDEX ON unfit ((a + 1)); CREATE INDEX ON unfit (c);
         CREATE TABLE parent (id int4 PRIMARY KEY); CREATE TABLE child () INHERITS (parent); INSERT INTO child VALUES (1), (1);
         CREATE TABLE days (id int4, day date, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
         CREATE TABLE day_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');
         CREATE TABLE half (id int4 NOT NULL) PARTITION BY RANGE (id);
         CREATE TABLE half_1 PARTITION OF half FOR VALUES FROM (0) TO (9); CREATE UNIQUE INDEX ON ONLY half (id);
         CREATE MATERIALIZED VIEW kept AS SELECT id FROM plain; CREATE UNIQUE INDEX ON kept (id);
         CREATE VIEW seen AS SELECT id FROM plain;
         CREATE TABLE \"Odd\" (\"Key, of {all}\" int4 PRIMARY KEY);
         CREATE TABLE half_hidden (id int4 PRIMARY KEY, code int4 NOT NULL UNIQUE);
         CREATE TABLE hidden (a int4, b int4, PRIMARY KEY (a, b));
         DROP ROLE IF EXISTS key_reader; CREATE ROLE key_reader LOGIN;
         GRANT SELECT (code) ON half_hidden TO key_reader; GRANT SELECT (b) ON hidden TO key_reader",
    )
    .await;
    let found = tables(&url, vec![]).await;
    let keys: Vec<_> = found.iter().map(|(name, table)| (name.as_str(), table.key.join("|"))).collect();
    let expected = [
        ("Odd", "Key, of {all}"),
        ("child", ""),
        ("composite", "a|b"),
        ("day_1", "day|id"),
        ("days", "day|id"),
        ("half", ""),
        ("half_1", ""),
        ("half_hidden", "id"),
        ("hidden", "a|b"),
        ("indexed", "c"),
        // What a view holds, materialized or not, nothing keeps from being NULL.
        ("kept", ""),
        ("late", "id"),
        // Its rows are also those of its child.
        ("parent", ""),
        ("plain", "id"),
        ("seen", ""),
        ("unfit", ""),
    ];
    assert_eq!(keys, expected.map(|(name, key)| (name, key.to_owned())));
    let nullable = |name: &str| found[name].provider.schema().field(0).is_nullable();
    assert_eq!((nullable("parent"), nullable("plain")), (true, false));

    let reader = tables(&url.replace("postgres@", "key_reader@"), vec![]).await;
    let keys: Vec<_> = reader.iter().map(|(name, table)| (name.as_str(), table.key.join("|"))).collect();
    assert_eq!(keys, [("half_hidden", "code".to_owned()), ("hidden", String::new())]);

    let annotated = ["seen", "kept", "plain"].map(|table| {
        let column = if table == "plain" { "code" } else { "id" };
        TableConfig { key: vec![spanned(column.to_owned())], ..annotation(table, &[]) }
    });
    let found = tables(&url, annotated.into()).await;
    assert_eq!((&found["seen"].key, &found["kept"].key), (&vec!["id".to_owned()], &vec!["id".to_owned()]));
    assert_eq!(found["plain"].key, ["code"]);
}

#[tokio::test]
async fn comments_are_read() {
    let url = with(
        "CREATE TABLE parts (id int4 PRIMARY KEY, name text, secret text) PARTITION BY RANGE (id); CREATE TABLE bare (id int4);
         CREATE VIEW seen AS SELECT id FROM parts; CREATE MATERIALIZED VIEW kept AS SELECT id FROM parts;
         COMMENT ON TABLE parts IS 'What we sell.'; COMMENT ON COLUMN parts.name IS 'As it is \"printed\"'; COMMENT ON COLUMN parts.secret IS 'Cost';
         COMMENT ON VIEW seen IS 'Ein Überblick'; COMMENT ON COLUMN seen.id IS 'Its number';
         COMMENT ON MATERIALIZED VIEW kept IS 'Of yesterday'; COMMENT ON CONSTRAINT parts_pkey ON parts IS 'no table';
         DROP ROLE IF EXISTS comment_reader; CREATE ROLE comment_reader LOGIN; GRANT SELECT (id, name) ON parts TO comment_reader",
    )
    .await;
    let found = tables(&url, vec![]).await;
    let comments: Vec<_> = found.iter().map(|(name, table)| (name.as_str(), table.comment.as_deref())).collect();
    let expected = [
        ("bare", None),
        ("kept", Some("Of yesterday")),
        ("parts", Some("What we sell.")),
        ("seen", Some("Ein Überblick")),
    ];
    assert_eq!(comments, expected);
    let of = |found: &BTreeMap<String, Table>, name: &str| -> Vec<String> {
        let comments: BTreeMap<_, _> = found[name].column_comments.iter().collect();
        comments.iter().map(|(column, comment)| format!("{column}: {comment}")).collect()
    };
    assert_eq!(of(&found, "parts"), ["name: As it is \"printed\"", "secret: Cost"]);
    assert_eq!(of(&found, "seen"), ["id: Its number"]);
    assert_eq!(of(&found, "bare"), Vec::<String>::new());
    let reader = tables(&url.replace("postgres@", "comment_reader@"), vec![]).await;
    assert_eq!(of(&reader, "parts"), ["name: As it is \"printed\""]);
}
