//! Which column an identifier means: one of the tables of its own SELECT, then of those around it, then a name that the
//! query gives.

use std::{collections::BTreeSet, ops::ControlFlow, path::Path, sync::Arc};

use datafusion::sql::sqlparser::ast::{
    self, Expr, Ident, JoinConstraint, JoinOperator, ObjectNamePart, Select, SelectItem, TableFactor, TableWithJoins,
    VisitorMut,
};

use super::{Match, Scope, columns_of, complaint, find, normal, place, qualifier, spell};
use crate::{engine::catalogs::Listings, model::Problem};

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
pub(super) struct Columns<'a> {
    listings: &'a Listings,
    scope: &'a Scope,
    file: &'a Arc<Path>,
    /// From the outermost query to the SELECT at hand. A query has none of its own until its first SELECT is over.
    frames: Vec<Option<Frame>>,
    problems: Vec<Problem>,
}

impl<'a> Columns<'a> {
    /// Over tables that are spelled as their sources do, if they were found. Adds to `problems`.
    pub(super) fn new(listings: &'a Listings, scope: &'a Scope, file: &'a Arc<Path>, problems: Vec<Problem>) -> Self {
        Self { listings, scope, file, frames: Vec::new(), problems }
    }

    /// What was found before, and each name that is unknown or ambiguous.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
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
            // DataFusion's planner knows the columns of functions.
            None => self.choose(ident, &scope.names, "column of the query's tables", scope.open),
        }
    }

    /// `qualifier.column`, with a source and schema before it if written so. What follows a column is a field of it.
    fn qualified(&mut self, parts: &mut [Ident]) {
        let scope = self.scope;
        for at in 0..parts.len() {
            let Some((qualifier, columns)) = self.relation(&parts[at]) else { continue };
            spell(&mut parts[at], qualifier.clone());
            let Some(column) = parts.get_mut(at + 1) else { return };
            if let Some(columns) = columns {
                return self.choose(column, &columns, &format!("column of `{qualifier}`"), false);
            }
            // Of a subquery or CTE: its columns are names of the query, or of its tables.
            let given = find(column, scope.given.iter().map(String::as_str));
            let any = find(column, scope.names.iter().map(String::as_str));
            if let (Match::As(name), _) | (_, Match::As(name)) = (given, any) {
                spell(column, name);
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

    fn choose(&mut self, ident: &mut Ident, candidates: &BTreeSet<String>, what: &str, may_be_other: bool) {
        match find(ident, candidates.iter().map(String::as_str)) {
            Match::As(name) => spell(ident, name),
            // Of quoted names the planner says what is wrong.
            Match::Missing if may_be_other || ident.quote_style.is_some() => {}
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
