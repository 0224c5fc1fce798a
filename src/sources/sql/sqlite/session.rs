//! Connections to a `SQLite` file and the statements that run on them.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{Days, NaiveDate};
use datafusion::{arrow::array::Array, scalar::ScalarValue};
use futures::StreamExt;
use serde_json::Value;
use sqlx::{
    Arguments, AssertSqlSafe, ConnectOptions, Connection, Either, Executor, SqlSafeStr, SqliteConnection,
    sqlite::{SqliteArguments, SqliteConnectOptions},
};
use tokio::time::timeout;

use super::{decode::Rows, dialect::SqliteDialect};
use crate::{
    model::{Fault, SourceName},
    sources::sql::{
        Dialect,
        batch::pump,
        failure::{down, failed, not_computed},
        feed::{Feed, Job, Remote, Scan, Stop, Verdict},
        pool::Pool,
        session::{self, Connector},
        verdicts::Verdicts,
    },
};

/// Connections to one file. Each is a thread.
const MAX_CONNECTIONS: u32 = 4;
/// A statement looks so often, in steps of the virtual machine, whether it is still wanted.
const STEPS: i32 = 4096;
/// A file that cannot be opened, or closed, in so long is given up.
const PATIENCE: Duration = Duration::from_secs(5);
/// Rows that the thread may be ahead.
const ROWS_AHEAD: usize = 256;

/// One database file.
pub struct Sqlite {
    name: SourceName,
    options: SqliteConnectOptions,
    pool: Arc<Pool<Session>>,
    verdicts: Verdicts,
}

/// A connection and the switch that stops what it runs.
pub struct Session {
    pub(super) connection: SqliteConnection,
    unwanted: Arc<AtomicBool>,
}

impl Sqlite {
    /// Opens nothing.
    pub fn new(name: SourceName, path: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .create_if_missing(false)
            .pragma("query_only", "ON")
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        Self { name, options, pool: Pool::new(MAX_CONNECTIONS), verdicts: Verdicts::new() }
    }

    /// Forgets what was said of statements: the tables are looked at anew.
    pub fn forget_verdicts(&self) {
        self.verdicts.forget();
    }

    /// Prepares the statement of `scan`, which plans it.
    async fn examine(&self, scan: &Scan) -> Result<Verdict, Stop> {
        let slot = self.pool.slot().await;
        let (mut session, _) = self.session(&slot, None).await?;
        let sql = scan.statement.render(|number, bind| SqliteDialect.placeholder(number, bind));
        let verdict = match session.connection.prepare(AssertSqlSafe(sql).into_sql_str()).await {
            Ok(_) => Verdict::Accepted { rows: None },
            Err(sqlx::Error::Database(_)) => Verdict::Refused("the source refuses the statement".to_owned()),
            Err(error) => return Err(self.stop(error)),
        };
        slot.give_back(session);
        Ok(verdict)
    }

    /// What an error of a running statement means.
    pub fn stop(&self, error: sqlx::Error) -> Stop {
        match &error {
            sqlx::Error::WorkerCrashed => Stop::Lost(down(&self.name, error)),
            // Its only error of this text, which has no code of its own: a sum that leaves 64 bits.
            sqlx::Error::Database(refusal) if refusal.message() == "integer overflow" => {
                not_computed("a number overflowed", error).into()
            }
            _ => failed(&self.name, error).into(),
        }
    }
}

#[async_trait]
impl Remote for Sqlite {
    fn source(&self) -> &SourceName {
        &self.name
    }

    fn dialect(&self) -> &dyn Dialect {
        &SqliteDialect
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
impl Connector for Sqlite {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        &self.pool
    }

    async fn connect(&self) -> Result<Session, Stop> {
        let unwanted = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&unwanted);
        let connect = async {
            let mut connection = SqliteConnection::connect_with(&self.options).await?;
            connection.lock_handle().await?.set_progress_handler(STEPS, move || !seen.load(Ordering::Relaxed));
            Ok::<_, sqlx::Error>(Session { connection, unwanted })
        };
        match timeout(PATIENCE, connect).await {
            Ok(connected) => connected.map_err(|error| Stop::Lost(down(&self.name, error))),
            Err(elapsed) => Err(Stop::Lost(down(&self.name, elapsed))),
        }
    }

    async fn abandon(&self, session: Session) {
        session.unwanted.store(true, Ordering::Relaxed);
        match timeout(PATIENCE, session.connection.close_hard()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(source = %self.name, %error, "a connection did not close"),
            Err(_) => tracing::warn!(source = %self.name, "a connection did not close in time"),
        }
    }

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        let statement = &job.scan.statement;
        let arguments = arguments(&statement.values()?)?;
        let sql = AssertSqlSafe(statement.render(|number, bind| SqliteDialect.placeholder(number, bind)));
        let mut ended = false;
        #[expect(deprecated, reason = "only here does the end of a statement show apart from the end of its thread")]
        let events = sqlx::query_with(sql, arguments).fetch_many(&mut session.connection);
        let rows = events.filter_map(|event| {
            let row = match event {
                Ok(Either::Right(row)) => Some(Ok(row)),
                Ok(Either::Left(_)) => {
                    ended = true;
                    None
                }
                Err(error) => Some(Err(self.stop(error))),
            };
            std::future::ready(row)
        });
        pump(rows, &mut Rows::new(&job.scan)?, feed).await?;
        if ended { Ok(()) } else { Err(failed(&self.name, "the statement broke off").into()) }
    }
}

/// The arguments of a statement. A bind of a type that no predicate uses is a defect of ours.
fn arguments(binds: &[&ScalarValue]) -> Result<SqliteArguments, Fault> {
    let mut arguments = SqliteArguments::default();
    for bind in binds {
        let added = match bind {
            value if value.is_null() => arguments.add(None::<i64>),
            ScalarValue::Boolean(Some(value)) => arguments.add(i64::from(*value)),
            ScalarValue::Int32(Some(value)) => arguments.add(*value),
            ScalarValue::Int64(Some(value)) => arguments.add(*value),
            ScalarValue::Float64(Some(value)) => arguments.add(*value),
            ScalarValue::Utf8(Some(value)) => arguments.add(value.clone()),
            ScalarValue::Binary(Some(value)) => arguments.add(value.clone()),
            ScalarValue::Date32(Some(days)) => arguments.add(iso(*days)),
            ScalarValue::List(list) => arguments.add(json(list.value(0).as_ref())?),
            other => Err(format!("a value of type {} cannot be bound in SQLite", other.data_type()).into()),
        };
        added.map_err(Fault::internal)?;
    }
    Ok(arguments)
}

/// The values as a JSON array, each in the form in which it is stored.
fn json(values: &dyn Array) -> Result<String, Fault> {
    let value = |index| match ScalarValue::try_from_array(values, index).map_err(Fault::internal)? {
        ScalarValue::Boolean(Some(value)) => Ok(Value::from(u8::from(value))),
        ScalarValue::Int64(Some(value)) => Ok(Value::from(value)),
        ScalarValue::Utf8(Some(value)) => Ok(Value::from(value)),
        ScalarValue::Date32(Some(days)) => Ok(Value::from(iso(days))),
        other => Err(Fault::internal(format!("a value of type {} is in no list in SQLite", other.data_type()))),
    };
    Ok(Value::Array((0..values.len()).map(value).collect::<Result<_, _>>()?).to_string())
}

/// `YYYY-MM-DD`, the form in which dates are stored.
fn iso(days: i32) -> Option<String> {
    let (epoch, distance) = (NaiveDate::default(), Days::new(u64::from(days.unsigned_abs())));
    let day = if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) };
    day.map(|day| day.format("%Y-%m-%d").to_string())
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite").field("name", &self.name).finish_non_exhaustive()
    }
}
