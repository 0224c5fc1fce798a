//! What a run of the suite found, in numbers.

use std::{collections::BTreeMap, fmt, time::Duration};

use super::{
    check::{NativeVerdict, Outcome, Verdict},
    coverage,
};
use crate::harness::tools;

/// At least so many of a hundred queries return rows.
const WITH_ROWS: u64 = 70;
/// At most so many of a hundred cannot be planned.
const REFUSED: u64 = 10;
/// At most so many of a hundred fail on their values.
const FAILING: u64 = 12;
/// In so many queries each capability is relied on.
const COVERED: u64 = 20;

/// In how many queries, and the first of them.
type Reasons = BTreeMap<String, (u64, u64)>;

#[derive(Debug, Default)]
pub struct Report {
    pub queries: u64,
    pub with_rows: u64,
    pub same_in_postgres: u64,
    pub refused: Reasons,
    pub fails: Reasons,
    pub fails_in_postgres: Reasons,
    pub documented: Reasons,
    pub pushed: BTreeMap<String, u64>,
    /// Queries that differ, explained.
    pub failures: Vec<String>,
    pub elapsed: Duration,
}

impl Report {
    pub fn add(&mut self, seed: u64, outcome: &Outcome) {
        self.queries += 1;
        match &outcome.verdict {
            Verdict::Same(rows) => self.with_rows += u64::from(*rows > 0),
            Verdict::Refused(why) => count(&mut self.refused, why, seed),
            Verdict::Fails(why) => count(&mut self.fails, why, seed),
            Verdict::Differs(_) => {}
        }
        match &outcome.native {
            NativeVerdict::Elsewhere => {}
            NativeVerdict::Documented(why) => why.iter().for_each(|why| count(&mut self.documented, why, seed)),
            NativeVerdict::Fails(why) => count(&mut self.fails_in_postgres, why, seed),
            NativeVerdict::Same => self.same_in_postgres += 1,
        }
        for name in &outcome.pushed {
            *self.pushed.entry(name.clone()).or_default() += 1;
        }
    }

    /// That nothing failed, and that the run of `count` queries was worth it.
    pub fn assert(&self, count: u64) {
        assert!(self.failures.is_empty(), "{} queries differ:\n\n{}", self.failures.len(), self.failures.join("\n"));
        // A few chosen seeds are for looking at.
        if count < super::QUERIES {
            return;
        }
        let share = |part: u64| part * 100 / self.queries;
        let sum = |reasons: &Reasons| reasons.values().map(|(count, _)| count).sum();
        assert!(share(self.with_rows) >= WITH_ROWS, "too few queries return rows\n{self}");
        assert!(share(sum(&self.refused)) < REFUSED, "too many queries are refused\n{self}");
        assert!(share(sum(&self.fails)) < FAILING, "too many queries fail\n{self}");
        // Rare functions are met often enough in a long run only.
        if !tools::is_long_run() {
            return;
        }
        let mut rare = coverage::names();
        // Generated queries have no parameters.
        rare.retain(|name| !name.ends_with(": x = ANY (:list)"));
        rare.retain(|name| self.pushed.get(name).copied().unwrap_or_default() < COVERED);
        assert!(rare.is_empty(), "these were pushed in fewer than {COVERED} queries: {rare:?}\n{self}");
    }
}

/// Numbers and names stand for themselves only once.
fn count(reasons: &mut Reasons, why: &str, seed: u64) {
    let mut reason = String::new();
    for part in why.lines().next().unwrap_or_default().split_inclusive(|c: char| !c.is_alphanumeric() && c != '_') {
        reason += if part.starts_with(|c: char| c.is_ascii_digit()) { "n" } else { part };
    }
    reason.truncate(reason.char_indices().nth(150).map_or(reason.len(), |(at, _)| at));
    reasons.entry(reason).or_insert((0, seed)).0 += 1;
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64| part * 100 / self.queries.max(1);
        writeln!(f, "{} queries in {:.1} s", self.queries, self.elapsed.as_secs_f64())?;
        writeln!(f, "{} % return rows", share(self.with_rows))?;
        writeln!(f, "{} are the same in Postgres", self.same_in_postgres)?;
        for (what, reasons) in [
            ("cannot be planned", &self.refused),
            ("fail on their values", &self.fails),
            ("fail in Postgres", &self.fails_in_postgres),
            ("are not asked of Postgres, as documented", &self.documented),
        ] {
            let all: u64 = reasons.values().map(|(count, _)| count).sum();
            writeln!(f, "{all} {what}")?;
            let mut sorted: Vec<_> = reasons.iter().collect();
            sorted.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
            for (reason, (count, seed)) in sorted.iter().take(12) {
                writeln!(f, "  {count:5}  {reason} (such as {seed})")?;
            }
        }
        writeln!(f, "pushed, in how many queries:")?;
        for name in coverage::names() {
            writeln!(f, "  {:5}  {name}", self.pushed.get(&name).copied().unwrap_or_default())?;
        }
        Ok(())
    }
}
