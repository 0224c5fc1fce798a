//! Connections to a Postgres server and the statements that run on them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::{binds, cause, decode::Rows, dialect::PostgresDialect, url};
use crate::{
    config::source::PostgresConfig,
    model::{Problem, SourceName},
    sources::sql::{
        Dialect,
        batch::pump,
        failure::{down, failed},
        feed::{Feed, Remote, Scan, Stop},
        pool::Pool,
        session::{self, Connector},
    },
};

/// A server that does not answer for so long is down.
const CONNECT: Duration = Duration::from_secs(5);

/// Sent when a session begins: it only reads, and prints values in one way whatever the server's settings are.
const SETTINGS: [(&str, &str); 5] = [
    ("default_transaction_read_only", "on"),
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO"),
    ("IntervalStyle", "iso_8601"),
    ("bytea_output", "hex"),
];

/// One Postgres database.
pub struct Postgres {
    name: SourceName,
    options: PgConnectOptions,
    pool: Arc<Pool<Session>>,
}

/// A connection and the server process behind it.
pub struct Session {
    pub(super) connection: PgConnection,
    process: i32,
}

impl Postgres {
    /// Reads the URL; connects nothing.
    pub fn new(name: SourceName, config: &PostgresConfig) -> Result<Self, Problem> {
        let options = url::options(&config.url)?;
        let options = options.application_name("aqueduct").options(SETTINGS).disable_statement_logging();
        Ok(Self { name, options, pool: Pool::new(config.max_connections) })
    }

    /// What an error of a running statement means.
    pub fn stop(&self, error: sqlx::Error) -> Stop {
        match &error {
            sqlx::Error::Database(refusal) => {
                let code = refusal.code().unwrap_or_default();
                // 08: connection exceptions; 57P: the server shuts down or crashed.
                if code.starts_with("08") || code.starts_with("57P") {
                    Stop::Lost(down(&self.name, error))
                } else if code == "0A000" {
                    // A table was altered under a statement prepared before: a new session prepares it anew.
                    Stop::Lost(failed(&self.name, error))
                } else {
                    Stop::Refused(failed(&self.name, format!("{code}: {error}")))
                }
            }
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Stop::Lost(down(&self.name, error)),
            _ => failed(&self.name, error).into(),
        }
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

    async fn run(&self, scan: &Scan, feed: &mut Feed) -> Result<(), Stop> {
        session::run(self, scan, feed).await
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
            let watch =
                "SELECT set_config(name, '1s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'";
            match sqlx::query(watch).execute(&mut connection).await {
                Ok(_) | Err(sqlx::Error::Database(_)) => Ok(Session { connection, process }),
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

    async fn fetch(&self, session: &mut Session, scan: &Scan, feed: &mut Feed) -> Result<(), Stop> {
        let arguments = binds::arguments(&scan.statement.binds)?;
        let sql = AssertSqlSafe(scan.statement.sql.as_str());
        let rows = sqlx::query_with(sql, arguments)
            .fetch(&mut session.connection)
            .map(|row| row.map_err(|error| self.stop(error)));
        pump(rows, &mut Rows::new(scan), feed).await
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("name", &self.name).finish_non_exhaustive()
    }
}
