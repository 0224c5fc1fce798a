//! One table of a file, read by several connections: each takes one part after the other, by the places of its rows.
//!
//! A file is opened so that nobody, here or elsewhere, can write to it while it is open. So all connections to it see the
//! same rows, and the parts together are the table. The connection that began leads: it reads parts until none is left. The
//! others join only where a slot is free at once, and leave between two parts when somebody else waits for a connection. The
//! leader waits neither for them nor for their rows.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_trait::async_trait;

use super::{
    database::Stamp,
    session::{Adbc, Session},
};
use crate::sources::sql::{
    feed::{Feed, Job, Remote, Stop},
    pool::{Pool, Slot},
    session::{self, Connector},
};

/// More parts than these are larger instead.
const MOST_PARTS: u64 = 64;

/// How the tables of a system are read in parts.
#[derive(Clone, Copy, Debug)]
pub struct Division {
    /// The column that has the places of a table's rows, counted from zero.
    pub place: &'static str,
    /// Rows of a part, or of one of several that make a part.
    pub rows: u64,
    /// Run on a connection before its first part: the rows of a part need no order. Where this fails, they have one.
    pub before: &'static str,
    /// Run after its last.
    pub after: &'static str,
}

/// The parts of one table.
pub struct Parts {
    division: Division,
    /// About how many rows the table has. The last part has no end.
    rows: u64,
    /// Rows of a part.
    size: u64,
    taken: AtomicU64,
}

impl Parts {
    /// `None` if the table of `job` is too small, or only some of its rows are read: the system may find those at once.
    pub fn of(division: Division, job: &Job) -> Option<Arc<Self>> {
        let is_whole = job.scan.split.as_ref().is_some_and(|split| !split.is_filtered);
        let rows = job.scan.estimated_rows.filter(|rows| is_whole && *rows >= 2 * division.rows)?;
        Some(Arc::new(Self::new(division, rows)))
    }

    fn new(division: Division, rows: u64) -> Self {
        let size = (rows / MOST_PARTS).next_multiple_of(division.rows).max(division.rows);
        Self { division, rows, size, taken: AtomicU64::new(0) }
    }

    /// The condition that chooses the next part.
    fn next(&self) -> Option<String> {
        let first = self.taken.fetch_add(self.size, Ordering::Relaxed);
        if first >= self.rows {
            return None;
        }
        let (place, next) = (self.division.place, first + self.size);
        let below = if next < self.rows { format!(" AND {place} < {next}") } else { String::new() };
        Some(format!(" WHERE {place} >= {first}{below}"))
    }
}

/// Reads the rows of `job` on `session`, and by other connections.
pub async fn fetch(
    adbc: &Adbc,
    session: &mut Session,
    parts: Arc<Parts>,
    job: &Job,
    feed: &mut Feed,
) -> Result<(), Stop> {
    // From here on others may have taken parts: to begin again would give their rows twice.
    feed.start();
    for _ in 1..job.connections {
        let Some(slot) = adbc.pool().try_slot() else { break };
        let (adbc, parts) = (adbc.clone(), Arc::clone(&parts));
        let helper = Helper { adbc, parts, stamp: session.stamp(), has_joined: AtomicBool::new(false) };
        let job = job.clone();
        feed.fork(|feed| helper.run(slot, job, feed));
    }
    read(adbc, session, &parts, job, feed, || true).await
}

/// Reads one part after the other, while `goes_on`.
async fn read(
    adbc: &Adbc,
    session: &mut Session,
    parts: &Parts,
    job: &Job,
    feed: &mut Feed,
    goes_on: impl Fn() -> bool,
) -> Result<(), Stop> {
    adbc.set(session, parts.division.before).await?;
    while goes_on() {
        let Some(condition) = parts.next() else { break };
        if let Err(stop) = adbc.read(session, job, &condition, feed).await {
            // A connection that is abandoned needs no more.
            if matches!(stop, Stop::Refused(_)) {
                adbc.set(session, parts.division.after).await?;
            }
            return Err(stop);
        }
    }
    adbc.set(session, parts.division.after).await
}

/// A connection that reads parts beside the leader's.
struct Helper {
    adbc: Adbc,
    parts: Arc<Parts>,
    /// The file that the leader reads.
    stamp: Option<Stamp>,
    /// May it have taken a part? Before that nothing is missing if it fails.
    has_joined: AtomicBool,
}

impl Helper {
    async fn run(self, slot: Slot<Session>, job: Job, mut feed: Feed) {
        let outcome = session::run_in(slot, &self, &job, &mut feed).await;
        let outcome = match outcome {
            Err(stop) if !self.has_joined.load(Ordering::Relaxed) => {
                tracing::debug!(source = %self.adbc.source(), ?stop, "a table is read by one connection less");
                Ok(())
            }
            outcome => outcome,
        };
        feed.finish(outcome).await;
    }
}

#[async_trait]
impl Connector for Helper {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        self.adbc.pool()
    }

    async fn connect(&self) -> Result<Session, Stop> {
        self.adbc.connect().await
    }

    async fn session(&self, slot: &Slot<Session>, job: Option<&Job>) -> Result<(Session, bool), Stop> {
        self.adbc.session(slot, job).await
    }

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        // A file that has been replaced since is another one.
        if session.stamp() != self.stamp {
            return Ok(());
        }
        self.has_joined.store(true, Ordering::Relaxed);
        read(&self.adbc, session, &self.parts, job, feed, || !self.adbc.is_contended()).await
    }

    async fn abandon(&self, session: Session) {
        self.adbc.abandon(session).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_table() {
        let division = Division { place: "rowid", rows: 100, before: "", after: "" };
        let parts = |rows| {
            let parts = Parts::new(division, rows);
            std::iter::from_fn(move || parts.next()).collect::<Vec<_>>()
        };
        let [first, second] = [" WHERE rowid >= 0 AND rowid < 100", " WHERE rowid >= 100 AND rowid < 200"];
        assert_eq!(parts(201), [first, second, " WHERE rowid >= 200"]);
        // There may be more rows than is thought.
        assert_eq!(parts(200), [first, " WHERE rowid >= 100"]);
        let many = parts(1_000_000);
        assert_eq!(many.len(), 64);
        assert_eq!(many[63], " WHERE rowid >= 989100");
    }
}
