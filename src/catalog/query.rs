//! A named query as its file says: header and one SELECT.

use std::{collections::BTreeMap, time::Duration};

use datafusion::{scalar::ScalarValue, sql::sqlparser::ast};

use super::{Consumer, Pattern, Select};
use crate::{
    config::{FullScan, Spanned},
    model::{Place, QueryName, SourceName, TableNames, ValueType},
};

/// One `queries/<domain>/<name>.sql`, checked as far as that goes without its sources.
#[derive(Debug)]
pub struct Query {
    /// `domain.name`, the same as the path.
    pub name: QueryName,
    /// The major version.
    pub version: u32,
    /// One or two sentences for consumers.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// In the header's order; parameter `i` is placeholder `$(i+1)` in `statement`.
    pub params: Vec<Param>,
    /// How results are cut into pages.
    pub page: Page,
    /// What consumers may make of the result.
    pub consumer: Consumer,
    /// Who may call.
    pub access: Access,
    /// Bounds pages and a stream's first row.
    pub timeout: Duration,
    /// What is said when it reads a whole large table out of its source; as the project says unless it does.
    pub full_scan: Option<FullScan>,
    /// May more of it than the choice of columns run in its sources?
    pub pushdown: bool,
    /// The SELECT, `:name` replaced by `$n`, spans as in the file.
    pub statement: ast::Query,
    /// Where the SELECT begins.
    pub place: Place,
    /// The sources that it reads, and the tables that it names in each: while a source is down, the query cannot answer.
    pub sources: BTreeMap<SourceName, TableNames>,
    /// SHA-256 of the file's text: cursors made under other text are refused.
    pub fingerprint: [u8; 32],
}

impl Query {
    /// A SELECT that stands in no file: for the project's owner alone, since nothing says who else may call it.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it does not panic: the name is valid")]
    pub fn ad_hoc(select: Select) -> Self {
        Self {
            name: QueryName::new("ad_hoc", "sql").expect("both are lower snake case"),
            version: 0,
            description: None,
            owner: None,
            params: Vec::new(),
            page: Page { max: usize::MAX, ..Page::default() },
            consumer: Consumer::default(),
            access: Access::Scopes(vec!["ad_hoc".into()]),
            timeout: Duration::from_hours(1),
            full_scan: None,
            pushdown: true,
            statement: select.statement,
            place: select.place,
            sources: select.sources,
            fingerprint: [0; 32],
        }
    }
}

/// A parameter that the header declares.
#[derive(Clone, Debug)]
pub struct Param {
    /// Lower snake case.
    pub name: Spanned<String>,
    /// Its type.
    pub value_type: ValueType,
    /// What it means.
    pub description: Option<String>,
    /// The value when the call gives none.
    pub default: Option<ScalarValue>,
    /// The smallest value allowed.
    pub min: Option<ScalarValue>,
    /// The largest value allowed.
    pub max: Option<ScalarValue>,
    /// All values allowed, when that can be listed. For a list: of each element.
    pub allowed: Vec<ScalarValue>,
    /// The whole text must match. For a list: each element.
    pub pattern: Option<Pattern>,
    /// May it be left out, and is then NULL?
    pub optional: bool,
}

/// How results are cut into pages.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Columns that together are unique and not NULL. Empty: the query cannot be paged, unless its rows are those of one
    /// table that has a key.
    pub key: Vec<Spanned<String>>,
    /// The order before the key.
    pub order: Vec<Spanned<OrderTerm>>,
    /// Where NULLs come in an order, unless its term says.
    pub nulls_first: bool,
    /// The most rows of a page.
    pub max: usize,
    /// How pages have to follow one another; unless said, as the plan allows.
    pub consistency: Option<Consistency>,
}

/// How the pages of a result follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// The rows behind a page are asked of the sources, by the values of its last row.
    Keyset,
    /// The query runs once, and its rows are kept.
    Stored,
}

impl Consistency {
    /// As files and answers spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyset => "keyset",
            Self::Stored => "stored",
        }
    }
}

/// One term of a page's order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderTerm {
    /// An output column.
    pub column: String,
    /// Which way.
    pub direction: Direction,
    /// NULLs last unless said.
    pub nulls_first: bool,
}

/// Which way values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first: `-column`.
    Descending,
}

/// Who may call a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone with valid credentials, and anonymous callers where the project allows them.
    Public,
    /// Who has all of these.
    Scopes(Vec<String>),
}
