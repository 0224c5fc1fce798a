//! Several servers over one store.

use super::*;

#[tokio::test]
async fn another_server_reads_along() {
    let (store, (feed, rest)) = (memory(), fed());
    let writer = server(&store);
    let id = keep(&writer, rest).await;
    let reader = server(&store);
    let (spool, asked) = (Arc::clone(&reader), id.clone());
    let paging = tokio::spawn(async move { pages(&spool, &asked, 7).await });
    let (_, mut streamed) = reader.stream(&id, 5).await.expect("it is kept");
    send(&feed, 0..10);
    assert_eq!(numbers(&streamed.next().await.expect("rows come").expect("as they come")), [5, 6, 7, 8, 9]);
    for part in 1..20 {
        tokio::time::sleep(Duration::from_millis(3)).await;
        send(&feed, part * 10..part * 10 + 10);
    }
    let (total, asked) = (Arc::clone(&reader), id.clone());
    let total = tokio::spawn(async move { total.total(&asked, patiently()).await });
    drop(feed);
    assert_eq!(paging.await.expect("no panic"), ((0..200).collect(), Ok(200)));
    assert_eq!(total.await.expect("no panic"), Ok(200));
    let rest: Vec<_> = streamed.map(|rows| numbers(&rows.expect("it is complete"))).concat().await;
    assert_eq!(rest, (10..200).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_a_dead_server_wrote_is_served_and_what_it_did_not_is_gone() {
    let (store, (feed, rest)) = (memory(), fed());
    let writer = server(&store);
    let id = keep(&writer, rest).await;
    send(&feed, 0..250);
    let reader = server(&store);
    until("some is written", async || reader.read(&id, 249, 1, 1 << 20, patiently()).await.is_ok()).await;
    drop(writer);
    until("the run is cancelled", async || feed.is_closed()).await;
    let (rows, end) = pages(&reader, &id, 60).await;
    assert_eq!(rows, (0..250).collect::<Vec<_>>());
    assert_eq!(end.map_err(|fault| fault.code), Err(Code::CursorExpired));
    // Many short questions tell as well as a long one.
    let other = server(&store);
    until("it is dead", async || {
        let answer = other.total(&id, Instant::now() + Duration::from_millis(20)).await;
        code(answer) == Code::CursorExpired
    })
    .await;
}

#[tokio::test]
async fn a_run_goes_on_while_another_server_asks() {
    let (store, (feed, rest)) = (memory(), fed());
    let writer = server(&store);
    let id = keep(&writer, rest).await;
    send(&feed, 0..10);
    let reader = server(&store);
    let waiting = reader.total(&id, Instant::now() + FAST.patience * 4).await;
    assert_eq!(code(waiting), Code::Timeout);
    assert!(!feed.is_closed(), "somebody asked");
    until("nobody asks any more", async || feed.is_closed()).await;
    until("all servers know", async || {
        let answer = reader.total(&id, Instant::now() + Duration::from_millis(20)).await;
        code(answer) == Code::CursorExpired
    })
    .await;
    assert_eq!(pages(&reader, &id, 4).await.0, (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn how_a_run_ended_is_told_everywhere() {
    let store = memory();
    let writer = server(&store);
    let (feed, rest) = fed();
    let id = keep(&writer, rest).await;
    send(&feed, 0..30);
    let fault = Fault::new(Code::SourceFailed, "the table is gone").with_hint("ask its owner").with_internal("secret");
    feed.unbounded_send(Err(fault.clone())).expect("the run goes on");
    let public = Fault { internal: None, ..fault };
    for spool in [&writer, &server(&store), &server(&store)] {
        assert_eq!(pages(spool, &id, 30).await, ((0..30).collect(), Err(public.clone())));
        assert_eq!(spool.total(&id, patiently()).await, Err(public.clone()));
        let (_, rows) = spool.stream(&id, 0).await.expect("it is kept");
        let rows: Vec<_> = rows.map(|rows| rows.map(|rows| rows.num_rows())).collect().await;
        assert_eq!(rows, [Ok(30), Err(public.clone())], "never a silent end");
    }
    let state =
        Objects::within(store).get(&id, objects::Object::State).await.expect("it is there").expect("it is there");
    assert!(!String::from_utf8_lossy(&state).contains("secret"));
}

#[tokio::test]
async fn an_unknown_result_is_gone() {
    let id = ResultId::new(TimeDelta::hours(1)).expect("there is randomness");
    let spool = server(&memory());
    assert_eq!(code(spool.read(&id, 0, 1, 1, patiently()).await), Code::CursorExpired);
    assert_eq!(code(spool.total(&id, patiently()).await), Code::CursorExpired);
    assert_eq!(code(spool.stream(&id, 0).await.map(drop)), Code::CursorExpired);
}
