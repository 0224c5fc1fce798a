//! Rows as Postgres sends them, to record batches: those of a prepared statement, and the tuples of a binary COPY.

use std::{fmt::Display, sync::Arc};

use bytes::Bytes;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use sqlx::{Column as _, Row, ValueRef, postgres::PgRow};

use super::{numeric::Unfit, session::Postgres, types::spoken, values::Values};
use crate::{
    model::Fault,
    sources::sql::{
        batch::{Builder, ROWS},
        failure::unrepresentable,
        feed::{Scan, Stop},
    },
};

/// The rows of a prepared statement.
pub struct Rows<'a> {
    postgres: &'a Postgres,
    scan: &'a Scan,
    /// Made when it is known how the values are written.
    columns: Vec<Values>,
    count: usize,
}

impl<'a> Rows<'a> {
    /// No rows yet. The first row will say how the values are written.
    pub fn new(postgres: &'a Postgres, scan: &'a Scan) -> Self {
        Self { postgres, scan, columns: Vec::new(), count: 0 }
    }

    /// Takes note that column `index` is sent as the type `sent(index)`.
    fn describe(&mut self, sent: impl Fn(usize) -> u32) -> Result<(), Fault> {
        let Scan { schema, estimated_rows, .. } = self.scan;
        self.columns.reserve(schema.fields().len());
        let expected = estimated_rows.map_or(ROWS, |rows| usize::try_from(rows).unwrap_or(ROWS).min(ROWS));
        for (index, field) in schema.fields().iter().enumerate() {
            let sent = sent(index);
            let values = Values::new(field.data_type(), sent, expected).ok_or_else(|| {
                self.changed(format!("column {} is {}, type {sent} was sent", field.name(), field.data_type()))
            })?;
            self.columns.push(values);
        }
        Ok(())
    }

    fn append_value(&mut self, index: usize, bytes: Option<&[u8]>) -> Result<(), Fault> {
        let Some(values) = self.columns.get_mut(index) else { return Ok(()) };
        values.append(bytes).map_err(|unfit| self.fault(index, unfit))
    }

    fn fault(&self, index: usize, unfit: Unfit) -> Fault {
        let Scan { statement, schema, relation, .. } = self.scan;
        let field = schema.field(index);
        match unfit {
            Unfit::Value(value) => {
                unrepresentable(&statement.source, relation, field.name(), value, &spoken(field.data_type()))
            }
            Unfit::Malformed => self.changed(format!("column {} has a value of another form", field.name())),
        }
    }

    /// The rows are not those that the statement was planned for.
    fn changed(&self, cause: impl Display) -> Fault {
        self.postgres.changed(&self.scan.relation, cause)
    }

    fn finish_rows(&mut self) -> Result<RecordBatch, Stop> {
        let schema = &self.scan.schema;
        let columns = self.columns.iter_mut().map(Values::finish).collect::<Result<_, _>>().map_err(Fault::internal)?;
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.count)));
        // A NULL in a column that was NOT NULL when the source was read.
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|error| self.changed(error).into())
    }
}

impl Builder for Rows<'_> {
    type Row = PgRow;

    fn append(&mut self, row: &PgRow) -> Result<usize, Stop> {
        if self.columns.is_empty() {
            let oid = |index: usize| row.columns().get(index).and_then(|column| column.type_info().oid());
            self.describe(|index| oid(index).map_or(0, |oid| oid.0))?;
        }
        let mut size = 0;
        for index in 0..self.columns.len() {
            let raw = row.try_get_raw(index).map_err(Fault::internal)?;
            let bytes = if raw.is_null() { None } else { Some(raw.as_bytes().map_err(Fault::internal)?) };
            size += bytes.map_or(0, <[u8]>::len);
            self.append_value(index, bytes)?;
        }
        self.count += 1;
        Ok(size)
    }

    fn rows(&self) -> usize {
        self.count
    }

    fn finish(&mut self) -> Result<RecordBatch, Stop> {
        self.finish_rows()
    }
}

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
        let mut rows = Rows::new(postgres, scan);
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
        let width = self.rows.columns.len().max(1);
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
