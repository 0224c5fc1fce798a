//! CSV and NDJSON as streams of text columns: bytes, decompressed, cut into records, found by name in every file.
//!
//! An empty CSV field is NULL, quoted or not. The first record of a CSV file names its columns.

use std::{collections::HashSet, io::Cursor, ops::Range, sync::Arc};

use bytes::{Buf, Bytes};
use datafusion::{
    arrow::{
        self,
        array::{AsArray, RecordBatch},
        datatypes::{DataType, Field, Fields, Schema, SchemaRef},
        error::ArrowError,
    },
    datasource::file_format::file_compression_type::FileCompressionType,
    error::{DataFusionError, Result},
    object_store::{self, GetOptions, GetRange, ObjectMeta, ObjectStore},
    physical_plan::metrics::Count,
};
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};

use crate::sources::spelling;

/// How much of a file is fetched at once, growing from the first to the second bound. Fetching by parts leaves no request
/// open while a slow consumer reads.
const PART: (u64, u64) = (256 << 10, 8 << 20);

/// How many records of a CSV file decide its columns' types.
const SAMPLE_RECORDS: usize = 10_000;

/// How many bytes of an NDJSON file decide its columns' types.
const SAMPLE_BYTES: usize = 4 << 20;

/// The longest header of a CSV file, in bytes.
const HEADER_LIMIT: usize = 4 << 20;

/// The two ways of writing rows as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// RFC 4180 with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl TextFormat {
    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Ndjson => "NDJSON",
        }
    }
}

/// The columns of a file, typed by its first [`SAMPLE_RECORDS`] or [`SAMPLE_BYTES`]. Columns without a value there are
/// Null. A later value that does not fit is a fault when it is read.
pub async fn infer(store: Arc<dyn ObjectStore>, file: &ObjectMeta, format: TextFormat) -> Result<Schema> {
    let input = decompressed(store, file, Count::new())?;
    match format {
        TextFormat::Csv => infer_csv(input).await,
        TextFormat::Ndjson => infer_ndjson(input).await,
    }
}

async fn infer_csv(mut input: BoxStream<'static, Result<Bytes>>) -> Result<Schema> {
    let (names, rest) = csv_header(&mut input).await?;
    let decoder = csv_decoder(&names, (0..names.len()).collect(), SAMPLE_RECORDS);
    let sample = decoded(input, rest, decoder).boxed().try_next().await?;
    let fields = names.iter().enumerate().map(|(index, name)| {
        let texts = sample.iter().flat_map(|sample| sample.column(index).as_string::<i32>().iter().flatten());
        Field::new(name, spelling::infer(&texts), true)
    });
    Ok(Schema::new(fields.collect::<Fields>()))
}

async fn infer_ndjson(mut input: BoxStream<'static, Result<Bytes>>) -> Result<Schema> {
    let mut sample = Vec::new();
    while let Some(bytes) = input.try_next().await? {
        sample.extend_from_slice(&bytes);
        if sample.len() > SAMPLE_BYTES {
            let end = sample.iter().rposition(|byte| *byte == b'\n').ok_or_else(|| too_long(SAMPLE_BYTES))?;
            sample.truncate(end);
            break;
        }
    }
    Ok(arrow::json::reader::infer_json_schema(Cursor::new(sample), None)?.0)
}

/// The rows of a file. Of `columns`, those that the file has come back under their names as the types given (text at
/// the leaves), in any order; rows are counted even when no column is left. Bytes fetched are added
/// to `scanned`.
pub async fn read(
    store: Arc<dyn ObjectStore>,
    file: &ObjectMeta,
    format: TextFormat,
    columns: SchemaRef,
    batch_size: usize,
    scanned: Count,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let mut input = decompressed(store, file, scanned)?;
    let (decoder, rest) = match format {
        TextFormat::Ndjson => {
            let decoder = arrow::json::ReaderBuilder::new(columns)
                .with_coerce_primitive(true)
                .with_batch_size(batch_size)
                .build_decoder()?;
            (Decoder::Ndjson(Box::new(decoder)), Bytes::new())
        }
        TextFormat::Csv => {
            let (names, rest) = csv_header(&mut input).await?;
            let wanted = names.iter().enumerate().filter(|(_, name)| columns.index_of(name).is_ok());
            let wanted = wanted.map(|(index, _)| index).collect();
            (csv_decoder(&names, wanted, batch_size), rest)
        }
    };
    Ok(decoded(input, rest, decoder).boxed())
}

enum Decoder {
    Csv(Box<arrow::csv::reader::Decoder>),
    Ndjson(Box<arrow::json::reader::Decoder>),
}

impl Decoder {
    fn decode(&mut self, bytes: &[u8]) -> Result<usize, ArrowError> {
        match self {
            Self::Csv(decoder) => decoder.decode(bytes),
            Self::Ndjson(decoder) => decoder.decode(bytes),
        }
    }

    fn flush(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        match self {
            Self::Csv(decoder) => decoder.flush(),
            Self::Ndjson(decoder) => decoder.flush(),
        }
    }
}

fn decoded(
    input: BoxStream<'static, Result<Bytes>>,
    rest: Bytes,
    decoder: Decoder,
) -> impl Stream<Item = Result<RecordBatch>> {
    futures::stream::try_unfold((input, rest, decoder), |(mut input, mut rest, mut decoder)| async move {
        loop {
            let mut ended = false;
            while rest.is_empty() && !ended {
                match input.try_next().await? {
                    Some(bytes) => rest = bytes,
                    None => ended = true,
                }
            }
            // An empty buffer tells the decoder that the file ends here.
            let taken = decoder.decode(&rest)?;
            rest.advance(taken);
            if taken > 0 {
                continue;
            }
            match decoder.flush()? {
                Some(batch) => return Ok(Some((batch, (input, rest, decoder)))),
                None if ended => return Ok(None),
                None => {}
            }
        }
    })
}

/// The text of a file without compression and byte order mark. What is fetched is added to `scanned`.
fn decompressed(
    store: Arc<dyn ObjectStore>,
    file: &ObjectMeta,
    scanned: Count,
) -> Result<BoxStream<'static, Result<Bytes>>> {
    let compression = match file.location.extension() {
        Some("gz") => FileCompressionType::GZIP,
        Some("zst") => FileCompressionType::ZSTD,
        _ => FileCompressionType::UNCOMPRESSED,
    };
    let counted = parts(store, file.clone()).inspect_ok(move |bytes| scanned.add(bytes.len()));
    let bytes = counted.map_err(DataFusionError::from).boxed();
    let text = compression.convert_stream(bytes)?.try_filter(|bytes| futures::future::ready(!bytes.is_empty()));
    let mut first = true;
    Ok(text
        .map_ok(move |mut bytes| {
            if std::mem::take(&mut first) && bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.advance(3);
            }
            bytes
        })
        .boxed())
}

/// The bytes of a file in the version that was listed: if it has been replaced since, its columns may be others, and the
/// read fails.
fn parts(
    store: Arc<dyn ObjectStore>,
    file: ObjectMeta,
) -> impl Stream<Item = object_store::Result<Bytes>> + Send + 'static {
    futures::stream::try_unfold(0, move |offset: u64| {
        let (store, file) = (Arc::clone(&store), file.clone());
        async move {
            if offset >= file.size {
                return Ok(None);
            }
            let range: Range<u64> = offset..offset + offset.clamp(PART.0, PART.1);
            let options =
                GetOptions { range: Some(GetRange::Bounded(range)), if_match: file.e_tag, ..GetOptions::default() };
            let answer = store.get_opts(&file.location, options).await?;
            let end = answer.range.end;
            Ok(Some((answer.bytes().await?, end)))
        }
    })
}

/// The names in the first record, and what follows it.
async fn csv_header(input: &mut BoxStream<'static, Result<Bytes>>) -> Result<(Vec<String>, Bytes)> {
    let mut head = Vec::new();
    let end = loop {
        if let Some(end) = first_record(&head) {
            break end;
        }
        if head.len() > HEADER_LIMIT {
            return Err(too_long(HEADER_LIMIT));
        }
        match input.try_next().await? {
            Some(bytes) => head.extend_from_slice(&bytes),
            None => break head.len(),
        }
    };
    let format = arrow::csv::reader::Format::default().with_header(true);
    let (schema, _) = format.infer_schema(Cursor::new(&head[..end]), Some(0))?;
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(name) => Err(DataFusionError::Execution(format!("the header names `{name}` twice"))),
        None => Ok((names, Bytes::from(head).slice(end..))),
    }
}

/// Where the first record ends. A quoted field may hold line ends.
fn first_record(text: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let end = text.iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b'\n' && !quoted
    });
    end.map(|end| end + 1)
}

fn csv_decoder(names: &[String], wanted: Vec<usize>, batch_size: usize) -> Decoder {
    let fields = names.iter().map(|name| Field::new(name, DataType::Utf8, true));
    let schema = Arc::new(Schema::new(fields.collect::<Fields>()));
    let decoder =
        arrow::csv::ReaderBuilder::new(schema).with_projection(wanted).with_batch_size(batch_size).build_decoder();
    Decoder::Csv(Box::new(decoder))
}

fn too_long(limit: usize) -> DataFusionError {
    DataFusionError::Execution(format!("the first record is longer than {} MiB", limit >> 20))
}
