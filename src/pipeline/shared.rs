//! Answers to calls of queries whose results are kept: out of one that is there, or of a run that everybody shares who asks
//! the same meanwhile. What is looked up here has passed the grant, and the key has the values that the grant's policies
//! bind: who may see other rows asks for another result.

use std::{hash::Hash as _, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout_at},
};

use super::{
    answer::{Answer, Body, Origin},
    bound::{Bound, Want, Window, instant},
    cache::{BodyKey, Encoded, Entry, Given, Key, Landed, Lease, Outcome},
    cursor::Place,
    fresh::{Freshness, Standing, Status},
    page::{self, Next, Page},
    run::{Made, Run, timed_out},
    stream::Rows,
};
use crate::{
    catalog::{Cache as Policy, Consistency, Query},
    engine::{Cut, Digester, Paging},
    model::{Code, Fault},
    spool::ResultId,
};

/// What a call needs, if it is not at hand.
struct Sought {
    key: Key,
    cut: Cut,
    /// What `now()` is, in a chain of pages.
    now: Option<DateTime<Utc>>,
    taken: Taken,
}

/// How the rows of a run are taken.
#[derive(Clone, Copy, Debug)]
enum Taken {
    /// One page by key, of at most so many rows.
    Page(usize),
    /// All; those behind so many are kept in the spool.
    Whole(usize),
    Counted,
}

impl Bound {
    /// How the results of this query are kept, if they are. The project's owner always gets a run.
    pub(super) fn policy(&self) -> Option<&Policy> {
        let policy = self.granted.query.cache.as_ref()?;
        (!self.granted.grant.principal().is_owner()).then_some(policy)
    }

    /// The body that was sent for the same call before, in this `representation`, if it may be sent again. Whatever it
    /// was encoded from is renewed behind the scenes where it is stale.
    ///
    /// # Errors
    /// A limit or a cursor that is wrong.
    pub fn known(&self, want: &Want, representation: &[u8]) -> Result<Option<(Arc<Encoded>, Freshness)>, Fault> {
        let Some(policy) = self.policy() else { return Ok(None) };
        let paging = self.paging();
        let (sought, window) = match want {
            Want::Stream => (self.sought_whole(&paging)?, None),
            Want::Page(window) => {
                let (limit, place) = (self.limit(window)?, self.place(window, &paging, instant())?);
                if matches!(place, Some(Place::Kept { .. })) {
                    return Ok(None);
                }
                (self.sought_page(&paging, limit, place.as_ref())?, Some((limit, window.skip, window.count)))
            }
        };
        let cache = &self.granted.road.cache;
        let Some(entry) = cache.get(&sought.key) else { return Ok(None) };
        let standing = entry.standing(policy);
        if standing == Standing::Old {
            return Ok(None);
        }
        let Some(body) = cache.body(self.body_key(&entry, window, representation)) else { return Ok(None) };
        if standing == Standing::Stale {
            self.begin(&sought, policy);
        }
        Ok(Some((body, entry.freshness(policy, Status::Hit))))
    }

    /// The answer out of what is kept, or of a shared run.
    pub(super) async fn shared(
        self,
        want: &Want,
        policy: &Policy,
        stage: &mut (dyn FnMut(&'static str) + Send),
    ) -> Result<Answer, Fault> {
        let paging = self.paging();
        let window = match want {
            Want::Stream => None,
            Want::Page(window) => Some((window, self.limit(window)?, self.place(window, &paging, instant())?)),
        };
        if let Some((window, limit, Some(Place::Kept { now, result, row }))) = &window {
            return self.later_page(window, *limit, (result, *row, *now), policy).await;
        }
        let sought = match &window {
            None => self.sought_whole(&paging)?,
            Some((_, limit, place)) => self.sought_page(&paging, *limit, place.as_ref())?,
        };
        let mut tries = 0;
        let (body, entry, status) = loop {
            tries += 1;
            let (entry, status) = self.entry(&sought, policy).await?;
            let made = match &window {
                None => self.whole_of(&entry).await.map(|body| (body, Arc::clone(&entry))),
                Some((window, limit, place)) => {
                    self.page_of(&sought, &entry, &paging, window, *limit, place.is_some(), policy).await
                }
            };
            match made {
                Ok((body, entry)) => break (body, entry, status),
                // Its rows went from the spool before it did from here.
                Err(fault) if fault.code == Code::CursorExpired && tries == 1 => {
                    self.granted.road.cache.forget(&sought.key, &entry);
                }
                Err(fault) => return Err(fault),
            }
        };
        stage("execute");
        let place = window.as_ref().map(|(window, limit, _)| (*limit, window.skip, window.count));
        let origin = Origin {
            freshness: entry.freshness(policy, status),
            edition: edition(&sought.key, entry.asked),
            body: Some((self.body_key(&entry, place, &[]), entry.lease.clone())),
        };
        Ok(Answer { origin: Some(origin), is_repeatable: true, ..self.answered(entry.now, entry.asked, body) })
    }

    /// A page behind a cursor into the spool.
    async fn later_page(
        self,
        window: &Window,
        limit: usize,
        (result, row, now): (&ResultId, u64, DateTime<Utc>),
        policy: &Policy,
    ) -> Result<Answer, Fault> {
        let mut page = self.kept(result, row.saturating_add(window.skip), limit, true, now).await?;
        page.count(self.total(window, result).await?);
        let age = (Utc::now() - now).to_std().unwrap_or_default();
        let freshness = Freshness::new(policy, Status::Hit, now, age);
        let origin = Origin { freshness, edition: [0; 32], body: None };
        Ok(Answer { origin: Some(origin), is_repeatable: true, ..self.answered(now, now, Body::Page(page)) })
    }

    /// A stream of the whole result.
    async fn whole_of(&self, entry: &Arc<Entry>) -> Result<Body, Fault> {
        match entry.made()? {
            Made::Whole(rows) | Made::Head(rows) => Ok(Body::Whole(rows.clone())),
            Made::Spooled(_, result) => {
                let (_, rows) = self.granted.road.spool.stream(result, 0).await?;
                Ok(Body::Stream(Rows::start(rows, None, self.deadline()).await?))
            }
        }
    }

    /// A page of a result, and the entry that it is of.
    #[expect(clippy::too_many_arguments, reason = "they are what a page is of")]
    async fn page_of(
        &self,
        sought: &Sought,
        entry: &Arc<Entry>,
        paging: &Paging,
        window: &Window,
        limit: usize,
        continued: bool,
        policy: &Policy,
    ) -> Result<(Body, Arc<Entry>), Fault> {
        if paging.consistency == Consistency::Stored {
            let entry = self.paged(sought, entry, window, limit, policy).await?;
            let page = self.first(entry.made()?, window, limit, entry.now).await?;
            return Ok((Body::Page(page), entry));
        }
        // Every cursor that is given, the last time too, can be followed as long as others.
        let made = entry.asked + policy.life();
        let next = Next::Row { terms: paging.terms.clone(), binding: self.binding()?, now: entry.now, made };
        let mut page = Page::of(entry.made()?, &self.schema(), limit, continued, next, &self.prepared)?;
        if window.count {
            page.count(Some(self.counted(entry, policy).await?));
        }
        Ok((Body::Page(page), Arc::clone(entry)))
    }

    /// How many rows there are, asked once for each entry: never older than it, and as of the same `now()`.
    async fn counted(&self, entry: &Arc<Entry>, policy: &Policy) -> Result<u64, Fault> {
        let mut sought = self.sought(Cut::Count, Some(entry.now), Taken::Counted)?;
        sought.key = Sha256::new_with_prefix(sought.key).chain_update(entry.number.to_be_bytes()).finalize().into();
        match self.entry(&sought, policy).await?.0.rows {
            Given::Count(count) => Ok(count),
            Given::Rows(_) => Err(Fault::internal("a count is kept as rows")),
        }
    }

    /// `entry`, or the same in the spool too where it has more rows than the page.
    async fn paged(
        &self,
        sought: &Sought,
        entry: &Arc<Entry>,
        window: &Window,
        limit: usize,
        policy: &Policy,
    ) -> Result<Arc<Entry>, Fault> {
        let Made::Whole(rows) = entry.made()? else { return Ok(Arc::clone(entry)) };
        if (rows.num_rows() as u64).saturating_sub(window.skip) <= limit as u64 {
            return Ok(Arc::clone(entry));
        }
        let road = &self.granted.road;
        let make = async || {
            let (rest, head) = (stream::empty().boxed(), vec![rows.clone()]);
            let result = road.spool.keep(rows.schema(), head, rest, ()).await?;
            let made = Given::Rows(Made::Spooled(rows.clone(), result));
            let paged = Entry::new(
                road.cache.number(),
                &entry.lease.query,
                made,
                (entry.now, entry.asked, entry.lease.begun),
                policy,
            );
            let paged = Arc::new(paged);
            road.cache.replace(&sought.key, entry, &paged);
            Ok(paged)
        };
        entry.paged.get_or_try_init(make).await.map(Arc::clone)
    }

    /// The result that is sought: kept, or of a run that was begun by whoever asked first.
    async fn entry(&self, sought: &Sought, policy: &Policy) -> Result<(Arc<Entry>, Status), Fault> {
        let known = self.granted.road.cache.get(&sought.key);
        if let Some(entry) = &known {
            let standing = entry.standing(policy);
            if standing == Standing::Stale {
                self.begin(sought, policy);
            }
            if standing != Standing::Old {
                return Ok((Arc::clone(entry), Status::Hit));
            }
        }
        let (outcome, begun) = self.begin(sought, policy);
        let fault = match timeout_at(self.deadline(), landed(outcome)).await {
            Ok(Ok(Landed { entry, stored })) => {
                return Ok((entry, Status::Run { stale: known.is_some(), stored, collapsed: !begun }));
            }
            Ok(Err(fault)) => fault,
            Err(_) => timed_out(),
        };
        match known.filter(|entry| entry.stands_in(policy, &fault)) {
            Some(entry) => {
                let cause = fault.internal.as_deref().unwrap_or(&fault.detail);
                let code = fault.code.as_str();
                tracing::warn!(query = %entry.lease.query.name, code, cause, "an old result is given in the place of a fault");
                Ok((entry, Status::Failed(fault.code)))
            }
            None => Err(fault),
        }
    }

    /// Joins or begins the run, in a time limit of its own.
    fn begin(&self, sought: &Sought, policy: &Policy) -> (Outcome, bool) {
        let road = &self.granted.road;
        road.cache.join(sought.key, &self.granted.query, || {
            let (asked, begun) = (instant(), Instant::now());
            let run = self.run(sought.cut.clone(), sought.now.unwrap_or(asked));
            let run = Run { deadline: begun + self.granted.query.timeout, ..run };
            take(run, sought.taken, Arc::clone(&self.granted.query), (asked, begun), policy.clone())
        })
    }

    fn sought_whole(&self, paging: &Paging) -> Result<Sought, Fault> {
        let cut = match paging.consistency {
            // The same run that pages are of.
            Consistency::Stored => Cut::All { terms: paging.terms.clone() },
            Consistency::Keyset => self.whole(),
        };
        self.sought(cut, None, Taken::Whole(usize::MAX))
    }

    fn sought_page(&self, paging: &Paging, limit: usize, place: Option<&Place>) -> Result<Sought, Fault> {
        let taken = match paging.consistency {
            Consistency::Keyset => Taken::Page(limit),
            Consistency::Stored => Taken::Whole(limit),
        };
        self.sought(self.cut(paging, limit, place)?, place.map(Place::now), taken)
    }

    fn sought(&self, cut: Cut, now: Option<DateTime<Utc>>, taken: Taken) -> Result<Sought, Fault> {
        let query = &self.granted.query;
        let mut digest = Sha256::new();
        digest.update(query.fingerprint);
        digest.update(self.prepared.fingerprint);
        digest.update(self.prepared.generation);
        digest.update(self.request()?);
        let mut digester = Digester(&mut digest);
        (&query.name, query.version, now).hash(&mut digester);
        match &cut {
            Cut::All { terms } => (0_u8, terms).hash(&mut digester),
            Cut::Count => 1_u8.hash(&mut digester),
            Cut::Keyset { terms, after, rows } => (2_u8, terms, after, rows).hash(&mut digester),
        }
        Ok(Sought { key: digest.finalize().into(), cut, now, taken })
    }

    fn body_key(&self, entry: &Entry, window: Option<(usize, u64, bool)>, representation: &[u8]) -> BodyKey {
        let grant = *self.granted.grant.fingerprint();
        BodyKey { entry: entry.number, grant, window, representation: representation.to_vec() }
    }
}

impl Entry {
    /// `now`: what `now()` was, when the sources were asked, and the same on another clock.
    fn new(
        number: u64,
        query: &Arc<Query>,
        rows: Given,
        (now, asked, begun): (DateTime<Utc>, DateTime<Utc>, Instant),
        policy: &Policy,
    ) -> Self {
        // Whoever is given a cursor into the spool can follow it for at least as long as it was given to others.
        let life = match &rows {
            Given::Rows(Made::Spooled(_, result)) => {
                let left = (result.expires() - Utc::now()).to_std().unwrap_or(Duration::ZERO);
                policy.life().min(begun.elapsed() + left / 2)
            }
            _ => policy.life(),
        };
        let lease = Lease { query: Arc::clone(query), begun, life };
        Self { number, lease, rows, now, asked, paged: OnceCell::new() }
    }

    fn made(&self) -> Result<&Made, Fault> {
        match &self.rows {
            Given::Rows(made) => Ok(made),
            Given::Count(_) => Err(Fault::internal("rows are kept as a count")),
        }
    }
}

/// Runs.
async fn take(
    run: Run,
    taken: Taken,
    query: Arc<Query>,
    (asked, begun): (DateTime<Utc>, Instant),
    policy: Policy,
) -> Result<Entry, Fault> {
    let (road, prepared, now) = (Arc::clone(&run.road), Arc::clone(&run.prepared), run.now);
    let planned = run.plan().await?;
    let rows = match taken {
        Taken::Page(limit) => {
            let made = planned.page(limit).await?;
            // What cannot be paged is a fault, and faults are not kept.
            page::check_key(made.head(), &prepared)?;
            Given::Rows(made)
        }
        Taken::Whole(limit) => Given::Rows(planned.whole(limit).await?),
        Taken::Counted => Given::Count(planned.count().await?),
    };
    Ok(Entry::new(road.cache.number(), &query, rows, (now, asked, begun), &policy))
}

/// Waits.
async fn landed(mut outcome: Outcome) -> Result<Landed, Fault> {
    match outcome.wait_for(Option::is_some).await {
        Ok(landed) => landed.clone().unwrap_or_else(|| Err(Fault::internal("a run has no outcome"))),
        // The process ends.
        Err(_) => Err(Fault::new(Code::Overloaded, "the service is stopping").with_hint("try again in a second")),
    }
}

/// Names what a run gave, in this process and in others.
fn edition(key: &Key, asked: DateTime<Utc>) -> [u8; 32] {
    Sha256::new_with_prefix(key).chain_update(asked.timestamp_micros().to_be_bytes()).finalize().into()
}
