//! One statement of a driver, or a partition of one's answer, on a thread of its own: a driver's calls block.
//!
//! Batches go through a bounded channel, so that a slow reader holds the driver back. What ends a statement early is its
//! handle, or that of the connection, which another thread may use while the first is inside the driver. A call that has not begun yet cannot be
//! cancelled, so that is asked again until the thread has ended.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use adbc_core::{
    CancelHandle, Connection as _, Optionable as _, Statement as _,
    error::{Error, Result, Status},
    options::{OptionStatement, OptionValue},
};
use adbc_driver_manager::{ManagedConnection, ManagedStatement};
use datafusion::arrow::{
    array::{RecordBatch, RecordBatchReader},
    datatypes::Schema,
};
use tokio::{sync::mpsc, task::JoinHandle};

/// Batches that a driver may be ahead.
const AHEAD: usize = 4;
/// Between two attempts to cancel.
const AGAIN: Duration = Duration::from_millis(20);

/// What runs: text, the values of its placeholders as one row, and options of the driver.
#[derive(Debug, Default)]
pub struct Order {
    /// The text.
    pub sql: String,
    /// One row, a column for each placeholder; `None` without any.
    pub values: Option<RecordBatch>,
    /// Options by their names.
    pub options: Vec<(&'static str, OptionValue)>,
}

/// Where a thread puts what the driver gives.
pub type Sender<T> = mpsc::Sender<Result<T>>;

/// What runs, or has run.
pub struct Running {
    cancel: Arc<Cancel>,
    thread: JoinHandle<()>,
}

/// What becomes known once the thread is inside the driver.
#[derive(Default)]
pub struct Cancel(Mutex<Option<Box<dyn CancelHandle>>>);

impl Running {
    /// Starts `work`. What it gives, or the error that ended it, comes through the channel; without an error, all came.
    pub fn start<T: Send + 'static>(
        work: impl FnOnce(&Cancel, &Sender<T>) -> Result<()> + Send + 'static,
    ) -> (Self, mpsc::Receiver<Result<T>>) {
        let (sender, given) = mpsc::channel(AHEAD);
        let cancel = Arc::<Cancel>::default();
        let known = Arc::clone(&cancel);
        let thread = tokio::task::spawn_blocking(move || {
            if let Err(error) = work(&known, &sender) {
                // Nobody reads: then nobody needs to know.
                let _ = sender.blocking_send(Err(error));
            }
        });
        (Self { cancel, thread }, given)
    }

    /// Waits until the driver has let go of the statement.
    ///
    /// # Errors
    /// The thread broke down.
    pub async fn ended(&mut self) -> std::result::Result<(), tokio::task::JoinError> {
        (&mut self.thread).await
    }

    /// Ends the statement. When this returns, its thread has ended. The channel must be closed before.
    pub async fn cancel(mut self) {
        while !self.thread.is_finished() {
            let cancel = Arc::clone(&self.cancel);
            // A driver may ask its server, which takes a while.
            let asked = tokio::task::spawn_blocking(move || cancel.ask());
            if let Ok(Err(error)) = asked.await {
                tracing::debug!(%error, "a driver does not cancel");
            }
            let _ = tokio::time::timeout(AGAIN, &mut self.thread).await;
        }
    }
}

impl Cancel {
    fn learn(&self, handle: Box<dyn CancelHandle>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
    }

    fn ask(&self) -> Result<()> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(handle) => handle.try_cancel(),
            None => Ok(()),
        }
    }
}

/// Sends the rows of `order`. Blocks.
pub fn run(
    mut connection: ManagedConnection,
    order: &Order,
    cancel: &Cancel,
    sender: &Sender<RecordBatch>,
) -> Result<()> {
    let mut statement = made(&mut connection, order, cancel)?;
    if sender.is_closed() { Ok(()) } else { pass(statement.execute()?, sender) }
}

/// Sends the partitions of the answer of `order`, all at once. Any connection reads them, without the statement. Blocks.
pub fn divide(
    mut connection: ManagedConnection,
    order: &Order,
    cancel: &Cancel,
    sender: &Sender<Vec<Vec<u8>>>,
) -> Result<()> {
    let mut statement = made(&mut connection, order, cancel)?;
    if !sender.is_closed() {
        // Nobody waits: then nobody needs them.
        let _ = sender.blocking_send(Ok(partitions(&mut statement)?));
    }
    Ok(())
}

/// Sends the rows of a partition. Blocks.
pub fn read_partition(
    connection: &ManagedConnection,
    partition: &[u8],
    cancel: &Cancel,
    sender: &Sender<RecordBatch>,
) -> Result<()> {
    cancel.learn(connection.get_cancel_handle());
    if sender.is_closed() { Ok(()) } else { pass(connection.read_partition(partition)?, sender) }
}

fn pass(batches: impl RecordBatchReader, sender: &Sender<RecordBatch>) -> Result<()> {
    for batch in batches {
        if sender.blocking_send(Ok(batch.map_err(arrow)?)).is_err() {
            break;
        }
    }
    Ok(())
}

/// How many rows of a query come in partitions, each read at its own. Blocks.
///
/// # Errors
/// The driver does not divide answers, or does not read what it has divided.
pub fn divided(connection: &mut ManagedConnection, sql: &str) -> Result<usize> {
    let order = Order { sql: sql.to_owned(), ..Order::default() };
    let partitions = partitions(&mut made(connection, &order, &Cancel::default())?)?;
    let mut rows = 0;
    for partition in partitions {
        for batch in connection.read_partition(partition)? {
            rows += batch.map_err(arrow)?.num_rows();
        }
    }
    Ok(rows)
}

/// Runs `statement`, and has its answer divided.
fn partitions(statement: &mut ManagedStatement) -> Result<Vec<Vec<u8>>> {
    // Some say no schema with them; the driver manager panics then, once it has them and has let go of the driver.
    let divided = panic::catch_unwind(AssertUnwindSafe(|| statement.execute_partitions()));
    let divided = divided.map_err(|_| Error::with_message_and_status("partitions without a schema", Status::Internal));
    Ok(divided??.partitions)
}

/// All rows of a small result. Blocks.
pub fn read(connection: &mut ManagedConnection, sql: &str) -> Result<Vec<RecordBatch>> {
    let mut statement = connection.new_statement()?;
    statement.set_sql_query(sql)?;
    statement.execute()?.map(|batch| batch.map_err(arrow)).collect()
}

/// The columns that a query gives: it begins to run, and is left before a row is read. Blocks.
pub fn begun(connection: &mut ManagedConnection, sql: &str) -> Result<Schema> {
    let mut statement = connection.new_statement()?;
    statement.set_sql_query(sql)?;
    let rows = statement.execute()?;
    Ok(rows.schema().as_ref().clone())
}

/// The columns that `order` would give; it is prepared, and does not run. `None` where the driver cannot say. Blocks.
pub fn describe(connection: &mut ManagedConnection, order: &Order) -> Result<Option<Schema>> {
    let mut statement = connection.new_statement()?;
    set(&mut statement, order)?;
    statement.prepare()?;
    match statement.execute_schema() {
        Ok(schema) => Ok(Some(schema).filter(|schema| !schema.fields().is_empty())),
        Err(error) if error.status == Status::NotImplemented => Ok(None),
        Err(error) => Err(error),
    }
}

/// The statement of `order`, its values bound.
fn made(connection: &mut ManagedConnection, order: &Order, cancel: &Cancel) -> Result<ManagedStatement> {
    let mut statement = connection.new_statement()?;
    cancel.learn(statement.get_cancel_handle());
    set(&mut statement, order)?;
    if let Some(values) = &order.values {
        statement.bind(values.clone())?;
    }
    Ok(statement)
}

fn set(statement: &mut ManagedStatement, order: &Order) -> Result<()> {
    for (name, value) in &order.options {
        statement.set_option(OptionStatement::Other((*name).to_owned()), value.clone())?;
    }
    statement.set_sql_query(&order.sql)
}

/// A driver reports through Arrow what happens while rows come.
fn arrow(error: datafusion::arrow::error::ArrowError) -> Error {
    error.into()
}
