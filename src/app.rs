//! Puts the rooms together: a project directory in, a running service out. The only file that knows every room.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::transport::server::TcpIncoming;

use crate::{
    catalog::{self, Project},
    config::Environment,
    engine::Engine,
    flight, http,
    model::{Place, Problem, Problems},
    pipeline::Road,
    spool::Spool,
};

/// How long requests may take to finish once the service is told to stop.
const GRACE: Duration = Duration::from_secs(30);

/// A project that is loaded, planned over its sources, and can answer.
#[derive(Debug)]
pub struct App {
    /// What the files say.
    pub project: Arc<Project>,
    /// The sources.
    pub engine: Arc<Engine>,
    /// Results that are kept.
    pub spool: Arc<Spool>,
    /// The way of every request.
    pub road: Arc<Road>,
    /// What `check` says besides errors.
    pub warnings: Problems,
}

impl App {
    /// Loads the project in `directory` and asks its sources.
    ///
    /// # Errors
    /// All mistakes of the project's files, and all that does not fit the sources.
    pub async fn open(directory: &Path, environment: &Environment) -> Result<Self, Problems> {
        let loaded = catalog::load(directory, environment)?;
        let project = Arc::new(loaded.project);
        let (engine, warnings) = Engine::open(Arc::clone(&project), &loaded.drafts, loaded.problems).await?;
        let spool = Spool::open(&project.settings.spool).map_err(|problem| {
            let mut problems = Problems::default();
            problems.push(problem);
            problems
        })?;
        let road = Road::new(Arc::clone(&project), Arc::clone(&engine), Arc::clone(&spool)).map_err(|fault| {
            let mut problems = Problems::default();
            problems.push(Problem::error(Place::start_of("aqueduct.yaml"), fault.internal.unwrap_or(fault.detail)));
            problems
        })?;
        Ok(Self { project, engine, spool, road: Arc::new(road), warnings })
    }
}

/// Listeners that are bound.
#[derive(Debug)]
pub struct Listeners {
    http: TcpListener,
    flight: TcpListener,
    admin: TcpListener,
}

/// Where a service listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// The HTTP door.
    pub http: SocketAddr,
    /// The Flight door.
    pub flight: SocketAddr,
    /// `/livez` and `/readyz`.
    pub admin: SocketAddr,
}

impl Listeners {
    /// Binds what `aqueduct.yaml` says.
    ///
    /// # Errors
    /// An address that cannot be bound, named.
    pub async fn bind(project: &Project) -> io::Result<Self> {
        let bind = async |door: &str, address: SocketAddr| {
            TcpListener::bind(address).await.map_err(|error| {
                io::Error::new(error.kind(), format!("cannot listen on {address} (server.{door}): {error}"))
            })
        };
        let server = &project.settings.server;
        Ok(Self {
            http: bind("http", server.http).await?,
            flight: bind("flight", server.flight).await?,
            admin: bind("admin", server.admin).await?,
        })
    }

    /// The addresses, with the ports that were picked.
    ///
    /// # Errors
    /// The operating system does not know them.
    pub fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses {
            http: self.http.local_addr()?,
            flight: self.flight.local_addr()?,
            admin: self.admin.local_addr()?,
        })
    }
}

/// Serves until `stop`; then lets requests finish, for 30 s at most, and breaks off what is left.
pub async fn serve(app: &App, listeners: Listeners, stop: CancellationToken) {
    let refreshing = app.engine.keep_fresh();
    let cleaning = app.spool.keep_clean();
    let readiness = http::admin::Readiness::default();
    // The doors are bound: whoever connects from now on will be answered.
    readiness.set(true);
    let mut doors = JoinSet::new();
    doors.spawn(http::listener::serve(listeners.http, http::router(Arc::clone(&app.road)), stop.clone()));
    doors.spawn(serve_flight(listeners.flight, Arc::clone(&app.road), stop.clone()));
    // The admin listener outlives the doors, so that a drain can be watched.
    let done = CancellationToken::new();
    let admin =
        tokio::spawn(http::listener::serve(listeners.admin, http::admin::router(readiness.clone()), done.clone()));
    stop.cancelled().await;
    readiness.set(false);
    drop((refreshing, cleaning));
    let finished = tokio::time::timeout(GRACE, async { while doors.join_next().await.is_some() {} });
    if finished.await.is_err() {
        tracing::warn!("requests were still running after {} s and were broken off", GRACE.as_secs());
        doors.shutdown().await;
    }
    done.cancel();
    let _ = tokio::time::timeout(Duration::from_secs(1), admin).await;
}

async fn serve_flight(listener: TcpListener, road: Arc<Road>, stop: CancellationToken) {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let served = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .add_service(flight::service(road))
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the Flight door broke");
    }
}
