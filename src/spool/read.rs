//! A reader of one result, wherever it is run: finds rows by their number and waits for those that are still to come.

use std::sync::Arc;

use arrow::{compute::concat_batches, datatypes::SchemaRef, record_batch::RecordBatch};
use chrono::Utc;
use futures::{StreamExt as _, stream};
use tokio::{
    sync::watch,
    time::{Duration, Instant, sleep_until, timeout_at},
};

use super::{ResultId, Rows, Shared, Slice, chunk, faults, kept::Kept, objects::Object, run::Run, state::End};
use crate::model::Fault;

/// Where a row is.
#[derive(Debug)]
pub(super) enum Look {
    /// In memory: the row, and some behind it.
    Rows(RecordBatch),
    /// In the chunk that ends before this row.
    Chunk(u64),
    /// Nowhere: the result is complete, and has so many rows.
    End(u64),
    /// It has not come yet.
    Later,
}

/// A reader. As long as it lives, the result is asked for.
pub(super) struct Reader {
    shared: Arc<Shared>,
    id: ResultId,
    source: Source,
    /// How long the next wait for another server is.
    pause: Duration,
}

enum Source {
    /// This process runs it.
    Run(Listening),
    /// It is in the store.
    Kept(Arc<Kept>),
}

/// A reader that tells the run when it goes.
struct Listening {
    run: Arc<Run>,
    changes: watch::Receiver<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.run.ask();
    }
}

impl Reader {
    /// Finds a result of this process, or of another with the same store.
    pub async fn open(shared: &Arc<Shared>, id: &ResultId) -> Result<Self, Fault> {
        if id.is_expired() {
            return Err(faults::gone());
        }
        let run = shared.runs().get(id).cloned();
        let source = match (run, shared.kept.get(id)) {
            (Some(run), _) => Source::Run(Listening { changes: run.listen(), run }),
            (None, Some(kept)) => Source::Kept(kept),
            (None, None) => {
                let kept = Arc::new(Kept::open(shared, id).await?);
                // All readers of a result share what is known of it.
                Source::Kept(shared.kept.entry(id.clone()).or_insert(kept).into_value())
            }
        };
        Ok(Self { shared: Arc::clone(shared), id: id.clone(), source, pause: shared.tuning.poll })
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        match &self.source {
            Source::Run(here) => &here.run.schema,
            Source::Kept(kept) => &kept.schema,
        }
    }

    /// At most `rows` rows and about `bytes` bytes from row `from` on.
    pub async fn slice(&mut self, from: u64, rows: usize, bytes: usize, deadline: Instant) -> Result<Slice, Fault> {
        let (mut parts, mut count, mut size) = (Vec::new(), 0, 0);
        let mut at = from;
        while count < rows && size < bytes {
            let part = match self.rows(at, deadline).await {
                Ok(Some(part)) => part,
                Err(fault) if parts.is_empty() => return Err(fault),
                // What went wrong, the next page tells.
                Ok(None) | Err(_) => break,
            };
            // A page has at least one row, however large.
            let fits = chunk::fit(&part, rows - count, bytes - size).max(usize::from(parts.is_empty()));
            if fits == 0 {
                break;
            }
            let is_cut = fits < part.num_rows();
            let part = part.slice(0, fits);
            (count, size, at) = (count + fits, size + chunk::size(&part), at + fits as u64);
            parts.push(part);
            if is_cut {
                break;
            }
        }
        let soon = deadline.min(Instant::now() + self.shared.tuning.look_ahead);
        let total = match self.find(at, soon).await {
            Ok(Look::End(total)) => Some(total),
            // Behind a row that may yet come, or will be missed, is another page.
            _ => None,
        };
        let rows = match parts.as_slice() {
            [part] => part.clone(),
            parts => concat_batches(self.schema(), parts).map_err(Fault::internal)?,
        };
        Ok(Slice { rows, more: total.is_none(), total: total.or_else(|| self.known_total()) })
    }

    /// All rows from `from` on.
    pub fn stream(self, from: u64) -> Rows {
        let lifetime = (self.id.expires() - Utc::now()).to_std().unwrap_or_default();
        let deadline = Instant::now() + lifetime;
        stream::try_unfold((self, from), move |(mut reader, at)| async move {
            let rows = reader.rows(at, deadline).await?;
            Ok(rows.map(|rows| {
                let next = at + rows.num_rows() as u64;
                (rows, (reader, next))
            }))
        })
        .boxed()
    }

    /// Waits for the end of the run.
    pub async fn total(&mut self, deadline: Instant) -> Result<u64, Fault> {
        // No result has a row of this number.
        match self.find(u64::MAX, deadline).await? {
            Look::End(total) => Ok(total),
            other => Err(faults::damaged(format_args!("a row behind all: {other:?}"))),
        }
    }

    /// Row `at` and some behind it. `None` behind the last of a complete result.
    async fn rows(&mut self, at: u64, deadline: Instant) -> Result<Option<RecordBatch>, Fault> {
        match self.find(at, deadline).await? {
            Look::Rows(rows) => Ok(Some(rows)),
            Look::Chunk(end) => self.chunk(at, end).await.map(Some),
            Look::End(_) | Look::Later => Ok(None),
        }
    }

    /// Where row `at` is. Waits for it until `deadline`.
    async fn find(&mut self, at: u64, deadline: Instant) -> Result<Look, Fault> {
        loop {
            if self.id.is_expired() {
                return Err(faults::gone());
            }
            match &mut self.source {
                Source::Run(here) => {
                    // Changes from here on are noticed below.
                    here.changes.mark_unchanged();
                    match here.run.look(at)? {
                        Look::Later => {}
                        found => return Ok(found),
                    }
                    // The run keeps the sender.
                    let _ = timeout_at(deadline, here.changes.changed()).await.map_err(|_| faults::timed_out())?;
                }
                Source::Kept(kept) => {
                    match kept.look(&self.shared, &self.id, at).await? {
                        Look::Later => {}
                        found => {
                            self.pause = self.shared.tuning.poll;
                            return Ok(found);
                        }
                    }
                    let next = Instant::now() + self.pause;
                    if Instant::now() >= deadline {
                        return Err(faults::timed_out());
                    }
                    sleep_until(next.min(deadline)).await;
                    self.pause = (self.pause * 2).min(self.shared.tuning.poll_most);
                }
            }
        }
    }

    /// The rows from `at` on of the chunk that ends before row `end`.
    async fn chunk(&self, at: u64, end: u64) -> Result<RecordBatch, Fault> {
        let key = (self.id.clone(), end);
        let rows = if let Some(rows) = self.shared.decoded.get(&key) {
            rows
        } else {
            let bytes = self.shared.objects.get(&self.id, Object::Chunk(end)).await?.ok_or_else(faults::gone)?;
            let rows = chunk::decode(bytes).await?;
            self.shared.decoded.insert(key, rows.clone());
            rows
        };
        let left = usize::try_from(end - at).ok().filter(|left| (1..=rows.num_rows()).contains(left));
        let left =
            left.ok_or_else(|| faults::damaged(format_args!("no chunk of {} holds row {at}", self.id.name())))?;
        Ok(rows.slice(rows.num_rows() - left, left))
    }

    /// How many rows there are, if the run is known to be complete.
    fn known_total(&self) -> Option<u64> {
        let complete = |ends: &[u64], end: &End| (*end == End::Complete).then(|| ends.last().copied().unwrap_or(0));
        match &self.source {
            Source::Run(here) => here.run.index().and_then(|index| complete(&index.ends, &index.end)),
            Source::Kept(kept) => kept.index().and_then(|index| complete(&index.ends, &index.end)),
        }
    }
}
