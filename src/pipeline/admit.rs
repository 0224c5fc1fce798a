//! Who calls, which query, and whether: the stages before anything of a request's parameters is looked at.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use tokio::time::Instant;

use super::{
    Road,
    bind::{self, Parameters},
    bound::Bound,
    shape,
};
use crate::{
    auth::Principal,
    catalog::Query,
    engine::{Prepared, Refusal, View},
    model::{Code, Fault, QueryName, place::nearest},
    policy::{self, Grant},
};

/// A caller who is known.
#[derive(Debug)]
pub struct Authenticated {
    pub(super) road: Arc<Road>,
    pub(super) principal: Principal,
    pub(super) began: Instant,
}

impl Authenticated {
    /// Who it is.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Second stage: which query? Without a version, the newest.
    ///
    /// # Errors
    /// [`Code::UnknownQuery`] and [`Code::UnknownVersion`].
    pub fn resolve(self, name: &QueryName, version: Option<u32>) -> Result<Resolved, Fault> {
        let queries = &self.road.project.queries;
        let versions: Vec<u32> =
            queries.range((name.clone(), 0)..=(name.clone(), u32::MAX)).map(|((_, version), _)| *version).collect();
        let Some(newest) = versions.last() else {
            let unknown = Fault::new(Code::UnknownQuery, format!("no query is named `{name}`"));
            let callable: Vec<String> = self.callable().map(|query| query.name.to_string()).collect();
            return Err(match nearest(&name.to_string(), callable.iter().map(String::as_str)) {
                Some(meant) => unknown.with_hint(format!("did you mean `{meant}`?")),
                None => unknown.with_hint("/openapi.json lists the queries that you may call"),
            });
        };
        let version = version.unwrap_or(*newest);
        if let Some(query) = queries.get(&(name.clone(), version)) {
            return Ok(Resolved { query: Arc::clone(query), caller: self });
        }
        let listed: Vec<String> = versions.iter().map(ToString::to_string).collect();
        Err(Fault::new(Code::UnknownVersion, format!("`{name}` has no version {version}"))
            .with_hint(format!("there is {}", listed.join(", "))))
    }

    /// The second to fourth stage for a SELECT that stands in no file; only the owner is granted it.
    ///
    /// # Errors
    /// [`Code::ScopeMissing`], a source that is down, or everything that does not fit the sources.
    pub async fn ad_hoc(self, query: Arc<Query>) -> Result<Bound, Refusal> {
        let grant = policy::grant(&self.principal, &query).map_err(Refusal::Fault)?;
        let snapshot = self.road.engine.snapshot_for(&query).await;
        let prepared = Arc::new(snapshot.prepare_ad_hoc(&query).await?);
        let granted = Granted { road: self.road, began: self.began, grant, query };
        Ok(Bound { granted, snapshot, prepared, values: Vec::new(), view: View::default() })
    }

    /// The queries that this caller may call, by name and version.
    pub fn callable(&self) -> impl Iterator<Item = &Arc<Query>> {
        self.road.project.queries.values().filter(|query| policy::grant(&self.principal, query).is_ok())
    }

    /// The queries that this caller may call and that fit their sources now.
    #[must_use]
    pub fn described(&self) -> Vec<Arc<Prepared>> {
        let snapshot = self.road.engine.snapshot();
        self.callable().filter_map(|query| snapshot.prepared(query).ok()).collect()
    }
}

/// A caller and a query that exists.
#[derive(Debug)]
pub struct Resolved {
    pub(super) caller: Authenticated,
    pub(super) query: Arc<Query>,
}

impl Resolved {
    /// Third stage: may the caller?
    ///
    /// # Errors
    /// [`Code::CredentialsMissing`] and [`Code::ScopeMissing`].
    pub fn grant(self) -> Result<Granted, Fault> {
        let grant = policy::grant(&self.caller.principal, &self.query)?;
        Ok(Granted { road: self.caller.road, began: self.caller.began, grant, query: self.query })
    }
}

/// A caller who may run the query.
#[derive(Debug)]
pub struct Granted {
    pub(super) road: Arc<Road>,
    pub(super) began: Instant,
    pub(super) grant: Grant,
    pub(super) query: Arc<Query>,
}

impl Granted {
    /// The query.
    #[must_use]
    pub fn query(&self) -> &Arc<Query> {
        &self.query
    }

    /// May the caller see how the query is run?
    ///
    /// # Errors
    /// [`Code::ScopeMissing`] without the scope `plan:read`.
    pub fn may_explain(&self) -> Result<(), Fault> {
        policy::may_explain(self.grant.principal())
    }

    /// The columns of the result, of which `shaping` may choose some, whatever the parameters.
    ///
    /// # Errors
    /// [`Code::SourceDown`], [`Code::QueryUnavailable`], and [`Code::InvalidParameter`] of what is wrong in `shaping`.
    pub fn schema(&self, shaping: &[(String, String)]) -> Result<SchemaRef, Fault> {
        let prepared = self.road.engine.snapshot().prepared(&self.query)?;
        let (view, _) = shape::read(&prepared, shaping)?;
        Ok(view.schema(&prepared.schema))
    }

    /// Fourth stage: the caller's parameters, typed and within their bounds, and what it makes of the result: `shaping`
    /// holds `fields`, `sort` and filters as they were written.
    ///
    /// # Errors
    /// [`Code::InvalidParameter`] with all mistakes; [`Code::SourceDown`] and [`Code::QueryUnavailable`].
    pub fn bind(self, parameters: &Parameters, shaping: &[(String, String)]) -> Result<Bound, Fault> {
        let values = bind::bind(&self.query, parameters);
        let snapshot = self.road.engine.snapshot();
        let prepared = match (snapshot.prepared(&self.query), &values) {
            // What is wrong with a request is told first: it will not be right later either.
            (Err(_), Err(_)) => return Err(values.err().unwrap_or_default().into()),
            (prepared, _) => prepared?,
        };
        let (mut values, (view, filters)) = match (values, shape::read(&prepared, shaping)) {
            (Ok(values), Ok(shaped)) => (values, shaped),
            (Err(mistakes), Ok(_)) | (Ok(_), Err(mistakes)) => return Err(mistakes.into()),
            (Err(mistakes), Err(others)) => return Err(mistakes.and(others).into()),
        };
        values.extend(filters);
        Ok(Bound { granted: self, snapshot, prepared, values, view })
    }
}
