//! Walks a parsed query: every part of it only reads, and every table is one of a known source or a WITH query.

use std::{collections::BTreeMap, ops::ControlFlow, path::Path, sync::Arc};

use datafusion::sql::sqlparser::{
    ast::{Ident, ObjectName, Query, Select, SetExpr, Spanned as _, TableFactor, Visit, Visitor},
    keywords::Keyword,
    tokenizer::{Location, Token, TokenWithSpan},
};

use super::tokens::place;
use crate::model::{Place, Problem, Problems, SourceName, TableNames, place::nearest};

/// Table functions that read nothing.
const TABLE_FUNCTIONS: &[&str] = &["generate_series", "range"];
const WRITES: &[Keyword] = &[Keyword::INSERT, Keyword::UPDATE, Keyword::DELETE, Keyword::MERGE];

/// What a query is checked against.
pub(super) struct Context<'a> {
    pub file: &'a Arc<Path>,
    pub tokens: &'a [TokenWithSpan],
    /// Where the statement begins.
    pub start: &'a Place,
    /// The project's sources.
    pub sources: &'a [SourceName],
}

/// Checks `query`, records every mistake, and returns the sources that it reads, and what it names in each.
pub(super) fn check(query: &Query, context: &Context<'_>, problems: &mut Problems) -> BTreeMap<SourceName, TableNames> {
    let mut walk = Walk { context, problems, scopes: Vec::new(), read: BTreeMap::new() };
    // The walk goes through everything: it never breaks off.
    let _: ControlFlow<()> = query.visit(&mut walk);
    walk.read
}

/// The WITH queries of one query.
struct Scope {
    names: Vec<String>,
    recursive: bool,
    /// How many of them the walk has left. They are the first queries that it meets inside of this one.
    done: usize,
}

impl Scope {
    /// Those that can be named where the walk is: those before it, and with RECURSIVE the one that it is in.
    fn visible(&self) -> &[String] {
        let count = self.done + usize::from(self.recursive);
        &self.names[..count.min(self.names.len())]
    }
}

struct Walk<'a> {
    context: &'a Context<'a>,
    problems: &'a mut Problems,
    scopes: Vec<Scope>,
    read: BTreeMap<SourceName, TableNames>,
}

impl Visitor for Walk<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.scopes.push(Scope {
            names: ctes.map(|cte| normal(&cte.alias.name)).collect(),
            recursive: query.with.as_ref().is_some_and(|with| with.recursive),
            done: 0,
        });
        self.check_body(&query.body);
        if !query.locks.is_empty() {
            let place = self.find(&[Keyword::FOR], &[Keyword::UPDATE, Keyword::SHARE]);
            self.refuse(place, "locking rows (`FOR UPDATE`, `FOR SHARE`) is refused", READ_ONLY);
        }
        if query.fetch.is_some() {
            let place = self.find(&[Keyword::FETCH], &[]);
            self.refuse(place, "`FETCH` is not supported", "write `LIMIT`");
        }
        let extras = query.for_clause.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
            || !query.pipe_operators.is_empty();
        if extras {
            let hint = "remove FOR XML, FOR JSON, SETTINGS, FORMAT and `|>`";
            self.refuse(None, "this clause at the end of the query is not supported", hint);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.scopes.pop();
        if let Some(outer) = self.scopes.last_mut() {
            outer.done = (outer.done + 1).min(outer.names.len());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if let Some(into) = &select.into {
            let place = self.place(into.name.span().start);
            self.refuse(place, &format!("`SELECT INTO {}` writes a table", into.name), READ_ONLY);
        }
        let extras = [
            ("PREWHERE", select.prewhere.is_some()),
            ("CONNECT BY", !select.connect_by.is_empty()),
            ("LATERAL VIEW", !select.lateral_views.is_empty()),
            ("CLUSTER BY", !select.cluster_by.is_empty()),
            ("DISTRIBUTE BY", !select.distribute_by.is_empty()),
            ("SORT BY", !select.sort_by.is_empty()),
            ("TOP", select.top.is_some()),
            ("AS STRUCT", select.value_table_mode.is_some()),
        ];
        for (clause, _) in extras.iter().filter(|(_, present)| *present) {
            let place = self.place(select.select_token.0.span.start);
            self.refuse(place, &format!("`{clause}` is not supported"), "remove it");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => {
                self.check_function(name);
            }
            TableFactor::Table { name, .. } => self.check_table(name),
            TableFactor::Derived { .. } | TableFactor::NestedJoin { .. } | TableFactor::UNNEST { .. } => {}
            other => {
                let place = self.place(other.span().start);
                self.refuse(place, &format!("`{other}` in FROM is not supported"), "read a table or a subquery");
            }
        }
        // The engine would read the table and leave these out.
        if let TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. } = factor {
            let place = self.find(&[Keyword::TABLESAMPLE], &[]);
            self.refuse(place, "`TABLESAMPLE` is not supported", "filter rows with WHERE");
        }
        if let TableFactor::Table { with_hints, version, with_ordinality, partitions, json_path, index_hints, .. } =
            factor
            && (*with_ordinality
                || version.is_some()
                || json_path.is_some()
                || !(with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty()))
        {
            let place = self.place(factor.span().start);
            self.refuse(place, &format!("what follows the table in `{factor}` is not supported"), "remove it");
        }
        ControlFlow::Continue(())
    }
}

const READ_ONLY: &str = "sources are only read: keep one SELECT";

impl Walk<'_> {
    /// The operands of a set operation; queries inside of them are visited by themselves.
    fn check_body(&mut self, body: &SetExpr) {
        let mut rest = vec![body];
        while let Some(body) = rest.pop() {
            match body {
                SetExpr::SetOperation { left, right, .. } => rest.extend([left.as_ref(), right.as_ref()]),
                SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => {}
                SetExpr::Table(_) => {
                    let place = self.find(&[Keyword::TABLE], &[]);
                    self.refuse(place, "the command `TABLE` is not supported", "write `SELECT * FROM source.table`");
                }
                SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                    let place = self.find(WRITES, &[]);
                    self.refuse(place, "a part of this statement writes", READ_ONLY);
                }
            }
        }
    }

    fn check_table(&mut self, name: &ObjectName) {
        let place = self.place(name.span().start).or_else(|| self.find_quoted(name));
        let parts: Option<Vec<&Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
        let Some(parts) = parts.filter(|parts| (1..=3).contains(&parts.len())) else {
            return self.refuse(place, &format!("`{name}` names no table"), "write `source.table`");
        };
        let first = normal(parts[0]);
        if parts.len() == 1 {
            let visible: Vec<_> = self.scopes.iter().flat_map(Scope::visible).map(String::as_str).collect();
            if !visible.contains(&first.as_str()) {
                let hint = match nearest(&first, visible) {
                    Some(near) => format!("write `source.table`, or did you mean `{near}`?"),
                    None => format!("write `source.table`; {}", self.sources_hint()),
                };
                self.refuse(place, &format!("the table `{name}` names no source"), &hint);
            }
            return;
        }
        if let Some(source) = self.context.sources.iter().find(|source| source.as_str() == first) {
            let schema = (parts.len() == 3).then(|| parts[1].value.as_str());
            self.read.entry(source.clone()).or_default().insert(schema, &parts[parts.len() - 1].value);
            return;
        }
        let hint = match nearest(&first, self.context.sources.iter().map(SourceName::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => self.sources_hint(),
        };
        self.refuse(place, &format!("unknown source `{}` in `{name}`", parts[0].value), &hint);
    }

    fn check_function(&mut self, name: &ObjectName) {
        let known = match name.0.as_slice() {
            [part] => part.as_ident().is_some_and(|ident| TABLE_FUNCTIONS.contains(&normal(ident).as_str())),
            _ => false,
        };
        if !known {
            let place = self.place(name.span().start);
            let hint = format!("the table functions are {}", TABLE_FUNCTIONS.join(", "));
            self.refuse(place, &format!("the table function `{name}` is not allowed"), &hint);
        }
    }

    fn sources_hint(&self) -> String {
        if self.context.sources.is_empty() {
            return "the project has no sources: describe one in `catalogs/<source>.yaml`".to_owned();
        }
        let names: Vec<_> = self.context.sources.iter().map(SourceName::as_str).collect();
        format!("the sources are {}", names.join(", "))
    }

    /// A position of the parser, unless it knows none.
    fn place(&self, location: Location) -> Option<Place> {
        (location.line > 0).then(|| place(self.context.file, location))
    }

    /// The first unquoted word among `first`, with one of `second` behind it unless that is empty: for parts of a
    /// statement whose position the parser does not keep.
    fn find(&self, first: &[Keyword], second: &[Keyword]) -> Option<Place> {
        let words: Vec<_> =
            self.context.tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
        let is_one = |index: usize, keywords: &[Keyword]| matches!(words.get(index).map(|word| &word.token), Some(Token::Word(word)) if keywords.contains(&word.keyword));
        let index =
            (0..words.len()).find(|&index| is_one(index, first) && (second.is_empty() || is_one(index + 1, second)))?;
        self.place(words[index].span.start)
    }

    /// The place of a name in single quotes, which the parser takes for a table's and does not locate.
    fn find_quoted(&self, name: &ObjectName) -> Option<Place> {
        let [part] = name.0.as_slice() else { return None };
        let text = Token::SingleQuotedString(part.as_ident()?.value.clone());
        let token = self.context.tokens.iter().find(|token| token.token == text)?;
        self.place(token.span.start)
    }

    fn refuse(&mut self, place: Option<Place>, message: &str, hint: &str) {
        let place = place.unwrap_or_else(|| self.context.start.clone());
        self.problems.push(Problem::error(place, message).hint(hint));
    }
}

/// Names compare in lower case unless they are quoted.
fn normal(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}
