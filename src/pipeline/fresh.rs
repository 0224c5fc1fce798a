//! How fresh a result is that is kept, and where an answer came from.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::cache::Entry;
use crate::{
    catalog::Cache,
    model::{Code, Fault, Kind},
};

/// How fresh an answer is, of a query whose results are kept.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// Where it came from.
    pub status: Status,
    /// When the sources were asked.
    pub asked: DateTime<Utc>,
    /// How long ago that was.
    pub age: Duration,
    /// The spans of the query's header.
    pub policy: Cache,
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was kept.
    Hit,
    /// From a run.
    Run {
        /// Was a result there that was too old?
        stale: bool,
        /// Is the new one kept?
        stored: bool,
        /// Had somebody else begun the run?
        collapsed: bool,
    },
    /// It was kept and is too old, but a run failed.
    Failed(Code),
}

/// What a result that is kept is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Fresh,
    /// While another is made.
    Stale,
    /// When no other can be made.
    Old,
}

impl Freshness {
    /// Until when the answer counts as fresh.
    #[must_use]
    pub fn fresh_until(&self) -> DateTime<Utc> {
        let until = TimeDelta::from_std(self.policy.ttl).ok().and_then(|ttl| self.asked.checked_add_signed(ttl));
        until.unwrap_or(self.asked).trunc_subsecs(6)
    }
}

impl Entry {
    /// How fresh it is now; queries without a policy have no entries.
    pub(super) fn freshness(&self, policy: &Cache, status: Status) -> Freshness {
        Freshness { status, asked: self.asked, age: self.begun.elapsed(), policy: policy.clone() }
    }

    pub(super) fn standing(&self, policy: &Cache) -> Standing {
        match self.begun.elapsed() {
            age if age < policy.ttl => Standing::Fresh,
            age if age < policy.ttl + policy.stale => Standing::Stale,
            _ => Standing::Old,
        }
    }

    /// May it be given in the place of `fault`? Only where the fault is ours or a source's, not the caller's.
    pub(super) fn stands_in(&self, policy: &Cache, fault: &Fault) -> bool {
        let passes = matches!(fault.code.kind(), Kind::Timeout | Kind::Unavailable | Kind::Upstream | Kind::Internal);
        passes && self.begun.elapsed() < policy.ttl + policy.stale_if_error
    }
}
