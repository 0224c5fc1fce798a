//! Parquet, written as a stream: a row group leaves as soon as it is full.

use arrow::{
    datatypes::{DataType, IntervalUnit, Schema, SchemaRef},
    record_batch::RecordBatch,
};
use datafusion::parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
};

use crate::model::{Code, Fault};

/// A row group is kept in memory until it has this many rows, or this many bytes.
const ROW_GROUP_ROWS: usize = 128 * 1024;
const ROW_GROUP_BYTES: usize = 32 * 1024 * 1024;

/// Writes one Parquet file. Each call hands over the bytes written since the last; often there are none, because whole
/// row groups leave at once.
pub(super) struct ParquetEncoder(ArrowWriter<Vec<u8>>);

impl ParquetEncoder {
    /// Writes the magic number.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`], naming the column, for a type that Parquet does not have.
    pub fn new(schema: &SchemaRef) -> Result<Self, Fault> {
        check(schema)?;
        let properties = WriterProperties::builder()
            .set_created_by("aqueduct".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            // The footer is kept until the end: statistics of every page would make it grow with the result.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).map(Self).map_err(Fault::internal)
    }

    /// The bytes not handed over yet: after `new`, the magic number.
    pub fn take(&mut self) -> Result<Vec<u8>, Fault> {
        self.0.sync().map_err(Fault::internal)?;
        Ok(std::mem::take(self.0.inner_mut()))
    }

    /// The bytes of all row groups that this batch completes.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Fault> {
        self.0.write(batch).map_err(Fault::internal)?;
        self.take()
    }

    /// The bytes of the last row group and of the footer.
    pub fn finish(mut self) -> Result<Vec<u8>, Fault> {
        self.0.finish().map_err(Fault::internal)?;
        self.take()
    }
}

/// The writer panics on some types and fails at the first row on others; here they are refused before the first byte.
fn check(schema: &Schema) -> Result<(), Fault> {
    match schema.fields().iter().find(|field| !is_supported(field.data_type())) {
        None => Ok(()),
        Some(field) => {
            let detail = format!("column `{}` holds {}, which Parquet does not have", field.name(), field.data_type());
            Err(Fault::new(Code::NotAcceptable, detail).with_hint("ask for `format=arrow`"))
        }
    }
}

fn is_supported(data_type: &DataType) -> bool {
    match data_type {
        DataType::Union(..) | DataType::Interval(IntervalUnit::MonthDayNano) => false,
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => *scale >= 0,
        DataType::Struct(fields) => !fields.is_empty() && fields.iter().all(|field| is_supported(field.data_type())),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::Map(item, _)
        | DataType::RunEndEncoded(_, item) => is_supported(item.data_type()),
        DataType::Dictionary(_, value) => is_supported(value),
        _ => true,
    }
}
