//! One table of files: which of them a query needs, and the scan over these.
//!
//! The list of files is the one of the last refresh: a query lists nothing, and all its reads see the same files.

use std::{collections::HashSet, fmt, sync::Arc};

use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{AsArray, RecordBatch},
        datatypes::{DataType, Field, FieldRef, Schema, SchemaRef},
    },
    catalog::{Session, TableProvider},
    common::{
        ColumnStatistics, DFSchema, Statistics, TableReference, project_schema, stats::Precision, tree_node::TreeNode,
    },
    config::TableParquetOptions,
    datasource::{
        TableType,
        listing::PartitionedFile,
        physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder, FileSource, ParquetSource},
        source::DataSourceExec,
        table_schema::TableSchema,
    },
    error::Result,
    execution::{cache::cache_manager::FileMetadataCache, object_store::ObjectStoreUrl},
    logical_expr::{Expr, TableProviderFilterPushDown},
    physical_plan::{ExecutionPlan, empty::EmptyExec},
    scalar::ScalarValue,
};

use super::{
    adapter::StrictAdapterFactory,
    discover::FoundFile,
    reads::{ListedVersions, Reads},
    schema::{self, Column},
    text::TextFormat,
    text_source::TextSource,
};
use crate::{config::source::FileFormat, sources::strict::Target};

/// How old Parquet's INT96 timestamps are read: nanoseconds would not hold every year.
pub const INT96_UNIT: &str = "us";

/// The bytes of a field in a text file, as far as nobody has read it.
const BYTES_OF_A_FIELD: u64 = 8;
/// How much smaller compressed text is, as far as nobody has read it.
const COMPRESSION: u64 = 4;

/// The source, schema and table that `scan` reads, when it is one of ours.
#[must_use]
pub fn table_of(scan: &FileScanConfig) -> Option<TableReference> {
    super::source_of(&scan.object_store_url)?;
    scan.file_groups.iter().flat_map(FileGroup::iter).next()?.table_reference.clone()
}

/// What a scan's table was when it was listed.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// The version of its log, if it has one.
    pub version: Option<u64>,
    /// Its files.
    pub files: usize,
}

/// What the table that `scan` reads was, when it is one of ours.
#[must_use]
pub fn listed_of(scan: &FileScanConfig) -> Option<Listed> {
    super::source_of(&scan.object_store_url)?;
    scan.file_groups.iter().flat_map(FileGroup::iter).find_map(|file| file.extensions.get::<Listed>().copied())
}

/// What the tables of a source share.
#[derive(Clone)]
pub struct Storage {
    /// The store's name in the runtime.
    pub url: ObjectStoreUrl,
    /// The store, registered under that name.
    pub reads: Arc<Reads>,
    /// Footers of Parquet files. Of this source alone: the runtime's own cache tells files apart by path, size and time
    /// only, and paths of two sources may be the same.
    pub footers: Arc<FileMetadataCache>,
}

/// A table of files.
pub struct FilesTable {
    /// `source.table`, for faults.
    label: Arc<str>,
    storage: Storage,
    format: FileFormat,
    columns: Arc<[Column]>,
    schema: TableSchema,
    files: Vec<PartitionedFile>,
    version: Option<u64>,
}

/// A file and, when its format knows, what it holds.
pub struct TableFile {
    /// Where it is.
    pub found: FoundFile,
    /// The columns in it, its statistics in the same order.
    pub known: Option<(SchemaRef, Statistics)>,
}

impl FilesTable {
    /// `name` is the source, its schema and the table.
    #[must_use]
    pub fn new(
        name: &TableReference,
        storage: Storage,
        format: FileFormat,
        columns: Vec<Column>,
        partitions: Vec<(String, DataType)>,
        files: Vec<TableFile>,
    ) -> Self {
        let partitions: Vec<FieldRef> =
            partitions.into_iter().map(|(name, data_type)| Arc::new(Field::new(name, data_type, true))).collect();
        let files =
            files.into_iter().map(|file| partitioned_file(file, &columns).with_table_reference(Some(name.clone())));
        let files = files.collect();
        let label = format!("{}.{}", name.catalog().unwrap_or_default(), name.table());
        let schema = TableSchema::builder(schema::file_schema(&columns)).with_table_partition_cols(partitions).build();
        Self { label: label.into(), storage, format, columns: columns.into(), schema, files, version: None }
    }

    /// The same of Parquet files.
    #[must_use]
    pub fn parquet(
        name: &TableReference,
        storage: Storage,
        columns: Vec<Column>,
        partitions: Vec<(String, DataType)>,
        files: Vec<TableFile>,
    ) -> Self {
        Self::new(name, storage, FileFormat::Parquet, columns, partitions, files)
    }

    /// The same as of a version of its log.
    #[must_use]
    pub fn at_version(self, version: u64) -> Self {
        Self { version: Some(version), ..self }
    }

    /// The files whose partition values fulfil `filters`.
    pub fn pruned(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<PartitionedFile>> {
        let filters: Vec<_> = filters.iter().filter(|filter| self.is_on_partitions(filter)).collect();
        if filters.is_empty() || self.files.is_empty() {
            return Ok(self.files.clone());
        }
        let schema = Arc::new(Schema::new(self.schema.table_partition_cols().clone()));
        let columns = (0..schema.fields().len())
            .map(|index| ScalarValue::iter_to_array(self.files.iter().map(|file| file.partition_values[index].clone())))
            .collect::<Result<Vec<_>>>()?;
        let values = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        let schema = DFSchema::try_from(schema)?;
        let mut kept = self.files.iter().map(Some).collect::<Vec<_>>();
        for filter in filters {
            let holds = state.create_physical_expr(filter.clone(), &schema)?.evaluate(&values)?;
            let holds = holds.into_array(values.num_rows())?;
            for (file, holds) in kept.iter_mut().zip(holds.as_boolean()) {
                *file = file.filter(|_| holds == Some(true));
            }
        }
        Ok(kept.into_iter().flatten().cloned().collect())
    }

    /// Can the list of files alone decide `filter`?
    fn is_on_partitions(&self, filter: &Expr) -> bool {
        let partitions: HashSet<_> = self.schema.table_partition_cols().iter().map(|field| field.name()).collect();
        let columns = filter.column_refs();
        !columns.is_empty() && columns.iter().all(|column| partitions.contains(&column.name)) && is_plain(filter)
    }

    fn statistics_of(&self, files: &[PartitionedFile]) -> Result<Statistics> {
        let schema = self.schema.table_schema();
        match self.format {
            FileFormat::Parquet => merged(files, schema),
            // Text says nothing of itself, but a join has to know which of its sides is the small one.
            FileFormat::Csv | FileFormat::Ndjson => {
                let width = BYTES_OF_A_FIELD.saturating_mul(self.columns.len().max(1) as u64);
                let rows = files.iter().map(text_bytes).sum::<u64>().div_ceil(width);
                let rows = usize::try_from(rows).unwrap_or(usize::MAX);
                Ok(Statistics::new_unknown(schema).with_num_rows(Precision::Inexact(rows)))
            }
        }
    }

    fn file_source(&self, state: &dyn Session) -> Arc<dyn FileSource> {
        let text = |format| {
            let (label, columns) = (Arc::clone(&self.label), Arc::clone(&self.columns));
            Arc::new(TextSource::new(format, label, columns, self.schema.clone()))
        };
        match self.format {
            FileFormat::Csv => text(TextFormat::Csv),
            FileFormat::Ndjson => text(TextFormat::Ndjson),
            FileFormat::Parquet => {
                let mut global = state.config_options().execution.parquet.clone();
                global.coerce_int96 = Some(INT96_UNIT.to_owned());
                let options = TableParquetOptions { global, ..TableParquetOptions::default() };
                let (reads, footers) = (Arc::clone(&self.storage.reads), Arc::clone(&self.storage.footers));
                let reader = ListedVersions { reads, footers };
                Arc::new(
                    ParquetSource::new(self.schema.clone())
                        .with_table_parquet_options(options)
                        .with_parquet_file_reader_factory(Arc::new(reader)),
                )
            }
        }
    }
}

impl fmt::Debug for FilesTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilesTable")
            .field("table", &self.label)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for FilesTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Filters on partitions choose files. Parquet also prunes row groups and pages by others (except by floats), but
    /// drops no single row.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| match self.format {
            _ if self.is_on_partitions(filter) => TableProviderFilterPushDown::Exact,
            FileFormat::Parquet => TableProviderFilterPushDown::Inexact,
            FileFormat::Csv | FileFormat::Ndjson => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(answer).collect())
    }

    fn statistics(&self) -> Option<Statistics> {
        self.statistics_of(&self.files).ok()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.scan_files(state, projection, self.pruned(state, filters)?, limit)
    }
}

impl FilesTable {
    /// The scan over `files`, which are some of this table's.
    pub fn scan_files(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        mut files: Vec<PartitionedFile>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(first) = files.first_mut() else {
            return Ok(Arc::new(EmptyExec::new(project_schema(&self.schema(), projection)?)));
        };
        first.extensions.insert(Listed { version: self.version, files: self.files.len() });
        let statistics = self.statistics_of(&files)?;
        let columns = self.columns.iter().map(|column| (column.name.clone(), column.clone())).collect();
        let adapter = StrictAdapterFactory { table: Arc::clone(&self.label), columns: Arc::new(columns) };
        let scan = FileScanConfigBuilder::new(self.storage.url.clone(), self.file_source(state))
            .with_file_groups(FileGroup::new(files).split_files(state.config().target_partitions().max(1)))
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .with_expr_adapter(Some(Arc::new(adapter)))
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

/// Can `filter` be evaluated when a scan is planned?
#[must_use]
pub fn is_plain(filter: &Expr) -> bool {
    let opaque = filter.exists(|expr| {
        Ok(matches!(
            expr,
            Expr::ScalarSubquery(_)
                | Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::Placeholder(_)
        ))
    });
    !filter.is_volatile() && matches!(opaque, Ok(false))
}

/// About how many bytes of text a file holds.
fn text_bytes(file: &PartitionedFile) -> u64 {
    let is_compressed = [".gz", ".zst"].iter().any(|ending| file.object_meta.location.as_ref().ends_with(ending));
    file.object_meta.size.saturating_mul(if is_compressed { COMPRESSION } else { 1 })
}

fn merged(files: &[PartitionedFile], schema: &SchemaRef) -> Result<Statistics> {
    if files.iter().any(|file| file.statistics.is_none()) {
        return Ok(Statistics::new_unknown(schema));
    }
    Statistics::try_merge_iter(files.iter().filter_map(|file| file.statistics.as_deref()), schema)
}

fn partitioned_file(file: TableFile, columns: &[Column]) -> PartitionedFile {
    let TableFile { found, known } = file;
    let statistics = known.map(|(schema, known)| {
        let of_columns = columns.iter().map(|column| match schema.index_of(&column.name) {
            // Bounds in another type than the column's would mislead the optimizer, and those of floats leave NaN out.
            Ok(index)
                if column.target != Target::plain(schema.field(index).data_type())
                    || column.target.data_type.is_floating() =>
            {
                ColumnStatistics { null_count: known.column_statistics[index].null_count, ..unknown() }
            }
            Ok(index) => known.column_statistics[index].clone(),
            Err(_) => ColumnStatistics { null_count: known.num_rows, ..unknown() },
        });
        let of_partitions = found.partition_values.iter().map(|value| {
            if value.is_null() {
                return ColumnStatistics { null_count: known.num_rows, ..unknown() };
            }
            let bound = Precision::Exact(value.clone());
            ColumnStatistics {
                null_count: Precision::Exact(0),
                min_value: bound.clone(),
                max_value: bound,
                ..unknown()
            }
        });
        let column_statistics = of_columns.chain(of_partitions).collect();
        Statistics { num_rows: known.num_rows, total_byte_size: known.total_byte_size, column_statistics }
    });
    let mut file = PartitionedFile::from(found.object);
    file.partition_values = found.partition_values;
    file.statistics = statistics.map(Arc::new);
    file
}

fn unknown() -> ColumnStatistics {
    ColumnStatistics::new_unknown()
}
