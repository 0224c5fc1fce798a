//! Streams and pages, read back by each format's own reader.

use std::{
    io::{Cursor, Read, Write},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatchReader, StringArray},
    compute::concat_batches,
    datatypes::{DataType, Field, IntervalUnit, Schema, SchemaRef, UnionFields, UnionMode},
    ipc::reader::{FileReader, StreamReader},
    record_batch::RecordBatch,
};
use bytes::Bytes;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{column, csv_rows, json_rows, parse_csv, text, values};
use crate::{
    encode::{Coding, CsvEncoder, Format, Options, StreamEncoder, encode_rows},
    model::Code,
};

const STREAMS: [Format; 5] = [Format::Ndjson, Format::Csv, Format::Arrow, Format::ArrowFile, Format::Parquet];
const PAGES: [Format; 6] =
    [Format::Json, Format::Ndjson, Format::Csv, Format::Arrow, Format::ArrowFile, Format::Parquet];

fn sample(rows: std::ops::Range<i64>) -> RecordBatch {
    let words = rows.clone().map(|row| (row % 3 > 0).then(|| format!("row \"{row}\", and so on")));
    RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(Int64Array::from_iter_values(rows)) as ArrayRef, true),
        ("word", Arc::new(words.collect::<StringArray>()), true),
    ])
    .expect("a batch")
}

fn read_arrow(schema: &SchemaRef, body: &[u8]) -> RecordBatch {
    let reader = StreamReader::try_new(body, None).expect("a stream");
    let batches: Vec<_> = reader.collect::<Result<_, _>>().expect("batches");
    concat_batches(schema, &batches).expect("one batch")
}

fn read_arrow_file(schema: &SchemaRef, body: Vec<u8>) -> RecordBatch {
    let reader = FileReader::try_new(Cursor::new(body), None).expect("a file");
    let batches: Vec<_> = reader.collect::<Result<_, _>>().expect("batches");
    concat_batches(schema, &batches).expect("one batch")
}

fn read_parquet(body: Vec<u8>) -> RecordBatch {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(Bytes::from(body)).expect("a file").build().expect("a reader");
    let schema = reader.schema();
    let batches: Vec<_> = reader.collect::<Result<_, _>>().expect("batches");
    concat_batches(&schema, &batches).expect("one batch")
}

fn decompress(coding: Coding, body: Vec<u8>) -> Vec<u8> {
    let mut plain = Vec::new();
    match coding {
        Coding::Identity => return body,
        Coding::Gzip => flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).expect("gzip"),
        Coding::Zstd => {
            zstd::stream::read::Decoder::new(&body[..]).and_then(|mut d| d.read_to_end(&mut plain)).expect("zstd")
        }
    };
    plain
}

/// Asserts that a whole body holds exactly the rows of `batch`.
fn assert_holds(format: Format, body: Vec<u8>, batch: &RecordBatch) {
    match format {
        Format::Json => {
            let rows: Vec<serde_json::Value> = serde_json::from_slice(&body).expect("an array");
            assert_eq!(rows.len(), batch.num_rows());
            assert_eq!(String::from_utf8(body).expect("UTF-8"), format!("[{}]", json_rows(batch).join(",")));
        }
        Format::Ndjson => {
            let body = String::from_utf8(body).expect("UTF-8");
            assert!(body.is_empty() || body.ends_with('\n'));
            assert_eq!(body.lines().collect::<Vec<_>>(), json_rows(batch));
        }
        Format::Csv => {
            let body = String::from_utf8(body).expect("UTF-8");
            let header =
                text(|out| CsvEncoder::new(&batch.schema(), &Options::default()).expect("an encoder").push_header(out));
            assert_eq!(body, header + &csv_rows(batch).concat());
            assert_eq!(parse_csv(&body).len(), batch.num_rows() + 1);
        }
        Format::Arrow => assert_eq!(&read_arrow(&batch.schema(), &body), batch),
        Format::ArrowFile => assert_eq!(&read_arrow_file(&batch.schema(), body), batch),
        Format::Parquet => assert_eq!(json_rows(&read_parquet(body)), json_rows(batch)),
        Format::Plan => unreachable!("plans have no rows"),
    }
}

#[test]
fn streams_in_every_format_and_coding() {
    let whole = sample(0..50);
    for format in STREAMS {
        for coding in [Coding::Identity, Coding::Gzip, Coding::Zstd] {
            let mut encoder =
                StreamEncoder::new(format, &whole.schema(), coding, &Options::default()).expect("an encoder");
            let actual = encoder.coding();
            assert_eq!(actual, if format == Format::Parquet { Coding::Identity } else { coding });
            let mut body = encoder.start().expect("the start").to_vec();
            for (from, length) in [(0, 1), (1, 0), (1, 40), (41, 9)] {
                body.extend(encoder.encode(&whole.slice(from, length)).expect("a batch"));
            }
            body.extend(encoder.finish().expect("the end"));
            assert_holds(format, decompress(actual, body), &whole);
        }
    }
}

#[test]
fn rows_can_be_read_as_soon_as_they_are_sent() {
    let whole = sample(0..30);
    let mut encoder =
        StreamEncoder::new(Format::Ndjson, &whole.schema(), Coding::Gzip, &Options::default()).expect("an encoder");
    let mut decoder = flate2::write::GzDecoder::new(Vec::new());
    decoder.write_all(&encoder.start().expect("the start")).expect("gzip");
    for row in 0..30 {
        decoder.write_all(&encoder.encode(&whole.slice(row, 1)).expect("a batch")).expect("gzip");
        decoder.flush().expect("gzip");
        assert_holds(Format::Ndjson, decoder.get_ref().clone(), &whole.slice(0, row + 1));
    }
}

#[test]
fn encoders_move_between_threads() {
    fn assert_send<T: Send + 'static>() {}
    assert_send::<StreamEncoder>();
}

#[test]
fn streams_without_rows() {
    let empty = sample(0..0);
    for format in STREAMS {
        let mut encoder =
            StreamEncoder::new(format, &empty.schema(), Coding::Gzip, &Options::default()).expect("an encoder");
        let coding = encoder.coding();
        let mut body = encoder.start().expect("the start").to_vec();
        body.extend(encoder.finish().expect("the end"));
        assert_holds(format, decompress(coding, body), &empty);
    }
}

#[test]
fn pages_are_no_streams() {
    for format in [Format::Json, Format::Plan] {
        let fault = StreamEncoder::new(format, &sample(0..1).schema(), Coding::Identity, &Options::default())
            .err()
            .expect("a fault");
        assert_eq!(fault.code, Code::Internal);
    }
}

#[test]
fn parquet_leaves_row_group_by_row_group_and_is_no_file_before_its_end() {
    let whole = sample(0..300_000);
    let mut encoder = StreamEncoder::new(Format::Parquet, &whole.schema(), Coding::Identity, &Options::default())
        .expect("an encoder");
    let mut body = encoder.start().expect("the start").to_vec();
    assert_eq!(body, b"PAR1");
    let mut chunks = 0;
    for from in (0..300_000).step_by(10_000) {
        let chunk = encoder.encode(&whole.slice(from, 10_000)).expect("a batch");
        chunks += usize::from(!chunk.is_empty());
        body.extend(chunk);
    }
    assert_eq!(chunks, 2, "128 Ki rows make a group");
    assert!(ParquetRecordBatchReaderBuilder::try_new(Bytes::from(body.clone())).is_err());
    body.extend(encoder.finish().expect("the end"));
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(body.clone())).expect("a file");
    assert_eq!(builder.metadata().num_row_groups(), 3);
    let rows: usize = builder.build().expect("a reader").map(|batch| batch.expect("a batch").num_rows()).sum();
    assert_eq!(rows, 300_000);
}

#[test]
fn pages_hold_as_many_rows_as_fit() {
    let whole = sample(0..500);
    for format in PAGES {
        let encode =
            |max_bytes| encode_rows(format, &whole.schema(), &whole, max_bytes, &Options::default()).expect("a page");
        let all = encode(usize::MAX);
        assert_eq!(all.rows, 500);
        assert_holds(format, all.body.clone(), &whole);
        assert_eq!(encode(all.body.len()).rows, 500, "{format:?}: the bound itself fits");

        let least = encode(0);
        assert_eq!(least.rows, 1);
        assert_holds(format, least.body, &whole.slice(0, 1));

        for max_bytes in [all.body.len() - 1, all.body.len() * 2 / 3, all.body.len() / 2] {
            let page = encode(max_bytes);
            assert!(page.body.len() <= max_bytes || page.rows == 1, "{format:?}");
            assert!(page.rows < 500 && page == encode(max_bytes));
            assert_holds(format, page.body.clone(), &whole.slice(0, page.rows));
            if matches!(format, Format::Json | Format::Ndjson | Format::Csv) {
                let more = encode_rows(
                    format,
                    &whole.schema(),
                    &whole.slice(0, page.rows + 1),
                    usize::MAX,
                    &Options::default(),
                );
                assert!(more.expect("a page").body.len() > max_bytes, "{format:?}: another row would not fit");
            }
        }
    }
    assert_eq!(
        encode_rows(Format::Plan, &whole.schema(), &whole, 1, &Options::default()).err().map(|fault| fault.code),
        Some(Code::Internal)
    );
}

#[test]
fn pages_without_rows() {
    let empty = sample(0..0);
    for format in PAGES {
        let page = encode_rows(format, &empty.schema(), &empty, 0, &Options::default()).expect("a page");
        assert_eq!(page.rows, 0);
        assert_holds(format, page.body, &empty);
    }
}

#[test]
fn every_type_through_arrow_and_parquet() {
    for values::Case { array, .. } in values::cases() {
        let batch = column(&array);
        let expected = json_rows(&batch);
        let page = encode_rows(Format::ArrowFile, &batch.schema(), &batch, usize::MAX, &Options::default());
        let file = read_arrow_file(&batch.schema(), page.expect("a page").body);
        assert_eq!(json_rows(&file), expected, "{}", array.data_type());
        let page =
            encode_rows(Format::Arrow, &batch.schema(), &batch, usize::MAX, &Options::default()).expect("a page");
        assert_eq!(json_rows(&read_arrow(&batch.schema(), &page.body)), expected, "{}", array.data_type());
        match encode_rows(Format::Parquet, &batch.schema(), &batch, usize::MAX, &Options::default()) {
            Ok(page) => assert_eq!(json_rows(&read_parquet(page.body)), expected, "{}", array.data_type()),
            Err(fault) => {
                assert_eq!(fault.code, Code::NotAcceptable, "{}: {:?}", array.data_type(), fault.internal);
                let lacking = matches!(
                    array.data_type(),
                    DataType::Interval(IntervalUnit::MonthDayNano) | DataType::Decimal128(_, ..0)
                );
                assert!(lacking, "{fault}");
            }
        }
    }
}

#[test]
fn types_that_parquet_lacks_are_refused_by_name() {
    let union = UnionFields::try_new([0], [Field::new("n", DataType::Int32, true)]).expect("valid");
    for data_type in [DataType::Union(union, UnionMode::Sparse), DataType::Struct(Vec::<Field>::new().into())] {
        for data_type in [data_type.clone(), DataType::new_list(data_type, true)] {
            let schema = Arc::new(Schema::new(vec![Field::new("odd", data_type, true)]));
            let fault = StreamEncoder::new(Format::Parquet, &schema, Coding::Identity, &Options::default())
                .err()
                .expect("a fault");
            assert_eq!(fault.code, Code::NotAcceptable);
            assert!(fault.detail.contains("`odd`"), "{fault}");
        }
    }
}
