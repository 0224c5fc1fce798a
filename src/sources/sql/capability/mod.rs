//! What a source may be asked to compute: an allow-list for each dialect, by version. What is not listed runs here.
//!
//! An entry says what is printed for one operator, function, cast, aggregate, window function or plan node over operands
//! of given classes, and what must be proven of them first. Its examples are the tests: each is run with every
//! combination of columns that it takes, in the source and here.

mod examples;
mod guard;
pub mod standard;

use datafusion::logical_expr::Operator;

use super::Class;
pub use examples::Asked;
pub use guard::Guard;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A node of a plan, or a clause of one.
    Node,
    /// `=`, `<>` and `IS [NOT] DISTINCT FROM` between two values; with one operand, against a literal only.
    Equality,
    /// `<`, `<=`, `>` and `>=` between two values; with one operand, against a literal only.
    Order,
    /// `[NOT] IN` a list of literals.
    Membership,
    /// `x = ANY (list)`, where the list is one bind.
    OpenMembership,
    /// `IS [NOT] NULL`.
    Presence,
    /// NOT.
    Not,
    /// `IS [NOT] TRUE`, `IS [NOT] FALSE`.
    Truth,
    /// `[NOT] LIKE` a literal pattern.
    Like,
    /// Of several values the one that a condition chooses.
    Choice,
    /// An operator that computes.
    Operator(Operator),
    /// The negative of a number.
    Negative,
    /// A cast to a class.
    Cast(Class),
    /// A function, by the engine's name for it.
    Function(&'a str),
    /// A function whose first argument names a part of a time: the function and the part.
    Part(&'a str, &'a str),
    /// An aggregate function, by the engine's name for it.
    Aggregate(&'a str),
    /// An aggregate function over distinct values.
    Distinct(&'a str),
    /// A window function, by the engine's name for it.
    Window(&'a str),
}

/// One line of the allow-list.
#[derive(Debug)]
pub struct Entry {
    /// Names it in plans, tests and reports: no other entry of its dialect has this name.
    pub name: &'static str,
    /// What it is about.
    pub kind: Kind<'static>,
    /// For each operand the classes that it may have.
    pub args: &'static [&'static [Class]],
    /// What is printed, with `{0}`, `{1}` … for the operands; empty where the printer has a form of its own. `{up}` and
    /// `{down}` are 10 to the power of the result's scale and its inverse, `{scale}` is that scale, `{filter}` is an aggregate's FILTER clause,
    /// `{over}` a window, `{not}` the word or nothing.
    pub sql: &'static str,
    /// What must be proven of the operands.
    pub guard: Guard,
    /// The oldest version of the server that has it, as the server itself counts; 0 for all.
    pub since: u32,
    /// Uses of it in the engine's SQL, at least one. `{0}`, `{1}` … stand for columns of a class of that operand. Of a
    /// node, a whole query over the tables of the test.
    pub examples: &'static [&'static str],
}

/// The allow-list of one dialect.
#[derive(Debug)]
pub struct Capabilities {
    /// Entries shared with other dialects come first.
    pub tables: &'static [&'static [Entry]],
    /// The names of shared entries that this dialect does not have.
    pub without: &'static [&'static str],
}

impl Capabilities {
    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = &'static Entry> {
        self.tables.iter().flat_map(|table| table.iter()).filter(|entry| !self.without.contains(&entry.name))
    }

    /// The entry for `kind` over operands of `classes`, in a server of `version`.
    #[must_use]
    pub fn find(&self, kind: Kind<'_>, classes: &[Class], version: u32) -> Option<&'static Entry> {
        self.entries().find(|entry| {
            entry.kind == kind
                && entry.since <= version
                && entry.args.len() == classes.len()
                && entry.args.iter().zip(classes).all(|(allowed, class)| allowed.contains(class))
        })
    }

    /// The entry of a plan node.
    #[must_use]
    pub fn node(&self, name: &str, version: u32) -> Option<&'static Entry> {
        self.entries().find(|entry| entry.kind == Kind::Node && entry.name == name && entry.since <= version)
    }
}

impl Entry {
    /// An entry for every version, with a guard that holds always.
    pub(super) const fn new(
        name: &'static str,
        kind: Kind<'static>,
        args: &'static [&'static [Class]],
        sql: &'static str,
        examples: &'static [&'static str],
    ) -> Self {
        Self { name, kind, args, sql, guard: Guard::Free, since: 0, examples }
    }

    /// The same behind `guard`.
    pub(super) const fn guarded(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// The same from `version` on.
    pub(super) const fn since(self, version: u32) -> Self {
        Self { since: version, ..self }
    }

    /// Does its SQL take what is called `name`?
    #[must_use]
    pub fn has_hole(&self, name: &str) -> bool {
        self.sql.split('{').skip(1).any(|hole| hole.split('}').next() == Some(name))
    }

    /// The entry's SQL over `operands`, and over what `named` calls by a name.
    #[must_use]
    pub fn print(&self, operands: &[&str], named: &[(&str, &str)]) -> String {
        let mut sql = String::with_capacity(64);
        let mut rest = self.sql;
        while let Some((before, hole)) = rest.split_once('{') {
            sql.push_str(before);
            let Some((name, behind)) = hole.split_once('}') else { break };
            let operand = name.parse().ok().and_then(|index: usize| operands.get(index).copied());
            let text = operand.or_else(|| named.iter().find(|(known, _)| *known == name).map(|(_, text)| *text));
            // The table's own test proves that each hole is filled.
            sql.push_str(text.unwrap_or_default());
            rest = behind;
        }
        sql.push_str(rest);
        sql
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sources::sql::{
        Dialect,
        adbc::{BigQueryDialect, DuckDbDialect, SnowflakeDialect},
        ansi,
        clickhouse::ClickhouseDialect,
        databricks::DatabricksDialect,
        mysql::MysqlDialect,
        postgres::PostgresDialect,
        redshift::RedshiftDialect,
        sqlite::SqliteDialect,
    };

    /// What the printer gives names to.
    const NAMED: [&str; 6] = ["filter", "over", "up", "down", "scale", "not"];

    fn dialects() -> [&'static Capabilities; 10] {
        [
            PostgresDialect.capabilities(),
            SqliteDialect.capabilities(),
            MysqlDialect.capabilities(),
            ansi::DOUBLE_QUOTES.capabilities(),
            ClickhouseDialect.capabilities(),
            DuckDbDialect.capabilities(),
            SnowflakeDialect.capabilities(),
            BigQueryDialect.capabilities(),
            DatabricksDialect.capabilities(),
            RedshiftDialect::Wire.capabilities(),
        ]
    }

    #[test]
    fn names_are_unique_and_nothing_is_listed_twice() {
        for capabilities in dialects() {
            let names: Vec<_> = capabilities.entries().map(|entry| entry.name).collect();
            let unique: BTreeSet<_> = names.iter().collect();
            assert_eq!(names.len(), unique.len(), "{names:?}");
        }
    }

    #[test]
    fn holes_are_operands_and_every_entry_has_an_example() {
        for entry in dialects().into_iter().flat_map(Capabilities::entries) {
            for text in entry.examples.iter().chain([&entry.sql]) {
                for hole in text.split('{').skip(1) {
                    let (number, _) = hole.split_once('}').expect("a closed hole");
                    let is_operand = number.parse().is_ok_and(|number: usize| number < entry.args.len());
                    assert!(is_operand || NAMED.contains(&number), "{}: {{{number}}} is no operand", entry.name);
                }
            }
            assert!(!entry.examples.is_empty(), "{}", entry.name);
            assert!(entry.args.iter().all(|classes| !classes.is_empty()), "{}", entry.name);
        }
    }

    #[test]
    fn a_template_takes_its_operands() {
        let entry = Entry {
            name: "",
            kind: Kind::Operator(Operator::Plus),
            args: &[&[Class::Int64], &[Class::Int64]],
            sql: "({0} + {1} + {0}){x}",
            guard: Guard::Fits,
            since: 0,
            examples: &[],
        };
        assert_eq!(entry.print(&["a", "{1}"], &[("x", "y")]), "(a + {1} + a)y");
    }
}
