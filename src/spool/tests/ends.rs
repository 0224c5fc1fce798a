//! How runs end: by limits, by silence, by panics, with the process, and by the clock.

use tokio::sync::oneshot;

use super::*;

#[tokio::test]
async fn a_run_that_nobody_asks_for_is_cancelled() {
    let (store, (feed, rest)) = (memory(), fed());
    let spool = server(&store);
    let (permit, freed) = oneshot::channel::<()>();
    let schema = numbered(0..0).schema();
    let id = spool.keep(schema, vec![numbered(0..10)], rest, permit).await.expect("there is room");
    send(&feed, 10..20);
    // A question, and a stream that is held, keep it.
    let (_, held) = spool.stream(&id, 0).await.expect("it is kept");
    tokio::time::sleep(FAST.patience * 2).await;
    assert!(!feed.is_closed());
    drop(held);
    tokio::time::sleep(FAST.patience / 3).await;
    assert!(!feed.is_closed(), "it was asked for a moment ago");
    freed.await.expect_err("the slot is free");
    assert!(feed.is_closed(), "the query is dropped");
    for spool in [&spool, &server(&store)] {
        let (rows, end) = pages(spool, &id, 6).await;
        assert_eq!((rows.len(), end.map_err(|fault| fault.code)), (20, Err(Code::CursorExpired)));
    }
    assert!(spool.shared.runs().is_empty());
}

#[tokio::test]
async fn a_run_frees_its_slot_when_the_rows_end() {
    let spool = server(&memory());
    let (permit, freed) = oneshot::channel::<()>();
    let rows = ready(vec![numbered(0..10)]);
    spool.keep(numbered(0..0).schema(), Vec::new(), rows, permit).await.expect("there is room");
    freed.await.expect_err("the slot is free");
    until("it is no run any more", async || spool.shared.runs().is_empty()).await;
}

#[tokio::test]
async fn dropping_the_spool_cancels_its_runs_and_tells_readers() {
    let (feed, rest) = fed();
    let spool = server(&memory());
    let id = keep(&spool, rest).await;
    send(&feed, 0..10);
    let (_, mut rows) = spool.stream(&id, 0).await.expect("it is kept");
    assert_eq!(rows.next().await.map(|rows| rows.map(|rows| rows.num_rows())), Some(Ok(10)));
    drop(spool);
    assert_eq!(rows.next().await.map(code), Some(Code::CursorExpired));
    assert!(feed.is_closed());
}

#[tokio::test]
async fn a_panic_is_a_failure() {
    let rows = stream::iter(0..3)
        .map(|part| if part < 2 { Ok(numbered(part * 10..part * 10 + 10)) } else { panic!("a defect") });
    let store = memory();
    let spool = server(&store);
    let id = keep(&spool, rows.boxed()).await;
    for spool in [&spool, &server(&store)] {
        let (rows, end) = pages(spool, &id, 6).await;
        assert_eq!((rows.len(), end.map_err(|fault| fault.code)), (20, Err(Code::Internal)));
    }
}

#[tokio::test]
async fn a_result_over_its_limit_says_so() {
    let store = memory();
    let spool = server_with(&store, FAST, |settings| settings.result = 8 << 10);
    let (feed, rest) = fed();
    let (permit, freed) = oneshot::channel::<()>();
    let id = spool.keep(numbered(0..0).schema(), Vec::new(), rest, permit).await.expect("there is room");
    send(&feed, 0..100_000);
    freed.await.expect_err("it has ended");
    for spool in [&spool, &server(&store)] {
        let (rows, end) = pages(spool, &id, 1_000).await;
        assert!((100..100_000).contains(&rows.len()), "{} rows", rows.len());
        assert_eq!(rows, (0..rows.len() as i64).collect::<Vec<_>>());
        let fault = end.expect_err("never a silent end");
        assert_eq!(fault.code, Code::ResultTooLarge);
        assert!(fault.detail.contains("8 KiB") && fault.hint.is_some_and(|hint| hint.contains("spool.result")));
        assert_eq!(code(spool.total(&id, patiently()).await), Code::ResultTooLarge);
    }
}

#[tokio::test]
async fn without_room_no_result_begins_and_none_goes_on() {
    let store = memory();
    let small = |settings: &mut settings::Spool| settings.total = 8 << 10;
    let spool = server_with(&store, FAST, small);
    let (feed, rest) = fed();
    let first = keep(&spool, rest).await;
    send(&feed, 0..100_000);
    until("the run has ended", async || feed.is_closed()).await;
    let (rows, end) = pages(&spool, &first, 1_000).await;
    assert!((100..100_000).contains(&rows.len()), "{} rows", rows.len());
    assert_eq!(end.map_err(|fault| fault.code), Err(Code::SpoolFull));
    spool.shared.usage.add(1 << 10);
    let refused = spool.keep(numbered(0..0).schema(), Vec::new(), ready(Vec::new()), ()).await;
    assert_eq!(code(refused), Code::SpoolFull);

    // Another server learns it from the listing.
    let other = server_with(&store, FAST, |settings| settings.total = 4 << 10);
    let cleaning = other.keep_clean();
    until("it has looked", async || other.shared.usage.get() > 0).await;
    let refused = other.keep(numbered(0..0).schema(), Vec::new(), ready(Vec::new()), ()).await;
    assert_eq!(code(refused), Code::SpoolFull);
    drop(cleaning);
}

#[tokio::test]
async fn expired_results_are_gone_and_removed_whoever_kept_them() {
    let store = memory();
    let short = |settings: &mut settings::Spool| settings.lifetime = Duration::from_millis(200);
    let writer = server_with(&store, FAST, short);
    let (feed, rest) = fed();
    let running = keep(&writer, rest).await;
    send(&feed, 0..10);
    let ended = keep(&writer, ready(vec![numbered(0..10)])).await;
    let other = server(&store);
    let lasting = keep(&other, ready(vec![numbered(0..10)])).await;
    assert_eq!(pages(&writer, &ended, 10).await.1, Ok(10));
    until("it expires", async || ended.is_expired() && running.is_expired()).await;
    for id in [&ended, &running] {
        assert_eq!(code(writer.read(id, 0, 10, 1 << 20, patiently()).await), Code::CursorExpired);
    }
    until("the run is cancelled", async || feed.is_closed()).await;

    let sweeper = server(&store);
    let _cleaning = sweeper.keep_clean();
    let objects = Objects::within(store);
    until("it is swept", async || objects.survey().await.expect("it can be listed").len() == 1).await;
    assert_eq!(pages(&sweeper, &lasting, 10).await.1, Ok(10));
}
