//! Each policy of the project, planned over the table as its source has it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use datafusion::{
    arrow::datatypes::DataType,
    execution::session_state::SessionState,
    logical_expr::{Expr, LogicalPlan},
    sql::sqlparser::{
        ast::{self, Ident, SelectItem, SetExpr},
        dialect::PostgreSqlDialect,
        parser::Parser,
    },
};

use super::{Asked, claims};
use crate::{
    catalog::{Project, RowPolicy},
    config::settings::ApiKey,
    engine::{catalogs::Listings, names, prepare},
    model::{Place, Problem, Problems, SourceName, TableNames},
    sources::{Listing, Table},
};

/// A table: its source, its schema, its name.
type Key = (SourceName, String, String);

/// The policies of all tables, as they can be put into plans.
#[derive(Debug, Default)]
pub(in crate::engine) struct RowFilters {
    tables: BTreeMap<Key, Result<Vec<Arc<RowFilter>>, Vec<Problem>>>,
    /// The policies whose tables have been there, now or before.
    met: BTreeSet<Place>,
    /// Policies whose tables have never been there: perhaps they are meant for tables that are called otherwise.
    unmet: Vec<(SourceName, Problem)>,
}

/// One policy of a table.
#[derive(Debug)]
pub(super) struct RowFilter {
    /// `source.schema.table`
    pub table: String,
    /// Over the columns of the table; placeholder `$n` is the claim at `n - 1` of `asked`.
    pub condition: Expr,
    /// What it asks of the caller.
    pub asked: Vec<Asked>,
}

/// What is known of a table's policies.
pub(super) enum Filters<'a> {
    /// All of these hold; there may be none.
    Sound(&'a [Arc<RowFilter>]),
    /// One of them cannot be followed, so that nothing of the table may be seen.
    Broken(&'a [Problem]),
}

impl RowFilters {
    /// Plans the policies of `project` over `listings`. `before` are those of the last snapshot.
    pub async fn build(
        project: &Project,
        state: &SessionState,
        listings: &Listings,
        before: Option<&Self>,
    ) -> (Self, Problems) {
        let (mut filters, mut problems) = (Self::default(), Problems::default());
        filters.met = before.map(|before| before.met.clone()).unwrap_or_default();
        for policy in &project.policies {
            let Some(listing) = listings.get(&policy.source) else { continue };
            let Some((schema, name)) = locate(listing, &policy.table.value) else {
                if !filters.met.contains(&policy.place) {
                    filters.unmet.push((policy.source.clone(), unmet(policy)));
                }
                continue;
            };
            filters.met.insert(policy.place.clone());
            let Some(table) = listing.tables.iter().find(|table| table.schema == schema && table.name == name) else {
                continue;
            };
            let planned = plan(policy, table, state, listings).await;
            if let Ok(filter) = &planned {
                problems.extend(unreadable(policy, filter, &project.settings.auth.keys));
            }
            let key = (policy.source.clone(), schema.to_owned(), name.to_owned());
            let all = filters.tables.entry(key).or_insert_with(|| Ok(Vec::new()));
            match (planned, all) {
                (Ok(filter), Ok(all)) => all.push(Arc::new(filter)),
                (Ok(_), Err(_)) => {}
                (Err(found), all) => {
                    problems.extend(found.iter().cloned());
                    *all = Err(found);
                }
            }
        }
        (filters, problems)
    }

    /// The policies of a table.
    pub(super) fn of(&self, source: &SourceName, schema: &str, table: &str) -> Filters<'_> {
        match self.tables.get(&(source.clone(), schema.to_owned(), table.to_owned())) {
            Some(Ok(filters)) => Filters::Sound(filters),
            Some(Err(problems)) => Filters::Broken(problems),
            None => Filters::Sound(&[]),
        }
    }

    /// Why nothing can be read of one of `sources`: a policy waits for a table that has never been there.
    pub fn check<'a>(&self, sources: impl Iterator<Item = &'a SourceName>) -> Result<(), Vec<Problem>> {
        let sources: BTreeSet<_> = sources.collect();
        let unmet = self.unmet.iter().filter(|(source, _)| sources.contains(source));
        let unmet: Vec<_> = unmet.map(|(_, problem)| problem.clone()).collect();
        if unmet.is_empty() { Ok(()) } else { Err(unmet) }
    }

    /// Is `problem` one of a policy? It is told once, not for each query that reads the table.
    pub fn own(&self, problem: &Problem) -> bool {
        self.unmet.iter().any(|(_, unmet)| unmet == problem)
            || self.tables.values().filter_map(|filters| filters.as_ref().err()).flatten().any(|own| own == problem)
    }
}

/// Adds the tables of the project's policies to those that the sources are asked for.
pub(in crate::engine) fn name(project: &Project, wanted: &mut BTreeMap<SourceName, TableNames>) {
    for policy in &project.policies {
        let names = wanted.entry(policy.source.clone()).or_default();
        names.insert(None, &policy.table.value);
        if let Some((schema, table)) = policy.table.value.split_once('.') {
            names.insert(Some(schema), table);
        }
    }
}

/// The schema and the name of the table that a source's file calls `name`, as sources find it.
fn locate<'a>(listing: &'a Listing, name: &str) -> Option<(&'a str, &'a str)> {
    let described = listing.tables.iter().map(|table| (table.schema.as_str(), table.name.as_str()));
    let others = listing.others.iter().map(|(schema, table)| (schema.as_str(), table.as_str()));
    let mut tables = described.chain(others);
    let of_default = tables.clone().find(|table| *table == (listing.default_schema.as_str(), name));
    let is_meant = |(schema, table): &(&str, &str)| {
        name.strip_prefix(schema).and_then(|rest| rest.strip_prefix('.')) == Some(*table)
    };
    of_default.or_else(|| tables.find(is_meant))
}

fn unmet(policy: &RowPolicy) -> Problem {
    let message = format!("`{}` has a policy and is no table of `{}`", policy.table.value, policy.source);
    Problem::error(policy.table.place.clone(), message)
}

/// The claims of `keys` that are not of the type that the policy says.
fn unreadable(policy: &RowPolicy, filter: &RowFilter, keys: &[ApiKey]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for asked in &filter.asked {
        for key in keys {
            let Some(claim) = key.claims.iter().find(|claim| claim.name.value == asked.name) else { continue };
            if let Err(error) = claims::read(claim, &asked.value_type) {
                let message = format!("the claim `{}` of `{}` {error}", asked.name, key.id);
                let hint =
                    format!("the policy of `{}` ({}) reads it as {}", filter.table, policy.place, asked.value_type);
                problems.push(Problem::error(claim.name.place.clone(), message).hint(hint));
            }
        }
    }
    problems
}

async fn plan(
    policy: &RowPolicy,
    table: &Table,
    state: &SessionState,
    listings: &Listings,
) -> Result<RowFilter, Vec<Problem>> {
    let refuse = |message: String, hint: &str| Err(vec![Problem::error(policy.place.clone(), message).hint(hint)]);
    let mut select = select(policy, table);
    names::resolve(&mut select, listings, &policy.place.file)?;
    let types = claims::types(&mut select, policy, &table.provider.schema())?;
    let plan = prepare::typed(select, &types, &policy.place, state).await?;
    let analyzed = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {});
    let analyzed = analyzed.map_err(|error| vec![prepare::planning_problem(&error, &policy.place)])?;
    let condition = match &plan {
        LogicalPlan::Projection(projection) if matches!(*projection.input, LogicalPlan::TableScan(_)) => {
            projection.expr.first().cloned().map(Expr::unalias)
        }
        _ => None,
    };
    let Some(condition) = condition else {
        let message = "a policy is a condition over one row: this one looks at several".to_owned();
        return refuse(message, "remove aggregates, window functions and what makes rows of lists");
    };
    let data_type = analyzed.schema().field(0).data_type();
    if *data_type != DataType::Boolean {
        return refuse(format!("a policy is a condition, and this is {data_type}"), "compare it with something");
    }
    if condition.is_volatile() {
        let message = "a policy decides the same each time, and this is another value each time".to_owned();
        return refuse(message, "remove functions such as `random()`");
    }
    let asked =
        policy.claims.iter().zip(types).map(|(claim, value_type)| Asked { name: claim.value.clone(), value_type });
    let table = format!("{}.{}.{}", policy.source, table.schema, table.name);
    Ok(RowFilter { table, condition, asked: asked.collect() })
}

/// `SELECT condition FROM table`: there, what looks at several rows shows in the plan.
fn select(policy: &RowPolicy, table: &Table) -> ast::Query {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let names = [policy.source.as_str(), &table.schema, &table.name].map(quoted);
    let text = format!("SELECT TRUE FROM {}", names.join("."));
    let parsed = Parser::new(&PostgreSqlDialect {}).try_with_sql(&text).and_then(|mut parser| parser.parse_query());
    let mut select = *parsed.expect("a SELECT of quoted names is one");
    if let SetExpr::Select(body) = select.body.as_mut() {
        let alias = Ident::with_quote('"', "(condition)");
        body.projection = vec![SelectItem::ExprWithAlias { expr: policy.condition.clone(), alias }];
    }
    select
}
