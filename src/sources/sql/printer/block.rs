//! One SELECT while operators of a plan are laid onto it, one above the other, as long as they fit into its clauses. What
//! does not fit goes around it: it becomes a derived table.

use datafusion::common::JoinType;

use super::{Printer, Scalar};
use crate::sources::sql::{SqlTable, feed::Split, select::Select};

/// Expressions longer than this are not repeated.
const LONGEST_REPEATED: usize = 64;

/// A SELECT whose select list is still open.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its clauses, without items.
    pub select: Select,
    /// The columns that it gives.
    pub columns: Vec<Scalar>,
    /// About how many rows it gives, if that can be said.
    pub rows: Option<u64>,
    stage: Stage,
    /// FROM is one table that has no alias yet.
    bare: Option<Bare>,
    /// Is FROM a join?
    is_joined: bool,
}

/// A table without an alias.
#[derive(Clone, Copy, Debug)]
struct Bare {
    is_divisible: bool,
}

/// The last clause that is in use, in the order in which SQL evaluates them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Rows,
    Grouped,
    Windowed,
    Distinct,
    Ordered,
    Limited,
}

impl Block {
    /// The rows of `table`.
    pub fn table(table: &SqlTable) -> Self {
        let columns = table.columns().iter().map(Scalar::column).collect();
        let bare = Some(Bare { is_divisible: table.is_divisible() });
        Self { bare, ..Self::named(table.from_clause().to_owned(), columns, table.rows()) }
    }

    /// One row of no columns.
    pub fn row() -> Self {
        Self::named(String::new(), Vec::new(), Some(1))
    }

    /// The rows of `from`, whose columns are named with its alias.
    pub fn named(from: String, columns: Vec<Scalar>, rows: Option<u64>) -> Self {
        let select = Select { from, ..Select::default() };
        Self { select, columns, rows, stage: Stage::Rows, bare: None, is_joined: false }
    }

    /// Gives its table an alias, if it has none.
    pub fn name(&mut self, printer: &mut Printer<'_>) {
        if self.bare.take().is_none() {
            return;
        }
        let alias = printer.alias();
        self.select.qualify(Some(&alias));
        self.columns.iter_mut().for_each(|column| column.qualify(Some(&alias)));
        self.select.from = format!("{} AS {alias}", self.select.from);
    }

    /// Its order is one of its table's columns, also where its items have other names: sources look for the names of an
    /// order among those of the items first, if no alias is before them.
    pub fn ordered_by_its_own(mut self, printer: &mut Printer<'_>) -> Self {
        if !self.select.order.is_empty() {
            self.name(printer);
        }
        self
    }

    /// Are its rows groups, in an order?
    pub fn is_ordered_groups(&self) -> bool {
        self.select.group.is_some() && self.stage == Stage::Ordered
    }

    /// Is it one row, of one group of all rows?
    pub fn is_one_row(&self) -> bool {
        self.select.group.as_ref().is_some_and(Vec::is_empty) && self.select.having.is_empty()
    }

    /// How its rows can be read in parts.
    pub fn split(&self) -> Option<Split> {
        let is_divisible = self.stage == Stage::Rows && self.bare.is_some_and(|bare| bare.is_divisible);
        is_divisible.then(|| Split { table: self.select.from.clone(), is_filtered: self.is_filtered() })
    }

    /// Is it, but for a LIMIT, every row of one table?
    pub fn is_whole(&self) -> bool {
        self.bare.is_some() && !self.is_filtered() && self.select.group.is_none() && !self.select.distinct
    }

    /// The whole SELECT.
    pub fn finish(mut self) -> (Select, Vec<Scalar>) {
        self.select.items = self.columns.iter().map(|column| column.select.clone()).collect();
        (self.select, self.columns)
    }

    /// The same rows as those of a derived table.
    pub fn derived(mut self, printer: &mut Printer<'_>) -> Self {
        let rows = self.rows;
        if self.select.limit.is_none() && self.select.offset.is_none() {
            // The order of a derived table is nobody's.
            self.select.order.clear();
        }
        let (mut select, columns) = self.ordered_by_its_own(printer).finish();
        let alias = printer.alias();
        let names: Vec<_> = (1..=columns.len()).map(|number| format!("c{number}")).collect();
        for ((item, column), name) in select.items.iter_mut().zip(&columns).zip(&names) {
            *item = format!("{} AS {name}", column.item());
        }
        select.qualify(None);
        let name = |name: &String| format!("{alias}.{name}");
        let columns =
            columns.iter().zip(&names).map(|(column, own)| column.exported(&name(own), printer.dialect)).collect();
        Self::named(format!("({}) AS {alias}", select.render()), columns, rows)
    }

    /// The block itself if nothing behind `stage` is in use, else a derived table.
    fn up_to(self, stage: Stage, printer: &mut Printer<'_>) -> Self {
        if self.stage <= stage { self } else { self.derived(printer) }
    }

    /// Ready for a condition on its columns.
    pub fn filterable(self, printer: &mut Printer<'_>) -> Self {
        self.up_to(Stage::Grouped, printer)
    }

    /// Keeps the rows of which `condition` is true.
    pub fn filter(&mut self, condition: String) {
        let clause = if self.stage == Stage::Grouped { &mut self.select.having } else { &mut self.select.conditions };
        clause.push(condition);
    }

    /// Ready for expressions over its columns, each of which is named `uses` times.
    pub fn projectable(self, uses: &[usize], printer: &mut Printer<'_>) -> Self {
        let is_repeated =
            |(column, uses): (&Scalar, &usize)| *uses > 1 && column.select.len() > LONGEST_REPEATED && !column.is_plain;
        // One group of all rows is one row only as long as an aggregate is shown.
        let is_forgotten = self.select.group.as_ref().is_some_and(Vec::is_empty) && uses.iter().all(|uses| *uses == 0);
        let repeats = self.columns.iter().zip(uses).any(is_repeated);
        if repeats || is_forgotten || self.stage == Stage::Distinct { self.derived(printer) } else { self }
    }

    /// Ready for GROUP BY.
    pub fn groupable(self, printer: &mut Printer<'_>) -> Self {
        self.up_to(Stage::Rows, printer)
    }

    /// One row for each of `keys`; without keys, one of all.
    pub fn group(&mut self, keys: Vec<String>, columns: Vec<Scalar>) {
        self.rows = if keys.is_empty() { Some(1) } else { self.rows.map(|rows| rows.div_ceil(10)) };
        self.select.group = Some(keys);
        self.columns = columns;
        self.stage = Stage::Grouped;
    }

    /// Ready for window functions.
    pub fn windowable(self, printer: &mut Printer<'_>) -> Self {
        self.up_to(Stage::Grouped, printer)
    }

    /// Window functions behind the columns.
    pub fn window(&mut self, columns: Vec<Scalar>) {
        self.columns.extend(columns);
        self.select.windows = true;
        self.stage = Stage::Windowed;
    }

    /// Each row once.
    pub fn distinct(self, printer: &mut Printer<'_>) -> Self {
        let mut block = self.up_to(Stage::Windowed, printer);
        block.select.distinct = true;
        block.stage = Stage::Distinct;
        block
    }

    /// Ready for an order of its columns.
    pub fn sortable(self, printer: &mut Printer<'_>) -> Self {
        // A second order replaces the first.
        if self.stage == Stage::Ordered { self } else { self.up_to(Stage::Windowed, printer) }
    }

    /// Orders the rows.
    pub fn sort(&mut self, order: Vec<String>) {
        self.select.order = order;
        self.stage = Stage::Ordered;
    }

    /// Leaves out `skip` rows, and gives at most `fetch`; both are places.
    pub fn limit(self, skip: Option<String>, fetch: Option<(String, u64)>, printer: &mut Printer<'_>) -> Self {
        let mut block = self.up_to(Stage::Ordered, printer);
        if let Some((place, most)) = fetch {
            block.select.limit = Some(place);
            block.rows = Some(block.rows.map_or(most, |rows| rows.min(most)));
        }
        if skip.is_some() && block.select.limit.is_none() {
            block.select.limit = printer.dialect.every_row().map(str::to_owned);
        }
        block.select.offset = skip;
        block.stage = Stage::Limited;
        block
    }

    /// Ready to stand in a FROM clause beside others. `is_padded`: an outer join may fill its columns with NULLs.
    pub fn joinable(mut self, is_padded: bool, printer: &mut Printer<'_>) -> Self {
        let is_computed = is_padded && self.columns.iter().any(|column| !column.is_plain);
        if self.stage > Stage::Rows || self.select.from.is_empty() || is_computed {
            return self.derived(printer);
        }
        self.name(printer);
        self
    }

    /// The joined rows of two blocks that are [joinable](Self::joinable), on `conditions`.
    ///
    /// Conditions of a side that keeps all its rows stay behind the join; those of a side that is padded choose among its
    /// rows before, which is what ON does. A side that is both is a derived table if it has any.
    pub fn join(self, join_type: JoinType, right: Self, mut conditions: Vec<String>) -> Self {
        let (mut left, mut right) = (self, right);
        let word = match join_type {
            JoinType::Left => "LEFT JOIN",
            JoinType::Right => "RIGHT JOIN",
            JoinType::Full => "FULL JOIN",
            _ if conditions.is_empty() => "CROSS JOIN",
            _ => "JOIN",
        };
        match join_type {
            JoinType::Left => conditions.append(&mut right.select.conditions),
            JoinType::Right => conditions.append(&mut left.select.conditions),
            _ => {}
        }
        let on = match conditions.as_slice() {
            [] if word == "CROSS JOIN" => String::new(),
            [] => " ON TRUE".to_owned(),
            conditions => format!(" ON {}", conditions.join(" AND ")),
        };
        let from = if right.is_joined { format!("({})", right.select.from) } else { right.select.from };
        left.select.from = format!("{} {word} {from}{on}", left.select.from);
        left.is_joined = true;
        left.select.conditions.append(&mut right.select.conditions);
        left.columns.append(&mut right.columns);
        left.rows = left.rows.zip(right.rows).map(|(left, right)| left.max(right));
        left
    }

    /// Has it a limit?
    pub fn is_limited(&self) -> bool {
        self.stage == Stage::Limited
    }

    /// Has it an order or a limit?
    pub fn is_cut(&self) -> bool {
        self.stage >= Stage::Ordered
    }

    /// Are its rows distinct, and then ordered or cut?
    pub fn is_cut_distinct(&self) -> bool {
        self.select.distinct && self.is_cut()
    }

    /// Has it conditions of its own?
    pub fn is_filtered(&self) -> bool {
        !self.select.conditions.is_empty()
    }
}
