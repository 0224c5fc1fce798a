//! Which table and column an identifier means: unquoted ones match exactly in lower case, else case-insensitively if
//! that is unique. All that match nothing, or too much, are reported at once.

mod columns;

use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow,
    path::Path,
    sync::Arc,
};

use datafusion::sql::sqlparser::{
    ast::{
        self, Ident, ObjectName, ObjectNamePart, Select, SelectItem, SetExpr, TableAlias, TableFactor, Visit, VisitMut,
        Visitor, VisitorMut,
    },
    tokenizer::Location,
};

use columns::Columns;

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
    let problems = tables.problems;
    let _ = Visit::visit(query, &mut Aliases(&mut scope));
    // A column without a qualifier may be one of a table that was not found.
    scope.open |= !problems.is_empty();
    let mut columns = Columns::new(listings, &scope, file, problems);
    let _ = VisitMut::visit(query, &mut columns);
    let problems = columns.into_problems();
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
pub(super) fn normal(ident: &Ident) -> String {
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
                let tables = listing.tables.iter().map(|table| table.schema.as_str());
                let others = listing.others.iter().map(|(schema, _)| schema.as_str());
                let schemas: BTreeSet<&str> = tables.chain(others).collect();
                let found = self.pick(schema, schemas.iter().copied(), &format!("schema of source `{source}`"))?;
                spell(schema, found.clone());
                found
            }
            _ => return None,
        };
        let ident = idents.pop()?;
        let tables = tables_of(&listing, &schema);
        let others = listing.others.iter().filter(|other| other.0 == schema).map(|(_, table)| table.as_str());
        let names = tables.clone().map(|table| table.name.as_str()).chain(others);
        let found = self.pick(ident, names, &format!("table of source `{source}`"))?;
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
    if let Match::Ambiguous(found) = problem {
        return Problem::error(at, format!("`{}` is ambiguous: {what} may be {}", written.value, quoted(found)))
            .hint("quote the one that is meant");
    }
    let unknown = Problem::error(at, format!("`{}` is no {what}", written.value));
    let candidates: Vec<_> = candidates.collect();
    match nearest(&written.value, candidates.iter().copied()) {
        Some(name) => unknown.hint(format!("did you mean `{name}`?")),
        None if candidates.is_empty() => unknown.hint("there is none"),
        None => unknown.hint(format!("there is {}", quoted(candidates.iter().take(12)))),
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
                self.columns_of(alias);
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
