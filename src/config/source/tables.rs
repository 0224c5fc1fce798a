//! `tables` of a source: what its file says of single tables.

use super::{
    super::{
        Spanned,
        reader::{Fields, Value},
    },
    FileFormat, TableConfig,
};
use crate::model::{Problem, Problems, ValueType};

const LATER: &[&str] =
    &["description", "freshness", "mask", "owner", "policies", "projection", "refresh", "row_filter", "schema"];
const FORMATS: &[(&str, FileFormat)] =
    &[("parquet", FileFormat::Parquet), ("csv", FileFormat::Csv), ("ndjson", FileFormat::Ndjson)];

/// What a source's tables are made of decides which keys they have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Tables of a server or a database file, in schemas.
    Sql,
    /// Folders of files.
    Files,
    /// Folders with a log.
    Delta,
}

/// Reads `tables`.
pub(super) fn read(value: Value, family: Family, problems: &mut Problems) -> Vec<TableConfig> {
    let mut tables = Vec::new();
    for (name, value) in value.entries(problems).unwrap_or_default() {
        let parts: Vec<_> = name.value.split('.').collect();
        if parts.iter().any(|part| part.is_empty()) || parts.len() > if family == Family::Sql { 2 } else { 1 } {
            let form = if family == Family::Sql { "table or schema.table" } else { "table" };
            problems.push(Problem::error(name.place, format!("`{}` is not the name of a {form}", name.value)));
            continue;
        }
        if let Some(fields) = value.fields(problems) {
            tables.push(read_table(name, fields, family, problems));
        }
    }
    tables
}

fn read_table(name: Spanned<String>, mut fields: Fields, family: Family, problems: &mut Problems) -> TableConfig {
    let key = fields.take("key").map(|value| value.names(problems)).unwrap_or_default();
    let columns = fields.take("columns").map(|value| read_types(value, problems)).unwrap_or_default();
    let (mut path, mut format, mut partitions, mut version) = (None, None, Vec::new(), None);
    if family == Family::Delta {
        path = fields.take("path").and_then(|value| read_path(&value, problems));
        version = fields.take("version").and_then(|value| read_version(&value, problems));
    }
    if family == Family::Files {
        path = fields.take("path").and_then(|value| read_path(&value, problems));
        format = fields.take("format").and_then(|value| value.one_of(FORMATS, problems));
        partitions = fields.take("partitions").map(|value| read_types(value, problems)).unwrap_or_default();
        for (column, _) in &partitions {
            if let Some((other, _)) = columns.iter().find(|(other, _)| other.value == column.value) {
                let message =
                    format!("`{}` is a partition and has a type under `columns` ({}) too", column.value, other.place);
                problems.push(Problem::error(column.place.clone(), message).hint("give its type under `partitions`"));
            }
        }
    }
    let rows = fields.take("rows").and_then(|value| value.sql(problems));
    fields.finish(LATER, problems);
    TableConfig { name, key, columns, rows, path, format, partitions, version }
}

/// Column names and their types, lists excepted.
fn read_types(value: Value, problems: &mut Problems) -> Vec<(Spanned<String>, ValueType)> {
    let mut types = Vec::new();
    for (column, value) in value.entries(problems).unwrap_or_default() {
        let Some(text) = value.string(problems) else { continue };
        let refused = match ValueType::parse(&text.value) {
            Ok(ValueType::List(_)) => "is a list type, which a column cannot be read as".to_owned(),
            Ok(value_type) => {
                types.push((column, value_type));
                continue;
            }
            Err(error) => error,
        };
        let problem = Problem::error(text.place, format!("{} {refused}", value.quoted()));
        problems.push(problem.hint(format!("the types are {}", ValueType::NAMES)));
    }
    types
}

/// A version of a table's log: they count from 0.
fn read_version(value: &Value, problems: &mut Problems) -> Option<Spanned<u64>> {
    let version = value.integer(0..=u32::MAX, problems)?;
    Some(Spanned { value: version.into(), place: value.place().clone() })
}

/// A path below the source's location.
fn read_path(value: &Value, problems: &mut Problems) -> Option<Spanned<String>> {
    let path = value.filled(problems)?;
    let leaves = path.value.starts_with(['/', '\\'])
        || path.value.contains("://")
        || path.value.split(['/', '\\']).any(|part| part == "..");
    if leaves {
        let problem = Problem::error(path.place, format!("{} leaves the source's location", value.quoted()));
        problems.push(problem.hint("write a path relative to `location`, without `..`"));
        return None;
    }
    Some(path)
}
