//! One table, read by several connections: each takes one part after the other, by the place of its rows (`ctid`), and
//! all see the table as one exported snapshot shows it.
//!
//! The connection that began leads: it exports its snapshot and reads parts itself until none is left. The others join
//! only where a slot and the table's lock are free at once, and leave between two parts when somebody else waits for a
//! connection. The leader never waits for them: not for their connections, and not for their rows.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Row, ValueRef};

use super::{
    copy::{begin, check, copy, end, with_literals},
    literal::quoted,
    session::{Postgres, Session},
};
use crate::{
    model::Fault,
    sources::sql::{
        failure::failed,
        feed::{Feed, Job, Remote, Split, Stop},
        pool::{Pool, Slot},
        session::{self, Connector},
    },
};

/// Blocks of one part: 32 MiB of the usual 8 KiB.
const PART: u64 = 4096;
/// From this version on the server finds the rows of a part without reading the others.
const TID_RANGE_SCANS: u32 = 140_000;

/// Can the server read a part of a table at the cost of a part?
pub fn can_read_parts(session: &Session) -> bool {
    session.connection.server_version_num().is_some_and(|version| version >= TID_RANGE_SCANS)
}

/// Reads the rows of `job` by at most so many `connections`, in the transaction that this begins. Refused before
/// [`Feed::started`], they may still be read by one.
pub async fn fetch(
    postgres: &Postgres,
    session: &mut Session,
    job: &Job,
    split: &Split,
    connections: usize,
    feed: &mut Feed,
) -> Result<(), Stop> {
    // The lock comes before the snapshot: a table that was rewritten between them would look empty.
    let lock = format!("LOCK TABLE {} IN ACCESS SHARE MODE", split.table);
    begin(postgres, session, &job.caller, "REPEATABLE READ", &lock).await?;
    let mut tuples = check(postgres, session, job).await?;
    let Some(parts) = Parts::of(postgres, session, job, split).await? else {
        return copy(postgres, session, &job.scan.statement, "", &mut tuples, feed).await;
    };
    let parts = Arc::new(parts);
    // From here on others may have taken parts: to begin again would give their rows twice.
    feed.start();
    for _ in 1..connections {
        let Some(slot) = postgres.pool().try_slot() else { break };
        let helper =
            Helper { postgres: postgres.clone(), parts: Arc::clone(&parts), has_joined: AtomicBool::new(false) };
        let job = job.clone();
        feed.fork(|feed| helper.run(slot, job, feed));
    }
    while let Some(condition) = parts.next(split) {
        copy(postgres, session, &job.scan.statement, &condition, &mut tuples, feed).await?;
    }
    Ok(())
}

/// The parts of one table in one snapshot.
struct Parts {
    snapshot: String,
    blocks: u64,
    taken: AtomicU64,
}

impl Parts {
    /// `None` if the table is too small, if tables inherit from it (they may be foreign, or of a kind whose rows have no
    /// places), or if the server would not read it from end to end anyway.
    async fn of(postgres: &Postgres, session: &mut Session, job: &Job, split: &Split) -> Result<Option<Self>, Stop> {
        // A server that has no sizes or snapshots, or not for this user, has not changed its tables.
        let stop = |error| match error {
            sqlx::Error::Database(_) => Stop::Refused(failed(postgres.source(), error)),
            error => postgres.stop(error),
        };
        let blocks: Option<i64> = sqlx::query_scalar(
            "SELECT pg_relation_size(oid) / current_setting('block_size')::int8 FROM pg_class \
             WHERE oid = $1::text::regclass AND NOT relhassubclass",
        )
        .bind(&split.table)
        .fetch_optional(&mut session.connection)
        .await
        .map_err(stop)?;
        let blocks = blocks.and_then(|blocks| u64::try_from(blocks).ok()).unwrap_or_default();
        if blocks < 2 * PART || (split.is_filtered && !is_read_whole(postgres, session, job).await?) {
            return Ok(None);
        }
        let snapshot = sqlx::query_scalar("SELECT pg_export_snapshot()").fetch_one(&mut session.connection).await;
        Ok(Some(Self { snapshot: snapshot.map_err(stop)?, blocks, taken: AtomicU64::new(0) }))
    }

    /// The condition that chooses the next part. Together the parts are the whole table.
    fn next(&self, split: &Split) -> Option<String> {
        let first = self.taken.fetch_add(PART, Ordering::Relaxed);
        if first >= self.blocks {
            return None;
        }
        let joint = if split.is_filtered { "AND" } else { "WHERE" };
        let below = match first + PART {
            next if next < self.blocks => format!(" AND ctid < '({next},0)'::tid"),
            _ => String::new(),
        };
        Some(format!(" {joint} ctid >= '({first},0)'::tid{below}"))
    }
}

/// Would the server read the whole table for this statement? With an index, reading parts would ask it for each part.
async fn is_read_whole(postgres: &Postgres, session: &mut Session, job: &Job) -> Result<bool, Stop> {
    let sql = format!("EXPLAIN (FORMAT JSON) {}", with_literals(&job.scan.statement)?);
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(&mut session.connection).await;
    let row = row.map_err(|error| postgres.stop(error))?;
    let value = row.try_get_raw(0).map_err(Fault::internal)?;
    if value.is_null() {
        return Ok(false);
    }
    let plan: serde_json::Value =
        serde_json::from_str(value.as_str().map_err(Fault::internal)?).map_err(Fault::internal)?;
    let mut node = &plan[0]["Plan"];
    while node["Node Type"] == "Gather" {
        node = &node["Plans"][0];
    }
    Ok(node["Node Type"] == "Seq Scan")
}

/// A connection that reads parts beside the leader's.
struct Helper {
    postgres: Postgres,
    parts: Arc<Parts>,
    /// Has it seen the snapshot? Before that it has taken no part, and nothing is missing if it fails.
    has_joined: AtomicBool,
}

impl Helper {
    async fn run(self, slot: Slot<Session>, job: Job, mut feed: Feed) {
        let outcome = session::run_in(slot, &self, &job, &mut feed).await;
        let outcome = match outcome {
            Err(stop) if !self.has_joined.load(Ordering::Relaxed) => {
                tracing::debug!(source = %self.postgres.source(), ?stop, "a table is read by one connection less");
                Ok(())
            }
            outcome => outcome,
        };
        feed.finish(outcome).await;
    }

    async fn read(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        let Some(split) = &job.scan.split else { return Ok(()) };
        // Whoever waits to alter the table waits for the leader, and the consumer would wait for all three.
        let join = format!(
            "SET TRANSACTION SNAPSHOT {}; LOCK TABLE {} IN ACCESS SHARE MODE NOWAIT",
            quoted(&self.parts.snapshot),
            split.table
        );
        begin(&self.postgres, session, &job.caller, "REPEATABLE READ", &join).await?;
        let mut tuples = check(&self.postgres, session, job).await?;
        self.has_joined.store(true, Ordering::Relaxed);
        while !self.postgres.is_contended() {
            let Some(condition) = self.parts.next(split) else { break };
            copy(&self.postgres, session, &job.scan.statement, &condition, &mut tuples, feed).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Connector for Helper {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        self.postgres.pool()
    }

    async fn connect(&self) -> Result<Session, Stop> {
        self.postgres.connect().await
    }

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        let outcome = self.read(session, job, feed).await;
        end(&self.postgres, session, outcome).await
    }

    async fn abandon(&self, session: Session) {
        self.postgres.abandon(session).await;
    }
}
