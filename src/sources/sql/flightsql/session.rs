//! Statements that run on a server of Flight SQL.

use std::{
    fmt::Display,
    sync::{Arc, OnceLock},
    time::Duration,
};

use arrow_flight::{CancelFlightInfoRequest, FlightClient, FlightInfo, error::FlightError};
use async_trait::async_trait;
use futures::TryStreamExt;
use tokio::{sync::Notify, time::timeout};
use tonic::Code as Status;

use super::client::{Client, Connect, schema};
use crate::{
    config::source::FlightSqlConfig,
    model::{Fault, Problem, SourceName},
    sources::sql::{
        Dialect,
        ansi::{self, AnsiDialect, BACKTICKS, DOUBLE_QUOTES},
        arrow::{Batches, examine},
        failure::{changed, down, failed},
        feed::{Caller, Feed, Job, Remote, Scan, Stop, Verdict},
        pool::Pool,
        session::{self, Connector},
        verdicts::Verdicts,
    },
};

/// A statement that is not ended in so long is left to the server, which sees that nobody reads on.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server.
pub struct FlightSql {
    name: SourceName,
    pub(super) connect: Connect,
    quotes: OnceLock<&'static AnsiDialect>,
    pool: Arc<Pool<Session>>,
    stale: Notify,
    verdicts: Verdicts,
}

/// A connection, and what runs over it.
pub struct Session {
    pub(super) client: Client,
    running: Option<FlightInfo>,
}

impl FlightSql {
    /// Connects nothing.
    pub fn new(name: SourceName, config: &FlightSqlConfig) -> Result<Self, Problem> {
        let (connect, pool) = (Connect::new(config)?, Pool::new(config.sql.max_connections));
        let quotes = OnceLock::new();
        Ok(Self { name, connect, quotes, pool, stale: Notify::new(), verdicts: Verdicts::new() })
    }

    /// Completes when a statement has shown that the tables are no longer those that were found.
    pub async fn stale(&self) {
        self.stale.notified().await;
    }

    /// Forgets what the server said of statements: its tables are looked at anew.
    pub fn forget_verdicts(&self) {
        self.verdicts.forget();
    }

    /// What an error of the server means.
    pub(super) fn stop(&self, error: FlightError) -> Stop {
        let status = match error {
            FlightError::Tonic(status) => status,
            // The connection broke under a message.
            error => return Stop::Lost(failed(&self.name, error)),
        };
        let cause = |remedy: &str| format!("{:?}: {}{remedy}", status.code(), status.message());
        match status.code() {
            // What a connection was let in with may have ended: the next one shows itself anew.
            Status::Unauthenticated | Status::PermissionDenied => {
                Stop::Lost(down(&self.name, cause("; look at `token`, or `user` and `password`")))
            }
            Status::Unavailable | Status::ResourceExhausted => Stop::Busy(down(&self.name, cause(""))),
            _ => Stop::Refused(failed(&self.name, cause(""))),
        }
    }

    /// What it means that a statement, which was good when it was planned, is not begun.
    fn refused(&self, error: FlightError) -> Stop {
        match self.stop(error) {
            Stop::Refused(fault) => Stop::Refused(self.changed(fault.internal.as_deref().unwrap_or_default())),
            stop => stop,
        }
    }

    /// The tables are no longer what was found: they are looked for again.
    fn changed(&self, cause: impl Display) -> Fault {
        self.stale.notify_one();
        changed(&self.name, self.name.as_str(), cause)
    }

    /// How the server quotes names: found out once, by asking it.
    pub(super) async fn quotes(&self, client: &Client) -> Result<&'static AnsiDialect, Stop> {
        if let Some(known) = self.quotes.get() {
            return Ok(known);
        }
        for quotes in [&DOUBLE_QUOTES, &BACKTICKS] {
            match schema(&self.connect, client, &quotes.probe()).await.map_err(|error| self.stop(error)) {
                Ok(schema) if schema.fields().iter().all(|field| field.data_type().is_integer()) => {
                    return Ok(self.quotes.get_or_init(|| quotes));
                }
                Ok(_) | Err(Stop::Refused(_)) => {}
                Err(stop) => return Err(stop),
            }
        }
        let cause = "it takes names neither in double quotes nor in backticks";
        Err(Stop::Refused(failed(&self.name, cause)))
    }

    async fn examine(&self, scan: &Scan) -> Result<Verdict, Stop> {
        let slot = self.pool.slot().await;
        let (session, _) = self.session(&slot, None).await?;
        let described = schema(&self.connect, &session.client, &ansi::text(&scan.statement)).await;
        let verdict = match described.map_err(|error| self.stop(error)) {
            Ok(sent) => examine(&sent, &scan.schema),
            Err(Stop::Refused(_)) => Verdict::Refused("the source refuses the statement".to_owned()),
            Err(stop) => return Err(stop),
        };
        slot.give_back(session);
        Ok(verdict)
    }
}

/// For the people who watch the server: the name of the query, whose letters end no comment.
fn named(sql: &str, caller: &Caller) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | ' ' | '-');
    format!("/* aqueduct {} */ {sql}", caller.query.chars().filter(is_plain).collect::<String>())
}

#[async_trait]
impl Remote for FlightSql {
    fn source(&self) -> &SourceName {
        &self.name
    }

    fn dialect(&self) -> &dyn Dialect {
        // No table is described, and so none is asked, before it is known.
        self.quotes.get().copied().unwrap_or(&DOUBLE_QUOTES)
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
impl Connector for FlightSql {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        &self.pool
    }

    async fn connect(&self) -> Result<Session, Stop> {
        match self.connect.connect().await {
            Ok(client) => Ok(Session { client, running: None }),
            // The handshake's own error says no more than its text.
            Err(FlightError::Arrow(error)) => Err(Stop::Lost(down(&self.name, error))),
            Err(error) => Err(self.stop(error)),
        }
    }

    /// The rows that nobody reads end with their stream; what made them is told, where the server listens.
    async fn abandon(&self, mut session: Session) {
        let Some(info) = session.running.take() else { return };
        let mut client = FlightClient::new_from_inner(session.client.inner().clone());
        let token = session.client.token().map(|token| ("authorization", format!("Bearer {token}")));
        let headers = self.connect.headers().map(|(name, value)| (name, value.to_owned()));
        for (name, value) in headers.chain(token) {
            // One that is none was refused with the first call.
            drop(client.add_header(name, &value));
        }
        match timeout(PATIENCE, client.cancel_flight_info(CancelFlightInfoRequest::new(info))).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(source = %self.name, %error, "a statement is left to the server"),
            Err(_) => tracing::warn!(source = %self.name, "a statement could not be cancelled in time"),
        }
    }

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        let statement = &job.scan.statement;
        statement.values()?;
        let sql = named(&ansi::text(statement), &job.caller);
        let info = session.client.execute(sql, None).await.map_err(|error| self.refused(error))?;
        session.running = Some(info.clone());
        let batches = Batches::of(job);
        let mut rows = self.connect.rows(&session.client, info, job.connections);
        while let Some(batch) = rows.try_next().await.map_err(|error| self.stop(error))? {
            batches.push(&batch, feed).await?;
        }
        drop(rows);
        session.running = None;
        Ok(())
    }
}

impl std::fmt::Debug for FlightSql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FlightSql").field("name", &self.name).finish_non_exhaustive()
    }
}
