//! A store that refuses, and one that dies in mid-stream.

use std::{sync::Arc, time::Duration};

use aqueduct::{
    config::{
        Secret,
        source::{FilesConfig, Location},
    },
    model::{Code, Fault, TableNames},
    sources::Source,
};
use datafusion::execution::runtime_env::RuntimeEnv;
use futures::StreamExt;

use super::{Lake, open, spanned};
use crate::{
    contract::engine::{Engine, fault},
    harness::proxy::{Break, Proxy},
};

/// The tables of a bucket at another endpoint.
fn through(lake: &Lake, endpoint: &str, runtime: &Arc<RuntimeEnv>) -> Arc<dyn Source> {
    let bucket = lake.bucket.as_ref().expect("the lake is in a bucket");
    let given = bucket.options().into_iter().filter(|(name, _)| *name != "allow_http").map(|(name, value)| {
        let value = if name == "endpoint" { endpoint.to_owned() } else { value };
        (spanned(name.to_owned()), Secret::new(value))
    });
    let url = format!("s3://{}/ware house", bucket.name).parse().expect("a bucket's name fits a URL");
    let at = FilesConfig { location: spanned(Location::Url(url)), options: given.collect(), discover: true };
    open(&at, Vec::new(), runtime)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_dies_in_mid_stream_is_a_fault_and_never_a_shorter_answer() {
    let lake = Lake::in_bucket().await;
    lake.run("import random\nfor n in range(2): write('t', {'id': [random.getrandbits(62) for _ in range(400000)]})");
    let endpoint = lake.bucket.as_ref().expect("a bucket").endpoint.clone();
    for how in [Break::Reset, Break::Close] {
        let proxy = Proxy::before(endpoint.trim_start_matches("http://").parse().expect("an address")).await;
        let runtime = Arc::new(RuntimeEnv::default());
        let source = through(&lake, &format!("http://{}", proxy.address()), &runtime);
        let engine = Engine::within(&source, runtime).await;
        assert_eq!(engine.problems, []);
        let mut stream = engine.stream("SELECT id FROM t").await;
        let mut rows = stream.next().await.expect("rows").expect("rows").num_rows();
        proxy.break_all(how);
        let end = loop {
            match stream.next().await {
                Some(Ok(batch)) => rows += batch.num_rows(),
                Some(Err(error)) => break Some(fault(&error)),
                None => break None,
            }
        };
        match end {
            // All may have been on its way already.
            None => assert_eq!(rows, 800_000, "{how:?}"),
            Some(fault) => assert_eq!(fault.code, Code::SourceDown, "{fault:?}"),
        }
        let down = engine.rows("SELECT sum(id % 7) FROM t").await.expect_err("nobody answers");
        assert_eq!(down.code, Code::SourceDown, "{down:?}");
        assert!(is_down(&source).await.detail.contains("cannot be reached"), "{how:?}");
        proxy.mend();
        let counted = engine.rows("SELECT count(id) FROM t WHERE id >= 0").await;
        assert_eq!(counted, Ok(vec!["800000".to_owned()]), "{how:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_is_told_without_a_secret() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", server.local_addr().expect("an address"));
    let refusing = tokio::spawn(async move {
        let answer = axum::Router::new().fallback(|| async { (http::StatusCode::FORBIDDEN, "<Error>key</Error>") });
        axum::serve(server, answer).await
    });
    let lake = Lake::in_bucket().await;
    let refused = is_down(&through(&lake, &endpoint, &Arc::default())).await;
    assert!(refused.internal.as_ref().is_some_and(|log| log.contains("403 Forbidden")), "{refused:?}");
    assert!(!format!("{refused:?}").contains("test-secret-key"), "{refused:?}");
    refusing.abort();
}

/// Several libraries for TLS are linked: each client has one, though the process has no default.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_may_be_asked_over_tls() {
    let lake = Lake::in_bucket().await;
    let endpoint = lake.bucket.as_ref().expect("a bucket").endpoint.replace("http://", "https://");
    let refused = is_down(&through(&lake, &endpoint, &Arc::default())).await;
    assert!(refused.internal.as_ref().is_some_and(|log| log.contains("https://")), "{refused:?}");
}

async fn is_down(source: &Arc<dyn Source>) -> Fault {
    let asked = tokio::time::timeout(Duration::from_secs(50), source.tables(&TableNames::default())).await;
    let fault = asked.expect("it gives up in time").expect_err("it is down");
    assert_eq!(fault.code, Code::SourceDown);
    fault
}
