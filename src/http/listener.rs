//! Connections: HTTP/1.1 and HTTP/2 on one port, bounded heads, a graceful end.

use std::{future::ready, time::Duration};

use axum::{Router, extract::Request, middleware::map_request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take nothing of what is written to it. HTTP/2 finds such clients by its own pings.
const WRITE_TIMEOUT: Duration = Duration::from_mins(1);
/// How many requests one HTTP/2 connection may have under way.
const STREAMS: u32 = 128;

/// Serves until `stop`, then lets requests finish. Dropping the future breaks the connections that are left.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Duration::from_secs(20));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: accepting again at once would spin.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            // Finished connections leave nothing behind.
            Some(_) = connections.join_next() => continue,
        };
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let began = CancellationToken::new();
        let notice = began.clone();
        let service = router.clone().layer(map_request(move |request: Request| {
            notice.cancel();
            ready(request)
        }));
        let service = TowerToHyperService::new(service);
        let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service).into_owned();
        let watched = graceful.watch(connection);
        connections.spawn(async move {
            tokio::select! {
                // A client that breaks off is no event of ours: the request's own record says how it ended.
                _ = watched => {}
                // No timer runs in there before the first bytes have told HTTP/1 from HTTP/2.
                Err(_) = timeout(HEAD_TIMEOUT, began.cancelled()) => {}
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
}
