//! Mistakes in a source's file, told with their places and all at once.

use std::process::Command;

use super::Lake;
use crate::harness::{project::Project, server::aqueduct};

fn said(command: &mut Command) -> String {
    let result = command.output().expect("it starts");
    assert!(!result.status.success(), "{result:?}");
    String::from_utf8(result.stdout).expect("text")
}

fn project(lake: &Lake, rest: &str) -> Project {
    let head = format!("kind: delta\nlocation: {}\n", lake.path().display());
    let settings = "server: {http: \"127.0.0.1:0\", flight: \"127.0.0.1:0\", admin: \"127.0.0.1:0\"}\n";
    Project::new().file("aqueduct.yaml", settings).file("catalogs/lake.yaml", &(head + rest))
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_have_places_and_hints() {
    let lake = Lake::in_directory();
    lake.run("write('orders', {'id': [1], 'amount': [1]})\nos.makedirs(at('plain'))");
    let keys = project(
        &lake,
        "tables:\n  a: {path: ../x}\n  b: {version: -1}\n  c: {format: csv}\n  d: {verison: 1}\n  e.f: {}\n",
    );
    let told = said(aqueduct(keys.path()).arg("check"));
    for expected in [
        "catalogs/lake.yaml:4:13: error: `../x` leaves the source's location",
        "catalogs/lake.yaml:5:16: error: ",
        "catalogs/lake.yaml:6:7: error: unknown key `format`",
        "catalogs/lake.yaml:7:7: error: unknown key `verison`",
        "did you mean `version`?",
        "catalogs/lake.yaml:8:3: error: `e.f` is not the name of a table",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    let tables = project(
        &lake,
        "tables:\n  plain: {path: plain}\n  ordes: {}\n  old:\n    path: orders\n    version: 9\n    key: [idd]\n",
    );
    let told = said(aqueduct(tables.path()).arg("check"));
    for expected in [
        "catalogs/lake.yaml:4:17: error: `plain` is not a Delta table: it holds no folder `_delta_log`",
        "catalogs/lake.yaml:5:3: error: the source has no table `ordes`",
        "catalogs/lake.yaml:8:14: error: table `old`: it has no version 9",
        "hint: its newest version is 0",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    let columns = project(&lake, "tables:\n  orders: {key: [idd], columns: {amount: uuid, ammount: string}}\n");
    let told = said(aqueduct(columns.path()).arg("check"));
    for expected in [
        "catalogs/lake.yaml:4:18: error: table `orders` has no column `idd`",
        "did you mean `id`?",
        "catalogs/lake.yaml:4:34: error: column `amount` is int64, which cannot be read as uuid",
        "catalogs/lake.yaml:4:48: error: table `orders` has no column `ammount`",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
}
