//! How a `.case` file is written.
//!
//! ```text
//! # A comment, anywhere between cases.
//!
//! === a road is found by its key
//! GET /v1/roads/road?id=7
//! --- rows
//! {"id": 7, "name": "Long Acre"}
//!
//! === what is no number is refused
//! POST /v1/roads/road
//! Content-Type: application/json
//!
//! {"id": "seven"}
//! --- status 400
//! --- headers
//! Content-Type: application/problem+json
//! --- body
//! {"code": "AQ-1…", "…": "…"}
//! ```
//!
//! After the request come sections, all optional:
//!
//! - `--- status N`: 200 unless said.
//! - `--- headers`: each must be there; `…` stands for any text.
//! - `--- rows` or `--- rows in any order`: all rows, one JSON object a line, over however many pages. Flight must give
//!   the same.
//! - `--- page`, repeated: the rows of each page, with `cursor` followed from one to the next.
//! - `--- body`: the whole body as JSON. A string may contain `…` for any text, the string `"…"` is any value, and a
//!   member `"…"` allows further members.
//! - `--- postgres received`, `--- postgres did not receive`: statements, with `…` for any text. Only looked at where
//!   pushdown is on.
//! - `--- http only`: Flight has no such request.
//!
//! Unless it is `http only`, the request goes to Flight too: rows must be the same, and what HTTP refuses Flight must
//! refuse with the same code.

use std::{fs, path::Path};

use serde_json::Value;

/// A request and what must come back.
#[derive(Debug, Default)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// `file:line`.
    pub place: String,
    /// The request's method.
    pub method: String,
    /// The request's path and query string.
    pub path: String,
    /// The request's headers.
    pub request_headers: Vec<(String, String)>,
    /// The request's body, empty when there is none.
    pub request_body: String,
    /// The status expected.
    pub status: u16,
    /// Headers expected.
    pub headers: Vec<(String, String)>,
    /// All rows expected.
    pub rows: Option<Vec<Value>>,
    /// Does the query promise no order?
    pub any_order: bool,
    /// The rows of each page expected.
    pub pages: Vec<Vec<Value>>,
    /// The body expected.
    pub body: Option<Value>,
    /// Statements that Postgres must have received, or must not.
    pub received: Vec<(String, bool)>,
    /// Has Flight no such request?
    pub http_only: bool,
}

/// Reads every `.case` file of a group; panics with file and line where one is malformed.
pub fn read_group(directory: &Path) -> Vec<Case> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("a directory can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    files.sort();
    let read = |file: &Path| {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        parse(&text, &file.file_name().expect("a file has a name").to_string_lossy())
    };
    files.iter().flat_map(|file| read(file)).collect()
}

fn parse(text: &str, file: &str) -> Vec<Case> {
    let lines: Vec<&str> = text.lines().collect();
    let starts: Vec<usize> = (0..lines.len()).filter(|&index| lines[index].starts_with("=== ")).collect();
    let stray = |index: usize| !lines[index].is_empty() && !lines[index].starts_with('#');
    if let Some(index) = (0..starts.first().copied().unwrap_or(lines.len())).find(|&index| stray(index)) {
        panic!("{file}:{}: expected `=== what the case shows`", index + 1);
    }
    let end = |case: usize| starts.get(case + 1).copied().unwrap_or(lines.len());
    starts
        .iter()
        .enumerate()
        .map(|(case, &start)| parse_case(&lines[start..end(case)], &format!("{file}:{}", start + 1)))
        .collect()
}

fn parse_case(lines: &[&str], place: &str) -> Case {
    let mut case = Case { place: place.to_owned(), status: 200, ..Case::default() };
    lines[0].trim_start_matches("=== ").clone_into(&mut case.name);
    let mut sections = lines[1..].split(|line| line.starts_with("--- "));
    parse_request(&mut case, sections.next().unwrap_or_default());
    let titles = lines.iter().filter_map(|line| line.strip_prefix("--- "));
    for (title, content) in titles.zip(sections) {
        let content: Vec<&str> =
            content.iter().copied().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let json = |text: &str| serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error} in {text}"));
        let rows = || content.iter().map(|line| json(line)).collect::<Vec<Value>>();
        match title {
            "headers" => case.headers = content.iter().map(|line| header(line, place)).collect(),
            "rows" => case.rows = Some(rows()),
            "rows in any order" => (case.rows, case.any_order) = (Some(rows()), true),
            "page" => case.pages.push(rows()),
            "body" => case.body = Some(json(&content.join("\n"))),
            "postgres received" => case.received.extend(content.iter().map(|line| ((*line).to_owned(), true))),
            "postgres did not receive" => case.received.extend(content.iter().map(|line| ((*line).to_owned(), false))),
            "http only" => case.http_only = true,
            _ => match title.strip_prefix("status ").and_then(|status| status.parse().ok()) {
                Some(status) => case.status = status,
                None => panic!("{place}: no section is called {title:?}"),
            },
        }
    }
    case
}

fn parse_request(case: &mut Case, lines: &[&str]) {
    let place = &case.place;
    let Some((method, path)) = lines.first().and_then(|line| line.split_once(' ')) else {
        panic!("{place}: expected a request such as GET /v1/roads/road?id=7");
    };
    (case.method, case.path) = (method.to_owned(), path.to_owned());
    let rest: Vec<&str> = lines[1..].iter().copied().filter(|line| !line.starts_with('#')).collect();
    let mut parts = rest.splitn(2, |line| line.is_empty());
    case.request_headers = parts.next().unwrap_or_default().iter().map(|line| header(line, place)).collect();
    parts.next().unwrap_or_default().join("\n").trim_end().clone_into(&mut case.request_body);
}

fn header(line: &str, place: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("{place}: {line:?} is no header"));
    (name.trim().to_owned(), value.trim().to_owned())
}

/// Panics, naming the member, unless the JSON fits the pattern.
pub fn assert_matches(pattern: &Value, actual: &Value) {
    assert_matches_at("body", pattern, actual);
}

fn assert_matches_at(path: &str, pattern: &Value, actual: &Value) {
    match (pattern, actual) {
        (Value::String(pattern), _) if pattern == "…" => {}
        (Value::String(pattern), Value::String(actual)) => {
            assert!(glob(pattern, actual), "{path} is {actual:?} instead of {pattern:?}");
        }
        (Value::Array(patterns), Value::Array(items)) => {
            assert_eq!(patterns.len(), items.len(), "the length of {path}: {actual}");
            for (index, (pattern, item)) in patterns.iter().zip(items).enumerate() {
                assert_matches_at(&format!("{path}[{index}]"), pattern, item);
            }
        }
        (Value::Object(patterns), Value::Object(members)) => {
            for (name, pattern) in patterns.iter().filter(|(name, _)| *name != "…") {
                let member = members.get(name).unwrap_or_else(|| panic!("{path} has no {name}: {actual}"));
                assert_matches_at(&format!("{path}.{name}"), pattern, member);
            }
            let unknown = members.keys().find(|name| !patterns.contains_key("…") && !patterns.contains_key(*name));
            assert!(unknown.is_none(), "{path} has {unknown:?}: {actual}");
        }
        _ => assert_eq!(pattern, actual, "{path}: expected left, actual right"),
    }
}

/// Is this the pattern, with any text for each `…`?
pub fn glob(pattern: &str, actual: &str) -> bool {
    match pattern.split_once('…') {
        None => pattern == actual,
        Some((head, tail)) => actual.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).filter(|&at| rest.is_char_boundary(at)).any(|at| glob(tail, &rest[at..]))
        }),
    }
}

#[test]
fn a_case_is_read_as_documented() {
    let text = "# comment\n\n=== one\nPOST /v1/a/b?limit=2\nX-A: b: c\n\n{\"id\":\n1}\n\n--- status 400\n--- headers\nX: …y\n\
                --- body\n{\"code\": \"AQ-1…\", \"…\": \"…\"}\n\n=== two\nGET /v1/a/c\n--- page\n{\"id\": 1}\n# c\n--- page\n\
                --- rows in any order\n{\"id\": 1}\n--- http only\n--- postgres did not receive\n…x…\n";
    let cases = parse(text, "x.case");
    assert_eq!(cases.len(), 2);
    let (one, two) = (&cases[0], &cases[1]);
    assert_eq!((one.name.as_str(), one.place.as_str(), one.status), ("one", "x.case:3", 400));
    assert_eq!((one.method.as_str(), one.path.as_str()), ("POST", "/v1/a/b?limit=2"));
    assert_eq!(one.request_headers, [("X-A".to_owned(), "b: c".to_owned())]);
    assert_eq!(one.request_body, "{\"id\":\n1}");
    assert_eq!(one.headers, [("X".to_owned(), "…y".to_owned())]);
    assert_matches(one.body.as_ref().expect("a body"), &serde_json::json!({"code": "AQ-101", "title": "No"}));
    assert_eq!((two.pages.len(), two.pages[0].len(), two.pages[1].len()), (2, 1, 0));
    assert_eq!(two.received, [("…x…".to_owned(), false)]);
    assert!(two.any_order && two.http_only && two.rows.is_some() && two.status == 200);
}

#[test]
fn patterns_match_as_documented() {
    for (pattern, actual, matches) in
        [("a", "a", true), ("a…c", "abbc", true), ("…", "", true), ("a…c", "abb", false), ("…b…", "abc", true)]
    {
        assert_eq!(glob(pattern, actual), matches, "{pattern} {actual}");
    }
    let (pattern, actual) = (serde_json::json!({"a": 1}), serde_json::json!({"a": 1, "b": 2}));
    assert!(
        std::panic::catch_unwind(|| assert_matches(&pattern, &actual)).is_err(),
        "an unknown member goes unnoticed"
    );
}
