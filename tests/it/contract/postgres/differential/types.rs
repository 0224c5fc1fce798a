//! Reads `tests/postgres/types.txt`, which says what its lines mean.

use std::fs;

use crate::harness::tools::repository;

/// What the file says for one server.
#[derive(Debug, Default)]
pub struct Types {
    /// Statements that are run first.
    pub setup: Vec<String>,
    /// The types in the file's order.
    pub types: Vec<Type>,
}

/// A type, how it is read, and values of it as SQL expressions.
#[derive(Debug)]
pub struct Type {
    pub name: String,
    pub form: Form,
    /// Are its arrays read as lists?
    pub has_lists: bool,
    pub values: Vec<String>,
    /// A volatile expression.
    pub random: Option<String>,
    /// The error's word for each, and the value.
    pub refused: Vec<(String, String)>,
}

/// How a type is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the Arrow type that prints so.
    Native(String),
    /// As text that says that it is JSON.
    Json,
    /// As text that says that Postgres printed it.
    Printed,
}

impl Type {
    /// Can columns be declared as arrays of it?
    pub fn has_array(&self) -> bool {
        !self.name.ends_with(']') && !self.name.ends_with("_array")
    }
}

impl Types {
    /// What the file says for a server of this major version.
    pub fn read(version: u32) -> Self {
        let path = repository().join("tests/postgres/types.txt");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut read = Self::default();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let line = match line.rsplit_once(" @").and_then(|(line, since)| Some((line, since.parse::<u32>().ok()?))) {
                Some((_, since)) if since > version => continue,
                Some((line, _)) => line,
                None => line,
            };
            read.line(line);
        }
        read
    }

    fn line(&mut self, line: &str) {
        let halves = |text: &str| {
            let (left, right) = text.split_once(" | ").unwrap_or_else(|| panic!("no ` | ` in: {line}"));
            (left.to_owned(), right.to_owned())
        };
        if let Some(statement) = line.strip_prefix("sql ") {
            self.setup.push(statement.to_owned());
        } else if let Some(heading) = line.strip_prefix("= ") {
            let (name, form) = halves(heading);
            let (form, has_lists) = match form.strip_suffix(" | printed") {
                Some(form) => (form, false),
                None => (form.as_str(), form != "printed" && !form.starts_with("List(")),
            };
            let form = match form {
                "json" => Form::Json,
                "printed" => Form::Printed,
                native => Form::Native(native.to_owned()),
            };
            self.types.push(Type { name, form, has_lists, values: Vec::new(), random: None, refused: Vec::new() });
        } else {
            let current = self.types.last_mut().unwrap_or_else(|| panic!("no type before: {line}"));
            if let Some(random) = line.strip_prefix("* ") {
                current.random = Some(random.to_owned());
            } else if let Some(refused) = line.strip_prefix("! ") {
                current.refused.push(halves(refused));
            } else {
                current.values.push(line.to_owned());
            }
        }
    }
}
