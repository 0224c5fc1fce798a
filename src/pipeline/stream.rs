//! A result that flows: a task pulls rows from the plan and hands them over one batch at a time, so that the next batch
//! is computed while the last is encoded, memory does not grow with the result, and a stall on either side ends it.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use datafusion::arrow::array::RecordBatch;
use futures::{Stream, StreamExt, stream};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use super::page::size;
use crate::{
    engine::RowStream,
    model::{Code, Fault},
};

/// How long a stream may go without either side making progress.
pub const IDLE: Duration = Duration::from_secs(30);

/// Rows are handed on in pieces of about so many bytes. Progress is a piece taken: a slow reader of wide rows would need
/// longer than [`IDLE`] for a whole batch.
const PIECE: usize = 512 * 1024;

/// The rows of a running query. Dropping it ends the query, in the sources too.
#[derive(Debug)]
pub struct Rows {
    first: Option<RecordBatch>,
    rest: mpsc::Receiver<RecordBatch>,
    /// Was a batch given just now?
    given: bool,
    task: Option<JoinHandle<Result<(), Fault>>>,
}

impl Rows {
    /// Runs `rows` in a task of its own, which holds `permit`, and waits for its first batch (or its end) until `deadline`.
    ///
    /// # Errors
    /// What fails before the first row, and [`Code::Timeout`].
    pub(super) async fn start(
        rows: RowStream,
        permit: Option<OwnedSemaphorePermit>,
        deadline: Instant,
    ) -> Result<Self, Fault> {
        let mut rows = rows.flat_map(|batch| stream::iter(pieces(batch))).boxed();
        let first = loop {
            match timeout_at(deadline, rows.next()).await {
                Ok(Some(Ok(batch))) if batch.num_rows() == 0 => {}
                Ok(Some(batch)) => break Some(batch?),
                Ok(None) => break None,
                Err(_) => return Err(super::run::timed_out()),
            }
        };
        Ok(Self::run(first, rows, permit, IDLE))
    }

    /// Rows that are all in memory.
    #[must_use]
    pub fn of(rows: RecordBatch) -> Self {
        let (_, rest) = mpsc::channel(1);
        Self { first: (rows.num_rows() > 0).then_some(rows), rest, given: false, task: None }
    }

    fn run(first: Option<RecordBatch>, rows: RowStream, permit: Option<OwnedSemaphorePermit>, idle: Duration) -> Self {
        let (sender, rest) = mpsc::channel(1);
        let task = first.is_some().then(|| {
            tokio::spawn(async move {
                let _permit = permit;
                pump(rows, sender, idle).await
            })
        });
        Self { first, rest, given: false, task }
    }
}

fn pieces(batch: Result<RecordBatch, Fault>) -> Vec<Result<RecordBatch, Fault>> {
    let Ok(batch) = batch else { return vec![batch] };
    let count = size(&batch).div_ceil(PIECE).max(1);
    let rows = batch.num_rows().div_ceil(count).max(1);
    (0..batch.num_rows()).step_by(rows).map(|from| Ok(batch.slice(from, rows.min(batch.num_rows() - from)))).collect()
}

/// Ends when the rows end, the receiver is gone, or neither moves. Whatever the end, the sources are free then, also
/// while a reader that stands still keeps its [`Rows`].
async fn pump(mut rows: RowStream, sender: mpsc::Sender<RecordBatch>, idle: Duration) -> Result<(), Fault> {
    loop {
        let next = tokio::select! {
            next = timeout(idle, rows.next()) => next.map_err(|_| stalled("the query gave no row"))?,
            () = sender.closed() => return Ok(()),
        };
        let Some(batch) = next.transpose()? else { return Ok(()) };
        match timeout(idle, sender.send(batch)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Ok(()),
            Err(_) => return Err(stalled("the reader took no row")),
        }
    }
}

fn stalled(who: &str) -> Fault {
    Fault::new(Code::StreamIdle, format!("{who} for {} s", IDLE.as_secs()))
}

impl Stream for Rows {
    type Item = Result<RecordBatch, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // A door that always found the next batch ready would fill its buffers before it sends the first bytes of them
        // and sees that its reader has gone: seconds, where a batch compresses well.
        if std::mem::take(&mut self.given) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = match self.first.take() {
            Some(first) => Some(first),
            None => ready!(self.rest.poll_recv(context)),
        };
        if let Some(batch) = next {
            self.given = true;
            return Poll::Ready(Some(Ok(batch)));
        }
        // A channel that closed says nothing of why: after a failure, or a panic, rows are missing.
        let Some(task) = &mut self.task else { return Poll::Ready(None) };
        let ended = ready!(Pin::new(task).poll(context));
        self.task = None;
        Poll::Ready(match ended {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(Err(fault)),
            Err(error) => Some(Err(Fault::internal(error))),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::{
        array::{ArrayRef, Int64Array, StringArray},
        compute::concat_batches,
    };
    use futures::FutureExt as _;
    use tokio::sync::Semaphore;

    use super::*;

    fn batch() -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        RecordBatch::try_from_iter([("n", column)]).expect("one column")
    }

    /// Rows of which the first batch has come.
    async fn start(
        slots: &Arc<Semaphore>,
        rows: impl Stream<Item = Result<RecordBatch, Fault>> + Send + 'static,
    ) -> Rows {
        let permit = Arc::clone(slots).acquire_owned().await.expect("it is open");
        Rows::run(Some(batch()), rows.boxed(), Some(permit), Duration::from_millis(50))
    }

    async fn next(rows: &mut Rows) -> Option<Result<usize, Code>> {
        rows.next().await.map(|item| item.map(|batch| batch.num_rows()).map_err(|fault| fault.code))
    }

    #[tokio::test]
    async fn a_plan_that_panics_is_no_end() {
        let slots = Arc::new(Semaphore::new(1));
        let rows = stream::iter(0..2).map(|index| if index < 1 { Ok(batch()) } else { panic!("an operator's defect") });
        let mut rows = start(&slots, rows).await;
        assert_eq!(next(&mut rows).await, Some(Ok(1)));
        assert_eq!(next(&mut rows).await, Some(Ok(1)));
        assert_eq!(next(&mut rows).await, Some(Err(Code::Internal)));
        assert_eq!(next(&mut rows).await, None);
        assert_eq!(slots.available_permits(), 1);
    }

    #[tokio::test]
    async fn a_reader_that_stands_still_frees_the_slot_and_is_told() {
        let slots = Arc::new(Semaphore::new(1));
        let mut rows = start(&slots, stream::repeat_with(|| Ok(batch()))).await;
        let freed = timeout(Duration::from_secs(5), slots.acquire()).await;
        assert!(freed.is_ok(), "the query still runs");
        assert_eq!(next(&mut rows).await, Some(Ok(1)));
        assert_eq!(next(&mut rows).await, Some(Ok(1)));
        assert_eq!(next(&mut rows).await, Some(Err(Code::StreamIdle)));
        assert_eq!(next(&mut rows).await, None);
    }

    #[test]
    fn a_batch_is_handed_on_in_pieces() {
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..100).map(|n| n.to_string().repeat(20_000))));
        let batch = RecordBatch::try_from_iter([("text", texts)]).expect("one column");
        let pieces = pieces(Ok(batch.clone())).into_iter().collect::<Result<Vec<_>, _>>().expect("there is no fault");
        assert!(pieces.iter().all(|piece| piece.num_rows() > 0 && size(piece) < 2 * PIECE));
        assert_eq!(concat_batches(&batch.schema(), &pieces).ok().as_ref(), Some(&batch));
        assert_eq!(super::pieces(Ok(batch.slice(7, 1))), [Ok(batch.slice(7, 1))], "a row is not cut");
    }

    #[tokio::test]
    async fn a_query_that_stands_still_is_ended() {
        let slots = Arc::new(Semaphore::new(1));
        let mut rows = start(&slots, stream::pending()).await;
        assert_eq!(next(&mut rows).await, Some(Ok(1)));
        assert_eq!(next(&mut rows).await, Some(Err(Code::StreamIdle)));
        assert_eq!(slots.available_permits(), 1);
    }

    #[tokio::test]
    async fn a_door_can_send_a_batch_before_it_is_given_the_next() {
        let slots = Arc::new(Semaphore::new(1));
        let mut rows = start(&slots, stream::repeat_with(|| Ok(batch()))).await;
        for _ in 0..3 {
            assert_eq!(next(&mut rows).await, Some(Ok(1)));
            assert!(rows.next().now_or_never().is_none());
        }
    }

    #[tokio::test]
    async fn a_reader_that_goes_takes_the_query_with_it() {
        let slots = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&slots).acquire_owned().await.expect("it is open");
        drop(Rows::run(Some(batch()), stream::pending().boxed(), Some(permit), IDLE));
        let freed = timeout(Duration::from_secs(5), slots.acquire()).await;
        assert!(freed.is_ok(), "the query still runs");
    }
}
