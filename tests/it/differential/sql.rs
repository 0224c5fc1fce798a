//! SQL as a tree: printed for the engine and for Postgres, and asked what of it means something else there.

use std::{collections::BTreeSet, fmt::Write as _};

/// Kinds of values that operators and set operations mix freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Bool,
    Int,
    Decimal,
    Float,
    Text,
    Date,
    Timestamp,
    Instant,
    Binary,
}

/// Who reads the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Engine,
    /// The tables alone, without their source.
    Postgres,
}

/// A scalar, a predicate or an aggregate: a text with places, and what stands in them.
#[derive(Clone, Debug)]
pub struct Expr {
    pub family: Family,
    /// Are its integers so small that sums and products of a few of them fit into 32 bits?
    pub small: bool,
    /// Does its value depend on the order in which floats are added?
    pub inexact: bool,
    /// `{}` is a place; without parts there are none.
    engine: String,
    /// The same for Postgres, where that is spelled otherwise.
    postgres: Option<String>,
    parts: Vec<Part>,
    /// Why Postgres gives another value.
    differs: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub enum Part {
    Expr(Expr),
    Query(Box<Query>),
}

impl From<Expr> for Part {
    fn from(expr: Expr) -> Self {
        Self::Expr(expr)
    }
}

impl From<Query> for Part {
    fn from(query: Query) -> Self {
        Self::Query(Box::new(query))
    }
}

/// A query, at any depth.
#[derive(Clone, Debug)]
pub struct Query {
    pub with: Vec<(String, Query)>,
    pub body: Body,
    pub order: Vec<Order>,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
}

#[derive(Clone, Debug)]
pub enum Body {
    Select(Box<Select>),
    Set { operator: &'static str, left: Box<Query>, right: Box<Query> },
}

#[derive(Clone, Debug)]
pub struct Select {
    pub distinct: bool,
    pub items: Vec<Item>,
    pub from: Relation,
    pub joins: Vec<Join>,
    pub filter: Option<Expr>,
    pub group: Vec<Expr>,
    pub having: Option<Expr>,
}

/// `expr AS name`
#[derive(Clone, Debug)]
pub struct Item {
    pub expr: Expr,
    /// Empty behind `*`.
    pub name: String,
}

/// `rows alias`
#[derive(Clone, Debug)]
pub struct Relation {
    pub rows: Rows,
    pub alias: String,
}

#[derive(Clone, Debug)]
pub enum Rows {
    Table { source: &'static str, table: &'static str },
    With(String),
    Query(Box<Query>),
}

#[derive(Clone, Debug)]
pub struct Join {
    /// `LEFT JOIN` and so on.
    pub kind: &'static str,
    pub relation: Relation,
    pub condition: Condition,
}

#[derive(Clone, Debug)]
pub enum Condition {
    None,
    On(Expr),
    Using(&'static str),
}

/// A term of ORDER BY over an output column.
#[derive(Clone, Debug)]
pub struct Order {
    pub column: String,
    pub descending: bool,
    pub nulls_first: Option<bool>,
}

impl Expr {
    /// A text that stands for itself.
    pub fn leaf(family: Family, text: impl Into<String>) -> Self {
        Self::of(family, text, Vec::new())
    }

    /// A text with one `{}` for each part.
    pub fn of(family: Family, template: impl Into<String>, parts: Vec<Part>) -> Self {
        let engine = template.into();
        let inexact = parts.iter().any(|part| matches!(part, Part::Expr(expr) if expr.inexact));
        Self { family, small: false, inexact, engine, postgres: None, parts, differs: None }
    }

    pub fn postgres(mut self, template: impl Into<String>) -> Self {
        self.postgres = Some(template.into());
        self
    }

    pub fn small(mut self, small: bool) -> Self {
        self.small = small;
        self
    }

    pub fn inexact(mut self) -> Self {
        self.inexact = true;
        self
    }

    pub fn differs(mut self, why: &'static str) -> Self {
        self.differs = Some(why);
        self
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// With another part at `index`.
    pub fn with_part(&self, index: usize, part: Part) -> Self {
        let mut changed = self.clone();
        changed.parts[index] = part;
        changed
    }

    pub fn sql(&self, dialect: Dialect) -> String {
        let template = self.postgres.as_ref().filter(|_| dialect == Dialect::Postgres).unwrap_or(&self.engine);
        if self.parts.is_empty() {
            return template.clone();
        }
        let texts: Vec<&str> = template.split("{}").collect();
        assert_eq!(texts.len(), self.parts.len() + 1, "{template} has a place for each part");
        let mut sql = texts[0].to_owned();
        for (part, text) in self.parts.iter().zip(&texts[1..]) {
            sql += &match part {
                Part::Expr(expr) => expr.sql(dialect),
                Part::Query(query) => query.sql(dialect),
            };
            sql += text;
        }
        sql
    }

    fn differences(&self, found: &mut BTreeSet<&'static str>) {
        found.extend(self.differs);
        for part in &self.parts {
            match part {
                Part::Expr(expr) => expr.differences(found),
                Part::Query(query) => query.collect_differences(found),
            }
        }
    }
}

impl Query {
    /// Without WITH, ORDER BY and LIMIT.
    pub fn new(body: Body) -> Self {
        Self { with: Vec::new(), body, order: Vec::new(), limit: None, offset: None }
    }

    /// The output columns.
    pub fn items(&self) -> &[Item] {
        match &self.body {
            Body::Select(select) => &select.items,
            Body::Set { left, .. } => left.items(),
        }
    }

    /// Is some output column a sum of floats?
    pub fn is_inexact(&self) -> bool {
        match &self.body {
            Body::Select(select) => select.items.iter().any(|item| item.expr.inexact),
            Body::Set { left, right, .. } => left.is_inexact() || right.is_inexact(),
        }
    }

    pub fn sql(&self, dialect: Dialect) -> String {
        let mut sql = String::new();
        for (index, (name, query)) in self.with.iter().enumerate() {
            sql += if index == 0 { "WITH " } else { ", " };
            let _ = write!(sql, "{name} AS ({})", query.sql(dialect));
        }
        if !self.with.is_empty() {
            sql.push(' ');
        }
        match &self.body {
            Body::Select(select) => select.write(&mut sql, dialect),
            Body::Set { operator, left, right } => {
                let _ = write!(sql, "({}) {operator} ({})", left.sql(dialect), right.sql(dialect));
            }
        }
        for (index, order) in self.order.iter().enumerate() {
            sql += if index == 0 { " ORDER BY " } else { ", " };
            sql += &order.column;
            sql += if order.descending { " DESC" } else { "" };
            sql += match order.nulls_first {
                None => "",
                Some(true) => " NULLS FIRST",
                Some(false) => " NULLS LAST",
            };
        }
        if let Some(limit) = self.limit {
            let _ = write!(sql, " LIMIT {limit}");
        }
        if let Some(offset) = self.offset {
            let _ = write!(sql, " OFFSET {offset}");
        }
        sql
    }

    /// Why Postgres need not give the same rows.
    pub fn differences(&self) -> BTreeSet<&'static str> {
        let mut found = BTreeSet::new();
        self.collect_differences(&mut found);
        found
    }

    fn collect_differences(&self, found: &mut BTreeSet<&'static str>) {
        for (_, query) in &self.with {
            query.collect_differences(found);
        }
        match &self.body {
            Body::Select(select) => select.differences(found),
            Body::Set { left, right, .. } => {
                left.collect_differences(found);
                right.collect_differences(found);
            }
        }
        let is_ordered = |item: &Item| self.order.iter().any(|order| order.column == item.name);
        if self.items().iter().any(|item| item.expr.family == Family::Float && is_ordered(item)) {
            found.insert(ZERO);
        }
    }
}

/// What the documentation says of floats.
const ZERO: &str = "-0 comes before 0";

impl Select {
    /// All rows of one relation.
    pub fn all_of(relation: Relation) -> Self {
        let star = Item { expr: Expr::leaf(Family::Bool, "*"), name: String::new() };
        Self {
            distinct: false,
            items: vec![star],
            from: relation,
            joins: Vec::new(),
            filter: None,
            group: Vec::new(),
            having: None,
        }
    }

    fn write(&self, sql: &mut String, dialect: Dialect) {
        *sql += if self.distinct { "SELECT DISTINCT " } else { "SELECT " };
        let items = self.items.iter().map(|item| match item.name.as_str() {
            "" => item.expr.sql(dialect),
            name => format!("{} AS {name}", item.expr.sql(dialect)),
        });
        *sql += &items.collect::<Vec<_>>().join(", ");
        let _ = write!(sql, " FROM {}", self.from.sql(dialect));
        for join in &self.joins {
            let _ = write!(sql, " {} {}", join.kind, join.relation.sql(dialect));
            match &join.condition {
                Condition::None => {}
                Condition::On(expr) => {
                    let _ = write!(sql, " ON {}", expr.sql(dialect));
                }
                Condition::Using(column) => {
                    let _ = write!(sql, " USING ({column})");
                }
            }
        }
        if let Some(filter) = &self.filter {
            let _ = write!(sql, " WHERE {}", filter.sql(dialect));
        }
        if !self.group.is_empty() {
            let keys: Vec<_> = self.group.iter().map(|key| key.sql(dialect)).collect();
            let _ = write!(sql, " GROUP BY {}", keys.join(", "));
        }
        if let Some(having) = &self.having {
            let _ = write!(sql, " HAVING {}", having.sql(dialect));
        }
    }

    fn differences(&self, found: &mut BTreeSet<&'static str>) {
        let conditions = self.joins.iter().filter_map(|join| match &join.condition {
            Condition::On(expr) => Some(expr),
            Condition::None | Condition::Using(_) => None,
        });
        let items = self.items.iter().map(|item| &item.expr);
        let exprs = items.chain(&self.group).chain(&self.filter).chain(&self.having).chain(conditions);
        exprs.for_each(|expr| expr.differences(found));
        for relation in std::iter::once(&self.from).chain(self.joins.iter().map(|join| &join.relation)) {
            if let Rows::Query(query) = &relation.rows {
                query.collect_differences(found);
            }
        }
    }
}

impl Relation {
    fn sql(&self, dialect: Dialect) -> String {
        let rows = match (&self.rows, dialect) {
            (Rows::Table { source, table }, Dialect::Engine) => format!("{source}.{table}"),
            (Rows::Table { table, .. }, Dialect::Postgres) => (*table).to_owned(),
            (Rows::With(name), _) => name.clone(),
            (Rows::Query(query), _) => format!("({})", query.sql(dialect)),
        };
        format!("{rows} AS {}", self.alias)
    }
}
