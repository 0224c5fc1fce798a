//! The tokens of a query's SQL, with `:name` turned into `$n`; and of a policy's, with `:claims.name`.
//!
//! Only a colon with an unquoted lower snake case word directly behind it is a parameter. Inside `[…]`, a colon behind
//! an expression is a slice's: `a[1 : n]`, with a blank, where `n` is a column, and `a[1 : :n]` where it is a parameter;
//! `a[1:n]` could be either and is refused.

use std::{collections::BTreeSet, iter::Peekable, path::Path, sync::Arc, vec};

use datafusion::sql::sqlparser::{
    dialect::PostgreSqlDialect,
    keywords::Keyword,
    tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Word},
};

use crate::{
    config::Spanned,
    model::{Place, Problem, Problems, name::is_lower_snake, place::nearest},
};

/// A statement may have this many tokens, blanks excepted: a longer chain of operators could exhaust the stack.
const MAX_TOKENS: usize = 50_000;

/// What parameters the SQL may use.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parameters<'a> {
    /// Those that the header declares. Each is to be used.
    Declared(&'a [Spanned<String>]),
    /// There is no header that could declare any.
    None,
    /// `:claims.name`, whatever the name.
    Claims,
    /// The header cannot be read: nothing is known.
    Unknown,
}

/// The tokens of one statement.
pub(super) struct Tokens {
    /// Without the semicolon at the end, if there was one. Not empty.
    pub statement: Vec<TokenWithSpan>,
    /// Where the first of them stands that is no blank and no comment.
    pub start: Place,
    /// The claims that the SQL names, each once; `$n` is the one at `n - 1`.
    pub claims: Vec<Spanned<String>>,
    /// Were there spellings of parameters that were refused? The parser may stumble over them again.
    pub refused: bool,
}

/// Cuts `sql` into tokens; every mistake that tokens show is recorded. `None` when there is no statement.
pub(super) fn read(file: &Arc<Path>, sql: &str, parameters: Parameters<'_>, problems: &mut Problems) -> Option<Tokens> {
    let tokens = match Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location() {
        Ok(tokens) => tokens,
        Err(error) => {
            problems.push(Problem::error(place(file, error.location), in_our_form(&error.message)));
            return None;
        }
    };
    let mut reader = Reader { file, parameters, used: BTreeSet::new(), claims: Vec::new(), refused: false, problems };
    let tokens = reader.replace(tokens);
    reader.report_unused();
    let statement = reader.only_statement(&tokens)?;
    let (claims, refused) = (reader.claims, reader.refused);
    let mut words = statement.iter().filter(|token| !is_blank(&token.token));
    let start = words.next()?;
    if let Some(token) = words.nth(MAX_TOKENS) {
        let message = format!("the statement is longer than {MAX_TOKENS} words and signs");
        let problem = Problem::error(place(file, token.span.start), message);
        problems.push(problem.hint("keep long lists of values in a table, or take them as a parameter of a list type"));
        return None;
    }
    let start = place(file, start.span.start);
    Some(Tokens { statement, start, claims, refused })
}

/// A position of the tokenizer as a place.
pub(super) fn place(file: &Arc<Path>, location: Location) -> Place {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    Place { file: Arc::clone(file), line: number(location.line), column: number(location.column) }
}

/// A library's message in our form: no capital letter at its head, no full stop.
pub(super) fn in_our_form(message: &str) -> String {
    let mut chars = message.chars();
    let message: String = chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default();
    message.trim_end_matches('.').to_owned()
}

fn is_blank(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}

struct Reader<'a> {
    file: &'a Arc<Path>,
    parameters: Parameters<'a>,
    /// Indices of the parameters used.
    used: BTreeSet<usize>,
    claims: Vec<Spanned<String>>,
    refused: bool,
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
                            let mut span = tokens.next().map_or(token.span, |word| token.span.union(&word.span));
                            let index = match self.parameters {
                                Parameters::Claims => {
                                    let name = claim(&word, &mut tokens);
                                    span = name.as_ref().map_or(span, |name| span.union(&name.span));
                                    self.claim(&token, &word, name.as_ref())
                                }
                                _ => self.parameter(&token, &word),
                            };
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
            Parameters::None | Parameters::Claims => &[],
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

    /// The index of the claim `:claims.name`.
    fn claim(&mut self, colon: &TokenWithSpan, word: &Word, name: Option<&TokenWithSpan>) -> usize {
        let name = match name.map(|name| &name.token) {
            Some(Token::Word(name)) if name.quote_style.is_none() && is_lower_snake(&name.value) => &name.value,
            Some(other) => {
                self.refuse_spelling(colon, &format!(":{word}.{other}"));
                return 0;
            }
            None => {
                self.refuse_spelling(colon, &format!(":{word}"));
                return 0;
            }
        };
        if let Some(index) = self.claims.iter().position(|claim| claim.value == *name) {
            return index;
        }
        self.claims.push(Spanned { value: name.clone(), place: place(self.file, colon.span.start) });
        self.claims.len() - 1
    }

    fn report_unused(&mut self) {
        let Parameters::Declared(declared) = self.parameters else { return };
        for (index, name) in declared.iter().enumerate() {
            // A name that no SQL can spell has been reported as such.
            if self.used.contains(&index) || !is_lower_snake(&name.value) {
                continue;
            }
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
            self.problems.push(Problem::error(place, "there is no SQL").hint(format!("write {}", self.one())));
            return None;
        };
        if let Some(token) = statements.next().and_then(|second| second.iter().find(|token| !is_blank(&token.token))) {
            let hint = format!("keep {}", self.one());
            self.report(token, format!("a second statement begins here, with `{}`", token.token), hint);
        }
        Some(first.to_vec())
    }

    fn refuse_spelling(&mut self, token: &TokenWithSpan, text: &str) {
        self.refused = true;
        let hint = match self.parameters {
            Parameters::Claims => "a policy has only the claims of the caller: `:claims.lower_snake`",
            _ => "parameters are `:lower_snake`",
        };
        self.report(token, format!("`{text}` is not a parameter"), hint);
    }

    /// What the text is to be.
    fn one(&self) -> &'static str {
        match self.parameters {
            Parameters::Claims => "one condition",
            _ => "one SELECT",
        }
    }

    fn refuse_slice(&mut self, colon: &TokenWithSpan, word: &Word) {
        self.refused = true;
        let message = format!("`:{word}` behind an expression in brackets could be a parameter or end a slice");
        self.report(colon, message, format!("write `[… : {word}]` for a column, `[… : :{word}]` for a parameter"));
    }

    fn report(&mut self, token: &TokenWithSpan, message: String, hint: impl Into<String>) {
        self.problems.push(Problem::error(place(self.file, token.span.start), message).hint(hint));
    }
}

/// The name behind `:claims.`, if that is what follows the colon.
fn claim(word: &Word, tokens: &mut Peekable<vec::IntoIter<TokenWithSpan>>) -> Option<TokenWithSpan> {
    if word.quote_style.is_some() || word.value != "claims" {
        return None;
    }
    tokens.next_if(|next| next.token == Token::Period)?;
    tokens.next()
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
