//! Queries of every shape: a consumer's rows are those of the same query over tables that hold only what the consumer may
//! see, computed by Postgres.

use serde_json::Value;

use super::{callers, key, sources, with};
use crate::{
    cli::run,
    harness::{postgres::Database, rows::assert_same_in_any_order, server::Server},
};

/// `{t}` and `{o}` are the tables by their short names, `{T}` and `{O}` by their full ones.
const SHAPES: &[(&str, &str)] = &[
    ("plain", "SELECT id, region, name FROM {t} AS t"),
    ("alias", "SELECT q.id FROM {T} AS q WHERE q.id > 3 OR q.region IS NULL"),
    ("renamed", "SELECT a FROM {t} AS q(a, b, c) WHERE b IS NOT NULL"),
    ("or_true", "SELECT id FROM {t} AS t WHERE region = 'US' OR 1 = 1"),
    ("not", "SELECT id FROM {t} AS t WHERE NOT (region = 'EU') OR region IS NULL"),
    ("limit", "SELECT count(*) AS n FROM (SELECT id FROM {t} AS t ORDER BY id LIMIT 3) AS s"),
    ("join", "SELECT a.id, b.id AS other FROM {t} AS a JOIN {o} AS b ON a.id = b.t_id"),
    ("left_join", "SELECT a.id, b.id AS other, b.amount FROM {t} AS a LEFT JOIN {o} AS b ON a.id = b.t_id"),
    ("right_join", "SELECT a.id, a.name, b.id AS other FROM {t} AS a RIGHT JOIN {O} AS b ON a.id = b.t_id"),
    ("full_join", "SELECT a.id, b.id AS other FROM {T} AS a FULL JOIN {o} AS b ON a.id = b.t_id"),
    ("cross_join", "SELECT a.id, b.id AS other FROM {t} AS a CROSS JOIN {t} AS b"),
    ("self_join", "SELECT a.id, b.id AS other FROM {t} AS a JOIN {T} AS b ON a.name = b.name AND a.id < b.id"),
    ("self_left", "SELECT a.id, b.id AS other FROM {t} AS a LEFT JOIN {T} AS b ON a.id = b.id + 5"),
    ("derived", "SELECT s.id FROM (SELECT id FROM {t} AS x WHERE id > 2) AS s"),
    ("cte", "WITH s AS (SELECT id, name FROM {t} AS x) SELECT a.id, b.name FROM s AS a JOIN s AS b ON a.id = b.id"),
    (
        "recursive",
        "WITH RECURSIVE r AS (SELECT x.id FROM {t} AS x WHERE x.id < 6 UNION ALL SELECT x.id FROM {t} AS x JOIN r ON x.id = r.id + 5) SELECT id FROM r",
    ),
    ("in", "SELECT id FROM {o} AS a WHERE t_id IN (SELECT id FROM {t} AS x)"),
    ("not_in", "SELECT id FROM {o} AS a WHERE t_id NOT IN (SELECT id FROM {t} AS x)"),
    ("exists", "SELECT id FROM {o} AS a WHERE EXISTS (SELECT 1 FROM {t} AS x WHERE x.id = a.t_id)"),
    ("not_exists", "SELECT id FROM {o} AS a WHERE NOT EXISTS (SELECT 1 FROM {T} AS x WHERE x.id = a.t_id)"),
    ("exists_all", "SELECT id FROM {o} AS a WHERE EXISTS (SELECT 1 FROM {t} AS x)"),
    ("scalar", "SELECT id, (SELECT count(*) FROM {t} AS x) AS n FROM {o} AS a"),
    ("correlated", "SELECT id, (SELECT max(x.name) FROM {t} AS x WHERE x.id = a.t_id) AS name FROM {o} AS a"),
    ("scalar_only", "SELECT (SELECT count(*) FROM {t} AS x) AS n, (SELECT max(id) FROM {o} AS y) AS top"),
    ("union_all", "SELECT id FROM {t} AS a UNION ALL SELECT id FROM {o} AS b"),
    ("union", "SELECT name FROM {t} AS a UNION SELECT name FROM {T} AS b"),
    ("except", "SELECT id FROM {o} AS a EXCEPT SELECT id FROM {t} AS b"),
    ("intersect", "SELECT id FROM {o} AS a INTERSECT SELECT id FROM {t} AS b"),
    ("count", "SELECT count(*) AS n FROM {t} AS t"),
    ("aggregate", "SELECT count(*) AS n, sum(amount) AS total, min(id) AS low, max(id) AS high FROM {o} AS o"),
    ("groups", "SELECT region, count(*) AS n FROM {t} AS t GROUP BY region HAVING count(*) > 0"),
    ("distinct", "SELECT DISTINCT name FROM {t} AS t"),
    ("window", "SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS n FROM {t} AS t"),
    ("lag", "SELECT id, lag(id) OVER (PARTITION BY tenant ORDER BY id) AS before FROM {o} AS o"),
    ("case", "SELECT CASE WHEN region IS NULL THEN 'none' ELSE region END AS place FROM {t} AS t"),
    (
        "deep",
        "SELECT id FROM {t} AS a WHERE id IN (SELECT t_id FROM {o} AS b WHERE EXISTS (SELECT 1 FROM {T} AS c WHERE c.id = b.t_id AND c.id IN (SELECT id FROM {t} AS d)))",
    ),
];

const SOURCES: &[(&str, &str)] = &[("pg", "public"), ("lite", "main"), ("lake", "public"), ("delta", "public")];

/// Over tables of several sources, and over a view.
const OTHERS: &[(&str, &str, &str)] = &[
    (
        "between",
        "SELECT a.id, b.id AS other FROM pg.t AS a JOIN lake.o AS b ON a.id = b.t_id",
        "SELECT a.id, b.id AS other FROM {t} AS a JOIN {o} AS b ON a.id = b.t_id",
    ),
    (
        "between_sql",
        "SELECT a.id, b.id AS other FROM lite.t AS a JOIN pg.o AS b ON a.id = b.t_id",
        "SELECT a.id, b.id AS other FROM {t} AS a JOIN {o} AS b ON a.id = b.t_id",
    ),
    (
        "between_all",
        "SELECT id FROM pg.t AS a UNION ALL SELECT id FROM lite.t AS b UNION ALL SELECT id FROM delta.t AS c",
        "SELECT id FROM {t} AS a UNION ALL SELECT id FROM {t} AS b UNION ALL SELECT id FROM {t} AS c",
    ),
    ("view", "SELECT id, name FROM pg.v AS v", "SELECT id, upper(name) AS name FROM {t} AS v"),
    (
        "view_join",
        "SELECT a.id, b.id AS other FROM pg.v AS a JOIN pg.o AS b ON a.id = b.t_id",
        "SELECT a.id, b.id AS other FROM {t} AS a JOIN {o} AS b ON a.id = b.t_id",
    ),
];

/// The rows of `shape` in Postgres, over what these conditions leave of both tables.
fn expected(database: &Database, shape: &str, t: &str, o: &str) -> Vec<Vec<Option<String>>> {
    let (t, o) = (format!("(SELECT * FROM t WHERE {t})"), format!("(SELECT * FROM o WHERE {o})"));
    let sql = shape.replace("{t}", &t).replace("{T}", &t).replace("{o}", &o).replace("{O}", &o);
    let mut rows = database.psql(&sql, &[]);
    rows.sort();
    rows
}

fn texts(rows: &[Value]) -> Vec<Vec<Option<String>>> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let mut rows: Vec<Vec<_>> =
        rows.iter().map(|row| row.as_object().expect("a row").values().map(text).collect()).collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_over_every_source_gives_each_consumer_its_rows() {
    let (database, mut project) = sources().await;
    let mut queries: Vec<(String, &str)> = Vec::new();
    for (source, schema) in SOURCES {
        for (name, shape) in SHAPES {
            let select = ["t", "o"].iter().fold((*shape).to_owned(), |select, table| {
                let (short, full) = (format!("{{{table}}}"), format!("{{{}}}", table.to_uppercase()));
                select
                    .replace(&short, &format!("{source}.{table}"))
                    .replace(&full, &format!("{source}.{schema}.{table}"))
            });
            let name = format!("{source}_{name}");
            project = with(project, &name, "", &select);
            queries.push((name, shape));
        }
    }
    for (name, select, shape) in OTHERS {
        project = with(project, name, "", select);
        queries.push(((*name).to_owned(), shape));
    }
    let pushing = Server::start(project.path(), &[]).await;
    let local = Server::start(project.path(), &[("AQUEDUCT_ENGINE__PUSHDOWN", "off")]).await;
    let mut wrong = Vec::new();
    let mut seen = 0;
    for caller in callers() {
        let mut answers: std::collections::HashMap<&str, Vec<Vec<Option<String>>>> = std::collections::HashMap::new();
        let mut flight = pushing.flight().await.bearer(&key(caller.id));
        for (name, shape) in &queries {
            let expected = answers.entry(shape).or_insert_with(|| expected(&database, shape, &caller.t, caller.o));
            seen += expected.len();
            for (server, is_pushing) in [(&pushing, true), (&local, false)] {
                let path = format!("/v1/s/{name}?format=ndjson");
                let answer = server.http().get(&path).bearer(&key(caller.id)).send().await;
                let rows = answer.ndjson();
                if texts(&rows) != *expected {
                    wrong.push(format!("{} {name}: {:?} instead of {expected:?}", caller.id, texts(&rows)));
                }
                if is_pushing {
                    let fetched = flight.path(&["v1", "s", name]).await.expect("the other door answers too");
                    assert_same_in_any_order(&rows, &fetched);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 2_500, "only {seen} rows were expected at all");

    // Who brings no key sees nothing, and the owner sees everything.
    for (name, shape) in queries.iter().step_by(37) {
        let anonymous = pushing.http().get(&format!("/v1/s/{name}?format=ndjson")).send().await;
        assert_eq!(texts(&anonymous.ndjson()), expected(&database, shape, "false", "false"), "{name}");
        let owner = run(&project, &["query", &format!("s.{name}"), "--format", "ndjson"]).good();
        let owner: Vec<Value> = owner.stdout().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(texts(&owner), expected(&database, shape, "true", "true"), "{name}");
    }
}
