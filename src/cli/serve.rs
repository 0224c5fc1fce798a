//! `aqueduct serve`: listens, says where, and ends gracefully.

use std::io::Write as _;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::app::{self, Addresses, App, Listeners};

pub(super) async fn run(app: &App) -> Result<(), Failure> {
    for warning in app.warnings.iter() {
        tracing::warn!("{warning}");
    }
    for (config, fault) in app.engine.down() {
        tracing::warn!(source = %config.name, cause = fault.internal, "{}; its queries answer 503 until it is back", fault.detail);
    }
    let listeners = Listeners::bind(&app.project).await?;
    let addresses = listeners.addresses()?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone())?);
    announce(&addresses)?;
    app::serve(app, listeners, stop).await;
    Ok(())
}

/// One line that a script can wait for; flushed, because standard output may be a pipe.
fn announce(addresses: &Addresses) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "listening http={} flight={} admin={}", addresses.http, addresses.flight, addresses.admin)?;
    stdout.flush()
}

/// The first SIGTERM or SIGINT stops gracefully, the second at once.
fn stop_on_signal(stop: CancellationToken) -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.is_cancelled() {
                std::process::exit(1);
            }
            tracing::info!("stopping: requests under way may finish; a second signal ends at once");
            stop.cancel();
        }
    })
}
