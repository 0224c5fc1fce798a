//! A whole result as a stream of chunks, one per batch.

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use bytes::Bytes;

use super::{Coding, Compressor, CsvEncoder, Format, JsonEncoder, ipc::IpcEncoder, parquet::ParquetEncoder};
use crate::model::Fault;

/// Turns batches into the bytes of one response body. What was written says that it is whole only after
/// [`finish`](Self::finish), as far as the format has a way to say so; NDJSON and CSV without compression have none, so
/// that a failed stream must also be cut at the transport.
pub struct StreamEncoder {
    rows: Rows,
    coding: Coding,
    compressor: Compressor,
    /// How large the last chunk with rows was before compression: the next is likely much the same.
    last: usize,
}

enum Rows {
    Ndjson(JsonEncoder),
    Csv(CsvEncoder),
    Arrow(Box<IpcEncoder>),
    Parquet(Box<ParquetEncoder>),
}

impl StreamEncoder {
    /// For batches of this schema. `coding` is what the client prefers; [`coding`](Self::coding) is what it gets.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`](crate::model::Code::NotAcceptable), naming the column, for a type that the format cannot
    /// hold. [`Code::Internal`](crate::model::Code::Internal) for JSON and for plans, which are no streams.
    pub fn new(format: Format, schema: &SchemaRef, coding: Coding) -> Result<Self, Fault> {
        let rows = match format {
            Format::Ndjson => Rows::Ndjson(JsonEncoder::new(schema)?),
            Format::Csv => Rows::Csv(CsvEncoder::new(schema)?),
            Format::Arrow => Rows::Arrow(Box::new(IpcEncoder::new(schema)?)),
            Format::Parquet => Rows::Parquet(Box::new(ParquetEncoder::new(schema)?)),
            Format::Json | Format::Plan => {
                return Err(Fault::internal(format_args!("`{}` cannot be streamed", format.name())));
            }
        };
        let coding = coding.for_format(format);
        Ok(Self { rows, coding, compressor: Compressor::new(coding)?, last: 0 })
    }

    /// How the chunks are compressed.
    #[must_use]
    pub fn coding(&self) -> Coding {
        self.coding
    }

    /// What comes before the first batch: the header line, the schema message, the magic number.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the encoder fails.
    pub fn start(&mut self) -> Result<Bytes, Fault> {
        let chunk = match &mut self.rows {
            Rows::Ndjson(_) => Vec::new(),
            Rows::Csv(encoder) => {
                let mut out = Vec::new();
                encoder.push_header(&mut out);
                out
            }
            Rows::Arrow(encoder) => encoder.take(),
            Rows::Parquet(encoder) => encoder.take()?,
        };
        self.compressor.push(chunk)
    }

    /// The bytes of a batch. They may be none: an empty batch of a text format, or an unfinished Parquet row group.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the batch has another schema or the encoder fails.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Bytes, Fault> {
        let mut out = Vec::new();
        match &mut self.rows {
            Rows::Ndjson(encoder) => {
                out.reserve(self.last + self.last / 8);
                let rows = encoder.rows(batch)?;
                for row in 0..batch.num_rows() {
                    rows.push(row, &mut out);
                    out.push(b'\n');
                }
            }
            Rows::Csv(encoder) => {
                out.reserve(self.last + self.last / 8);
                let rows = encoder.rows(batch)?;
                for row in 0..batch.num_rows() {
                    rows.push(row, &mut out);
                }
            }
            Rows::Arrow(encoder) => out = encoder.encode(batch)?,
            Rows::Parquet(encoder) => out = encoder.encode(batch)?,
        }
        if batch.num_rows() > 0 {
            self.last = out.len();
        }
        self.compressor.push(out)
    }

    /// What says that the result is whole: the end mark, the footer, the trailer of the compression.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the encoder fails.
    pub fn finish(mut self) -> Result<Bytes, Fault> {
        let chunk = match self.rows {
            Rows::Ndjson(_) | Rows::Csv(_) => Vec::new(),
            Rows::Arrow(encoder) => encoder.finish()?,
            Rows::Parquet(encoder) => encoder.finish()?,
        };
        let last = self.compressor.push(chunk)?;
        let trailer = self.compressor.finish()?;
        Ok(if last.is_empty() { trailer } else { [last, trailer].concat().into() })
    }
}
