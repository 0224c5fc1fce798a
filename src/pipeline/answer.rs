//! The last stage: what a caller gets for a call, from a run of its own or from what is kept of an earlier one.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use datafusion::arrow::{array::RecordBatch, datatypes::SchemaRef};

use super::{
    Road,
    bound::{Bound, Want, Window, instant},
    cache::{BodyKey, Encoded},
    cursor::Place,
    entry::Lease,
    fresh::Freshness,
    page::{End, MAX_BYTES, Next, Page},
    run::Made,
    stream::Rows,
};
use crate::{
    catalog::{Consistency, Query},
    engine::Cut,
    model::{Fault, SourceName},
    spool::ResultId,
};

/// What a door encodes.
#[derive(Debug)]
pub struct Answer {
    pub(super) road: Arc<Road>,
    /// The query that was run.
    pub query: Arc<Query>,
    /// The columns.
    pub schema: SchemaRef,
    /// What `now()` was.
    pub generated_at: DateTime<Utc>,
    /// When each source was asked.
    pub as_of: BTreeMap<SourceName, DateTime<Utc>>,
    /// Does a policy hide rows from the caller?
    pub is_restricted: bool,
    /// The rows.
    pub body: Body,
    /// Does the same call give the same rows again? They are those of a run that is kept.
    pub is_repeatable: bool,
    /// Where it came from, for queries whose results are kept for others.
    pub(super) origin: Option<Origin>,
}

/// Where an answer came from.
#[derive(Debug)]
pub(super) struct Origin {
    pub freshness: Freshness,
    /// Names what the run gave, where it is kept for others.
    pub edition: Option<[u8; 32]>,
    /// Where a body of it is kept, but for its representation, and for how long.
    pub body: Option<(BodyKey, Lease)>,
}

/// The rows of an answer.
#[derive(Debug)]
pub enum Body {
    /// A page, in memory.
    Page(Page),
    /// The whole result, in memory.
    Whole(RecordBatch),
    /// As they come.
    Stream(Rows),
}

impl Answer {
    /// How `page` ends when its first `rows` rows are delivered.
    ///
    /// # Errors
    /// A cursor cannot be sealed.
    pub fn end(&self, page: &Page, rows: usize) -> Result<End, Fault> {
        page.end(rows, &self.road.cursors)
    }

    /// How fresh it is, for queries whose results are kept.
    #[must_use]
    pub fn freshness(&self) -> Option<&Freshness> {
        self.origin.as_ref().map(|origin| &origin.freshness)
    }

    /// Names the run that the rows are of, if they are of one that is kept for others.
    #[must_use]
    pub fn edition(&self) -> Option<&[u8; 32]> {
        self.origin.as_ref()?.edition.as_ref()
    }

    /// Keeps a body of it, in this `representation`, for [`Bound::known`].
    pub fn keep(&self, representation: &[u8], body: &Arc<Encoded>) {
        if let Some(Origin { body: Some((key, lease)), .. }) = &self.origin {
            let key = BodyKey { representation: representation.to_vec(), ..key.clone() };
            self.road.cache.keep_body(key, Arc::clone(body), lease.clone());
        }
    }
}

impl Bound {
    /// Fifth and sixth stage: rows. `stage` is told when one has passed.
    ///
    /// # Errors
    /// A limit or a cursor that is wrong, what planning finds, and all that fails before the first row.
    pub async fn answer(self, want: Want, stage: &mut (dyn FnMut(&'static str) + Send)) -> Result<Answer, Fault> {
        if let Some(policy) = self.policy().cloned() {
            return self.shared(&want, &policy, stage).await;
        }
        let now = instant();
        match want {
            Want::Stream => {
                let planned = self.run(self.whole(), now).plan().await?;
                stage("plan");
                let rows = planned.stream().await?;
                stage("execute");
                Ok(self.answered(now, now, Body::Stream(rows)))
            }
            Want::Page(window) => self.page(&window, now, stage).await,
        }
    }

    async fn page(
        self,
        window: &Window,
        made: DateTime<Utc>,
        stage: &mut (dyn FnMut(&'static str) + Send),
    ) -> Result<Answer, Fault> {
        let (paging, limit) = (self.paging(), self.limit(window)?);
        let place = self.place(window, &paging, made)?;
        let now = place.as_ref().map_or(made, Place::now);
        if let Some(Place::Kept { result, row, .. }) = &place {
            let from = row.saturating_add(window.skip);
            let mut page = self.kept(result, from, limit, true, now).await?;
            page.count(self.total(window, result).await?);
            stage("read");
            return Ok(Answer { is_repeatable: true, ..self.answered(now, now, Body::Page(page)) });
        }
        let planned = self.run(self.cut(&paging, limit, place.as_ref())?, now).plan().await?;
        stage("plan");
        let page = match paging.consistency {
            Consistency::Keyset => {
                let rows = planned.page(limit).await?;
                let next = Next::Row { terms: paging.terms, binding: self.binding()?, now, made };
                let mut page = Page::of(&rows, &self.schema(), limit, place.is_some(), next, &self.prepared)?;
                if window.count {
                    page.count(Some(self.run(Cut::Count, now).plan().await?.count().await?));
                }
                page
            }
            Consistency::Stored => {
                let rows = planned.whole(limit).await?;
                self.first(&rows, window, limit, now).await?
            }
        };
        stage("execute");
        Ok(self.answered(now, made, Body::Page(page)))
    }

    /// The first page of a run that gave all rows.
    pub(super) async fn first(
        &self,
        made: &Made,
        window: &Window,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Page, Fault> {
        match made {
            Made::Spooled(head, result) => {
                let mut page = if window.skip == 0 && head.num_rows() > limit {
                    let next = Next::Kept { result: result.clone(), from: 0, binding: self.binding()?, now };
                    Page::of(made, &self.schema(), limit, false, next, &self.prepared)?
                } else {
                    self.kept(result, window.skip, limit, false, now).await?
                };
                page.count(self.total(window, result).await?);
                Ok(page)
            }
            Made::Whole(rows) | Made::Head(rows) => {
                let total = rows.num_rows();
                let skipped = usize::try_from(window.skip).unwrap_or(usize::MAX).min(total);
                let rest = Made::Whole(rows.slice(skipped, total - skipped));
                let mut page = Page::of(&rest, &self.schema(), limit, skipped > 0, Next::None, &self.prepared)?;
                page.count(window.count.then_some(total as u64));
                Ok(page)
            }
        }
    }

    /// A page of a result that is kept, from row `from` on.
    pub(super) async fn kept(
        &self,
        result: &ResultId,
        from: u64,
        limit: usize,
        continued: bool,
        now: DateTime<Utc>,
    ) -> Result<Page, Fault> {
        let slice = self.granted.road.spool.read(result, from, limit, MAX_BYTES, self.deadline()).await?;
        let next = Next::Kept { result: result.clone(), from, binding: self.binding()?, now };
        Ok(Page::read(slice, limit, continued, next))
    }

    pub(super) async fn total(&self, window: &Window, result: &ResultId) -> Result<Option<u64>, Fault> {
        if window.count { self.granted.road.spool.total(result, self.deadline()).await.map(Some) } else { Ok(None) }
    }

    /// `now` is what `now()` was; the sources were asked at `asked`.
    pub(super) fn answered(self, now: DateTime<Utc>, asked: DateTime<Utc>, body: Body) -> Answer {
        Answer {
            schema: self.schema(),
            is_restricted: self.is_restricted(),
            as_of: self.granted.query.sources.keys().map(|source| (source.clone(), asked)).collect(),
            road: self.granted.road,
            query: self.granted.query,
            generated_at: now,
            body,
            is_repeatable: false,
            origin: None,
        }
    }
}
