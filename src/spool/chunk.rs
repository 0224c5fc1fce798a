//! Chunks: some rows of a result as one object, an Arrow IPC stream compressed with zstd.

use arrow::{
    array::{Array, AsArray, OffsetSizeTrait},
    compute::concat_batches,
    datatypes::{DataType, SchemaRef},
    ipc::{
        CompressionType,
        reader::StreamReader,
        writer::{IpcWriteOptions, StreamWriter},
    },
    record_batch::{RecordBatch, RecordBatchOptions},
};
use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::faults;
use crate::model::Fault;

/// `batches` as one batch and as bytes. Without batches: the columns alone.
pub(super) async fn encode(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<(RecordBatch, Bytes), Fault> {
    // Some ten milliseconds of work.
    let encoded = spawn_blocking(move || {
        let rows = concat_batches(&schema, &batches)?;
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD))?;
        let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options)?;
        if rows.num_rows() > 0 {
            writer.write(&rows)?;
        }
        writer.finish()?;
        Ok::<_, arrow::error::ArrowError>((rows, Bytes::from(writer.into_inner()?)))
    });
    encoded.await.map_err(Fault::internal)?.map_err(Fault::internal)
}

/// What [`encode`] made of batches.
pub(super) async fn decode(bytes: Bytes) -> Result<RecordBatch, Fault> {
    let decoded = spawn_blocking(move || {
        let reader = StreamReader::try_new(bytes.as_ref(), None)?;
        let schema = reader.schema();
        let batches = reader.collect::<Result<Vec<_>, _>>()?;
        concat_batches(&schema, &batches)
    });
    decoded.await.map_err(Fault::internal)?.map_err(faults::damaged)
}

/// The same rows with exactly the columns of `schema`, whose metadata a plan may have lost.
pub(super) fn conform(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, Fault> {
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(SchemaRef::clone(schema), batch.columns().to_vec(), &rows)
        .map_err(Fault::internal)
}

/// How many rows at the beginning of `batch` are at most `rows` rows and `bytes` bytes.
pub(super) fn fit(batch: &RecordBatch, rows: usize, bytes: usize) -> usize {
    let (mut fits, mut exceeds) = (0, rows.min(batch.num_rows()) + 1);
    if size(&batch.slice(0, exceeds - 1)) <= bytes {
        return exceeds - 1;
    }
    while exceeds - fits > 1 {
        let middle = fits.midpoint(exceeds);
        if size(&batch.slice(0, middle)) <= bytes {
            fits = middle;
        } else {
            exceeds = middle;
        }
    }
    fits
}

/// The bytes of the values of `rows`, without what their buffers hold besides.
pub(super) fn size(rows: &RecordBatch) -> usize {
    rows.columns().iter().map(|column| size_of(column.as_ref())).sum()
}

/// Arrow's own measure of a slice counts all elements of lists, also those of other rows.
fn size_of(array: &dyn Array) -> usize {
    match array.data_type() {
        DataType::List(_) => size_of_lists(array.as_list::<i32>().value_offsets(), array.as_list::<i32>().values()),
        DataType::LargeList(_) => {
            size_of_lists(array.as_list::<i64>().value_offsets(), array.as_list::<i64>().values())
        }
        DataType::Map(..) => size_of_lists(array.as_map().value_offsets(), array.as_map().entries()),
        DataType::Struct(_) => array.as_struct().columns().iter().map(|column| size_of(column.as_ref())).sum(),
        _ => {
            let data = array.to_data();
            data.get_slice_memory_size().unwrap_or_else(|_| data.get_array_memory_size())
        }
    }
}

fn size_of_lists<O: OffsetSizeTrait>(offsets: &[O], values: &dyn Array) -> usize {
    let first = offsets.first().map_or(0, |offset| offset.as_usize());
    let last = offsets.last().map_or(0, |offset| offset.as_usize());
    size_of_val(offsets) + size_of(values.slice(first, last - first).as_ref())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, ListArray, StringArray, types::Int64Type};

    use super::*;

    fn batch(column: impl Array + 'static) -> RecordBatch {
        RecordBatch::try_from_iter([("x", Arc::new(column) as ArrayRef)]).expect("one column")
    }

    #[test]
    fn rows_are_measured_by_their_own_values() {
        let lists = batch(ListArray::from_iter_primitive::<Int64Type, _, _>((0..100).map(|_| Some(vec![Some(1); 50]))));
        assert!(size(&lists.slice(10, 1)) < 1_000, "{}", size(&lists.slice(10, 1)));
        let texts = batch(StringArray::from_iter_values((0..100).map(|_| "x".repeat(1_000))));
        assert!((10_000..11_000).contains(&size(&texts.slice(50, 10))));
    }

    #[test]
    fn as_many_rows_fit_as_are_within_both_bounds() {
        let texts = batch(StringArray::from_iter_values((0..100).map(|row| "x".repeat(row * 10))));
        for bytes in [0, 50, 500, 5_000, 500_000] {
            let rows = fit(&texts, 1_000, bytes);
            assert!(size(&texts.slice(0, rows)) <= bytes || rows == 0);
            assert!(rows == 100 || size(&texts.slice(0, rows + 1)) > bytes);
            assert_eq!(fit(&texts, 3, bytes), rows.min(3));
        }
        assert_eq!(fit(&batch(Int64Array::from(Vec::<i64>::new())), 5, 5), 0);
    }

    #[tokio::test]
    async fn a_chunk_is_decoded_as_it_was_encoded() {
        let rows = batch(Int64Array::from_iter((0..100).map(|row| (row % 7 > 0).then_some(row))));
        let parts = vec![rows.slice(3, 10), rows.slice(13, 0), rows.slice(13, 80)];
        let (whole, bytes) = encode(rows.schema(), parts).await.expect("it can be written");
        assert_eq!(whole, rows.slice(3, 90));
        assert_eq!(decode(bytes.clone()).await.expect("it can be read"), whole);
        assert!(decode(bytes.slice(..bytes.len() / 2)).await.is_err());
    }
}
