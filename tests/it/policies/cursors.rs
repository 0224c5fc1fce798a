//! Cursors under policies: a cursor continues the rows of the one who got it, as long as the same may be seen.

use serde_json::{Value, json};

use super::{callers, key, settings, sources, with};
use crate::harness::{
    http::{Answer, all_pages},
    server::Server,
};

async fn page(server: &Server, path: &str, caller: &str) -> Answer {
    server.http().get(path).bearer(&key(caller)).send().await
}

#[tokio::test]
async fn pages_of_a_consumer_hold_its_rows_alone() {
    let (_database, mut project) = sources().await;
    for source in ["pg", "lite", "lake", "delta"] {
        let select = format!("SELECT id, region FROM {source}.t");
        project = with(project, source, "page: {order: [-region], key: [id]}\n", &select);
    }
    let server = Server::start(project.path(), &[]).await;
    for source in ["pg", "lite", "lake", "delta"] {
        let path = format!("/v1/s/{source}?limit=1");
        for (caller, rows) in [("eu", 4), ("us", 8), ("bare", 0)] {
            let http = server.http();
            let pages = all_pages(&path, |path| http.get(path).bearer(&key(caller))).await;
            let ids: Vec<Value> = pages.iter().flat_map(Answer::rows).map(|row| row["id"].clone()).collect();
            assert_eq!(ids.len(), rows, "{source} {caller}: {ids:?}");
            if caller == "eu" {
                assert_eq!(ids, [5, 10, 15, 20].map(|id| json!(id)), "{source}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_follows_the_cursor_of_another() {
    let (_database, project) = sources().await;
    let project = with(project, "pg", "page: {key: [id]}\n", "SELECT id, region FROM pg.t");
    let server = Server::start(project.path(), &[]).await;
    let cursor = page(&server, "/v1/s/pg?limit=2", "eu").await.cursor().expect("there is more");
    let path = format!("/v1/s/pg?limit=2&cursor={cursor}");
    assert_eq!(page(&server, &path, "eu").await.rows().len(), 2);
    for other in ["us", "half", "bare", "empty"] {
        let answer = page(&server, &path, other).await;
        assert!(matches!(answer.status.as_u16(), 400 | 410), "{other}: {}", answer.text());
        for text in ["EU", "region", "claim", "policy"] {
            assert!(!answer.text().contains(text), "{other}: {}", answer.text());
        }
    }
    let anonymous = server.http().get(&path).send().await;
    assert!(matches!(anonymous.status.as_u16(), 400 | 410), "{}", anonymous.text());
    drop(server);

    // The same key with other claims, and the same claims under another policy.
    let claims = |caller: &str, claims: &'static str| {
        let all = callers();
        let keys: Vec<_> =
            all.iter().map(|known| (known.id, if known.id == caller { claims } else { known.claims })).collect();
        settings(keys)
    };
    let project = project.file("aqueduct.yaml", &claims("eu", "{regions: [EU, US], tenant: 1}"));
    let server = Server::start(project.path(), &[]).await;
    let answer = page(&server, &path, "eu").await;
    assert!(matches!(answer.status.as_u16(), 400 | 410), "{}", answer.text());
    drop(server);
    // What no policy of the query asks for is nobody's matter.
    let project = project.file("aqueduct.yaml", &claims("eu", "{regions: [EU], tenant: 7}"));
    let server = Server::start(project.path(), &[]).await;
    assert_eq!(page(&server, &path, "eu").await.rows().len(), 2);
    drop(server);
    let tables = "tables:\n  t: {key: [id], rows: \"region = ANY(:claims.regions) AND id < 100\"}\n  o: {rows: \"tenant = :claims.tenant\"}\n";
    let project = project.file("catalogs/pg.yaml", &format!("kind: postgres\nurl: \"{{{{postgres_url}}}}\"\n{tables}"));
    let server = Server::start(project.path(), &[]).await;
    assert_eq!(page(&server, &path, "eu").await.status.as_u16(), 410);
}

#[tokio::test]
async fn errors_tell_nothing_of_hidden_rows() {
    let (_database, project) = sources().await;
    let header = "params: {by: {type: int64, default: 1}}\n";
    let project = with(project, "divided", header, "SELECT id, 100 / (id - :by) AS part FROM pg.t");
    let project = with(project, "twice", "page: {key: [name]}\n", "SELECT name, region FROM pg.t");
    let server = Server::start(project.path(), &[]).await;
    // Row 1 is hidden from `eu`, and 5 is not.
    assert_eq!(page(&server, "/v1/s/divided?by=1", "eu").await.rows().len(), 4);
    let failed = page(&server, "/v1/s/divided?by=5", "eu").await;
    assert!(!failed.status.is_success(), "{}", failed.text());
    assert!(!failed.text().contains("EU") && !failed.text().contains("claim"), "{}", failed.text());
    // Three rows of `eu` have different names; with hidden ones among them they would not.
    assert_eq!(page(&server, "/v1/s/twice?limit=1", "bare").await.rows().len(), 0);
}
