//! From rows to batches: full ones while the source is fast, what is there when it is slow.

use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use futures::{FutureExt, Stream, StreamExt};
use tokio::time::Instant;

use super::feed::{Feed, Stop};

/// Rows of a full batch.
pub const ROWS: usize = 8192;
/// Bytes, as the source sent them, of a full batch.
const BYTES: usize = 8 << 20;
/// A row that is here waits no longer than this for the next.
const LINGER: Duration = Duration::from_millis(10);

/// Collects the rows of one kind of source.
pub trait Builder {
    /// A row as the source's library gives it, or a piece of the wire that holds some.
    type Row;

    /// Takes in what came; returns its size in bytes.
    fn append(&mut self, row: &Self::Row) -> Result<usize, Stop>;

    /// How many rows were taken in since the last [`Builder::finish`].
    fn rows(&self) -> usize;

    /// What was taken in since the last call.
    fn finish(&mut self) -> Result<RecordBatch, Stop>;
}

/// Moves all rows into `feed`.
pub async fn pump<B: Builder>(
    mut rows: impl Stream<Item = Result<B::Row, Stop>> + Unpin,
    builder: &mut B,
    feed: &mut Feed,
) -> Result<(), Stop> {
    let (mut bytes, mut deadline) = (0, Instant::now());
    loop {
        // Most rows are already in a buffer: no timer for these.
        let next = match rows.next().now_or_never() {
            Some(next) => Some(next),
            None if builder.rows() == 0 => Some(rows.next().await),
            None => tokio::time::timeout_at(deadline, rows.next()).await.ok(),
        };
        match next {
            Some(Some(row)) => {
                if builder.rows() == 0 {
                    deadline = Instant::now() + LINGER;
                }
                bytes += builder.append(&row?)?;
                if builder.rows() < ROWS && bytes < BYTES {
                    continue;
                }
            }
            Some(None) if builder.rows() == 0 => return Ok(()),
            Some(None) => return feed.push(builder.finish()?).await,
            None => {}
        }
        feed.push(builder.finish()?).await?;
        bytes = 0;
    }
}
