//! What the room promises, over stores in memory and in a directory, by one server and by several.

mod disk;
mod ends;
mod pages;
mod servers;

use std::ops::Range;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::Int64Type;
use futures::{StreamExt, channel::mpsc, stream};
use object_store::{ObjectStore, memory::InMemory};

use super::*;
use crate::{
    config::{Location, Spanned},
    model::{Code, Place},
};

/// Everything takes a hundredth of its time.
const FAST: Tuning = Tuning {
    chunk_rows: 100,
    chunk_bytes: 4 << 20,
    flush: Duration::from_millis(5),
    beat: Duration::from_millis(20),
    dead: Duration::from_millis(400),
    patience: Duration::from_millis(300),
    touch: Duration::from_millis(50),
    poll: Duration::from_millis(2),
    poll_most: Duration::from_millis(10),
    look_ahead: Duration::from_millis(200),
    sweep: Duration::from_millis(20),
};

fn settings(location: Location) -> settings::Spool {
    settings::Spool {
        location: Spanned { value: location, place: Place::start_of("aqueduct.yaml") },
        options: Vec::new(),
        result: 1 << 30,
        total: 1 << 30,
        lifetime: Duration::from_mins(1),
    }
}

fn memory() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

/// A server with the store of others.
fn server(store: &Arc<dyn ObjectStore>) -> Arc<Spool> {
    server_with(store, FAST, |_| {})
}

fn server_with(store: &Arc<dyn ObjectStore>, tuning: Tuning, change: impl FnOnce(&mut settings::Spool)) -> Arc<Spool> {
    let mut settings = settings(Location::Directory("unused".into()));
    change(&mut settings);
    Spool::with(Objects::within(Arc::clone(store)), &settings, tuning)
}

/// Rows that hold their numbers, as a number and as a text that is NULL now and then.
fn numbered(rows: Range<i64>) -> RecordBatch {
    let texts: StringArray = rows.clone().map(|row| (row % 5 > 0).then(|| format!("row {row}"))).collect();
    let columns: [(&str, ArrayRef, bool); 2] =
        [("n", Arc::new(Int64Array::from_iter_values(rows)), false), ("text", Arc::new(texts), true)];
    RecordBatch::try_from_iter_with_nullable(columns).expect("two columns of one length")
}

fn numbers(rows: &RecordBatch) -> Vec<i64> {
    assert_eq!(rows.columns(), numbered_like(rows).columns(), "every column is of the same row");
    rows.column(0).as_primitive::<Int64Type>().values().to_vec()
}

fn numbered_like(rows: &RecordBatch) -> RecordBatch {
    let numbers = rows.column(0).as_primitive::<Int64Type>().values();
    numbers.first().map_or_else(|| numbered(0..0), |first| numbered(*first..first + numbers.len() as i64))
}

/// Rows that are all there.
fn ready(batches: Vec<RecordBatch>) -> Rows {
    stream::iter(batches.into_iter().map(Ok)).boxed()
}

type Feed = mpsc::UnboundedSender<Result<RecordBatch, Fault>>;

/// Rows that come when the test sends them.
fn fed() -> (Feed, Rows) {
    let (feed, rows) = mpsc::unbounded();
    (feed, rows.boxed())
}

fn send(feed: &Feed, rows: Range<i64>) {
    feed.unbounded_send(Ok(numbered(rows))).expect("the run goes on");
}

async fn keep(spool: &Spool, rest: Rows) -> ResultId {
    spool.keep(numbered(0..0).schema(), Vec::new(), rest, ()).await.expect("there is room")
}

/// Long enough for everything that is to happen.
fn patiently() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// All rows, page by page, and what stands at their end.
async fn pages(spool: &Spool, id: &ResultId, rows: usize) -> (Vec<i64>, Result<u64, Fault>) {
    let mut all = Vec::new();
    loop {
        match spool.read(id, all.len() as u64, rows, 1 << 20, patiently()).await {
            Ok(slice) => {
                assert!(slice.rows.num_rows() <= rows);
                assert!(slice.rows.num_rows() > 0 || !slice.more, "a page that leads nowhere");
                all.extend(numbers(&slice.rows));
                if !slice.more {
                    return (all, Ok(slice.total.expect("the last page knows")));
                }
            }
            Err(fault) => return (all, Err(fault)),
        }
    }
}

/// Waits until `is_so`.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = patiently();
    while !is_so().await {
        assert!(Instant::now() < deadline, "it never came to be: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn code<T: fmt::Debug>(result: Result<T, Fault>) -> Code {
    result.expect_err("it is refused").code
}
