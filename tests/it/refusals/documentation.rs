//! The table of `docs/errors.md` says of each code what the service does.

use aqueduct::{flight, http, model::Code};

use crate::harness::tools::repository;

#[test]
fn the_table_of_codes_is_what_both_doors_do() {
    let page = std::fs::read_to_string(repository().join("docs/errors.md")).expect("it is there");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| AQ-"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let documented: Vec<[String; 4]> =
        rows.iter().map(|row| [row[0], row[1], row[2], row[3]].map(str::to_owned)).collect();
    let expected: Vec<[String; 4]> = Code::ALL
        .iter()
        .map(|code| {
            let http = http::status(code.kind()).as_u16().to_string();
            let grpc = snake(&format!("{:?}", flight::code(code.kind())));
            [code.as_str().to_owned(), http, grpc, code.title().to_owned()]
        })
        .collect();
    assert_eq!(documented, expected, "documented left, done right");
    assert!(rows.iter().all(|row| row.len() == 5 && row[4].ends_with('.')), "each says what to do");
}

#[test]
fn codes_are_unique_and_in_their_groups() {
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert!(codes.is_sorted(), "the documentation's order is that of the numbers");
    codes.dedup();
    assert_eq!(codes.len(), Code::ALL.len());
    for code in codes {
        let digits = code.strip_prefix("AQ-").unwrap_or_default();
        assert!(digits.len() == 3 && digits.starts_with(['1', '2', '3', '4', '5', '6']), "{code}");
    }
}

/// `InvalidArgument` as gRPC spells it, `INVALID_ARGUMENT`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}
