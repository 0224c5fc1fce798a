//! Cuts a query file into its header and its SQL.

use std::{path::Path, sync::Arc};

use crate::model::{Place, Problem};

const OPEN: &str = "/*---";
const CLOSE: &str = "---*/";

/// The two parts of a query file. Each is as long as the file and has blanks where the other part stands, so that every
/// line and column in it is the file's.
pub(super) struct Front {
    /// The YAML between `/*---` and `---*/`.
    pub header: Option<String>,
    /// The rest.
    pub sql: String,
    /// Where the header begins.
    pub place: Place,
}

/// Cuts `text`. The header is the first thing in a file.
pub(super) fn split(file: &Arc<Path>, text: &str) -> Result<Front, Problem> {
    let start = text.len() - text.trim_start().len();
    let place = end_of(file, &text[..start]);
    let Some(rest) = text[start..].strip_prefix(OPEN) else {
        return Ok(Front { header: None, sql: text.to_owned(), place });
    };
    let Some(length) = rest.find(CLOSE) else {
        let problem = Problem::error(place, format!("the header that `{OPEN}` opens is not closed"));
        return Err(problem.hint(format!("end it with a line `{CLOSE}`")));
    };
    let open_end = start + OPEN.len();
    let close_end = open_end + length + CLOSE.len();
    let header = blank(&text[..open_end]) + &rest[..length];
    let sql = blank(&text[..close_end]) + &text[close_end..];
    Ok(Front { header: Some(header), sql, place })
}

/// `text` with every character but line ends replaced by a blank.
fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

/// The place behind `text`, which a file begins with.
fn end_of(file: &Arc<Path>, text: &str) -> Place {
    let line = text.matches('\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place { file: Arc::clone(file), line, column }
}
