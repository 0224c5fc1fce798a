//! The tuples of a binary COPY, to record batches.

use std::fmt::Display;

use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;

use super::session::Postgres;
use crate::{
    model::Fault,
    sources::sql::{
        batch::Builder,
        feed::{Scan, Stop},
        pgwire::Rows,
    },
};

/// How a binary COPY begins: a signature, flags, and the length of an extension (`PostgreSQL`, COPY, "Binary Format").
const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// Flags from here on change the format.
const CRITICAL_FLAGS: u32 = 0xFFFF_0000;

/// The tuples of a binary COPY. The server sends one message for each row (`PostgreSQL`, "COPY Operations"); the header
/// comes with the first, and a trailer ends them.
pub struct Tuples<'a> {
    rows: Rows<'a>,
    began: bool,
    ended: bool,
}

impl<'a> Tuples<'a> {
    /// No tuples yet; column `index` will be sent as the type `sent(index)`, which is checked here.
    pub fn new(postgres: &'a Postgres, scan: &'a Scan, sent: impl Fn(usize) -> u32) -> Result<Self, Fault> {
        let mut rows = Rows::new(postgres.staleness(), scan);
        rows.describe(sent)?;
        Ok(Self { rows, began: false, ended: true })
    }

    /// Is nothing missing at the end?
    pub fn is_whole(&self) -> bool {
        self.ended
    }

    /// The tuples are not those that the statement was planned for.
    pub fn changed(&self, cause: impl Display) -> Fault {
        self.rows.changed(cause)
    }

    /// Another COPY begins, with a header of its own.
    pub fn restart(&mut self) {
        (self.began, self.ended) = (false, false);
    }

    fn read(&mut self, mut bytes: &[u8]) -> Option<Result<(), Fault>> {
        if !self.began {
            (bytes.split_off(..SIGNATURE.len())? == SIGNATURE).then_some(())?;
            (take(&mut bytes).map(u32::from_be_bytes)? & CRITICAL_FLAGS == 0).then_some(())?;
            let extension = usize::try_from(take(&mut bytes).map(u32::from_be_bytes)?).ok()?;
            bytes.split_off(..extension)?;
            self.began = true;
        }
        // Without columns, the statement selects a constant.
        let width = self.rows.width().max(1);
        while !bytes.is_empty() {
            (!self.ended).then_some(())?;
            match take(&mut bytes).map(i16::from_be_bytes)? {
                -1 => self.ended = true,
                fields => {
                    (usize::try_from(fields).ok()? == width).then_some(())?;
                    for index in 0..width {
                        let value = match usize::try_from(take(&mut bytes).map(i32::from_be_bytes)?) {
                            Ok(length) => Some(bytes.split_off(..length)?),
                            Err(_) => None,
                        };
                        if let Err(fault) = self.rows.append_value(index, value) {
                            return Some(Err(fault));
                        }
                    }
                    self.rows.count += 1;
                }
            }
        }
        Some(Ok(()))
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    bytes.split_off(..N)?.try_into().ok()
}

impl Builder for Tuples<'_> {
    type Row = Bytes;

    fn append(&mut self, message: &Bytes) -> Result<usize, Stop> {
        let read = self.read(message);
        read.unwrap_or_else(|| Err(self.changed("a tuple of another form")))?;
        Ok(message.len())
    }

    fn rows(&self) -> usize {
        self.rows.count
    }

    fn finish(&mut self) -> Result<RecordBatch, Stop> {
        self.rows.finish_rows()
    }
}
