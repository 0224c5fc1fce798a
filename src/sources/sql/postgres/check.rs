//! Whether the server would run a statement: it is prepared and planned there, and never runs.

use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr, Statement as _};

use super::{
    binds,
    dialect::{PostgresDialect, type_name},
    literal::literal,
    session::{Postgres, Session},
};
use crate::sources::sql::{
    Dialect, Statement,
    feed::{Scan, Stop, Verdict},
    pgwire::{is_read, refusal},
    session::Connector,
};

/// What the server says of the statement of `scan`.
pub async fn check(postgres: &Postgres, scan: &Scan) -> Result<Verdict, Stop> {
    let slot = postgres.pool().slot().await;
    let (mut session, _) = postgres.session(&slot, None).await?;
    let outcome = examine(&mut session, scan).await;
    match outcome.or_else(refusal) {
        Ok(verdict) => {
            slot.give_back(session);
            Ok(verdict)
        }
        // The connection is dropped.
        Err(error) => Err(postgres.stop(error)),
    }
}

async fn examine(session: &mut Session, scan: &Scan) -> Result<Verdict, sqlx::Error> {
    let Scan { statement, schema, .. } = scan;
    let sql = AssertSqlSafe(statement.render(|number, bind| PostgresDialect.placeholder(number, bind)));
    // In the types in which values will come: the session keeps what it has prepared.
    let types = binds::expected(statement.binds());
    let prepared = session.connection.prepare_with(sql.into_sql_str(), &types).await?;
    for (field, sent) in schema.fields().iter().zip(prepared.columns()) {
        let sent = sqlx::Column::type_info(sent).oid().map_or(0, |oid| oid.0);
        if !is_read(field.data_type(), sent) {
            return Ok(Verdict::Refused(format!("the source gives `{}` in another type", field.name())));
        }
    }
    let explain = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN (FORMAT JSON) {}", sample(statement))));
    let plan = explain.fetch_one(&mut session.connection).await?;
    let is_known = statement.values().is_ok();
    let rows = plan.try_get_raw(0)?.as_str().ok().and_then(expected).filter(|_| is_known);
    Ok(Verdict::Accepted { rows })
}

/// The statement with its values, and with NULLs for those that it waits for.
fn sample(statement: &Statement) -> String {
    statement.render(|_, bind| literal(bind).unwrap_or_else(|_| format!("NULL::{}", type_name(bind))))
}

/// The rows that a plan, as `EXPLAIN (FORMAT JSON)` prints it, is expected to give.
fn expected(plan: &str) -> Option<u64> {
    let plan: serde_json::Value = serde_json::from_str(plan).ok()?;
    plan.get(0)?.get("Plan")?.get("Plan Rows")?.as_u64()
}
