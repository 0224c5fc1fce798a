//! The house's own rules, as `src/lib.rs` states them: every file says what it is for and stays small, and a room
//! imports only rooms below it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::harness::tools::repository;

/// No file is longer, in lines.
const LONGEST: usize = 500;

/// Rooms by rank. A room imports rooms of a lower rank only, so rooms of one rank never import each other.
///
/// `cli` stands above `app`: commands open the project through it. `main` only calls `cli`, and `lib` names them all.
const RANKS: [&[&str]; 11] = [
    &["model"],
    &["config", "telemetry"],
    &["auth", "encode", "store"],
    &["catalog", "sources", "spool"],
    &["policy"],
    &["engine"],
    &["pipeline"],
    &["flight", "http"],
    &["app"],
    &["cli"],
    &["main"],
];

/// Families of sources, which know nothing of each other: each is behind the trait of `sources`.
const FAMILIES: [&str; 3] = ["delta", "files", "sql"];

/// But for these: a Delta table is a list of files.
const BUILT_ON: [(&str, &str); 1] = [("delta", "files")];

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let files = rust_files(&["src", "tests", "benches"]);
    assert!(files.len() > 100, "only {} files", files.len());
    let wrong: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let text = read(file);
            let lines = text.lines().count();
            let silent = !text.starts_with("//! ");
            let long = lines > LONGEST;
            [
                silent.then(|| format!("{} does not begin with a //! line", file.display())),
                long.then(|| format!("{} has {lines} lines, more than {LONGEST}", file.display())),
            ]
        })
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_enters_as_owner() {
    for (word, rooms) in [("Principal::owner", ["auth", "pipeline"]), ("as_owner", ["cli", "pipeline"])] {
        let outside: Vec<_> = rust_files(&["src"])
            .into_iter()
            .filter(|file| read(file).contains(word))
            .filter(|file| !rooms.iter().any(|room| file.components().any(|part| part.as_os_str() == *room)))
            .collect();
        assert!(outside.is_empty(), "{word} stands in {outside:?}");
    }
}

#[test]
fn rooms_import_only_what_is_below() {
    let mut wrong = Vec::new();
    let mut rooms = BTreeSet::new();
    for file in rust_files(&["src"]) {
        let module = module(&file);
        let Some(room) = module.first() else { continue };
        rooms.insert(room.clone());
        let code = code(&read(&file));
        for import in imports(&code, &module) {
            let (Some(from), Some(to)) = (rank(room), rank(&import[0])) else {
                wrong.push(format!("{} imports {}, and one of the two has no rank", file.display(), import.join("::")));
                continue;
            };
            if import[0] != *room && to >= from {
                wrong.push(format!("{} imports {}, which is not below {room}", file.display(), import.join("::")));
            }
            let family = |path: &[String]| path.get(1).filter(|name| FAMILIES.contains(&name.as_str())).cloned();
            if room == "sources"
                && import[0] == "sources"
                && let (Some(own), Some(other)) = (family(&module), family(&import))
                && own != other
                && !BUILT_ON.contains(&(own.as_str(), other.as_str()))
            {
                wrong.push(format!("{} imports {}, another family", file.display(), import.join("::")));
            }
        }
    }
    let ranked: BTreeSet<String> = RANKS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(rooms, ranked, "the rooms that are there, and those that have a rank");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rank(room: &str) -> Option<usize> {
    RANKS.iter().position(|rooms| rooms.contains(&room))
}

/// The module of a file of `src`: `["http", "answer"]`; of `lib.rs` none.
fn module(file: &Path) -> Vec<String> {
    let below = file.strip_prefix(repository().join("src")).expect("it is below src").with_extension("");
    let mut parts: Vec<String> = below.iter().map(|part| part.to_str().expect("UTF-8").to_owned()).collect();
    if parts.last().is_some_and(|name| name == "mod" || name == "lib") {
        parts.pop();
    }
    parts
}

/// The text without its line comments: documentation may name any room.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Everything of this crate that the code of a module names, from the crate's root: `["engine", "fault"]`. Of a group
/// such as `crate::{a::{b, c}, d}` each member.
fn imports(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, root) in code.match_indices("crate::") {
        if !code[..at].ends_with(is_word) {
            members(&code[at + root.len()..], &[], &mut found);
        }
    }
    for (at, _) in code.match_indices("super::") {
        if code[..at].ends_with(is_word) || code[..at].ends_with("super::") {
            continue;
        }
        let rest = code[at..].trim_start_matches("super::");
        let levels = (code[at..].len() - rest.len()) / "super::".len();
        // Modules within a file are one level deeper; `super::x` of those stays in the file.
        let base = &module[..module.len().saturating_sub(levels)];
        members(rest, base, &mut found);
    }
    found.retain(|path| !path.is_empty());
    found
}

/// Reads a path that follows `base`, or a group of such paths.
fn members(text: &str, base: &[String], found: &mut Vec<Vec<String>>) {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        let (mut depth, mut start) = (0_usize, 0);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                '}' | ',' if depth == 0 => {
                    members(&group[start..at], base, found);
                    start = at + 1;
                    if c == '}' {
                        return;
                    }
                }
                _ => {}
            }
        }
        return;
    }
    let word = &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())];
    if word.is_empty() {
        return;
    }
    let path = [base, &[word.to_owned()]].concat();
    match text[word.len()..].strip_prefix("::") {
        Some(rest) if rest.trim_start().starts_with(|c| is_word(c) || c == '{') => members(rest, &path, found),
        _ => found.push(path),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn rust_files(folders: &[&str]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| repository().join(folder)).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn imports_are_found_however_they_are_written() {
    let module = ["http".to_owned(), "answer".to_owned()];
    let text = "use super::{request, page::Page};\nuse crate::{a::{self, b}, c};\n// crate::comment\n\
                fn f() { crate::d::e::<u8>(); super::super::g::h() }";
    let found: Vec<String> = imports(&code(text), &module).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a::self", "a::b", "c", "d::e", "http::request", "http::page::Page", "g::h"]);
}
