//! Results that are run once and read in parts: kept as compressed Arrow chunks in a directory or an object store, while
//! they come and for some time afterwards, and read by this server or another.
//!
//! A `write` task pulls the rows of a `run` into `chunk`s among the `objects` of a result, and tells its `state`
//! beside them. A `read`er finds rows by their number: in the memory of a run here, or as `kept` by whoever runs it.
//! The chunk that holds a row is known by its name, so that any page costs what the first does. `sweep` removes what
//! has expired.

mod chunk;
mod faults;
mod id;
mod kept;
mod objects;
mod read;
mod run;
mod state;
mod sweep;
mod write;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use chrono::TimeDelta;
use futures::stream::BoxStream;
use moka::sync::Cache;
use tokio::{
    task::JoinSet,
    time::{Duration, Instant},
};

pub use id::ResultId;

use crate::{
    config::settings,
    model::{Fault, Problem},
};
use kept::Kept;
use objects::Objects;
use read::Reader;
use run::Run;
use sweep::Usage;
use write::Writer;

/// Rows as they come.
pub type Rows = BoxStream<'static, Result<RecordBatch, Fault>>;

/// A part of a result.
#[derive(Debug)]
pub struct Slice {
    /// Rows of the result's columns. None only behind its last row.
    pub rows: RecordBatch,
    /// Is there anything to ask for behind them? Where rows are missing, or have not come yet, asking tells.
    pub more: bool,
    /// How many rows the result has, if the run is known to be complete.
    pub total: Option<u64>,
}

/// The results that are kept. Dropping it cancels all runs.
pub struct Spool {
    shared: Arc<Shared>,
    tasks: Mutex<JoinSet<()>>,
}

/// What readers and writers share.
struct Shared {
    objects: Objects,
    limits: Limits,
    tuning: Tuning,
    usage: Usage,
    /// The runs of this process that go on.
    runs: Mutex<HashMap<ResultId, Arc<Run>>>,
    /// What is known of other results.
    kept: Cache<ResultId, Arc<Kept>>,
    /// Chunks that were written or read a short while ago, by the result and where they end.
    decoded: Cache<(ResultId, u64), RecordBatch>,
}

/// What `spool` of `aqueduct.yaml` bounds.
#[derive(Clone, Copy)]
struct Limits {
    result: u64,
    total: u64,
    lifetime: TimeDelta,
}

/// How results are cut, and how long things take.
#[derive(Clone, Copy)]
struct Tuning {
    /// The most rows of a chunk.
    chunk_rows: usize,
    /// About the most bytes of a chunk, before compression.
    chunk_bytes: usize,
    /// Rows that come slowly are in a chunk after so long.
    flush: Duration,
    /// A run rewrites its state at least so often.
    beat: Duration,
    /// A run whose state stands still for so long is dead.
    dead: Duration,
    /// A run that nobody asks for for so long is cancelled.
    patience: Duration,
    /// Other servers show that they ask so often.
    touch: Duration,
    /// The first wait for another server, and the longest.
    poll: Duration,
    poll_most: Duration,
    /// A page that is there waits so long for the row behind it.
    look_ahead: Duration,
    /// The time between two sweeps.
    sweep: Duration,
}

const TUNING: Tuning = Tuning {
    chunk_rows: 65_536,
    chunk_bytes: 4 << 20,
    flush: Duration::from_millis(250),
    beat: Duration::from_secs(5),
    dead: Duration::from_secs(15),
    patience: Duration::from_mins(1),
    touch: Duration::from_secs(10),
    poll: Duration::from_millis(50),
    poll_most: Duration::from_millis(500),
    look_ahead: Duration::from_secs(1),
    sweep: Duration::from_mins(1),
};

/// Bytes of decoded chunks that are held, and how long without being asked for.
const DECODED: u64 = 64 << 20;
const DECODED_IDLE: Duration = Duration::from_mins(1);
/// Bytes that are held of what is known of results.
const KNOWN: u64 = 16 << 20;

impl Spool {
    /// Opens what `aqueduct.yaml` says. Connects to nothing, and makes no directory before the first result is kept.
    ///
    /// # Errors
    /// A location that cannot be opened.
    pub fn open(settings: &settings::Spool) -> Result<Arc<Self>, Problem> {
        Ok(Self::with(Objects::open(settings)?, settings, TUNING))
    }

    fn with(objects: Objects, settings: &settings::Spool, tuning: Tuning) -> Arc<Self> {
        // Settings allow a day at most.
        let lifetime = TimeDelta::from_std(settings.lifetime).unwrap_or(TimeDelta::days(1));
        let weight = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let shared = Shared {
            objects,
            limits: Limits { result: settings.result, total: settings.total, lifetime },
            tuning,
            usage: Usage::default(),
            runs: Mutex::default(),
            kept: Cache::builder()
                .max_capacity(KNOWN)
                .weigher(move |_, kept: &Arc<Kept>| weight(kept.size()))
                .time_to_idle(settings.lifetime)
                .build(),
            decoded: Cache::builder()
                .max_capacity(DECODED)
                .weigher(move |_, rows: &RecordBatch| weight(rows.get_array_memory_size()))
                .time_to_idle(DECODED_IDLE)
                .build(),
        };
        Arc::new(Self { shared: Arc::new(shared), tasks: Mutex::default() })
    }

    /// Keeps a result of which `head` has come and `rest` is still to come. Returns when the result can be asked for at
    /// any server; a task writes the rows. It ends with `rest`, at a limit, or when nobody has asked for a while, and
    /// drops `rest` and `permit` then.
    ///
    /// # Errors
    /// [`crate::model::Code::SpoolFull`] and [`crate::model::Code::SpoolDown`].
    pub async fn keep<P: Send + 'static>(
        &self,
        schema: SchemaRef,
        head: Vec<RecordBatch>,
        rest: Rows,
        permit: P,
    ) -> Result<ResultId, Fault> {
        self.shared.usage.check(self.shared.limits.total)?;
        let id = ResultId::new(self.shared.limits.lifetime).map_err(Fault::internal)?;
        let run = Arc::new(Run::new(schema));
        for batch in &head {
            run.arrive(batch)?;
        }
        let writer = Writer::begin(&self.shared, &id, &run).await?;
        self.shared.runs().insert(id.clone(), run);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(writer.write(rest, permit));
        Ok(id)
    }

    /// At most `rows` rows and about `bytes` bytes from row `from` on, at least one row if there is one. Waits until
    /// `deadline` for rows of a run that goes on; what has come by then is given.
    ///
    /// # Errors
    /// [`crate::model::Code::CursorExpired`] for a result that is not kept, or whose run was given up before this row;
    /// [`crate::model::Code::ResultTooLarge`]; the fault that the query ended with; [`crate::model::Code::Timeout`].
    pub async fn read(
        &self,
        id: &ResultId,
        from: u64,
        rows: usize,
        bytes: usize,
        deadline: Instant,
    ) -> Result<Slice, Fault> {
        Reader::open(&self.shared, id).await?.slice(from, rows, bytes, deadline).await
    }

    /// All rows from `from` on, as they come.
    ///
    /// # Errors
    /// [`crate::model::Code::CursorExpired`]; the stream ends with the same faults as [`Self::read`].
    pub async fn stream(&self, id: &ResultId, from: u64) -> Result<(SchemaRef, Rows), Fault> {
        let reader = Reader::open(&self.shared, id).await?;
        Ok((Arc::clone(reader.schema()), reader.stream(from)))
    }

    /// Waits until `deadline` for the end of the run, and says how many rows there are.
    ///
    /// # Errors
    /// As [`Self::read`]: a result that is not complete has no total.
    pub async fn total(&self, id: &ResultId, deadline: Instant) -> Result<u64, Fault> {
        Reader::open(&self.shared, id).await?.total(deadline).await
    }

    /// Removes what has expired, now and again and again, until the set is dropped.
    pub fn keep_clean(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(sweep::forever(Arc::clone(&self.shared)));
        tasks
    }
}

impl Shared {
    fn runs(&self) -> MutexGuard<'_, HashMap<ResultId, Arc<Run>>> {
        // Entries are whole or absent.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// The store's own text may show its settings.
impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").finish_non_exhaustive()
    }
}
