//! Names of queries and sources.

use std::{fmt, sync::Arc};

/// `domain.name` of a query; both parts are [`is_lower_snake`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryName {
    domain: Arc<str>,
    name: Arc<str>,
}

impl QueryName {
    /// From its two parts, unless one of them is not lower snake case.
    #[must_use]
    pub fn new(domain: &str, name: &str) -> Option<Self> {
        (is_lower_snake(domain) && is_lower_snake(name)).then(|| Self { domain: domain.into(), name: name.into() })
    }

    /// From `domain.name`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (domain, name) = text.split_once('.')?;
        Self::new(domain, name)
    }

    /// The folder under `queries/`.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The file's name without its ending.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for QueryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.domain, self.name)
    }
}

/// The name of a source: its file's name under `catalogs/`, lower snake case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName(Arc<str>);

impl SourceName {
    /// Checks the spelling.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        is_lower_snake(text).then(|| Self(text.into()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a major version: `v1`, `v2` and so on, spelled in one way only.
#[must_use]
pub fn major(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('v')?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain)
}

/// A lower-case ASCII letter, then letters, digits and single inner underscores.
#[must_use]
pub fn is_lower_snake(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !text.contains("__")
        && !text.ends_with('_')
}
