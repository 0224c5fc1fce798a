//! One answer, read by several connections: each takes one part after the other.
//!
//! The parts are places of rows in a file, which is opened so that nobody, here or elsewhere, can write to it while it is
//! open: all connections to it see the same rows. Or they are what a driver has divided the answer of one statement into.
//! So the parts together are the answer. The connection that began leads: it reads parts until none is left. The others join
//! only where a slot is free at once, and leave between two parts when somebody else waits for a connection. The leader waits
//! neither for them nor for their rows.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;

use super::{
    database::Stamp,
    parts::Parts,
    session::{Adbc, Session},
};
use crate::sources::sql::{
    feed::{Feed, Job, Remote, Stop},
    pool::{Pool, Slot},
    session::{self, Connector},
};

/// Reads the rows of `job` on `session`, and by other connections.
pub async fn fetch(adbc: &Adbc, session: &mut Session, parts: Parts, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
    let parts = Arc::new(parts);
    for _ in 1..job.connections.min(parts.count()) {
        let Some(slot) = adbc.pool().try_slot() else { break };
        // From here on others may have taken parts: to begin again would give their rows twice.
        feed.start();
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
    let places = parts.places();
    if let Some(places) = places {
        adbc.set(session, places.before).await?;
    }
    let mut outcome = Ok(());
    while outcome.is_ok() && goes_on() {
        let Some(part) = parts.next() else { break };
        outcome = adbc.read(session, job, part, feed).await;
    }
    // A connection that is abandoned needs no more.
    if let (Some(places), Ok(()) | Err(Stop::Refused(_))) = (places, &outcome) {
        adbc.set(session, places.after).await?;
    }
    outcome
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
