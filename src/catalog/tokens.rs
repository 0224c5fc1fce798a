//! The tokens of a query's SQL, with `:name` turned into `$n`.
//!
//! Only a colon with an unquoted lower snake case word directly behind it is a parameter. Inside `[…]`, a colon behind
//! an expression is a slice's: `a[1 : n]`, with a blank, where `n` is a column, and `a[1 : :n]` where it is a parameter;
//! `a[1:n]` could be either and is refused.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use datafusion::sql::sqlparser::{
    dialect::PostgreSqlDialect,
    keywords::Keyword,
    tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Word},
};

use crate::{
    config::Spanned,
    model::{Place, Problem, Problems, name::is_lower_snake, place::nearest},
};

/// What parameters the SQL may use.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parameters<'a> {
    /// Those that the header declares. Each is to be used.
    Declared(&'a [Spanned<String>]),
    /// There is no header that could declare any.
    None,
    /// The header cannot be read: nothing is known.
    Unknown,
}

/// The tokens of one statement.
pub(super) struct Tokens {
    /// Without the semicolon at the end, if there was one. Not empty.
    pub statement: Vec<TokenWithSpan>,
    /// Where the first of them stands that is no blank and no comment.
    pub start: Place,
}

/// Cuts `sql` into tokens; every mistake that tokens show is recorded. `None` when there is no statement.
pub(super) fn read(file: &Arc<Path>, sql: &str, parameters: Parameters<'_>, problems: &mut Problems) -> Option<Tokens> {
    let tokens = match Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location() {
        Ok(tokens) => tokens,
        Err(error) => {
            problems.push(Problem::error(place(file, error.location), lower_first(&error.message)));
            return None;
        }
    };
    let mut reader = Reader { file, parameters, used: BTreeSet::new(), problems };
    let tokens = reader.replace(tokens);
    reader.report_unused();
    let statement = reader.only_statement(&tokens)?;
    let start = statement.iter().find(|token| !is_blank(&token.token))?;
    let start = place(file, start.span.start);
    Some(Tokens { statement, start })
}

/// A position of the tokenizer as a place.
pub(super) fn place(file: &Arc<Path>, location: Location) -> Place {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    Place { file: Arc::clone(file), line: number(location.line), column: number(location.column) }
}

/// Library messages begin with a capital letter, ours do not.
pub(super) fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

fn is_blank(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}

struct Reader<'a> {
    file: &'a Arc<Path>,
    parameters: Parameters<'a>,
    /// Indices of the parameters used.
    used: BTreeSet<usize>,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// Replaces parameters, and refuses all other spellings of parameters.
    fn replace(&mut self, tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
        let mut replaced: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
        let mut brackets = Vec::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let next = tokens.peek().map(|next| next.token.clone());
            match (&token.token, next) {
                (Token::LBracket | Token::LParen, _) => brackets.push(token.token.clone()),
                (Token::RBracket | Token::RParen, _) => drop(brackets.pop()),
                (Token::Placeholder(text), _) => self.refuse_spelling(&token, text),
                (Token::Question, _) => self.refuse_spelling(&token, "?"),
                (Token::AtSign | Token::AtAt, next) => {
                    let word = next.filter(|next| matches!(next, Token::Word(_))).map(|word| word.to_string());
                    self.refuse_spelling(&token, &format!("{}{}", token.token, word.unwrap_or_default()));
                }
                (Token::Colon, Some(next)) => {
                    let in_slice = brackets.last() == Some(&Token::LBracket) && ends_expression(&replaced);
                    match next {
                        Token::Word(word) if in_slice => self.refuse_slice(&token, &word),
                        Token::Word(word) => {
                            let index = self.parameter(&token, &word);
                            let span = tokens.next().map_or(token.span, |word| token.span.union(&word.span));
                            replaced.push(TokenWithSpan::new(Token::Placeholder(format!("${}", index + 1)), span));
                            continue;
                        }
                        Token::Number(..) if !in_slice => self.refuse_spelling(&token, &format!(":{next}")),
                        _ => {}
                    }
                }
                _ => {}
            }
            replaced.push(token);
        }
        replaced
    }

    /// The index of the parameter `:word`. After a mistake any will do, as the statement is not used.
    fn parameter(&mut self, colon: &TokenWithSpan, word: &Word) -> usize {
        if word.quote_style.is_some() || !is_lower_snake(&word.value) {
            self.refuse_spelling(colon, &format!(":{word}"));
            return 0;
        }
        let declared = match self.parameters {
            Parameters::Declared(declared) => declared,
            Parameters::None => &[],
            Parameters::Unknown => return 0,
        };
        if let Some(index) = declared.iter().position(|name| name.value == word.value) {
            self.used.insert(index);
            return index;
        }
        let near = nearest(&word.value, declared.iter().map(|name| name.value.as_str()));
        let hint = match (self.parameters, near) {
            (_, Some(near)) => format!("did you mean `:{near}`?"),
            (Parameters::None, None) => "write the value itself".to_owned(),
            (_, None) => format!("declare it in the header: `params: {{{}: {{type: string}}}}`", word.value),
        };
        self.report(colon, format!("undeclared parameter `:{}`", word.value), hint);
        0
    }

    fn report_unused(&mut self) {
        let Parameters::Declared(declared) = self.parameters else { return };
        for (_, name) in declared.iter().enumerate().filter(|(index, _)| !self.used.contains(index)) {
            let problem = Problem::error(name.place.clone(), format!("the SQL never uses `:{}`", name.value));
            self.problems.push(problem.hint("use it or remove it"));
        }
    }

    /// The tokens before the first semicolon, behind which there may be nothing else.
    fn only_statement(&mut self, tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
        let mut statements = tokens
            .split(|token| token.token == Token::SemiColon)
            .filter(|statement| statement.iter().any(|token| !is_blank(&token.token)));
        let Some(first) = statements.next() else {
            let place = Place::start_of(Arc::clone(self.file));
            self.problems.push(Problem::error(place, "there is no SQL").hint("write one SELECT"));
            return None;
        };
        if let Some(token) = statements.next().and_then(|second| second.iter().find(|token| !is_blank(&token.token))) {
            self.report(token, format!("a second statement begins here, with `{}`", token.token), "keep one SELECT");
        }
        Some(first.to_vec())
    }

    fn refuse_spelling(&mut self, token: &TokenWithSpan, text: &str) {
        self.report(token, format!("`{text}` is not a parameter"), "parameters are `:lower_snake`");
    }

    fn refuse_slice(&mut self, colon: &TokenWithSpan, word: &Word) {
        let message = format!("`:{word}` behind an expression in brackets could be a parameter or end a slice");
        self.report(colon, message, format!("write `[… : {word}]` for a column, `[… : :{word}]` for a parameter"));
    }

    fn report(&mut self, token: &TokenWithSpan, message: String, hint: impl Into<String>) {
        self.problems.push(Problem::error(place(self.file, token.span.start), message).hint(hint));
    }
}

/// Can an expression end with the last of `tokens`? Then a colon behind it is a slice's.
fn ends_expression(tokens: &[TokenWithSpan]) -> bool {
    match tokens.iter().rev().map(|token| &token.token).find(|token| !is_blank(token)) {
        Some(Token::Word(word)) => !matches!(
            word.keyword,
            Keyword::AND
                | Keyword::BETWEEN
                | Keyword::CASE
                | Keyword::ELSE
                | Keyword::FROM
                | Keyword::ILIKE
                | Keyword::IN
                | Keyword::LIKE
                | Keyword::NOT
                | Keyword::OR
                | Keyword::THEN
                | Keyword::WHEN
        ),
        Some(
            Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::Placeholder(_)
            | Token::RParen
            | Token::RBracket,
        ) => true,
        _ => false,
    }
}
