//! `key new`: what it prints is what `aqueduct.yaml` needs, and the key opens the doors.

use super::{project, run};
use crate::harness::{project::Project, server::Server};

#[tokio::test]
async fn a_new_key_opens_what_its_scopes_name() {
    let made = run(&Project::new(), &["key", "new", "web-shop", "--scope", "shop:read", "--scope", "plan:read"]).good();
    let key = made.stdout().strip_suffix('\n').expect("one line");
    assert!(key.starts_with("aq_") && key.len() >= 46 && !key.contains(char::is_whitespace), "{key:?}");
    let entry = made.stderr.lines().last().expect("the entry is the last line");
    assert!(entry.starts_with("  - {id: web-shop, hash: \"sha256:"), "{entry}");
    assert!(!made.stderr.contains(key), "the key is printed once");

    let project = project().await.file("aqueduct.yaml", &format!("auth:\n  keys:\n{entry}\n"));
    let server = Server::start(project.path(), &[]).await;
    let get = || server.http().get("/v1/shop/items?limit=1");
    assert_eq!(get().send().await.status, 401);
    assert_eq!(get().bearer(key).send().await.rows().len(), 1);
    assert_eq!(get().header("x-api-key", key).send().await.rows().len(), 1);
    let plan = get().bearer(key).header("accept", "application/vnd.aqueduct.plan+json").send().await;
    assert_eq!(plan.status, 200, "{}", plan.text());
    assert!(server.flight().await.bearer(key).path(&["v1", "shop", "items"]).await.is_ok());
    assert_eq!(get().bearer(&format!("{key}x")).send().await.status, 401);
}

#[tokio::test]
async fn a_key_without_scopes_opens_only_what_is_public() {
    let made = run(&Project::new(), &["key", "new", "7"]).good();
    let entry = made.stderr.lines().last().expect("the entry is the last line");
    let project = project().await.file("aqueduct.yaml", &format!("auth:\n  keys:\n{entry}\n"));
    let server = Server::start(project.path(), &[]).await;
    let get = |path: &str| server.http().get(path).bearer(made.stdout().trim());
    assert_eq!(get("/v1/shop/many?limit=1").send().await.status, 200);
    assert_eq!(get("/v1/shop/items?limit=1").send().await.status, 403);
}

#[test]
fn every_key_is_another() {
    let make = || run(&Project::new(), &["key", "new", "web-shop"]).good().stdout().to_owned();
    assert_ne!(make(), make());
}
