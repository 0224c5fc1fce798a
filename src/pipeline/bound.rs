//! A call whose values are typed: the part of the result that is wanted becomes a plan, and a cursor a place in it.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use datafusion::{arrow::datatypes::SchemaRef, common::ScalarValue};
use sha2::{Digest, Sha256};
use tokio::time::timeout_at;

use super::{
    admit::Granted,
    cursor::Binding,
    execute::{Planned, Shape, timed_out},
    page::Paging,
    row,
};
use crate::{
    catalog::Param,
    engine::{self, Cut, Prepared, Snapshot},
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
    Page {
        /// At most so many rows; [`DEFAULT_LIMIT`] unless said.
        limit: Option<usize>,
        /// Behind this cursor.
        cursor: Option<String>,
    },
}

/// A call whose values are typed.
#[derive(Debug)]
pub struct Bound<'a> {
    pub(super) granted: Granted<'a>,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) prepared: Arc<Prepared>,
    pub(super) values: Vec<ScalarValue>,
}

impl<'a> Bound<'a> {
    /// The columns of the result.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.prepared.schema)
    }

    /// The parameters of the query, in the header's order, and the value of each.
    pub fn parameters(&self) -> impl Iterator<Item = (&Param, &ScalarValue)> {
        self.granted.query.params.iter().zip(&self.values)
    }

    /// Fifth stage: a plan over the sources for the part of the result that is wanted.
    ///
    /// # Errors
    /// [`Code::InvalidLimit`], what is wrong with a cursor, and what planning finds.
    pub async fn plan(self, want: Want) -> Result<Planned<'a>, Fault> {
        let deadline = self.granted.began + self.granted.query.timeout;
        // An instant in whole microseconds, the unit of all timestamps.
        let mut now = Utc::now().trunc_subsecs(6);
        let (cut, shape) = match want {
            Want::Stream => (self.whole(), Shape::Stream),
            Want::Page { limit, cursor } => {
                let limit = page_limit(&self.prepared, limit)?;
                let continued = cursor.is_some();
                let (cut, paging) = self.page_cut(limit, cursor.as_deref(), &mut now)?;
                (cut, Shape::Page { limit, continued, paging })
            }
        };
        let plan = timeout_at(deadline, self.snapshot.plan(&self.prepared, self.values, &cut, now));
        let plan = plan.await.map_err(|_| timed_out())??;
        Ok(Planned { granted: self.granted, prepared: self.prepared, plan, shape, deadline, now })
    }

    /// The whole result. Sorting it costs memory and the first row's time, so it is done only where the owner asks for
    /// an order; a key alone says how to page, not how to stream.
    fn whole(&self) -> Cut {
        let page = &self.prepared.page;
        Cut::All { terms: if page.order.is_empty() { Vec::new() } else { engine::terms(page) } }
    }

    fn page_cut(
        &self,
        limit: usize,
        cursor: Option<&str>,
        now: &mut DateTime<Utc>,
    ) -> Result<(Cut, Option<Paging>), Fault> {
        let rows = limit + 1;
        if self.prepared.page.key.is_empty() {
            return match cursor {
                None => Ok((Cut::First { rows }, None)),
                Some(cursor) => Err(self.no_cursors(cursor, *now)?),
            };
        }
        let terms = engine::terms(&self.prepared.page);
        let binding = self.binding()?;
        let after = match cursor {
            None => None,
            Some(cursor) => {
                let position = self.granted.road.cursors.open(cursor, &binding, *now)?;
                *now = position.now;
                let types = terms
                    .iter()
                    .map(|term| {
                        self.prepared.schema.field_with_name(&term.column).map(|field| field.data_type().clone())
                    })
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(Fault::internal)?;
                Some(row::decode(&types, &position.row)?)
            }
        };
        Ok((Cut::Keyset { terms: terms.clone(), after, rows }, Some(Paging { terms, binding, now: *now })))
    }

    /// Why `cursor` cannot be followed where there is no key: there never was one, or the source has lost it since.
    fn no_cursors(&self, cursor: &str, now: DateTime<Utc>) -> Result<Fault, Fault> {
        Ok(match self.granted.road.cursors.open(cursor, &self.binding()?, now) {
            Err(gone) if gone.code == Code::CursorExpired => gone,
            _ => {
                let text = format!("`{}` has no page key, so it makes no cursors", self.granted.query.name);
                Fault::new(Code::InvalidCursor, text)
            }
        })
    }

    fn binding(&self) -> Result<Binding, Fault> {
        let query = &self.granted.query;
        let parameters = if self.values.is_empty() { Vec::new() } else { row::encode(&row::arrays(&self.values)?, 0)? };
        let mut world = Sha256::new();
        world.update(query.fingerprint);
        world.update(self.granted.grant.fingerprint());
        world.update(self.prepared.fingerprint);
        Ok(Binding {
            query: format!("{}@{}", query.name, query.version),
            parameters: Sha256::digest(parameters).into(),
            world: world.finalize().into(),
        })
    }
}

fn page_limit(prepared: &Prepared, limit: Option<usize>) -> Result<usize, Fault> {
    let max = prepared.page.max;
    match limit {
        None => Ok(DEFAULT_LIMIT.min(max)),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(limit) => {
            let text = format!("`limit` is {limit}; `{}` allows 1 to {max}", prepared.query.name);
            Err(Fault::new(Code::InvalidLimit, text))
        }
    }
}
