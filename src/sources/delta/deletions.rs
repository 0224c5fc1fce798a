//! Rows that are deleted though their files still hold them: deletion vectors.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

use datafusion::{
    arrow::array::BooleanArray,
    datasource::{listing::PartitionedFile, physical_plan::parquet::ParquetRowSelection},
    error::{DataFusionError, Result as EngineResult},
    execution::{
        runtime_env::RuntimeEnv,
        session_state::{SessionState, SessionStateBuilder},
    },
    object_store::{ObjectStore, path::Path},
    parquet::arrow::arrow_reader::RowSelection,
};
use deltalake_core::{
    delta_datafusion::{DeltaScanConfig, DeltaScanNext},
    kernel::EagerSnapshot,
};
use tokio::sync::OnceCell;
use url::Url;

use super::{super::files::faults, log::ROOT};
use crate::model::{Code, Fault, SourceName};

/// The deleted rows of one version of a table. They are read when a query first needs them.
pub struct Deletions {
    scan: DeltaScanNext,
    /// Where the library finds the table: it looks for stores in a session.
    session: SessionState,
    /// The table's folder.
    root: Path,
    source: SourceName,
    files: HashSet<Path>,
    kept: OnceCell<HashMap<Path, RowSelection>>,
}

impl Deletions {
    /// Those of `files`, read from `store`, which is rooted at the table.
    ///
    /// # Errors
    /// Why the library does not read them.
    pub fn new(
        snapshot: Arc<EagerSnapshot>,
        store: Arc<dyn ObjectStore>,
        root: Path,
        source: SourceName,
        files: HashSet<Path>,
    ) -> Result<Self, String> {
        let scan = DeltaScanNext::new(snapshot, DeltaScanConfig::default()).map_err(|error| error.to_string())?;
        let runtime = RuntimeEnv::default();
        runtime.register_object_store(&Url::parse(ROOT).expect("it is written as a URL"), store);
        let session = SessionStateBuilder::new().with_runtime_env(Arc::new(runtime)).build();
        Ok(Self { scan, session, root, source, files, kept: OnceCell::new() })
    }

    /// Makes scans of `files` leave out what is deleted.
    pub async fn apply(&self, files: &mut [PartitionedFile]) -> EngineResult<()> {
        for file in files.iter_mut().filter(|file| self.files.contains(&file.object_meta.location)) {
            let kept = self.kept.get_or_try_init(|| self.read()).await?;
            let kept = kept.get(&file.object_meta.location).ok_or_else(|| self.failed("a file is left out"))?;
            file.extensions.insert(ParquetRowSelection::new(kept.clone()));
        }
        Ok(())
    }

    async fn read(&self) -> EngineResult<HashMap<Path, RowSelection>> {
        let vectors =
            self.scan.deletion_vectors(&self.session).await.map_err(|error| match faults::carried_by(&error) {
                Some(fault) => faults::carried(fault.clone()),
                None => self.failed(error),
            })?;
        let kept = vectors.into_iter().map(|vector| {
            let url = Url::parse(&vector.filepath).map_err(|error| self.failed(error))?;
            let path = Path::from_url_path(url.path()).map_err(|error| self.failed(error))?;
            let path = self.root.parts().chain(path.parts()).collect();
            Ok((path, RowSelection::from_filters(&[BooleanArray::from(vector.keep_mask)])))
        });
        kept.collect()
    }

    fn failed(&self, cause: impl fmt::Display) -> DataFusionError {
        let detail = format!("the deleted rows of a table of source `{}` cannot be read", self.source);
        faults::carried(Fault::new(Code::SourceFailed, detail).with_internal(cause))
    }
}

impl fmt::Debug for Deletions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deletions").field("files", &self.files.len()).finish_non_exhaustive()
    }
}
