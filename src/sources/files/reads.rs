//! The store as scans see it: read only, one version of a file, and errors that carry a fault.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use datafusion::{
    datasource::{
        listing::PartitionedFile,
        physical_plan::{ParquetFileReaderFactory, parquet::CachedParquetFileReaderFactory},
    },
    error::Result as EngineResult,
    execution::cache::cache_manager::FileMetadataCache,
    object_store::{
        CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
        ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path,
    },
    parquet::arrow::async_reader::AsyncFileReader,
    physical_plan::metrics::ExecutionPlanMetricsSet,
};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use tokio::sync::Notify;

use super::faults;
use crate::model::SourceName;

/// A source's store, for reading.
pub struct Reads {
    inner: Arc<dyn ObjectStore>,
    source: SourceName,
    version: Option<String>,
    /// Whom to tell of files that a log names and that are gone.
    gone: Option<Arc<Notify>>,
}

impl Reads {
    /// Reads whichever version of a file is there.
    #[must_use]
    pub fn latest(inner: Arc<dyn ObjectStore>, source: SourceName) -> Self {
        Self { inner, source, version: None, gone: None }
    }

    /// Reads files that a log names: they never change, but a vacuum removes them. `gone` is notified then.
    #[must_use]
    pub fn logged(inner: Arc<dyn ObjectStore>, source: SourceName, gone: Arc<Notify>) -> Self {
        Self { gone: Some(gone), ..Self::latest(inner, source) }
    }

    /// Reads the version of `file` that was listed, or fails: a footer of one version would make nonsense of another.
    #[must_use]
    pub fn of_version(&self, file: &ObjectMeta) -> Self {
        let (inner, gone) = (Arc::clone(&self.inner), self.gone.clone());
        Self { inner, source: self.source.clone(), version: file.e_tag.clone(), gone }
    }

    /// The same error with a fault as its cause.
    fn told(source: &SourceName, gone: Option<&Notify>, file: &Path, error: Error) -> Error {
        let cause = match (gone, &error) {
            (Some(gone), Error::NotFound { .. }) => {
                // Kept until somebody waits for it.
                gone.notify_one();
                Box::new(faults::vacuumed(source, file, &error))
            }
            _ => Box::new(faults::store(source, file, &error)),
        };
        match error {
            Error::NotFound { path, .. } => Error::NotFound { path, source: cause },
            Error::Precondition { path, .. } => Error::Precondition { path, source: cause },
            _ => Error::Generic { store: "files", source: cause },
        }
    }

    fn refused<T>(&self) -> Result<T> {
        Err(Error::NotSupported { source: format!("source {} is only read", self.source).into() })
    }
}

// The inner store's own text may show its settings.
impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reads({})", self.source)
    }
}

impl fmt::Display for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "files of {}", self.source)
    }
}

#[async_trait]
impl ObjectStore for Reads {
    async fn get_opts(&self, location: &Path, mut options: GetOptions) -> Result<GetResult> {
        options.if_match = options.if_match.or_else(|| self.version.clone());
        let told = {
            let (source, gone, file) = (self.source.clone(), self.gone.clone(), location.clone());
            move |error| Self::told(&source, gone.as_deref(), &file, error)
        };
        let mut answer = self.inner.get_opts(location, options).await.map_err(&told)?;
        if let GetResultPayload::Stream(bytes) = answer.payload {
            answer.payload = GetResultPayload::Stream(bytes.map_err(told).boxed());
        }
        Ok(answer)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        self.refused()
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.refused()
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        futures::stream::iter([self.refused()]).boxed()
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        self.refused()
    }
}

/// Reads Parquet files in the version that was listed.
#[derive(Debug)]
pub struct ListedVersions {
    /// The store.
    pub reads: Arc<Reads>,
    /// Footers of files that were read before.
    pub footers: Arc<FileMetadataCache>,
}

impl ParquetFileReaderFactory for ListedVersions {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        footer_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> EngineResult<Box<dyn AsyncFileReader + Send>> {
        let version: Arc<dyn ObjectStore> = Arc::new(self.reads.of_version(&file.object_meta));
        let cached = CachedParquetFileReaderFactory::new(version, Arc::clone(&self.footers));
        cached.create_reader(partition, file, footer_size_hint, metrics)
    }
}
