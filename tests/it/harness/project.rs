//! Project directories in temporary places, with `{{placeholders}}` filled in.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{postgres::Database, process, s3::Bucket};

/// A project directory, removed when the value is dropped.
#[derive(Debug)]
pub struct Project {
    directory: TempDir,
    values: BTreeMap<String, String>,
}

impl Project {
    /// An empty one.
    pub fn new() -> Self {
        Self { directory: process::directory("project-"), values: BTreeMap::new() }
    }

    /// From here on, `{{name}}` in a file's text becomes the value.
    pub fn value(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// `{{postgres_url}}`
    pub fn postgres(self, database: &Database) -> Self {
        self.value("postgres_url", &database.url)
    }

    /// `{{bucket}}`, `{{s3_endpoint}}`, `{{s3_access_key}}`, `{{s3_secret_key}}`
    pub fn s3(self, bucket: &Bucket) -> Self {
        self.value("bucket", &bucket.name)
            .value("s3_endpoint", &bucket.endpoint)
            .value("s3_access_key", &bucket.access_key)
            .value("s3_secret_key", &bucket.secret_key)
    }

    /// Adds a file, folders included, its placeholders filled in.
    pub fn file(self, path: &str, text: &str) -> Self {
        let target = self.path().join(path);
        fs::create_dir_all(target.parent().expect("a file is in a folder")).expect("the project can be written");
        fs::write(&target, self.fill(text, path)).expect("the project can be written");
        self
    }

    /// Adds every file of a directory, placeholders filled in. Their contents must be text.
    pub fn files(mut self, source: &Path) -> Self {
        let mut folders = vec![source.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
                let path = entry.expect("a folder can be listed").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let name = path.strip_prefix(source).expect("it is below").to_str().expect("tests name files in UTF-8");
                self = self.file(name, &text);
            }
        }
        self
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A path in it.
    pub fn join(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    /// The text with its placeholders filled in; panics at one that has no value.
    fn fill(&self, text: &str, path: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").unwrap_or_else(|| panic!("{path}: {{{{ without }}}}"));
            let value = self.values.get(name).unwrap_or_else(|| panic!("{path}: {{{{{name}}}}} has no value"));
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}
