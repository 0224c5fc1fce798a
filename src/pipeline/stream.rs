//! A result that flows: a task pulls rows from the plan and hands them over one batch at a time, so that the next batch
//! is computed while the last is encoded, memory does not grow with the result, and a stall on either side ends it.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use datafusion::arrow::array::RecordBatch;
use futures::{Stream, StreamExt};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    engine::RowStream,
    model::{Code, Fault},
};

/// How long a stream may go without either side making progress.
pub const IDLE: Duration = Duration::from_secs(30);

/// The rows of a running query. Dropping it ends the query, in the sources too.
#[derive(Debug)]
pub struct Rows {
    first: Option<RecordBatch>,
    rest: mpsc::Receiver<Result<RecordBatch, Fault>>,
}

impl Rows {
    /// Runs `rows` in a task of its own and waits for its first batch (or its end) until `deadline`.
    ///
    /// # Errors
    /// What fails before the first row, and [`Code::Timeout`].
    pub(super) async fn start(
        mut rows: RowStream,
        permit: OwnedSemaphorePermit,
        deadline: Instant,
    ) -> Result<Self, Fault> {
        let first = loop {
            match timeout_at(deadline, rows.next()).await {
                Ok(Some(Ok(batch))) if batch.num_rows() == 0 => {}
                Ok(Some(batch)) => break Some(batch?),
                Ok(None) => break None,
                Err(_) => return Err(super::timed_out()),
            }
        };
        let (sender, rest) = mpsc::channel(1);
        if first.is_some() {
            tokio::spawn(async move {
                pump(rows, &sender).await;
                drop(permit);
            });
        }
        Ok(Self { first, rest })
    }
}

/// Ends when the rows end, the receiver is gone, or neither moves.
async fn pump(mut rows: RowStream, sender: &mpsc::Sender<Result<RecordBatch, Fault>>) {
    loop {
        let next = tokio::select! {
            next = timeout(IDLE, rows.next()) => next,
            () = sender.closed() => return,
        };
        let batch = match next {
            Ok(Some(batch)) => batch,
            Ok(None) => return,
            Err(_) => Err(idle("the query gave no row")),
        };
        let failed = batch.is_err();
        match timeout(IDLE, sender.reserve()).await {
            Ok(Ok(place)) => place.send(batch),
            Ok(Err(_)) => return,
            Err(_) => {
                // The reader stands still: free the sources at once, and tell the reader should it ever come back.
                drop(rows);
                let _ = sender.send(Err(idle("the reader took no row"))).await;
                return;
            }
        }
        if failed {
            return;
        }
    }
}

fn idle(who: &str) -> Fault {
    Fault::new(Code::StreamIdle, format!("{who} for {} s", IDLE.as_secs()))
}

impl Stream for Rows {
    type Item = Result<RecordBatch, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(batch) => Poll::Ready(Some(Ok(batch))),
            None => self.rest.poll_recv(context),
        }
    }
}
