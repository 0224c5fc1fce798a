//! Policies: which rows of a table consumers may see, as `rows` of a source's file says.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use datafusion::sql::sqlparser::{
    ast::{self, Expr, Query, Visit, Visitor},
    dialect::PostgreSqlDialect,
    parser::{Parser, ParserError},
    tokenizer::{Token, TokenWithSpan},
};

use super::{
    sql,
    tokens::{self, Parameters},
};
use crate::{
    config::{Settings, SourceConfig, Spanned, settings::ApiKey},
    model::{Place, Problem, Problems, SourceName, place::nearest},
};

/// Which rows of a table consumers may see: those of which a condition is true.
#[derive(Clone, Debug)]
pub struct RowPolicy {
    /// The source.
    pub source: SourceName,
    /// The table, as the source's file names it.
    pub table: Spanned<String>,
    /// Over the table's columns, without subqueries; spans as in the file.
    pub condition: Expr,
    /// The claims that it names; placeholder `$n` is the one at `n - 1`.
    pub claims: Vec<Spanned<String>>,
    /// Where the condition begins.
    pub place: Place,
}

/// Reads the conditions of all tables. A claim that no key has is a mistake, and one that no policy names is worth a
/// warning.
pub(super) fn read(sources: &[SourceConfig], settings: Option<&Settings>, problems: &mut Problems) -> Vec<RowPolicy> {
    let (mut policies, mut all_read) = (Vec::new(), true);
    for source in sources {
        for table in &source.tables {
            let Some(rows) = &table.rows else { continue };
            let policy = parse(&rows.place.file, &rows.value, problems).map(|(condition, claims, place)| {
                let (source, table) = (source.name.clone(), table.name.clone());
                RowPolicy { source, table, condition, claims, place }
            });
            all_read &= policy.is_some();
            policies.extend(policy);
        }
    }
    if let Some(settings) = settings {
        check_claims(&policies, &settings.auth.keys, all_read, problems);
    }
    policies
}

/// Reads one condition: its expression, its claims, and where it begins.
fn parse(file: &Arc<Path>, text: &str, problems: &mut Problems) -> Option<(Expr, Vec<Spanned<String>>, Place)> {
    let mut found = Problems::default();
    let parsed = tokens::read(file, text, Parameters::Claims, &mut found).and_then(|tokens| {
        match parse_condition(tokens.statement.clone()) {
            Ok(condition) => {
                if let ControlFlow::Break(place) = condition.visit(&mut Subqueries(file)) {
                    let place = place.unwrap_or_else(|| tokens.start.clone());
                    let problem = Problem::error(place, "a policy has no subqueries");
                    found.push(problem.hint("write a condition over the columns of the table"));
                }
                Some((condition, tokens.claims, tokens.start))
            }
            Err(error) => {
                if !tokens.refused {
                    let spelled = |claim: &Spanned<String>| Spanned {
                        value: format!("claims.{}", claim.value),
                        place: claim.place.clone(),
                    };
                    let claims: Vec<_> = tokens.claims.iter().map(spelled).collect();
                    found.push(sql::explain(file, &tokens, &error, Parameters::Declared(&claims)));
                }
                None
            }
        }
    });
    let sound = !found.has_errors();
    problems.extend(found);
    parsed.filter(|_| sound)
}

fn parse_condition(tokens: Vec<TokenWithSpan>) -> Result<Expr, ParserError> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).with_tokens_with_locations(tokens);
    let condition = parser.parse_expr()?;
    match parser.peek_token() {
        end if end.token == Token::EOF => Ok(condition),
        extra => parser.expected("the end of the condition", extra),
    }
}

/// Stops at the first subquery.
struct Subqueries<'a>(&'a Arc<Path>);

impl Visitor for Subqueries<'_> {
    type Break = Option<Place>;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let start = ast::Spanned::span(query).start;
        ControlFlow::Break((start.line > 0).then(|| tokens::place(self.0, start)))
    }
}

fn check_claims(policies: &[RowPolicy], keys: &[ApiKey], all_read: bool, problems: &mut Problems) {
    let known = || keys.iter().flat_map(|key| key.claims.iter()).map(|claim| claim.name.value.as_str());
    let used: Vec<_> = policies.iter().flat_map(|policy| &policy.claims).collect();
    for claim in used.iter().filter(|claim| known().all(|name| name != claim.value)) {
        let problem = Problem::error(claim.place.clone(), format!("no key has the claim `{}`", claim.value));
        problems.push(problem.hint(match nearest(&claim.value, known()) {
            Some(near) => format!("did you mean `:claims.{near}`?"),
            None => format!("give it to a key: `auth: {{keys: [{{claims: {{{}: …}}}}]}}`", claim.value),
        }));
    }
    let unused = keys.iter().flat_map(|key| key.claims.iter()).map(|claim| &claim.name);
    for name in unused.filter(|name| all_read && used.iter().all(|claim| claim.value != name.value)) {
        let problem = Problem::warning(name.place.clone(), format!("no policy asks for the claim `{}`", name.value));
        problems.push(problem.hint("name it as `:claims.…` in `rows` of a table, or remove it"));
    }
}
