//! A run of this process, as its readers see it: which rows are in chunks, which are still in memory, and how it ended.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use tokio::{
    sync::watch,
    time::{Duration, Instant},
};

use super::{chunk, kept::Index, read::Look, state::End};
use crate::model::Fault;

/// A run that goes on, or has just ended. One task writes to it; readers look, and wait for changes.
pub(super) struct Run {
    /// The columns.
    pub schema: SchemaRef,
    progress: Mutex<Progress>,
    changes: watch::Sender<()>,
    asked: Mutex<Instant>,
}

#[derive(Default)]
struct Progress {
    /// Where the chunks end that can be read, in order.
    ends: Vec<u64>,
    /// Rows that are in no chunk yet, with the number of the first.
    pending: VecDeque<(u64, RecordBatch)>,
    /// Rows of all that have come.
    rows: u64,
    /// Bytes of the pending rows, before compression.
    bytes: usize,
    /// When the first pending row came.
    since: Option<Instant>,
    end: Option<End>,
}

impl Progress {
    fn written(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }
}

impl Run {
    /// A run of which nothing has come.
    pub fn new(schema: SchemaRef) -> Self {
        let (changes, _) = watch::channel(());
        Self { schema, progress: Mutex::default(), changes, asked: Mutex::new(Instant::now()) }
    }

    /// Takes rows over.
    pub fn arrive(&self, batch: &RecordBatch) -> Result<(), Fault> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = chunk::conform(&self.schema, batch)?;
        let mut progress = self.progress();
        let start = progress.rows;
        progress.rows += batch.num_rows() as u64;
        progress.bytes += chunk::size(&batch);
        progress.since.get_or_insert_with(Instant::now);
        progress.pending.push_back((start, batch));
        drop(progress);
        self.changes.send_replace(());
        Ok(())
    }

    /// When the first of the rows came that are in no chunk.
    pub fn pending_since(&self) -> Option<Instant> {
        self.progress().since
    }

    /// Are there enough rows for a chunk of at most `rows` rows and about `bytes` bytes?
    pub fn is_full(&self, rows: usize, bytes: usize) -> bool {
        let progress = self.progress();
        progress.bytes >= bytes || progress.rows - progress.written() >= rows as u64
    }

    /// The rows of the next chunk: none when all are in chunks, at least one otherwise. They stay where they are until
    /// they are [`Self::kept`].
    pub fn next_chunk(&self, rows: usize, bytes: usize) -> Vec<RecordBatch> {
        let progress = self.progress();
        let (mut rows_left, mut bytes_left) = (rows, bytes);
        let mut chunk = Vec::new();
        for (_, batch) in &progress.pending {
            let mut fits = chunk::fit(batch, rows_left, bytes_left);
            if chunk.is_empty() {
                fits = fits.max(1);
            }
            let part = batch.slice(0, fits);
            rows_left -= fits;
            bytes_left = bytes_left.saturating_sub(chunk::size(&part));
            if fits > 0 {
                chunk.push(part);
            }
            if fits < batch.num_rows() {
                break;
            }
        }
        chunk
    }

    /// The next `rows` rows are in a chunk.
    pub fn kept(&self, rows: usize) {
        let mut progress = self.progress();
        let end = progress.written() + rows as u64;
        progress.ends.push(end);
        while let Some((start, batch)) = progress.pending.pop_front() {
            let behind = start + batch.num_rows() as u64;
            progress.bytes = progress.bytes.saturating_sub(chunk::size(&batch));
            if behind <= end {
                continue;
            }
            let rest = batch.slice(offset(start, end), offset(end, behind));
            progress.bytes += chunk::size(&rest);
            progress.pending.push_front((end, rest));
            break;
        }
        progress.since = (!progress.pending.is_empty()).then(Instant::now);
        drop(progress);
        self.changes.send_replace(());
    }

    /// Rows in chunks.
    pub fn written(&self) -> u64 {
        self.progress().written()
    }

    /// The run has ended. Rows in no chunk are lost. A run ends once: later calls change nothing.
    pub fn end(&self, end: End) {
        let mut progress = self.progress();
        if progress.end.is_none() {
            progress.end = Some(end);
            progress.rows = progress.written();
            progress.pending.clear();
        }
        drop(progress);
        self.changes.send_replace(());
    }

    /// The chunks of a run that has ended.
    pub fn index(&self) -> Option<Index> {
        let progress = self.progress();
        progress.end.clone().map(|end| Index { ends: progress.ends.clone(), end })
    }

    /// Where row `at` is.
    pub fn look(&self, at: u64) -> Result<Look, Fault> {
        let progress = self.progress();
        if at < progress.written() {
            let chunk = progress.ends.partition_point(|end| *end <= at);
            return Ok(Look::Chunk(progress.ends[chunk]));
        }
        if at < progress.rows {
            let batch = progress.pending.partition_point(|(start, _)| *start <= at) - 1;
            let (start, batch) = &progress.pending[batch];
            let skip = offset(*start, at);
            return Ok(Look::Rows(batch.slice(skip, batch.num_rows() - skip)));
        }
        match &progress.end {
            Some(end) => end.behind(progress.rows).map(|()| Look::End(progress.rows)),
            None => Ok(Look::Later),
        }
    }

    /// Tells of changes. As long as somebody listens, somebody asks.
    pub fn listen(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Somebody asks, or did until now.
    pub fn ask(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Has nobody asked for so long?
    pub fn is_silent(&self, patience: Duration) -> bool {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        self.changes.receiver_count() == 0 && asked.elapsed() >= patience
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        // Nothing that can panic happens between two changes that belong together.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows from one number to another, of one batch.
fn offset(from: u64, to: u64) -> usize {
    usize::try_from(to - from).expect("a batch has no more rows than memory has addresses")
}
