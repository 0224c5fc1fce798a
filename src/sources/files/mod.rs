//! `kind: files`: Parquet, CSV and NDJSON in a directory or an object store.
//!
//! `store` opens the location, `discover` sorts its files into tables, `schema` unites their columns, `table` scans
//! them: Parquet through the engine with `adapter`, CSV and NDJSON through `text` and `text_source`. All convert values
//! with `strict` (text by `spelling`) and read through `reads`. Files whose columns a log describes, as Delta Lake's, are
//! brought into its `shape` first: `sources/delta` has such tables.

mod adapter;
pub(super) mod discover;
pub(super) mod faults;
pub(super) mod reads;
pub(super) mod schema;
pub(super) mod shape;
pub(super) mod store;
pub(super) mod table;
mod text;
mod text_source;

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::{Schema, SchemaRef, TimeUnit},
    catalog::TableProvider,
    common::{Statistics, TableReference},
    datasource::physical_plan::parquet::metadata::DFParquetMetadata,
    execution::{cache::default_cache::DefaultCache, runtime_env::RuntimeEnv},
    object_store::{self, ObjectMeta, ObjectStore, ObjectStoreExt, path::Path},
};
use futures::{StreamExt, TryStreamExt};

pub use store::source_of;
pub use table::{Listed, listed_of, table_of};

use super::{Listing, Source, Table, annotated_key, strict::Target};
use crate::{
    config::{
        SourceConfig, TableConfig,
        source::{FileFormat, FilesConfig},
    },
    model::{Fault, Problem, TableNames, place::nearest},
};
use discover::FoundTable;
use reads::Reads;
use table::{FilesTable, Storage, TableFile};
use text::TextFormat;

/// The one schema of a files source.
pub const SCHEMA: &str = "public";

/// Files that are opened at once to learn their columns.
const CONCURRENT_FILES: usize = 16;

/// Bytes of Parquet footers that a source keeps.
const FOOTER_CACHE: usize = 64 << 20;

/// A store that gives no part of its listing for so long is down.
const LISTING_PATIENCE: Duration = Duration::from_secs(10);

/// Opens a files source and registers its store in `runtime` under a URL of its own. Connects to nothing.
pub fn open(config: &SourceConfig, files: &FilesConfig, runtime: &Arc<RuntimeEnv>) -> Result<Arc<dyn Source>, Problem> {
    let store = crate::store::open(&files.location, &files.options)?;
    let storage = Storage::register(config, Reads::latest(Arc::clone(&store), config.name.clone()), runtime);
    Ok(Arc::new(Files { config: config.clone(), at: files.clone(), store, storage, known: Mutex::default() }))
}

struct Files {
    config: SourceConfig,
    at: FilesConfig,
    store: Arc<dyn ObjectStore>,
    storage: Storage,
    /// What was learned of files that have not changed since.
    known: Mutex<Known>,
}

/// A file read in one format: two tables may read the same file differently.
type FileKey = (Path, FileFormat);

type Known = HashMap<FileKey, (ObjectMeta, FileContent)>;

/// The columns of a file; Parquet footers also tell statistics, in the same order.
#[derive(Clone)]
struct FileContent {
    schema: SchemaRef,
    statistics: Option<Statistics>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("name", &self.config.name).finish_non_exhaustive()
    }
}

#[async_trait]
impl Source for Files {
    async fn tables(&self, _named: &TableNames) -> Result<Listing, Fault> {
        if store::is_missing(&self.at.location.value).await {
            return Err(faults::missing(&self.config.name));
        }
        let objects = self.list().await?;
        let (found, mut problems) =
            discover::tables(objects, &self.config.tables, self.at.discover, &self.config.place);
        let contents = self.contents(&found).await?;
        let mut tables = Vec::new();
        for table in found {
            match self.table(table, &contents, &mut problems) {
                Ok(table) => tables.push(table),
                Err(fatal) => problems.extend(fatal),
            }
        }
        Ok(Listing { default_schema: SCHEMA.to_owned(), tables, others: Vec::new(), problems })
    }
}

/// What each file holds: `None` for one that is gone, `Err` for one that is not what its ending says.
type Contents = HashMap<FileKey, Option<Result<FileContent, String>>>;

impl Files {
    /// All files, or without `discover` those of the declared tables.
    async fn list(&self) -> Result<Vec<ObjectMeta>, Fault> {
        let store = &self.store;
        if self.at.discover {
            return self.list_under(None).await;
        }
        let mut objects: HashMap<Path, ObjectMeta> = HashMap::new();
        for path in self.config.tables.iter().filter_map(|table| table.path.as_ref()) {
            let path = Path::from(discover::root_of(&path.value));
            if path.is_root() {
                return self.list_under(None).await;
            }
            let under = match store.head(&path).await {
                // `PrefixStore` answers with the path below the prefix taken off only when it lists.
                Ok(file) => vec![ObjectMeta { location: path, ..file }],
                Err(object_store::Error::NotFound { .. }) => self.list_under(Some(&path)).await?,
                Err(error) => return Err(faults::unlisted(&self.config.name, &error)),
            };
            objects.extend(under.into_iter().map(|object| (object.location.clone(), object)));
        }
        Ok(objects.into_values().collect())
    }

    async fn list_under(&self, folder: Option<&Path>) -> Result<Vec<ObjectMeta>, Fault> {
        let mut listing = self.store.list(folder);
        let mut objects = Vec::new();
        loop {
            match tokio::time::timeout(LISTING_PATIENCE, listing.next()).await {
                Ok(Some(Ok(object))) => objects.push(object),
                Ok(Some(Err(error))) => return Err(faults::unlisted(&self.config.name, &error)),
                Ok(None) => return Ok(objects),
                Err(_) => return Err(self.impatient()),
            }
        }
    }

    fn impatient(&self) -> Fault {
        faults::unreachable(&self.config.name, format_args!("no answer within {LISTING_PATIENCE:?}"))
    }

    async fn contents(&self, tables: &[FoundTable<'_>]) -> Result<Contents, Fault> {
        let mut files = Vec::new();
        for table in tables {
            files.extend(table.files.iter().map(|file| self.content(file.object.clone(), table.format)));
        }
        let contents: Contents = futures::stream::iter(files).buffer_unordered(CONCURRENT_FILES).try_collect().await?;
        self.known().retain(|file, _| contents.contains_key(file));
        Ok(contents)
    }

    async fn content(
        &self,
        object: ObjectMeta,
        format: FileFormat,
    ) -> Result<(FileKey, Option<Result<FileContent, String>>), Fault> {
        let key = (object.location.clone(), format);
        let remembered = self.known().get(&key).filter(|(seen, _)| *seen == object).cloned();
        if let Some((_, content)) = remembered {
            return Ok((key, Some(Ok(content))));
        }
        let error = match self.storage.learn(&object, format).await {
            Ok(content) => {
                self.known().insert(key.clone(), (object, content.clone()));
                return Ok((key, Some(Ok(content))));
            }
            Err(error) => error,
        };
        match (faults::store_error(&error), faults::carried_by(&error)) {
            (Some(object_store::Error::NotFound { .. }), _) => Ok((key, None)),
            (_, Some(fault)) => Err(fault.clone()),
            (_, None) => {
                let path = &key.0;
                tracing::warn!(source = %self.config.name, file = %path, %error, "a file cannot be read");
                let what = match format {
                    FileFormat::Parquet => "Parquet",
                    FileFormat::Csv => TextFormat::Csv.name(),
                    FileFormat::Ndjson => TextFormat::Ndjson.name(),
                };
                let message = format!("`{path}` cannot be read as {what}");
                Ok((key, Some(Err(message))))
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Entries are whole or absent, so a panic elsewhere leaves nothing half-written.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unites the files of one table; `Err` when it cannot be read, `problems` for annotations that do not fit.
    fn table(
        &self,
        found: FoundTable<'_>,
        contents: &Contents,
        problems: &mut Vec<Problem>,
    ) -> Result<Table, Vec<Problem>> {
        let FoundTable { name, config, format, files, partitions } = found;
        let place = config.map_or(&self.config.place, |config| &config.name.place);
        let is_partition = |name: &str| partitions.iter().any(|(partition, _)| partition == name);
        let mut fatal = Vec::new();
        let mut read = Vec::new();
        for file in files {
            match contents.get(&(file.object.location.clone(), format)).cloned().flatten() {
                Some(Ok(content)) => read.push((file, content)),
                Some(Err(message)) => fatal.push(Problem::error(place.clone(), message)),
                None => {}
            }
        }
        if fatal.is_empty() && read.is_empty() {
            fatal.push(Problem::error(place.clone(), format!("the files of table `{name}` are gone")));
        }
        if !fatal.is_empty() {
            return Err(fatal);
        }
        // A column that is also a folder has the folder's value.
        let schemas: Vec<_> = read
            .iter()
            .map(|(file, content)| {
                let fields = content.schema.fields().iter().filter(|field| !is_partition(field.name()));
                (file.object.location.as_ref(), Schema::new(fields.cloned().collect::<Vec<_>>()))
            })
            .collect();
        let schemas: Vec<_> = schemas.iter().map(|(file, schema)| (*file, schema)).collect();
        let declared = config.map_or_else(HashMap::new, |config| {
            config.columns.iter().map(|(name, kind)| (name.value.as_str(), Target::declared(kind))).collect()
        });
        let columns = schema::unite(format, &schemas, &declared).map_err(|conflicts| {
            let of = |column: &str| {
                config
                    .and_then(|config| config.columns.iter().find(|(name, _)| name.value == column))
                    .map(|(name, _)| &name.place)
            };
            let problems = conflicts.into_iter().map(|conflict| {
                Problem::error(of(&conflict.column).unwrap_or(place).clone(), conflict.message).hint(format!(
                    "rewrite one of the files, or `tables: {{{name}: {{columns: {{{}: string}}}}}}`",
                    conflict.column
                ))
            });
            problems.collect::<Vec<_>>()
        })?;
        if let Some(config) = config {
            let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
            let folders: Vec<_> = partitions.iter().map(|(name, _)| name.as_str()).collect();
            problems.extend(unknown_columns(config, &names, &folders));
        }
        let files = read.into_iter().map(|(found, content)| {
            let FileContent { schema, statistics } = content;
            TableFile { found, known: statistics.map(|statistics| (schema, statistics)) }
        });
        let reference = TableReference::full(self.config.name.as_str(), SCHEMA, name.as_str());
        let provider = FilesTable::new(&reference, self.storage.clone(), format, columns, partitions, files.collect());
        let key = annotated_key(config, &provider.schema()).unwrap_or_default();
        let (comment, column_comments) = (None, HashMap::new());
        Ok(Table { schema: SCHEMA.to_owned(), name, provider: Arc::new(provider), key, comment, column_comments })
    }
}

impl Storage {
    /// Makes `reads` the store that scans of this source read from.
    #[must_use]
    pub fn register(config: &SourceConfig, reads: Reads, runtime: &Arc<RuntimeEnv>) -> Self {
        let (url, reads) = (store::url_of(&config.name), Arc::new(reads));
        runtime.register_object_store(url.as_ref(), Arc::clone(&reads) as Arc<dyn ObjectStore>);
        Self { url, reads, footers: Arc::new(DefaultCache::new(FOOTER_CACHE)) }
    }

    /// Opens a file to learn its columns.
    async fn learn(&self, object: &ObjectMeta, format: FileFormat) -> datafusion::error::Result<FileContent> {
        let text = |format| text::infer(Arc::clone(&self.reads) as _, object, format);
        let schema = match format {
            FileFormat::Csv => text(TextFormat::Csv).await?,
            FileFormat::Ndjson => text(TextFormat::Ndjson).await?,
            FileFormat::Parquet => {
                let listed = self.reads.of_version(object);
                let footer = DFParquetMetadata::new(&listed, object)
                    .with_file_metadata_cache(Some(Arc::clone(&self.footers)))
                    .with_coerce_int96(Some(TimeUnit::Microsecond));
                let schema = Arc::new(footer.fetch_schema().await?);
                let statistics = Some(footer.fetch_statistics(&schema).await?);
                return Ok(FileContent { schema, statistics });
            }
        };
        Ok(FileContent { schema: Arc::new(schema), statistics: None })
    }
}

/// `columns:` and `key:` that name no column of the table.
pub(super) fn unknown_columns(config: &TableConfig, columns: &[&str], partitions: &[&str]) -> Vec<Problem> {
    let all: HashSet<&str> = columns.iter().chain(partitions).copied().collect();
    let named = config.columns.iter().map(|(name, _)| name).chain(&config.key);
    let unknown = named.filter(|name| !all.contains(name.value.as_str())).map(|name| {
        let problem =
            Problem::error(name.place.clone(), format!("table `{}` has no column `{}`", config.name.value, name.value));
        match nearest(&name.value, all.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        }
    });
    let misplaced =
        config.columns.iter().filter(|(name, _)| partitions.contains(&name.value.as_str())).map(|(name, _)| {
            Problem::error(name.place.clone(), format!("`{}` is a partition, not a column of the files", name.value))
                .hint("give its type under `partitions`")
        });
    unknown.chain(misplaced).collect()
}
