//! Which tables a listing of files holds: declared ones by their path, the others by their top-level folder or file.
//!
//! Hidden names (`_…`, `.…`), empty objects and unknown endings are no data. `name=value` folders are partitions, their
//! values percent-decoded; `__HIVE_DEFAULT_PARTITION__` is NULL.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, StringArray},
        datatypes::DataType,
    },
    object_store::ObjectMeta,
    scalar::ScalarValue,
};
use percent_encoding::percent_decode_str;

use super::SCHEMA;
use crate::sources::strict::Target;
use crate::{
    config::{TableConfig, source::FileFormat},
    model::{Place, Problem, ValueType, place::nearest},
};

const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// A table's files, not yet opened.
#[derive(Debug)]
pub struct FoundTable<'a> {
    /// Spelled as in the source.
    pub name: String,
    /// What the source's file says of it.
    pub config: Option<&'a TableConfig>,
    /// How its files are written.
    pub format: FileFormat,
    /// In the order of their paths.
    pub files: Vec<FoundFile>,
    /// Names and types of its partitions, in path order.
    pub partitions: Vec<(String, DataType)>,
}

/// One file of a table.
#[derive(Clone, Debug)]
pub struct FoundFile {
    /// Path, size and version.
    pub object: ObjectMeta,
    /// One value for each partition of the table.
    pub partition_values: Vec<ScalarValue>,
}

/// What the ending of a file's name says; compression is taken off first.
#[must_use]
pub fn format_of(file_name: &str) -> Option<FileFormat> {
    let (stem, compressed) = match file_name.strip_suffix(".gz").or_else(|| file_name.strip_suffix(".zst")) {
        Some(stem) => (stem, true),
        None => (file_name, false),
    };
    match stem.rsplit_once('.')?.1 {
        "parquet" if !compressed => Some(FileFormat::Parquet),
        "csv" => Some(FileFormat::Csv),
        "ndjson" | "jsonl" | "json" => Some(FileFormat::Ndjson),
        _ => None,
    }
}

/// A declared path as listings spell it: no `./` before it, no `/` around it.
#[must_use]
pub fn root_of(path: &str) -> &str {
    let path = path.strip_prefix("./").unwrap_or(path).trim_matches('/');
    if path == "." { "" } else { path }
}

/// The tables among `objects`, and what does not fit. `place` is the source's file.
pub fn tables<'a>(
    mut objects: Vec<ObjectMeta>,
    declared: &'a [TableConfig],
    discover: bool,
    place: &Place,
) -> (Vec<FoundTable<'a>>, Vec<Problem>) {
    objects.retain(|object| object.size > 0);
    objects.sort_by(|a, b| a.location.cmp(&b.location));
    let mut problems = Vec::new();
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    for config in declared {
        let Some(path) = &config.path else { continue };
        let root = root_of(&path.value);
        let files: Vec<_> = objects.iter().filter(|object| is_data_under(object, root)).cloned().collect();
        candidates.push(Candidate {
            name: table_name(config).to_owned(),
            root: root.to_owned(),
            config: Some(config),
            files,
        });
    }
    if discover {
        let taken: Vec<_> = candidates.iter().map(|candidate| candidate.root.clone()).collect();
        objects.retain(|object| is_data_under(object, "") && !taken.iter().any(|root| is_under(object, root)));
        candidates.extend(discovered(objects, declared));
    }
    problems.extend(unmatched(declared, &candidates));
    let mut by_name: BTreeMap<String, Vec<Candidate<'a>>> = BTreeMap::new();
    for candidate in candidates {
        by_name.entry(candidate.name.clone()).or_default().push(candidate);
    }
    let mut tables = Vec::new();
    for (name, mut same) in by_name {
        let Some(candidate) = same.pop() else { continue };
        if let Some(other) = same.pop() {
            let place = candidate.config.or(other.config).map_or(place, |config| &config.name.place);
            let message = format!("`{}` and `{}` are both the table `{name}`", other.root, candidate.root);
            problems.push(
                Problem::error(place.clone(), message).hint("declare one of them under another name with `path`"),
            );
            continue;
        }
        match candidate.settle(place) {
            Ok(table) => tables.push(table),
            Err(problem) => problems.push(problem),
        }
    }
    (tables, problems)
}

/// Names and types of partitions, and the files with their values.
type Partitioned = (Vec<(String, DataType)>, Vec<FoundFile>);

/// Files that are to become one table.
struct Candidate<'a> {
    name: String,
    root: String,
    config: Option<&'a TableConfig>,
    files: Vec<ObjectMeta>,
}

impl<'a> Candidate<'a> {
    fn settle(mut self, source: &Place) -> Result<FoundTable<'a>, Problem> {
        let place =
            self.config.map_or(source, |config| config.path.as_ref().map_or(&config.name.place, |path| &path.place));
        let format = match self.config.and_then(|config| config.format) {
            Some(format) => {
                let root = &self.root;
                self.files.retain(|file| {
                    let name = file.location.filename().unwrap_or_default();
                    file.location.as_ref() == root || !name.contains('.') || format_of(name) == Some(format)
                });
                format
            }
            None => self.one_format(place)?,
        };
        if self.files.is_empty() {
            return Err(Problem::error(place.clone(), format!("`{}` holds no data files", self.root)).hint(
                "files end in .parquet, .csv, .ndjson, .jsonl or .json; text may end in .gz or .zst after that",
            ));
        }
        let (partitions, files) = self.partitioned(place)?;
        Ok(FoundTable { name: self.name, config: self.config, format, files, partitions })
    }

    fn one_format(&mut self, place: &Place) -> Result<FileFormat, Problem> {
        let format = |file: &ObjectMeta| format_of(file.location.filename().unwrap_or_default());
        self.files.retain(|file| format(file).is_some());
        let first = self.files.first().and_then(|file| Some((file, format(file)?)));
        let Some((first, chosen)) = first else { return Ok(FileFormat::Parquet) };
        match self.files.iter().find(|file| format(file) != Some(chosen)) {
            None => Ok(chosen),
            Some(other) => {
                let message = format!(
                    "table `{}` holds files of different formats: `{}` and `{}`",
                    self.name, first.location, other.location
                );
                Err(Problem::error(place.clone(), message)
                    .hint(format!("say which with `tables: {{{}: {{format: …}}}}`", self.name)))
            }
        }
    }

    fn partitioned(&self, place: &Place) -> Result<Partitioned, Problem> {
        let declared = self.config.map_or(&[][..], |config| &config.partitions);
        let first = self.files.first().map_or_else(Vec::new, |file| self.pairs(file));
        let partitions: Vec<(&str, Target, Option<&Place>)> = if declared.is_empty() {
            first.iter().map(|(name, _)| (*name, Target::declared(&ValueType::String), None)).collect()
        } else {
            declared
                .iter()
                .map(|(name, kind)| (name.value.as_str(), Target::declared(kind), Some(&name.place)))
                .collect()
        };
        let expected: Vec<_> = partitions.iter().map(|(name, ..)| *name).collect();
        let files = self.files.iter().map(|file| {
            let pairs = self.pairs(file);
            if !pairs.iter().map(|(name, _)| *name).eq(expected.iter().copied()) {
                let place = partitions.iter().find_map(|(.., place)| *place).unwrap_or(place);
                let folders = expected.iter().map(|name| format!("{name}=…")).collect::<Vec<_>>().join("/");
                let message =
                    format!("`{}` is not in the partition folders `{folders}` of table `{}`", file.location, self.name);
                return Err(Problem::error(place.clone(), message)
                    .hint("all files of a table stand in the same `name=value` folders, in the same order"));
            }
            let values = pairs.iter().zip(&partitions).map(|((name, text), (_, target, declared))| {
                partition_value(text, target).ok_or_else(|| {
                    let message = format!("partition `{name}` of `{}` does not fit its type {target}", file.location);
                    Problem::error(declared.unwrap_or(place).clone(), message)
                })
            });
            Ok(FoundFile { object: file.clone(), partition_values: values.collect::<Result<_, _>>()? })
        });
        let files = files.collect::<Result<_, _>>()?;
        let partitions = partitions.into_iter().map(|(name, target, _)| (name.to_owned(), target.data_type)).collect();
        Ok((partitions, files))
    }

    /// The `name=value` folders between the table's root and the file.
    fn pairs<'f>(&self, file: &'f ObjectMeta) -> Vec<(&'f str, &'f str)> {
        let below = file.location.as_ref().strip_prefix(self.root.as_str()).unwrap_or_default();
        let folders = below.rsplit_once('/').map_or("", |(folders, _)| folders);
        folders.split('/').filter_map(|folder| folder.split_once('=')).collect()
    }
}

fn partition_value(text: &str, target: &Target) -> Option<ScalarValue> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    if text == NULL_PARTITION {
        return ScalarValue::try_new_null(&target.data_type).ok();
    }
    let values: ArrayRef = Arc::new(StringArray::from(vec![text.as_ref()]));
    ScalarValue::try_from_array(&target.read(&values).ok()?, 0).ok()
}

/// Top-level folders and files. A folder without any data file, or a file without a known ending, is no table.
fn discovered(objects: Vec<ObjectMeta>, declared: &[TableConfig]) -> Vec<Candidate<'_>> {
    let mut by_root: BTreeMap<String, Vec<ObjectMeta>> = BTreeMap::new();
    for object in objects {
        let root = object.location.parts().next().map(|part| part.as_ref().to_owned()).unwrap_or_default();
        by_root.entry(root).or_default().push(object);
    }
    let candidates = by_root.into_iter().filter_map(|(root, files)| {
        let is_file = files.iter().all(|file| file.location.as_ref() == root);
        let name = if is_file { stem(&root)?.to_owned() } else { root.clone() };
        let config = declared.iter().find(|config| config.path.is_none() && table_name(config) == name);
        let is_data = |file: &ObjectMeta| {
            config.is_some_and(|config| config.format.is_some())
                || format_of(file.location.filename().unwrap_or_default()).is_some()
        };
        files.iter().any(is_data).then_some(Candidate { name, root, config, files })
    });
    candidates.collect()
}

/// Annotations of tables that are not there.
fn unmatched(declared: &[TableConfig], candidates: &[Candidate<'_>]) -> Vec<Problem> {
    let names = || candidates.iter().map(|candidate| candidate.name.as_str());
    let missing = declared.iter().filter(|config| !names().any(|name| name == table_name(config)));
    missing
        .map(|config| {
            let name = table_name(config);
            let problem = Problem::error(config.name.place.clone(), format!("the source has no table `{name}`"));
            match nearest(name, names()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("`path` makes a folder or file of the location a table"),
            }
        })
        .collect()
}

fn table_name(config: &TableConfig) -> &str {
    let name = config.name.value.as_str();
    name.strip_prefix(SCHEMA).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name)
}

/// `orders` of `orders.csv.gz`.
fn stem(file_name: &str) -> Option<&str> {
    format_of(file_name)?;
    let plain = file_name.strip_suffix(".gz").or_else(|| file_name.strip_suffix(".zst")).unwrap_or(file_name);
    plain.rsplit_once('.').map(|(stem, _)| stem)
}

fn is_hidden(name: &str) -> bool {
    // `_year=2026` is a partition whose name begins with an underscore.
    name.starts_with('.') || name.starts_with('_') && !name.contains('=')
}

/// Stands it below `root` without a hidden name on the way? A declared root itself may be hidden.
fn is_data_under(object: &ObjectMeta, root: &str) -> bool {
    let below = object.location.as_ref().strip_prefix(root).unwrap_or_default();
    is_under(object, root) && !below.split('/').any(is_hidden)
}

fn is_under(object: &ObjectMeta, root: &str) -> bool {
    let rest = object.location.as_ref().strip_prefix(root);
    root.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
