//! One version of a table: its columns in the order of the log, and the scan over the files that a query needs.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::{Schema, SchemaRef},
    catalog::{Session, TableProvider},
    common::Statistics,
    datasource::TableType,
    error::Result,
    logical_expr::{Expr, TableProviderFilterPushDown},
    physical_plan::ExecutionPlan,
};

use super::{super::files::table::FilesTable, deletions::Deletions, skip::skip};

/// A table whose files a log names.
#[derive(Debug)]
pub struct LoggedTable {
    files: FilesTable,
    schema: SchemaRef,
    /// For each column its place among those of `files`, where partitions are last.
    places: Vec<usize>,
    deletions: Option<Deletions>,
}

impl LoggedTable {
    /// `files` with its columns in this `order`.
    #[must_use]
    pub fn new(files: FilesTable, order: &[String], deletions: Option<Deletions>) -> Self {
        let schema = files.schema();
        let places: Vec<_> = order.iter().filter_map(|name| schema.index_of(name).ok()).collect();
        let fields = places.iter().map(|place| Arc::clone(&schema.fields()[*place]));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Self { files, schema, places, deletions }
    }
}

#[async_trait]
impl TableProvider for LoggedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.files.supports_filters_pushdown(filters)
    }

    fn statistics(&self) -> Option<Statistics> {
        let mut statistics = self.files.statistics()?;
        let columns = &statistics.column_statistics;
        statistics.column_statistics =
            self.places.iter().map(|place| columns.get(*place).cloned()).collect::<Option<_>>()?;
        Some(statistics)
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projection = match projection {
            Some(columns) => columns.iter().map(|column| self.places[*column]).collect(),
            None => self.places.clone(),
        };
        let files = self.files.pruned(state, filters)?;
        let mut files = skip(state, files, filters, &self.files.schema())?;
        if let Some(deletions) = &self.deletions {
            deletions.apply(&mut files).await?;
        }
        self.files.scan_files(state, Some(&projection), files, limit)
    }
}
