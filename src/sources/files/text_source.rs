//! CSV and NDJSON behind the engine's file scan: each file's own columns, read strictly as the table's.

use std::{fmt, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array},
        datatypes::{DataType, Field, Fields, Schema, SchemaRef},
    },
    common::tree_node::TreeNodeRecursion,
    datasource::{
        listing::PartitionedFile,
        physical_plan::{FileOpenFuture, FileOpener, FileScanConfig, FileSource},
        projection::{ProjectionOpener, SplitProjection},
        table_schema::TableSchema,
    },
    error::{DataFusionError, Result},
    object_store::ObjectStore,
    physical_expr::{PhysicalExpr, projection::ProjectionExprs},
    physical_plan::{
        DisplayFormatType,
        metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder},
    },
};
use futures::{FutureExt, StreamExt, TryStreamExt};

use super::{
    faults,
    schema::Column,
    text::{self, TextFormat},
};
use crate::sources::strict::Misfit;

/// A scan of text files.
#[derive(Clone)]
pub struct TextSource {
    format: TextFormat,
    /// `source.table`, for faults.
    table: Arc<str>,
    /// The columns of the files, in the order of the table's file schema.
    columns: Arc<[Column]>,
    table_schema: TableSchema,
    projection: SplitProjection,
    batch_size: Option<usize>,
    metrics: ExecutionPlanMetricsSet,
}

impl TextSource {
    /// A scan of all columns.
    #[must_use]
    pub fn new(format: TextFormat, table: Arc<str>, columns: Arc<[Column]>, table_schema: TableSchema) -> Self {
        let projection = SplitProjection::unprojected(&table_schema);
        let metrics = ExecutionPlanMetricsSet::new();
        Self { format, table, columns, table_schema, projection, batch_size: None, metrics }
    }
}

impl FileSource for TextSource {
    fn create_file_opener(
        &self,
        store: Arc<dyn ObjectStore>,
        _: &FileScanConfig,
        partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        let file_schema = self.table_schema.file_schema();
        let indices = &self.projection.file_indices;
        let opener = TextOpener {
            store,
            format: self.format,
            table: Arc::clone(&self.table),
            columns: indices.iter().map(|index| self.columns[*index].clone()).collect(),
            schema: Arc::new(file_schema.project(indices)?),
            batch_size: self
                .batch_size
                .ok_or_else(|| DataFusionError::Internal("the batch size is not set".to_owned()))?,
            // The name that DataFusion's own file sources use.
            scanned: MetricBuilder::new(&self.metrics).counter("bytes_scanned", partition),
        };
        ProjectionOpener::try_new(self.projection.clone(), Arc::new(opener), file_schema)
    }

    fn table_schema(&self) -> &TableSchema {
        &self.table_schema
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        Arc::new(Self { batch_size: Some(batch_size), ..self.clone() })
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        Some(&self.projection.source)
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn FileSource>>> {
        let merged = self.projection.source.try_merge(projection)?;
        let projection = SplitProjection::new(self.table_schema.file_schema(), &merged);
        Ok(Some(Arc::new(Self { projection, ..self.clone() })))
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    fn file_type(&self) -> &str {
        match self.format {
            TextFormat::Csv => "csv",
            TextFormat::Ndjson => "ndjson",
        }
    }

    // A byte offset says nothing about where a quoted record begins.
    fn supports_repartitioning(&self) -> bool {
        false
    }

    fn fmt_extra(&self, _: DisplayFormatType, _: &mut fmt::Formatter) -> fmt::Result {
        Ok(())
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        datafusion::physical_plan::apply_expression_roots(self.projection.source.iter(), f)
    }
}

#[derive(Clone)]
struct TextOpener {
    store: Arc<dyn ObjectStore>,
    format: TextFormat,
    table: Arc<str>,
    columns: Vec<Column>,
    schema: SchemaRef,
    batch_size: usize,
    scanned: Count,
}

impl FileOpener for TextOpener {
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let opener = self.clone();
        Ok(async move {
            let file = file.object_meta;
            let raw =
                opener.columns.iter().map(|column| Field::new(&column.name, raw_type(column, opener.format), true));
            let raw = Arc::new(Schema::new(raw.collect::<Fields>()));
            let (store, scanned) = (Arc::clone(&opener.store), opener.scanned.clone());
            let batches = text::read(store, &file, opener.format, raw, opener.batch_size, scanned).await;
            let failed = {
                let (table, path, format) = (Arc::clone(&opener.table), file.location.clone(), opener.format);
                move |error| unreadable(&table, path.as_ref(), format, error)
            };
            let batches = batches.map_err(&failed)?.map_err(failed);
            Ok(batches.map(move |batch| opener.typed(file.location.as_ref(), &batch?)).boxed())
        }
        .boxed())
    }
}

impl TextOpener {
    fn typed(&self, file: &str, raw: &RecordBatch) -> Result<RecordBatch> {
        let columns = self.columns.iter().map(|column| match raw.column_by_name(&column.name) {
            None => Ok(new_null_array(&column.target.data_type, raw.num_rows())),
            Some(text) => typed(column, text).map_err(|misfit| {
                faults::carried(faults::misfit(&self.table, &column.name, &column.target, Some(file), &misfit))
            }),
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let rows = RecordBatchOptions::new().with_row_count(Some(raw.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &rows)?)
    }
}

/// Nested values are given the types found in the files first: as text they would lose what is quoted.
fn typed(column: &Column, text: &ArrayRef) -> Result<ArrayRef, Misfit> {
    if column.found.data_type.is_nested() {
        return column.target.read(&column.found.read(text)?);
    }
    column.target.read(text)
}

/// What the decoder makes of a column: text, at the leaves when it is nested.
fn raw_type(column: &Column, format: TextFormat) -> DataType {
    match format {
        TextFormat::Csv => DataType::Utf8,
        TextFormat::Ndjson => leaves_as_text(&column.found.data_type),
    }
}

fn leaves_as_text(data_type: &DataType) -> DataType {
    let field = |field: &Arc<Field>| field.as_ref().clone().with_data_type(leaves_as_text(field.data_type()));
    match data_type {
        DataType::List(item) => DataType::List(Arc::new(field(item))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        _ => DataType::Utf8,
    }
}

/// Faults stay; everything else is about the file's content.
fn unreadable(table: &str, file: &str, format: TextFormat, error: DataFusionError) -> DataFusionError {
    if faults::carried_by(&error).is_some() {
        return error;
    }
    faults::carried(faults::malformed(table, file, format.name(), error))
}
