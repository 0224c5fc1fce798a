//! Passwords that AWS gives for a while.

use serde_json::{Value, json};

use super::numbers;
use crate::{
    contract::opened::Opened,
    harness::{
        project::Project,
        redshift::{KEY_ID, Redshift, SECRET_KEY},
        server::aqueduct,
    },
};

const QUERY: &str = "/*---\nname: t.n\nversion: 1\naccess: public\npage: {key: [n]}\n---*/\nSELECT n FROM s.numbers";
const COUNT: &str = "SELECT count(*) AS n FROM s.numbers WHERE n > 5";

fn project(redshift: &Redshift, warehouse: &str) -> Project {
    let catalog = format!("{}pool: {{max_connections: 1}}\n", redshift.token_catalog(warehouse));
    Project::new().file("catalogs/s.yaml", &catalog).file("aqueduct.yaml", "auth: {anonymous: true}\n")
}

fn named<'a>(calls: &'a [Value], operation: &str) -> Vec<&'a Value> {
    calls.iter().filter(|call| call["operation"] == operation).map(|call| &call["body"]).collect()
}

#[tokio::test]
async fn a_cluster_and_a_workgroup_are_asked_for_a_password() {
    let redshift = numbers().await;
    for (warehouse, operation, says) in [
        ("workgroup: analytics\n", "GetCredentials", json!("analytics")),
        ("cluster: c1\n", "GetClusterCredentialsWithIAM", json!("c1")),
        ("cluster: c1\nuser: reports\n", "GetClusterCredentials", json!("reports")),
    ] {
        let engine = Opened::of(&project(&redshift, warehouse)).await;
        assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]), "{warehouse}");
        let calls = redshift.calls().await;
        let asked = named(&calls, operation);
        assert_eq!(asked.len(), 1, "{calls:?}");
        assert!(asked[0].as_object().expect("a form").values().any(|value| *value == says), "{asked:?}");
    }
}

#[tokio::test]
async fn a_password_is_renewed_before_it_expires() {
    let redshift = numbers().await;
    // Less than what is taken for a rest: each connection asks for one.
    redshift.treat(json!({"lifetime": 60})).await;
    let project = project(&redshift, "workgroup: analytics\n");
    for times in 1..=2 {
        let engine = Opened::of(&project).await;
        assert_eq!(engine.rows(COUNT).await, Ok(vec!["19995".to_owned()]));
        assert_eq!(named(&redshift.calls().await, "GetCredentials").len(), times);
    }
}

#[tokio::test]
async fn whom_aws_does_not_know_is_told_by_the_log_alone() {
    let redshift = numbers().await;
    for warehouse in ["workgroup: analytics\n", "cluster: c1\n"] {
        let catalog = redshift.token_catalog(warehouse).replace(SECRET_KEY, "hunter2hunter2");
        let project = Project::new().file("catalogs/s.yaml", &catalog).file("queries/t/n.sql", QUERY);
        let project = project.file("aqueduct.yaml", "auth: {anonymous: true}\n");
        let checked = aqueduct(project.path()).arg("check").output().expect("it runs");
        let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
        assert!(!checked.status.success(), "{said}");
        assert!(said.contains("source `s` cannot be reached") && said.contains("InvalidSignatureException"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[tokio::test]
async fn without_a_key_in_the_file_the_usual_chain_says_who_asks() {
    let redshift = numbers().await;
    let catalog = redshift.token_catalog("workgroup: analytics\n");
    let without = |line: &str| !line.starts_with("access_key_id") && !line.starts_with("secret_access_key");
    let catalog: Vec<_> = catalog.lines().filter(|line| without(line)).collect();
    let project = |more: &str| {
        let catalog = format!("{}\n{more}", catalog.join("\n"));
        let program =
            format!("{{\"Version\": 1, \"AccessKeyId\": \"{KEY_ID}\", \"SecretAccessKey\": \"{SECRET_KEY}\"}}");
        Project::new()
            .file("catalogs/s.yaml", &catalog)
            .file("aqueduct.yaml", "auth: {anonymous: true}\n")
            .file("queries/t/n.sql", QUERY)
            .file("aws/key.json", &program)
            .file("aws/config", "[profile reports]\ncredential_process = cat aws/key.json\n")
            .file(
                "aws/credentials",
                &format!("[default]\naws_access_key_id={KEY_ID}\naws_secret_access_key={SECRET_KEY}\n"),
            )
    };
    let check = |project: &Project, environment: &[(&str, &str)]| {
        let mut check = aqueduct(project.path());
        check.current_dir(project.path()).envs(environment.iter().copied()).arg("check");
        // Nobody's own files, and no instance that could be asked.
        check.env("AWS_CONFIG_FILE", "aws/config").env("AWS_EC2_METADATA_DISABLED", "true");
        check.env("AWS_SHARED_CREDENTIALS_FILE", if environment.is_empty() { "aws/credentials" } else { "aws/none" });
        let checked = check.output().expect("it runs");
        (
            checked.status.success(),
            format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr)),
        )
    };
    let keys = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)];
    for (more, environment) in [
        ("", &keys[..]),
        ("", &[]),
        ("", &[("AWS_PROFILE", "reports")]),
        ("profile: reports\n", &[("AWS_REGION", "eu-west-1")]),
    ] {
        let (ok, said) = check(&project(more), environment);
        assert!(ok, "{more} {environment:?}: {said}");
    }
    let (ok, said) = check(&project(""), &[("AWS_REGION", "eu-west-1")]);
    assert!(!ok && said.contains("source `s` cannot be reached") && said.contains("credentials"), "{said}");
}

#[tokio::test]
async fn what_does_not_go_together_is_a_mistake() {
    for (catalog, says) in [
        ("kind: redshift\n", "the key `url` is missing"),
        ("kind: redshift\napi: data\nregion: eu-central-1\ndatabase: d\n", "no `cluster` and no `workgroup` is named"),
        (
            "kind: redshift\napi: data\ncluster: c\nworkgroup: w\nregion: eu-central-1\ndatabase: d\n",
            "are two warehouses",
        ),
        ("kind: redshift\napi: data\ncluster: c\nregion: eu-central-1/x\ndatabase: d\n", "is no region"),
        ("kind: redshift\napi: data\ncluster: c\ndatabase: d\n", "the key `region` is missing"),
        ("kind: redshift\napi: rest\n", "api"),
        (
            "kind: redshift\napi: data\ncluster: c\nregion: r\ndatabase: d\nendpoint: http://10.0.0.1\n",
            "`endpoint` is not that of a service",
        ),
        (
            "kind: redshift\napi: data\ncluster: c\nregion: r\ndatabase: d\naccess_key_id: a\n",
            "a part of an access key is missing",
        ),
        (
            "kind: redshift\napi: data\ncluster: c\nregion: r\ndatabase: d\naccess_key_id: a\nprofile: p\n",
            "are two identities",
        ),
        ("kind: redshift\nurl: https://host\n", "`url` is not a Redshift URL"),
    ] {
        let project = Project::new().file("catalogs/s.yaml", catalog);
        let checked = aqueduct(project.path()).arg("check").output().expect("it runs");
        let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
        assert!(!checked.status.success() && said.contains(says), "{catalog}: {said}");
    }
}
