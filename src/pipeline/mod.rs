//! The road of every request, whatever its door: authenticate → resolve → grant → bind → plan → execute. Each stage
//! gives a type that only it can build and that the next one takes, so none can be skipped.

mod bind;
pub mod cursor;
mod page;
mod row;
mod stream;

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use datafusion::{arrow::datatypes::SchemaRef, common::ScalarValue};
use futures::StreamExt;
use sha2::{Digest, Sha256};
use tokio::{
    sync::Semaphore,
    time::{Duration, Instant, timeout, timeout_at},
};

use crate::{
    auth::{Authenticator, Credentials, Principal},
    catalog::{Project, Query},
    engine::{self, Cut, Engine, Explanation, Physical, Prepared, Refusal, Snapshot},
    model::{Code, Fault, QueryName, place::nearest},
    policy::{self, Grant},
};
use cursor::{Binding, CursorKeys};
use page::Paging;

pub use bind::Parameters;
pub use page::{Consistency, End, MAX_BYTES, Page};
pub use stream::{IDLE, Rows};

/// Rows of a page unless the caller says.
pub const DEFAULT_LIMIT: usize = 100;
/// How long a request waits for others to finish before it is turned away.
const QUEUE: Duration = Duration::from_secs(2);

/// What all requests share.
#[derive(Debug)]
pub struct Road {
    project: Arc<Project>,
    engine: Arc<Engine>,
    authenticator: Authenticator,
    cursors: CursorKeys,
    slots: Arc<Semaphore>,
}

impl Road {
    /// Over a project and its engine.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub fn new(project: Arc<Project>, engine: Arc<Engine>) -> Result<Self, Fault> {
        let settings = &project.settings;
        if settings.auth.cursor_keys.is_empty() {
            tracing::warn!("auth.cursor_keys is empty: cursors are sealed with a random key and end with this process");
        }
        Ok(Self {
            authenticator: Authenticator::new(&settings.auth),
            cursors: CursorKeys::new(&settings.auth.cursor_keys).map_err(Fault::internal)?,
            slots: Arc::new(Semaphore::new(settings.engine.concurrency)),
            project,
            engine,
        })
    }

    /// First stage: who calls?
    ///
    /// # Errors
    /// Missing or bad credentials.
    pub fn authenticate(&self, credentials: &Credentials) -> Result<Authenticated<'_>, Fault> {
        Ok(self.enter(self.authenticator.authenticate(credentials)?))
    }

    /// The command line's way in: the project's owner needs no key.
    #[must_use]
    pub fn as_owner(&self) -> Authenticated<'_> {
        self.enter(Principal::owner())
    }

    fn enter(&self, principal: Principal) -> Authenticated<'_> {
        Authenticated { road: self, principal, began: Instant::now() }
    }
}

/// A caller who is known.
#[derive(Debug)]
pub struct Authenticated<'a> {
    road: &'a Road,
    principal: Principal,
    began: Instant,
}

impl<'a> Authenticated<'a> {
    /// Who it is.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Second stage: which query? Without a version, the newest.
    ///
    /// # Errors
    /// [`Code::UnknownQuery`] and [`Code::UnknownVersion`].
    pub fn resolve(self, name: &QueryName, version: Option<u32>) -> Result<Resolved<'a>, Fault> {
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
        match queries.get(&(name.clone(), version)) {
            Some(query) => Ok(Resolved { query: Arc::clone(query), caller: self }),
            None => {
                let listed: Vec<String> = versions.iter().map(ToString::to_string).collect();
                Err(Fault::new(Code::UnknownVersion, format!("`{name}` has no version {version}"))
                    .with_hint(format!("there is {}", listed.join(", "))))
            }
        }
    }

    /// The second to fourth stage for a SELECT that stands in no file; only the owner is granted it.
    ///
    /// # Errors
    /// [`Code::ScopeMissing`], a source that is down, or everything that does not fit the sources.
    pub async fn ad_hoc(self, query: Arc<Query>) -> Result<Bound<'a>, Refusal> {
        let grant = policy::grant(&self.principal, &query).map_err(Refusal::Fault)?;
        let snapshot = self.road.engine.snapshot();
        let prepared = Arc::new(snapshot.prepare_ad_hoc(&query).await?);
        let granted = Granted { road: self.road, began: self.began, grant, query };
        Ok(Bound { granted, snapshot, prepared, values: Vec::new() })
    }

    /// The queries that this caller may call, by name and version.
    pub fn callable(&self) -> impl Iterator<Item = &'a Arc<Query>> + use<'a> {
        let principal = self.principal.clone();
        self.road.project.queries.values().filter(move |query| policy::grant(&principal, query).is_ok())
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
pub struct Resolved<'a> {
    caller: Authenticated<'a>,
    query: Arc<Query>,
}

impl<'a> Resolved<'a> {
    /// Third stage: may the caller?
    ///
    /// # Errors
    /// [`Code::CredentialsMissing`] and [`Code::ScopeMissing`].
    pub fn grant(self) -> Result<Granted<'a>, Fault> {
        let grant = policy::grant(&self.caller.principal, &self.query)?;
        Ok(Granted { road: self.caller.road, began: self.caller.began, grant, query: self.query })
    }
}

/// A caller who may run the query.
#[derive(Debug)]
pub struct Granted<'a> {
    road: &'a Road,
    began: Instant,
    grant: Grant,
    query: Arc<Query>,
}

impl<'a> Granted<'a> {
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

    /// The columns of the result.
    ///
    /// # Errors
    /// [`Code::SourceDown`] and [`Code::QueryUnavailable`].
    pub fn schema(&self) -> Result<SchemaRef, Fault> {
        Ok(Arc::clone(&self.road.engine.snapshot().prepared(&self.query)?.schema))
    }

    /// Fourth stage: the caller's parameters, typed and within their bounds.
    ///
    /// # Errors
    /// [`Code::InvalidParameter`] with all mistakes; [`Code::SourceDown`] and [`Code::QueryUnavailable`].
    pub fn bind(self, parameters: &Parameters) -> Result<Bound<'a>, Fault> {
        let values = bind::bind(&self.query, parameters)?;
        let snapshot = self.road.engine.snapshot();
        let prepared = snapshot.prepared(&self.query)?;
        Ok(Bound { granted: self, snapshot, prepared, values })
    }
}

/// How much of the result the caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// All of it, as it comes.
    Stream,
    /// A page.
    Page {
        /// At most so many rows; [`DEFAULT_LIMIT`] unless said.
        limit: Option<usize>,
        /// Behind this cursor.
        cursor: Option<String>,
    },
}

/// A call whose values are typed.
#[derive(Debug)]
pub struct Bound<'a> {
    granted: Granted<'a>,
    snapshot: Arc<Snapshot>,
    prepared: Arc<Prepared>,
    values: Vec<ScalarValue>,
}

impl<'a> Bound<'a> {
    /// The columns of the result.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.prepared.schema)
    }

    /// Fifth stage: a plan over the sources for the part of the result that is wanted.
    ///
    /// # Errors
    /// [`Code::InvalidLimit`], what is wrong with a cursor, and what planning finds.
    pub async fn plan(self, want: Want) -> Result<Planned<'a>, Fault> {
        let query = &self.granted.query;
        let deadline = self.granted.began + query.timeout;
        // An instant in whole microseconds, the unit of all timestamps.
        let mut now = Utc::now().trunc_subsecs(6);
        let (cut, shape) = match want {
            Want::Stream => (self.whole(), Shape::Stream),
            Want::Page { limit, cursor } => {
                let limit = page_limit(query, limit)?;
                let continued = cursor.is_some();
                let (cut, paging) = self.page_cut(limit, cursor.as_deref(), &mut now)?;
                (cut, Shape::Page { limit, continued, paging })
            }
        };
        let plan = timeout_at(deadline, self.snapshot.plan(&self.prepared, self.values, &cut, now));
        let plan = plan.await.map_err(|_| timed_out())??;
        Ok(Planned { granted: self.granted, prepared: self.prepared, plan, shape, deadline, now })
    }

    /// The whole result. Sorting it costs memory and the first row's time, so it is done only where the owner asks for
    /// an order; a key alone says how to page, not how to stream.
    fn whole(&self) -> Cut {
        let page = &self.granted.query.page;
        Cut::All { terms: if page.order.is_empty() { Vec::new() } else { engine::terms(page) } }
    }

    fn page_cut(
        &self,
        limit: usize,
        cursor: Option<&str>,
        now: &mut DateTime<Utc>,
    ) -> Result<(Cut, Option<Paging>), Fault> {
        let query = &self.granted.query;
        let rows = limit + 1;
        if query.page.key.is_empty() {
            return match cursor {
                None => Ok((Cut::First { rows }, None)),
                Some(_) => Err(Fault::new(
                    Code::InvalidCursor,
                    format!("`{}` has no page key, so it makes no cursors", query.name),
                )),
            };
        }
        let terms = engine::terms(&query.page);
        let binding = self.binding()?;
        let after = match cursor {
            None => None,
            Some(cursor) => {
                let position = self.granted.road.cursors.open(cursor, &binding, *now)?;
                *now = position.now;
                let types = terms
                    .iter()
                    .map(|term| {
                        self.prepared.schema.field_with_name(&term.column).map(|field| field.data_type().clone())
                    })
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(Fault::internal)?;
                Some(row::decode(&types, &position.row)?)
            }
        };
        Ok((Cut::Keyset { terms: terms.clone(), after, rows }, Some(Paging { terms, binding, now: *now })))
    }

    fn binding(&self) -> Result<Binding, Fault> {
        let query = &self.granted.query;
        let parameters = if self.values.is_empty() { Vec::new() } else { row::encode(&row::arrays(&self.values)?, 0)? };
        let mut world = Sha256::new();
        world.update(query.fingerprint);
        world.update(self.granted.grant.fingerprint());
        world.update(self.prepared.schema.to_string());
        Ok(Binding {
            query: format!("{}@{}", query.name, query.version),
            parameters: Sha256::digest(parameters).into(),
            world: world.finalize().into(),
        })
    }
}

fn page_limit(query: &Query, limit: Option<usize>) -> Result<usize, Fault> {
    let max = query.page.max;
    match limit {
        None => Ok(DEFAULT_LIMIT.min(max)),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(limit) => {
            Err(Fault::new(Code::InvalidLimit, format!("`limit` is {limit}; `{}` allows 1 to {max}", query.name)))
        }
    }
}

#[derive(Debug)]
enum Shape {
    Stream,
    Page { limit: usize, continued: bool, paging: Option<Paging> },
}

/// A plan that may run.
pub struct Planned<'a> {
    granted: Granted<'a>,
    prepared: Arc<Prepared>,
    plan: Physical,
    shape: Shape,
    deadline: Instant,
    now: DateTime<Utc>,
}

impl<'a> Planned<'a> {
    /// What would run where.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        self.plan.explain(&self.granted.query.name.to_string(), self.granted.query.version)
    }

    /// Runs the plan, throws its rows away, and says what ran where and what it took.
    ///
    /// # Errors
    /// What fails on the way.
    pub async fn analyze(self) -> Result<Explanation, Fault> {
        let mut rows = self.plan.execute()?;
        while let Some(batch) = rows.next().await {
            batch?;
        }
        drop(rows);
        Ok(self.explain())
    }

    /// Sixth stage: rows.
    ///
    /// # Errors
    /// [`Code::Overloaded`], [`Code::Timeout`], and all that fails before the first row.
    pub async fn execute(self) -> Result<Answer<'a>, Fault> {
        let slot = timeout(
            QUEUE.min(self.deadline.saturating_duration_since(Instant::now())),
            Arc::clone(&self.granted.road.slots).acquire_owned(),
        );
        let Ok(Ok(permit)) = slot.await else {
            return Err(
                Fault::new(Code::Overloaded, "too many requests are running").with_hint("try again in a second")
            );
        };
        let schema = Arc::clone(&self.prepared.schema);
        let rows = self.plan.execute()?;
        let body = match self.shape {
            Shape::Stream => Body::Stream(Rows::start(rows, permit, self.deadline).await?),
            Shape::Page { limit, continued, paging } => {
                let page = Page::collect(rows, &schema, &self.granted.query, limit, continued, paging);
                Body::Page(timeout_at(self.deadline, page).await.map_err(|_| timed_out())??)
            }
        };
        Ok(Answer { road: self.granted.road, query: self.granted.query, schema, generated_at: self.now, body })
    }
}

fn timed_out() -> Fault {
    Fault::new(Code::Timeout, "the query took longer than its time limit")
        .with_hint("ask for less: a narrower filter or a smaller limit")
}

/// What a door encodes.
#[derive(Debug)]
pub struct Answer<'a> {
    road: &'a Road,
    /// The query that was run.
    pub query: Arc<Query>,
    /// The columns.
    pub schema: SchemaRef,
    /// What `now()` was.
    pub generated_at: DateTime<Utc>,
    /// The rows.
    pub body: Body,
}

/// The rows of an answer.
#[derive(Debug)]
pub enum Body {
    /// All in memory.
    Page(Page),
    /// As they come.
    Stream(Rows),
}

impl Answer<'_> {
    /// How `page` ends when its first `rows` rows are delivered.
    ///
    /// # Errors
    /// A cursor cannot be sealed.
    pub fn end(&self, page: &Page, rows: usize) -> Result<End, Fault> {
        page.end(rows, &self.road.cursors)
    }
}
