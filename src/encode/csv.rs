//! Rows as CSV (RFC 4180) with a header line.

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};

use super::{
    cell::{self, Cell},
    dialect::{Csv, Dialect},
};
use crate::model::Fault;

/// Writes rows of one schema as lines of CSV, which end in CR LF.
///
/// Scalars have the texts they have in JSON, without its quotes; lists, structs and maps are JSON in a quoted field. NULL
/// is an empty field and an empty text is `""`; a NULL alone in its row is thus an empty line. A field is quoted if it is empty, begins or ends with a space, or holds a
/// comma, a quote or a line break.
pub struct CsvEncoder {
    schema: SchemaRef,
}

/// A batch ready to be written.
pub struct CsvRows<'a> {
    cells: Vec<Cell<'a>>,
}

impl CsvEncoder {
    /// For batches of this schema.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`](crate::model::Code::NotAcceptable), naming the column, for a type that has no text form:
    /// unions, and maps with nested keys.
    pub fn new(schema: &SchemaRef) -> Result<Self, Fault> {
        cell::check::<Csv>(schema)?;
        Ok(Self { schema: schema.clone() })
    }

    /// Appends the header line: the names of the columns.
    pub fn push_header(&self, out: &mut Vec<u8>) {
        for (index, field) in self.schema.fields().iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            Csv::push_text(field.name(), out);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Prepares a batch.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the batch has other types than the schema.
    pub fn rows<'a>(&self, batch: &'a RecordBatch) -> Result<CsvRows<'a>, Fault> {
        Ok(CsvRows { cells: cell::cells::<Csv>(&self.schema, batch)? })
    }
}

impl CsvRows<'_> {
    /// Appends row `row` of the batch as a line.
    ///
    /// # Panics
    /// When the batch has no such row.
    #[inline]
    pub fn push(&self, row: usize, out: &mut Vec<u8>) {
        for (index, cell) in self.cells.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            cell.push(row, out);
        }
        out.extend_from_slice(b"\r\n");
    }
}
