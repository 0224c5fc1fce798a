//! A page: the rows at hand, what follows them, and the cursor to there.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, RecordBatch},
        compute::{concat_batches, kernels::numeric},
    },
    common::ScalarValue,
};
use futures::StreamExt;

use super::{
    cursor::{Binding, CursorKeys, LIFETIME, Position},
    row,
};
use crate::{
    catalog::OrderTerm,
    engine::{Prepared, RowStream},
    model::{Code, Fault},
};

/// The most bytes of an encoded page.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Rows of one page, complete in memory. What of it fits into [`MAX_BYTES`] only its encoding tells: [`Page::end`].
#[derive(Debug)]
pub struct Page {
    /// At most `limit` rows.
    pub rows: RecordBatch,
    /// How many rows were asked for.
    pub limit: usize,
    /// Does a row follow those in `rows`?
    more: bool,
    continued: bool,
    paging: Option<Paging>,
}

/// What a page promises about the rows behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// All rows are here.
    Complete,
    /// Rows that stay unchanged are seen exactly once over all pages.
    Keyset,
    /// More rows exist, and this query has no way to page on.
    Partial,
}

impl Consistency {
    /// As `meta.consistency` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Keyset => "keyset",
            Self::Partial => "partial",
        }
    }
}

/// How a page ends.
#[derive(Debug)]
pub struct End {
    /// Leads to the next page, if there is one that can be reached.
    pub cursor: Option<String>,
    /// Do rows follow?
    pub has_more: bool,
    /// What is promised.
    pub consistency: Consistency,
}

/// What a page needs to seal a cursor.
#[derive(Debug)]
pub(super) struct Paging {
    pub terms: Vec<OrderTerm>,
    pub binding: Binding,
    pub now: DateTime<Utc>,
}

impl Page {
    /// Collects `limit` rows and looks whether one follows.
    pub(super) async fn collect(
        mut stream: RowStream,
        prepared: &Prepared,
        limit: usize,
        continued: bool,
        paging: Option<Paging>,
    ) -> Result<Self, Fault> {
        let (mut batches, mut count, mut bytes) = (Vec::new(), 0, 0);
        let ended = loop {
            if count > limit || (bytes > MAX_BYTES && count > 1) {
                break false;
            }
            let Some(batch) = stream.next().await.transpose()? else { break true };
            count += batch.num_rows();
            // The buffers are no smaller than the values in them, and cheaper to ask.
            bytes += batch.get_array_memory_size();
            if bytes > MAX_BYTES {
                bytes = batches.iter().chain([&batch]).map(size).sum();
            }
            batches.push(batch);
        };
        let rows = match batches.as_slice() {
            [whole] => whole.clone(),
            batches => concat_batches(&prepared.schema, batches).map_err(Fault::internal)?,
        };
        if paging.is_some() {
            check_key(&rows, prepared)?;
        }
        // Unless the stream ended, the last row that was read shows that one follows.
        let kept = limit.min(if ended { count } else { count - 1 });
        Ok(Self { rows: rows.slice(0, kept), limit, more: count > kept, continued, paging })
    }

    /// How the page ends when its first `rows` rows are delivered.
    ///
    /// # Errors
    /// A cursor cannot be sealed.
    pub fn end(&self, rows: usize, keys: &CursorKeys) -> Result<End, Fault> {
        let has_more = self.more || rows < self.rows.num_rows();
        let Some(paging) = &self.paging else {
            let consistency = if has_more { Consistency::Partial } else { Consistency::Complete };
            return Ok(End { cursor: None, has_more, consistency });
        };
        let consistency = if has_more || self.continued { Consistency::Keyset } else { Consistency::Complete };
        let cursor = match rows.checked_sub(1) {
            Some(last) if has_more => {
                let columns = columns(&self.rows, paging.terms.iter().map(|term| term.column.as_str()))?;
                let position = Position { now: paging.now, row: row::encode(&columns, last)? };
                Some(keys.seal(&paging.binding, &position, Utc::now() + LIFETIME)?)
            }
            _ => None,
        };
        Ok(End { cursor, has_more, consistency })
    }
}

/// The bytes of the values of `rows`, without what their buffers hold besides.
pub(super) fn size(rows: &RecordBatch) -> usize {
    rows.columns().iter().filter_map(|column| column.to_data().get_slice_memory_size().ok()).sum()
}

fn columns<'a>(rows: &RecordBatch, names: impl Iterator<Item = &'a str>) -> Result<Vec<ArrayRef>, Fault> {
    names
        .map(|name| {
            rows.column_by_name(name).cloned().ok_or_else(|| Fault::internal(format!("no column is named {name}")))
        })
        .collect()
}

/// A key that is NULL or repeats would make pages skip rows.
fn check_key(rows: &RecordBatch, prepared: &Prepared) -> Result<(), Fault> {
    let names: Vec<&str> = prepared.page.key.iter().map(|column| column.value.as_str()).collect();
    let broken = |what: &str| {
        let text = format!("the page key ({}) of `{}` {what}", names.join(", "), prepared.query.name);
        Fault::new(Code::KeyNotUnique, text)
            .with_hint("the owner must choose columns that together are unique and not NULL")
    };
    let columns = columns(rows, names.iter().copied())?;
    if columns.iter().any(|column| column.null_count() > 0) {
        return Err(broken("is NULL in a row"));
    }
    // One row repeats nothing, and is what a lookup gives.
    if rows.num_rows() < 2 {
        return Ok(());
    }
    let columns = columns.iter().map(as_ordered).collect::<Result<Vec<_>, _>>()?;
    let keys =
        row::converter(columns.iter().map(Array::data_type))?.convert_columns(&columns).map_err(Fault::internal)?;
    let mut seen = HashSet::with_capacity(rows.num_rows());
    if keys.iter().all(|key| seen.insert(key)) { Ok(()) } else { Err(broken("is the same in two rows")) }
}

/// What the order does not tell apart is the same key: −0 equals 0. The encoding of rows would tell them apart.
fn as_ordered(column: &ArrayRef) -> Result<ArrayRef, Fault> {
    if !column.data_type().is_floating() {
        return Ok(Arc::clone(column));
    }
    let zero = ScalarValue::new_zero(column.data_type()).and_then(|zero| zero.to_scalar()).map_err(Fault::internal)?;
    numeric::add(column, &zero).map_err(Fault::internal)
}
