//! The tables of one source that queries name.

use std::collections::BTreeSet;

/// Names of tables as queries write them: a table, and its schema unless it is the default one. Letters of either case
/// name the same table: which one is meant is decided where the tables are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableNames(BTreeSet<(Option<String>, String)>);

impl TableNames {
    /// Adds `schema.table`, or `table` of the default schema.
    pub fn insert(&mut self, schema: Option<&str>, table: &str) {
        self.0.insert((schema.map(str::to_lowercase), table.to_lowercase()));
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend(others.0.iter().cloned());
    }

    /// Is `schema.table` named in a source whose default schema is `default`?
    #[must_use]
    pub fn has(&self, default: &str, schema: &str, table: &str) -> bool {
        let table = table.to_lowercase();
        self.0.contains(&(Some(schema.to_lowercase()), table.clone()))
            || schema == default && self.0.contains(&(None, table))
    }
}
