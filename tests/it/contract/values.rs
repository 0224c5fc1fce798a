//! Values of every type, each in a column of its own of the table `s.kinds`: they come exactly, with pushdown and without.

use super::opened::Opened;
use crate::harness::project::Project;

/// A declared type, a value as SQL, and what it is here.
pub type Exact = (&'static str, &'static str, &'static str);

/// What declares the columns `v0`, `v1` and so on, and the values of a row.
pub fn declared(values: &[Exact]) -> (String, String) {
    let columns: Vec<_> = values.iter().enumerate().map(|(index, (name, ..))| format!("v{index} {name}")).collect();
    let row: Vec<_> = values.iter().map(|(_, sql, _)| *sql).collect();
    (columns.join(", "), row.join(", "))
}

/// The table has `id`, the row of `values`, and behind it `more` rows, of which each column is that.
pub async fn check_values(project: &Project, values: &[Exact], more: &[&str]) {
    for pushdown in ["on", "off"] {
        let engine = Opened::with_pushdown(project, pushdown).await;
        let mut wrong = Vec::new();
        for (index, (name, sql, expected)) in values.iter().enumerate() {
            let rows = engine.rows(&format!("SELECT v{index} FROM s.kinds ORDER BY id")).await;
            if rows != Ok([&[*expected], more].concat().into_iter().map(str::to_owned).collect()) {
                wrong.push(format!("{name} {sql}: {rows:?}"));
            }
        }
        assert!(wrong.is_empty(), "{pushdown}: {}", wrong.join("\n"));
    }
}
