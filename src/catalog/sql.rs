//! Reads the one SELECT of a query file, or of a command line. Whatever writes, locks, or reads outside the sources is
//! refused, here and without asking them.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use datafusion::sql::sqlparser::{
    ast,
    dialect::PostgreSqlDialect,
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::{Location, Token, TokenWithSpan},
};

use super::{
    tables,
    tokens::{self, Parameters, Tokens},
};
use crate::model::{Place, Problem, Problems, SourceName, TableNames};

/// One SELECT, checked as far as that goes without its sources.
#[derive(Clone, Debug)]
pub struct Select {
    /// The statement, its parameters as `$n`, its spans as in the text.
    pub statement: ast::Query,
    /// Where it begins.
    pub place: Place,
    /// The sources that it reads, and the tables that it names in each.
    pub sources: BTreeMap<SourceName, TableNames>,
}

/// Reads `sql`, which comes from no file and has no parameters; the places say `<sql>`. `sources` are those of the
/// project.
pub fn parse_ad_hoc(sql: &str, sources: &[SourceName]) -> Result<Select, Problems> {
    let mut problems = Problems::default();
    let select = parse(&Path::new("<sql>").into(), sql, Parameters::None, sources, &mut problems);
    match select {
        Some(select) if !problems.has_errors() => Ok(select),
        _ => Err(problems),
    }
}

/// Reads `sql`, whose lines and columns are those of `file`. A statement beside errors in `problems` is not to be run.
pub(super) fn parse(
    file: &Arc<Path>,
    sql: &str,
    parameters: Parameters<'_>,
    sources: &[SourceName],
    problems: &mut Problems,
) -> Option<Select> {
    let tokens = tokens::read(file, sql, parameters, problems)?;
    let first = tokens.statement.iter().find(|token| !matches!(token.token, Token::Whitespace(_)))?;
    let is_query = match &first.token {
        Token::Word(word) => matches!(word.keyword, Keyword::SELECT | Keyword::WITH | Keyword::VALUES),
        Token::LParen => true,
        _ => false,
    };
    if !is_query {
        let message = format!("`{}` begins no SELECT", first.token);
        problems.push(Problem::error(tokens.start, message).hint("a query is one SELECT; sources are only read"));
        return None;
    }
    let statement = match parse_query(tokens.statement.clone()) {
        Ok(statement) => statement,
        Err(error) => {
            if !tokens.refused {
                problems.push(explain(file, &tokens, &error, parameters));
            }
            return None;
        }
    };
    let context = tables::Context { file, tokens: &tokens.statement, start: &tokens.start, sources };
    let sources = tables::check(&statement, &context, problems);
    Some(Select { statement, place: tokens.start, sources })
}

/// Parses all of `tokens` as one query.
fn parse_query(tokens: Vec<TokenWithSpan>) -> Result<ast::Query, ParserError> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).with_tokens_with_locations(tokens);
    let query = parser.parse_query()?;
    match parser.peek_token() {
        end if end.token == Token::EOF => Ok(*query),
        extra => parser.expected("the end of the statement", extra),
    }
}

/// The parser's error as a problem. The parser writes the place at the end of its text (none, at the end of the
/// statement), and knows parameters as `$n`.
pub(super) fn explain(file: &Arc<Path>, tokens: &Tokens, error: &ParserError, parameters: Parameters<'_>) -> Problem {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => {
            let problem = Problem::error(tokens.start.clone(), "the statement is nested too deeply");
            return problem.hint("use WITH to name parts of it");
        }
    };
    let located = text.rsplit_once(" at Line: ").and_then(|(message, numbers)| {
        let (line, column) = numbers.split_once(", Column: ")?;
        let location = Location::new(line.parse().ok()?, column.parse().ok()?);
        Some((message, tokens::place(file, location)))
    });
    let end = || tokens.statement.last().map_or(tokens.start.clone(), |last| tokens::place(file, last.span.end));
    let (message, place) = located.unwrap_or_else(|| (text, end()));
    let mut message = tokens::in_our_form(message);
    if let Some((before, found)) = message.rsplit_once("found: ") {
        let declared = match parameters {
            Parameters::Declared(declared) => declared,
            Parameters::None | Parameters::Claims | Parameters::Unknown => &[],
        };
        let number = found.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
        let parameter = number.and_then(|number| declared.get(number.checked_sub(1)?));
        message = match parameter {
            Some(name) => format!("{before}found: `:{}`", name.value),
            None if found == "EOF" => format!("{before}found: the end"),
            None => format!("{before}found: `{found}`"),
        };
    }
    Problem::error(place, format!("the SQL cannot be read: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Words that statements are made of, and words that break them.
    const WORDS: &[&str] = &[
        "SELECT",
        "*",
        "FROM",
        "crm.t",
        "WHERE",
        "a",
        "=",
        ":p",
        ":",
        "::",
        "$1",
        "?",
        "@",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        "WITH",
        "RECURSIVE",
        "AS",
        "UNION",
        "ALL",
        "VALUES",
        "INSERT",
        "INTO",
        "FOR",
        "UPDATE",
        "TABLE",
        "LATERAL",
        "'x'",
        "\"y\"",
        "`z`",
        "1",
        "1e5",
        "/*",
        "*/",
        "--\n",
        "$$",
        "JOIN",
        "ON",
        "ORDER BY",
        "LIMIT",
        "é",
        "\u{0}",
    ];

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = parse_ad_hoc(&text, &[]);
        }

        #[test]
        fn no_words_panic(words in prop::collection::vec(prop::sample::select(WORDS), 0..24)) {
            let sources = [SourceName::new("crm").expect("a name")];
            if let Ok(select) = parse_ad_hoc(&words.join(" "), &sources) {
                prop_assert!(select.sources.keys().all(|source| source.as_str() == "crm"));
            }
        }
    }

    #[test]
    fn long_chains_end_before_the_stack_does() {
        let chain = |terms: usize| format!("SELECT 1 WHERE {}", vec!["1 = 1"; terms].join(" OR "));
        let parse = |sql: String| std::thread::spawn(move || parse_ad_hoc(&sql, &[]).is_ok()).join().ok();
        assert_eq!(parse(chain(12_000)), Some(true));
        assert_eq!(parse(chain(100_000)), Some(false));
    }
}
