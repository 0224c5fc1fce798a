//! Which table and column an identifier means: unquoted ones match exactly in lower case, else case-insensitively if
//! that is unique. All that match nothing, or too much, are reported at once.

use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow,
    path::Path,
    sync::Arc,
};

use datafusion::sql::sqlparser::{
    ast::{
        self, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Select, SelectItem, SetExpr,
        TableAlias, TableFactor, TableWithJoins, Visit, VisitMut, Visitor, VisitorMut,
    },
    tokenizer::Location,
};

use super::catalogs::Listings;
use crate::{
    model::{Place, Problem, SourceName, place::nearest},
    sources::{Listing, Table},
};

/// Rewrites the identifiers of `query` to the spelling of the sources, quoted where that is not lower case.
///
/// Every source that the query names must be in `listings`.
///
/// # Errors
/// One problem for each table or column that is unknown or ambiguous.
pub(super) fn resolve(query: &mut ast::Query, listings: &Listings, file: &Arc<Path>) -> Result<(), Vec<Problem>> {
    let mut tables = Tables { listings, file, scope: Scope::default(), problems: Vec::new() };
    let _ = VisitMut::visit(query, &mut tables);
    let mut scope = tables.scope;
    let mut problems = tables.problems;
    let _ = Visit::visit(query, &mut Aliases(&mut scope));
    // Columns of a table that was not found would all be reported too.
    if problems.is_empty() {
        let mut columns = Columns { listings, scope: &scope, file, frames: Vec::new(), problems: Vec::new() };
        let _ = VisitMut::visit(query, &mut columns);
        problems = columns.problems;
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The place of a token in `file`.
pub(super) fn place(file: &Arc<Path>, start: Location) -> Place {
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    Place { file: Arc::clone(file), line: count(start.line), column: count(start.column) }
}

/// The names that a query can use, over all its parts.
#[derive(Default)]
struct Scope {
    /// Columns of the tables that a qualifier stands for. A qualifier used twice stands for both.
    relations: HashMap<String, BTreeSet<String>>,
    /// Every column of every table, and every name that the query itself gives.
    names: BTreeSet<String>,
    /// The names that the query itself gives.
    given: BTreeSet<String>,
    /// Qualifiers whose columns are not those of a table: subqueries, CTEs, functions.
    derived: BTreeSet<String>,
    /// Does a part of the query have columns that only planning knows?
    open: bool,
}

enum Match {
    As(String),
    Ambiguous(Vec<String>),
    Missing,
}

fn find<'a>(written: &Ident, candidates: impl Iterator<Item = &'a str> + Clone) -> Match {
    let exact = if written.quote_style.is_some() { written.value.clone() } else { written.value.to_lowercase() };
    if candidates.clone().any(|candidate| candidate == exact) {
        return Match::As(exact);
    }
    if written.quote_style.is_some() {
        return Match::Missing;
    }
    let mut found: Vec<_> =
        candidates.filter(|candidate| candidate.to_lowercase() == exact).map(str::to_owned).collect();
    found.dedup();
    match found.len() {
        0 => Match::Missing,
        1 => Match::As(found.remove(0)),
        _ => Match::Ambiguous(found),
    }
}

/// Writes `name` into an identifier so that DataFusion reads exactly that.
fn spell(ident: &mut Ident, name: String) {
    if name.chars().any(char::is_uppercase) {
        ident.quote_style = Some('"');
    }
    ident.value = name;
}

/// The name that DataFusion reads: it lowers ASCII letters only.
fn normal(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}

/// First pass: tables.
struct Tables<'a> {
    listings: &'a Listings,
    file: &'a Arc<Path>,
    scope: Scope,
    problems: Vec<Problem>,
}

impl VisitorMut for Tables<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let columns = if name.0.len() > 1 { self.table(name) } else { None };
                let Some(qualifier) = qualifier(name, alias.as_ref()) else { return ControlFlow::Continue(()) };
                let renamed = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
                match columns {
                    Some(columns) if !renamed => {
                        self.scope.names.extend(columns.iter().cloned());
                        self.scope.relations.entry(qualifier).or_default().extend(columns);
                    }
                    _ => self.scope.derived.extend([qualifier]),
                }
            }
            TableFactor::Derived { alias, .. } | TableFactor::NestedJoin { alias, .. } => {
                if let Some(alias) = alias {
                    self.scope.derived.insert(normal(&alias.name));
                }
            }
            _ => self.scope.open = true,
        }
        ControlFlow::Continue(())
    }
}

impl Tables<'_> {
    /// Finds `source.table` or `source.schema.table` and spells it as the source does. Gives its columns.
    fn table(&mut self, name: &mut ObjectName) -> Option<Vec<String>> {
        let mut idents: Vec<&mut Ident> = name
            .0
            .iter_mut()
            .filter_map(|part| match part {
                ObjectNamePart::Identifier(ident) => Some(ident),
                ObjectNamePart::Function(_) => None,
            })
            .collect();
        let source = SourceName::new(&normal(idents.first()?))?;
        let listing = Arc::clone(self.listings.get(&source)?);
        let schema = match idents.as_mut_slice() {
            [_, _] => listing.default_schema.clone(),
            [_, schema, _] => {
                let schemas: BTreeSet<&str> = listing.tables.iter().map(|table| table.schema.as_str()).collect();
                let found = self.pick(schema, schemas.iter().copied(), &format!("schema of source `{source}`"))?;
                spell(schema, found.clone());
                found
            }
            _ => return None,
        };
        let ident = idents.pop()?;
        let tables = tables_of(&listing, &schema);
        let found =
            self.pick(ident, tables.clone().map(|table| table.name.as_str()), &format!("table of source `{source}`"))?;
        let table = tables.clone().find(|table| table.name == found)?;
        spell(ident, found);
        Some(table.provider.schema().fields().iter().map(|field| field.name().clone()).collect())
    }

    fn pick<'a>(
        &mut self,
        written: &Ident,
        candidates: impl Iterator<Item = &'a str> + Clone,
        what: &str,
    ) -> Option<String> {
        match find(written, candidates.clone()) {
            Match::As(name) => Some(name),
            problem => {
                let at = place(self.file, written.span.start);
                self.problems.push(complaint(at, written, &problem, what, candidates));
                None
            }
        }
    }
}

/// What stands before the columns of a table.
fn qualifier(name: &ObjectName, alias: Option<&TableAlias>) -> Option<String> {
    match (alias, name.0.last()?) {
        (Some(alias), _) => Some(normal(&alias.name)),
        (None, ObjectNamePart::Identifier(ident)) => Some(normal(ident)),
        (None, ObjectNamePart::Function(_)) => None,
    }
}

/// The columns of a table whose name is already spelled as its source does.
fn columns_of(name: &ObjectName, listings: &Listings) -> Option<BTreeSet<String>> {
    let parts: Vec<String> = name.0.iter().filter_map(ObjectNamePart::as_ident).map(normal).collect();
    let (source, schema, table) = match parts.as_slice() {
        [source, table] => (source, None, table),
        [source, schema, table] => (source, Some(schema.as_str()), table),
        _ => return None,
    };
    let listing = listings.get(&SourceName::new(source)?)?;
    let found = tables_of(listing, schema.unwrap_or(&listing.default_schema)).find(|found| found.name == *table)?;
    Some(found.provider.schema().fields().iter().map(|field| field.name().clone()).collect())
}

fn tables_of<'a>(listing: &'a Listing, schema: &'a str) -> impl Iterator<Item = &'a Table> + Clone {
    listing.tables.iter().filter(move |table| table.schema == schema)
}

fn complaint<'a>(
    at: Place,
    written: &Ident,
    problem: &Match,
    what: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Problem {
    match problem {
        Match::Ambiguous(found) => {
            Problem::error(at, format!("`{}` is ambiguous: {what} may be {}", written.value, quoted(found)))
                .hint("quote the one that is meant")
        }
        _ => {
            let unknown = Problem::error(at, format!("`{}` is no {what}", written.value));
            let candidates: Vec<_> = candidates.collect();
            match nearest(&written.value, candidates.iter().copied()) {
                Some(name) => unknown.hint(format!("did you mean `{name}`?")),
                None if candidates.is_empty() => unknown.hint("there is none"),
                None => unknown.hint(format!("there is {}", quoted(candidates.iter().take(12)))),
            }
        }
    }
}

fn quoted(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Between the passes: the names that the query gives to columns.
struct Aliases<'a>(&'a mut Scope);

impl Visitor for Aliases<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<()> {
        if let SetExpr::Values(values) = query.body.as_ref() {
            let width = values.rows.first().map_or(0, |row| row.len());
            self.give((1..=width).map(|column| format!("column{column}")));
        }
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.0.derived.insert(normal(&cte.alias.name));
            self.columns_of(&cte.alias);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { alias, .. } => self.give([normal(alias)]),
                SelectItem::ExprWithAliases { aliases, .. } => self.give(aliases.iter().map(normal)),
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
                self.columns_of(alias)
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Aliases<'_> {
    fn columns_of(&mut self, alias: &TableAlias) {
        self.give(alias.columns.iter().map(|column| normal(&column.name)));
    }

    fn give(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            self.0.names.insert(name.clone());
            self.0.given.insert(name);
        }
    }
}

/// What the FROM clause of one SELECT brings.
#[derive(Default)]
struct Frame {
    /// By qualifier. `None`: what has columns that are not those of a table.
    relations: Vec<(String, Option<BTreeSet<String>>)>,
    /// The names that the select list gives. Only what stands behind the SELECT, its ORDER BY, sees them.
    given: BTreeSet<String>,
}

impl Frame {
    fn add(&mut self, factor: &TableFactor, listings: &Listings) {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let renamed = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
                let columns = columns_of(name, listings).filter(|_| !renamed);
                self.relations.extend(qualifier(name, alias.as_ref()).map(|qualifier| (qualifier, columns)));
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.add_joined(table_with_joins, listings),
            other => {
                let alias = match other {
                    TableFactor::Derived { alias, .. } | TableFactor::NestedJoin { alias, .. } => alias.as_ref(),
                    _ => None,
                };
                self.relations.push((alias.map(|alias| normal(&alias.name)).unwrap_or_default(), None));
            }
        }
    }

    fn add_joined(&mut self, table: &TableWithJoins, listings: &Listings) {
        self.add(&table.relation, listings);
        for join in &table.joins {
            self.add(&join.relation, listings);
        }
    }

    /// A column of its tables; before these a name of the query's own, where it can be meant.
    fn column(&self, written: &Ident, scope: &Scope) -> Match {
        if let found @ Match::As(_) = find(written, self.given.iter().map(String::as_str)) {
            return found;
        }
        let columns =
            || self.relations.iter().filter_map(|(_, columns)| columns.as_ref()).flatten().map(String::as_str);
        let exact = normal(written);
        let is_derived = self.relations.iter().any(|(_, columns)| columns.is_none()) && scope.given.contains(&exact);
        if is_derived && !columns().any(|column| column == exact) {
            return Match::As(exact);
        }
        find(written, columns())
    }
}

/// Second pass: columns.
struct Columns<'a> {
    listings: &'a Listings,
    scope: &'a Scope,
    file: &'a Arc<Path>,
    /// From the outermost query to the SELECT at hand. A query has none of its own until its first SELECT is over.
    frames: Vec<Option<Frame>>,
    problems: Vec<Problem>,
}

impl VisitorMut for Columns<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut ast::Query) -> ControlFlow<()> {
        self.frames.push(None);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut ast::Query) -> ControlFlow<()> {
        self.frames.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.column(ident),
            Expr::CompoundIdentifier(parts) => self.qualified(parts),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let mut frame = Frame::default();
        for table in &select.from {
            frame.add_joined(table, self.listings);
        }
        self.frames.push(Some(frame));
        for join in select.from.iter_mut().flat_map(|table| &mut table.joins) {
            if let Some(JoinConstraint::Using(columns)) = constraint(&mut join.join_operator) {
                for part in columns.iter_mut().flat_map(|column| &mut column.0) {
                    if let ObjectNamePart::Identifier(ident) = part {
                        self.column(ident);
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let frame = self.frames.pop().flatten();
        if let (Some(mut frame), Some(query @ None)) = (frame, self.frames.last_mut()) {
            frame.given = select.projection.iter().filter_map(given).collect();
            *query = Some(frame);
        }
        ControlFlow::Continue(())
    }
}

/// The name that an item of a select list gives.
fn given(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(normal(alias)),
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => Some(normal(ident)),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(normal),
        _ => None,
    }
}

impl Columns<'_> {
    fn column(&mut self, ident: &mut Ident) {
        let scope = self.scope;
        let found = self.frames.iter().rev().flatten().map(|frame| frame.column(ident, scope));
        match found.into_iter().find(|found| !matches!(found, Match::Missing)) {
            Some(Match::As(name)) => spell(ident, name),
            Some(problem) => self.complain(ident, &problem, "column of the query's tables", &scope.names),
            None => self.choose(ident, &scope.names, "column of the query's tables"),
        }
    }

    /// `qualifier.column`, with a source and schema before it if written so. What follows a column is a field of it.
    fn qualified(&mut self, parts: &mut [Ident]) {
        let scope = self.scope;
        for at in 0..parts.len() {
            let Some((qualifier, columns)) = self.relation(&parts[at]) else { continue };
            spell(&mut parts[at], qualifier.clone());
            let Some(column) = parts.get_mut(at + 1) else { return };
            match columns {
                Some(columns) => self.choose(column, &columns, &format!("column of `{qualifier}`")),
                // Of a subquery or CTE: its columns are names of the query, or of its tables.
                None => {
                    let given = find(column, scope.given.iter().map(String::as_str));
                    if let (Match::As(name), _) | (_, Match::As(name)) =
                        (given, find(column, scope.names.iter().map(String::as_str)))
                    {
                        spell(column, name);
                    }
                }
            }
            return;
        }
        let Some(first) = parts.first_mut() else { return };
        match find(first, scope.names.iter().map(String::as_str)) {
            // A field of a column.
            Match::As(name) => spell(first, name),
            _ if scope.open => {}
            _ => {
                let qualifiers = scope.relations.keys().chain(&scope.derived).cloned().collect();
                self.complain(first, &Match::Missing, "table of the query", &qualifiers);
            }
        }
    }

    /// What a qualifier stands for: in the SELECT at hand, in those around it, or anywhere in the query.
    fn relation(&self, written: &Ident) -> Option<(String, Option<BTreeSet<String>>)> {
        for frame in self.frames.iter().rev().flatten() {
            if let Match::As(name) = find(written, frame.relations.iter().map(|(name, _)| name.as_str())) {
                let of_name = frame.relations.iter().filter(|(qualifier, _)| *qualifier == name);
                let columns: Option<Vec<_>> = of_name.map(|(_, columns)| columns.clone()).collect();
                return Some((name, columns.map(|columns| columns.into_iter().flatten().collect())));
            }
        }
        if let Match::As(name) = find(written, self.scope.derived.iter().map(String::as_str)) {
            return Some((name, None));
        }
        match find(written, self.scope.relations.keys().map(String::as_str)) {
            Match::As(name) => Some((name.clone(), self.scope.relations.get(&name).cloned())),
            _ => None,
        }
    }

    fn choose(&mut self, ident: &mut Ident, candidates: &BTreeSet<String>, what: &str) {
        match find(ident, candidates.iter().map(String::as_str)) {
            Match::As(name) => spell(ident, name),
            // DataFusion's planner knows the columns of functions, and says what is wrong with quoted names.
            Match::Missing if self.scope.open || ident.quote_style.is_some() => {}
            problem => self.complain(ident, &problem, what, candidates),
        }
    }

    fn complain(&mut self, ident: &Ident, problem: &Match, what: &str, candidates: &BTreeSet<String>) {
        let at = place(self.file, ident.span.start);
        self.problems.push(complaint(at, ident, problem, what, candidates.iter().map(String::as_str)));
    }
}

fn constraint(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::LeftAnti(constraint) => Some(constraint),
        _ => None,
    }
}
