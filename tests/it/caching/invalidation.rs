//! `POST /cache/invalidate` on the listener for operators.

use std::time::Duration;

use serde_json::json;

use super::{Suite, is_hit, is_miss};

#[tokio::test]
async fn results_are_forgotten_by_query_by_source_and_by_tag() {
    let suite = Suite::start().await;
    let (listed, grouped, slow) = ("/v1/c/listed", "/v1/c/grouped", "/v1/c/slow");
    for path in [listed, "/v1/c/listed?region=US", grouped, slow] {
        assert!(is_miss(&suite.get(path).send().await), "{path}");
    }
    for (target, count, forgotten) in [
        ("?query=c.slow", 1, &[slow][..]),
        ("?query=c.slow@1", 1, &[slow]),
        ("?tag=lists", 2, &[listed]),
        ("?tag=things", 2, &[listed, grouped]),
        ("?source=pg", 3, &[listed, grouped, slow]),
        ("?query=c.divided", 0, &[]),
    ] {
        let answer = suite.invalidate(target).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"invalidated": count})), "{target}");
        for path in [listed, grouped, slow] {
            let again = suite.get(path).send().await;
            assert_eq!(is_miss(&again), forgotten.contains(&path), "{target} {path}: {again:?}");
        }
    }
}

#[tokio::test]
async fn what_is_not_known_is_refused() {
    let suite = Suite::start().await;
    for (target, status, code) in [
        ("", 400, "AQ-102"),
        ("?query=c.slow&tag=things", 400, "AQ-102"),
        ("?queries=c.slow", 400, "AQ-102"),
        ("?query=c.slw", 404, "AQ-201"),
        ("?query=c.slow@2", 404, "AQ-202"),
        ("?query=c.slow@one", 404, "AQ-201"),
        ("?query=slow", 404, "AQ-201"),
        ("?source=crm", 404, "AQ-204"),
        ("?source=CRM!", 404, "AQ-204"),
        ("?tag=thing", 404, "AQ-204"),
    ] {
        let answer = suite.invalidate(target).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (status, &json!(code)), "{target}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let public = suite.http().request(&reqwest::Method::POST, "/cache/invalidate?tag=things").send().await;
    assert_eq!(public.status.as_u16(), 404);
    let admin = crate::harness::http::Http::new(suite.server.admin);
    assert_eq!(admin.get("/cache/invalidate?tag=things").send().await.status.as_u16(), 405);
}

#[tokio::test]
async fn a_run_that_is_under_way_is_not_kept() {
    let suite = Suite::start().await;
    let (before, _) = tokio::join!(suite.get("/v1/c/slow").send(), async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        suite.invalidate("?query=c.slow").await;
        // Who asks from now on does not join it.
        let after = suite.get("/v1/c/slow").send().await;
        assert!(is_miss(&after) && !super::status(&after).contains("collapsed"), "{after:?}");
    });
    assert!(
        super::status(&before).starts_with("aqueduct; fwd=miss; ttl="),
        "it is answered, but not stored: {before:?}"
    );
    assert!(is_hit(&suite.get("/v1/c/slow").send().await));
}
