//! One SELECT in the making, clause by clause.
//!
//! All texts are complete SQL of the source, with places for values and [`QUALIFIER`] before the columns of a table that
//! has no alias yet.

use std::fmt::Write;

/// Stands before each column of a table until the table's alias is known. No identifier of any source holds a NUL.
pub const QUALIFIER: &str = "\0t\0";

/// Stands behind a table that is a SELECT until its alias is known; without one it gets a name of its own, which some
/// systems demand.
pub const UNNAMED: &str = "\0a\0";

/// The clauses of one SELECT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Select {
    /// `WITH name AS (…)`.
    pub with: Vec<String>,
    /// `DISTINCT`?
    pub distinct: bool,
    /// The select list; without items only the rows count.
    pub items: Vec<String>,
    /// What stands behind FROM; nothing for one row of constants.
    pub from: String,
    /// Joined by AND.
    pub conditions: Vec<String>,
    /// The keys of GROUP BY; none at all for one group of all rows.
    pub group: Option<Vec<String>>,
    /// Joined by AND.
    pub having: Vec<String>,
    /// Are there window functions among the items?
    pub windows: bool,
    /// The terms of ORDER BY.
    pub order: Vec<String>,
    /// The most rows.
    pub limit: Option<String>,
    /// How many rows are left out before.
    pub offset: Option<String>,
}

impl Select {
    /// The statement's text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut sql = String::new();
        clause(&mut sql, "WITH ", &self.with, ", ");
        sql.push_str(if sql.is_empty() { "" } else { " " });
        sql.push_str(if self.distinct { "SELECT DISTINCT " } else { "SELECT " });
        sql.push_str(if self.items.is_empty() { "1" } else { "" });
        clause(&mut sql, "", &self.items, ", ");
        if !self.from.is_empty() {
            let _ = write!(sql, " FROM {}", self.from.replace(UNNAMED, " AS t0"));
        }
        clause(&mut sql, " WHERE ", &self.conditions, " AND ");
        clause(&mut sql, " GROUP BY ", self.group.as_deref().unwrap_or_default(), ", ");
        clause(&mut sql, " HAVING ", &self.having, " AND ");
        clause(&mut sql, " ORDER BY ", &self.order, ", ");
        for (word, number) in [("LIMIT", &self.limit), ("OFFSET", &self.offset)] {
            if let Some(number) = number {
                let _ = write!(sql, " {word} {number}");
            }
        }
        sql
    }

    /// May a condition on a column still choose among the rows, with the same rows coming of those that it chooses?
    #[must_use]
    pub fn takes_conditions(&self) -> bool {
        let is_cut = self.limit.is_some() || self.offset.is_some();
        self.group.is_none() && !self.windows && !self.distinct && !is_cut
    }

    /// Puts `alias` before the columns of the table that has none yet; without one they stand alone.
    pub fn qualify(&mut self, alias: Option<&str>) {
        let lists = [&mut self.items, &mut self.conditions, &mut self.having, &mut self.order];
        for text in lists.into_iter().flatten().chain(self.group.iter_mut().flatten()) {
            *text = qualified(text, alias);
        }
    }
}

/// `text` with `alias` before its columns.
#[must_use]
pub fn qualified(text: &str, alias: Option<&str>) -> String {
    let prefix = alias.map(|alias| format!("{alias}.")).unwrap_or_default();
    text.replace(QUALIFIER, &prefix)
}

fn clause(sql: &mut String, word: &str, parts: &[String], joint: &str) {
    for (index, part) in parts.iter().enumerate() {
        sql.push_str(if index == 0 { word } else { joint });
        sql.push_str(part);
    }
}
