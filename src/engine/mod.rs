//! Planning and running over all sources: DataFusion's session, the snapshot of what the sources hold, and the queries
//! planned over it.

mod branches;
mod catalogs;
mod exact;
mod explain;
mod faults;
mod federate;
mod full_scan;
mod joins;
mod kept;
mod names;
mod origin;
mod output;
mod own_order;
mod page;
mod paging;
mod prepare;
mod run;
mod seek;
mod session;
mod shaping;
mod snapshot;
mod unions;
mod view;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use datafusion::{common::DataFusionError, execution::session_state::SessionState};
use futures::future::join_all;
use tokio::task::JoinSet;

use crate::{
    catalog::{Draft, Project, Query},
    config::SourceConfig,
    model::{Code, Fault, Place, Problem, Problems, Severity, SourceName, TableNames},
    sources::{self, Listing, Source},
};

pub use explain::{Explanation, LocalPart, PagingPart, SourcePart};
pub use faults::fault;
pub use paging::Paging;
pub use prepare::Prepared;
pub use run::{Cut, Physical, RowStream, Wanted};
pub use shaping::{Filterable, Operand, Shaping, State};
pub use snapshot::{Refusal, Snapshot};
pub use view::{Condition, Filter, View};

/// How often a source that is down is asked again.
const RETRY: Duration = Duration::from_secs(5);

/// A source is not asked again sooner than this.
const CALM: Duration = Duration::from_millis(500);

/// The sources of a project, and the newest snapshot of what they hold.
#[derive(Debug)]
pub struct Engine {
    project: Arc<Project>,
    base: SessionState,
    sources: Vec<(SourceConfig, Arc<dyn Source>)>,
    /// The tables that queries name: those of the project, and those that were asked for since.
    named: Mutex<BTreeMap<SourceName, TableNames>>,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Snapshots follow one another; two at once would lose one's changes.
    rebuilding: tokio::sync::Mutex<()>,
}

impl Engine {
    /// Asks every source for its tables and plans every query over them. A source that is down stops nothing but the
    /// queries that name it.
    ///
    /// # Errors
    /// `problems`, those of the project's files, and all that does not fit the sources: annotations, queries and drafts
    /// that name what is not there. Warnings come with success.
    pub async fn open(
        project: Arc<Project>,
        drafts: &[Draft],
        mut problems: Problems,
    ) -> Result<(Arc<Self>, Problems), Problems> {
        let runtime = session::runtime(&project.settings.engine).map_err(|error| cannot_start(&error))?;
        let base = session::base(Arc::clone(&runtime), &project.settings.engine);
        let mut sources = Vec::new();
        for config in &project.sources {
            match sources::open(config, &runtime, project.settings.engine.pushdown) {
                Ok(source) => sources.push((config.clone(), source)),
                Err(problem) => problems.push(problem),
            }
        }
        let mut named: BTreeMap<SourceName, TableNames> = BTreeMap::new();
        let queries = project.queries.values().map(|query| &query.sources);
        for (source, tables) in queries.chain(drafts.iter().map(|draft| &draft.select.sources)).flatten() {
            named.entry(source.clone()).or_default().extend(tables);
        }
        let asked = sources.iter().map(|(config, source)| {
            ask(&config.name, source.as_ref(), named.get(&config.name).cloned().unwrap_or_default())
        });
        let asked = join_all(asked).await;
        let mut states = BTreeMap::new();
        for ((config, _), answer) in sources.iter().zip(asked) {
            if let Ok(listing) = &answer {
                problems.extend(listing.problems.iter().cloned());
            }
            states.insert(config.name.clone(), answer);
        }
        let (snapshot, found) =
            Snapshot::build(&project, &base, states, None).await.map_err(|error| cannot_start(&error))?;
        problems.extend(found);
        problems.extend(snapshot.check(drafts).await);
        if problems.has_errors() {
            return Err(problems);
        }
        let (snapshot, named) = (RwLock::new(Arc::new(snapshot)), Mutex::new(named));
        let engine = Self { project, base, sources, named, snapshot, rebuilding: tokio::sync::Mutex::default() };
        Ok((Arc::new(engine), problems))
    }

    /// The newest snapshot. A request keeps the one it began with.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The newest snapshot, with the tables that `query`, which is in no file, names.
    pub async fn snapshot_for(&self, query: &Query) -> Arc<Snapshot> {
        for (config, source) in &self.sources {
            let Some(tables) = query.sources.get(&config.name) else { continue };
            if self.snapshot().leaves_out(&config.name, tables) {
                self.named().entry(config.name.clone()).or_default().extend(tables);
                self.refresh(&config.name, source.as_ref()).await;
            }
        }
        self.snapshot()
    }

    fn named(&self) -> MutexGuard<'_, BTreeMap<SourceName, TableNames>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sources that could not be asked, and why.
    #[must_use]
    pub fn down(&self) -> Vec<(&SourceConfig, Fault)> {
        let snapshot = self.snapshot();
        self.sources.iter().filter_map(|(config, _)| Some((config, snapshot.source(&config.name).err()?))).collect()
    }

    /// Looks for the sources' tables again and again, each source in its own rhythm, until the set is dropped.
    #[must_use]
    pub fn keep_fresh(self: &Arc<Self>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for (config, source) in &self.sources {
            let (engine, name, source, refresh) =
                (Arc::clone(self), config.name.clone(), Arc::clone(source), config.refresh);
            tasks.spawn(async move {
                loop {
                    let down = engine.snapshot().source(&name).is_err();
                    let pause = if down { RETRY.min(refresh) } else { refresh };
                    // Too early is as good as in time, and too often is not.
                    let _ = tokio::time::timeout(pause, source.stale()).await;
                    engine.refresh(&name, source.as_ref()).await;
                    tokio::time::sleep(CALM.min(refresh)).await;
                }
            });
        }
        tasks
    }

    async fn refresh(&self, name: &SourceName, source: &dyn Source) {
        let (answer, _one_at_a_time) = loop {
            let named = self.named().get(name).cloned().unwrap_or_default();
            let answer = ask(name, source, named.clone()).await;
            let guard = self.rebuilding.lock().await;
            // Who asked for more meanwhile is not answered with less.
            if self.named().get(name).is_none_or(|now| *now == named) {
                break (answer, guard);
            }
        };
        let before = self.snapshot();
        let listing = match &answer {
            Ok(listing) => Arc::clone(listing),
            Err(fault) => {
                tracing::warn!(source = %name, internal = fault.internal, "source is down");
                // What it held before is the best guess at what it holds now; scans say themselves that it is down.
                return;
            }
        };
        let mut states = before.sources().clone();
        states.insert(name.clone(), answer);
        match Snapshot::build(&self.project, &self.base, states, Some((&before, name))).await {
            Ok((snapshot, problems)) => {
                // What is merely worth a warning was told when the server started.
                let errors = listing.problems.iter().chain(problems.iter());
                for problem in errors.filter(|problem| problem.severity == Severity::Error) {
                    tracing::warn!(source = %name, "{problem}");
                }
                *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
            }
            Err(error) => tracing::error!(source = %name, %error, "the tables of this source cannot be used"),
        }
    }
}

fn cannot_start(error: &DataFusionError) -> Problems {
    let mut problems = Problems::default();
    let text = format!("the engine cannot start: {}", error.strip_backtrace());
    problems.push(Problem::error(Place::start_of("aqueduct.yaml"), text));
    problems
}

async fn ask(name: &SourceName, source: &dyn Source, named: TableNames) -> Result<Arc<Listing>, Fault> {
    let patience = source.patience();
    match tokio::time::timeout(patience, source.tables(&named)).await {
        Ok(answer) => answer.map(Arc::new),
        Err(_) => {
            Err(Fault::new(Code::SourceDown, format!("source `{name}` did not answer in {} s", patience.as_secs())))
        }
    }
}
