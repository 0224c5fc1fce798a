//! Arrow from the HTTP door in both ways in which rows are read from Postgres, and psql under the same settings.

use arrow::{array::RecordBatch, compute::concat_batches, ipc::reader::StreamReader};

use crate::harness::http::Answer;

/// How our sessions have values printed; psql is told the same.
pub const SETTINGS: [(&str, &str); 5] = [
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO"),
    ("IntervalStyle", "iso_8601"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "2"),
];

/// All rows as they come, and a page of so few that it comes from a prepared statement.
pub const WAYS: [&str; 2] = ["format=arrow", "format=arrow&limit=9000"];

/// The rows of an Arrow stream; panics with the problem if it is none.
pub fn rows(answer: &Answer) -> RecordBatch {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let reader = StreamReader::try_new(&answer.bytes[..], None).expect("an Arrow stream");
    let schema = reader.schema();
    let batches: Vec<_> = reader.map(|batch| batch.expect("a whole stream")).collect();
    concat_batches(&schema, &batches).expect("batches of one schema")
}
