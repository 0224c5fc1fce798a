//! A call whose values are typed: what of the result it wants, and what a cursor of it is bound to.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use datafusion::{arrow::datatypes::SchemaRef, common::ScalarValue};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{
    admit::Granted,
    cursor::{Binding, Place},
    row,
    run::{Planned, Run},
};
use crate::{
    catalog::{Consistency, Param},
    engine::{Cut, Paging, Prepared, Snapshot, View},
    model::{Code, Fault},
};

/// Rows of a page unless the caller says.
pub const DEFAULT_LIMIT: usize = 100;

/// How much of the result the caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// All of it, as it comes.
    Stream,
    /// A page.
    Page(Window),
}

/// Which rows make a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// At most so many rows; [`DEFAULT_LIMIT`] unless said.
    pub limit: Option<usize>,
    /// Behind this cursor.
    pub cursor: Option<String>,
    /// So many rows further: a kept result can be read anywhere.
    pub skip: u64,
    /// Count the whole result too?
    pub count: bool,
}

/// A call whose values are typed.
#[derive(Debug)]
pub struct Bound {
    pub(super) granted: Granted,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) prepared: Arc<Prepared>,
    /// Those of the parameters, of policies, and of the view's filters.
    pub(super) values: Vec<ScalarValue>,
    pub(super) view: View,
}

impl Bound {
    /// The columns of the result.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.view.schema(&self.prepared.schema)
    }

    /// The parameters of the query, in the header's order, and the value of each.
    pub fn parameters(&self) -> impl Iterator<Item = (&Param, &ScalarValue)> {
        self.granted.query.params.iter().zip(&self.values)
    }

    /// Fifth stage, for whoever wants to see it: the plan for the part of the result that is wanted.
    ///
    /// # Errors
    /// [`Code::InvalidLimit`], what is wrong with a cursor, and what planning finds.
    pub async fn plan(self, want: &Want) -> Result<Planned, Fault> {
        let now = instant();
        match want {
            Want::Stream => self.run(self.whole(), now).plan().await,
            Want::Page(window) => {
                let (paging, limit) = (self.paging(), self.limit(window)?);
                let place = self.place(window, &paging, now)?;
                let now = place.as_ref().map_or(now, Place::now);
                self.run(self.cut(&paging, limit, place.as_ref())?, now).plan().await
            }
        }
    }

    /// The one run that gives `cut`.
    pub(super) fn run(&self, cut: Cut, now: DateTime<Utc>) -> Run {
        Run {
            road: Arc::clone(&self.granted.road),
            snapshot: Arc::clone(&self.snapshot),
            prepared: Arc::clone(&self.prepared),
            view: self.view.clone(),
            values: self.values.clone(),
            cut,
            now,
            deadline: self.deadline(),
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.granted.began + self.granted.query.timeout
    }

    pub(super) fn paging(&self) -> Paging {
        self.prepared.paging(&self.view)
    }

    /// The whole result. Sorting it costs memory and the first row's time, so it is done only where somebody asks for an
    /// order; a key alone says how to page, not how to stream.
    pub(super) fn whole(&self) -> Cut {
        let is_ordered = !self.prepared.page.order.is_empty() || !self.view.sort.is_empty();
        Cut::All { terms: if is_ordered { self.paging().terms } else { Vec::new() } }
    }

    /// What has to be run for a page of `limit` rows behind `place`.
    pub(super) fn cut(&self, paging: &Paging, limit: usize, place: Option<&Place>) -> Result<Cut, Fault> {
        let terms = paging.terms.clone();
        let after = match place {
            Some(Place::Row { row, .. }) => {
                let types = terms
                    .iter()
                    .map(|term| {
                        self.prepared.schema.field_with_name(&term.column).map(|field| field.data_type().clone())
                    })
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(Fault::internal)?;
                Some(row::decode(&types, row)?)
            }
            _ => None,
        };
        Ok(match paging.consistency {
            Consistency::Keyset => Cut::Keyset { terms, after, rows: limit + 1 },
            Consistency::Stored => Cut::All { terms },
        })
    }

    /// Where the page begins that the caller wants, unless it is the first.
    pub(super) fn place(&self, window: &Window, paging: &Paging, now: DateTime<Utc>) -> Result<Option<Place>, Fault> {
        if window.skip > 0 && paging.consistency == Consistency::Keyset {
            let text =
                "`skip` is for results that are kept: the rows of this query are found by the values of the last one";
            return Err(Fault::new(Code::MalformedRequest, text).with_hint("follow `pagination.cursor` instead"));
        }
        let Some(cursor) = &window.cursor else { return Ok(None) };
        let place = self.granted.road.cursors.open(cursor, &self.binding()?, now)?;
        match (&place, paging.consistency) {
            (Place::Row { .. }, Consistency::Keyset) | (Place::Kept { .. }, Consistency::Stored) => Ok(Some(place)),
            _ => Err(Fault::new(Code::CursorExpired, "the query's pages follow one another in another way by now")
                .with_hint("start again: send the request without `cursor`")),
        }
    }

    pub(super) fn limit(&self, window: &Window) -> Result<usize, Fault> {
        let max = self.prepared.page.max;
        match window.limit {
            None => Ok(DEFAULT_LIMIT.min(max)),
            Some(limit) if (1..=max).contains(&limit) => Ok(limit),
            Some(limit) => {
                let text = format!("`limit` is {limit}; `{}` allows 1 to {max}", self.prepared.query.name);
                Err(Fault::new(Code::InvalidLimit, text))
            }
        }
    }

    /// What cursors of this call are bound to.
    pub(super) fn binding(&self) -> Result<Binding, Fault> {
        let query = &self.granted.query;
        let mut world = Sha256::new();
        world.update(query.fingerprint);
        world.update(self.granted.grant.fingerprint());
        world.update(self.prepared.fingerprint);
        Ok(Binding {
            query: format!("{}@{}", query.name, query.version),
            parameters: self.request()?,
            world: world.finalize().into(),
        })
    }

    /// SHA-256 over all that is asked for: the values and the view.
    pub(super) fn request(&self) -> Result<[u8; 32], Fault> {
        let mut digest = Sha256::new();
        if !self.values.is_empty() {
            digest.update(row::encode(&row::arrays(&self.values)?, 0)?);
        }
        if self.view != View::default() {
            self.view.digest(&mut digest);
        }
        Ok(digest.finalize().into())
    }
}

/// This instant, in whole microseconds: the unit of all timestamps.
pub(super) fn instant() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
