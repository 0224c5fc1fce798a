//! Connections of a driver and the statements that run on them.

use std::{fmt, sync::Arc, time::Duration};

use adbc_core::error::{Error, Result as AdbcResult};
use adbc_driver_manager::ManagedConnection;
use async_trait::async_trait;
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc},
    task::JoinError,
};

use super::{
    Discovered, System, Wanted, binds,
    cause::{self, Meaning},
    database::{Database, Stamp},
    library, parallel,
    parts::{Division, Part, Parts},
    statement::{self, Cancel, Order, Running, Sender},
};
use crate::{
    config::source::AdbcConfig,
    model::{Fault, Problem, SourceName},
    sources::sql::{
        Dialect,
        arrow::{Batches, examine},
        failure::{changed, down, failed, not_computed},
        feed::{Caller, Feed, Job, Remote, Scan, Stop, Verdict},
        pool::{Pool, Slot},
        session::{self, Connector},
        verdicts::Verdicts,
    },
};

/// A statement that does not end in so long is left to its thread.
const PATIENCE: Duration = Duration::from_secs(10);

/// One database behind a driver. Clones share its connections.
#[derive(Clone)]
pub struct Adbc {
    name: SourceName,
    config: Arc<AdbcConfig>,
    system: Arc<dyn System>,
    database: Arc<Database>,
    pool: Arc<Pool<Session>>,
    stale: Arc<Notify>,
    verdicts: Verdicts,
}

/// A connection, the file that it reads, and what runs on it.
pub struct Session {
    connection: Released,
    stamp: Option<Stamp>,
    running: Option<Running>,
}

/// A connection that is released on a thread that may block, wherever it is dropped.
struct Released(Option<ManagedConnection>);

impl Released {
    /// Another handle of it, for a thread that may block.
    fn handle(&self) -> ManagedConnection {
        self.0.clone().expect("it is there until it is dropped")
    }
}

impl Drop for Released {
    fn drop(&mut self) {
        let connection = self.0.take();
        // Without a runtime, as at the program's end, it is released here.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(connection));
        }
    }
}

impl Session {
    /// The file that it reads, where that is one.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        self.stamp
    }

    /// Starts `work` on the connection. What it gives comes through the channel.
    fn start<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(ManagedConnection, &Cancel, &Sender<T>) -> AdbcResult<()> + Send + 'static,
    ) -> mpsc::Receiver<AdbcResult<T>> {
        let connection = self.connection.handle();
        let (running, given) = Running::start(move |cancel, sender| work(connection, cancel, sender));
        self.running = Some(running);
        given
    }

    /// Waits until the driver has let go of what was started: what comes next must not meet it there.
    async fn ended(&mut self) -> Result<(), Stop> {
        // Until then it can be cancelled.
        let Some(running) = &mut self.running else { return Ok(()) };
        let ended = running.ended().await;
        self.running = None;
        ended.map_err(broken)
    }
}

impl Adbc {
    /// Loads the driver; connects nothing.
    pub fn new(name: SourceName, config: &AdbcConfig, system: Arc<dyn System>) -> Result<Self, Problem> {
        let driver = library::load(config)?;
        let database = Arc::new(Database::new(driver, config, system.settings()));
        let pool = Pool::new(config.sql.max_connections);
        let config = Arc::new(config.clone());
        Ok(Self { name, config, system, database, pool, stale: Arc::default(), verdicts: Verdicts::new() })
    }

    /// Completes when a statement has shown that the tables are no longer those that were found.
    pub async fn stale(&self) {
        self.stale.notified().await;
    }

    /// What is there. What the system said of statements is forgotten.
    pub async fn discover(&self, wanted: Wanted) -> Result<Discovered, Stop> {
        self.verdicts.forget();
        let database = Arc::clone(&self.database);
        blocking(move || database.renew()).await?.map_err(|error| self.no_connection(&error))?;
        let slot = self.pool.slot().await;
        loop {
            let (session, reused) = self.session(&slot, None).await?;
            let mut connection = session.connection.handle();
            let (system, wanted) = (Arc::clone(&self.system), wanted.clone());
            let found = blocking(move || system.discover(&mut connection, &wanted)).await?;
            match found.map_err(|error| self.stop(&error)) {
                Ok(found) => {
                    slot.give_back(session);
                    return Ok(found);
                }
                // It died while it was idle.
                Err(Stop::Lost(_)) if reused => {}
                Err(stop) => return Err(stop),
            }
        }
    }

    /// What the driver says of the statement of `scan`, which does not run.
    async fn examine(&self, scan: &Scan) -> Result<Verdict, Stop> {
        let slot = self.pool.slot().await;
        let (session, _) = self.session(&slot, None).await?;
        let mut connection = session.connection.handle();
        let order = Order { sql: self.system.sample(&scan.statement), ..Order::default() };
        let described = blocking(move || statement::describe(&mut connection, &order)).await?;
        let verdict = match described {
            Ok(Some(sent)) => examine(&sent, &scan.schema),
            Ok(None) => Verdict::Accepted { rows: None },
            Err(error) => match cause::meaning(&error) {
                Meaning::Unreachable | Meaning::Overloaded | Meaning::Unauthenticated => return Err(self.stop(&error)),
                Meaning::Broken => return Ok(refused()),
                _ => refused(),
            },
        };
        slot.give_back(session);
        Ok(verdict)
    }

    /// What an error of a statement means.
    fn stop(&self, error: &Error) -> Stop {
        let said = self.said(error);
        if self.system.is_changed(error) {
            self.stale.notify_one();
            return Stop::Refused(changed(&self.name, self.name.as_str(), said));
        }
        match cause::meaning(error) {
            Meaning::Unreachable => Stop::Lost(down(&self.name, said)),
            Meaning::Overloaded => Stop::Busy(down(&self.name, said)),
            Meaning::Unauthenticated => Stop::Refused(self.unauthenticated(&said)),
            Meaning::DividesByZero => Stop::Refused(not_computed("division by zero", said)),
            Meaning::Overflows => Stop::Refused(not_computed("a number overflowed", said)),
            Meaning::Broken => Stop::from(failed(&self.name, said)),
            Meaning::Refuses => Stop::Refused(failed(&self.name, said)),
        }
    }

    /// What an error of a new connection means.
    fn no_connection(&self, error: &Error) -> Stop {
        let said = self.said(error);
        match cause::meaning(error) {
            Meaning::Overloaded => Stop::Busy(down(&self.name, said)),
            Meaning::Unauthenticated => Stop::Lost(self.unauthenticated(&said)),
            _ => Stop::Lost(down(&self.name, said)),
        }
    }

    /// What the driver says, without secrets.
    pub(super) fn said(&self, error: &Error) -> String {
        self.database.redacted(cause::said(error))
    }

    fn unauthenticated(&self, said: &str) -> Fault {
        let remedy = format!("look at the credentials in catalogs/{}.yaml, and at what they may read", self.name);
        down(&self.name, format!("{said}; {remedy}"))
    }
}

fn refused() -> Verdict {
    Verdict::Refused("the source refuses the statement".to_owned())
}

/// Runs what blocks on a thread for that.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    tokio::task::spawn_blocking(work).await.map_err(broken)
}

/// A thread that broke down: a defect of ours.
fn broken(error: JoinError) -> Stop {
    Fault::internal(error).into()
}

#[async_trait]
impl Remote for Adbc {
    fn source(&self) -> &SourceName {
        &self.name
    }

    fn dialect(&self) -> &dyn Dialect {
        self.system.dialect()
    }

    fn is_contended(&self) -> bool {
        self.pool.is_contended()
    }

    async fn check(&self, scan: &Scan) -> Verdict {
        self.verdicts.of(scan, || self.examine(scan)).await
    }

    async fn run(&self, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        session::run(self, job, feed).await
    }
}

#[async_trait]
impl Connector for Adbc {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        &self.pool
    }

    async fn connect(&self) -> Result<Session, Stop> {
        let database = Arc::clone(&self.database);
        let connected = blocking(move || database.connect()).await?;
        let (connection, stamp) = connected.map_err(|error| self.no_connection(&error))?;
        Ok(Session { connection: Released(Some(connection)), stamp, running: None })
    }

    async fn session(&self, slot: &Slot<Session>, _job: Option<&Job>) -> Result<(Session, bool), Stop> {
        let stamp = self.database.stamp();
        // Those to a file that was replaced are closed.
        while let Some(session) = slot.take_idle(|session| session.stamp == stamp) {
            if session.stamp == stamp {
                return Ok((session, true));
            }
        }
        Ok((self.connect().await?, false))
    }

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        match self.parts(session, job).await? {
            Some(parts) => parallel::fetch(self, session, parts, job, feed).await,
            None => self.read(session, job, Part::WHOLE, feed).await,
        }
    }

    async fn abandon(&self, mut session: Session) {
        let Some(running) = session.running.take() else { return };
        if tokio::time::timeout(PATIENCE, running.cancel()).await.is_err() {
            tracing::warn!(source = %self.name, "a statement could not be cancelled in time");
        }
    }
}

impl Adbc {
    /// The parts in which the rows of `job` may be read, by several connections in any order.
    async fn parts(&self, session: &mut Session, job: &Job) -> Result<Option<Parts>, Stop> {
        // What has an order, or a limit, is not split.
        if job.scan.split.is_none() || job.connections < 2 {
            return Ok(None);
        }
        match self.system.division() {
            Some(Division::Places(places)) if session.stamp.is_some() => Ok(Parts::of_table(places, job)),
            Some(Division::Partitions) if self.pool.size() > 1 => self.partitions(session, job).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Runs the statement of `job`, and has its answer divided.
    async fn partitions(&self, session: &mut Session, job: &Job) -> Result<Parts, Stop> {
        let order = self.order(job)?;
        let mut given =
            session.start(move |connection, cancel, sender| statement::divide(connection, &order, cancel, sender));
        let partitions = given.recv().await;
        session.ended().await?;
        match partitions {
            Some(Ok(partitions)) => Ok(Parts::of_statement(partitions)),
            Some(Err(error)) => Err(self.stop(&error)),
            None => Err(Fault::internal("a statement ended without an answer").into()),
        }
    }

    /// Moves the rows of a part of `job` into `feed`.
    pub(super) async fn read(&self, session: &mut Session, job: &Job, part: Part, feed: &mut Feed) -> Result<(), Stop> {
        let batches = Batches::of(job);
        let mut sent = match part {
            Part::Statement(condition) => {
                let mut order = self.order(job)?;
                order.sql.push_str(&condition);
                session.start(move |connection, cancel, sender| statement::run(connection, &order, cancel, sender))
            }
            Part::Partition(partition) => session.start(move |connection, cancel, sender| {
                statement::read_partition(&connection, &partition, cancel, sender)
            }),
        };
        let outcome = loop {
            match sent.recv().await {
                Some(Ok(batch)) => batches.push(&batch, feed).await?,
                Some(Err(error)) => break Err(self.stop(&error)),
                None => break Ok(()),
            }
        };
        session.ended().await?;
        outcome
    }

    /// Runs a setting, which a system of another version may not have.
    pub(super) async fn set(&self, session: &Session, setting: &'static str) -> Result<(), Stop> {
        let mut connection = session.connection.handle();
        let set = blocking(move || statement::read(&mut connection, setting)).await?;
        if let Err(error) = set {
            tracing::debug!(source = %self.name, error = self.said(&error), setting, "a setting is not taken");
        }
        Ok(())
    }

    fn order(&self, job: &Job) -> Result<Order, Fault> {
        let statement = &job.scan.statement;
        let (sql, used) = binds::text(statement, self.system.dialect(), self.system.placeholders());
        let values = binds::row(statement, &used, |value| self.system.form(value))?;
        let options = self.system.options(&job.caller, &self.config);
        Ok(Order { sql: format!("{}{sql}", self.system.comment(&job.caller)), values, options })
    }
}

/// The text that names the query of `caller` to those who watch the system.
pub fn tag(caller: &Caller) -> String {
    format!("aqueduct {}", caller.query)
}

impl fmt::Debug for Adbc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adbc").field("name", &self.name).field("system", &self.system).finish_non_exhaustive()
    }
}
