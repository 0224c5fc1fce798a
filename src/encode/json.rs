//! Rows as JSON objects: the one encoder of JSON pages and of NDJSON.

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};

use super::{
    cell::{self, Cell},
    dialect::Json,
    nested::{self, Prefixes},
    options::Options,
};
use crate::model::Fault;

/// Writes rows of one schema as JSON objects, fields in the order of the columns.
///
/// NULL is `null`; integers are exact, and those of 64 bits are strings if the options say so; floats are the shortest digits that read back, `"NaN"`, `"Infinity"` and
/// `"-Infinity"`; decimals are strings with all digits of their scale. Dates, times and timestamps are ISO 8601 with 3, 6
/// or 9 decimals of a second if it has a fraction, in UTC with `Z` if the type has a zone, without offset if not;
/// intervals and durations are ISO 8601. Binary is base64. Lists are arrays; structs and maps are objects; dictionaries
/// and runs are written by value.
pub struct JsonEncoder {
    schema: SchemaRef,
    options: Options,
    prefixes: Prefixes,
}

/// A batch ready to be written.
pub struct JsonRows<'a> {
    prefixes: &'a Prefixes,
    cells: Vec<Cell<'a>>,
}

impl JsonEncoder {
    /// For batches of this schema.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`](crate::model::Code::NotAcceptable), naming the column, for a type that has no text form:
    /// unions, and maps with nested keys.
    pub fn new(schema: &SchemaRef, options: &Options) -> Result<Self, Fault> {
        cell::check::<Json>(schema)?;
        Ok(Self { schema: schema.clone(), options: options.clone(), prefixes: nested::prefixes(schema.fields()) })
    }

    /// Prepares a batch.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the batch has other types than the schema.
    pub fn rows<'a>(&'a self, batch: &'a RecordBatch) -> Result<JsonRows<'a>, Fault> {
        Ok(JsonRows { prefixes: &self.prefixes, cells: cell::cells::<Json>(&self.schema, batch, &self.options)? })
    }
}

impl JsonRows<'_> {
    /// Appends row `row` of the batch as `{"a":1,"b":"x"}`, with nothing around it.
    ///
    /// # Panics
    /// When the batch has no such row.
    #[inline]
    pub fn push(&self, row: usize, out: &mut Vec<u8>) {
        nested::push_object(self.prefixes, &self.cells, row, out);
    }
}
