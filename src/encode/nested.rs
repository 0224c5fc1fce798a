//! Writers for lists, structs and maps, always as JSON, and for the types that refer to values kept elsewhere.

use std::ops::Range;

use arrow::{
    array::{Array, AsArray},
    datatypes::{ArrowNativeType, DataType, Fields, Int16Type, Int32Type, Int64Type, RunEndIndexType},
    downcast_dictionary_array,
};

use super::{
    blocks::Blocks,
    cell::{Cell, Unsupported, Write},
    dialect::{Dialect, Json},
    options::Options,
};

/// Before each field of an object: `{"first":`, `,"second":` and so on.
pub(super) type Prefixes = Box<[Prefix]>;

/// Those of names of up to 28 bytes are copied in one block.
pub(super) struct Prefix {
    first: [u8; 32],
    len: usize,
    rest: Box<[u8]>,
}

/// The prefixes of an object with these fields.
pub(super) fn prefixes(fields: &Fields) -> Prefixes {
    let prefix = |(index, name): (usize, &str)| {
        let mut text = vec![if index == 0 { b'{' } else { b',' }];
        Json::push_text(name.as_bytes(), 0..name.len(), &mut text);
        text.push(b':');
        let rest = text.split_off(text.len().min(32));
        let mut first = [b' '; 32];
        first[..text.len()].copy_from_slice(&text);
        Prefix { first, len: text.len(), rest: rest.into() }
    };
    fields.iter().map(|field| field.name().as_str()).enumerate().map(prefix).collect()
}

/// Appends `{"first":1,"second":2}`.
#[inline]
pub(super) fn push_object(prefixes: &Prefixes, cells: &[Cell<'_>], row: usize, out: &mut Vec<u8>) {
    if cells.is_empty() {
        out.push(b'{');
    }
    for (prefix, cell) in prefixes.iter().zip(cells) {
        out.put(&prefix.first, prefix.len);
        if !prefix.rest.is_empty() {
            out.extend_from_slice(&prefix.rest);
        }
        cell.push(row, out);
    }
    out.push(b'}');
}

/// The writer for an array of lists, structs or maps.
pub(super) fn json<'a>(array: &'a dyn Array, options: &'a Options) -> Result<Write<'a>, Unsupported> {
    match array.data_type() {
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            list(lists.values(), options, between(lists.value_offsets()))
        }
        DataType::LargeList(_) => {
            let lists = array.as_list::<i64>();
            list(lists.values(), options, between(lists.value_offsets()))
        }
        DataType::ListView(_) => {
            let lists = array.as_list_view::<i32>();
            list(lists.values(), options, from(lists.value_offsets(), lists.value_sizes()))
        }
        DataType::LargeListView(_) => {
            let lists = array.as_list_view::<i64>();
            list(lists.values(), options, from(lists.value_offsets(), lists.value_sizes()))
        }
        DataType::FixedSizeList(..) => {
            let lists = array.as_fixed_size_list();
            let length = lists.value_length().as_usize();
            list(lists.values(), options, move |row| row * length..(row + 1) * length)
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter();
            let cells: Vec<_> = columns.map(|column| Cell::new::<Json>(column, options)).collect::<Result<_, _>>()?;
            let prefixes = prefixes(fields);
            Ok(Box::new(move |row, out| push_object(&prefixes, &cells, row, out)))
        }
        DataType::Map(..) => map(array, options),
        other => Err(Unsupported(other.clone())),
    }
}

/// The items of a row, where each row ends where the next begins.
fn between<O: ArrowNativeType>(offsets: &[O]) -> impl Fn(usize) -> Range<usize> {
    |row| offsets[row].as_usize()..offsets[row + 1].as_usize()
}

/// The items of a row, where each row says how many it has.
fn from<O: ArrowNativeType>(offsets: &[O], sizes: &[O]) -> impl Fn(usize) -> Range<usize> {
    |row| offsets[row].as_usize()..offsets[row].as_usize() + sizes[row].as_usize()
}

fn list<'a>(
    items: &'a dyn Array,
    options: &'a Options,
    range: impl Fn(usize) -> Range<usize> + 'a,
) -> Result<Write<'a>, Unsupported> {
    let items = Cell::new::<Json>(items, options)?;
    Ok(Box::new(move |row, out| {
        out.push(b'[');
        for (index, item) in range(row).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            items.push(item, out);
        }
        out.push(b']');
    }))
}

/// An object whose keys are the texts of the map's keys.
fn map<'a>(array: &'a dyn Array, options: &'a Options) -> Result<Write<'a>, Unsupported> {
    let maps = array.as_map();
    if maps.keys().data_type().is_nested() {
        return Err(Unsupported(array.data_type().clone()));
    }
    let keys = Cell::new::<Json>(maps.keys(), options)?;
    let values = Cell::new::<Json>(maps.values(), options)?;
    let range = between(maps.value_offsets());
    Ok(Box::new(move |row, out| {
        out.push(b'{');
        for (index, entry) in range(row).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            push_key(&keys, entry, out);
            out.push(b':');
            values.push(entry, out);
        }
        out.push(b'}');
    }))
}

/// What JSON writes without quotes, numbers for one, gets them here.
fn push_key(keys: &Cell<'_>, entry: usize, out: &mut Vec<u8>) {
    let start = out.len();
    keys.push(entry, out);
    if out.get(start) != Some(&b'"') {
        out.insert(start, b'"');
        out.push(b'"');
    }
}

/// The writer for a dictionary or for runs: the values that they refer to.
pub(super) fn by_value<'a, D: Dialect>(array: &'a dyn Array, options: &'a Options) -> Result<Write<'a>, Unsupported> {
    downcast_dictionary_array! {
        array => {
            let values = Cell::new::<D>(array.values(), options)?;
            let keys = array.keys().values();
            Ok(Box::new(move |row, out| values.push(keys[row].as_usize(), out)))
        },
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs::<D, Int16Type>(array, options),
            DataType::Int32 => runs::<D, Int32Type>(array, options),
            _ => runs::<D, Int64Type>(array, options),
        },
        other => Err(Unsupported(other.clone())),
    }
}

fn runs<'a, D: Dialect, E: RunEndIndexType>(
    array: &'a dyn Array,
    options: &'a Options,
) -> Result<Write<'a>, Unsupported> {
    let runs = array.as_run::<E>();
    let values = Cell::new::<D>(runs.values(), options)?;
    Ok(Box::new(move |row, out| values.push(runs.get_physical_index(row), out)))
}
