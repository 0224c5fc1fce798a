//! The wire of Postgres, as Redshift speaks it: one portal for each statement, whose rows come as they are read.
//!
//! There is no COPY to a client. A cursor would have the leader keep the whole result before the first row ("DECLARE",
//! Database Developer Guide), at most so much for each type of node; the rows of a portal are sent as the client takes them,
//! which is how the drivers of Redshift's maker read them too.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt;
use sqlx::{
    Arguments, AssertSqlSafe, ConnectOptions, Connection, Encode, PgConnection, Postgres, Row, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgArguments, PgConnectOptions, PgRow, PgSslMode, PgTypeInfo, types::Oid},
};
use tokio::{sync::Notify, time::timeout};

use super::{
    dialect::RedshiftDialect,
    discover::Ask,
    statement::{Sent, sample, sent},
    tokens::Tokens,
};
use crate::{
    config::{Secret, Spanned, source::Aws},
    model::{Fault, Problem, SourceName},
    sources::sql::{
        Dialect,
        batch::pump,
        failure::down,
        feed::{Caller, Feed, Job, Remote, Scan, Stop, Verdict},
        pgwire::{self, Rows, application_name, cause, oid, statement_timeout, url},
        pool::Pool,
        session::{self, Connector},
        verdicts::Verdicts,
    },
};

/// A workgroup without work begins when it is connected to.
const CONNECT: Duration = Duration::from_secs(30);
/// To stop a statement takes no longer.
const CANCEL: Duration = Duration::from_secs(5);
/// Where Redshift listens unless told otherwise.
const PORT: u16 = 5439;
/// Names are taken as they are written (`enable_case_sensitive_identifier`).
const SETTINGS: &str = "SET enable_case_sensitive_identifier TO true";

/// One database.
pub struct Wire {
    name: SourceName,
    options: PgConnectOptions,
    tokens: Option<Tokens>,
    pool: Arc<Pool<Session>>,
    stale: Notify,
    verdicts: Verdicts,
}

/// A connection and the server process behind it.
pub struct Session {
    connection: PgConnection,
    process: i32,
    /// Whom the session is set up for.
    caller: Caller,
}

impl Wire {
    /// Reads the URL; connects nothing.
    pub fn new(
        name: SourceName,
        url: &Spanned<Secret>,
        iam: Option<&Aws>,
        max_connections: u32,
    ) -> Result<Self, Problem> {
        // What sqlx would ask for more digits of a number is not known there; numbers come in binary.
        let mut options = url::options(url, PORT)?.extra_float_digits(None);
        options = options.application_name("aqueduct").disable_statement_logging();
        let tokens = match iam {
            Some(aws) => {
                if matches!(options.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Allow) {
                    options = options.ssl_mode(PgSslMode::Require);
                }
                Some(Tokens::new(aws, options.get_database())?)
            }
            None => None,
        };
        let (stale, verdicts) = (Notify::new(), Verdicts::new());
        Ok(Self { name, options, tokens, pool: Pool::new(max_connections), stale, verdicts })
    }

    /// Completes when a statement has shown that the tables are no longer those that were found.
    pub async fn stale(&self) {
        self.stale.notified().await;
    }

    /// Forgets what the server said of statements: its tables are looked at anew.
    pub fn forget_verdicts(&self) {
        self.verdicts.forget();
    }

    fn stop(&self, error: sqlx::Error) -> Stop {
        pgwire::stop(&self.name, &self.stale, error)
    }

    /// How to connect now: a token is good for a while.
    async fn options(&self) -> Result<PgConnectOptions, Stop> {
        let Some(tokens) = &self.tokens else { return Ok(self.options.clone()) };
        let token = tokens.token().await.map_err(|cause| Stop::Lost(down(&self.name, cause)))?;
        Ok(self.options.clone().username(&token.user).password(token.password.expose()))
    }

    /// Would the server run the statement of `scan`?
    async fn examine(&self, scan: &Scan) -> Result<Verdict, Stop> {
        // What sqlx prepares for others than itself, it looks up in catalogs that Redshift has not.
        let explain = format!("EXPLAIN {}", sample(&scan.statement));
        let slot = self.pool.slot().await;
        let (mut session, _) = self.session(&slot, None).await?;
        let explained = sqlx::raw_sql(AssertSqlSafe(explain)).execute(&mut session.connection).await;
        match explained.map(|_| Verdict::Accepted { rows: None }).or_else(pgwire::refusal) {
            Ok(verdict) => {
                slot.give_back(session);
                Ok(verdict)
            }
            // The connection is dropped.
            Err(error) => Err(self.stop(error)),
        }
    }

    async fn rows(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        let Sent { sql, values } = sent(&job.scan.statement, RedshiftDialect::Wire)?;
        let rows = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?)
            .persistent(false)
            .fetch(&mut session.connection)
            .map(|row| row.map_err(|error| self.stop(error)));
        pump(rows, &mut Rows::new(&self.stale, &job.scan).with_texts(), feed).await
    }

    async fn run_alone(&self, session: &mut Session, sql: &'static str) -> Result<(), Stop> {
        let done = sqlx::raw_sql(sql).execute(&mut session.connection).await;
        done.map(drop).map_err(|error| self.stop(error))
    }
}

fn arguments(values: Vec<String>) -> Result<PgArguments, Fault> {
    let mut arguments = PgArguments::default();
    for value in values {
        arguments.add(Varchar(value)).map_err(Fault::internal)?;
    }
    Ok(arguments)
}

/// A text as Redshift's own drivers send it.
struct Varchar(String);

impl Type<Postgres> for Varchar {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::VARCHAR))
    }
}

impl Encode<'_, Postgres> for Varchar {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

impl Session {
    /// Names the query to those who watch the server (`query_group`), and bounds its time there.
    async fn set_up(&mut self, caller: &Caller) -> Result<(), sqlx::Error> {
        if self.caller == *caller {
            return Ok(());
        }
        for (name, value) in
            [("query_group", application_name(caller)), ("statement_timeout", statement_timeout(caller))]
        {
            let sql = "SELECT set_config($1, $2, false)";
            sqlx::query(sql).bind(Varchar(name.to_owned())).bind(Varchar(value)).execute(&mut self.connection).await?;
        }
        self.caller = caller.clone();
        Ok(())
    }
}

#[async_trait]
impl Ask for Wire {
    async fn ask(&self, sql: &str, values: Vec<String>) -> Result<Vec<Vec<Option<String>>>, Stop> {
        let slot = self.pool.slot().await;
        loop {
            let (mut session, reused) = self.session(&slot, None).await?;
            // No query's time bounds this.
            let read = async {
                session.set_up(&Caller::default()).await?;
                let arguments =
                    arguments(values.clone()).map_err(|fault| sqlx::Error::Configuration(fault.detail.into()))?;
                let rows = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments).persistent(false);
                let rows = rows.fetch_all(&mut session.connection).await?;
                let texts = |row: &PgRow| (0..row.len()).map(|index| row.try_get(index)).collect();
                rows.iter().map(texts).collect::<Result<Vec<Vec<Option<String>>>, sqlx::Error>>()
            };
            match read.await.map_err(|error| self.stop(error)) {
                Ok(rows) => {
                    slot.give_back(session);
                    return Ok(rows);
                }
                // It died while it was idle.
                Err(Stop::Lost(_)) if reused => {}
                Err(stop) => return Err(stop),
            }
        }
    }

    fn place(&self, number: usize) -> String {
        RedshiftDialect::Wire.place(number)
    }
}

#[async_trait]
impl Remote for Wire {
    fn source(&self) -> &SourceName {
        &self.name
    }

    fn dialect(&self) -> &dyn Dialect {
        &RedshiftDialect::Wire
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
impl Connector for Wire {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        &self.pool
    }

    async fn connect(&self) -> Result<Session, Stop> {
        let options = self.options().await?;
        let connect = async {
            let mut connection = PgConnection::connect_with(&options).await?;
            let process = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
            sqlx::raw_sql(SETTINGS).execute(&mut connection).await?;
            Ok(Session { connection, process, caller: Caller::default() })
        };
        match timeout(CONNECT, connect).await {
            Ok(connected) => connected.map_err(|error| {
                // A token may have been taken back.
                self.tokens.iter().for_each(Tokens::forget);
                Stop::Lost(down(&self.name, cause::of_failure(&options, &error)))
            }),
            Err(_) => Err(Stop::Lost(down(&self.name, cause::of_silence(&options, CONNECT.as_secs())))),
        }
    }

    async fn abandon(&self, session: Session) {
        let cancel = async {
            let options = self.options().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let mut other = PgConnection::connect_with(&options).await?;
            sqlx::query("SELECT pg_cancel_backend($1)").bind(session.process).execute(&mut other).await?;
            other.close().await
        };
        match timeout(CANCEL, cancel).await {
            Ok(Ok(())) => {}
            // The server notices by the closed connection, only later.
            Ok(Err(error)) => tracing::warn!(source = %self.name, %error, "a statement could not be cancelled"),
            Err(_) => tracing::warn!(source = %self.name, "a statement could not be cancelled in time"),
        }
        // It is lost either way: whether it closes well does not matter.
        let _ = timeout(CANCEL, session.connection.close_hard()).await;
    }

    fn suits(&self, session: &Session, job: &Job) -> bool {
        session.caller == job.caller
    }

    /// In a transaction that only reads ("BEGIN").
    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        session.set_up(&job.caller).await.map_err(|error| self.stop(error))?;
        self.run_alone(session, "BEGIN READ ONLY").await?;
        match self.rows(session, job, feed).await {
            Ok(()) => self.run_alone(session, "COMMIT").await,
            Err(Stop::Refused(fault)) => match self.run_alone(session, "ROLLBACK").await {
                Ok(()) => Err(Stop::Refused(fault)),
                Err(_) => Err(Stop::Lost(fault)),
            },
            Err(stop) => Err(stop),
        }
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("name", &self.name).finish_non_exhaustive()
    }
}
