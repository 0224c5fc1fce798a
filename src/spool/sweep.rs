//! Removes what has expired, whoever kept it, and counts what is left.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{Shared, faults};
use crate::model::Fault;

/// Bytes of all results. Several servers may write: a listing now and then tells what they did.
#[derive(Default)]
pub(super) struct Usage {
    bytes: AtomicU64,
    /// All that this process has ever written.
    written: AtomicU64,
}

impl Usage {
    /// As far as is known.
    pub fn get(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// This process wrote so many.
    pub fn add(&self, bytes: u64) {
        self.written.fetch_add(bytes, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// There is room for one more.
    pub fn check(&self, most: u64) -> Result<(), Fault> {
        if self.get() < most { Ok(()) } else { Err(faults::full(most)) }
    }
}

/// Sweeps again and again.
pub(super) async fn forever(shared: Arc<Shared>) {
    loop {
        if let Err(fault) = once(&shared).await {
            tracing::warn!(cause = fault.internal, "kept results cannot be cleaned up");
        }
        tokio::time::sleep(shared.tuning.sweep).await;
    }
}

/// Removes what has expired.
pub(super) async fn once(shared: &Shared) -> Result<(), Fault> {
    let before = shared.usage.written.load(Relaxed);
    let mut left = 0;
    for (id, bytes) in shared.objects.survey().await? {
        if !id.is_expired() {
            left += bytes;
            continue;
        }
        shared.kept.invalidate(&id);
        if let Err(fault) = shared.objects.remove(&id).await {
            left += bytes;
            tracing::warn!(result = id.name(), cause = fault.internal, "an expired result cannot be removed");
        }
    }
    // What was written meanwhile may have been listed or not; counting it twice errs on the side of the disk.
    let since = shared.usage.written.load(Relaxed) - before;
    shared.usage.bytes.store(left + since, Relaxed);
    Ok(())
}
