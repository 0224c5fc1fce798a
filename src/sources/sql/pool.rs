//! Connections to one source: at most so many, kept for the next statement when they are sound.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A connection that nobody used for so long is not used again: what stands between may have forgotten it.
const STALE: Duration = Duration::from_mins(5);

/// The slots of one source and the idle connections among them.
pub struct Pool<C> {
    slots: Arc<Semaphore>,
    idle: Mutex<Vec<(C, Instant)>>,
    waiting: AtomicUsize,
    size: usize,
}

/// The right to hold one connection. Dropping it gives the right back, not a connection.
pub struct Slot<C> {
    pool: Arc<Pool<C>>,
    _permit: OwnedSemaphorePermit,
}

impl<C> Pool<C> {
    /// At most `max_connections`, at least one.
    pub fn new(max_connections: u32) -> Arc<Self> {
        let size =
            usize::try_from(max_connections.max(1)).map_or(Semaphore::MAX_PERMITS, |n| n.min(Semaphore::MAX_PERMITS));
        let slots = Arc::new(Semaphore::new(size));
        Arc::new(Self { slots, idle: Mutex::default(), waiting: AtomicUsize::new(0), size })
    }

    /// The most connections that there may be.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Waits, in order of arrival, until a connection may be held.
    pub async fn slot(self: &Arc<Self>) -> Slot<C> {
        let slots = Arc::clone(&self.slots);
        let permit = if let Ok(permit) = Arc::clone(&slots).try_acquire_owned() {
            permit
        } else {
            let _waiting = Waiting::new(&self.waiting);
            slots.acquire_owned().await.expect("the semaphore is never closed")
        };
        Slot { pool: Arc::clone(self), _permit: permit }
    }

    /// The right to hold a connection, if nobody has to wait for it.
    pub fn try_slot(self: &Arc<Self>) -> Option<Slot<C>> {
        let permit = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        Some(Slot { pool: Arc::clone(self), _permit: permit })
    }

    /// Is anyone waiting for a slot?
    pub fn is_contended(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(C, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Slot<C> {
    /// An idle connection: of those that `suits`, or else of all, the one that was used last.
    pub fn take_idle(&self, suits: impl Fn(&C) -> bool) -> Option<C> {
        let mut idle = self.pool.idle();
        // Sorted by time: what is stale stands at the front.
        let fresh = idle.partition_point(|(_, since)| since.elapsed() >= STALE);
        let stale: Vec<_> = idle.drain(..fresh).collect();
        let last = idle.iter().rposition(|(connection, _)| suits(connection)).or(idle.len().checked_sub(1));
        let connection = last.map(|index| idle.remove(index).0);
        drop(idle);
        drop(stale);
        connection
    }

    /// Keeps a sound connection for the next statement.
    pub fn give_back(self, connection: C) {
        self.pool.idle().push((connection, Instant::now()));
    }
}

impl<C> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("free", &self.slots.available_permits()).finish_non_exhaustive()
    }
}

/// Counts a waiter for as long as it lives, also when its wait is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
