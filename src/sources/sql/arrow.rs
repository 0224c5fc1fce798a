//! Members whose rows come as Arrow: what a source's types are here, and how its batches become ours.
//!
//! | Arrow there | Arrow here | compared in the source |
//! |---|---|---|
//! | Boolean | Boolean | yes |
//! | Int8, Int16, `UInt8` | Int16 | yes |
//! | Int32, `UInt16` | Int32 | yes |
//! | Int64, `UInt32` | Int64 | yes |
//! | `UInt64` | Decimal128(20, 0) | yes |
//! | Float16, Float32 | Float32 | against literals |
//! | Float64 | Float64 | against literals |
//! | Decimal of up to 38 digits | Decimal128 | yes |
//! | Decimal of more digits | Decimal256 | yes |
//! | Utf8 in every layout, dictionaries of it | Utf8 | yes |
//! | Binary in every layout | Binary | yes |
//! | Date32, Date64 | Date32 | yes |
//! | Timestamp without a zone, of every unit | Timestamp(µs) | yes |
//! | Timestamp with a zone, of every unit | Timestamp(µs, UTC) | yes |
//! | Time32, Time64 | Time64(µs) | no |
//! | List, `LargeList`, `FixedSizeList` | List | no |
//! | Struct | Struct | no |
//! | Interval | Interval(MonthDayNano) | no |
//! | anything else | Utf8: its text, JSON where it is nested | no |
//!
//! A value that its type here cannot hold, such as a nanosecond that is no whole microsecond, an instant that stands for
//! infinity, or a decimal of more digits than its type says, is an error that names the column. What is compared is what a member's dialect allows, too.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::{
    array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch, RecordBatchOptions},
    datatypes::{
        DataType, Date32Type, Decimal128Type, Field, IntervalUnit, Schema, SchemaRef, TimeUnit,
        TimestampMicrosecondType,
    },
};

use super::{
    Class, Column, Comparison, Dialect, SOURCE_TYPE, Stop,
    failure::{changed, unrepresentable},
    feed::{Feed, Job, Verdict},
    listing::Described,
    select::QUALIFIER,
};
use crate::{
    model::{Fault, SourceName, ValueType, value::UTC},
    sources::strict::{Misfit, Target, is_text},
};

/// A column as a source describes it.
#[derive(Clone, Debug)]
pub struct ArrowColumn {
    /// Its name.
    pub name: String,
    /// Its type in the source's batches.
    pub data_type: DataType,
    /// Its type in the source's own words.
    pub source_type: String,
    /// Can it hold NULL?
    pub nullable: bool,
    /// Does the source compare its values as those of the type in which they come? An enumeration's are text, and ordered
    /// by their place.
    pub is_comparable: bool,
    /// What the source says about it.
    pub comment: Option<String>,
}

impl Described for ArrowColumn {
    fn name(&self) -> &str {
        &self.name
    }

    fn source_type(&self) -> &str {
        &self.source_type
    }

    fn allowed(&self) -> &'static str {
        "string, or a type that holds each of its values"
    }

    fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    fn column(&self, dialect: &dyn Dialect, as_type: Option<&ValueType>) -> Option<Column> {
        let name = format!("{QUALIFIER}{}", dialect.quoted(&self.name));
        let data_type = match as_type {
            None => reading(&self.data_type),
            Some(wanted) => {
                let target = Target::declared(wanted);
                target.reads(&self.data_type).then_some(target.data_type)?
            }
        };
        let own = as_type.is_none() && self.is_comparable;
        let class = class(&data_type).filter(|class| own && dialect.has(*class));
        let comparison = class.map(|class| match class {
            Class::Text => {
                let by_code_point = dialect.by_code_point(&name);
                Comparison { class, equality: by_code_point.clone(), order: by_code_point }
            }
            class => Comparison { class, equality: name.clone(), order: name.clone() },
        });
        let metadata = HashMap::from([(SOURCE_TYPE.to_owned(), self.source_type.clone())]);
        let field = Arc::new(Field::new(&self.name, data_type, self.nullable).with_metadata(metadata));
        Some(Column { field, select: name.clone(), presence: name, comparison, is_typed: true })
    }
}

/// The type in which values of `data_type` are read.
#[must_use]
pub fn reading(data_type: &DataType) -> DataType {
    use DataType as T;
    let field = |field: &Arc<Field>| Arc::new(Field::new(field.name(), reading(field.data_type()), true));
    match data_type {
        T::Int8 | T::UInt8 => T::Int16,
        T::UInt16 => T::Int32,
        T::UInt32 => T::Int64,
        T::UInt64 => T::Decimal128(20, 0),
        T::Float16 => T::Float32,
        T::Decimal32(precision, scale) | T::Decimal64(precision, scale) | T::Decimal256(precision @ ..=38, scale) => {
            T::Decimal128(*precision, *scale)
        }
        T::Dictionary(_, values) => reading(values),
        T::RunEndEncoded(_, values) => reading(values.data_type()),
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => T::Binary,
        T::Date64 => T::Date32,
        T::Timestamp(_, None) => T::Timestamp(TimeUnit::Microsecond, None),
        T::Timestamp(_, Some(_)) => T::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        T::Time32(_) | T::Time64(_) => T::Time64(TimeUnit::Microsecond),
        T::Interval(_) => T::Interval(IntervalUnit::MonthDayNano),
        T::List(item) | T::LargeList(item) | T::FixedSizeList(item, _) => T::List(field(item)),
        T::Struct(fields) => T::Struct(fields.iter().map(field).collect()),
        T::Boolean
        | T::Int16
        | T::Int32
        | T::Int64
        | T::Float32
        | T::Float64
        | T::Decimal128(..)
        | T::Decimal256(..)
        | T::Date32 => data_type.clone(),
        _ => T::Utf8,
    }
}

/// How values of a type that is read here compare, if sources compare them at all.
#[must_use]
pub fn class(data_type: &DataType) -> Option<Class> {
    Some(match data_type {
        DataType::Boolean => Class::Bool,
        DataType::Int16 => Class::Int16,
        DataType::Int32 => Class::Int32,
        DataType::Int64 => Class::Int64,
        DataType::Float32 => Class::Float32,
        DataType::Float64 => Class::Float64,
        decimal if decimal.is_decimal() => Class::Decimal,
        DataType::Utf8 => Class::Text,
        DataType::Binary => Class::Binary,
        DataType::Date32 => Class::Date,
        DataType::Timestamp(_, None) => Class::Timestamp,
        DataType::Timestamp(_, Some(_)) => Class::TimestampTz,
        _ => return None,
    })
}

/// Would rows of these columns be read as `schema`?
#[must_use]
pub fn examine(sent: &Schema, schema: &Schema) -> Verdict {
    // Where only the rows count, the list holds a constant.
    let is_counted = schema.fields().is_empty();
    if !is_counted && sent.fields().len() != schema.fields().len() {
        return Verdict::Refused("the source gives another number of columns".to_owned());
    }
    let misfit =
        schema.fields().iter().zip(sent.fields()).find(|(ours, sent)| !is_read(sent.data_type(), ours.data_type()));
    match misfit {
        Some((field, _)) => Verdict::Refused(format!("the source gives `{}` in another type", field.name())),
        None => Verdict::Accepted { rows: None },
    }
}

/// Can values of `sent` be read as `ours`? The text of a value is never what was computed.
fn is_read(sent: &DataType, ours: &DataType) -> bool {
    let is_text_of_another = *ours == DataType::Utf8 && !is_text(sent) && reading(sent) != DataType::Utf8;
    !is_text_of_another && Target::plain(ours).reads(sent)
}

/// Turns the batches of one statement into those of its scan.
#[derive(Debug)]
pub struct Batches {
    source: SourceName,
    relation: Arc<str>,
    schema: SchemaRef,
    targets: Vec<Target>,
}

impl Batches {
    /// Those of `job`.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        let scan = &job.scan;
        let targets = scan.schema.fields().iter().map(|field| Target::plain(field.data_type())).collect();
        let (schema, relation) = (Arc::clone(&scan.schema), Arc::clone(&scan.relation));
        Self { source: scan.statement.source.clone(), relation, schema, targets }
    }

    /// Passes `batch` on, in slices that a slow reader can take.
    pub async fn push(&self, batch: &RecordBatch, feed: &mut Feed) -> Result<(), Stop> {
        for start in (0..batch.num_rows()).step_by(super::batch::ROWS) {
            let slice = batch.slice(start, super::batch::ROWS.min(batch.num_rows() - start));
            feed.push(self.read(&slice)?).await?;
        }
        Ok(())
    }

    fn read(&self, batch: &RecordBatch) -> Result<RecordBatch, Fault> {
        if self.targets.len() > batch.num_columns() {
            return Err(changed(&self.source, &self.relation, "a column is missing"));
        }
        let columns =
            self.targets.iter().zip(self.schema.fields()).zip(batch.columns()).map(|((target, field), sent)| {
                if !target.reads(sent.data_type()) {
                    let cause = format!("`{}` came as {}", field.name(), sent.data_type());
                    return Err(changed(&self.source, &self.relation, cause));
                }
                target.read(sent).and_then(sound).map_err(|misfit| {
                    let kind = format!("{target}");
                    unrepresentable(&self.source, &self.relation, field.name(), "of another range or precision", &kind)
                        .with_internal(misfit.0)
                })
            });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|error| changed(&self.source, &self.relation, error))
    }
}

/// `column`, if each of its values is one of its type: sources send what fits the bits. Behind a NULL may stand anything,
/// which the engine's functions of time would compute with: it becomes zero.
fn sound(column: ArrayRef) -> Result<ArrayRef, Misfit> {
    match column.data_type() {
        DataType::Decimal128(precision @ 38, _) => {
            column.as_primitive::<Decimal128Type>().validate_decimal_precision(*precision)?;
            Ok(column)
        }
        DataType::Date32 => finite::<Date32Type>(&column, |day| day.saturating_abs() == i32::MAX),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            finite::<TimestampMicrosecondType>(&column, |at| at.saturating_abs() == i64::MAX)
        }
        _ => Ok(column),
    }
}

fn finite<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    is_endless: impl Fn(T::Native) -> bool,
) -> Result<ArrayRef, Misfit> {
    let values = column.as_primitive::<T>();
    let endless = || Misfit("infinity".to_owned());
    if values.null_count() == 0 {
        // Without a branch for each value.
        let found = values.values().iter().fold(false, |found, value| found | is_endless(*value));
        return if found { Err(endless()) } else { Ok(Arc::clone(column)) };
    }
    if values.iter().flatten().any(is_endless) {
        return Err(endless());
    }
    let zeroed: PrimitiveArray<T> = values.iter().collect();
    Ok(Arc::new(zeroed.with_data_type(column.data_type().clone())))
}
