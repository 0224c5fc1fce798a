//! Many rows, by `COPY (SELECT …) TO STDOUT (FORMAT binary)`.
//!
//! The wire says nothing of types, and a table may be altered at any time. So the statement first runs as a prepared one
//! without rows: that locks its tables until the transaction ends, and says, or proves unchanged, the types that the
//! tuples will have. Nothing is read from a connection behind an error inside COPY: sqlx loses count of the server's
//! answers there, so such a connection is closed.

use futures::StreamExt;
use sqlx::{AssertSqlSafe, Column as _, Executor, SqlSafeStr, Statement as _};

use super::{
    binds,
    decode::Tuples,
    dialect::PostgresDialect,
    literal::{literal, quoted},
    parallel,
    session::{Postgres, Session},
};
use crate::{
    model::Fault,
    sources::sql::{
        Dialect, Statement,
        batch::pump,
        feed::{Caller, Feed, Job, Remote, Stop},
        pgwire::{application_name, statement_timeout},
        session::Connector,
    },
};

/// Reads the rows of `job` in a transaction of their own, by several connections if that helps.
pub async fn fetch(postgres: &Postgres, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
    let connections = job.connections.min(postgres.pool().size());
    if let Some(split) = &job.scan.split
        && connections > 1
        && parallel::can_read_parts(session)
    {
        let outcome = parallel::fetch(postgres, session, job, split, connections, feed).await;
        match end(postgres, session, outcome).await {
            // Not every server, nor every user's rights, let a table be read in parts.
            Err(Stop::Refused(fault)) if !feed.started() => {
                tracing::debug!(source = %postgres.source(), ?fault, "a table is read by one connection");
            }
            outcome => return outcome,
        }
    }
    let outcome = whole(postgres, session, job, feed).await;
    end(postgres, session, outcome).await
}

async fn whole(postgres: &Postgres, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
    // Each statement sees what was there when its tables were locked.
    begin(postgres, session, &job.caller, "READ COMMITTED", "").await?;
    let mut tuples = check(postgres, session, job).await?;
    copy(postgres, session, &job.scan.statement, "", &mut tuples, feed).await
}

/// Begins a transaction that only reads; `then` is run in it, in the same round trip.
pub(super) async fn begin(
    postgres: &Postgres,
    session: &mut Session,
    caller: &Caller,
    isolation: &str,
    then: &str,
) -> Result<(), Stop> {
    let sql = format!(
        "BEGIN ISOLATION LEVEL {isolation} READ ONLY; SET LOCAL application_name = {}; SET LOCAL statement_timeout = {}; {then}",
        quoted(&application_name(caller)),
        statement_timeout(caller),
    );
    run(postgres, session, sql).await
}

/// Ends the transaction, however it went. The connection is in step afterwards, or the outcome says that it is lost.
pub(super) async fn end(postgres: &Postgres, session: &mut Session, outcome: Result<(), Stop>) -> Result<(), Stop> {
    match outcome {
        Ok(()) => run(postgres, session, "COMMIT".to_owned()).await,
        Err(Stop::Refused(fault)) => match run(postgres, session, "ROLLBACK".to_owned()).await {
            Ok(()) => Err(Stop::Refused(fault)),
            Err(_) => Err(Stop::Failed(Stop::Refused(fault).into())),
        },
        Err(stop) => Err(stop),
    }
}

async fn run(postgres: &Postgres, session: &mut Session, sql: String) -> Result<(), Stop> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session.connection).await;
    done.map(drop).map_err(|error| postgres.stop(error))
}

/// Locks the statement's tables, and checks that its columns come in the types in which they will be read.
pub(super) async fn check<'a>(postgres: &'a Postgres, session: &mut Session, job: &'a Job) -> Result<Tuples<'a>, Stop> {
    let statement = &job.scan.statement;
    let prepared = statement.render(|number, bind| PostgresDialect.placeholder(number, bind));
    let sql = AssertSqlSafe(format!("SELECT * FROM ({prepared}) AS rows LIMIT 0")).into_sql_str();
    let values = statement.values()?;
    let arguments = binds::arguments(&values)?;
    let types = binds::types(&values)?;
    let stop = |error| postgres.stop(error);
    // A statement that this session has prepared before fails here if its types have changed since.
    sqlx::query_with(sql.clone(), arguments).execute(&mut session.connection).await.map_err(stop)?;
    let described = session.connection.prepare_with(sql, &types).await.map_err(stop)?;
    let sent = |index: usize| described.columns().get(index).and_then(|column| column.type_info().oid());
    Ok(Tuples::new(postgres, &job.scan, |index| sent(index).map_or(0, |oid| oid.0))?)
}

/// Moves the rows of `statement`, with `condition` behind it, into `feed`.
pub(super) async fn copy(
    postgres: &Postgres,
    session: &mut Session,
    statement: &Statement,
    condition: &str,
    tuples: &mut Tuples<'_>,
    feed: &mut Feed,
) -> Result<(), Stop> {
    let sql = format!("COPY ({}{condition}) TO STDOUT (FORMAT binary)", with_literals(statement)?);
    // Out of step from here on, unless the rows end well.
    let stop = |error| match postgres.stop(error) {
        Stop::Refused(fault) => Stop::from(fault),
        stop => stop,
    };
    let messages = session.connection.copy_out_raw(&sql).await.map_err(stop)?;
    tuples.restart();
    pump(messages.map(|message| message.map_err(stop)), tuples, feed).await?;
    if tuples.is_whole() { Ok(()) } else { Err(tuples.changed("a COPY ended without its trailer").into()) }
}

/// The statement's text, every value in it.
pub(super) fn with_literals(statement: &Statement) -> Result<String, Fault> {
    let mut fault = None;
    let sql = statement.render(|_, bind| {
        literal(bind).unwrap_or_else(|found| {
            fault = Some(found);
            String::new()
        })
    });
    fault.map_or(Ok(sql), Err)
}
