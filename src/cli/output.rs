//! Rows and texts into a file or onto standard output, rows with a count on standard error while that takes long.

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::Path,
    time::{Duration, Instant},
};

use futures::StreamExt;

use super::{Failure, RowFormat, table};
use crate::{
    encode::{Coding, Format, JsonEncoder, Options, StreamEncoder, flow},
    model::Fault,
    pipeline::{Answer, Body, Rows},
};

/// The most rows that are laid out as a table: all of them are in memory, and nobody reads more.
const TABLE_ROWS: usize = 1000;

pub(super) async fn write(answer: Answer, format: RowFormat, path: Option<&Path>) -> Result<(), Failure> {
    let Body::Stream(rows) = answer.body else { return Err(Fault::internal("a stream was asked for").into()) };
    let mut sink: Box<dyn Write + Send> = match path {
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| Failure::Other(format!("cannot write {}: {error}", path.display())))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let outcome = match format {
        RowFormat::Table => write_table(rows, &answer.schema, &mut sink).await,
        RowFormat::Json => write_array(rows, &answer.schema, &mut sink).await,
        RowFormat::Ndjson => write_stream(rows, Format::Ndjson, &answer.schema, &mut sink).await,
        RowFormat::Csv => write_stream(rows, Format::Csv, &answer.schema, &mut sink).await,
        RowFormat::Arrow => write_stream(rows, Format::Arrow, &answer.schema, &mut sink).await,
        RowFormat::ArrowFile => write_stream(rows, Format::ArrowFile, &answer.schema, &mut sink).await,
        RowFormat::Parquet => write_stream(rows, Format::Parquet, &answer.schema, &mut sink).await,
    };
    content(outcome.and_then(|()| sink.flush().map_err(Failure::from)))
}

/// A whole text onto standard output.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    content(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::from))
}

/// A reader who goes away has read enough: `aqueduct query … | head` is no failure.
fn content(outcome: Result<(), Failure>) -> Result<(), Failure> {
    match outcome {
        Err(Failure::Pipe) => Ok(()),
        outcome => outcome,
    }
}

async fn write_stream(
    rows: Rows,
    format: Format,
    schema: &datafusion::arrow::datatypes::SchemaRef,
    sink: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let mut progress = Progress::start();
    let mut chunks = flow(rows, StreamEncoder::new(format, schema, Coding::Identity, &Options::default())?);
    while let Some(chunk) = chunks.next().await.transpose()? {
        sink.write_all(&chunk.bytes)?;
        progress.add(chunk.rows);
    }
    Ok(())
}

async fn write_array(
    mut rows: Rows,
    schema: &datafusion::arrow::datatypes::SchemaRef,
    sink: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let mut progress = Progress::start();
    let encoder = JsonEncoder::new(schema, &Options::default())?;
    let (mut text, mut first) = (Vec::new(), true);
    sink.write_all(b"[")?;
    while let Some(batch) = rows.next().await.transpose()? {
        let objects = encoder.rows(&batch)?;
        for row in 0..batch.num_rows() {
            text.extend_from_slice(if first { b"\n" } else { b",\n" });
            first = false;
            objects.push(row, &mut text);
        }
        sink.write_all(&text)?;
        text.clear();
        progress.add(batch.num_rows());
    }
    sink.write_all(b"\n]\n")?;
    Ok(())
}

async fn write_table(
    mut rows: Rows,
    schema: &datafusion::arrow::datatypes::SchemaRef,
    sink: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let (mut batches, mut count) = (Vec::new(), 0);
    while count <= TABLE_ROWS
        && let Some(batch) = rows.next().await.transpose()?
    {
        count += batch.num_rows();
        batches.push(batch);
    }
    let text = table::layout(schema, &batches, TABLE_ROWS).map_err(Fault::internal)?;
    sink.write_all(text.as_bytes())?;
    sink.flush()?;
    if count > TABLE_ROWS {
        eprintln!(
            "the first {TABLE_ROWS} rows; there are more: use --format csv, ndjson, arrow or parquet for all of them"
        );
    } else {
        eprintln!("{count} {}", if count == 1 { "row" } else { "rows" });
    }
    Ok(())
}

/// A running count, on a terminal, once the work takes longer than a moment.
struct Progress {
    began: Instant,
    shown: Option<Instant>,
    rows: usize,
    terminal: bool,
}

impl Progress {
    fn start() -> Self {
        Self { began: Instant::now(), shown: None, rows: 0, terminal: io::stderr().is_terminal() }
    }

    fn add(&mut self, rows: usize) {
        self.rows += rows;
        let last = self.shown.unwrap_or(self.began);
        if self.terminal && last.elapsed() > Duration::from_millis(500) {
            self.shown = Some(Instant::now());
            eprint!("\r{} rows, {:.1} s", self.rows, self.began.elapsed().as_secs_f64());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            eprintln!("\r{} rows, {:.1} s", self.rows, self.began.elapsed().as_secs_f64());
        }
    }
}
