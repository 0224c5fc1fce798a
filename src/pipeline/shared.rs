//! Answers to calls of queries whose results are kept: out of one that is there, or of a run that everybody shares who asks
//! the same meanwhile. What is looked up here has passed the grant, and the key has the values that the grant's policies
//! bind: who may see other rows asks for another result.

use std::{hash::Hash as _, sync::Arc};

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout_at};

use super::{
    answer::{Answer, Body, Origin},
    bound::{Bound, Want, Window, instant},
    cache::{BodyKey, Encoded, Joined, Key, Landed, Outcome},
    cursor::Place,
    entry::{Asked, Entry, Given, Taken, make},
    fresh::{Freshness, Standing, Status},
    page::{Next, Page},
    run::{Made, Run, timed_out},
    stream::Rows,
};
use crate::{
    catalog::{Cache as Policy, Consistency},
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

/// A page that is wanted.
struct Part<'a> {
    window: &'a Window,
    limit: usize,
    /// Behind which place, if it is not the first.
    place: Option<Place>,
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
        let part = self.part(want, &paging)?;
        if matches!(part, Some(Part { place: Some(Place::Kept { .. }), .. })) {
            return Ok(None);
        }
        let sought = self.sought(&paging, part.as_ref())?;
        let cache = &self.granted.road.cache;
        let Some(entry) = cache.get(&sought.key) else { return Ok(None) };
        let standing = entry.standing(policy);
        if standing == Standing::Old {
            return Ok(None);
        }
        let Some(body) = cache.body(self.body_key(&entry, part.as_ref(), representation)) else { return Ok(None) };
        if standing == Standing::Stale {
            self.begin(&sought, Some(&entry));
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
        let part = self.part(want, &paging)?;
        if let Some(Part { window, limit, place: Some(Place::Kept { now, result, row }) }) = &part {
            let first = self.sought(&paging, Some(&Part { window, limit: *limit, place: None }))?.key;
            let road = Arc::clone(&self.granted.road);
            let page = self.later_page(window, *limit, (result, *row, *now), policy).await;
            if page.as_ref().is_err_and(|fault| fault.code != Code::Timeout) {
                // Who starts again would be given the page that led here.
                road.cache.forget(&first, |entry| entry.result() == Some(result));
            }
            return page;
        }
        let sought = self.sought(&paging, part.as_ref())?;
        let mut tries = 0;
        let (body, entry, status) = loop {
            tries += 1;
            let (entry, status) = self.entry(&sought, policy).await?;
            let made = match &part {
                None => self.whole_of(&entry).await.map(|body| (body, Arc::clone(&entry))),
                Some(part) => self.page_of(&sought, &entry, paging.clone(), part, policy).await,
            };
            match made {
                Ok((body, entry)) => break (body, entry, status),
                // Its rows went from the spool before it did from here.
                Err(fault) if fault.code == Code::CursorExpired && tries == 1 => {
                    self.granted.road.cache.forget(&sought.key, |kept| kept.number == entry.number);
                }
                Err(fault) => return Err(fault),
            }
        };
        stage("execute");
        let origin = Origin {
            freshness: entry.freshness(policy, status),
            edition: Some(edition(&sought.key, entry.asked)),
            body: Some((self.body_key(&entry, part.as_ref(), &[]), entry.lease.clone())),
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
        let origin = Origin { freshness, edition: None, body: None };
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
    async fn page_of(
        &self,
        sought: &Sought,
        entry: &Arc<Entry>,
        paging: Paging,
        part: &Part<'_>,
        policy: &Policy,
    ) -> Result<(Body, Arc<Entry>), Fault> {
        if paging.consistency == Consistency::Stored {
            let entry = self.paged(sought, entry, part).await?;
            let page = self.first(entry.made()?, part.window, part.limit, entry.now).await?;
            return Ok((Body::Page(page), entry));
        }
        // Every cursor that is given, the last time too, can be followed as long as others.
        let made = entry.asked + policy.life();
        let next = Next::Row { terms: paging.terms, binding: self.binding()?, now: entry.now, made };
        let continued = part.place.is_some();
        let mut page = Page::of(entry.made()?, &self.schema(), part.limit, continued, next, &self.prepared)?;
        if part.window.count {
            page.count(Some(self.counted(entry, policy).await?));
        }
        Ok((Body::Page(page), Arc::clone(entry)))
    }

    /// How many rows there are, asked once for each entry: never older than it, and as of the same `now()`.
    async fn counted(&self, entry: &Arc<Entry>, policy: &Policy) -> Result<u64, Fault> {
        let mut sought = self.keyed(Cut::Count, Some(entry.now), Taken::Counted)?;
        sought.key = Sha256::new_with_prefix(sought.key).chain_update(entry.number.to_be_bytes()).finalize().into();
        match self.entry(&sought, policy).await?.0.rows {
            Given::Count(count) => Ok(count),
            Given::Rows(_) => Err(Fault::internal("a count is kept as rows")),
        }
    }

    /// `entry`, or the same in the spool too where it has more rows than the page.
    async fn paged(&self, sought: &Sought, entry: &Arc<Entry>, part: &Part<'_>) -> Result<Arc<Entry>, Fault> {
        let Made::Whole(rows) = entry.made()? else { return Ok(Arc::clone(entry)) };
        if (rows.num_rows() as u64).saturating_sub(part.window.skip) <= part.limit as u64 {
            return Ok(Arc::clone(entry));
        }
        let road = &self.granted.road;
        let make = async || {
            let (rest, head) = (stream::empty().boxed(), vec![rows.clone()]);
            let result = road.spool.keep(rows.schema(), head, rest, ()).await?;
            let made = Given::Rows(Made::Spooled(rows.clone(), result));
            let asked = Asked { at: entry.asked, begun: entry.lease.begun };
            let paged = Entry::new(road, &entry.lease.query, made, entry.now, asked);
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
                self.begin(sought, Some(entry));
            }
            if standing != Standing::Old {
                return Ok((Arc::clone(entry), Status::Hit));
            }
        }
        let (outcome, begun) = match self.begin(sought, known.as_ref()) {
            Joined::There(entry) => return Ok((entry, Status::Hit)),
            Joined::Run(outcome, begun) => (outcome, begun),
        };
        let fault = match timeout_at(self.deadline(), landed(outcome)).await {
            Ok(Ok(Landed { entry, stored })) => {
                return Ok((entry, Status::Run { stale: known.is_some(), stored, collapsed: !begun }));
            }
            Ok(Err(fault)) => fault,
            Err(_) => timed_out(),
        };
        let Some(entry) = known.filter(|entry| entry.stands_in(policy, &fault)) else { return Err(fault) };
        let (query, code) = (&entry.lease.query.name, fault.code.as_str());
        let cause = fault.internal.as_deref().unwrap_or(&fault.detail);
        tracing::warn!(%query, code, cause, "an old result is given in the place of a fault");
        Ok((entry, Status::Failed(fault.code)))
    }

    /// Joins or begins the run that makes another result than `known`, in a time limit of its own.
    fn begin(&self, sought: &Sought, known: Option<&Arc<Entry>>) -> Joined {
        let road = &self.granted.road;
        road.cache.join(sought.key, known, &self.granted.query, || {
            let (asked, begun) = (instant(), Instant::now());
            let run = self.run(sought.cut.clone(), sought.now.unwrap_or(asked));
            let run = Run { deadline: begun + self.granted.query.timeout, ..run };
            make(run, sought.taken, sought.key, Asked { at: asked, begun })
        })
    }

    fn part<'a>(&self, want: &'a Want, paging: &Paging) -> Result<Option<Part<'a>>, Fault> {
        let Want::Page(window) = want else { return Ok(None) };
        let (limit, place) = (self.limit(window)?, self.place(window, paging, instant())?);
        Ok(Some(Part { window, limit, place }))
    }

    /// What a page, or without one the whole result, is made of.
    fn sought(&self, paging: &Paging, part: Option<&Part<'_>>) -> Result<Sought, Fault> {
        let Some(Part { limit, place, .. }) = part else {
            let cut = match paging.consistency {
                // The same run that pages are of.
                Consistency::Stored => Cut::All { terms: paging.terms.clone() },
                Consistency::Keyset => self.whole(),
            };
            return self.keyed(cut, None, Taken::Whole(usize::MAX));
        };
        let taken = match paging.consistency {
            Consistency::Keyset => Taken::Page(*limit),
            Consistency::Stored => Taken::Whole(*limit),
        };
        self.keyed(self.cut(paging, *limit, place.as_ref())?, place.as_ref().map(Place::now), taken)
    }

    fn keyed(&self, cut: Cut, now: Option<DateTime<Utc>>, taken: Taken) -> Result<Sought, Fault> {
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

    fn body_key(&self, entry: &Entry, part: Option<&Part<'_>>, representation: &[u8]) -> BodyKey {
        let grant = *self.granted.grant.fingerprint();
        let window = part.map(|part| (part.limit, part.window.skip, part.window.count));
        BodyKey { entry: entry.number, grant, window, representation: representation.to_vec() }
    }
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
