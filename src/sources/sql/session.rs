//! One statement on one pooled connection, the same for every member: a slot, a connection, its rows, and a sound end.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    feed::{Feed, Job, Stop},
    pool::{Pool, Slot},
};

/// After the first attempt, so many more.
const ATTEMPTS: u32 = 4;
/// The longest pause before the second attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// A system whose connections are pooled.
#[async_trait]
pub trait Connector: Send + Sync {
    /// A connection, and what ends a statement on it.
    type Session: Send + 'static;

    /// The connections there may be.
    fn pool(&self) -> &Arc<Pool<Self::Session>>;

    /// A new connection.
    async fn connect(&self) -> Result<Self::Session, Stop>;

    /// Is `session` one that runs `job` without further ado?
    fn suits(&self, _session: &Self::Session, _job: &Job) -> bool {
        true
    }

    /// Runs `job` and pushes its rows into `feed`.
    async fn fetch(&self, session: &mut Self::Session, job: &Job, feed: &mut Feed) -> Result<(), Stop>;

    /// Ends what `session` runs, and the session. When this returns, the system has been told.
    async fn abandon(&self, session: Self::Session);

    /// An idle connection, if possible one that suits `job`, or a new one. True if it has been used before.
    async fn session(&self, slot: &Slot<Self::Session>, job: Option<&Job>) -> Result<(Self::Session, bool), Stop> {
        match slot.take_idle(|session| job.is_none_or(|job| self.suits(session, job))) {
            Some(session) => Ok((session, true)),
            None => Ok((self.connect().await?, false)),
        }
    }
}

/// Runs `job` for as long as somebody reads its rows. A connection that was left in the middle is never used again.
pub(super) async fn run<C: Connector>(connector: &C, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
    let gone = feed.gone();
    tokio::pin!(gone);
    let slot = tokio::select! {
        slot = connector.pool().slot() => slot,
        () = &mut gone => return Err(Stop::Gone),
    };
    run_in(slot, connector, job, feed).await
}

/// The same in a slot that is held already.
pub(super) async fn run_in<C: Connector>(
    slot: Slot<C::Session>,
    connector: &C,
    job: &Job,
    feed: &mut Feed,
) -> Result<(), Stop> {
    let gone = feed.gone();
    tokio::pin!(gone);
    let mut pauses = Pauses::default();
    // The connection that was told to wait.
    let mut kept = None;
    loop {
        // Not broken off: the system makes the connection either way, and it would not be counted.
        let (mut session, reused) = match kept.take() {
            Some(session) => (session, true),
            None => match connector.session(&slot, Some(job)).await {
                Err(Stop::Busy(fault)) => {
                    pauses.wait(Stop::Busy(fault), feed.gone()).await?;
                    continue;
                }
                session => session?,
            },
        };
        if feed.is_gone() {
            slot.give_back(session);
            return Err(Stop::Gone);
        }
        let outcome = tokio::select! {
            outcome = connector.fetch(&mut session, job, feed) => outcome,
            () = &mut gone => Err(Stop::Gone),
        };
        match outcome {
            Ok(()) | Err(Stop::Refused(_)) => slot.give_back(session),
            Err(stop @ Stop::Busy(_)) if !feed.started() => {
                if let Err(stop) = pauses.wait(stop, feed.gone()).await {
                    slot.give_back(session);
                    return Err(stop);
                }
                kept = Some(session);
                continue;
            }
            // It died while it was idle: nothing was read.
            Err(Stop::Lost(_)) if reused && !feed.started() => continue,
            Err(Stop::Lost(_) | Stop::Busy(_)) => {}
            Err(_) => connector.abandon(session).await,
        }
        return outcome;
    }
}

/// The pauses between attempts: each up to twice as long as the last, and of a length that nobody else has, so that those
/// who were sent away together do not come back together.
#[derive(Default)]
pub(super) struct Pauses(u32);

impl Pauses {
    /// Waits before the next attempt, unless nobody waits any more: then `gone` completes.
    ///
    /// # Errors
    /// `stop` when there were enough, or the news that nobody waits any more.
    pub(super) async fn wait(&mut self, stop: Stop, gone: impl Future<Output = ()>) -> Result<(), Stop> {
        if self.0 == ATTEMPTS {
            return Err(stop);
        }
        let longest = FIRST_PAUSE * 2_u32.pow(self.0);
        self.0 += 1;
        tokio::select! {
            () = tokio::time::sleep(jittered(longest)) => Ok(()),
            () = gone => Err(Stop::Gone),
        }
    }
}

/// A time between half of `longest` and all of it.
pub(super) fn jittered(longest: Duration) -> Duration {
    let share = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
    longest.mul_f64(0.5 + share / 2.0)
}
