//! Picks a writer for each column once per batch; each appends the value of one row straight from Arrow's buffers.

use arrow::{
    array::{Array, new_empty_array},
    buffer::NullBuffer,
    datatypes::{DataType, Schema},
    record_batch::RecordBatch,
};

use super::{blocks::Blocks, dialect::Dialect, nested, options::Options, scalar};
use crate::model::{Code, Fault};

/// Appends the value of a row that is not NULL.
pub(super) type Write<'a> = Box<dyn Fn(usize, &mut Vec<u8>) + 'a>;

/// One column of a batch, or an array inside of one, ready to be written row by row.
pub(super) struct Cell<'a> {
    /// None if no row is NULL.
    nulls: Option<NullBuffer>,
    null: &'a [u8],
    write: Write<'a>,
}

/// A type without a text form.
pub(super) struct Unsupported(pub DataType);

impl<'a> Cell<'a> {
    /// Chooses the writer for an array.
    pub fn new<D: Dialect>(array: &'a dyn Array, options: &'a Options) -> Result<Self, Unsupported> {
        let write: Write<'a> = match array.data_type() {
            DataType::Dictionary(..) | DataType::RunEndEncoded(..) => nested::by_value::<D>(array, options)?,
            DataType::List(_)
            | DataType::LargeList(_)
            | DataType::FixedSizeList(..)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
            | DataType::Struct(_)
            | DataType::Map(..) => {
                let json = nested::json(array, options)?;
                Box::new(move |row, out| D::push_nested(out, |out| json(row, out)))
            }
            other => scalar::writer::<D>(array, options).ok_or_else(|| Unsupported(other.clone()))?,
        };
        // Logical, because dictionaries, runs and the null type keep their NULLs elsewhere.
        let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        Ok(Self { nulls, null: D::null(options), write })
    }

    /// Appends the value of `row`, which must be a row of the array.
    #[inline]
    pub fn push(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.put_all(self.null);
        } else {
            (self.write)(row, out);
        }
    }

    /// Is there no value?
    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }
}

/// Checks that every column of a result can be written as text.
///
/// # Errors
/// [`Code::NotAcceptable`], naming the first column that cannot.
pub(super) fn check<D: Dialect>(schema: &Schema) -> Result<(), Fault> {
    // Most types are known to have one, and for a page of one row an empty array for each column would be much.
    let is_known = |data_type: &DataType| {
        data_type.is_primitive() || matches!(data_type, DataType::Utf8 | DataType::Boolean | DataType::Binary)
    };
    for field in schema.fields().iter().filter(|field| !is_known(field.data_type())) {
        if let Err(Unsupported(data_type)) = Cell::new::<D>(&new_empty_array(field.data_type()), &Options::default()) {
            let detail = format!("column `{}` holds {data_type}, which has no text form", field.name());
            return Err(Fault::new(Code::NotAcceptable, detail).with_hint("ask for `format=arrow`"));
        }
    }
    Ok(())
}

/// The cells of a batch.
///
/// # Errors
/// [`Code::Internal`] when the batch has not the types of the schema that was checked.
pub(super) fn cells<'a, D: Dialect>(
    schema: &Schema,
    batch: &'a RecordBatch,
    options: &'a Options,
) -> Result<Vec<Cell<'a>>, Fault> {
    fn types(schema: &Schema) -> impl Iterator<Item = &DataType> {
        schema.fields().iter().map(|field| field.data_type())
    }
    if !types(batch.schema_ref()).eq(types(schema)) {
        let (got, expected): (Vec<_>, Vec<_>) = (types(batch.schema_ref()).collect(), types(schema).collect());
        return Err(Fault::internal(format!("a batch has the types {got:?} instead of {expected:?}")));
    }
    let unsupported = |Unsupported(data_type)| Fault::internal(format!("{data_type} has no text form"));
    batch.columns().iter().map(|column| Cell::new::<D>(column, options).map_err(unsupported)).collect()
}
