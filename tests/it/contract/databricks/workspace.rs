//! Who asks, and answers that are none.

use std::time::Duration;

use aqueduct::model::Code;
use serde_json::json;

use super::{super::opened::Opened, numbers};
use crate::harness::{
    databricks::{SECRET, TOKEN, client_behaves, requests, url},
    server::aqueduct,
};

const MOST: &str = "SELECT max(n) AS v FROM s.numbers";

fn client(id: &str) -> String {
    format!("client_id: {id}\nclient_secret: {SECRET}")
}

#[tokio::test]
async fn a_service_principal_asks_for_a_token_once() {
    let workspace = numbers().await;
    let catalog = workspace.catalog_at(&url(), &client("reader-once"));
    let engine = Opened::of(&workspace.project().file("catalogs/s.yaml", &catalog)).await;
    for _ in 0..5 {
        assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
    }
    assert_eq!(requests("client reader-once").await, ["token"]);
}

#[tokio::test]
async fn tokens_are_renewed_before_they_expire_and_when_they_are_refused() {
    let workspace = numbers().await;
    client_behaves("reader-often", json!({"lasts": 2, "throttle_token": 1})).await;
    let catalog = workspace.catalog_at(&url(), &client("reader-often"));
    let engine = Opened::of(&workspace.project().file("catalogs/s.yaml", &catalog)).await;
    for _ in 0..3 {
        assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    assert!(requests("client reader-often").await.len() >= 3);
}

#[tokio::test]
async fn who_is_not_let_in_is_told_by_the_log_alone() {
    let workspace = numbers().await;
    let query = "/*---\nname: t.n\nversion: 1\naccess: public\n---*/\nSELECT n FROM s.numbers";
    for (login, remedy) in [
        ("token: dapi-hunter2".to_owned(), "look at `token`"),
        (client("reader").replace(SECRET, "hunter2"), "look at `token`, or at `client_id`"),
    ] {
        let catalog = workspace.catalog_at(&url(), &login);
        let project = workspace.project().file("catalogs/s.yaml", &catalog).file("queries/t/n.sql", query);
        let checked = aqueduct(project.path()).arg("check").output().expect("it runs");
        let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
        assert!(!checked.status.success(), "{said}");
        assert!(said.contains("source `s` cannot be reached") && said.contains(remedy), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let catalog = workspace.catalog_file().replace(&workspace.warehouse, "0000");
    let engine = Opened::of(&workspace.project().file("catalogs/s.yaml", &catalog)).await;
    let fault = engine.rows(MOST).await.expect_err("there is no such warehouse");
    assert!(
        fault.internal.as_deref().is_some_and(|cause| cause.contains("look at `host` and `warehouse`")),
        "{fault:?}"
    );
}

#[tokio::test]
async fn answers_that_are_none_are_faults() {
    let workspace = numbers().await;
    let engine = Opened::of(&workspace.project()).await;
    assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
    for how in ["json", "html", "state", "status", "statement_id", "manifest", "result"] {
        workspace.behave(json!({"malformed": how})).await;
        // What is asked about before it runs is accepted when nobody answers.
        let rows = engine.rows("SELECT n FROM s.numbers WHERE n = 5").await;
        // A result that is missing in one answer is had by the next.
        if how == "result" {
            assert_eq!(rows, Ok(vec!["5".to_owned()]), "{how}");
            continue;
        }
        let fault = rows.expect_err(how);
        assert_eq!(fault.code, Code::SourceFailed, "{how}: {fault:?}");
        assert!(!format!("{fault:?}").contains(TOKEN), "{how}: {fault:?}");
    }
    workspace.behave(json!({})).await;
    assert_eq!(engine.rows(MOST).await, Ok(vec!["20000".to_owned()]));
}

#[tokio::test]
async fn a_workspace_that_is_gone_is_down() {
    let workspace = numbers().await;
    let catalog = workspace.catalog_at("http://127.0.0.1:9", &format!("token: {TOKEN}"));
    let engine = Opened::of(&workspace.project().file("catalogs/s.yaml", &catalog)).await;
    let fault = engine.rows(MOST).await.expect_err("nobody listens");
    assert_eq!(fault.code, Code::SourceDown, "{fault:?}");
}

#[tokio::test]
async fn a_catalogs_mistakes_are_told_with_their_remedies() {
    let workspace = numbers().await;
    for (from, to, said) in [
        (&*format!("host: {}", url()), "host: http://dbc.cloud.databricks.com", "in plain text"),
        (&*format!("host: {}", url()), "host: https://dbc.cloud.databricks.com/path", "not the host of a workspace"),
        (
            &*format!("warehouse: {}", workspace.warehouse),
            "warehouse: /sql/1.0/warehouses/abc",
            "write what stands behind the last slash: `abc`",
        ),
        (&*format!("token: {TOKEN}"), "client_id: x", "`client_id` and `client_secret` belong together"),
        (&*format!("token: {TOKEN}"), "token: x\nclient_id: y", "`client_id` does not go with the rest"),
        (&*format!("token: {TOKEN}"), "", "the key `token` is missing"),
    ] {
        let catalog = workspace.catalog_file().replace(from, to);
        let project = workspace.project().file("catalogs/s.yaml", &catalog);
        let checked = aqueduct(project.path()).arg("check").output().expect("it runs");
        let output =
            format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
        assert!(output.contains(said), "{to}: {output}");
    }
}
