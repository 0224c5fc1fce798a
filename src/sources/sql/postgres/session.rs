//! Connections to a Postgres server and the statements that run on them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{sync::Notify, time::timeout};

use super::{binds, check, copy, dialect::PostgresDialect};
use crate::{
    config::source::PostgresConfig,
    model::{Problem, SourceName},
    sources::sql::{
        Dialect,
        batch::pump,
        failure::down,
        feed::{Caller, Feed, Job, Remote, Scan, Stop, Verdict},
        pgwire::{self, Rows, application_name, cause, statement_timeout, url},
        pool::Pool,
        session::{self, Connector},
        verdicts::Verdicts,
    },
};

/// A server that does not answer for so long is down.
const CONNECT: Duration = Duration::from_secs(5);

/// Sent when a session begins: it only reads, and prints values in one way whatever the server's settings are.
const SETTINGS: [(&str, &str); 7] = [
    ("default_transaction_read_only", "on"),
    ("standard_conforming_strings", "on"),
    // One connection may wait inside a transaction for the others that read in its snapshot.
    ("idle_in_transaction_session_timeout", "0"),
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO"),
    ("IntervalStyle", "iso_8601"),
    ("bytea_output", "hex"),
];

/// So few rows come by a prepared statement: its plan is kept by the server, and its end needs no other message.
/// More come by COPY, whose rows are smaller and cost the server less.
const FEW_ROWS: u64 = 10_000;

/// One Postgres database. Clones share its connections.
#[derive(Clone)]
pub struct Postgres {
    name: SourceName,
    options: PgConnectOptions,
    pool: Arc<Pool<Session>>,
    stale: Arc<Notify>,
    verdicts: Verdicts,
}

/// A connection and the server process behind it.
pub struct Session {
    pub(super) connection: PgConnection,
    process: i32,
    /// Whom the session is set up for.
    caller: Caller,
}

impl Postgres {
    /// Reads the URL; connects nothing.
    pub fn new(name: SourceName, config: &PostgresConfig) -> Result<Self, Problem> {
        let options = url::options(&config.url, url::POSTGRES)?;
        let options = options.application_name("aqueduct").options(SETTINGS).disable_statement_logging();
        Ok(Self {
            name,
            options,
            pool: Pool::new(config.sql.max_connections),
            stale: Arc::default(),
            verdicts: Verdicts::new(),
        })
    }

    /// Completes when a statement has shown that the tables are no longer those that were found.
    pub async fn stale(&self) {
        self.stale.notified().await;
    }

    /// Forgets what the server said of statements: its tables are looked at anew.
    pub fn forget_verdicts(&self) {
        self.verdicts.forget();
    }

    /// What an error of a running statement means.
    pub fn stop(&self, error: sqlx::Error) -> Stop {
        pgwire::stop(&self.name, &self.stale, error)
    }

    /// Who is told when the tables are no longer those that were found.
    pub(super) fn staleness(&self) -> &Notify {
        &self.stale
    }

    /// Few rows, by a prepared statement.
    async fn fetch_rows(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        session.set_up(&job.caller).await.map_err(|error| self.stop(error))?;
        let statement = &job.scan.statement;
        let arguments = binds::arguments(&statement.values()?)?;
        let sql = statement.render(|number, bind| PostgresDialect.placeholder(number, bind));
        let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
            .fetch(&mut session.connection)
            .map(|row| row.map_err(|error| self.stop(error)));
        pump(rows, &mut Rows::new(&self.stale, &job.scan), feed).await
    }
}

impl Session {
    /// Names the query to those who watch the server, and bounds its time there.
    pub(super) async fn set_up(&mut self, caller: &Caller) -> Result<(), sqlx::Error> {
        if self.caller == *caller {
            return Ok(());
        }
        sqlx::query("SELECT set_config('application_name', $1, false), set_config('statement_timeout', $2, false)")
            .bind(application_name(caller))
            .bind(statement_timeout(caller))
            .execute(&mut self.connection)
            .await?;
        self.caller = caller.clone();
        Ok(())
    }
}

#[async_trait]
impl Remote for Postgres {
    fn source(&self) -> &SourceName {
        &self.name
    }

    fn dialect(&self) -> &dyn Dialect {
        &PostgresDialect
    }

    fn is_contended(&self) -> bool {
        self.pool.is_contended()
    }

    async fn check(&self, scan: &Scan) -> Verdict {
        self.verdicts.of(scan, || check::check(self, scan)).await
    }

    async fn run(&self, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        session::run(self, job, feed).await
    }
}

#[async_trait]
impl Connector for Postgres {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        &self.pool
    }

    async fn connect(&self) -> Result<Session, Stop> {
        let connect = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            let process = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
            // Servers before 14, and on some systems, cannot look for clients that have gone.
            let watch = "SELECT set_config(name, '500ms', false) FROM pg_settings \
                         WHERE name = 'client_connection_check_interval'";
            match sqlx::query(watch).execute(&mut connection).await {
                Ok(_) | Err(sqlx::Error::Database(_)) => Ok(Session { connection, process, caller: Caller::default() }),
                Err(error) => Err(error),
            }
        };
        match timeout(CONNECT, connect).await {
            Ok(connected) => {
                connected.map_err(|error| Stop::Lost(down(&self.name, cause::of_failure(&self.options, &error))))
            }
            Err(_) => Err(Stop::Lost(down(&self.name, cause::of_silence(&self.options, CONNECT.as_secs())))),
        }
    }

    async fn abandon(&self, session: Session) {
        let cancel = async {
            let mut other = PgConnection::connect_with(&self.options).await?;
            sqlx::query("SELECT pg_cancel_backend($1)").bind(session.process).execute(&mut other).await?;
            other.close().await
        };
        match timeout(CONNECT, cancel).await {
            Ok(Ok(())) => {}
            // The server notices by the closed connection, only later.
            Ok(Err(error)) => tracing::warn!(source = %self.name, %error, "a statement could not be cancelled"),
            Err(_) => tracing::warn!(source = %self.name, "a statement could not be cancelled in time"),
        }
        // It is lost either way: whether it closes well does not matter.
        let _ = timeout(CONNECT, session.connection.close_hard()).await;
    }

    fn suits(&self, session: &Session, job: &Job) -> bool {
        session.caller == job.caller
    }

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        if job.scan.estimated_rows.is_some_and(|rows| rows <= FEW_ROWS) {
            self.fetch_rows(session, job, feed).await
        } else {
            copy::fetch(self, session, job, feed).await
        }
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("name", &self.name).finish_non_exhaustive()
    }
}
