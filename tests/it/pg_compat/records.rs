//! The records of a sqllogictest file, as far as these files use the format.

/// A statement or a query.
#[derive(Debug)]
pub struct Record {
    /// Where it begins, from 1.
    pub line: usize,
    pub engines: Engines,
    pub sql: String,
    /// What it gives, if it is a query.
    pub query: Option<Query>,
}

/// Who runs a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engines {
    All,
    OnlyPostgres,
    AllButPostgres,
}

/// What a query gives.
#[derive(Debug)]
pub struct Query {
    /// A letter for each column.
    pub types: String,
    /// Rows are compared when both sides are sorted.
    pub is_sorted: bool,
    /// Lines, values separated by blanks.
    pub rows: Vec<String>,
}

/// The records of `text`. Panics at what it does not know.
pub fn records(text: &str) -> Vec<Record> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end()));
    let mut found = Vec::new();
    let mut engines = Engines::All;
    while let Some((line, words)) = lines.next() {
        match words.split_whitespace().collect::<Vec<_>>().as_slice() {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            ["onlyif", "postgres"] => engines = Engines::OnlyPostgres,
            ["skipif", "postgres"] => engines = Engines::AllButPostgres,
            ["statement", "ok"] => {
                let (sql, _) = block(&mut lines);
                found.push(Record { line, engines, sql, query: None });
                engines = Engines::All;
            }
            ["query", types, sort @ ..] => {
                let is_sorted = match sort {
                    [] => false,
                    ["rowsort"] => true,
                    _ => panic!("line {line}: {words}: which order?"),
                };
                let (sql, has_rows) = block(&mut lines);
                assert!(has_rows, "line {line}: a query without results");
                let (rows, _) = block(&mut lines);
                let rows = rows.lines().map(ToOwned::to_owned).collect();
                let query = Query { types: (*types).to_owned(), is_sorted, rows };
                found.push(Record { line, engines, sql, query: Some(query) });
                engines = Engines::All;
            }
            _ => panic!("line {line}: {words}: what is that?"),
        }
    }
    found
}

/// The lines up to an empty one or to the results; whether those follow.
fn block<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>) -> (String, bool) {
    let mut block = Vec::new();
    for (_, line) in lines {
        match line {
            "" => return (block.join("\n"), false),
            "----" => return (block.join("\n"), true),
            _ => block.push(line),
        }
    }
    (block.join("\n"), false)
}
