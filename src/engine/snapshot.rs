//! What the sources hold at one moment, and every query planned over it.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{arrow::datatypes::SchemaRef, common::Result as DfResult, execution::session_state::SessionState};

use super::{
    catalogs::{self, Listings},
    full_scan,
    policies::RowFilters,
    prepare::{self, Prepared},
};
use crate::{
    catalog::{Draft, Project, Query},
    model::{Code, Fault, Problem, Problems, QueryName, SourceName, TableNames},
    sources::{Listing, Table},
};

type Key = (QueryName, u32);

/// An immutable view: requests that begin with one end with it.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) state: SessionState,
    /// The session for queries of which nothing is pushed, if there are any.
    unpushed: Option<SessionState>,
    pub(super) listings: Listings,
    filters: RowFilters,
    sources: BTreeMap<SourceName, Result<Arc<Listing>, Fault>>,
    queries: BTreeMap<Key, Result<Arc<Prepared>, Fault>>,
    /// The columns of each query when it was first planned: they do not change while the server runs.
    contracts: BTreeMap<Key, SchemaRef>,
}

impl Snapshot {
    /// Plans over `sources`. With `changed`, only the queries that name that source are planned again.
    pub(super) async fn build(
        project: &Project,
        base: &SessionState,
        sources: BTreeMap<SourceName, Result<Arc<Listing>, Fault>>,
        changed: Option<(&Self, &SourceName)>,
    ) -> DfResult<(Self, Problems)> {
        let listings: Listings = sources
            .iter()
            .filter_map(|(name, answer)| Some((name.clone(), Arc::clone(answer.as_ref().ok()?))))
            .collect();
        let over = |catalogs| {
            let mut state = base.clone();
            state.register_catalog_list(catalogs);
            state
        };
        let state = over(catalogs::build(&listings, |table| Arc::clone(&table.provider))?);
        let unpushed = if project.queries.values().all(|query| query.pushdown) {
            None
        } else {
            Some(over(catalogs::build(&listings, Table::unpushed)?))
        };
        let before = changed.map(|(before, _)| &before.filters);
        let (filters, mut problems) = RowFilters::build(project, &state, &listings, before).await;
        let mut snapshot = Self {
            state,
            unpushed,
            listings,
            filters,
            sources,
            queries: BTreeMap::new(),
            contracts: changed.map(|(before, _)| before.contracts.clone()).unwrap_or_default(),
        };
        let engine = &project.settings.engine;
        // Owners are told when a project is loaded. Who turns pushdown off for all of it knows what is read whole.
        let judged = (changed.is_none() && engine.pushdown).then_some(engine.full_scan);
        for (key, query) in &project.queries {
            let entry = match changed {
                Some((before, source)) if !query.sources.contains_key(source) => before.queries.get(key).cloned(),
                _ => None,
            };
            let entry = match entry {
                Some(entry) => entry,
                None => snapshot.prepare(query, &mut problems).await,
            };
            if let Ok(prepared) = &entry {
                problems.extend(judged.into_iter().flat_map(|how| full_scan::problems(query, &prepared.pulled, how)));
                snapshot.contracts.entry(key.clone()).or_insert_with(|| Arc::clone(&prepared.contract));
            }
            snapshot.queries.insert(key.clone(), entry);
        }
        Ok((snapshot, problems))
    }

    /// The query as it was planned over this snapshot.
    ///
    /// # Errors
    /// [`Code::SourceDown`] while a source of it has never been reached, [`Code::QueryUnavailable`] when its sources no
    /// longer fit it.
    pub fn prepared(&self, query: &Query) -> Result<Arc<Prepared>, Fault> {
        match self.queries.get(&(query.name.clone(), query.version)) {
            Some(entry) => entry.clone(),
            None => Err(Fault::internal(format!("{} is in no snapshot", query.name))),
        }
    }

    /// All queries that can be run now.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Prepared>> {
        self.queries.values().filter_map(|entry| entry.as_ref().ok())
    }

    pub(super) fn sources(&self) -> &BTreeMap<SourceName, Result<Arc<Listing>, Fault>> {
        &self.sources
    }

    /// What a source held, or why it could not be asked.
    pub(super) fn source(&self, name: &SourceName) -> Result<&Arc<Listing>, Fault> {
        match self.sources.get(name) {
            Some(Ok(listing)) => Ok(listing),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(Fault::internal(format!("no source is named {name}"))),
        }
    }

    /// Has the source one of `tables`, and did not describe it?
    pub(super) fn leaves_out(&self, source: &SourceName, tables: &TableNames) -> bool {
        self.listings.get(source).is_some_and(|listing| {
            listing.others.iter().any(|(schema, name)| tables.has(&listing.default_schema, schema, name))
        })
    }

    /// What else is wrong with query files that have mistakes. A draft over a source that is down is not looked at.
    pub(super) async fn check(&self, drafts: &[Draft]) -> Problems {
        let mut problems = Problems::default();
        for draft in drafts {
            if draft.select.sources.keys().all(|source| self.listings.contains_key(source)) {
                let found = prepare::check(draft, &self.state, &self.listings, &self.filters).await;
                problems.extend(found.into_iter().filter(|problem| !self.filters.own(problem)));
            }
        }
        problems
    }

    /// Plans a query that is in no file.
    ///
    /// # Errors
    /// A source that is down, or everything that does not fit.
    pub async fn prepare_ad_hoc(&self, query: &Arc<Query>) -> Result<Prepared, Refusal> {
        self.check_sources(query).map_err(Refusal::Fault)?;
        prepare::prepare(query, self.session(query), &self.listings, &self.filters).await.map_err(Refusal::Problems)
    }

    /// The session whose tables `query` reads.
    fn session(&self, query: &Query) -> &SessionState {
        self.unpushed.as_ref().filter(|_| !query.pushdown).unwrap_or(&self.state)
    }

    fn check_sources(&self, query: &Query) -> Result<(), Fault> {
        query.sources.keys().try_for_each(|source| self.source(source).map(drop))
    }

    async fn prepare(&self, query: &Arc<Query>, problems: &mut Problems) -> Result<Arc<Prepared>, Fault> {
        self.check_sources(query)?;
        match prepare::prepare(query, self.session(query), &self.listings, &self.filters).await {
            Ok(prepared) => {
                let contract = self.contracts.get(&(query.name.clone(), query.version));
                if contract.is_some_and(|contract| *contract != prepared.contract) {
                    let was = "the columns of its sources have changed since the query was loaded";
                    return Err(Fault::new(Code::QueryUnavailable, was).with_hint("the owner has to look at it"));
                }
                Ok(Arc::new(prepared))
            }
            Err(found) => {
                let fault = Fault::new(Code::QueryUnavailable, "the query no longer fits its sources")
                    .with_hint("the owner has to look at it")
                    .with_internal(found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
                problems.extend(found.into_iter().filter(|problem| !self.filters.own(problem)));
                Err(fault)
            }
        }
    }
}

/// Why a query that is in no file cannot be planned.
#[derive(Debug)]
pub enum Refusal {
    /// A source is down.
    Fault(Fault),
    /// It does not fit its sources.
    Problems(Vec<Problem>),
}
