//! What a log says of a table's columns.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use deltalake_core::kernel::{
    DataType as LoggedType, EagerSnapshot, PrimitiveType, engine::arrow_conversion::TryIntoArrow as _,
};

use super::super::{
    files::{
        schema::Column,
        shape::{FIELD_NUMBER, PHYSICAL_NAME, plain, stored_name},
        unknown_columns,
    },
    strict::Target,
};
use crate::{
    config::TableConfig,
    model::{Problem, ValueType},
};

const MAPPING: &str = "delta.columnMapping.mode";
const COMMENT: &str = "comment";

/// A table's columns.
#[derive(Debug)]
pub struct Columns {
    /// Those that stand in the files.
    pub stored: Vec<Column>,
    /// Those whose values stand in the log.
    pub partitions: Vec<Partition>,
    /// All names, in the table's order.
    pub order: Vec<String>,
    /// What the log says about columns, by their names.
    pub comments: HashMap<String, String>,
}

/// A column of which each file has one value.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Its name in the log's entries.
    pub stored_name: String,
    /// Its type there.
    pub found: DataType,
    /// The type of the table's column.
    pub target: Target,
}

impl Columns {
    /// Those of `snapshot`. What `config` says that does not fit them goes into `problems`.
    ///
    /// # Errors
    /// Why the table cannot be read.
    pub fn of(
        snapshot: &EagerSnapshot,
        config: Option<&TableConfig>,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, String> {
        if let Some(field) = snapshot.schema().fields().find(|field| holds_unread(field.data_type())) {
            return Err(format!(
                "its column `{}` is of a type that is not supported: {}",
                field.name(),
                field.data_type()
            ));
        }
        let logged: Schema = snapshot.schema().as_ref().try_into_arrow().map_err(|error| error.to_string())?;
        let configuration = snapshot.metadata().configuration();
        let mapping = configuration.get(MAPPING).map_or("none", String::as_str);
        let partitioned_by = snapshot.metadata().partition_columns();
        let mut columns =
            Self { stored: Vec::new(), partitions: Vec::new(), order: Vec::new(), comments: HashMap::new() };
        for field in logged.fields() {
            let (name, found) = (field.name().clone(), plain(field.data_type()));
            if columns.order.contains(&name) {
                return Err(format!("it has two columns `{name}`"));
            }
            if let Some(comment) = field.metadata().get(COMMENT) {
                columns.comments.insert(name.clone(), comment.clone());
            }
            columns.order.push(name.clone());
            let field = mapped(field, mapping);
            let target = declared(config, &name, &found, problems).unwrap_or_else(|| Target::plain(&found));
            if partitioned_by.contains(&name) {
                let stored_name = stored_name(&field).to_owned();
                columns.partitions.push(Partition { name, stored_name, found, target });
            } else {
                columns.stored.push(Column { name, found: Target::plain(&found), target, logged: Some(field) });
            }
        }
        if let Some(config) = config {
            let names: Vec<_> = columns.order.iter().map(String::as_str).collect();
            problems.extend(unknown_columns(config, &names, &[]));
        }
        Ok(columns)
    }

    /// All columns, in no order that matters.
    #[must_use]
    pub fn schema(&self) -> Schema {
        let stored = self.stored.iter().map(|column| (&column.name, &column.target));
        let all = stored.chain(self.partitions.iter().map(|column| (&column.name, &column.target)));
        let fields = all.map(|(name, target)| Field::new(name, target.data_type.clone(), true));
        Schema::new(fields.collect::<Fields>())
    }
}

/// Is it a type whose values would not be read right?
fn holds_unread(data_type: &LoggedType) -> bool {
    match data_type {
        LoggedType::Variant(_) => true,
        LoggedType::Primitive(primitive) => {
            matches!(primitive, PrimitiveType::IntervalYearMonth | PrimitiveType::IntervalDayTime)
        }
        LoggedType::Array(array) => holds_unread(array.element_type()),
        LoggedType::Map(map) => holds_unread(map.key_type()) || holds_unread(map.value_type()),
        LoggedType::Struct(fields) => fields.fields().any(|field| holds_unread(field.data_type())),
    }
}

/// What `columns:` asks for, if the column can be read so.
fn declared(config: Option<&TableConfig>, name: &str, found: &DataType, problems: &mut Vec<Problem>) -> Option<Target> {
    let (place, wanted): (_, &ValueType) = config?
        .columns
        .iter()
        .find(|(column, _)| column.value == name)
        .map(|(column, wanted)| (&column.place, wanted))?;
    let target = Target::declared(wanted);
    if target.reads(found) {
        return Some(target);
    }
    let message = format!("column `{name}` is {}, which cannot be read as {target}", Target::plain(found));
    problems.push(Problem::error(place.clone(), message).hint("`string` reads every value"));
    None
}

/// The field with only those of its notes by which files are to be read: numbers or names, or neither.
fn mapped(field: &FieldRef, mapping: &str) -> FieldRef {
    let kept = |key: &str| (key == FIELD_NUMBER && mapping == "id") || (key == PHYSICAL_NAME && mapping != "none");
    let notes = field.metadata().iter().filter(|(key, _)| kept(key));
    let notes = notes.map(|(key, value)| (key.clone(), value.clone())).collect();
    let below = |field: &FieldRef| mapped(field, mapping);
    let data_type = match field.data_type() {
        DataType::List(item) => DataType::List(below(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(below).collect()),
        DataType::Map(entries, sorted) => DataType::Map(below(entries), *sorted),
        other => other.clone(),
    };
    Arc::new(Field::new(field.name(), data_type, field.is_nullable()).with_metadata(notes))
}
