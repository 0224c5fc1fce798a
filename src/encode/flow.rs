//! A stream of batches as a stream of chunks: text is encoded on as many threads as there are cores, and sent in order.

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, future, stream, stream::BoxStream};
use tokio::task;

use super::{StreamEncoder, stream::TextEncoder};
use crate::model::Fault;

/// Batches of fewer values are encoded at once: to hand one to another thread would take longer.
const FEW_VALUES: usize = 2_000;

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What to send.
    pub bytes: Bytes,
    /// How many rows were encoded for it. Parquet may hold them back until a later chunk.
    pub rows: usize,
}

/// The whole body of a result. Chunks come in the order of the batches, empty ones are left out, and nothing follows a
/// fault.
///
/// Of a text format at most as many batches are ahead of the reader as there are cores, and only while the stream is
/// polled. When it is dropped no further batch is asked for; one that is being encoded is done within milliseconds.
pub fn flow(
    rows: impl Stream<Item = Result<RecordBatch, Fault>> + Send + 'static,
    encoder: StreamEncoder,
) -> BoxStream<'static, Result<Chunk, Fault>> {
    let batches = match encoder.text() {
        Some(text) => rows.map(move |batch| encoded(Arc::clone(&text), batch)).buffered(cores()).boxed(),
        None => rows.map_ok(Encoded::Rows).boxed(),
    };
    let start = Stage::Start { batches, encoder };
    let chunks = stream::unfold(start, async |stage| Some(stage.next().await?));
    chunks
        .filter(|chunk| future::ready(!chunk.as_ref().is_ok_and(|chunk| chunk.bytes.is_empty() && chunk.rows == 0)))
        .boxed()
}

/// A batch on its way.
enum Encoded {
    Text { text: Vec<u8>, rows: usize },
    Rows(RecordBatch),
}

async fn encoded(encoder: Arc<TextEncoder>, batch: Result<RecordBatch, Fault>) -> Result<Encoded, Fault> {
    let batch = batch?;
    let rows = batch.num_rows();
    let text = if rows * batch.num_columns() < FEW_VALUES {
        encoder.encode(&batch)?
    } else {
        task::spawn_blocking(move || encoder.encode(&batch)).await.map_err(Fault::internal)??
    };
    Ok(Encoded::Text { text, rows })
}

fn cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

enum Stage {
    Start { batches: BoxStream<'static, Result<Encoded, Fault>>, encoder: StreamEncoder },
    Rows { batches: BoxStream<'static, Result<Encoded, Fault>>, encoder: StreamEncoder },
    End,
}

impl Stage {
    async fn next(self) -> Option<(Result<Chunk, Fault>, Self)> {
        let (chunk, next) = match self {
            Self::End => return None,
            Self::Start { batches, mut encoder } => {
                let head = encoder.start().map(|bytes| Chunk { bytes, rows: 0 });
                (head, Self::Rows { batches, encoder })
            }
            Self::Rows { mut batches, mut encoder } => match batches.next().await {
                Some(Ok(Encoded::Text { text, rows })) => {
                    (encoder.frame(text).map(|bytes| Chunk { bytes, rows }), Self::Rows { batches, encoder })
                }
                Some(Ok(Encoded::Rows(batch))) => {
                    let chunk = encoder.encode(&batch).map(|bytes| Chunk { bytes, rows: batch.num_rows() });
                    (chunk, Self::Rows { batches, encoder })
                }
                Some(Err(fault)) => (Err(fault), Self::End),
                None => (encoder.finish().map(|bytes| Chunk { bytes, rows: 0 }), Self::End),
            },
        };
        let next = if chunk.is_err() { Self::End } else { next };
        Some((chunk, next))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use arrow::array::{ArrayRef, Int64Array};

    use super::*;
    use crate::{
        encode::{Coding, Format, Options},
        model::Code,
    };

    fn batch(index: i64) -> RecordBatch {
        // Of every size, so that some are encoded on other threads and some are not.
        let numbers = Int64Array::from_iter_values((0..(index * 997) % 5_000).map(|row| index * 10_000 + row));
        RecordBatch::try_from_iter([("n", Arc::new(numbers) as ArrayRef)]).expect("a batch")
    }

    fn encoder(format: Format) -> StreamEncoder {
        StreamEncoder::new(format, &batch(0).schema(), Coding::Gzip, &Options::default()).expect("an encoder")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_what_one_batch_after_the_other_gives() {
        for format in [Format::Ndjson, Format::Csv, Format::Arrow, Format::ArrowFile, Format::Parquet] {
            let mut one = encoder(format);
            let mut expected = one.start().expect("the start").to_vec();
            for index in 0..30 {
                expected.extend(one.encode(&batch(index)).expect("a batch"));
            }
            expected.extend(one.finish().expect("the end"));
            let chunks = flow(stream::iter(0..30).map(|index| Ok(batch(index))), encoder(format));
            let chunks: Vec<_> = chunks.try_collect().await.expect("no fault");
            assert_eq!(chunks.iter().map(|chunk| chunk.bytes.clone()).collect::<Vec<_>>().concat(), expected);
            assert_eq!(
                chunks.iter().map(|chunk| chunk.rows).sum::<usize>(),
                (0..30).map(|i| batch(i).num_rows()).sum::<usize>()
            );
        }
    }

    #[tokio::test]
    async fn a_fault_comes_in_its_place_and_nothing_behind_it() {
        let rows =
            stream::iter(1..9).map(|index| if index == 5 { Err(Fault::internal("broken")) } else { Ok(batch(index)) });
        let sent: Vec<_> = flow(rows, encoder(Format::Ndjson)).collect().await;
        let rows: Vec<_> =
            sent.iter().map(|chunk| chunk.as_ref().map(|chunk| chunk.rows).map_err(|fault| fault.code)).collect();
        let expected: Vec<_> = (1..5).map(|index| Ok(batch(index).num_rows())).chain([Err(Code::Internal)]).collect();
        assert_eq!(rows.into_iter().filter(|rows| *rows != Ok(0)).collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn it_is_no_further_ahead_than_there_are_cores() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let rows = stream::repeat_with(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(batch(3))
        });
        let mut chunks = flow(rows, encoder(Format::Ndjson)).skip(1);
        for taken in 1..20 {
            chunks.next().await.expect("it has no end").expect("no fault");
            assert!(asked.load(Ordering::Relaxed) <= taken + cores() + 1);
        }
    }
}
