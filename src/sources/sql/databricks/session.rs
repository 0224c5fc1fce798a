//! Statements of the engine in a warehouse: asked about at plan time, run, left.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use futures::StreamExt;
use serde_json::Value;
use tokio::{sync::Notify, task::JoinHandle, time::timeout};

use super::{
    api::{Again, Api, Ask, Pauses, Told},
    dialect::DatabricksDialect,
    parameter::{self, MOST_PARAMETERS},
    types,
    wire::Answer,
};
use crate::{
    config::source::DatabricksConfig,
    model::{Code, Fault, SourceName},
    sources::sql::{
        Dialect,
        arrow::{Batches, examine},
        feed::{Feed, Job, Remote, Scan, Stop, Verdict},
        pool::Pool,
        session::{self, Connector},
        verdicts::Verdicts,
    },
};

/// A statement gets its id when the workspace answers, which it does after 30 s at the latest.
const PATIENCE: Duration = Duration::from_secs(40);

/// A warehouse.
pub struct Databricks {
    /// The workspace before it.
    pub api: Arc<Api>,
    pool: Arc<Pool<Session>>,
    stale: Notify,
    verdicts: Verdicts,
}

type Attempt = JoinHandle<Result<Told<Answer>, Again>>;

/// A place among the statements that run at once, and the one that runs in it: while it is submitted, and by its id.
#[derive(Default)]
pub struct Session {
    attempt: Option<Attempt>,
    id: Option<String>,
}

impl Databricks {
    /// Connects nothing.
    pub fn new(name: SourceName, config: &DatabricksConfig) -> Result<Self, reqwest::Error> {
        let api = Arc::new(Api::new(name, config)?);
        let pool = Pool::new(config.sql.max_connections);
        Ok(Self { api, pool, stale: Notify::new(), verdicts: Verdicts::new() })
    }

    /// Completes when a statement has shown that the tables are no longer those that were found.
    pub async fn stale(&self) {
        self.stale.notified().await;
    }

    /// Forgets what was said of statements: the tables are looked at anew.
    pub fn forget_verdicts(&self) {
        self.verdicts.forget();
    }

    /// Submits a statement. It goes on when this is dropped: only its answer says by what it can be ended.
    async fn submitted(&self, session: &mut Session, body: Value) -> Result<Told<Answer>, Stop> {
        let (ask, mut pauses) = (Ask::submit(body), Pauses::default());
        loop {
            let (api, ask) = (Arc::clone(&self.api), ask.clone());
            let attempt = session.attempt.insert(tokio::spawn(async move { api.attempt(&ask).await }));
            let ended = attempt.await;
            session.attempt = None;
            match ended.map_err(Fault::internal)? {
                Ok(told) => {
                    session.id.clone_from(&told.answer.statement_id);
                    return Ok(told);
                }
                Err(again) => pauses.wait(again).await?,
            }
        }
    }

    /// Has the statement of `scan` described; it is not run for that.
    async fn examine(&self, scan: &Scan) -> Result<Verdict, Stop> {
        if scan.statement.binds().len() > MOST_PARAMETERS {
            return Ok(Verdict::Refused("more values than a statement of Databricks takes".to_owned()));
        }
        let _slot = self.pool.slot().await;
        let text = format!("DESCRIBE QUERY {}", parameter::sample(&scan.statement));
        let rows = match self.api.texts(&text, &parameter::parameters(&scan.statement)?).await {
            Err(Stop::Refused(fault)) if fault.code != Code::SourceDown => {
                return Ok(Verdict::Refused("the source refuses the statement".to_owned()));
            }
            rows => rows?,
        };
        let expected = scan.schema.fields().iter().map(|field| Some(field.data_type())).chain(std::iter::repeat(None));
        let fields = rows.into_iter().zip(expected).map(|(row, expected)| {
            let mut row = row.into_iter().flatten();
            let (name, declared) = (row.next().unwrap_or_default(), row.next().unwrap_or_default());
            // The text of a long type is cut. Its values are looked at when they come.
            let nested = expected.filter(|expected| types::is_nested(&declared) && expected.is_nested());
            let data_type = types::sent(&declared).or(nested.cloned()).unwrap_or(DataType::Null);
            Field::new(name, data_type, true)
        });
        Ok(examine(&Schema::new(fields.collect::<Vec<_>>()), &scan.schema))
    }
}

#[async_trait]
impl Remote for Databricks {
    fn source(&self) -> &SourceName {
        &self.api.source
    }

    fn dialect(&self) -> &dyn Dialect {
        &DatabricksDialect
    }

    fn is_contended(&self) -> bool {
        self.pool.is_contended()
    }

    async fn check(&self, scan: &Scan) -> Verdict {
        self.verdicts.of(scan, || self.examine(scan)).await
    }

    async fn run(&self, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        session::run(self, job, feed).await
    }
}

#[async_trait]
impl Connector for Databricks {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        &self.pool
    }

    /// The client keeps its connections itself.
    async fn connect(&self) -> Result<Session, Stop> {
        Ok(Session::default())
    }

    async fn abandon(&self, session: Session) {
        let id = match session.attempt {
            Some(attempt) => match timeout(PATIENCE, attempt).await {
                Ok(Ok(Ok(told))) => told.answer.statement_id,
                _ => None,
            },
            None => session.id,
        };
        if let Some(id) = id {
            self.api.cancel(&id).await;
        }
    }

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        let (statement, caller) = (&job.scan.statement, &job.caller);
        statement.values()?;
        let (text, parameters) = (parameter::text(statement), parameter::parameters(statement)?);
        *session = Session::default();
        let since = Instant::now();
        let ended = async {
            let body = self.api.for_rows(&text, &parameters, &caller.query, caller.timeout);
            let told = self.submitted(session, body).await?;
            self.api.finished(told, since).await
        };
        let finished = match ended.await {
            // It was good when it was planned: the tables are no longer what was found.
            Err(Stop::Refused(fault)) if fault.code == Code::SourceFailed => {
                self.stale.notify_one();
                return Err(Stop::Refused(fault));
            }
            finished => finished?,
        };
        let batches = Batches::of(job);
        let mut chunks = std::pin::pin!(self.api.chunks(finished)?);
        while let Some(chunk) = chunks.next().await {
            for batch in chunk? {
                batches.push(&batch, feed).await?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Databricks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Databricks").field("name", &self.api.source).finish_non_exhaustive()
    }
}
