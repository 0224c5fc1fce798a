//! The command line as its users run it: the binary, its arguments, what it prints and how it ends.

mod commands;
mod keys;
mod live;
mod rows;

use std::process::Command;

use crate::harness::{project::Project, server::aqueduct, sqlite};

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub bytes: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// Standard output as text.
    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("it prints UTF-8")
    }

    /// Panics unless it ended well.
    pub fn good(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }

    /// Panics unless it failed with this code, printed no result and said each of these texts on standard error.
    pub fn failed(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.bytes.is_empty(), "a result besides a failure: {self:?}");
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is not in:\n{}", self.stderr);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

/// Runs a command on a project.
pub fn run(project: &Project, arguments: &[&str]) -> Ended {
    finish(aqueduct(project.path()).args(arguments))
}

/// Runs any command to its end.
pub fn finish(command: &mut Command) -> Ended {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let code = output.status.code().unwrap_or_else(|| panic!("{command:?} ended by a signal"));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Ended { code, bytes: output.stdout, stderr }
}

/// A shop in SQLite, and colours in a CSV file.
pub async fn project() -> Project {
    let project = Project::new()
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/shop.yaml", "kind: sqlite\npath: shop.db\ntables: {item: {key: [id]}}\n")
        .file("catalogs/lake.yaml", "kind: files\nlocation: lake/\ndiscover: true\n")
        .file("lake/colour.csv", "item,colour\n1,red\n2,green\n")
        .file("queries/shop/items.sql", ITEMS)
        .file("queries/shop/items.v2.sql", ITEMS_2)
        .file("queries/shop/many.sql", MANY)
        .file("queries/shop/coloured.sql", COLOURED);
    sqlite::execute(&project.join("shop.db"), SHOP).await;
    project
}

const SHOP: &str = "
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, weight REAL) STRICT;
INSERT INTO item VALUES (1, 'anvil', 100.5), (2, 'bell, small', 0.25), (3, 'c\"d', NULL);
CREATE TABLE many (id INTEGER PRIMARY KEY NOT NULL, filler TEXT NOT NULL) STRICT;
WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 50000)
INSERT INTO many SELECT id, 'a text of some length, to fill the buffers of a pipe' FROM n;
";

const ITEMS: &str = "/*---
name: shop.items
version: 1
description: The shop's items.
params:
  above: {type: int64, default: 0}
  ids: {type: \"[int64]\", optional: true}
  name: {type: string, optional: true}
page: {key: [id], order: [id]}
access: {scopes: [\"shop:read\"]}
---*/
SELECT id, name, weight FROM shop.item
WHERE id > :above AND (:ids IS NULL OR id = ANY(:ids)) AND (:name IS NULL OR name = :name)
";

const ITEMS_2: &str = "/*---
name: shop.items
version: 2
description: The shop's items, without their weights.
page: {key: [id], order: [id]}
access: {scopes: [\"shop:read\"]}
---*/
SELECT id, name FROM shop.item
";

const MANY: &str = "/*---
name: shop.many
version: 1
description: Many rows.
page: {key: [id]}
access: public
---*/
SELECT id, filler FROM shop.many
";

const COLOURED: &str = "/*---
name: shop.coloured
version: 1
description: Items with their colours, of two sources.
page: {key: [id], order: [id]}
access: public
---*/
SELECT i.id, i.name, c.colour FROM shop.item i JOIN lake.colour c ON c.item = i.id
";
