//! Rows as CSV (RFC 4180) with a header line.

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};

use super::{
    blocks::Blocks,
    cell::{self, Cell},
    dialect::{Csv, Dialect, quote_from},
    options::Options,
};
use crate::model::Fault;

/// Writes rows of one schema as lines of CSV, which end in CR LF.
///
/// Scalars have the texts they have in JSON, without its quotes; lists, structs and maps are JSON in a quoted field. NULL
/// is an empty field, or the text that the options give it, and an empty text is `""`; a NULL alone in its row may thus be
/// an empty line. A field is quoted if it is empty, looks like NULL, begins or ends with a space, or holds a comma, a quote
/// or a line break.
pub struct CsvEncoder {
    schema: SchemaRef,
    options: Options,
}

/// A batch ready to be written.
pub struct CsvRows<'a> {
    cells: Vec<Cell<'a>>,
    /// The text of NULL, if it has one.
    null: Option<&'a [u8]>,
}

impl CsvEncoder {
    /// For batches of this schema.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`](crate::model::Code::NotAcceptable), naming the column, for a type that has no text form:
    /// unions, and maps with nested keys.
    pub fn new(schema: &SchemaRef, options: &Options) -> Result<Self, Fault> {
        cell::check::<Csv>(schema)?;
        Ok(Self { schema: schema.clone(), options: options.clone() })
    }

    /// Appends the header line: the names of the columns.
    pub fn push_header(&self, out: &mut Vec<u8>) {
        for (index, field) in self.schema.fields().iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            Csv::push_text(field.name().as_bytes(), 0..field.name().len(), out);
        }
        out.put_all(b"\r\n");
    }

    /// Prepares a batch.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the batch has other types than the schema.
    pub fn rows<'a>(&'a self, batch: &'a RecordBatch) -> Result<CsvRows<'a>, Fault> {
        let cells = cell::cells::<Csv>(&self.schema, batch, &self.options)?;
        Ok(CsvRows { cells, null: self.options.null.as_deref().map(str::as_bytes) })
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
            let start = out.len();
            cell.push(row, out);
            if let Some(null) = self.null
                && out[start..] == *null
                && !cell.is_null(row)
            {
                quote_from(start, out);
            }
        }
        out.put_all(b"\r\n");
    }
}
