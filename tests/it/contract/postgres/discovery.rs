//! What is found in a database.

use aqueduct::model::ValueType;

use super::{Engine, annotation, open, scans, try_open, with};

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
    let listing = source.tables().await.expect("the source is up");
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
