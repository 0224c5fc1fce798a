//! From a running statement to a stream of batches: one task holds the connection, a bounded channel holds it back.
//!
//! The task starts with the first poll. A consumer that reads slowly stops the task, which stops the source. Because a
//! query may read several tables of one source in an order that nobody knows, a task that is held back while others
//! wait for a connection of its pool writes the rest of its rows to disk, lets the connection go, and serves from
//! there: so any query works with a single connection. A consumer that goes away stops the task, which ends the
//! statement in the source before it gives up its slot.

use std::{
    fmt::Debug,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use datafusion::{
    arrow::array::RecordBatch,
    arrow::datatypes::SchemaRef,
    common::Result as DataFusionResult,
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext, runtime_env::RuntimeEnv},
    physical_plan::{
        SpillManager,
        metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricBuilder, RecordOutput, SpillMetrics},
        spill::spill_pool::{self, SpillPoolSink},
        stream::RecordBatchStreamAdapter,
    },
};
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt, future::BoxFuture, stream};
use tokio::{sync::mpsc, task::JoinHandle};
use tracing::Instrument;

use super::{Dialect, Statement};
use crate::model::{Fault, SourceName};

/// A consumer that takes nothing for so long, while others wait for a connection, has its rows written to disk.
const PATIENCE: Duration = Duration::from_millis(50);
/// Rows on disk are freed in files of about this many bytes as they are read.
const SPOOL_FILE: usize = 64 << 20;

/// A system that runs statements.
#[async_trait]
pub trait Remote: Debug + Send + Sync {
    /// The source's name.
    fn source(&self) -> &SourceName;

    /// How the system spells SQL.
    fn dialect(&self) -> &dyn Dialect;

    /// Would the source run this statement, and are its columns of the types in which they will be read? Holds at most
    /// one connection. A source that cannot be asked now accepts everything: its own error comes when the statement runs.
    async fn check(&self, scan: &Scan) -> Verdict;

    /// Is anyone waiting for a connection?
    fn is_contended(&self) -> bool;

    /// Runs `job` and pushes its rows into `feed`. Returns when the statement has ended in the source and its
    /// connection is free, whatever the outcome.
    async fn run(&self, job: &Job, feed: &mut Feed) -> Result<(), Stop>;
}

/// What a source says of a statement before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It would run.
    Accepted {
        /// How many rows the source expects, if it says so.
        rows: Option<u64>,
    },
    /// It would not: why, in our words.
    Refused(String),
}

/// A scan that runs now.
#[derive(Clone, Debug)]
pub struct Job {
    /// What runs.
    pub scan: Arc<Scan>,
    /// On whose behalf.
    pub caller: Caller,
    /// The most connections that it may use at once.
    pub connections: usize,
}

/// On whose behalf statements run. The engine puts it into the configuration of the session, as an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The query and its version, for the people who watch the source.
    pub query: Arc<str>,
    /// How long a statement may run; as long as it makes progress when there is none.
    pub timeout: Option<Duration>,
}

impl Default for Caller {
    fn default() -> Self {
        Self { query: "-".into(), timeout: None }
    }
}

/// A statement and what its rows are read as.
#[derive(Clone, Debug)]
pub struct Scan {
    /// What runs.
    pub statement: Statement,
    /// The columns of the result, in the order of the SELECT list. Without columns, only the rows count.
    pub schema: SchemaRef,
    /// What the rows come from, for the person who reads a fault.
    pub relation: Arc<str>,
    /// About how many rows will come, if the source's statistics say so.
    pub estimated_rows: Option<u64>,
    /// The most rows that are wanted, where that is less than all.
    pub fetch: Option<usize>,
    /// Does the statement, before its LIMIT if it has one, give every row of one table?
    pub is_whole: bool,
    /// How the rows can be read in parts.
    pub split: Option<Split>,
}

/// The statement reads one table in no order, so a condition at its end can choose a part of that table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The table in the FROM clause, quoted.
    pub table: String,
    /// Has the statement a WHERE already?
    pub is_filtered: bool,
}

/// Why a statement ended early.
#[derive(Debug)]
pub enum Stop {
    /// Nobody reads its rows any more.
    Gone,
    /// The source closed the connection.
    Lost(Fault),
    /// The source has too much to do, or is not up yet, and has read nothing: the same may be asked again.
    Busy(Fault),
    /// The source answered with an error; the connection is sound.
    Refused(Fault),
    /// A row cannot be read, or cannot be passed on.
    Failed(DataFusionError),
}

impl Stop {
    /// The same of a statement that may still run there: it is ended, and not asked for again.
    pub(super) fn of_running(self) -> Self {
        match self {
            Self::Lost(fault) | Self::Busy(fault) | Self::Refused(fault) => fault.into(),
            stop => stop,
        }
    }

    /// What a caller outside the engine is told.
    pub(super) fn into_fault(self) -> Fault {
        match DataFusionError::from(self) {
            DataFusionError::External(error) => match error.downcast::<Fault>() {
                Ok(fault) => *fault,
                Err(error) => Fault::internal(error),
            },
            error => Fault::internal(error),
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Failed(DataFusionError::External(Box::new(fault)))
    }
}

impl From<Stop> for DataFusionError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Gone => external(Fault::internal("a statement was stopped although its result is waited for")),
            Stop::Lost(fault) | Stop::Busy(fault) | Stop::Refused(fault) => external(fault),
            Stop::Failed(error) => error,
        }
    }
}

/// A fault as it travels through the engine.
fn external(fault: Fault) -> DataFusionError {
    DataFusionError::External(Box::new(fault))
}

/// Where a member puts the batches of one statement.
#[derive(Debug)]
pub struct Feed {
    batches: mpsc::Sender<DataFusionResult<RecordBatch>>,
    remote: Arc<dyn Remote>,
    spool: Spool,
    started: Arc<AtomicBool>,
    forks: Vec<JoinHandle<()>>,
}

impl Feed {
    /// Has a task of its own push another part of the rows, over another connection. `push` must give the end that it
    /// gets to [`Feed::finish`].
    ///
    /// The statement that forks must not wait for its forks: their rows may be on disk until the consumer has read those
    /// of a statement that waits for this very connection.
    pub(super) fn fork<F>(&mut self, push: impl FnOnce(Self) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let fork = Self {
            batches: self.batches.clone(),
            remote: Arc::clone(&self.remote),
            spool: self.spool.fork(),
            started: Arc::clone(&self.started),
            forks: Vec::new(),
        };
        self.forks.push(tokio::spawn(push(fork).in_current_span()));
    }

    /// From here on the statement must not be run again.
    pub fn start(&self) {
        self.started.store(true, Ordering::Relaxed);
    }

    /// Passes `batch` on. Waits while the consumer is slow and nobody else needs the connection.
    pub async fn push(&mut self, batch: RecordBatch) -> Result<(), Stop> {
        self.start();
        loop {
            if let Some(written) = self.spool.append(&batch) {
                return written.map_err(Stop::Failed);
            }
            match tokio::time::timeout(PATIENCE, self.batches.reserve()).await {
                Ok(Ok(place)) => {
                    place.send(Ok(batch));
                    return Ok(());
                }
                Ok(Err(_)) => return Err(Stop::Gone),
                Err(_) if self.remote.is_contended() => self.spool.open(),
                Err(_) => {}
            }
        }
    }

    /// Has a batch been passed on, or may one have been? Then the statement must not be run again.
    #[must_use]
    pub fn started(&self) -> bool {
        self.started.load(Ordering::Relaxed)
    }

    /// Completes when nobody reads any more.
    pub fn gone(&self) -> impl Future<Output = ()> + Send + use<> {
        let batches = self.batches.clone();
        async move { batches.closed().await }
    }

    /// Does nobody read any more?
    pub(super) fn is_gone(&self) -> bool {
        self.batches.is_closed()
    }

    /// Passes on what went to disk, then how the statement and its forks ended.
    pub(super) async fn finish(self, outcome: Result<(), Stop>) {
        let Self { batches, mut spool, forks, .. } = self;
        let ended = async {
            if let Some(spooled) = spool.take() {
                serve(&batches, spooled).await?;
            }
            outcome?;
            joined(forks).await
        };
        match ended.await {
            Ok(()) | Err(Stop::Gone) => {}
            // A consumer that has gone meanwhile needs no answer.
            Err(stop) => drop(batches.send(Err(stop.into())).await),
        }
    }
}

/// Waits for tasks that report themselves how their statements ended; but of one that broke down nobody would hear.
async fn joined(forks: Vec<JoinHandle<()>>) -> Result<(), Stop> {
    for fork in forks {
        fork.await.map_err(Fault::internal)?;
    }
    Ok(())
}

async fn serve(
    batches: &mpsc::Sender<DataFusionResult<RecordBatch>>,
    mut spooled: SendableRecordBatchStream,
) -> Result<(), Stop> {
    while let Some(batch) = spooled.try_next().await.map_err(Stop::Failed)? {
        batches.send(Ok(batch)).await.map_err(|_| Stop::Gone)?;
    }
    Ok(())
}

/// Rows on disk, in the engine's own spill folder and under its bound.
struct Spool {
    runtime: Arc<RuntimeEnv>,
    metrics: ExecutionPlanMetricsSet,
    schema: SchemaRef,
    files: Option<(SpillPoolSink, SendableRecordBatchStream)>,
}

impl Spool {
    fn new(context: &TaskContext, metrics: &ExecutionPlanMetricsSet, schema: &SchemaRef) -> Self {
        Self { runtime: context.runtime_env(), metrics: metrics.clone(), schema: Arc::clone(schema), files: None }
    }

    fn fork(&self) -> Self {
        let (runtime, schema) = (Arc::clone(&self.runtime), Arc::clone(&self.schema));
        Self { runtime, metrics: self.metrics.clone(), schema, files: None }
    }

    fn open(&mut self) {
        let metrics = SpillMetrics::new(&self.metrics, 0);
        let manager = SpillManager::new(Arc::clone(&self.runtime), metrics, Arc::clone(&self.schema));
        self.files = Some(spill_pool::spsc_channel(SPOOL_FILE, Arc::new(manager)));
    }

    /// Writes a batch, if the spool is open.
    fn append(&self, batch: &RecordBatch) -> Option<DataFusionResult<()>> {
        self.files.as_ref().map(|(sink, _)| sink.push_batch(batch))
    }

    /// What was written, from the first batch to the last.
    fn take(&mut self) -> Option<SendableRecordBatchStream> {
        self.files.take().map(|(_, written)| written)
    }
}

impl Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool").field("open", &self.files.is_some()).finish_non_exhaustive()
    }
}

/// The rows of `scan`, which is waited for when the stream is polled first, before anything is held, and gives no rows if
/// it is none. It runs in a task of its own, or with `inline` in that of the consumer, who must then read on to the end or
/// drop the stream, since nothing moves meanwhile.
pub(super) fn stream(
    remote: Arc<dyn Remote>,
    schema: SchemaRef,
    scan: BoxFuture<'static, DataFusionResult<Option<Arc<Scan>>>>,
    inline: bool,
    context: &TaskContext,
    metrics: &ExecutionPlanMetricsSet,
) -> SendableRecordBatchStream {
    let baseline = BaselineMetrics::new(metrics, 0);
    let elapsed = MetricBuilder::new(metrics).subset_time("elapsed_remote", 0);
    let spool = Spool::new(context, metrics, &schema);
    let config = context.session_config();
    let caller = config.get_extension::<Caller>().map(|caller| Caller::clone(&caller)).unwrap_or_default();
    let connections = config.target_partitions();
    let start = move |scan| {
        let job = Job { scan, caller, connections };
        let (sender, batches) = mpsc::channel(1);
        let mut feed =
            Feed { batches: sender, remote: Arc::clone(&remote), spool, started: Arc::default(), forks: Vec::new() };
        let run = async move {
            let timer = elapsed.timer();
            let outcome = remote.run(&job, &mut feed).await;
            timer.done();
            feed.finish(outcome).await;
        };
        let run = run.in_current_span();
        Running { batches, run: if inline { Run::Here(run.boxed()) } else { Run::Task(tokio::spawn(run)) } }
    };
    let batches = stream::once(scan.map_ok(move |scan| scan.map(start)))
        .try_filter_map(|running| std::future::ready(Ok(running)))
        .map_ok(|running| {
            stream::try_unfold(running, |mut running: Running| async move {
                Ok(running.next().await?.map(|batch| (batch, running)))
            })
        })
        .try_flatten()
        .map(move |item| {
            let _timer = baseline.elapsed_compute().timer();
            item.map(|batch| batch.record_output(&baseline))
        });
    Box::pin(RecordBatchStreamAdapter::new(schema, batches))
}

/// The consumer's end of a running statement. Dropping it stops the statement.
struct Running {
    batches: mpsc::Receiver<DataFusionResult<RecordBatch>>,
    run: Run,
}

/// Where a statement runs.
enum Run {
    Task(JoinHandle<()>),
    Here(BoxFuture<'static, ()>),
    Ended,
}

impl Running {
    async fn next(&mut self) -> DataFusionResult<Option<RecordBatch>> {
        if let Run::Here(run) = &mut self.run {
            tokio::select! {
                biased;
                Some(batch) = self.batches.recv() => return batch.map(Some),
                () = run => self.run = Run::Ended,
            }
        }
        if let Some(batch) = self.batches.recv().await {
            return batch.map(Some);
        }
        // A channel that closed says nothing of why: rows would be missing if the task had broken down.
        match std::mem::replace(&mut self.run, Run::Ended) {
            Run::Task(task) => task.await.map(|()| None).map_err(|error| external(Fault::internal(error))),
            Run::Here(_) | Run::Ended => Ok(None),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Run::Here(run) = std::mem::replace(&mut self.run, Run::Ended) {
            self.batches.close();
            // It still has to end the statement in the source, which takes longer than a drop may.
            tokio::spawn(run);
        }
    }
}
