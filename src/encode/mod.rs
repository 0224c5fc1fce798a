//! From Arrow record batches to bytes: negotiation of format and coding, rows as text, pages and streams.
//!
//! [`Format::negotiate`] and [`Coding::negotiate`] choose what to send, and [`Options`] how values are written in it.
//! [`encode_rows`] turns a collected page into a body, [`StreamEncoder`] turns batches into chunks as they come, several at
//! once through [`flow()`]; both stand on one encoder per format ([`json`], [`csv`], `ipc`, `parquet`). The two text formats
//! share `cell`, which picks a writer for each column once per batch (`scalar`, `nested`) and appends values straight from
//! Arrow's buffers; `dialect` says how a text is quoted in either format; `number`, `temporal` and `interval` print values
//! with `digits`, and all of them append through `blocks`. Encoders see plain rows only: they know nothing of HTTP or of
//! queries.

mod accept;
mod blocks;
mod cell;
pub mod compress;
pub mod csv;
mod dialect;
mod digits;
pub mod flow;
pub mod format;
mod interval;
mod ipc;
pub mod json;
mod nested;
mod number;
pub mod options;
pub mod page;
mod parquet;
mod scalar;
pub mod stream;
mod temporal;
#[cfg(test)]
mod tests;

pub use compress::{Coding, Compressor};
pub use csv::CsvEncoder;
pub use flow::{Chunk, flow};
pub use format::Format;
pub use json::JsonEncoder;
pub use options::{Int64, Options};
pub use page::{EncodedPage, encode_rows};
pub use stream::StreamEncoder;
