//! The Redshift Data API (<https://docs.aws.amazon.com/redshift-data/latest/APIReference/>): statements over HTTP, where
//! there is no way to a cluster.
//!
//! Results are fetched in the typed form (`GetStatementResult`), not as CSV (`GetStatementResultV2`): of the latter nothing
//! is written about how NULL is told from the empty text.

mod call;
mod records;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{
    aws::Refusal,
    dialect::RedshiftDialect,
    discover::Ask,
    statement::{Sent, sample, sent},
};
use crate::{
    config::source::{Aws, AwsWarehouse},
    model::{Fault, Problem, SourceName},
    sources::sql::{
        Dialect,
        failure::failed,
        feed::{Feed, Job, Remote, Scan, Stop, Verdict},
        pool::Pool,
        session::{self, Connector, jittered},
        verdicts::Verdicts,
    },
};
use call::Calls;
use records::Records;

/// An idle session is kept for so long, somewhat longer than it is used here again.
const KEPT: u32 = 600;
/// The first look at whether a statement has ended, and the longest pause between two.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// To stop a statement takes no longer.
const CANCEL: Duration = Duration::from_secs(5);
/// A statement has at most so many bytes.
const LONGEST_STATEMENT: usize = 100_000;
/// Names are taken as they are written (`enable_case_sensitive_identifier`).
const SETTINGS: &str = "SET enable_case_sensitive_identifier TO true";

/// One database, as the Data API shows it.
pub struct DataApi {
    calls: Arc<Calls>,
    pool: Arc<Pool<Session>>,
    stale: Notify,
    verdicts: Verdicts,
    /// Which warehouse and database, and as whom.
    target: Map<String, Value>,
}

/// A session of the service.
pub struct Session {
    id: String,
    /// What runs in it.
    running: Running,
}

/// A statement, from the moment when the service is asked to run it.
enum Running {
    Nothing,
    /// Its identifier is on the way, whoever waits for it.
    Begun(JoinHandle<Result<Begun, Refusal>>),
    Known(String),
}

/// A statement that the service has taken on.
struct Begun {
    statement: String,
    session: Option<String>,
}

impl DataApi {
    /// Asks nothing yet.
    ///
    /// # Errors
    /// Options that no client can be made of.
    pub fn new(
        name: SourceName,
        aws: &Aws,
        database: &str,
        secret: Option<&str>,
        max_connections: u32,
    ) -> Result<Self, Problem> {
        let mut target = Map::from_iter([("Database".to_owned(), json!(database))]);
        let warehouse = match &aws.warehouse {
            AwsWarehouse::Cluster(cluster) => ("ClusterIdentifier", cluster.as_str()),
            AwsWarehouse::Workgroup(workgroup) => ("WorkgroupName", workgroup.as_str()),
        };
        let user = aws.user.as_deref().map(|user| ("DbUser", user));
        let secret = secret.map(|secret| ("SecretArn", secret));
        let said = [Some(warehouse), user, secret].into_iter().flatten();
        target.extend(said.map(|(key, value)| (key.to_owned(), json!(value))));
        Ok(Self {
            calls: Arc::new(Calls::new(name, aws)?),
            pool: Pool::new(max_connections),
            stale: Notify::new(),
            verdicts: Verdicts::new(),
            target,
        })
    }

    /// Completes when a statement has shown that the tables are no longer those that were found.
    pub async fn stale(&self) {
        self.stale.notified().await;
    }

    /// Forgets what the service said of statements: its tables are looked at anew.
    pub fn forget_verdicts(&self) {
        self.verdicts.forget();
    }

    /// Runs a statement to its end; its identifier, by which its result is fetched.
    async fn execute(&self, session: &mut Session, sent: Sent, name: &str) -> Result<String, Stop> {
        if sent.sql.len() > LONGEST_STATEMENT {
            let cause = format!("the statement has {} bytes; the Data API takes {LONGEST_STATEMENT}", sent.sql.len());
            return Err(Stop::Refused(failed(self.source(), cause)));
        }
        let mut body = body(&sent, name);
        let request = if session.id.is_empty() { &self.target } else { &Map::new() };
        request.iter().for_each(|(key, value)| body[key] = value.clone());
        if session.id.is_empty() {
            body["SessionKeepAliveSeconds"] = json!(KEPT);
        } else {
            body["SessionId"] = json!(session.id);
        }
        // Whoever leaves while the answer is on the way still learns what to stop.
        let calls = Arc::clone(&self.calls);
        session.running = Running::Begun(tokio::spawn(async move { begin(&calls, &body).await }));
        let Running::Begun(begun) = &mut session.running else { return Err(Fault::internal("it was begun").into()) };
        let begun = begun.await.map_err(Fault::internal)?;
        let begun = match begun {
            Ok(begun) => begun,
            Err(refusal) => {
                session.running = Running::Nothing;
                return Err(self.calls.stop(&refusal));
            }
        };
        if let Some(id) = begun.session {
            session.id = id;
        }
        session.running = Running::Known(begun.statement.clone());
        self.wait(&begun.statement).await?;
        session.running = Running::Nothing;
        Ok(begun.statement)
    }

    /// Waits until the statement has ended.
    async fn wait(&self, statement: &str) -> Result<(), Stop> {
        let mut pause = FIRST_LOOK;
        loop {
            let said = self.calls.ask("DescribeStatement", &json!({"Id": statement})).await;
            let said = said.map_err(|refusal| self.calls.stop(&refusal).of_running())?;
            match said["Status"].as_str() {
                Some("FINISHED") => return Ok(()),
                Some("FAILED") => {
                    let error = said["Error"].as_str().unwrap_or("no reason is given");
                    return Err(self.calls.failed(error, &self.stale));
                }
                Some("ABORTED") => {
                    return Err(Stop::Refused(failed(self.source(), "somebody stopped the statement in Redshift")));
                }
                Some("SUBMITTED" | "PICKED" | "STARTED") => {}
                other => return Err(failed(self.source(), format!("a statement's status is {other:?}")).into()),
            }
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What the service says of the statement of `scan`, which is only explained.
    async fn examine(&self, scan: &Scan) -> Result<Verdict, Stop> {
        let sql = format!("EXPLAIN {}", sample(&scan.statement));
        if sql.len() > LONGEST_STATEMENT {
            return Ok(Verdict::Refused("the statement is longer than the Data API takes".to_owned()));
        }
        let slot = self.pool.slot().await;
        let (mut session, _) = self.session(&slot, None).await?;
        let outcome = self.execute(&mut session, Sent { sql, values: Vec::new() }, "check").await;
        match outcome {
            Ok(_) => {
                slot.give_back(session);
                Ok(Verdict::Accepted { rows: None })
            }
            Err(Stop::Refused(_)) => {
                slot.give_back(session);
                Ok(Verdict::Refused("the source refuses the statement".to_owned()))
            }
            Err(stop) => Err(stop),
        }
    }
}

fn body(Sent { sql, values }: &Sent, name: &str) -> Value {
    let mut body = json!({
        "Sql": sql,
        "StatementName": format!("aqueduct {name}"),
        // The same statement is not begun twice.
        "ClientToken": Uuid::new_v4().to_string(),
    });
    if !values.is_empty() {
        let parameter = |(index, value): (usize, &String)| json!({"name": format!("p{}", index + 1), "value": value});
        body["Parameters"] = values.iter().enumerate().map(parameter).collect();
    }
    body
}

async fn begin(calls: &Calls, body: &Value) -> Result<Begun, Refusal> {
    let answer = calls.ask("ExecuteStatement", body).await?;
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    let statement = text("Id").ok_or_else(|| Refusal::Lost("a statement without an identifier came".to_owned()))?;
    Ok(Begun { statement, session: text("SessionId") })
}

#[async_trait]
impl Ask for DataApi {
    async fn ask(&self, sql: &str, values: Vec<String>) -> Result<Vec<Vec<Option<String>>>, Stop> {
        let slot = self.pool.slot().await;
        loop {
            let (mut session, reused) = self.session(&slot, None).await?;
            let sent = Sent { sql: sql.to_owned(), values: values.clone() };
            match self.execute(&mut session, sent, "catalog").await {
                Ok(statement) => {
                    slot.give_back(session);
                    let mut rows = Vec::new();
                    let mut pages = self.calls.pages(&statement);
                    while let Some(page) = pages.next().await? {
                        rows.extend(records::texts(&page).ok_or_else(|| self.calls.malformed())?);
                    }
                    return Ok(rows);
                }
                // Its time was over.
                Err(Stop::Lost(_)) if reused => {}
                Err(stop) => return Err(stop),
            }
        }
    }

    fn place(&self, number: usize) -> String {
        RedshiftDialect::Data.place(number)
    }
}

#[async_trait]
impl Remote for DataApi {
    fn source(&self) -> &SourceName {
        self.calls.source()
    }

    fn dialect(&self) -> &dyn Dialect {
        &RedshiftDialect::Data
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
impl Connector for DataApi {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        &self.pool
    }

    /// A session begins with its first statement.
    async fn connect(&self) -> Result<Session, Stop> {
        let mut session = Session { id: String::new(), running: Running::Nothing };
        let settings = Sent { sql: SETTINGS.to_owned(), values: Vec::new() };
        self.execute(&mut session, settings, "session").await?;
        if session.id.is_empty() {
            return Err(Stop::Refused(failed(self.source(), "the service began no session")));
        }
        Ok(session)
    }

    async fn abandon(&self, session: Session) {
        let statement = match session.running {
            Running::Nothing => return,
            // However long it takes until it has begun: then it runs.
            Running::Begun(begun) => match begun.await {
                Ok(Ok(begun)) => begun.statement,
                _ => return,
            },
            Running::Known(statement) => statement,
        };
        match timeout(CANCEL, self.calls.ask("CancelStatement", &json!({"Id": statement}))).await {
            Ok(Ok(_)) => {}
            Ok(Err(refusal)) => tracing::warn!(source = %self.source(), %refusal, "a statement could not be cancelled"),
            Err(_) => tracing::warn!(source = %self.source(), "a statement could not be cancelled in time"),
        }
    }

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        let sent = sent(&job.scan.statement, RedshiftDialect::Data)?;
        let statement = self.execute(session, sent, &job.caller.query).await?;
        let mut records = Records::new(&self.stale, &job.scan)?;
        let mut pages = self.calls.pages(&statement);
        while let Some(page) = pages.next().await? {
            for batch in records.read(&page)? {
                feed.push(batch?).await?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for DataApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataApi").field("name", self.source()).finish_non_exhaustive()
    }
}
