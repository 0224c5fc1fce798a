//! Sixteen requests at once over one connection, and one that reads slowly.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, Stage};
use crate::contract::postgres::parallel::{ROWS, large};

const QUERIES: [(&str, &str, &str); 6] = [
    ("large", "", "SELECT id, balance, filler FROM pg.large"),
    ("ids", "", "SELECT id FROM pg.large WHERE balance > 0"),
    ("joined", "", "SELECT a.id FROM pg.large a JOIN pg.large b ON a.id = b.id JOIN pg.known k ON k.id = a.id"),
    ("union", "", "SELECT id FROM pg.large UNION ALL SELECT -id AS id FROM pg.large UNION ALL SELECT id FROM pg.known"),
    ("known", "params:\n  id: {type: int64}\npage: {key: [id]}", "SELECT id, value FROM pg.known WHERE id = :id"),
    ("page", "page: {key: [id]}", "SELECT k.id, l.balance FROM pg.known k JOIN pg.large l ON l.id = k.id"),
];

#[tokio::test]
async fn one_connection_is_enough_for_sixteen_requests_and_a_slow_one() {
    let tables = "CREATE TABLE known AS SELECT n AS id, 'value ' || n AS value FROM generate_series(1::bigint, 1000) n; ANALYZE known";
    let stage = Stage::set(&format!("{} {tables}", large("large")), 1, &QUERIES).await;
    let http = stage.server.http();
    let mut slow = http.get("/v1/rows/large?format=csv").stream().await.expect("an answer");
    let mut lines = 0;
    let mut count = |chunk: &[u8]| lines += chunk.split(|byte| *byte == b'\n').count() as u64 - 1;
    count(&slow.chunk().await.expect("no failure").expect("rows"));
    let stream = async |name: &str, rows: u64| {
        let answer = http.get(&format!("/v1/rows/{name}?format=csv")).send().await;
        assert_eq!(answer.text().lines().count() as u64, rows + 1, "{name}");
    };
    let request = async |index: usize| match index % 8 {
        0 => stream("ids", ROWS).await,
        1 => stream("joined", 1000).await,
        2 => stream("union", 2 * ROWS + 1000).await,
        3 | 4 => {
            let page = http.get("/v1/rows/page").send().await;
            assert_eq!(page.rows().len(), 100);
        }
        _ => {
            let page = http.get(&format!("/v1/rows/known?id={}", index + 1)).send().await;
            assert_eq!(page.rows()[0]["value"], format!("value {}", index + 1));
        }
    };
    let crowd = join_all((0..16).map(request));
    let reader = async {
        sleep(Duration::from_millis(500)).await;
        while let Some(chunk) = slow.chunk().await.expect("no failure") {
            count(&chunk);
        }
    };
    timeout(2 * PATIENCE, async { tokio::join!(crowd, reader) }).await.expect("they hang");
    assert_eq!(lines, ROWS + 1);
    assert!(stage.database.connections().await <= 1);
}
