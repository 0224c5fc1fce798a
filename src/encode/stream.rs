//! A whole result as a stream of chunks, one per batch.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use bytes::Bytes;

use super::{Coding, Compressor, CsvEncoder, Format, JsonEncoder, Options, ipc::IpcEncoder, parquet::ParquetEncoder};
use crate::model::Fault;

/// Turns batches into the bytes of one response body. What was written says that it is whole only after
/// [`finish`](Self::finish), as far as the format has a way to say so; NDJSON and CSV without compression have none, so
/// that a failed stream must also be cut at the transport.
pub struct StreamEncoder {
    rows: Rows,
    coding: Coding,
    compressor: Compressor,
}

enum Rows {
    Text(Arc<TextEncoder>),
    Ipc(Box<IpcEncoder>),
    Parquet(Box<ParquetEncoder>),
}

/// The rows of a text format. What a batch becomes depends on nothing but the batch: any number may be encoded at once.
pub struct TextEncoder {
    text: Text,
    /// How large the last chunk with rows was: the next is likely much the same.
    last: AtomicUsize,
}

enum Text {
    Ndjson(JsonEncoder),
    Csv(CsvEncoder),
}

impl TextEncoder {
    fn new(text: Text) -> Rows {
        Rows::Text(Arc::new(Self { text, last: AtomicUsize::new(0) }))
    }

    /// The text of a batch, before compression.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the batch has another schema.
    pub fn encode(&self, batch: &RecordBatch) -> Result<Vec<u8>, Fault> {
        let last = self.last.load(Ordering::Relaxed);
        let mut out = Vec::with_capacity(last + last / 8);
        match &self.text {
            Text::Ndjson(encoder) => {
                let rows = encoder.rows(batch)?;
                for row in 0..batch.num_rows() {
                    rows.push(row, &mut out);
                    out.push(b'\n');
                }
            }
            Text::Csv(encoder) => {
                let rows = encoder.rows(batch)?;
                for row in 0..batch.num_rows() {
                    rows.push(row, &mut out);
                }
            }
        }
        if batch.num_rows() > 0 {
            self.last.store(out.len(), Ordering::Relaxed);
        }
        Ok(out)
    }
}

impl StreamEncoder {
    /// For batches of this schema. `coding` is what the client prefers; [`coding`](Self::coding) is what it gets.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`](crate::model::Code::NotAcceptable), naming the column, for a type that the format cannot
    /// hold. [`Code::Internal`](crate::model::Code::Internal) for JSON and for plans, which are no streams.
    pub fn new(format: Format, schema: &SchemaRef, coding: Coding, options: &Options) -> Result<Self, Fault> {
        let rows = match format {
            Format::Ndjson => TextEncoder::new(Text::Ndjson(JsonEncoder::new(schema, options)?)),
            Format::Csv => TextEncoder::new(Text::Csv(CsvEncoder::new(schema, options)?)),
            Format::Arrow => Rows::Ipc(Box::new(IpcEncoder::stream(schema)?)),
            Format::ArrowFile => Rows::Ipc(Box::new(IpcEncoder::file(schema)?)),
            Format::Parquet => Rows::Parquet(Box::new(ParquetEncoder::new(schema)?)),
            Format::Json | Format::Plan => {
                return Err(Fault::internal(format_args!("`{}` cannot be streamed", format.name())));
            }
        };
        let coding = coding.for_format(format);
        Ok(Self { rows, coding, compressor: Compressor::new(coding)? })
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
            Rows::Text(encoder) => {
                let mut out = Vec::new();
                if let Text::Csv(encoder) = &encoder.text {
                    encoder.push_header(&mut out);
                }
                out
            }
            Rows::Ipc(encoder) => encoder.take(),
            Rows::Parquet(encoder) => encoder.take()?,
        };
        self.compressor.push(chunk)
    }

    /// The bytes of a batch. They may be none: an empty batch of a text format, or an unfinished Parquet row group.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the batch has another schema or the encoder fails.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Bytes, Fault> {
        let chunk = match &mut self.rows {
            Rows::Text(encoder) => encoder.encode(batch)?,
            Rows::Ipc(encoder) => encoder.encode(batch)?,
            Rows::Parquet(encoder) => encoder.encode(batch)?,
        };
        self.compressor.push(chunk)
    }

    /// The encoder of rows for formats whose batches do not depend on each other. Its chunks go through
    /// [`frame`](Self::frame), in order; the same as [`encode`](Self::encode) of the batches.
    #[must_use]
    pub fn text(&self) -> Option<Arc<TextEncoder>> {
        match &self.rows {
            Rows::Text(encoder) => Some(Arc::clone(encoder)),
            Rows::Ipc(_) | Rows::Parquet(_) => None,
        }
    }

    /// The bytes to send for a chunk of text.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when compression fails.
    pub fn frame(&mut self, chunk: Vec<u8>) -> Result<Bytes, Fault> {
        self.compressor.push(chunk)
    }

    /// What says that the result is whole: the end mark, the footer, the trailer of the compression.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the encoder fails.
    pub fn finish(mut self) -> Result<Bytes, Fault> {
        let chunk = match self.rows {
            Rows::Text(_) => Vec::new(),
            Rows::Ipc(encoder) => encoder.finish()?,
            Rows::Parquet(encoder) => encoder.finish()?,
        };
        let last = self.compressor.push(chunk)?;
        let trailer = self.compressor.finish()?;
        Ok(if last.is_empty() { trailer } else { [last, trailer].concat().into() })
    }
}
