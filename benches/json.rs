//! Encodes record batches of one Parquet file that are in memory already, on one thread: `json FILE ROWS RUNS`. Prints as
//! JSON, for our encoder and for both writers of `arrow-json`, rows, bytes of text, and the seconds of processor time of
//! each run. Beside the file stand three made tables: wide and numeric, long texts with escapes, nested.

use std::{env, error::Error, fs, fs::File, mem, process::ExitCode, sync::Arc, thread};

use aqueduct::encode::{JsonEncoder, Options};
use arrow::{
    array::{
        ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch,
        RecordBatchReader as _, StringArray, StructArray, TimestampMicrosecondArray,
    },
    compute,
    datatypes::{DataType, Field, Int64Type, Schema},
    json::{
        WriterBuilder,
        writer::{JsonArray, JsonFormat, LineDelimited},
    },
};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error>>;

const BATCH: usize = 8192;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, rows, runs] = arguments.as_slice() else {
        eprintln!("usage: json FILE ROWS RUNS");
        return ExitCode::from(2);
    };
    match measure(file, rows, runs) {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(file: &str, rows: &str, runs: &str) -> Outcome<Value> {
    let (rows, runs): (usize, usize) = (rows.parse()?, runs.parse()?);
    let made = (rows / 10 / BATCH).max(1);
    let mut tables = serde_json::Map::new();
    for (name, batches) in [
        ("lineitem", read(file, rows)?),
        ("numeric", repeat(made, numeric)?),
        ("texts", repeat(made, texts)?),
        ("nested", repeat(made, nested)?),
    ] {
        let count: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let (mut writers, mut text) = (serde_json::Map::new(), Vec::new());
        // Each gets its turn in each round, after one that does not count.
        for run in 0..=runs {
            for (writer, encode) in WRITERS {
                let began = processor_seconds()?;
                let bytes = encode(&batches, &mut text)?;
                let seconds = processor_seconds()? - began;
                let figures = writers.entry(writer).or_insert_with(|| json!({"bytes": bytes, "seconds": []}));
                if let (true, Some(all)) = (run > 0, figures["seconds"].as_array_mut()) {
                    all.push(json!(seconds));
                }
            }
        }
        tables.insert(name.to_owned(), json!({"rows": count, "writers": writers}));
    }
    Ok(tables.into())
}

/// Writes into memory that is there already, and says how many bytes.
type Encode = fn(&[RecordBatch], &mut Vec<u8>) -> Outcome<usize>;

const WRITERS: [(&str, Encode); 3] =
    [("aqueduct", ours), ("LineDelimitedWriter", theirs::<LineDelimited>), ("ArrayWriter", theirs::<JsonArray>)];

/// One object a line. The text of a batch goes where that of the last was.
fn ours(batches: &[RecordBatch], text: &mut Vec<u8>) -> Outcome<usize> {
    let Some(first) = batches.first() else { return Ok(0) };
    let failed = |fault| format!("{fault:?}");
    let encoder = JsonEncoder::new(&first.schema(), &Options::default()).map_err(failed)?;
    let mut bytes = 0;
    for batch in batches {
        text.clear();
        let rows = encoder.rows(batch).map_err(failed)?;
        for row in 0..batch.num_rows() {
            rows.push(row, text);
            text.push(b'\n');
        }
        bytes += text.len();
    }
    Ok(bytes)
}

/// The same with `arrow-json`, which writes NULLs too.
fn theirs<F: JsonFormat>(batches: &[RecordBatch], text: &mut Vec<u8>) -> Outcome<usize> {
    let mut bytes = 0;
    for batch in batches {
        text.clear();
        let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, F>(mem::take(text));
        writer.write(batch)?;
        writer.finish()?;
        *text = writer.into_inner();
        bytes += text.len();
    }
    Ok(bytes)
}

/// The first rows of a file, texts as `Utf8`, as our engine gives them.
fn read(file: &str, rows: usize) -> Outcome<Vec<RecordBatch>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(file)?)?.with_limit(rows).with_batch_size(BATCH);
    let reader = reader.build()?;
    let found = reader.schema();
    let fields = found.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8View => field.as_ref().clone().with_data_type(DataType::Utf8),
        _ => field.as_ref().clone(),
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let plain = |batch: RecordBatch| -> Outcome<RecordBatch> {
        let columns =
            batch.columns().iter().zip(schema.fields()).map(|(column, field)| compute::cast(column, field.data_type()));
        Ok(RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_, _>>()?)?)
    };
    reader.map(|batch| plain(batch?)).collect()
}

fn repeat(count: usize, make: fn(&mut Numbers) -> Outcome<RecordBatch>) -> Outcome<Vec<RecordBatch>> {
    let mut numbers = Numbers(7);
    (0..count).map(|_| make(&mut numbers)).collect()
}

/// Thirty columns: integers of all sizes, some of them NULL, floats with all their digits and with two, decimals.
fn numeric(numbers: &mut Numbers) -> Outcome<RecordBatch> {
    let columns = (0..30).map(|index| -> Outcome<(String, ArrayRef, bool)> {
        let rows = 0..BATCH;
        let column: ArrayRef = match index % 5 {
            0 => Arc::new(rows.map(|_| Some(numbers.any_size())).collect::<Int64Array>()),
            1 => Arc::new(rows.map(|_| (numbers.below(10) > 0).then(|| numbers.small())).collect::<Int32Array>()),
            2 => Arc::new(rows.map(|_| Some(f64::from(numbers.small()) / 7.0)).collect::<Float64Array>()),
            3 => Arc::new(rows.map(|_| Some(f64::from(numbers.small()) / 100.0)).collect::<Float64Array>()),
            _ => {
                let values = rows.map(|_| Some(i128::from(numbers.below(100_000_000_000))));
                Arc::new(values.collect::<Decimal128Array>().with_precision_and_scale(20, 4)?)
            }
        };
        Ok((format!("column_{index}"), column, true))
    });
    Ok(RecordBatch::try_from_iter_with_nullable(columns.collect::<Outcome<Vec<_>>>()?)?)
}

/// Six columns of 1 to 128 words, of which one in forty needs an escape.
fn texts(numbers: &mut Numbers) -> Outcome<RecordBatch> {
    const PLAIN: [&str; 8] = ["alpha", "the", "carefully", "packages", "naïve", "of", "x", "considerable"];
    const ESCAPED: [&str; 4] = ["\"quoted\"", "line\nbreak", "back\\slash", "tab\t"];
    let columns = (0..6).map(|index| {
        let text = |numbers: &mut Numbers| {
            let words = (0..=numbers.below(4 << index)).map(|_| match numbers.below(40) {
                0 => ESCAPED[numbers.index(ESCAPED.len())],
                _ => PLAIN[numbers.index(PLAIN.len())],
            });
            words.collect::<Vec<_>>().join(" ")
        };
        let column: StringArray = (0..BATCH).map(|_| (numbers.below(12) > 0).then(|| text(numbers))).collect();
        (format!("text_{index}"), Arc::new(column) as ArrayRef, true)
    });
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

/// A list of integers, a struct, and a struct in a struct.
fn nested(numbers: &mut Numbers) -> Outcome<RecordBatch> {
    let lists =
        (0..BATCH).map(|_| Some((0..numbers.below(6)).map(|_| Some(numbers.any_size() % 100_000)).collect::<Vec<_>>()));
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(lists.collect::<Vec<_>>());
    let ids: Int64Array = (0..BATCH).map(|_| Some(numbers.any_size())).collect();
    let names: StringArray = (0..BATCH).map(|row| Some(format!("customer {row}"))).collect();
    let seen: TimestampMicrosecondArray =
        (0..BATCH).map(|_| Some(i64::from(numbers.small()).abs() * 1_000_000 + 250_000)).collect();
    let field =
        |name: &str, column: &dyn arrow::array::Array| Arc::new(Field::new(name, column.data_type().clone(), true));
    let inner = StructArray::from(vec![
        (field("id", &ids), Arc::new(ids.clone()) as ArrayRef),
        (field("name", &names), Arc::new(names)),
        (field("seen", &seen), Arc::new(seen)),
    ]);
    let outer = StructArray::from(vec![
        (field("who", &inner), Arc::new(inner.clone()) as ArrayRef),
        (field("count", &ids), Arc::new(ids)),
    ]);
    let columns: [(&str, ArrayRef, bool); 3] =
        [("tags", Arc::new(lists), true), ("who", Arc::new(inner), true), ("order", Arc::new(outer), true)];
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

/// The same numbers each time (Marsaglia's xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).unwrap_or(0)
    }

    /// As many small ones as large ones.
    fn any_size(&mut self) -> i64 {
        let bits = self.below(60);
        (self.next() >> bits).cast_signed()
    }

    fn small(&mut self) -> i32 {
        i32::try_from(self.below(1 << 30)).unwrap_or(0) - (1 << 29)
    }
}

/// What this thread has used of a processor, whoever else used it too.
fn processor_seconds() -> Outcome<f64> {
    // The kernel adds up at every tick, of some milliseconds, and whenever it is asked for another thread.
    thread::yield_now();
    let status = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = status.split(' ').next().ok_or("no schedstat")?.parse()?;
    Ok(nanoseconds / 1e9)
}
