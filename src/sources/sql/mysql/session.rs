//! Connections to a server and the statements that run on them.

use std::{fmt::Display, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Either, Executor, MySqlConnection, SqlSafeStr,
    mysql::{MySqlConnectOptions, MySqlDatabaseError},
};
use tokio::{sync::Notify, time::timeout};

use super::{binds, decode::Rows, dialect::MysqlDialect, url};
use crate::{
    config::source::MysqlConfig,
    model::{Fault, Problem, SourceName},
    sources::sql::{
        Dialect,
        batch::pump,
        failure::{changed, down, failed, not_computed},
        feed::{Caller, Feed, Job, Remote, Scan, Stop, Verdict},
        pool::Pool,
        session::{self, Connector},
        verdicts::Verdicts,
    },
};

/// A server that does not answer for so long is down.
const CONNECT: Duration = Duration::from_secs(5);

/// The connection is over: the server shuts down, killed it, or waited too long for us.
const LOST: [u16; 10] = [1053, 1080, 1152, 1159, 1161, 1184, 1927, 3168, 3169, 4031];
/// Sent when a session begins: it only reads, sees what is committed, and compares, sorts and prints values in one way
/// whatever the server's settings are. A sort looks at as many bytes as a `text` has; whoever reads slowly is waited for.
const SETTINGS: &str = "SET NAMES utf8mb4, SESSION time_zone = '+00:00', SESSION autocommit = 1, \
    SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_UNSIGNED_SUBTRACTION', SESSION sql_select_limit = 18446744073709551615, \
    SESSION sql_big_selects = 1, SESSION sql_auto_is_null = 0, SESSION max_sort_length = 262144, \
    SESSION sort_buffer_size = 16777216, SESSION net_write_timeout = 3600";

/// A server. Clones share its connections.
#[derive(Clone)]
pub struct Mysql {
    name: SourceName,
    options: MySqlConnectOptions,
    pool: Arc<Pool<Session>>,
    stale: Arc<Notify>,
    verdicts: Verdicts,
}

/// A connection and the server's thread behind it.
pub struct Session {
    pub(super) connection: MySqlConnection,
    /// The server's version: see [`super::capabilities`].
    pub(super) version: u32,
    thread: u64,
    is_mariadb: bool,
    /// How long statements may run.
    limit: Option<Duration>,
}

impl Mysql {
    /// Reads the URL; connects nothing.
    pub fn new(name: SourceName, config: &MysqlConfig) -> Result<Self, Problem> {
        let options = url::options(&config.url)?
            .set_names(false)
            .timezone(None)
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .disable_statement_logging();
        Ok(Self {
            name,
            options,
            pool: Pool::new(config.sql.max_connections),
            stale: Arc::default(),
            verdicts: Verdicts::new(),
        })
    }

    /// The database that the URL names.
    pub fn database(&self) -> Option<String> {
        self.options.get_database().map(ToOwned::to_owned)
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
        let Some(number) = number(&error) else {
            return match error {
                sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Stop::Lost(down(&self.name, error)),
                _ => failed(&self.name, error).into(),
            };
        };
        match number {
            number if LOST.contains(&number) => Stop::Lost(down(&self.name, error)),
            // No such table, column, function or right, or not as it was.
            1054 | 1142 | 1143 | 1146 | 1305 | 1356 | 1370 | 1412 | 1615 | 1932 => {
                Stop::Refused(self.changed(self.name.as_str(), error))
            }
            1365 => Stop::Refused(not_computed("division by zero", error)),
            1264 | 1690 => Stop::Refused(not_computed("a number overflowed", error)),
            _ => Stop::Refused(failed(&self.name, error)),
        }
    }

    /// What an error of a connection in the making means.
    fn unconnected(&self, error: &sqlx::Error) -> Stop {
        let options = &self.options;
        let (host, port, user) = (options.get_host(), options.get_port(), options.get_username());
        let remedy = match number(error) {
            Some(1044 | 1049) => "; look at the database of `url`, and at what the user may read",
            Some(1045 | 1130 | 1251 | 1698) => "; look at the user and the password of `url`",
            Some(1040 | 1203 | 1226) => "; lower `pool.max_connections`, or raise the server's `max_connections`",
            _ => "",
        };
        let fault = down(&self.name, format!("cannot connect to {host}:{port} as `{user}`: {error}{remedy}"));
        match number(error) {
            Some(1040 | 1203 | 1226) => Stop::Busy(fault),
            _ => Stop::Lost(fault),
        }
    }

    /// `relation` is no longer what was found: the tables are looked for again.
    fn changed(&self, relation: &str, cause: impl Display) -> Fault {
        self.stale.notify_one();
        changed(&self.name, relation, cause)
    }

    /// Prepares the statement of `scan`, which plans it.
    async fn examine(&self, scan: &Scan) -> Result<Verdict, Stop> {
        let slot = self.pool.slot().await;
        let (mut session, _) = self.session(&slot, None).await?;
        let sql = scan.statement.render(|number, bind| MysqlDialect.placeholder(number, bind));
        let verdict = match session.connection.prepare(AssertSqlSafe(sql).into_sql_str()).await {
            Ok(_) => Verdict::Accepted { rows: None },
            Err(error) => match number(&error) {
                Some(number) if !LOST.contains(&number) => {
                    Verdict::Refused("the source refuses the statement".to_owned())
                }
                _ => return Err(self.stop(error)),
            },
        };
        slot.give_back(session);
        Ok(verdict)
    }
}

impl Session {
    async fn open(options: &MySqlConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = MySqlConnection::connect_with(options).await?;
        sqlx::raw_sql(SETTINGS).execute(&mut connection).await?;
        sqlx::raw_sql("SET SESSION TRANSACTION READ ONLY").execute(&mut connection).await?;
        let (version, thread): (String, u64) =
            sqlx::query_as("SELECT VERSION(), CONNECTION_ID()").fetch_one(&mut connection).await?;
        let is_mariadb = version.contains("MariaDB");
        Ok(Self { connection, version: version_number(&version), thread, is_mariadb, limit: None })
    }

    /// Bounds the time of statements there.
    async fn set_up(&mut self, caller: &Caller) -> Result<(), sqlx::Error> {
        if self.limit == caller.timeout {
            return Ok(());
        }
        let limit = caller.timeout.unwrap_or_default();
        let set = if self.is_mariadb {
            format!("SET SESSION max_statement_time = {:.3}", limit.as_secs_f64())
        } else {
            format!("SET SESSION max_execution_time = {}", limit.as_millis().min(u32::MAX.into()))
        };
        sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut self.connection).await?;
        self.limit = caller.timeout;
        Ok(())
    }
}

/// `10.11.6-MariaDB` is 101106.
fn version_number(version: &str) -> u32 {
    let numbers = version.split(|character: char| !character.is_ascii_digit());
    let mut numbers = numbers.map(|number| number.parse::<u32>().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default().min(9999);
    next() * 10_000 + next() * 100 + next()
}

/// The number of an error that the server sent.
fn number(error: &sqlx::Error) -> Option<u16> {
    let refusal = error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?;
    Some(refusal.number())
}

/// Names the query to those who watch the server.
fn comment(caller: &Caller) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, ' ' | '.' | '_' | '-');
    let name: String = caller.query.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    format!("/* aqueduct {name} */ ")
}

#[async_trait]
impl Remote for Mysql {
    fn source(&self) -> &SourceName {
        &self.name
    }

    fn dialect(&self) -> &dyn Dialect {
        &MysqlDialect
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
impl Connector for Mysql {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        &self.pool
    }

    async fn connect(&self) -> Result<Session, Stop> {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        let silence = |_| {
            let cause = format!("cannot connect to {host}:{port}: no answer within {} s", CONNECT.as_secs());
            Stop::Lost(down(&self.name, cause))
        };
        let opened = timeout(CONNECT, Session::open(&self.options)).await.map_err(silence)?;
        opened.map_err(|error| self.unconnected(&error))
    }

    async fn abandon(&self, session: Session) {
        let cancel = async {
            let mut other = MySqlConnection::connect_with(&self.options).await?;
            let kill = format!("KILL QUERY {}", session.thread);
            sqlx::raw_sql(AssertSqlSafe(kill)).execute(&mut other).await?;
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

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        session.set_up(&job.caller).await.map_err(|error| self.stop(error))?;
        let (sql, arguments) = binds::bound(&job.scan.statement)?;
        let sql = format!("{}{sql}", comment(&job.caller));
        let steps = session.connection.fetch_many(sqlx::query_with(AssertSqlSafe(sql), arguments));
        let rows = steps.filter_map(|step| {
            std::future::ready(match step {
                Ok(Either::Right(row)) => Some(Ok(row)),
                Ok(Either::Left(_)) => None,
                Err(error) => Some(Err(self.stop(error))),
            })
        });
        pump(rows, &mut Rows::new(&job.scan)?, feed).await
    }
}

impl std::fmt::Debug for Mysql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mysql").field("name", &self.name).finish_non_exhaustive()
    }
}
