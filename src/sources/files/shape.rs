//! Files whose columns a log describes: a column is found by the name or number under which files store it, at every
//! depth, and what a file lacks is NULL.
//!
//! Tables with column mapping (Delta Lake's protocol, "Column Mapping") store columns under other names than users see.

use std::sync::Arc;

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array},
    datatypes::{DataType, Field, FieldRef, Fields},
};

use crate::sources::strict::{Misfit, Target};

/// The key of a logged field's metadata that holds the name in files.
pub const PHYSICAL_NAME: &str = "delta.columnMapping.physicalName";
/// The key of a logged field's metadata that holds its number, where columns are mapped by that.
pub const FIELD_NUMBER: &str = "delta.columnMapping.id";
/// The key of a stored field's metadata that holds its number.
const STORED_NUMBER: &str = "PARQUET:field_id";

/// Where a file has the logged column `field`. Numbers count where the log gives one, else names.
#[must_use]
pub fn position(field: &Field, stored: &Fields) -> Option<usize> {
    if let Some(number) = field.metadata().get(FIELD_NUMBER) {
        return stored.iter().position(|stored| stored.metadata().get(STORED_NUMBER) == Some(number));
    }
    let name = stored_name(field);
    stored.iter().position(|stored| stored.name() == name)
}

/// Its name in files and in a log's statistics.
#[must_use]
pub fn stored_name(field: &Field) -> &str {
    field.metadata().get(PHYSICAL_NAME).map_or(field.name(), String::as_str)
}

/// The type without the log's notes: everything below a column may be NULL, except a map's keys and entries.
#[must_use]
pub fn plain(data_type: &DataType) -> DataType {
    let field = |field: &FieldRef| Field::new(field.name(), plain(field.data_type()), true);
    match data_type {
        // A column that has never had a value.
        DataType::Null => DataType::Utf8,
        DataType::List(item) => DataType::List(Arc::new(field(item))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        DataType::Map(entries, sorted) => {
            let parts: Fields = match entries.data_type() {
                DataType::Struct(parts) => {
                    parts.iter().enumerate().map(|(index, part)| field(part).with_nullable(index > 0)).collect()
                }
                _ => Fields::empty(),
            };
            DataType::Map(Arc::new(Field::new(entries.name(), DataType::Struct(parts), false)), *sorted)
        }
        other => other.clone(),
    }
}

/// `array` of a file as what the log says of it: the [`plain`] type of `field`.
pub fn read(array: &ArrayRef, field: &Field) -> Result<ArrayRef, Misfit> {
    let to = plain(field.data_type());
    match (field.data_type(), &to) {
        (DataType::Struct(logged), DataType::Struct(fields)) => {
            let parts = array.as_struct_opt().ok_or_else(|| mismatch(array, field))?;
            let columns = logged.iter().zip(fields).map(|(logged, field)| match position(logged, parts.fields()) {
                Some(index) => read(parts.column(index), logged),
                None => Ok(new_null_array(field.data_type(), parts.len())),
            });
            let (columns, nulls) = (columns.collect::<Result<Vec<_>, _>>()?, parts.nulls().cloned());
            Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, parts.len())?))
        }
        (DataType::List(logged), DataType::List(item)) => {
            // Long lists are cast to lists, item by item as they are.
            let stored = match array.data_type() {
                DataType::LargeList(item) => Target::plain(&DataType::List(Arc::clone(item))).read(array)?,
                _ => Arc::clone(array),
            };
            let list = stored.as_list_opt::<i32>().ok_or_else(|| mismatch(array, field))?;
            let values = read(list.values(), logged)?;
            Ok(Arc::new(ListArray::try_new(Arc::clone(item), list.offsets().clone(), values, list.nulls().cloned())?))
        }
        (DataType::Map(logged, _), DataType::Map(entries, sorted)) => {
            let (map, DataType::Struct(logged), DataType::Struct(parts)) =
                (array.as_map_opt().ok_or_else(|| mismatch(array, field))?, logged.data_type(), entries.data_type())
            else {
                return Err(mismatch(array, field));
            };
            let columns = [map.keys(), map.values()].into_iter().zip(logged).map(|(part, logged)| read(part, logged));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            let values = StructArray::try_new(parts.clone(), columns, None)?;
            let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
            Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, values, nulls, *sorted)?))
        }
        _ => Target::plain(&to).read(array),
    }
}

fn mismatch(array: &ArrayRef, field: &Field) -> Misfit {
    Misfit(format!("`{}` is stored as {}", field.name(), array.data_type()))
}
