//! Leaves out the files of which the log's statistics say that no row can fulfil a query's filters.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray, UInt64Array},
        datatypes::SchemaRef,
    },
    catalog::Session,
    common::{Column, ColumnStatistics, DFSchema, pruning::PruningStatistics, stats::Precision},
    datasource::listing::PartitionedFile,
    error::Result,
    logical_expr::{Expr, utils::conjunction},
    physical_optimizer::pruning::PruningPredicateBuilder,
    scalar::ScalarValue,
};

use super::super::files::table::is_plain;

/// The files of `files` that may hold a row for which all `filters` are true. `schema` is the one that their statistics
/// follow.
pub fn skip(
    state: &dyn Session,
    files: Vec<PartitionedFile>,
    filters: &[Expr],
    schema: &SchemaRef,
) -> Result<Vec<PartitionedFile>> {
    let Some(filter) = conjunction(filters.iter().filter(|filter| is_plain(filter)).cloned()) else { return Ok(files) };
    let filter = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(schema))?)?;
    let Some(predicate) = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).build(filter) else {
        return Ok(files);
    };
    let kept = predicate.prune(&Bounds { files: &files, schema })?;
    Ok(files.into_iter().zip(kept).filter_map(|(file, is_kept)| is_kept.then_some(file)).collect())
}

/// Bounds that need not be values.
struct Bounds<'a> {
    files: &'a [PartitionedFile],
    schema: &'a SchemaRef,
}

impl Bounds<'_> {
    fn of(&self, column: &Column, bound: impl Fn(&ColumnStatistics) -> &Precision<ScalarValue>) -> Option<ArrayRef> {
        let index = self.schema.index_of(&column.name).ok()?;
        let none = ScalarValue::try_new_null(self.schema.field(index).data_type()).ok()?;
        let bounds = self.files.iter().map(|file| {
            let known = file.statistics.as_ref().and_then(|statistics| statistics.column_statistics.get(index));
            known.and_then(|known| bound(known).get_value()).cloned().unwrap_or_else(|| none.clone())
        });
        ScalarValue::iter_to_array(bounds).ok()
    }

    fn counts(&self, count: impl Fn(&PartitionedFile) -> Option<usize>) -> ArrayRef {
        Arc::new(self.files.iter().map(|file| count(file).map(|count| count as u64)).collect::<UInt64Array>())
    }
}

impl PruningStatistics for Bounds<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column, |known| &known.min_value)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column, |known| &known.max_value)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let index = self.schema.index_of(&column.name).ok()?;
        Some(
            self.counts(|file| file.statistics.as_ref()?.column_statistics.get(index)?.null_count.get_value().copied()),
        )
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(self.counts(|file| file.statistics.as_ref()?.num_rows.get_value().copied()))
    }

    fn contained(&self, _: &Column, _: &std::collections::HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
