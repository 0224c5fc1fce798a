//! A result as its objects tell of it: one that has ended, or that another server runs.

use std::sync::{Mutex, OnceLock, PoisonError};

use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use tokio::time::Instant;

use super::{
    ResultId, Shared, chunk, faults,
    objects::Object,
    read::Look,
    state::{End, State},
};
use crate::model::Fault;

/// What is known of a result that this process does not run.
pub(super) struct Kept {
    /// The columns.
    pub schema: SchemaRef,
    /// All of it, once the run has ended.
    index: OnceLock<Index>,
    /// The counter when it was last seen to move, and when that was.
    beat: Mutex<Option<(u64, Instant)>>,
    touched: Mutex<Option<Instant>>,
}

/// The chunks of a result whose run has ended.
#[derive(Debug)]
pub(super) struct Index {
    /// Where they end, in order.
    pub ends: Vec<u64>,
    /// How the run ended.
    pub end: End,
}

impl Index {
    fn rows(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    fn look(&self, at: u64) -> Result<Look, Fault> {
        match self.ends.get(self.ends.partition_point(|end| *end <= at)) {
            Some(end) => Ok(Look::Chunk(*end)),
            None => self.end.behind(self.rows()).map(|()| Look::End(self.rows())),
        }
    }
}

impl Kept {
    /// A result of this process.
    pub fn ended(schema: SchemaRef, index: Index) -> Self {
        Self { index: OnceLock::from(index), ..Self::running(schema) }
    }

    /// A result that is in the store.
    pub async fn open(shared: &Shared, id: &ResultId) -> Result<Self, Fault> {
        let columns = shared.objects.get(id, Object::Schema).await?.ok_or_else(faults::gone)?;
        Ok(Self::running(chunk::decode(columns).await?.schema()))
    }

    fn running(schema: SchemaRef) -> Self {
        Self { schema, index: OnceLock::new(), beat: Mutex::default(), touched: Mutex::default() }
    }

    /// About how many bytes of memory it takes, as far as is known.
    pub fn size(&self) -> usize {
        let chunks = self.index.get().map_or(0, |index| size_of_val(index.ends.as_slice()));
        size_of::<Self>() + self.schema.fields().size() + chunks
    }

    /// The chunks, if the run was seen to have ended.
    pub fn index(&self) -> Option<&Index> {
        self.index.get()
    }

    /// Where row `at` is.
    pub async fn look(&self, shared: &Shared, id: &ResultId, at: u64) -> Result<Look, Fault> {
        if let Some(index) = self.index.get() {
            return index.look(at);
        }
        let state = shared.objects.get(id, Object::State).await?.ok_or_else(faults::gone)?;
        let state = State::decode(&state)?;
        if let Some(end) = state.end {
            let ends = shared.objects.chunks(id, 0).await?;
            if ends.last().copied().unwrap_or(0) != state.rows {
                return Err(missing(id));
            }
            return self.index.get_or_init(|| Index { ends, end }).look(at);
        }
        self.touch(shared, id).await;
        if at < state.rows {
            let end = shared.objects.chunks(id, at).await?.first().copied();
            return end.map(Look::Chunk).ok_or_else(|| missing(id));
        }
        if self.is_dead(shared, state.beat) { Err(faults::orphaned()) } else { Ok(Look::Later) }
    }

    /// Has the counter stood still for too long?
    fn is_dead(&self, shared: &Shared, beat: u64) -> bool {
        let mut seen = self.beat.lock().unwrap_or_else(PoisonError::into_inner);
        match *seen {
            Some((last, since)) if last == beat => since.elapsed() >= shared.tuning.dead,
            _ => {
                *seen = Some((beat, Instant::now()));
                false
            }
        }
    }

    /// Shows the server that runs it that somebody asks, now and then.
    async fn touch(&self, shared: &Shared, id: &ResultId) {
        {
            let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
            if touched.is_some_and(|at| at.elapsed() < shared.tuning.touch) {
                return;
            }
            *touched = Some(Instant::now());
        }
        if let Err(fault) = shared.objects.put(id, Object::Touch, Bytes::new()).await {
            // The rows that are there can be read all the same.
            tracing::warn!(result = id.name(), cause = fault.internal, "a kept result cannot be touched");
        }
    }
}

/// A chunk that the state tells of is not there: it was removed in between, or it never was.
fn missing(id: &ResultId) -> Fault {
    if id.is_expired() { faults::gone() } else { faults::damaged(format_args!("{} lacks chunks", id.name())) }
}
