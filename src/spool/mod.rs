//! Results that were run once and are kept, in memory.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use datafusion::arrow::{array::RecordBatch, compute::concat_batches, datatypes::SchemaRef};
use futures::{StreamExt, stream::BoxStream};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    config::settings,
    model::{Code, Fault, Problem},
};

/// Rows as they come.
pub type Rows = BoxStream<'static, Result<RecordBatch, Fault>>;

/// Results that are kept.
#[derive(Debug, Default)]
pub struct Spool(Mutex<HashMap<ResultId, RecordBatch>>);

/// Names a result.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ResultId([u8; 16]);

/// Some rows of a result.
#[derive(Debug)]
pub struct Slice {
    /// The rows.
    pub rows: RecordBatch,
    /// Do others follow?
    pub more: bool,
    /// How many there are.
    pub total: Option<u64>,
}

impl ResultId {
    /// For a cursor.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// From a cursor.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// When it is removed.
    #[must_use]
    pub fn expires(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::hours(1)
    }
}

impl Spool {
    /// Opens it.
    ///
    /// # Errors
    /// None.
    pub fn open(_settings: &settings::Settings, _directory: &Path) -> Result<Arc<Self>, Problem> {
        Ok(Arc::default())
    }

    /// Keeps a result.
    ///
    /// # Errors
    /// Those of the run.
    pub async fn keep<P: Send + 'static>(
        self: &Arc<Self>,
        schema: SchemaRef,
        mut head: Vec<RecordBatch>,
        mut rest: Rows,
        _permit: P,
    ) -> Result<ResultId, Fault> {
        while let Some(batch) = rest.next().await.transpose()? {
            head.push(batch);
        }
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(Fault::internal)?;
        let rows = concat_batches(&schema, &head).map_err(Fault::internal)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(ResultId(id), rows);
        Ok(ResultId(id))
    }

    fn get(&self, id: &ResultId) -> Result<RecordBatch, Fault> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(id).cloned().ok_or_else(|| Fault::new(Code::CursorExpired, "the result is no longer kept"))
    }

    /// Reads.
    ///
    /// # Errors
    /// It is no longer kept.
    #[expect(clippy::unused_async, reason = "the real one waits")]
    pub async fn read(
        &self,
        id: &ResultId,
        from: u64,
        rows: usize,
        _bytes: usize,
        _deadline: Instant,
    ) -> Result<Slice, Fault> {
        let all = self.get(id)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(all.num_rows());
        let rows = rows.min(all.num_rows() - from);
        Ok(Slice {
            rows: all.slice(from, rows),
            more: from + rows < all.num_rows(),
            total: Some(all.num_rows() as u64),
        })
    }

    /// All rows.
    ///
    /// # Errors
    /// It is no longer kept.
    #[expect(clippy::unused_async, reason = "the real one waits")]
    pub async fn stream(self: &Arc<Self>, id: &ResultId, from: u64) -> Result<(SchemaRef, Rows), Fault> {
        let all = self.get(id)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(all.num_rows());
        let rest = all.slice(from, all.num_rows() - from);
        Ok((all.schema(), futures::stream::iter([Ok(rest)]).boxed()))
    }

    /// Counts.
    ///
    /// # Errors
    /// It is no longer kept.
    #[expect(clippy::unused_async, reason = "the real one waits")]
    pub async fn total(&self, id: &ResultId, _deadline: Instant) -> Result<u64, Fault> {
        Ok(self.get(id)?.num_rows() as u64)
    }

    /// Removes what has expired.
    #[must_use]
    pub fn keep_clean(self: &Arc<Self>) -> JoinSet<()> {
        JoinSet::new()
    }
}
