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

/// Reads `tables`. Keys about files are known only to a files source.
pub(super) fn read(value: Value, is_files: bool, problems: &mut Problems) -> Vec<TableConfig> {
    let mut tables = Vec::new();
    for (name, value) in value.entries(problems).unwrap_or_default() {
        let parts: Vec<_> = name.value.split('.').collect();
        if parts.iter().any(|part| part.is_empty()) || parts.len() > if is_files { 1 } else { 2 } {
            let form = if is_files { "table" } else { "table or schema.table" };
            problems.push(Problem::error(name.place, format!("`{}` is not the name of a {form}", name.value)));
            continue;
        }
        if let Some(fields) = value.fields(problems) {
            tables.push(read_table(name, fields, is_files, problems));
        }
    }
    tables
}

fn read_table(name: Spanned<String>, mut fields: Fields, is_files: bool, problems: &mut Problems) -> TableConfig {
    let key = fields.take("key").map(|value| value.names(problems)).unwrap_or_default();
    let columns = fields.take("columns").map(|value| read_types(value, problems)).unwrap_or_default();
    let (mut path, mut format, mut partitions) = (None, None, Vec::new());
    if is_files {
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
    fields.finish(LATER, problems);
    TableConfig { name, key, columns, path, format, partitions }
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
