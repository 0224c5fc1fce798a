//! Policies that do not fit: told where they stand, and nothing is served under them.

use serde_json::json;

use super::{key, settings};
use crate::{
    cli::{Ended, run},
    harness::{project::Project, server::Server, sqlite},
};

const TABLE: &str = "
    CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, region TEXT, score REAL, data BLOB) STRICT;
    INSERT INTO t VALUES (1, 'EU', 0.5, x'00'), (2, 'US', 1.5, x'01');
";

/// A condition, the claims of the one key, and what `check` says of them.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    (
        "regin = :claims.r",
        "{r: EU}",
        &["catalogs/lite.yaml:3:21: error: `regin` is no column", "did you mean `region`?"],
    ),
    (
        "region = :claims.s",
        "{r: EU}",
        &[
            "catalogs/lite.yaml:3:30: error: no key has the claim `s`",
            "aqueduct.yaml:5:",
            "no policy asks for the claim `r`",
        ],
    ),
    ("region = :claims.regoin", "{region: EU}", &["did you mean `:claims.region`?"]),
    ("region", "{}", &["catalogs/lite.yaml:3:21: error: a policy is a condition, and this is Utf8"]),
    ("id + 1", "{}", &["catalogs/lite.yaml:3:21: error: a policy is a condition"]),
    ("NULL", "{}", &["a policy is a condition"]),
    ("region = $1", "{}", &["catalogs/lite.yaml:3:30: error: `$1` is not a parameter", "`:claims.lower_snake`"]),
    ("region = ?", "{}", &["catalogs/lite.yaml:3:30: error: `?` is not a parameter"]),
    ("region = :region", "{}", &["catalogs/lite.yaml:3:30: error: `:region` is not a parameter"]),
    ("region = :claims", "{}", &["`:claims` is not a parameter"]),
    ("region = :claims.Region", "{}", &["`:claims.Region` is not a parameter"]),
    ("region = :Claims.r", "{r: EU}", &["`:Claims` is not a parameter"]),
    ("id IN (SELECT id FROM lite.t)", "{}", &["catalogs/lite.yaml:3:28: error: a policy has no subqueries"]),
    ("EXISTS (SELECT 1)", "{}", &["a policy has no subqueries"]),
    ("count(*) > 1", "{}", &["this one looks at several"]),
    ("row_number() OVER () = 1", "{}", &["this one looks at several"]),
    ("random() < 0.5", "{}", &["this is another value each time"]),
    ("region =", "{}", &["catalogs/lite.yaml:3:", "the SQL cannot be read"]),
    (
        "region = :claims.r region",
        "{r: EU}",
        &["the SQL cannot be read: expected: the end of the condition, found: `region`"],
    ),
    ("region = 'EU'; DROP TABLE t", "{}", &["a second statement begins here", "keep one condition"]),
    (
        ":claims.r IS NULL",
        "{r: EU}",
        &["catalogs/lite.yaml:3:21: error: nothing says of which type `:claims.r` is", "`:claims.r::int64`"],
    ),
    ("upper(region) = :claims.r", "{r: EU}", &["nothing says of which type `:claims.r` is"]),
    (
        "region = :claims.r OR id = :claims.r",
        "{r: EU}",
        &["`:claims.r` is int64 here and string at catalogs/lite.yaml:3:30"],
    ),
    ("data = :claims.r", "{r: EU}", &["no claim is of type Binary, as the column `data` is"]),
    ("region = :claims.r::jsonb", "{r: EU}", &["no claim can be cast to `JSONB`"]),
    (
        "id = :claims.r",
        "{r: EU}",
        &[
            "aqueduct.yaml:5:",
            "error: the claim `r` of `one` is not an integer",
            "the policy of `lite.main.t` (catalogs/lite.yaml:3:21) reads it as int64",
        ],
    ),
    ("id = :claims.r", "{r: [1, 2]}", &["the claim `r` of `one` is a list, not one value"]),
    ("id = ANY(:claims.r)", "{r: [1, x]}", &["the claim `r` of `one` has an element 2 that is not an integer"]),
    ("region = :claims.r", "{r: \"a\\0b\"}", &["the claim `r` of `one` contains a NUL character"]),
    ("region = :claims.r", "{R: x}", &["aqueduct.yaml:5:", "`R` cannot name a claim", "no key has the claim `r`"]),
    ("region = :claims.r", "{r: {a: 1}}", &["`r` is a mapping, not one value"]),
    ("region = :claims.r", "{r: }", &["`r` has no value"]),
    ("region = :claims.r", "[r]", &["`claims` is a list, not a mapping"]),
];

/// Conditions that are right, the claims of the one key, and the rows that it sees.
const RIGHT: &[(&str, &str, &[i64])] = &[
    ("region = :claims.r", "{r: EU}", &[1]),
    ("T.Region = (:claims.r)", "{r: US}", &[2]),
    ("region IN (:claims.a, :claims.b)", "{a: EU, b: US}", &[1, 2]),
    ("region <> :claims.r", "{r: EU}", &[2]),
    ("region LIKE :claims.r", "{r: E%}", &[1]),
    ("id BETWEEN :claims.a AND :claims.b", "{a: 2, b: 9}", &[2]),
    ("id = :claims.r::int64 OR upper(region) = :claims.s::text", "{r: 1, s: US}", &[1, 2]),
    ("CAST(:claims.r AS boolean)", "{r: true}", &[1, 2]),
    (":claims.r::boolean", "{r: false}", &[]),
    ("upper(region) = ANY(:claims.r::text[])", "{r: [EU]}", &[1]),
    ("score > :claims.r", "{r: 1}", &[2]),
    ("id = ANY(:claims.r)", "{r: 2}", &[2]),
    ("region = :claims.r OR :claims.r IS NULL", "{r: EU}", &[1]),
    ("region = 'EU'", "{}", &[1]),
    ("TRUE", "{}", &[1, 2]),
    ("id = 1 OR region IS NULL OR region = ANY(:claims.r)", "{}", &[]),
];

async fn project(rows: &str, claims: &str) -> Project {
    // A second key has every claim that the first may leave out.
    let other =
        if rows.contains(":claims.r") && claims == "{}" && rows.starts_with("id = 1") { "{r: x}" } else { "{}" };
    let project = Project::new()
        .file("aqueduct.yaml", &settings([("one", claims), ("two", other)]))
        .file("catalogs/lite.yaml", &format!("kind: sqlite\npath: lite.db\ntables: {{t: {{rows: \"{rows}\"}}}}\n"))
        .file("queries/s/t.sql", "/*---\nname: s.t\nversion: 1\naccess: public\n---*/\nSELECT id FROM lite.t\n");
    sqlite::execute(&project.join("lite.db"), TABLE).await;
    project
}

fn check(project: &Project) -> Ended {
    run(project, &["check"])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_told_where_it_stands() {
    let mut wrong = Vec::new();
    for (rows, claims, texts) in MISTAKES {
        let checked = check(&project(rows, claims).await);
        let said = checked.stdout();
        let missing: Vec<_> = texts.iter().filter(|text| !said.contains(**text)).collect();
        if checked.code == 0 || !missing.is_empty() || !checked.stderr.is_empty() {
            wrong.push(format!("{rows} with {claims}: {missing:?} is not in\n{said}{}", checked.stderr));
        }
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_are_of_the_type_that_their_place_gives() {
    for (rows, claims, ids) in RIGHT {
        let project = project(rows, claims).await;
        let checked = check(&project);
        assert_eq!(checked.code, 0, "{rows}: {}", checked.stdout());
        let server = Server::start(project.path(), &[]).await;
        let got = server.http().get("/v1/s/t").bearer(&key("one")).send().await.rows();
        assert_eq!(got, ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>(), "{rows}");
    }
}

#[tokio::test]
async fn places_are_found_in_every_style_of_yaml() {
    let styles = [
        ("rows: regin = 'EU'", "5:11"),
        ("rows: 'regin = 1'", "5:12"),
        ("rows: \"id > 0 AND regin = 1\"", "5:23"),
        ("rows: |\n      id > 0 AND\n        regin = 'EU'", "7:9"),
    ];
    for (rows, place) in styles {
        let text = format!("kind: sqlite\npath: lite.db\ntables:\n  t:\n    {rows}\n");
        let project = project("TRUE", "{}").await.file("catalogs/lite.yaml", &text);
        let said = check(&project);
        let expected = format!("catalogs/lite.yaml:{place}: error: `regin` is no column");
        assert!(said.stdout().contains(&expected), "{expected} is not in\n{}", said.stdout());
    }
}

/// A policy is for a table that has never been seen: perhaps it is another that is to be protected.
#[tokio::test]
async fn a_policy_without_a_table_closes_its_source() {
    let project = Project::new()
        .file("aqueduct.yaml", &settings([("one", "{r: EU}")]))
        .file(
            "catalogs/lite.yaml",
            "kind: sqlite\npath: lite.db\nrefresh: 1s\ntables: {tt: {rows: \"region = :claims.r\"}}\n",
        )
        .file("queries/s/t.sql", "/*---\nname: s.t\nversion: 1\naccess: public\n---*/\nSELECT id FROM lite.t\n");
    // The source is down while the project is loaded.
    let server = Server::start_unready(project.path(), &[]);
    sqlite::execute(&project.join("lite.db"), TABLE).await;
    let mut answers = Vec::new();
    for _ in 0..60 {
        let answer = server.http().get("/v1/s/t").bearer(&key("one")).send().await;
        assert_eq!(answer.status.as_u16(), 503, "{}", answer.text());
        answers.push(answer.text().to_owned());
        if answer.text().contains("no longer fits its sources") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(answers.last().is_some_and(|text| text.contains("no longer fits its sources")), "{answers:?}");
    let checked = check(&project);
    assert!(checked.stdout().contains("the source has no table `tt`"), "{}", checked.stdout());
    // Under the right name it opens.
    let project = project
        .file("catalogs/lite.yaml", "kind: sqlite\npath: lite.db\ntables: {t: {rows: \"region = :claims.r\"}}\n");
    let server = Server::start(project.path(), &[]).await;
    assert_eq!(server.http().get("/v1/s/t").bearer(&key("one")).send().await.rows(), [json!({"id": 1})]);
}
