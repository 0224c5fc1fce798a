//! A case's HTTP request as a Flight command: query strings are text, commands are typed JSON.
//!
//! The types come from the query's own header, which in test projects has one parameter a line:
//! `  name: {type: TYPE, …}`.

use std::{collections::BTreeMap, fs};

use serde_json::{Map, Number, Value};
use url::form_urlencoded;

use super::format::Case;
use crate::harness::project::Project;

/// A call of a named query.
#[derive(Debug)]
pub struct Call {
    /// `domain.name`
    pub query: String,
    /// The major version.
    pub version: u32,
    /// The path descriptor.
    pub path: Vec<String>,
    /// A JSON object.
    pub parameters: Value,
}

/// The call that a case's request makes.
pub fn call(project: &Project, case: &Case) -> Call {
    let (path, query_string) = case.path.split_once('?').unwrap_or((&case.path, ""));
    let path: Vec<String> = path.trim_start_matches('/').split('/').map(str::to_owned).collect();
    let [version, domain, name] = path.as_slice() else { panic!("{}: {} is no query's path", case.place, case.path) };
    let number = version.strip_prefix('v').and_then(|version| version.parse().ok());
    let number = number.unwrap_or_else(|| panic!("{}: {version} is no version", case.place));

    let mut parameters = Map::new();
    if !case.request_body.is_empty() {
        let body: Value = serde_json::from_str(&case.request_body)
            .unwrap_or_else(|error| panic!("{}: {error}; mark it `--- http only`", case.place));
        parameters.extend(body.as_object().cloned().unwrap_or_default());
    }
    let types = declared_types(project, domain, name);
    for (name, text) in form_urlencoded::parse(query_string.as_bytes()) {
        if ["limit", "cursor", "format"].contains(&name.as_ref()) {
            continue;
        }
        // What is not declared goes as text: both doors must refuse it.
        let declared = types.get(name.as_ref()).map_or("string", String::as_str);
        match declared.strip_prefix('[').and_then(|declared| declared.strip_suffix(']')) {
            None => {
                parameters.insert(name.into_owned(), typed(declared, &text));
            }
            Some(element) => {
                let list = parameters.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut().expect("a list parameter is a list").push(typed(element, &text));
            }
        }
    }
    Call {
        query: format!("{domain}.{name}"),
        version: number,
        path: path.clone(),
        parameters: Value::Object(parameters),
    }
}

/// As JSON has it. What is no such number stays text, which both doors must refuse.
fn typed(declared: &str, text: &str) -> Value {
    let json = match declared {
        "int32" | "int64" | "float64" => text.parse::<Number>().ok().map(Value::Number),
        "bool" => text.parse::<bool>().ok().map(Value::Bool),
        _ => None,
    };
    json.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Of a query that is not there: nothing.
fn declared_types(project: &Project, domain: &str, name: &str) -> BTreeMap<String, String> {
    let file = project.join(&format!("queries/{domain}/{name}.sql"));
    let text = fs::read_to_string(file).unwrap_or_default();
    let header = text.split("---*/").next().unwrap_or_default();
    let declaration = |line: &str| {
        let (name, rest) = line.trim().split_once(": {type: ")?;
        let declared = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => rest.split([',', '}']).next()?,
        };
        Some((name.to_owned(), declared.to_owned()))
    };
    header.lines().filter_map(declaration).collect()
}

#[test]
fn query_strings_are_typed_by_the_header() {
    let header = "/*---\nparams:\n  id: {type: int64, min: 1}\n  ids: {type: \"[int64]\", optional: true}\n  \
                  price: {type: \"decimal(9,2)\", default: 1}\n  on: {type: bool}\n  word: {type: string}\n---*/ SELECT 1";
    let project = Project::new().file("queries/a/b.sql", header);
    let path = "/v2/a/b?id=9007199254740993&ids=1&ids=x&price=1.50&on=true&word=7&limit=3&what=1";
    let case = Case { method: "GET".to_owned(), path: path.to_owned(), ..Case::default() };
    let call = call(&project, &case);
    assert_eq!((call.query.as_str(), call.version, call.path.join("/").as_str()), ("a.b", 2, "v2/a/b"));
    let expected = r#"{"id":9007199254740993,"ids":[1,"x"],"price":"1.50","on":true,"word":"7","what":"1"}"#;
    assert_eq!(call.parameters.to_string(), expected);
}
