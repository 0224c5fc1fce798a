//! What is pushed, and that it selects the same rows.

use super::{Engine, NUMBERS, TYPES, open, with};
use crate::contract::{check_orders, check_predicates, check_shapes};

/// Each, and whether it is pushed.
const PREDICATES: &[(&str, bool)] = &[
    ("id = 1", true),
    ("id <> 1", true),
    ("1 < id", true),
    ("id = 9223372036854775807", true),
    ("i2 = 0", true),
    ("i8 >= 9223372036854775807", true),
    ("id IN (1, 3, 5, 7, 9)", true),
    ("i2 NOT IN (0, 1, 2, 3, 4)", true),
    ("id IN (1, NULL, 2, 5, 6, 7)", false),
    ("id BETWEEN 2 AND 3", true),
    ("id NOT BETWEEN 2 AND 3", true),
    ("i2 < id", true),
    ("o = 7", false),
    ("o IS NULL", true),
    ("b", true),
    ("NOT b", true),
    ("b IS TRUE", true),
    ("b IS NOT TRUE", true),
    ("b IS FALSE", true),
    ("b IS NOT FALSE", true),
    ("b IS NULL OR (id > 1 AND NOT (t = 'a'))", true),
    ("b IS DISTINCT FROM true", true),
    ("f8 = 0.1", true),
    ("f8 = 0.0", false),
    ("f8 <> 0.0", false),
    ("f8 > 0.0", true),
    ("f8 < 0.0", false),
    ("f8 <= 0.0", true),
    ("f8 >= 0.0", false),
    ("f8 > -0.0", false),
    ("f8 > 1.5", true),
    ("f8 IS DISTINCT FROM 0.1", true),
    ("f8 IN (0.1, 0.0, 2.0, 3.0)", false),
    ("f8 > f8", false),
    ("f8 = 'NaN'::double", false),
    ("f4 > 1.0", false),
    ("f4 > 1.0::real", true),
    ("n = 1", true),
    ("n > 0.5", true),
    ("n = -12.5", true),
    ("n IN (1, 0, 4, 5, 6)", true),
    ("nn >= 1", true),
    ("n < 1e3::double", true),
    ("dom > 1", true),
    ("d = DATE '1970-01-01'", true),
    ("d < '2000-01-01'", true),
    ("d IN (DATE '1970-01-01', DATE '2024-02-29', DATE '2024-03-01', DATE '2024-03-02')", true),
    ("ts < arrow_cast('1970-01-01T00:00:00', 'Timestamp(Microsecond, None)')", true),
    ("tz >= arrow_cast('1970-01-01T00:00:00Z', 'Timestamp(Microsecond, Some(\"UTC\"))')", true),
    ("tm > arrow_cast('10:00:00', 'Time64(Microsecond)')", false),
    ("tm IS NOT NULL", true),
    ("ts > TIMESTAMP '1970-01-01 00:00:00'", true),
    ("ts >= DATE '1970-01-01'", true),
    ("tz > '1970-01-01T00:00:00Z'", true),
    ("d > DATE '2024-01-01' - INTERVAL '1 day'", true),
    ("i2 > 40000", true),
    ("id = ANY (ARRAY[1, 2, 3, 4, 5])", true),
    ("t = 'a'", true),
    ("t <> 'a'", true),
    ("t < 'a'", true),
    ("t >= 'B'", true),
    ("t BETWEEN 'B' AND 'a'", true),
    ("t IN ('a', 'é', 'x', 'y')", true),
    ("t = v", true),
    ("t < v", true),
    ("t = lo", true),
    ("t IS NOT DISTINCT FROM 'a'", true),
    ("v = 'é'", true),
    ("c = 'x'", true),
    ("c = 'x    '", true),
    ("c IS NULL", true),
    ("lo = 'a'", true),
    ("lo IN ('a', 'b', 'c', 'd')", true),
    ("ci = 'ab'", true),
    ("ci > 'Z'", true),
    ("j = '{\"k\": 1}'", true),
    ("m = 'sad'", true),
    ("m > 'ok'", true),
    ("m = 'no mood'", true),
    ("ip = '10.0.0.1'", true),
    ("by = arrow_cast('a', 'Binary')", true),
    ("ia IS NULL", true),
    ("ra IS NULL", true),
    ("t LIKE 'a%'", true),
    ("lo LIKE '%a'", true),
    ("t ILIKE 'a%'", false),
    ("id + 1 = 2", true),
    ("i8 + 1 = 2", false),
    ("id % 2 = 0", true),
    ("1 / id = 1", false),
    ("lower(t) = 'a'", false),
];

#[tokio::test]
async fn orders_agree() {
    let url = with(TYPES).await;
    let on = Engine::over(&open(&url, vec![], true)).await;
    let off = Engine::over(&open(&url, vec![], false)).await;
    let columns = [
        ("b", true),
        ("i2", true),
        ("i8", true),
        ("o", false),
        ("f4", false),
        ("f8", false),
        ("n", true),
        ("nn", true),
        ("d", true),
        ("tm", false),
        ("ts", true),
        ("tz", true),
        ("u", true),
        ("by", true),
        ("t", true),
        ("v", true),
        ("c", true),
        ("lo", true),
        ("ci", true),
        ("j", true),
        ("m", true),
        ("dom", true),
        ("ip", true),
        ("ra", true),
    ];
    check_orders(&on, &off, "typed", "id", &columns).await;
    for (sql, first) in [
        ("SELECT id FROM (SELECT id, t FROM typed ORDER BY t LIMIT 2) AS s ORDER BY id DESC LIMIT 1", "4"),
        ("SELECT t FROM (SELECT t FROM typed WHERE id < 5 ORDER BY id DESC LIMIT 3) AS s ORDER BY t LIMIT 1", "B"),
        ("SELECT id FROM typed WHERE f8 >= 0.0 ORDER BY id DESC LIMIT 1", "4"),
    ] {
        assert_eq!(on.rows(sql).await, Ok(vec![first.to_owned()]), "{sql}");
        assert_eq!(off.rows(sql).await, Ok(vec![first.to_owned()]), "{sql}");
    }
}

#[tokio::test]
async fn predicates_agree() {
    let url = with(TYPES).await;
    let on = Engine::over(&open(&url, vec![], true)).await;
    let off = Engine::over(&open(&url, vec![], false)).await;
    let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    let upper = uuid.to_uppercase();
    let uuids =
        [format!("u = '{uuid}'"), format!("u > '{uuid}'"), format!("u = '{upper}'"), format!("u IN ('{uuid}')")];
    let uuids =
        [(uuids[0].as_str(), true), (uuids[1].as_str(), true), (uuids[2].as_str(), false), (uuids[3].as_str(), true)];
    check_predicates(&on, &off, "typed", PREDICATES).await;
    check_predicates(&on, &off, "typed", &uuids).await;
    let statement = &on.statements("SELECT id FROM typed WHERE id = 7 AND t IN ('a', 'b', 'c', 'd') LIMIT 5").await[0];
    assert_eq!(
        statement.sql,
        "SELECT \"id\" FROM \"public\".\"typed\" WHERE (\"id\" = $1::int4) AND (\"t\" = ANY ($2::text[])) LIMIT $3::int8"
    );
    assert_eq!(statement.binds, 3);
}

#[tokio::test]
async fn deep_and_wide_predicates_stay_bounded() {
    let url = with("CREATE TABLE t (i int4, s text)").await;
    let on = Engine::over(&open(&url, vec![], true)).await;
    let deep = (0..150).map(|n| format!("(i = {n} AND s = 'x{n}')")).collect::<Vec<_>>().join(" OR ");
    assert_eq!(on.rows(&format!("SELECT * FROM t WHERE {deep}")).await, Ok(vec![]));
    let wide = (0..40_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    assert_eq!(on.rows(&format!("SELECT * FROM t WHERE i IN ({wide})")).await, Ok(vec![]));
}

#[tokio::test]
async fn shapes() {
    let url = with(NUMBERS).await;
    let on = Engine::over(&open(&url, vec![], true)).await;
    let off = Engine::over(&open(&url, vec![], false)).await;
    check_shapes(&on, &off).await;
}
