//! What `explain` says of it, and that SQLite is asked for no more than it should be.

use serde_json::{Value, json};

use super::Stage;
use crate::harness::{server::aqueduct, tools};

impl Stage {
    /// The entry of a source in the plan of a query.
    fn explained(&self, name: &str, source: &str, analyze: bool) -> Value {
        let mut command = aqueduct(self.project.path());
        command.args(["explain", &format!("joins.{name}"), "--format", "json"]);
        command.args(analyze.then_some("--analyze"));
        let plan: Value = serde_json::from_str(&tools::output(&mut command)).expect("JSON");
        let parts = plan["sources"].as_array().expect("an array");
        parts.iter().find(|part| part["source"] == source).unwrap_or_else(|| panic!("no {source} in {plan}")).clone()
    }
}

#[tokio::test]
async fn explain_shows_what_is_sent() {
    let queries = [
        ("few", "SELECT b.id, k.n FROM lake.keys k JOIN pg.big b ON b.id = k.id WHERE b.whole > 5"),
        ("many", "SELECT b.id FROM lake.many k JOIN pg.big b ON b.id = k.id"),
        ("two", "SELECT b.id FROM lake.keys k JOIN pg.big b ON b.low = k.low AND b.code = k.code"),
        ("none", "SELECT b.id FROM lake.keys k JOIN pg.big b ON b.id = k.id WHERE k.n < 0"),
    ];
    let stage = Stage::set(&queries).await;

    let part = stage.explained("few", "pg", false);
    assert_eq!(part["dynamic_filter"], "id in the keys of a join", "{part}");
    assert!(part["sql"].as_str().is_some_and(|sql| sql.ends_with("(\"id\" = ANY ($2::int8[]))")), "{part}");
    assert!(part.get("sent_keys").is_none(), "{part}");

    let part = stage.explained("few", "pg", true);
    assert_eq!((&part["sent_keys"], &part["rows"]), (&json!("id: 50 values"), &json!(50)), "{part}");
    assert!(part["sql"].as_str().is_some_and(|sql| sql.ends_with("(\"id\" = ANY ($2::int8[]))")), "{part}");

    let part = stage.explained("many", "pg", true);
    // Only the first page is read.
    assert_eq!(part["sent_keys"], "id: a range of values", "{part}");
    assert!(part["sql"].as_str().is_some_and(|sql| sql.ends_with("(\"id\" BETWEEN $1::int8 AND $2::int8)")), "{part}");

    let part = stage.explained("two", "pg", true);
    assert_eq!(part["dynamic_filter"], "code, low in the keys of a join", "{part}");
    assert_eq!(part["rows"], 50, "{part}");

    let part = stage.explained("none", "pg", true);
    assert_eq!(part["dynamic_filter"], "id in the keys of a join", "{part}");
    assert!(part["rows"].is_null() || part["rows"] == 0, "{part}");

    let text = stage.explain("few");
    for line in ["    only id in the keys of a join\n", "    sent of the keys: id: 50 values\n"] {
        assert!(text.contains(line), "{text}");
    }
}

#[tokio::test]
async fn sqlite_takes_keys_too() {
    let queries = [
        ("integer", "SELECT l.id FROM lake.keys k JOIN shop.large l ON l.id = k.id"),
        ("text", "SELECT l.id FROM lake.keys k JOIN shop.large l ON l.code = k.code"),
        ("date", "SELECT l.id FROM lake.keys k JOIN shop.large l ON l.day = k.day"),
        (
            "bytes",
            "SELECT l.id FROM pg.big k JOIN shop.large l ON l.bytes = k.bytes WHERE k.id BETWEEN 99990 AND 99999",
        ),
        ("many", "SELECT l.id FROM lake.many k JOIN shop.large l ON l.id = k.id"),
    ];
    let stage = Stage::set(&queries).await;
    for (name, most) in [("integer", 50), ("text", 50), ("date", 50), ("bytes", 10), ("many", 155_000)] {
        let (rows, _) = stage.run(name).await;
        let part = stage.explained(name, "shop", true);
        assert!(!rows.is_empty() && part["rows"].as_u64().is_some_and(|rows| rows <= most), "{name}: {part}");
    }
}
