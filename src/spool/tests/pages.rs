//! Pages are the rows, wherever chunks and batches end and whoever reads.

use arrow::{compute::concat_batches, datatypes::Schema};
use futures::TryStreamExt;
use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pages_of_any_size_over_chunks_of_any_size_are_the_rows(
        batches in prop::collection::vec(0_i64..60, 0..8),
        head in 0_usize..8,
        chunk_rows in 1_usize..80,
        chunk_bytes in prop::sample::select(vec![1_usize, 300, 1_000, 1 << 20]),
        page_rows in 1_usize..100,
        page_bytes in prop::sample::select(vec![1_usize, 200, 2_000, 1 << 20]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (mut parts, mut count) = (Vec::new(), 0);
            for rows in batches {
                parts.push(numbered(count..count + rows));
                count += rows;
            }
            let expected: Vec<i64> = (0..count).collect();
            let rest = parts.split_off(head.min(parts.len()));
            let store = memory();
            let tuning = Tuning { chunk_rows, chunk_bytes, ..FAST };
            let writer = server_with(&store, tuning, |_| {});
            let id = writer.keep(numbered(0..0).schema(), parts, ready(rest), ()).await.expect("there is room");
            // While it runs, afterwards, and at a server that knows nothing of it.
            for spool in [&writer, &server(&store), &writer, &server(&store)] {
                let mut found = Vec::new();
                loop {
                    let at = found.len() as u64;
                    let slice = spool.read(&id, at, page_rows, page_bytes, patiently()).await.expect("it is kept");
                    prop_assert!(slice.rows.num_rows() <= page_rows);
                    prop_assert!(slice.rows.num_rows() > 0 || count == 0);
                    prop_assert!(slice.rows.num_rows() <= 1 || chunk::size(&slice.rows) <= page_bytes + 64);
                    found.extend(numbers(&slice.rows));
                    if !slice.more {
                        prop_assert_eq!(slice.total, Some(count.unsigned_abs()));
                        break;
                    }
                }
                prop_assert_eq!(&found, &expected);
                prop_assert_eq!(spool.total(&id, patiently()).await, Ok(count.unsigned_abs()));
                let from = expected.len() / 2;
                let (_, rows) = spool.stream(&id, from as u64).await.expect("it is kept");
                let rows: Vec<_> = rows.try_collect().await.expect("it is complete");
                let rows: Vec<i64> = rows.iter().flat_map(numbers).collect();
                prop_assert_eq!(&rows[..], &expected[from..]);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_row_far_behind_costs_one_chunk() {
    let store = memory();
    let writer = server(&store);
    let id = keep(&writer, ready((0..50).map(|part| numbered(part * 100..part * 100 + 100)).collect())).await;
    assert_eq!(writer.total(&id, patiently()).await, Ok(5_000));
    for from in [0, 99, 100, 2_345, 4_999] {
        let spool = server(&store);
        let slice = spool.read(&id, from, 1, 1 << 20, patiently()).await.expect("it is kept");
        assert_eq!(numbers(&slice.rows), [from.cast_signed()]);
        spool.shared.decoded.run_pending_tasks();
        assert_eq!(spool.shared.decoded.entry_count(), 1, "chunks that were read for row {from}");
    }
}

#[tokio::test]
async fn a_result_without_rows_has_its_columns() {
    let store = memory();
    let metadata = [("unit".to_owned(), "EUR".to_owned())].into();
    let schema = Arc::new(Schema::clone(&numbered(0..0).schema()).with_metadata(metadata));
    let writer = server(&store);
    let id =
        writer.keep(Arc::clone(&schema), vec![numbered(0..0)], ready(Vec::new()), ()).await.expect("there is room");
    for spool in [writer, server(&store)] {
        let slice = spool.read(&id, 0, 10, 1 << 20, patiently()).await.expect("it is kept");
        assert_eq!((slice.rows.num_rows(), slice.rows.schema()), (0, Arc::clone(&schema)));
        assert_eq!((slice.more, slice.total), (false, Some(0)));
        assert_eq!(spool.stream(&id, 0).await.expect("it is kept").0, schema);
    }
}

#[tokio::test]
async fn rows_leave_with_the_columns_of_the_result_wherever_they_are() {
    let metadata = [("unit".to_owned(), "EUR".to_owned())].into();
    let schema = Arc::new(Schema::clone(&numbered(0..0).schema()).with_metadata(metadata));
    let (feed, rest) = fed();
    let slow = Tuning { flush: Duration::from_secs(20), ..FAST };
    let store = memory();
    let spool = server_with(&store, slow, |_| {});
    let id = spool.keep(Arc::clone(&schema), vec![numbered(0..150)], rest, ()).await.expect("there is room");
    until("the first chunk is written", async || spool.shared.runs()[&id].written() == 100).await;
    let slice = spool.read(&id, 0, 150, 1 << 20, patiently()).await.expect("some of it is in memory");
    assert_eq!(slice.rows, concat_batches(&schema, [&numbered(0..150)]).expect("one batch"));
    assert!(slice.more && slice.total.is_none(), "nobody knows yet");
    drop(feed);
    let (rows, end) = pages(&spool, &id, 70).await;
    assert_eq!((rows.len(), end), (150, Ok(150)));
}

#[tokio::test]
async fn a_page_is_filled_while_rows_come_and_given_at_the_deadline() {
    let (feed, rest) = fed();
    let spool = server(&memory());
    let id = keep(&spool, rest).await;
    let reader = Arc::clone(&spool);
    let asked = id.clone();
    let page = tokio::spawn(async move { reader.read(&asked, 0, 20, 1 << 20, patiently()).await });
    for part in 0..3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        send(&feed, part * 10..part * 10 + 10);
    }
    let slice = page.await.expect("no panic").expect("rows come");
    assert_eq!((numbers(&slice.rows), slice.more), ((0..20).collect(), true));

    let soon = || Instant::now() + Duration::from_millis(50);
    let slice = spool.read(&id, 20, 20, 1 << 20, soon()).await.expect("some are there");
    assert_eq!((numbers(&slice.rows), slice.more), ((20..30).collect(), true));
    assert_eq!(code(spool.read(&id, 30, 20, 1 << 20, soon()).await), Code::Timeout);
    assert_eq!(code(spool.total(&id, soon()).await), Code::Timeout);
}
