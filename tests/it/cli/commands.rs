//! Help, wrong usage, `check`, and a `serve` that cannot start.

use std::{net::TcpListener, process::Command};

use super::{finish, project, run};
use crate::harness::{project::Project, server::aqueduct};

const COMMANDS: [&[&str]; 7] = [&["serve"], &["check"], &["explain"], &["query"], &["sql"], &["key"], &["key", "new"]];

#[test]
fn every_command_explains_itself() {
    let nowhere = Project::new();
    let general = run(&nowhere, &["--help"]).good();
    for command in ["serve", "check", "explain", "query", "sql", "key", "-C, --directory <DIR>", "Exit codes: 0 done"] {
        assert!(general.stdout().contains(command), "{command} is not in:\n{}", general.stdout());
    }
    for command in COMMANDS {
        let help = run(&nowhere, &[command, &["--help"]].concat()).good();
        let usage = format!("Usage: aqueduct {}", command.join(" "));
        assert!(help.stdout().contains(&usage), "{usage} is not in:\n{}", help.stdout());
        assert!(help.stderr.is_empty(), "{help:?}");
    }
    let version = run(&nowhere, &["--version"]).good();
    assert_eq!(version.stdout(), format!("aqueduct {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_ends_with_2() {
    let nowhere = Project::new();
    let wrong: [(&[&str], &str); 14] = [
        (&["srve"], "'serve'"),
        (&["query"], "<NAME[@VERSION]>"),
        (&["query", "items"], "`items` is no query name such as sales.top_customers"),
        (&["query", "shop.items@new"], "`new` is no version number"),
        (&["query", "shop.items", "above"], "`above` is not of the form name=value"),
        (
            &["query", "shop.items", "--format", "xml"],
            "[possible values: table, json, ndjson, csv, arrow, arrow-file, parquet]",
        ),
        (&["query", "shop.items", "--limit", "5"], "--limit"),
        (&["explain", "shop.items", "--format", "csv"], "[possible values: text, json]"),
        (&["sql"], "<SELECT>"),
        (&["sql", "SELECT 1", "SELECT 2"], "SELECT 2"),
        (&["key", "new"], "<ID>"),
        (&["key", "new", "a b"], "letters, digits"),
        (&["key", "new", "web-shop", "--scope", "sales"], "`sales:read`"),
        (&["check", "extra"], "extra"),
    ];
    for (arguments, text) in wrong {
        run(&nowhere, arguments).failed(2, &["error: ", text]);
    }
    let nothing = finish(&mut Command::new(env!("CARGO_BIN_EXE_aqueduct")));
    nothing.failed(2, &["Usage: aqueduct"]);
}

#[test]
fn a_directory_without_project_is_named() {
    let nowhere = Project::new();
    let path = nowhere.path().to_str().expect("UTF-8");
    let message = format!("there is no aqueduct.yaml in {path}");
    for command in [&["serve"][..], &["query", "a.b"], &["sql", "SELECT 1 AS n"], &["explain", "a.b"]] {
        run(&nowhere, command).failed(1, &[&message, "hint: name the project's directory: `-C DIR`"]);
    }
    let checked = run(&nowhere, &["check"]);
    assert!(checked.code == 1 && checked.stdout().contains(&message), "{checked:?}");
    let missing = finish(aqueduct(&nowhere.join("missing")).arg("serve"));
    missing.failed(1, &["there is no aqueduct.yaml in "]);
}

#[tokio::test]
async fn check_is_content_with_a_good_project() {
    let ended = run(&project().await, &["check"]).good();
    assert!(ended.stdout().ends_with("\n\n4 queries over 2 sources: no mistakes\n"), "{}", ended.stdout());
    assert_eq!(ended.stdout().lines().filter(|line| line.contains("  pages: ")).count(), 4, "{}", ended.stdout());
}

#[tokio::test]
async fn check_tells_all_mistakes_of_the_files() {
    let project = project()
        .await
        .file("catalogs/crm.yaml", "kind: oracle\n")
        .file("catalogs/web.yaml", "kind: postgres\nurl: ${NO_SUCH_VARIABLE}\nschema: public\n")
        .file(
            "queries/shop/broken.sql",
            "/*---\nname: shop.brocken\nversion: 1\naccess: public\n---*/\nDELETE FROM shop.item\n",
        );
    let ended = run(&project, &["check"]);
    assert_eq!(ended.code, 1);
    let said = ended.stdout();
    for text in [
        "catalogs/crm.yaml:1:7: error: ",
        "catalogs/web.yaml:2:6: error: ",
        "catalogs/web.yaml:3:1: error: ",
        "did you mean `schemas`?",
        "queries/shop/broken.sql:2:",
        "queries/shop/broken.sql:6:1: error: ",
        "the project does not load: 5 errors\n",
    ] {
        assert!(said.contains(text), "{text:?} is not in:\n{said}");
    }
    // A project that does not check does not serve, and says the same.
    run(&project, &["serve"]).failed(1, &["catalogs/crm.yaml:1:7", "catalogs/web.yaml:3:1", "broken.sql:6:1"]);
}

#[tokio::test]
async fn check_plans_every_query_over_its_sources() {
    let sql =
        "/*---\nname: shop.odd\nversion: 1\ndescription: x\naccess: public\n---*/\nSELECT id, nmae FROM shop.item\n";
    let ended = run(&project().await.file("queries/shop/odd.sql", sql), &["check"]);
    assert_eq!(ended.code, 1);
    for text in ["queries/shop/odd.sql:7:12: error: ", "nmae", "did you mean `name`?", ": 1 error\n"] {
        assert!(ended.stdout().contains(text), "{text:?} is not in:\n{}", ended.stdout());
    }
}

#[tokio::test]
async fn check_fails_where_a_source_cannot_be_asked() {
    let url = "postgres://shop:hunter2@127.0.0.1:1/shop";
    let project = project().await.file("catalogs/crm.yaml", &format!("kind: postgres\nurl: {url}\n"));
    let ended = run(&project, &["check"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    for text in [
        "catalogs/crm.yaml:1:1: error: source `crm` cannot be asked, so its queries are not checked",
        "4 queries over 3 sources: 1 error",
    ] {
        assert!(ended.stdout().contains(text), "{text:?} is not in:\n{}", ended.stdout());
    }
    assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
    // What does not need it goes on.
    run(&project, &["query", "shop.items"]).good();
    let refused = run(&project, &["sql", "SELECT id FROM crm.item"]);
    refused.failed(1, &["AQ-501", "source `crm` cannot be reached"]);
    assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
}

#[tokio::test]
async fn serve_names_the_address_that_is_taken() {
    let project = project().await;
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    for door in ["http", "flight", "admin"] {
        let mut command = aqueduct(project.path());
        for other in ["HTTP", "FLIGHT", "ADMIN"] {
            command.env(format!("AQUEDUCT_SERVER__{other}"), "127.0.0.1:0");
        }
        let ended = finish(command.env(format!("AQUEDUCT_SERVER__{}", door.to_uppercase()), &address).arg("serve"));
        ended.failed(1, &[&format!("cannot listen on {address} (server.{door}): ")]);
    }
}
