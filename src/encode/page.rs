//! One page as a whole body, bounded in bytes.

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};

use super::{CsvEncoder, Format, JsonEncoder, Options, ipc::IpcEncoder, parquet::ParquetEncoder};
use crate::model::Fault;

/// The body of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedPage {
    /// For JSON the array of rows; for the others the whole body.
    pub body: Vec<u8>,
    /// How many rows of the batch it holds, from the first.
    pub rows: usize,
}

/// Encodes as many leading rows of `batch` as fit `max_bytes` of body before compression, but at least one if there is
/// any. The text formats take exactly as many as fit; Arrow and Parquet may take fewer, because only a whole file has a
/// size. The same rows always give the same page.
///
/// # Errors
/// [`Code::NotAcceptable`](crate::model::Code::NotAcceptable), naming the column, for a type that the format cannot hold.
/// [`Code::Internal`](crate::model::Code::Internal) when the encoder fails, and for plans, which are no pages.
pub fn encode_rows(
    format: Format,
    schema: &SchemaRef,
    batch: &RecordBatch,
    max_bytes: usize,
    options: &Options,
) -> Result<EncodedPage, Fault> {
    match format {
        Format::Json => {
            let encoder = JsonEncoder::new(schema, options)?;
            let rows = encoder.rows(batch)?;
            // One byte less for the bracket that closes the array.
            let mut page = fill(vec![b'['], batch.num_rows(), max_bytes.saturating_sub(1), |row, out| {
                if row > 0 {
                    out.push(b',');
                }
                rows.push(row, out);
            });
            page.body.push(b']');
            Ok(page)
        }
        Format::Ndjson => {
            let encoder = JsonEncoder::new(schema, options)?;
            let rows = encoder.rows(batch)?;
            Ok(fill(Vec::new(), batch.num_rows(), max_bytes, |row, out| {
                rows.push(row, out);
                out.push(b'\n');
            }))
        }
        Format::Csv => {
            let encoder = CsvEncoder::new(schema, options)?;
            let rows = encoder.rows(batch)?;
            let mut header = Vec::new();
            encoder.push_header(&mut header);
            Ok(fill(header, batch.num_rows(), max_bytes, |row, out| rows.push(row, out)))
        }
        Format::Arrow => shrink(batch, max_bytes, |batch| whole(IpcEncoder::stream(schema)?, batch)),
        Format::ArrowFile => shrink(batch, max_bytes, |batch| whole(IpcEncoder::file(schema)?, batch)),
        Format::Parquet => shrink(batch, max_bytes, |batch| {
            let mut encoder = ParquetEncoder::new(schema)?;
            let mut body = encoder.encode(batch)?;
            body.extend(encoder.finish()?);
            Ok(body)
        }),
        Format::Plan => Err(Fault::internal("a plan has no rows to encode")),
    }
}

fn whole(mut encoder: IpcEncoder, batch: &RecordBatch) -> Result<Vec<u8>, Fault> {
    let mut body = encoder.take();
    body.extend(encoder.encode(batch)?);
    body.extend(encoder.finish()?);
    Ok(body)
}

/// Appends rows to `body` until the next would make it longer than `max_bytes`.
fn fill(mut body: Vec<u8>, rows: usize, max_bytes: usize, push: impl Fn(usize, &mut Vec<u8>)) -> EncodedPage {
    for row in 0..rows {
        let end = body.len();
        push(row, &mut body);
        if row > 0 && body.len() > max_bytes {
            body.truncate(end);
            return EncodedPage { body, rows: row };
        }
    }
    EncodedPage { body, rows }
}

/// Encodes fewer and fewer rows until they fit. Sizes are almost in proportion to rows; taking off at least an eighth
/// bounds the attempts where they are not.
fn shrink(
    batch: &RecordBatch,
    max_bytes: usize,
    encode: impl Fn(&RecordBatch) -> Result<Vec<u8>, Fault>,
) -> Result<EncodedPage, Fault> {
    let mut rows = batch.num_rows();
    loop {
        let body = encode(&batch.slice(0, rows))?;
        if body.len() <= max_bytes || rows <= 1 {
            return Ok(EncodedPage { body, rows });
        }
        let in_proportion = rows.saturating_mul(max_bytes) / body.len();
        rows = in_proportion.min(rows - rows.div_ceil(8)).max(1);
    }
}
