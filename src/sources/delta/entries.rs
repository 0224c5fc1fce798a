//! What a log says of a table's files: where they are, the values of their partitions, and their statistics.
//!
//! Bounds only skip files: writers cut text and round instants, so they are bounds and not values. Counts of rows are
//! exact, deleted rows taken off.

use std::collections::HashSet;

use chrono::DateTime;
use datafusion::{
    arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit},
    common::{ColumnStatistics, Statistics, stats::Precision},
    object_store::{ObjectMeta, path::Path},
    scalar::ScalarValue,
};
use deltalake_core::kernel::{EagerSnapshot, LogicalFileView};
use serde_json::{Map, Value};

use super::{
    super::files::{discover::FoundFile, schema::Column, shape::stored_name, table::TableFile},
    columns::{Columns, Partition},
    value,
};

/// Some writers print bounds of decimals as floats, which are exact up to so many digits.
const EXACT_DIGITS: u8 = 15;
/// Writers cut instants to milliseconds.
const CUT_MICROSECONDS: i64 = 999;

/// The files of `snapshot`, whose table stands in the folder `root`, and which of them have deleted rows.
///
/// # Errors
/// Why the table cannot be read.
pub fn of(snapshot: &EagerSnapshot, columns: &Columns, root: &str) -> Result<(Vec<TableFile>, HashSet<Path>), String> {
    let fields = columns.stored.iter().map(|column| Field::new(&column.name, column.found.data_type.clone(), true));
    let schema = SchemaRef::new(Schema::new(fields.collect::<Fields>()));
    let mut with_deletions = HashSet::new();
    let data = snapshot.try_log_data().map_err(|error| error.to_string())?;
    let files = data.iter().map(|entry| {
        let object = object(&entry, root)?;
        let deleted = entry.deletion_vector_descriptor().map(|deleted| deleted.cardinality);
        if deleted.is_some() {
            with_deletions.insert(object.location.clone());
        }
        let values = entry.partition_values_map();
        let partition_values = columns.partitions.iter();
        let partition_values = partition_values
            .map(|partition| partition_value(partition, values.get(&partition.stored_name).and_then(Option::as_deref)));
        let partition_values = partition_values.collect::<Result<_, _>>()?;
        let statistics = statistics(&entry, columns, deleted, object.size);
        let known = Some((SchemaRef::clone(&schema), statistics));
        Ok(TableFile { found: FoundFile { object, partition_values }, known })
    });
    let files = files.collect::<Result<_, String>>()?;
    Ok((files, with_deletions))
}

fn object(entry: &LogicalFileView, root: &str) -> Result<ObjectMeta, String> {
    let path = entry.path();
    if path.contains("://") || path.starts_with('/') || path.starts_with("file:") {
        return Err("its files stand outside its folder (a shallow clone), which is not supported".to_owned());
    }
    let unfit = |_| format!("its file `{path}` has no path of an object store");
    let path = if root.is_empty() { path.to_string() } else { format!("{root}/{path}") };
    Ok(ObjectMeta {
        location: Path::parse(&path).map_err(unfit)?,
        last_modified: DateTime::from_timestamp_millis(entry.modification_time()).unwrap_or_default(),
        size: u64::try_from(entry.size()).map_err(|_| format!("its file `{path}` has no size"))?,
        e_tag: None,
        version: None,
    })
}

fn partition_value(partition: &Partition, text: Option<&str>) -> Result<ScalarValue, String> {
    // An empty text is NULL, of whatever type.
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return ScalarValue::try_new_null(&partition.target.data_type).map_err(|error| error.to_string());
    };
    let read = value::parse(text, &partition.found).and_then(|value| value::convert(&value, &partition.target));
    read.ok_or_else(|| {
        format!("a value of its partition `{}` does not fit the type {}", partition.name, partition.target)
    })
}

fn statistics(entry: &LogicalFileView, columns: &Columns, deleted: Option<i64>, size: u64) -> Statistics {
    let stats = entry.stats().and_then(|text| serde_json::from_str::<Map<String, Value>>(&text).ok());
    let stats = stats.unwrap_or_default();
    let stored_rows = stats.get("numRecords").and_then(count);
    let deleted_rows = deleted.map_or(Some(0), |deleted| usize::try_from(deleted).ok());
    let rows = stored_rows.zip(deleted_rows).and_then(|(stored, deleted)| stored.checked_sub(deleted));
    // Nothing is known of which rows a deletion took, and writers may leave counts as they were before it.
    let is_rough = deleted.is_some() || stats.get("tightBounds") == Some(&Value::Bool(false));
    let column_statistics = columns.stored.iter().map(|column| {
        let of = |what: &str| {
            let name = column.logged.as_deref().map_or(column.name.as_str(), stored_name);
            stats.get(what).and_then(|columns| columns.get(name))
        };
        let nulls = match of("nullCount").and_then(count) {
            Some(0) => Some(0),
            // Of the rows that are left, all or an unknown number.
            nulls if is_rough => {
                if nulls.is_some() && nulls == stored_rows {
                    rows
                } else {
                    None
                }
            }
            nulls => nulls,
        };
        let bound = |what| of(what).and_then(|value| bound(value, column));
        let inexact = |value: Option<ScalarValue>| value.map_or(Precision::Absent, Precision::Inexact);
        ColumnStatistics {
            null_count: nulls.map_or(Precision::Absent, Precision::Exact),
            min_value: inexact(bound("minValues")),
            max_value: inexact(bound("maxValues").and_then(uncut)),
            ..ColumnStatistics::new_unknown()
        }
    });
    Statistics {
        num_rows: rows.map_or(Precision::Absent, Precision::Exact),
        total_byte_size: usize::try_from(size).map_or(Precision::Absent, Precision::Inexact),
        column_statistics: column_statistics.collect(),
    }
}

fn count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok())
}

/// A bound that can be relied on.
fn bound(value: &Value, column: &Column) -> Option<ScalarValue> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    match &column.found.data_type {
        DataType::Decimal128(precision, _) if *precision > EXACT_DIGITS => None,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Decimal128(..)
        | DataType::Utf8
        | DataType::Date32
        | DataType::Timestamp(TimeUnit::Microsecond, _) => value::parse(&text, &column.found.data_type),
        _ => None,
    }
}

/// The greatest value that may have been cut to `value`.
fn uncut(value: ScalarValue) -> Option<ScalarValue> {
    Some(match value {
        ScalarValue::TimestampMicrosecond(Some(instant), zone) => {
            ScalarValue::TimestampMicrosecond(Some(instant.checked_add(CUT_MICROSECONDS)?), zone)
        }
        value => value,
    })
}
