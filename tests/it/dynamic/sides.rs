//! Whichever side is written first, and whatever the small side is: it is read first.

use super::{Stage, given};

#[tokio::test]
async fn the_small_side_is_read_first() {
    let sources = [
        ("parquet", "lake.small"),
        ("csv", "lake.keys"),
        ("ndjson", "lake.events"),
        ("sqlite", "shop.small"),
        ("postgres", "other.far"),
    ];
    let mut queries = Vec::new();
    for (name, small) in sources {
        queries.extend([
            (format!("{name}_inner"), format!("SELECT b.id FROM {small} k JOIN pg.big b ON b.id = k.id")),
            (format!("{name}_inner_back"), format!("SELECT b.id FROM pg.big b JOIN {small} k ON b.id = k.id")),
            (format!("{name}_left"), format!("SELECT b.id, k.id AS k FROM {small} k LEFT JOIN pg.big b ON b.id = k.id")),
            (format!("{name}_right"), format!("SELECT b.id, k.id AS k FROM pg.big b RIGHT JOIN {small} k ON b.id = k.id")),
            (format!("{name}_semi"), format!("SELECT b.id FROM pg.big b WHERE b.id IN (SELECT id FROM {small})")),
            (
                format!("{name}_semi_back"),
                format!("SELECT k.id FROM {small} k WHERE EXISTS (SELECT 1 FROM pg.big b WHERE b.id = k.id)"),
            ),
            (
                format!("{name}_anti"),
                format!("SELECT k.id FROM {small} k WHERE NOT EXISTS (SELECT 1 FROM pg.big b WHERE b.id = k.id AND b.low < 500)"),
            ),
        ]);
    }
    let queries: Vec<_> = queries.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    let stage = Stage::set(&queries).await;
    for (name, _) in queries {
        let (rows, ran) = stage.run(name).await;
        assert!(
            !rows.is_empty() && given(&ran) <= 50,
            "{name}: {} rows, {ran:#?}\n{}",
            rows.len(),
            stage.explain(name)
        );
    }
}

#[tokio::test]
async fn a_side_that_keeps_all_its_rows_is_read_whole() {
    let queries = [
        ("kept", "SELECT b.id, k.n FROM pg.big b LEFT JOIN lake.keys k ON b.id = k.id"),
        ("full", "SELECT b.id, k.n FROM lake.keys k FULL JOIN pg.big b ON b.id = k.id"),
        ("none", "SELECT b.id FROM pg.big b WHERE NOT EXISTS (SELECT 1 FROM lake.keys k WHERE b.id = k.id)"),
        ("not_in", "SELECT b.id FROM pg.big b WHERE b.id NOT IN (SELECT id FROM lake.keys)"),
    ];
    let stage = Stage::set(&queries).await;
    for (name, _) in queries {
        let (rows, _) = stage.run(name).await;
        assert!(rows.len() > 100_000, "{name}");
    }
}

#[tokio::test]
async fn joins_of_several_tables_fetch_what_they_need() {
    let queries = [
        // The same connection reads both sides, one after the other: there is only one.
        ("one_source", "SELECT b.id FROM pg.near n JOIN pg.big b ON b.code = regexp_replace(n.tag, 'x+', 'y')", 60),
        ("chain", "SELECT b.id FROM lake.keys k JOIN shop.small s ON s.id = k.id JOIN pg.big b ON b.id = s.id", 50),
        ("star", "SELECT b.id FROM pg.big b JOIN lake.keys k ON b.id = k.id JOIN other.far f ON f.code = b.code", 50),
        (
            "same_names",
            "SELECT x.id FROM lake.small x JOIN (SELECT b.id AS id, s.id AS other FROM pg.big b JOIN shop.large s ON s.id = b.whole) y \
             ON x.id = y.other",
            200_000,
        ),
        (
            "united",
            "SELECT u.id FROM lake.keys k JOIN (SELECT id FROM pg.big UNION ALL SELECT id FROM shop.large) u ON u.id = k.id",
            50,
        ),
    ];
    let stage = Stage::set(&queries.map(|(name, sql, _)| (name, sql))).await;
    for (name, _, most) in queries {
        let (rows, ran) = stage.run(name).await;
        assert!(
            !rows.is_empty() && given(&ran) <= most,
            "{name}: {} rows, {ran:#?}\n{}",
            rows.len(),
            stage.explain(name)
        );
    }
}

#[tokio::test]
async fn columns_of_one_name_are_told_apart() {
    // The keys of `k` are those of `turned.k`, and none of `straight.k`, which a join in between has under the same name.
    let joined = "SELECT s.k AS straight, t.k AS turned FROM lake.straight s JOIN shop.turned t ON t.id = s.id \
                  JOIN lake.keys w ON w.n = s.id";
    let left = format!("SELECT k.id, q.straight FROM lake.near k LEFT JOIN ({joined}) q ON q.turned = k.id");
    let queries = [("left", left.as_str())];
    let stage = Stage::set(&queries).await;
    let (rows, _) = stage.run("left").await;
    assert_eq!(rows.len(), 50);
    assert!(rows.iter().all(|row| !row.contains("null")), "{rows:#?}");
}
