//! CSV and NDJSON as streams of text columns: bytes, decompressed, cut into records, found by name in every file.
//!
//! An empty CSV field is NULL, quoted or not. The first record of a CSV file names its columns.

use std::{collections::HashSet, io::Cursor, ops::Range, sync::Arc};

use bytes::{Buf, Bytes};
use datafusion::{
    arrow::{
        self,
        array::{ArrayRef, AsArray, RecordBatch},
        datatypes::{DataType, Field, Fields, Schema, SchemaRef},
        error::ArrowError,
    },
    datasource::file_format::file_compression_type::FileCompressionType,
    error::{DataFusionError, Result},
    object_store::{self, GetOptions, GetRange, ObjectStore, path::Path},
};
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};

use super::strict;

/// How much of a file is fetched at once. Fetching by parts leaves no request open while a slow consumer reads.
const PART: u64 = 8 << 20;

/// How much of a file's text decides its columns' types.
const SAMPLE: usize = 4 << 20;

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

/// The columns of a file, typed by its first [`SAMPLE`] bytes. Columns without a value there are Null.
pub async fn infer(store: Arc<dyn ObjectStore>, path: &Path, format: TextFormat) -> Result<Schema> {
    let mut input = decompressed(store, path)?;
    let mut sample = Vec::new();
    let mut whole = false;
    while sample.len() < SAMPLE {
        match input.try_next().await? {
            Some(bytes) => sample.extend_from_slice(&bytes),
            None => {
                whole = true;
                break;
            }
        }
    }
    if !whole {
        let end = record_ends(&sample, format).last().ok_or_else(too_long)?;
        sample.truncate(end);
    }
    match format {
        TextFormat::Csv => infer_csv(&sample),
        TextFormat::Ndjson => Ok(arrow::json::reader::infer_json_schema(Cursor::new(sample), None)?.0),
    }
}

fn infer_csv(sample: &[u8]) -> Result<Schema> {
    let end = record_ends(sample, TextFormat::Csv).next().unwrap_or(sample.len());
    let names = header(&sample[..end])?;
    let schema = text_schema(&names);
    let mut columns: Vec<Vec<ArrayRef>> = vec![Vec::new(); names.len()];
    for batch in arrow::csv::ReaderBuilder::new(schema).build(Cursor::new(&sample[end..]))? {
        for (column, values) in columns.iter_mut().zip(batch?.columns()) {
            column.push(Arc::clone(values));
        }
    }
    let fields = names.iter().zip(&columns).map(|(name, parts)| {
        let texts = parts.iter().flat_map(|part| part.as_string::<i32>().iter().flatten());
        Field::new(name, strict::infer(texts), true)
    });
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows of a file. Of `columns`, those that the file has come back under their names as the types given (text at
/// the leaves), in any order; rows are counted even when no column is left.
pub async fn read(
    store: Arc<dyn ObjectStore>,
    path: &Path,
    format: TextFormat,
    columns: SchemaRef,
    batch_size: usize,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let mut input = decompressed(store, path)?;
    let (decoder, rest) = match format {
        TextFormat::Ndjson => {
            let decoder = arrow::json::ReaderBuilder::new(columns)
                .with_coerce_primitive(true)
                .with_batch_size(batch_size)
                .build_decoder()?;
            (Decoder::Ndjson(Box::new(decoder)), Bytes::new())
        }
        TextFormat::Csv => {
            let mut head = Vec::new();
            let end = loop {
                if let Some(end) = record_ends(&head, format).next() {
                    break end;
                }
                if head.len() > SAMPLE {
                    return Err(too_long());
                }
                match input.try_next().await? {
                    Some(bytes) => head.extend_from_slice(&bytes),
                    None => break head.len(),
                }
            };
            let names = header(&head[..end])?;
            let wanted = names.iter().enumerate().filter(|(_, name)| columns.index_of(name).is_ok());
            let decoder = arrow::csv::ReaderBuilder::new(text_schema(&names))
                .with_projection(wanted.map(|(index, _)| index).collect())
                .with_batch_size(batch_size)
                .build_decoder();
            (Decoder::Csv(Box::new(decoder)), Bytes::from(head).slice(end..))
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

/// The text of a file without compression and byte order mark.
fn decompressed(store: Arc<dyn ObjectStore>, path: &Path) -> Result<BoxStream<'static, Result<Bytes>>> {
    let compression = match path.extension() {
        Some("gz") => FileCompressionType::GZIP,
        Some("zst") => FileCompressionType::ZSTD,
        _ => FileCompressionType::UNCOMPRESSED,
    };
    let bytes = parts(store, path.clone()).map_err(DataFusionError::from).boxed();
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

/// The bytes of one version of a file: if it is replaced meanwhile, the read fails rather than mixing both.
fn parts(store: Arc<dyn ObjectStore>, path: Path) -> impl Stream<Item = object_store::Result<Bytes>> + Send + 'static {
    let begin = (0, None::<(u64, Option<String>)>);
    futures::stream::try_unfold(begin, move |(offset, version)| {
        let (store, path) = (Arc::clone(&store), path.clone());
        async move {
            if version.as_ref().is_some_and(|(size, _)| offset >= *size) {
                return Ok(None);
            }
            let range: Range<u64> = offset..offset + PART;
            let options = GetOptions {
                range: Some(GetRange::Bounded(range)),
                if_match: version.and_then(|(_, etag)| etag),
                ..GetOptions::default()
            };
            let answer = store.get_opts(&path, options).await?;
            let version = (answer.meta.size, answer.meta.e_tag.clone());
            let end = answer.range.end;
            let bytes = answer.bytes().await?;
            Ok(Some((bytes, (end, Some(version)))))
        }
    })
}

/// Where records end. A quoted CSV field may hold line ends.
fn record_ends(text: &[u8], format: TextFormat) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.iter().enumerate().filter_map(move |(index, byte)| {
        quoted ^= *byte == b'"' && format == TextFormat::Csv;
        (*byte == b'\n' && !quoted).then_some(index + 1)
    })
}

fn header(record: &[u8]) -> Result<Vec<String>> {
    let format = arrow::csv::reader::Format::default().with_header(true);
    let (schema, _) = format.infer_schema(Cursor::new(record), Some(0))?;
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(name) => Err(DataFusionError::Execution(format!("the header names `{name}` twice"))),
        None => Ok(names),
    }
}

fn text_schema(names: &[String]) -> SchemaRef {
    Arc::new(Schema::new(names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect::<Fields>()))
}

fn too_long() -> DataFusionError {
    DataFusionError::Execution(format!("a record is longer than {} MiB", SAMPLE >> 20))
}
