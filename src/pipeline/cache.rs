//! What is kept for others who ask the same: results, and bodies that were encoded from them, together bounded in bytes.
//! One run serves everybody who asks while it is under way, and goes on when the first of them leaves.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant as StdInstant},
};

use bytes::Bytes;
use moka::Expiry;
use tokio::sync::watch;

use super::{
    entry::{Entry, Given, Lease},
    page::End,
};
use crate::{
    catalog::Query,
    model::{Fault, QueryName, SourceName},
};

/// SHA-256 over all that a run depends on: the query, what it reads, the values, the view and the part that is wanted.
pub(super) type Key = [u8; 32];

/// What an entry takes besides its rows or bytes, about.
const OVERHEAD: usize = 512;

/// Results and bodies that are kept, and the runs that are under way.
#[derive(Debug)]
pub(super) struct Cache {
    kept: moka::sync::Cache<Slot, Kept>,
    flights: Mutex<HashMap<Key, Flight>>,
    next: AtomicU64,
}

/// A run that is under way.
#[derive(Debug)]
struct Flight {
    number: u64,
    query: Arc<Query>,
    outcome: Outcome,
}

/// What will have come of a run, for everybody who waits.
pub(super) type Outcome = watch::Receiver<Option<Result<Landed, Fault>>>;

/// What there is to wait for.
#[derive(Debug)]
pub(super) enum Joined {
    /// Nothing: a new result is there.
    There(Arc<Entry>),
    /// A run; and whether this caller began it.
    Run(Outcome, bool),
}

/// A run that gave a result.
#[derive(Clone, Debug)]
pub(super) struct Landed {
    pub entry: Arc<Entry>,
    /// Is it kept? Not if it was invalidated while it ran.
    pub stored: bool,
}

/// A body that was encoded once and can be sent again.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// As it is sent.
    pub body: Bytes,
    /// The strong entity tag, with its quotes.
    pub tag: String,
    /// How many rows it holds.
    pub rows: u64,
    /// How it ends, for a page.
    pub end: Option<End>,
    /// How many rows the whole result has, where that was asked for.
    pub total: Option<u64>,
}

/// Names a body.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct BodyKey {
    /// The number of the entry that it was encoded from.
    pub entry: u64,
    /// The fingerprint of the grant: cursors in it are the caller's own.
    pub grant: [u8; 32],
    /// Limit, rows left out, whether all are counted. None: the whole result.
    pub window: Option<(usize, u64, bool)>,
    /// Format, options and coding, as the door writes them.
    pub representation: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Result(Key),
    Body(BodyKey),
}

#[derive(Clone, Debug)]
enum Kept {
    Result(Arc<Entry>),
    Body(Arc<Encoded>, Lease),
}

/// What results are invalidated by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A query; without a version, all of its versions.
    Query(QueryName, Option<u32>),
    /// A source that they were read from.
    Source(SourceName),
    /// A tag of their query.
    Tag(String),
}

impl Target {
    /// Is `query` meant?
    pub(super) fn means(&self, query: &Query) -> bool {
        match self {
            Self::Query(name, version) => query.name == *name && version.is_none_or(|version| query.version == version),
            Self::Source(source) => query.sources.contains_key(source),
            Self::Tag(tag) => query.cache.as_ref().is_some_and(|cache| cache.tags.contains(tag)),
        }
    }
}

impl Cache {
    /// An empty one for so many bytes.
    pub fn new(memory: usize) -> Self {
        let kept = moka::sync::Cache::builder()
            .max_capacity(memory as u64)
            .weigher(|slot: &Slot, kept: &Kept| u32::try_from(slot.bytes() + kept.bytes()).unwrap_or(u32::MAX))
            .expire_after(Life)
            .build();
        Self { kept, flights: Mutex::default(), next: AtomicU64::new(0) }
    }

    /// A number that was not given before.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The result that is kept under `key`.
    pub fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        match self.kept.get(&Slot::Result(*key)) {
            Some(Kept::Result(entry)) => Some(entry),
            _ => None,
        }
    }

    /// The body that is kept under `key`.
    pub fn body(&self, key: BodyKey) -> Option<Arc<Encoded>> {
        match self.kept.get(&Slot::Body(key)) {
            Some(Kept::Body(body, _)) => Some(body),
            _ => None,
        }
    }

    /// Keeps a body under the lease of the entry that it was encoded from.
    pub fn keep_body(&self, key: BodyKey, body: Arc<Encoded>, lease: Lease) {
        self.kept.insert(Slot::Body(key), Kept::Body(body, lease));
        self.kept.run_pending_tasks();
    }

    /// Puts `new` in the place of `old`, if that is still there.
    pub fn replace(&self, key: &Key, old: &Arc<Entry>, new: &Arc<Entry>) {
        let _flights = self.flights();
        if self.get(key).is_some_and(|kept| Arc::ptr_eq(&kept, old)) {
            self.insert(key, new);
        }
    }

    /// Forgets what is under `key` if `is_useless`.
    pub fn forget(&self, key: &Key, is_useless: impl Fn(&Entry) -> bool) {
        let _flights = self.flights();
        if self.get(key).is_some_and(|kept| is_useless(&kept)) {
            self.kept.invalidate(&Slot::Result(*key));
        }
    }

    /// Joins the run for `key` that is under way, or begins `run`, unless another result than `known` is there by now.
    pub fn join<R>(
        self: &Arc<Self>,
        key: Key,
        known: Option<&Arc<Entry>>,
        query: &Arc<Query>,
        run: impl FnOnce() -> R,
    ) -> Joined
    where
        R: Future<Output = Result<Entry, Fault>> + Send + 'static,
    {
        let mut flights = self.flights();
        if let Some(flight) = flights.get(&key) {
            return Joined::Run(flight.outcome.clone(), false);
        }
        // A run may have landed since the caller looked.
        if let Some(entry) = self.get(&key).filter(|kept| known.is_none_or(|known| known.number != kept.number)) {
            return Joined::There(entry);
        }
        let (sender, outcome) = watch::channel(None);
        let number = self.number();
        flights.insert(key, Flight { number, query: Arc::clone(query), outcome: outcome.clone() });
        let (cache, run) = (Arc::clone(self), tokio::spawn(run()));
        tokio::spawn(async move {
            // A run that panics has an outcome too.
            let result = run.await.unwrap_or_else(|error| Err(Fault::internal(error)));
            let landed = cache.land(&key, number, result);
            if let (Err(fault), 0) = (&landed, sender.receiver_count()) {
                let cause = fault.internal.as_deref().unwrap_or(&fault.detail);
                tracing::warn!(code = fault.code.as_str(), cause, "a run that nobody waits for failed");
            }
            // Those who wanted to know may have left.
            let _ = sender.send(Some(landed));
        });
        Joined::Run(outcome, true)
    }

    /// Keeps the result of a run, unless it was invalidated meanwhile. Faults are not kept.
    fn land(&self, key: &Key, number: u64, result: Result<Entry, Fault>) -> Result<Landed, Fault> {
        let mut flights = self.flights();
        let is_wanted = flights.get(key).is_some_and(|flight| flight.number == number);
        if is_wanted {
            flights.remove(key);
        }
        let entry = Arc::new(result?);
        let stored = is_wanted && self.insert(key, &entry);
        Ok(Landed { entry, stored })
    }

    /// Is it kept? There may be no room, or others may be wanted more.
    fn insert(&self, key: &Key, entry: &Arc<Entry>) -> bool {
        let slot = Slot::Result(*key);
        self.kept.insert(slot.clone(), Kept::Result(Arc::clone(entry)));
        // Large results would pile up until it gets to it by itself.
        self.kept.run_pending_tasks();
        self.kept.contains_key(&slot)
    }

    /// Forgets the results that `target` means, and those that are being made. How many there were.
    pub fn invalidate(&self, target: &Target) -> u64 {
        let mut flights = self.flights();
        flights.retain(|_, flight| !target.means(&flight.query));
        let mut count = 0;
        for (slot, kept) in &self.kept {
            if target.means(&kept.lease().query) {
                count += u64::from(matches!(kept, Kept::Result(_)));
                self.kept.invalidate(&*slot);
            }
        }
        count
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<Key, Flight>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn bytes(&self) -> usize {
        match self {
            Self::Result(_) => size_of::<Self>(),
            Self::Body(key) => size_of::<Self>() + key.representation.len(),
        }
    }
}

impl Kept {
    fn lease(&self) -> &Lease {
        match self {
            Self::Result(entry) => &entry.lease,
            Self::Body(_, lease) => lease,
        }
    }

    fn bytes(&self) -> usize {
        let bytes = match self {
            Self::Result(entry) => match &entry.rows {
                Given::Rows(made) => made.head().get_array_memory_size(),
                Given::Count(_) => 0,
            },
            Self::Body(body, _) => {
                let cursor = body.end.as_ref().and_then(|end| end.cursor.as_ref()).map_or(0, String::len);
                body.body.len() + body.tag.len() + cursor
            }
        };
        bytes + OVERHEAD
    }
}

/// Everything ends with its lease.
struct Life;

impl Expiry<Slot, Kept> for Life {
    fn expire_after_create(&self, _: &Slot, kept: &Kept, _: StdInstant) -> Option<Duration> {
        Some(kept.lease().left())
    }

    fn expire_after_update(&self, _: &Slot, kept: &Kept, _: StdInstant, _: Option<Duration>) -> Option<Duration> {
        Some(kept.lease().left())
    }
}
