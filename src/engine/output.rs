//! The types in which results leave, and the strict casts that take them there: a value that would change is an error.

use std::{collections::HashMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch, RecordBatchOptions},
        compute::{CastOptions, cast_with_options},
        datatypes::{
            ArrowPrimitiveType, DataType, Field, FieldRef, Fields, Float32Type, Float64Type, Schema, SchemaRef,
            TimeUnit,
        },
    },
    logical_expr::LogicalPlan,
};

use super::{origin, session::UTC};
use crate::{
    model::{Code, Fault},
    sources::{
        COMMENT,
        sql::{PRINTED_BY, SOURCE_TYPE},
    },
};

/// The schema in which rows of `plan` leave: text is `Utf8`, binary `Binary`, timestamps are microseconds without a zone or
/// in UTC, dictionaries are unpacked. Types are those of `coerced`, the same plan when branches of unions have one type;
/// metadata stays with the columns that it was made for.
#[must_use]
pub fn schema(plan: &LogicalPlan, coerced: &LogicalPlan) -> SchemaRef {
    let columns = plan.schema().fields().iter().zip(coerced.schema().fields()).enumerate();
    let output = |(index, (written, from)): (usize, (&FieldRef, &FieldRef))| {
        let is_own = from.data_type() == written.data_type() && origin::is_passed_on(plan, index);
        let metadata = if is_own { written.metadata().clone() } else { HashMap::new() };
        field(&Arc::new(from.as_ref().clone().with_metadata(metadata)))
    };
    Arc::new(Schema::new(columns.map(output).collect::<Fields>()))
}

fn field(field: &FieldRef) -> FieldRef {
    // A source's notes to itself end here; what a type was called there, and whether its text is the source's own, is for
    // everyone.
    let own = |key: &str| key.starts_with("aqueduct.") && ![SOURCE_TYPE, PRINTED_BY].contains(&key);
    let metadata =
        field.metadata().iter().filter(|(key, _)| !own(key)).map(|(key, value)| (key.clone(), value.clone()));
    let plain = Field::new(field.name(), data_type(field.data_type()), field.is_nullable());
    Arc::new(plain.with_metadata(metadata.collect()))
}

fn data_type(from: &DataType) -> DataType {
    match from {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.as_ref().map(|_| UTC.into())),
        DataType::Dictionary(_, values) => data_type(values),
        DataType::RunEndEncoded(_, values) => data_type(values.data_type()),
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) | DataType::LargeListView(item) => {
            DataType::List(field(item))
        }
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        other => other.clone(),
    }
}

/// `schema`, with what is said about its columns as metadata.
#[must_use]
pub fn commented<'a>(schema: &Schema, comments: impl Iterator<Item = Option<&'a str>>) -> SchemaRef {
    let fields = schema.fields().iter().zip(comments).map(|(field, comment)| match comment {
        None => Arc::clone(field),
        Some(comment) => {
            let mut metadata = field.metadata().clone();
            metadata.insert(COMMENT.to_owned(), comment.to_owned());
            Arc::new(field.as_ref().clone().with_metadata(metadata))
        }
    });
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

/// Takes batches to the schema that was fixed when the query was loaded.
///
/// # Errors
/// A value that the column's type cannot hold exactly, named by its column.
pub fn convert(batch: &RecordBatch, to: &SchemaRef) -> Result<RecordBatch, Fault> {
    if batch.num_columns() != to.fields().len() {
        return Err(Fault::internal(format!(
            "the plan gives {} columns, {} were promised",
            batch.num_columns(),
            to.fields().len()
        )));
    }
    let columns = batch
        .columns()
        .iter()
        .zip(to.fields())
        .map(|(column, field)| convert_column(column, field))
        .collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(to), columns, &options).map_err(Fault::internal)
}

fn convert_column(column: &ArrayRef, field: &Field) -> Result<ArrayRef, Fault> {
    let column = if column.data_type() == field.data_type() {
        Arc::clone(column)
    } else {
        refuse_lost_digits(column, field)?;
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(column, field.data_type(), &options)
            .map_err(|error| unrepresentable(field).with_internal(error))?
    };
    Ok(match field.data_type() {
        DataType::Float64 => canonical_nan::<Float64Type>(&column, f64::is_nan, f64::NAN),
        DataType::Float32 => canonical_nan::<Float32Type>(&column, f32::is_nan, f32::NAN),
        _ => column,
    })
}

/// A NaN's sign and payload mean nothing; one NaN makes orders and comparisons agree everywhere.
fn canonical_nan<T: ArrowPrimitiveType>(column: &ArrayRef, is_nan: fn(T::Native) -> bool, nan: T::Native) -> ArrayRef {
    let values: &PrimitiveArray<T> = column.as_primitive();
    if values.values().iter().any(|value| is_nan(*value)) {
        Arc::new(values.unary::<_, T>(|value| if is_nan(value) { nan } else { value }))
    } else {
        Arc::clone(column)
    }
}

/// Arrow's cast from nanoseconds to microseconds drops digits silently: what does not survive the way back was changed.
fn refuse_lost_digits(column: &ArrayRef, field: &Field) -> Result<(), Fault> {
    if !holds_nanoseconds(column.data_type()) {
        return Ok(());
    }
    let options = CastOptions::default();
    let there_and_back = cast_with_options(column, field.data_type(), &options)
        .and_then(|there| cast_with_options(&there, column.data_type(), &options))
        .map_err(|error| unrepresentable(field).with_internal(error))?;
    if there_and_back.as_ref() == column.as_ref() { Ok(()) } else { Err(unrepresentable(field)) }
}

fn holds_nanoseconds(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => true,
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) | DataType::LargeListView(item) => {
            holds_nanoseconds(item.data_type())
        }
        DataType::Struct(fields) => fields.iter().any(|field| holds_nanoseconds(field.data_type())),
        DataType::Dictionary(_, values) => holds_nanoseconds(values),
        _ => false,
    }
}

fn unrepresentable(field: &Field) -> Fault {
    Fault::new(
        Code::ValueUnrepresentable,
        format!("column `{}` holds a value that {} cannot hold exactly", field.name(), field.data_type()),
    )
    .with_hint(format!(
        "cast it in the query, or read it as text with `columns: {{{}: string}}` in the source's file",
        field.name()
    ))
}
