//! The task of a run: pulls the rows of a query and writes them as chunks, until they end, are too many, or nobody asks.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use chrono::Utc;
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::{
    ResultId, Rows, Shared, chunk, faults,
    kept::Kept,
    objects::{Object, Version},
    run::Run,
    state::{End, State},
};
use crate::model::{Fault, number};

/// Writes one result.
pub(super) struct Writer {
    shared: Arc<Shared>,
    id: ResultId,
    run: Arc<Run>,
    beat: u64,
    bytes: u64,
    /// The last sign that another server asks.
    touched: Option<Version>,
}

impl Writer {
    /// Writes what every reader needs before the first row.
    pub async fn begin(shared: &Arc<Shared>, id: &ResultId, run: &Arc<Run>) -> Result<Self, Fault> {
        let (shared, id, run) = (Arc::clone(shared), id.clone(), Arc::clone(run));
        let mut writer = Self { shared, id, run, beat: 0, bytes: 0, touched: None };
        let (_, columns) = chunk::encode(Arc::clone(&writer.run.schema), Vec::new()).await?;
        let objects = &writer.shared.objects;
        writer.shared.usage.add(columns.len() as u64);
        objects.put(&writer.id, Object::Schema, columns).await?;
        writer.tell(None).await?;
        Ok(writer)
    }

    /// Runs to the end, whatever it is. `permit` is dropped as soon as the query needs it no more.
    pub async fn write<P>(mut self, rest: Rows, permit: P) {
        // Stopping the process, or dropping the spool, drops this future anywhere.
        let _stopped = Stopped { shared: Arc::clone(&self.shared), id: self.id.clone(), run: Arc::clone(&self.run) };
        let end = match AssertUnwindSafe(self.pull(rest)).catch_unwind().await {
            Ok(end) => end,
            Err(panic) => self.failed(&Fault::internal(text(panic.as_ref()))),
        };
        drop(permit);
        let end = match end {
            // What has come before the end is kept; what there is no room for is not.
            End::TooLarge { .. } => end,
            end => self.flush().await.err().unwrap_or(end),
        };
        self.run.end(end.clone());
        if let Some(index) = self.run.index() {
            let kept = Kept::ended(Arc::clone(&self.run.schema), index);
            self.shared.kept.insert(self.id.clone(), Arc::new(kept));
        }
        let written = number::grouped(self.run.written());
        tracing::debug!(result = self.id.name(), rows = written, ?end, "a kept result has ended");
        if let Err(fault) = self.tell(Some(end)).await {
            tracing::warn!(result = self.id.name(), cause = fault.internal, "the end of a kept result cannot be told");
        }
    }

    /// Pulls rows until there is an end. The query is dropped with `rest`, on return.
    async fn pull(&mut self, mut rest: Rows) -> End {
        let tuning = self.shared.tuning;
        let lifetime = (self.id.expires() - Utc::now()).to_std().unwrap_or_default();
        let expires = Instant::now() + lifetime;
        let mut beat = interval_at(Instant::now() + tuning.beat, tuning.beat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            while self.run.is_full(tuning.chunk_rows, tuning.chunk_bytes) {
                if let Err(end) = self.chunk().await {
                    return end;
                }
            }
            let since = self.run.pending_since();
            let due = since.unwrap_or_else(Instant::now) + tuning.flush;
            tokio::select! {
                next = rest.next() => match next {
                    Some(Ok(batch)) => if let Err(fault) = self.run.arrive(&batch) {
                        return self.failed(&fault);
                    },
                    Some(Err(fault)) => return self.failed(&fault),
                    None => return End::Complete,
                },
                () = sleep_until(due), if since.is_some() => if let Err(end) = self.chunk().await {
                    return end;
                },
                _ = beat.tick() => {
                    if self.is_abandoned().await {
                        return End::Abandoned;
                    }
                    if let Err(fault) = self.tell(None).await {
                        // Only servers that read along suffer, and the next beat may succeed.
                        tracing::warn!(result = self.id.name(), cause = fault.internal, "a run cannot tell its state");
                    }
                },
                () = sleep_until(expires) => return End::Abandoned,
            }
        }
    }

    /// Writes the rows that are in no chunk yet.
    async fn flush(&mut self) -> Result<(), End> {
        while self.run.pending_since().is_some() {
            self.chunk().await?;
        }
        Ok(())
    }

    /// Writes the next chunk, if there is room for it.
    async fn chunk(&mut self) -> Result<(), End> {
        let tuning = self.shared.tuning;
        let batches = self.run.next_chunk(tuning.chunk_rows, tuning.chunk_bytes);
        let encoded = chunk::encode(Arc::clone(&self.run.schema), batches).await;
        let (rows, bytes) = encoded.map_err(|fault| self.failed(&fault))?;
        let size = bytes.len() as u64;
        let limits = self.shared.limits;
        if self.bytes + size > limits.result {
            return Err(End::TooLarge { limit: limits.result });
        }
        if self.shared.usage.get() + size > limits.total {
            return Err(self.failed(&faults::full(limits.total)));
        }
        let end = self.run.written() + rows.num_rows() as u64;
        let put = self.shared.objects.put(&self.id, Object::Chunk(end), bytes).await;
        put.map_err(|fault| self.failed(&fault))?;
        self.bytes += size;
        self.shared.usage.add(size);
        let count = rows.num_rows();
        self.shared.decoded.insert((self.id.clone(), end), rows);
        self.run.kept(count);
        if let Err(fault) = self.tell(None).await {
            tracing::warn!(result = self.id.name(), cause = fault.internal, "a run cannot tell its state");
        }
        Ok(())
    }

    /// Rewrites the state.
    async fn tell(&mut self, end: Option<End>) -> Result<(), Fault> {
        self.beat += 1;
        let state = State { beat: self.beat, rows: self.run.written(), bytes: self.bytes, end };
        self.shared.objects.put(&self.id, Object::State, state.encode()?.into()).await
    }

    /// Has nobody asked for long, here or at another server?
    async fn is_abandoned(&mut self) -> bool {
        match self.shared.objects.version(&self.id, Object::Touch).await {
            Ok(version) if version != self.touched => {
                self.touched = version;
                self.run.ask();
            }
            Ok(_) => {}
            Err(fault) => {
                tracing::warn!(result = self.id.name(), cause = fault.internal, "a kept result cannot be looked at");
            }
        }
        self.run.is_silent(self.shared.tuning.patience)
    }

    /// The cause goes to the log: requests that read along are given only the public text.
    fn failed(&self, fault: &Fault) -> End {
        let (code, cause) = (fault.code.as_str(), fault.internal.as_ref());
        tracing::warn!(result = self.id.name(), code, cause, detail = fault.detail, "a run that is kept failed");
        End::failed(fault)
    }
}

/// Tells readers when the task is dropped before its end, and makes the result one like any other afterwards.
struct Stopped {
    shared: Arc<Shared>,
    id: ResultId,
    run: Arc<Run>,
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.run.end(End::Abandoned);
        self.shared.runs().remove(&self.id);
    }
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the run panicked: {}", text.unwrap_or_default())
}
