//! Kept results in a real object store, as two servers with the same location see them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aqueduct::{
    config::{Location, Secret, Spanned, settings},
    model::{Code, Fault, Place},
    spool::{ResultId, Spool},
};
use arrow::{
    array::{ArrayRef, AsArray, Int64Array},
    datatypes::Int64Type,
    record_batch::RecordBatch,
};
use futures::{StreamExt, TryStreamExt, channel::mpsc, stream};

use crate::harness::s3::{self, Bucket};

/// A server over the bucket.
fn server(bucket: &Bucket, lifetime: Duration) -> Arc<Spool> {
    let place = || Place::start_of("aqueduct.yaml");
    let location = Location::Url(format!("s3://{}/kept/results/", bucket.name).parse().expect("a URL"));
    let option =
        |(name, value): (&str, String)| (Spanned { value: name.to_owned(), place: place() }, Secret::new(value));
    let settings = settings::Spool {
        location: Spanned { value: location, place: place() },
        options: bucket.options().into_iter().map(option).collect(),
        result: 64 << 20,
        total: 1 << 30,
        lifetime,
    };
    Spool::open(&settings).expect("it can be opened")
}

fn numbered(rows: std::ops::Range<i64>) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(rows));
    RecordBatch::try_from_iter([("n", column)]).expect("one column")
}

fn numbers(rows: &RecordBatch) -> Vec<i64> {
    rows.column(0).as_primitive::<Int64Type>().values().to_vec()
}

fn patiently() -> tokio::time::Instant {
    (Instant::now() + Duration::from_secs(30)).into()
}

#[tokio::test]
async fn servers_with_one_bucket_serve_each_others_results() {
    let bucket = s3::bucket().await;
    let (writer, reader) = (server(&bucket, Duration::from_hours(1)), server(&bucket, Duration::from_hours(1)));
    let (feed, rest) = mpsc::unbounded();
    let head = vec![numbered(0..10)];
    let id = writer.keep(head[0].schema(), head, rest.boxed(), ()).await.expect("there is room");
    let id = ResultId::from_bytes(&id.to_bytes()).expect("as a cursor carries it");

    let slice = reader.read(&id, 0, 8, 1 << 20, patiently()).await.expect("the first chunk comes soon");
    assert_eq!((numbers(&slice.rows), slice.more, slice.total), ((0..8).collect(), true, None));
    feed.unbounded_send(Ok(numbered(10..200_000))).expect("the run goes on");
    drop(feed);
    assert_eq!(reader.total(&id, patiently()).await, Ok(200_000));
    for spool in [&writer, &reader, &server(&bucket, Duration::from_hours(1))] {
        for from in [0, 65_530, 131_000, 199_990] {
            let slice = spool.read(&id, from, 10, 1 << 20, patiently()).await.expect("it is kept");
            assert_eq!(numbers(&slice.rows), (from.cast_signed()..from.cast_signed() + 10).collect::<Vec<_>>());
            assert_eq!(slice.more, from < 199_990);
        }
        let (_, rows) = spool.stream(&id, 150_000).await.expect("it is kept");
        let rows: Vec<RecordBatch> = rows.try_collect().await.expect("it is complete");
        assert_eq!(rows.iter().flat_map(numbers).collect::<Vec<_>>(), (150_000..200_000).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn expired_results_leave_the_bucket_and_strangers_stay() {
    let bucket = s3::bucket().await;
    bucket.put("kept/results/photographs/1.png", "a picture").await;
    bucket.put("kept/results/00000000000001-00000000000000000000000000000000/state.json", "{}").await;
    let spool = server(&bucket, Duration::from_hours(1));
    let rows = stream::iter([Ok::<_, Fault>(numbered(0..10))]).boxed();
    let id = spool.keep(numbered(0..0).schema(), Vec::new(), rows, ()).await.expect("there is room");
    assert_eq!(spool.total(&id, patiently()).await, Ok(10));

    let _cleaning = spool.keep_clean();
    let gone =
        async || bucket.get("kept/results/00000000000001-00000000000000000000000000000000/state.json").await.is_none();
    let began = Instant::now();
    while !gone().await {
        assert!(began.elapsed() < Duration::from_secs(20), "it is not swept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(bucket.get("kept/results/photographs/1.png").await.is_some());
    let slice = server(&bucket, Duration::from_hours(1)).read(&id, 0, 10, 1 << 20, patiently()).await;
    assert_eq!(slice.map(|slice| numbers(&slice.rows)), Ok((0..10).collect()));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told_without_its_name() {
    let mut bucket = s3::bucket().await;
    bucket.name = "no-such-bucket".to_owned();
    let spool = server(&bucket, Duration::from_hours(1));
    let rows = stream::iter([Ok::<_, Fault>(numbered(0..10))]).boxed();
    let fault = spool.keep(numbered(0..0).schema(), Vec::new(), rows, ()).await.expect_err("it cannot be written");
    assert_eq!(fault.code, Code::SpoolDown);
    assert!(!fault.detail.contains("no-such-bucket") && fault.internal.is_some(), "{fault}");
}
