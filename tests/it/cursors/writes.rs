//! What each way of paging promises while others write to the source.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use super::serve;
use crate::harness::http::{Answer, all_pages};

/// Accounts of which money moves between the even ones, always two in one transaction; odd ones come and go, in pairs whose
/// balances cancel out; those divisible by 20 are left alone.
const TABLES: &str = "
    CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint NOT NULL);
    INSERT INTO accounts SELECT n * 2, 100 FROM generate_series(1, 200) AS n;";
const ACCOUNTS: i64 = 200;

/// Writes until it is told to stop.
async fn write(mut connection: PgConnection, stop: Arc<AtomicBool>) -> u64 {
    let mut writes = 0;
    while !stop.load(Ordering::Acquire) {
        let moved = format!(
            "BEGIN;
             UPDATE accounts SET balance = balance - 7 WHERE id = {from} AND id % 20 <> 0 AND {to} % 20 <> 0;
             UPDATE accounts SET balance = balance + 7 WHERE id = {to} AND id % 20 <> 0 AND {from} % 20 <> 0;
             DELETE FROM accounts WHERE id IN ({gone}, {gone} + 200);
             INSERT INTO accounts VALUES ({come}, 50), ({come} + 200, -50) ON CONFLICT DO NOTHING;
             COMMIT;",
            from = 2 + writes * 14 % 400,
            to = 2 + writes * 26 % 400,
            gone = 1 + writes * 6 % 200,
            come = 1 + writes * 10 % 200,
        );
        sqlx::raw_sql(AssertSqlSafe(moved)).execute(&mut connection).await.expect("it can be written");
        writes += 1;
    }
    writes
}

fn rows(pages: &[Answer]) -> Vec<(i64, i64)> {
    let number = |row: &Value, name: &str| row[name].as_i64().expect("a number");
    pages.iter().flat_map(Answer::rows).map(|row| (number(&row, "id"), number(&row, "balance"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_keeps_its_promise_while_others_write() {
    let select = "SELECT id, balance FROM pg.accounts";
    let queries = [
        ("by_key", "{key: [id]}", select),
        ("by_key_down", "{key: [id], order: [-id]}", select),
        ("by_balance", "{key: [id], order: [balance]}", select),
        ("stored", "{key: [id], order: [balance], consistency: stored}", select),
        (
            "grouped",
            "{key: [id], order: [balance]}",
            "SELECT id, sum(balance)::bigint AS balance FROM pg.accounts GROUP BY id",
        ),
    ];
    let (database, _project, server) = serve(TABLES, &queries).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write(database.connect().await, Arc::clone(&stop)));
    for round in 0..6 {
        let limit = [3, 7, 50][round % 3];
        for name in ["by_key", "by_key_down", "by_balance"] {
            let pages = all_pages(&format!("/v1/pages/{name}?limit={limit}"), |path| server.http().get(path)).await;
            assert!(pages.iter().all(|page| page.header("aqueduct-consistency") == "keyset"), "{name}");
            let mut seen: BTreeMap<i64, u32> = BTreeMap::new();
            for (id, balance) in rows(&pages) {
                *seen.entry(id).or_default() += 1;
                assert!(id % 20 != 0 || balance == 100, "{name}: a row that nobody touches is as it was");
            }
            // What is there throughout and does not change in its order is seen exactly once.
            let untouched: Vec<u32> = (1..=ACCOUNTS / 10).map(|n| seen.get(&(n * 20)).copied().unwrap_or(0)).collect();
            assert!(untouched.iter().all(|times| *times == 1), "{name}: {untouched:?}");
            if name != "by_balance" {
                assert!(seen.values().all(|times| *times == 1), "{name}: keys that do not move are seen once");
                assert_eq!(seen.keys().filter(|id| **id % 2 == 0).count(), 200, "{name}: none that stays is missing");
            }
        }
        for name in ["stored", "grouped"] {
            let pages = all_pages(&format!("/v1/pages/{name}?limit={limit}"), |path| server.http().get(path)).await;
            assert!(pages.iter().all(|page| page.header("aqueduct-consistency") == "stored"), "{name}");
            let rows = rows(&pages);
            let ids: BTreeSet<i64> = rows.iter().map(|(id, _)| *id).collect();
            assert_eq!(ids.len(), rows.len(), "{name}: no row twice");
            // One statement sees whole transactions only.
            assert_eq!(rows.iter().map(|(_, balance)| balance).sum::<i64>(), ACCOUNTS * 100, "{name}: one instant");
            assert!(rows.is_sorted_by_key(|(id, balance)| (*balance, *id)), "{name}: in its order");
        }
    }
    stop.store(true, Ordering::Release);
    assert!(writer.await.expect("it ends") > 20, "there were writes");
}

#[tokio::test]
async fn a_kept_result_is_read_anywhere_and_never_changes() {
    let queries = [("all", "{order: [-id]}", "SELECT id, balance FROM pg.accounts WHERE random() < 2")];
    let (database, _project, server) = serve(TABLES, &queries).await;
    let http = server.http();
    let first = http.get("/v1/pages/all?limit=10&count=exact").send().await;
    assert_eq!(first.json()["pagination"]["total"], ACCOUNTS, "{}", first.text());
    let cursor = first.cursor().expect("more");
    database.execute("DELETE FROM accounts").await;
    for skip in [0_i64, 1, 95, 180, 189, 190, 5000] {
        let page = http.get(&format!("/v1/pages/all?limit=10&skip={skip}&cursor={cursor}")).send().await;
        let ids: Vec<i64> = rows(&[page]).iter().map(|(id, _)| *id).collect();
        let expected: Vec<i64> = (1..=ACCOUNTS).rev().map(|n| n * 2).skip(10 + skip as usize).take(10).collect();
        assert_eq!(ids, expected, "{skip} rows further");
    }
    let stream = http.get(&format!("/v1/pages/all?format=csv&limit=1000&cursor={cursor}")).send().await;
    assert_eq!(stream.text().lines().count(), 191, "{}", stream.text());
    assert!(http.get("/v1/pages/all?format=ndjson").send().await.ndjson().is_empty(), "another run");
}
