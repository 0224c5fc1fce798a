//! What Postgres is asked for: the filters that are given, the limit, the place where a page begins; and nothing else.

use super::Stage;
use crate::harness::{http::Answer, postgres::Statement};

const TABLES: &str = "
    CREATE TABLE customer (id bigint PRIMARY KEY, region text NOT NULL, score double precision, town text COLLATE \"en-x-icu\", name text);
    INSERT INTO customer SELECT n, CASE WHEN n % 2 = 0 THEN 'EU' ELSE 'US' END, n % 5, CASE WHEN n % 3 = 0 THEN 'a' ELSE 'B' END,
      'name ' || n
    FROM generate_series(1, 500) AS n;
";
const OPTIONAL: &str = "params:\n  region: {type: string, optional: true}\n  ids: {type: \"[int64]\", optional: true}";
const FILTERED: &str = "SELECT id, name FROM pg.customer WHERE (:region IS NULL OR region = :region) \
                        AND (:ids IS NULL OR id = ANY(:ids))";

async fn stage() -> Stage {
    let everyone = "SELECT id, score, town FROM pg.customer WHERE (:region IS NULL OR region = :region) \
                    AND (:ids IS NULL OR id = ANY(:ids))";
    let by_town = format!("{OPTIONAL}\npage: {{key: [id], order: [town]}}");
    let by_score = format!("{OPTIONAL}\npage: {{key: [id], order: [-score]}}");
    let queries = [("some", OPTIONAL, FILTERED), ("by_town", &by_town, everyone), ("by_score", &by_score, everyone)];
    Stage::set(TABLES, 2, &queries).await
}

impl Stage {
    /// The one statement that reads customers in a request.
    async fn asked(&self, path: &str) -> (Answer, Statement) {
        let mark = self.database.mark().await;
        let answer = self.server.http().get(path).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        let mut statements = self.database.received_since(&mark).await;
        statements.retain(|statement| statement.sql.contains("\"customer\"") && statement.sql.starts_with("SELECT"));
        assert_eq!(statements.len(), 1, "{statements:#?}");
        (answer, statements.remove(0))
    }
}

#[tokio::test]
async fn a_filter_that_is_not_given_leaves_no_trace() {
    let stage = stage().await;
    let (answer, statement) = stage.asked("/v1/rows/some?format=ndjson").await;
    assert_eq!(answer.ndjson().len(), 500);
    assert!(!statement.sql.contains("WHERE") && !statement.sql.contains("region"), "{statement:?}");
    assert_eq!(statement.parameters, "");
}

#[tokio::test]
async fn a_filter_that_is_given_is_bound() {
    let stage = stage().await;
    let (answer, statement) = stage.asked("/v1/rows/some?format=ndjson&region=EU").await;
    assert_eq!(answer.ndjson().len(), 250);
    assert!(statement.sql.contains("WHERE") && statement.sql.contains("$1"), "{statement:?}");
    assert!(!statement.sql.contains("EU") && !statement.sql.contains("NULL"), "{statement:?}");
    assert_eq!(statement.parameters, "$1 = 'EU'");
}

#[tokio::test]
async fn a_list_is_bound() {
    let stage = stage().await;
    for (query, rows) in [("ids=7", 1), ("ids=7&ids=9&ids=9999", 2)] {
        let (answer, statement) = stage.asked(&format!("/v1/rows/some?format=ndjson&{query}")).await;
        assert_eq!(answer.ndjson().len(), rows);
        assert!(statement.sql.contains("WHERE") && statement.parameters.contains('7'), "{statement:?}");
        assert!(!statement.sql.contains('7'), "{statement:?}");
    }
}

#[tokio::test]
async fn a_limit_is_sent() {
    let stage = stage().await;
    let (answer, statement) = stage.asked("/v1/rows/some?limit=5&region=US").await;
    assert_eq!(answer.rows().len(), 5);
    assert_eq!(answer.json()["meta"]["consistency"], "keyset");
    assert!(statement.sql.contains("ORDER BY \"id\"") && statement.sql.contains("LIMIT $2"), "{statement:?}");
    assert_eq!(statement.parameters, "$1 = 'US', $2 = '6'");
}

#[tokio::test]
async fn a_page_begins_where_the_last_one_ended() {
    let stage = stage().await;
    for (name, columns) in [("by_town", ["(\"town\" COLLATE \"C\")", "\"id\""]), ("by_score", ["\"score\"", "\"id\""])]
    {
        let first = format!("/v1/rows/{name}?limit=70&region=EU");
        let (mut path, mut pages, mut ids) = (first.clone(), 0, Vec::new());
        loop {
            let (answer, statement) = stage.asked(&path).await;
            assert!(!statement.sql.contains("OFFSET"), "{statement:?}");
            if pages > 0 {
                let behind = statement.sql.split_once("WHERE").map_or("", |(_, predicate)| predicate);
                assert!(columns.iter().all(|column| behind.contains(column)), "{statement:?}");
                assert!(statement.parameters.contains("'EU'") && statement.parameters.contains("$2"), "{statement:?}");
            }
            pages += 1;
            ids.extend(answer.rows().iter().map(|row| row["id"].to_string()));
            match answer.cursor() {
                Some(cursor) => path = format!("{first}&cursor={cursor}"),
                None => break,
            }
        }
        ids.sort();
        ids.dedup();
        assert_eq!((pages, ids.len()), (4, 250), "{name}");
    }
}
