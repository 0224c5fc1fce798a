//! From a logical plan to the one statement of a source that gives the same rows, or the reason why there is none.
//!
//! What may be sent is an allow-list: plan nodes here, everything within expressions in `expression.rs`. Whatever is printed
//! is (1) exactly what the engine would compute and (2) cannot fail in the source where the engine would not; so the order in
//! which a source evaluates things never shows. (The reverse is allowed: a source may answer where the engine would have
//! given up.)

mod aggregate;
mod block;
mod cast;
mod choice;
mod comparison;
mod constant;
mod expression;
mod function;
mod operator;
mod range;
mod relation;
mod scalar;
mod shared;
mod subquery;
mod window;

use std::{borrow::Cow, collections::BTreeSet, fmt};

use datafusion::{
    common::{Column as ColumnName, DFSchema},
    logical_expr::LogicalPlan,
};

use super::{Binds, Dialect, feed::Split, literal::MOST_BINDS, select::Select};
use crate::model::SourceName;

use block::Block;
pub use scalar::Scalar;
use shared::Shared;
pub use subquery::has_subquery;

/// Why a part of a plan is not sent to a source, for the person who reads the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(Cow<'static, str>);

impl Reason {
    /// A reason: a phrase without a capital letter or a full stop.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The answer of everything that prints.
pub type Printed<T> = Result<T, Reason>;

/// Prints one statement: it keeps its values and its names.
#[derive(Debug)]
pub struct Printer<'a> {
    source: &'a SourceName,
    dialect: &'a dyn Dialect,
    binds: Binds,
    aliases: usize,
    shared: Shared,
    version: u32,
    used: Vec<&'static str>,
    conditions: usize,
    depth: usize,
}

/// A statement in clauses, and the columns that it gives, in the order of the plan's.
#[derive(Clone, Debug)]
pub struct Query {
    /// The clauses.
    pub select: Select,
    /// The values at their places.
    pub binds: Binds,
    /// The columns.
    pub columns: Vec<Scalar>,
    /// About how many rows will come, if the source's statistics say so.
    pub rows: Option<u64>,
    /// How the rows can be read in parts.
    pub split: Option<Split>,
    /// Is it, but for its LIMIT, every row of one table?
    pub is_whole: bool,
    /// The names of the entries of the allow-list that it uses.
    pub capabilities: BTreeSet<&'static str>,
}

impl<'a> Printer<'a> {
    /// A printer for a statement of `source`, whatever the version of its server.
    #[must_use]
    pub fn new(source: &'a SourceName, dialect: &'a dyn Dialect) -> Self {
        Self {
            source,
            dialect,
            binds: Binds::default(),
            aliases: 0,
            shared: Shared::default(),
            version: 0,
            used: Vec::new(),
            conditions: 0,
            depth: 0,
        }
    }

    /// The same for a server of `version`, as the server counts.
    #[must_use]
    pub fn at(self, version: u32) -> Self {
        Self { version, ..self }
    }

    /// The values at the places of what was printed, and what of the allow-list it uses.
    #[must_use]
    pub fn into_parts(self) -> (Binds, BTreeSet<&'static str>) {
        (self.binds, self.used.into_iter().collect())
    }

    /// `plan` as one statement.
    ///
    /// # Errors
    /// The first reason why it cannot be one.
    pub fn query(mut self, plan: &LogicalPlan) -> Printed<Query> {
        self.shared = Shared::of(plan);
        let block = self.relation(plan, None)?;
        let (rows, split, is_whole) = (block.rows, block.split(), block.is_whole());
        // What is computed of a column may bear its name.
        let dialect = self.dialect;
        let sent = |column: &Scalar, item: &str| dialect.sent(item, &column.data_type);
        let is_recast = block.columns.iter().any(|column| sent(column, "").is_some());
        let is_shown = !is_recast && block.columns.iter().all(|column| column.is_plain);
        // In another form, values that are one may be two.
        let block = if is_recast && block.select.distinct { block.derived(&mut self) } else { block };
        let block = if is_shown { block } else { block.ordered_by_its_own(&mut self) };
        let (mut select, mut columns) = block.finish();
        for (item, column) in select.items.iter_mut().zip(&columns) {
            *item = sent(column, item).unwrap_or_else(|| std::mem::take(item));
        }
        select.qualify(None);
        for column in &mut columns {
            column.qualify(None);
        }
        select.with = self.shared.into_with();
        if self.binds.len() > MOST_BINDS {
            return Err(Reason::new("more values than a statement takes"));
        }
        let capabilities = self.used.into_iter().collect();
        Ok(Query { select, binds: self.binds, columns, rows, split, is_whole, capabilities })
    }

    /// A name for a table in a FROM clause that no other has.
    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }
}

/// The columns that an expression may name: those of its input, and around a subquery those of the outer query.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    schema: &'a DFSchema,
    columns: &'a [Scalar],
    outer: Option<&'a Scope<'a>>,
}

impl<'a> Scope<'a> {
    /// The columns of an input, as its schema names them.
    #[must_use]
    pub fn new(schema: &'a DFSchema, columns: &'a [Scalar], outer: Option<&'a Self>) -> Self {
        Self { schema, columns, outer }
    }

    /// The column `name` of the input.
    pub fn column(&self, name: &ColumnName) -> Printed<&'a Scalar> {
        let index = self.schema.maybe_index_of_column(name);
        let column = index.and_then(|index| self.columns.get(index));
        column.ok_or_else(|| Reason::new(format!("`{name}` is not a column here")))
    }

    /// The column `name` of the query around.
    pub fn outer(&self, name: &ColumnName) -> Printed<&'a Scalar> {
        match self.outer {
            Some(outer) => {
                outer.column(name).or_else(|reason| if outer.outer.is_some() { outer.outer(name) } else { Err(reason) })
            }
            None => Err(Reason::new(format!("`{name}` is not a column of a query around"))),
        }
    }
}

#[cfg(test)]
mod tests;
