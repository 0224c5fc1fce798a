//! How fresh a result is that is kept, and where an answer came from.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::entry::Entry;
use crate::{
    catalog::Cache,
    model::{Code, Fault, Kind},
};

/// How fresh an answer is, of a query whose results are kept.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// Where it came from.
    pub status: Status,
    /// When the sources were asked.
    pub asked: DateTime<Utc>,
    /// How long ago that was.
    pub age: Duration,
    /// So long it is fresh.
    pub ttl: Duration,
    /// So much longer it is given while another is made.
    pub stale: Duration,
    /// So much longer it is given when no other can be made.
    pub stale_if_error: Duration,
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
    pub(super) fn new(policy: &Cache, status: Status, asked: DateTime<Utc>, age: Duration) -> Self {
        let Cache { ttl, stale, stale_if_error, .. } = *policy;
        Self { status, asked, age, ttl, stale, stale_if_error }
    }

    /// Until when the answer counts as fresh.
    #[must_use]
    pub fn fresh_until(&self) -> DateTime<Utc> {
        let until = TimeDelta::from_std(self.ttl).ok().and_then(|ttl| self.asked.checked_add_signed(ttl));
        until.unwrap_or(self.asked).trunc_subsecs(6)
    }
}

impl Entry {
    /// How fresh it is now.
    pub(super) fn freshness(&self, policy: &Cache, status: Status) -> Freshness {
        Freshness::new(policy, status, self.asked, self.lease.age())
    }

    pub(super) fn standing(&self, policy: &Cache) -> Standing {
        match self.lease.age() {
            age if age < policy.ttl => Standing::Fresh,
            age if age < policy.ttl + policy.stale => Standing::Stale,
            _ => Standing::Old,
        }
    }

    /// May it be given in the place of `fault`? Only where the fault is ours or a source's, not the caller's.
    pub(super) fn stands_in(&self, policy: &Cache, fault: &Fault) -> bool {
        let passes = matches!(fault.code.kind(), Kind::Timeout | Kind::Unavailable | Kind::Upstream | Kind::Internal);
        passes && self.lease.age() < policy.ttl + policy.stale_if_error
    }
}
