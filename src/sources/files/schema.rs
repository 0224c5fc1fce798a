//! The columns of one table: found in each file, united by name.
//!
//! A column that a file lacks is NULL there, so every column is nullable. Types that differ between two files are a
//! problem that names both; in CSV and NDJSON integers widen to float64 and dates to timestamps. All of a table's text
//! is `Utf8`, whatever layout a file has.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};

use crate::config::source::FileFormat;
use crate::sources::strict::{Target, is_text};

/// One column of the files of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Spelled as in the files.
    pub name: String,
    /// The type the files agree on (of the first file, when `columns:` settles a disagreement).
    pub found: Target,
    /// The type of the table's column.
    pub target: Target,
    /// What a log says of the column: names and numbers under which files store it and what is nested in it.
    pub logged: Option<FieldRef>,
}

/// Two files that disagree, or one that cannot be read as `columns:` says.
#[derive(Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The column.
    pub column: String,
    /// What is wrong, for the owner.
    pub message: String,
}

/// Unites the columns of all files, in the order in which they first appear.
pub fn unite(
    format: FileFormat,
    files: &[(&str, &Schema)],
    declared: &HashMap<&str, Target>,
) -> Result<Vec<Column>, Vec<Conflict>> {
    let mut united: Vec<(&str, DataType, &str)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut conflicts = Vec::new();
    for (file, schema) in files {
        for field in schema.fields() {
            let name = field.name().as_str();
            let found = normal(field.data_type());
            let target = declared.get(name);
            if let Some(target) = target.filter(|target| !target.reads(&found)) {
                conflicts.push(Conflict {
                    column: name.to_owned(),
                    message: format!(
                        "column `{name}` is {found} in `{file}`, which cannot be read as {}",
                        target.data_type
                    ),
                });
                continue;
            }
            let Some(&index) = places.get(name) else {
                places.insert(name, united.len());
                united.push((name, found, file));
                continue;
            };
            let (_, so_far, first) = &mut united[index];
            match widest(format, so_far, &found) {
                Some(data_type) => *so_far = data_type,
                None if settles(format, target, so_far, &found) => {}
                None => conflicts.push(Conflict {
                    column: name.to_owned(),
                    message: format!(
                        "column `{name}` is {} in `{first}` but {} in `{file}`",
                        Target::plain(so_far),
                        Target::plain(&found)
                    ),
                }),
            }
        }
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let columns = united.into_iter().map(|(name, found, _)| {
        // Where no value tells, the declaration does.
        let found = match declared.get(name) {
            Some(target) if found == DataType::Null => Target::plain(&target.data_type),
            _ => Target::plain(&without_null(&found)),
        };
        let target = declared.get(name).cloned().unwrap_or_else(|| found.clone());
        Column { name: name.to_owned(), found, target, logged: None }
    });
    Ok(columns.collect())
}

/// The table's columns that stand in the files.
#[must_use]
pub fn file_schema(columns: &[Column]) -> SchemaRef {
    let fields = columns.iter().map(|column| Field::new(&column.name, column.target.data_type.clone(), true));
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

/// Does `columns:` make the disagreement harmless? A Parquet file is read in its own type, text formats as text.
fn settles(format: FileFormat, target: Option<&Target>, a: &DataType, b: &DataType) -> bool {
    target.is_some() && (format == FileFormat::Parquet || !a.is_nested() && !b.is_nested())
}

fn widest(format: FileFormat, a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType::{Date32, Float64, Int64, List, Null, Struct, Timestamp};
    let text = format != FileFormat::Parquet;
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (Null, other) | (other, Null) => Some(other.clone()),
        (Int64, Float64) | (Float64, Int64) if text => Some(Float64),
        (Date32, Timestamp(unit, None)) | (Timestamp(unit, None), Date32) if text => Some(Timestamp(*unit, None)),
        (List(a), List(b)) if text => {
            let item = widest(format, a.data_type(), b.data_type())?;
            Some(List(Arc::new(a.as_ref().clone().with_data_type(item))))
        }
        (Struct(a), Struct(b)) if text => {
            let mut fields: Vec<Field> = a.iter().map(|field| field.as_ref().clone()).collect();
            for field in b {
                match fields.iter_mut().find(|known| known.name() == field.name()) {
                    None => fields.push(field.as_ref().clone()),
                    Some(known) => {
                        let both = widest(format, known.data_type(), field.data_type())?;
                        known.set_data_type(both);
                    }
                }
            }
            Some(Struct(fields.into()))
        }
        _ => None,
    }
}

/// One layout for text and no file's own metadata or nullability, at every depth.
fn normal(data_type: &DataType) -> DataType {
    let field = |field: &Arc<Field>| Field::new(field.name(), normal(field.data_type()), true);
    match data_type {
        text if is_text(text) => DataType::Utf8,
        DataType::Dictionary(_, values) => normal(values),
        DataType::List(item) => DataType::List(Arc::new(field(item))),
        DataType::LargeList(item) => DataType::LargeList(Arc::new(field(item))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        other => other.clone(),
    }
}

/// A column without any value is text.
fn without_null(data_type: &DataType) -> DataType {
    let field = |field: &Arc<Field>| field.as_ref().clone().with_data_type(without_null(field.data_type()));
    match data_type {
        DataType::Null => DataType::Utf8,
        DataType::List(item) => DataType::List(Arc::new(field(item))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        other => other.clone(),
    }
}
