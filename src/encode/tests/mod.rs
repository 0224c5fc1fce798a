//! Whole batches through every format.

mod bodies;
mod properties;
mod values;

use std::sync::Arc;

use arrow::{array::ArrayRef, record_batch::RecordBatch};

use super::{CsvEncoder, JsonEncoder, Options};

/// A batch of one column.
fn column(array: &ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([("c", Arc::clone(array), true)]).expect("a batch")
}

/// The rows of a batch as JSON.
fn json_rows(batch: &RecordBatch) -> Vec<String> {
    json_rows_with(batch, &Options::default())
}

fn json_rows_with(batch: &RecordBatch, options: &Options) -> Vec<String> {
    let encoder = JsonEncoder::new(&batch.schema(), options).expect("an encoder");
    let rows = encoder.rows(batch).expect("rows");
    (0..batch.num_rows()).map(|row| text(|out| rows.push(row, out))).collect()
}

/// The rows of a batch as CSV, without the header.
fn csv_rows(batch: &RecordBatch) -> Vec<String> {
    csv_rows_with(batch, &Options::default())
}

fn csv_rows_with(batch: &RecordBatch, options: &Options) -> Vec<String> {
    let encoder = CsvEncoder::new(&batch.schema(), options).expect("an encoder");
    let rows = encoder.rows(batch).expect("rows");
    (0..batch.num_rows()).map(|row| text(|out| rows.push(row, out))).collect()
}

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("UTF-8")
}

/// Reads RFC 4180, strictly: every line ends in CR LF, and a quote stands only where a field is quoted. None is an empty
/// field without quotes.
fn parse_csv(text: &str) -> Vec<Vec<Option<String>>> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let mut fields = Vec::new();
        loop {
            if let Some(mut quoted) = rest.strip_prefix('"') {
                let mut field = String::new();
                loop {
                    let (part, after) = quoted.split_once('"').expect("a closing quote");
                    field.push_str(part);
                    let Some(doubled) = after.strip_prefix('"') else {
                        rest = after;
                        break;
                    };
                    field.push('"');
                    quoted = doubled;
                }
                fields.push(Some(field));
            } else {
                let end = rest.find([',', '\r', '\n', '"']).expect("a separator");
                fields.push((end > 0).then(|| rest[..end].to_owned()));
                rest = &rest[end..];
            }
            match rest.strip_prefix(',') {
                Some(after) => rest = after,
                None => break,
            }
        }
        rest = rest.strip_prefix("\r\n").expect("a line ends in CR LF");
        lines.push(fields);
    }
    lines
}
