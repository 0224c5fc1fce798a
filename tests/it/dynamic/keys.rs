//! Keys of every type, one column and two, few and many, with NULLs and none at all.

use super::{KEYS, Stage, given};

/// A query, and the most rows of `big` that it may fetch.
const FEW: [(&str, &str, u64); 13] = [
    ("bigint", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.id = k.id", 50),
    ("text", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.code = k.code", 50),
    ("uuid", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.ref = k.ref", 50),
    ("date", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.day = k.day", 50),
    ("decimal", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.amount = k.amount", 50),
    ("timestamp", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.stamp = k.stamp", 50),
    ("narrow", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.whole = k.id", 50),
    ("two", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.low = k.low AND b.high = k.high", 2500),
    ("filtered", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.id = k.id AND b.whole > 100000", 25),
    ("nulls", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.maybe = k.opt", 40),
    ("only_nulls", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.maybe = k.opt WHERE k.n % 5 = 0", 0),
    // Neither the least nor the greatest key is far away, but nothing between them is left out.
    ("many", "SELECT b.id FROM lake.many k JOIN pg.big b ON b.id = k.id", 155_000),
    (
        "summed",
        "SELECT s.low, s.n FROM lake.keys k JOIN (SELECT low, count(*) AS n FROM pg.big GROUP BY low) s ON s.low = k.n",
        10_000,
    ),
];

#[tokio::test]
async fn only_rows_with_a_partner_are_fetched() {
    let queries: Vec<_> = FEW.iter().map(|(name, sql, _)| (*name, *sql)).collect();
    let stage = Stage::set(&queries).await;
    for (name, _, most) in FEW {
        let (rows, ran) = stage.run(name).await;
        assert_eq!(rows.is_empty(), name == "only_nulls", "{name}");
        assert!(given(&ran) <= most, "{name}: {ran:#?}\n{}", stage.explain(name));
        assert!(ran.len() <= 1, "{name}: {ran:#?}");
    }
}

#[tokio::test]
async fn what_nobody_can_say_in_the_source_is_not_said() {
    let queries = [
        // NULL equals NULL: rows without a key have partners too.
        (
            "null_equal",
            "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.maybe IS NOT DISTINCT FROM k.opt WHERE k.n < 20",
        ),
        // Not every key is a UUID as Postgres prints it.
        (
            "no_uuid",
            "SELECT b.id, k.n FROM (SELECT n, CASE n WHEN 1 THEN upper(code) ELSE ref END AS ref FROM lake.keys) k \
                     JOIN pg.big b ON b.ref = k.ref",
        ),
        ("float", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON CAST(b.id AS double precision) = k.id / 1.0"),
    ];
    let stage = Stage::set(&queries).await;
    for (name, _) in queries {
        let (rows, ran) = stage.run(name).await;
        assert!(!rows.is_empty() && given(&ran) > u64::try_from(KEYS).expect("few"), "{name}: {ran:#?}");
    }
}

#[tokio::test]
async fn of_a_side_without_rows_nothing_is_asked() {
    let queries = [
        ("empty", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.id = k.id WHERE k.n < 0"),
        (
            "empty_left",
            "SELECT b.id, k.n FROM (SELECT id, n FROM lake.keys WHERE n < 0) k LEFT JOIN pg.big b ON b.id = k.id",
        ),
        ("empty_semi", "SELECT b.id FROM pg.big b WHERE b.id IN (SELECT id FROM lake.keys WHERE n < 0)"),
    ];
    let stage = Stage::set(&queries).await;
    for (name, _) in queries {
        let (rows, ran) = stage.run(name).await;
        assert!(rows.is_empty() && ran.is_empty(), "{name}: {ran:#?}");
    }
}

#[tokio::test]
async fn a_limit_is_not_crossed() {
    let queries = [
        (
            "first",
            "SELECT b.id, k.n FROM lake.keys k JOIN (SELECT id FROM pg.big ORDER BY id LIMIT 10000) b ON b.id = k.id",
        ),
        (
            "last",
            "SELECT b.id, k.n FROM lake.keys k JOIN (SELECT id FROM pg.big ORDER BY id DESC LIMIT 20000 OFFSET 7) b ON b.id = k.id",
        ),
        (
            "numbered",
            "SELECT b.id, b.place FROM lake.keys k JOIN \
             (SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM pg.big) b ON b.id = k.id",
        ),
        ("top", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.id = k.id ORDER BY b.id DESC LIMIT 7"),
        ("distinct", "SELECT b.high, k.n FROM lake.keys k JOIN (SELECT DISTINCT high FROM pg.big) b ON b.high = k.n"),
    ];
    let stage = Stage::set(&queries).await;
    for (name, _) in queries {
        let (rows, ran) = stage.run(name).await;
        assert!(!rows.is_empty(), "{name}");
        if matches!(name, "top" | "distinct") {
            assert!(given(&ran) <= 50, "{name}: {ran:#?}");
        }
    }
}
