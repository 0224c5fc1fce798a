//! Reads `cache` of a header.

use std::time::Duration;

use crate::{
    config::{is_key_id, reader::Value},
    model::{Problem, Problems},
};

/// Shorter spans could not be told in HTTP, longer ones are a materialization.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(24);

/// How long the results of a query are kept for those who ask the same. All spans begin when the sources were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// So long a result is given again.
    pub ttl: Duration,
    /// So much longer it is given while a new one is made.
    pub stale: Duration,
    /// So much longer it is given when no new one can be made.
    pub stale_if_error: Duration,
    /// Names under which results are invalidated together.
    pub tags: Vec<String>,
}

impl Cache {
    /// How long a result can be of use.
    #[must_use]
    pub fn life(&self) -> Duration {
        self.ttl + self.stale.max(self.stale_if_error)
    }
}

/// Reads `cache`. `None` when it has a mistake, which is recorded.
pub(super) fn read(value: Value, problems: &mut Problems) -> Option<Cache> {
    let mut fields = value.fields(problems)?;
    let ttl = fields.require("ttl", problems).and_then(|value| value.duration(SHORTEST..=LONGEST, problems));
    let [stale, stale_if_error] = ["stale", "stale_if_error"].map(|key| match fields.take(key) {
        Some(value) => value.duration(SHORTEST..=LONGEST, problems),
        None => Some(Duration::ZERO),
    });
    let mut tags = Vec::new();
    for tag in fields.take("tags").map(|value| value.names(problems)).unwrap_or_default() {
        if !is_key_id(&tag.value) {
            let problem = Problem::error(tag.place, format!("`{}` is not a tag", tag.value));
            problems.push(problem.hint("a tag is letters, digits, `.`, `_` and `-`, at most 64 of them"));
        }
        tags.push(tag.value);
    }
    fields.finish(&[], problems);
    Some(Cache { ttl: ttl?, stale: stale?, stale_if_error: stale_if_error?, tags })
}
