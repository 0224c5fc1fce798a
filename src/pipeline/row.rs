//! Tuples of values as bytes, exact for every type: Arrow's row format.

use datafusion::{
    arrow::{
        array::ArrayRef,
        datatypes::DataType,
        row::{RowConverter, SortField},
    },
    common::ScalarValue,
};

use crate::model::Fault;

/// Row `index` of `columns`, which is any number of arrays of one length.
///
/// # Errors
/// A type that Arrow's row format does not have.
pub(super) fn encode(columns: &[ArrayRef], index: usize) -> Result<Vec<u8>, Fault> {
    let columns: Vec<ArrayRef> = columns.iter().map(|column| column.slice(index, 1)).collect();
    let rows = converter(columns.iter().map(|column| column.data_type()))?
        .convert_columns(&columns)
        .map_err(Fault::internal)?;
    Ok(rows.row(0).data().to_vec())
}

/// The values that [`encode`] wrote for columns of `types`.
///
/// # Errors
/// Other types than those that were written.
pub(super) fn decode(types: &[DataType], bytes: &[u8]) -> Result<Vec<ScalarValue>, Fault> {
    let converter = converter(types.iter())?;
    let parser = converter.parser();
    let columns = converter.convert_rows([parser.parse(bytes)]).map_err(Fault::internal)?;
    columns.iter().map(|column| ScalarValue::try_from_array(column, 0).map_err(Fault::internal)).collect()
}

/// One-row arrays of `values`.
///
/// # Errors
/// Out of memory, in effect.
pub(super) fn arrays(values: &[ScalarValue]) -> Result<Vec<ArrayRef>, Fault> {
    values.iter().map(|value| value.to_array().map_err(Fault::internal)).collect()
}

/// Encodes whole columns of the given types.
///
/// # Errors
/// A type that Arrow's row format does not have.
pub(super) fn converter<'a>(types: impl Iterator<Item = &'a DataType>) -> Result<RowConverter, Fault> {
    let fields = types.map(|data_type| SortField::new(data_type.clone())).collect();
    RowConverter::new(fields).map_err(Fault::internal)
}
