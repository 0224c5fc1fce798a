//! A page: the rows at hand, what follows them, and the cursor to there.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, RecordBatch},
        compute::kernels::numeric,
        datatypes::SchemaRef,
    },
    common::ScalarValue,
};
use futures::StreamExt;

use super::{
    cursor::{Binding, CursorKeys, LIFETIME, Place},
    row,
    run::Made,
};
use crate::{
    catalog::{Consistency, OrderTerm},
    engine::{Prepared, RowStream},
    model::{Code, Fault},
    spool::{ResultId, Slice},
};

/// The most bytes of an encoded page.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Rows of one page, complete in memory. What of it fits into [`MAX_BYTES`] only its encoding tells: `Page::end`.
#[derive(Debug)]
pub struct Page {
    /// At most `limit` rows.
    pub rows: RecordBatch,
    /// How many rows were asked for.
    pub limit: usize,
    /// How many rows the whole result has, where that was asked for.
    pub total: Option<u64>,
    /// The same rows with the columns of the order.
    ordered: RecordBatch,
    /// Does a row follow those in `rows`?
    more: bool,
    continued: bool,
    next: Next,
}

/// What a page promises about the rows behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// All rows are here.
    Complete,
    /// Rows that stay unchanged are seen exactly once over all pages.
    Keyset,
    /// All pages are of one run.
    Stored,
}

impl Promise {
    /// As `meta.consistency` spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Keyset => Consistency::Keyset.as_str(),
            Self::Stored => Consistency::Stored.as_str(),
        }
    }
}

/// How a page ends.
#[derive(Clone, Debug)]
pub struct End {
    /// Leads to the next page, if there is one.
    pub cursor: Option<String>,
    /// Do rows follow?
    pub has_more: bool,
    /// What is promised.
    pub promise: Promise,
}

/// How the rows behind a page are reached.
#[derive(Clone, Debug)]
pub(super) enum Next {
    /// There are none.
    None,
    /// By the values of its last row.
    Row { terms: Vec<OrderTerm>, binding: Binding, now: DateTime<Utc>, made: DateTime<Utc> },
    /// By their number in a result that is kept, of which the page begins with row `from`.
    Kept { result: ResultId, from: u64, binding: Binding, now: DateTime<Utc> },
}

impl Page {
    /// The first `limit` rows of what a run gave, in the columns of `schema`; others behind them only order them.
    pub(super) fn of(
        made: &Made,
        schema: &SchemaRef,
        limit: usize,
        continued: bool,
        next: Next,
        prepared: &Prepared,
    ) -> Result<Self, Fault> {
        let rows = made.head();
        if matches!(next, Next::Row { .. }) {
            check_key(rows, prepared)?;
        }
        // Unless all rows are here, the last one shows that one follows.
        let there = rows.num_rows() - usize::from(!matches!(made, Made::Whole(_)));
        let kept = limit.min(there);
        let ordered = rows.slice(0, kept);
        let shown: Vec<usize> = (0..schema.fields().len()).collect();
        let visible = ordered.project(&shown).map_err(Fault::internal)?;
        Ok(Self { rows: visible, limit, total: None, ordered, more: rows.num_rows() > kept, continued, next })
    }

    /// A page of a result that is kept.
    pub(super) fn read(slice: Slice, limit: usize, continued: bool, next: Next) -> Self {
        let Slice { rows, more, .. } = slice;
        Self { rows: rows.clone(), limit, total: None, ordered: rows, more, continued, next }
    }

    /// Notes how many rows the whole result has.
    pub(super) fn count(&mut self, total: Option<u64>) {
        self.total = total;
    }

    /// How the page ends when its first `rows` rows are delivered.
    ///
    /// # Errors
    /// A cursor cannot be sealed.
    pub(super) fn end(&self, rows: usize, keys: &CursorKeys) -> Result<End, Fault> {
        let has_more = self.more || rows < self.rows.num_rows();
        let promise = match &self.next {
            _ if !has_more && !self.continued => Promise::Complete,
            Next::Row { .. } => Promise::Keyset,
            Next::Kept { .. } | Next::None => Promise::Stored,
        };
        let cursor = if has_more { Some(self.cursor(rows, keys)?) } else { None };
        Ok(End { cursor, has_more, promise })
    }

    /// Leads to the row behind the first `rows`.
    fn cursor(&self, rows: usize, keys: &CursorKeys) -> Result<String, Fault> {
        match &self.next {
            Next::None => Err(Fault::internal("rows follow a page that has all of them")),
            Next::Row { terms, binding, now, made } => {
                let last = rows.checked_sub(1).ok_or_else(|| Fault::internal("rows follow an empty page"))?;
                let columns = columns(&self.ordered, terms.iter().map(|term| term.column.as_str()))?;
                let place = Place::Row { now: *now, row: row::encode(&columns, last)? };
                keys.seal(binding, &place, *made + LIFETIME)
            }
            Next::Kept { result, from, binding, now } => {
                let place = Place::Kept { now: *now, result: result.clone(), row: from + rows as u64 };
                keys.seal(binding, &place, result.expires())
            }
        }
    }
}

/// Takes rows off `stream` until there are more than `limit`, or as many bytes as a page has; and whether it ended.
pub(super) async fn take(stream: &mut RowStream, limit: usize) -> Result<(Vec<RecordBatch>, bool), Fault> {
    let (mut batches, mut count, mut bytes) = (Vec::new(), 0, 0);
    loop {
        if count > limit || (bytes > MAX_BYTES && count > 1) {
            return Ok((batches, false));
        }
        let Some(batch) = stream.next().await.transpose()? else { return Ok((batches, true)) };
        count += batch.num_rows();
        // The buffers are no smaller than the values in them, and cheaper to ask.
        bytes += batch.get_array_memory_size();
        if bytes > MAX_BYTES {
            bytes = batches.iter().chain([&batch]).map(size).sum();
        }
        batches.push(batch);
    }
}

/// Has a page of these rows no more than [`MAX_BYTES`] in any format? Said only where it is sure without encoding them.
pub(super) fn surely_fits(rows: &RecordBatch) -> bool {
    // Digits, quotes and punctuation of one value; a name and each byte of a text may be written as six.
    const VALUE: usize = 64;
    let schema = rows.schema();
    let is_flat = schema.fields().iter().all(|field| !field.data_type().is_nested());
    let row: usize = schema.fields().iter().map(|field| VALUE + 6 * field.name().len()).sum();
    rows.num_rows() == 0 || (is_flat && rows.num_rows() * row + 6 * size(rows) <= MAX_BYTES)
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
pub(super) fn check_key(rows: &RecordBatch, prepared: &Prepared) -> Result<(), Fault> {
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
