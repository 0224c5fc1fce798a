//! A server of Flight SQL that divides its answers: each part has an endpoint of its own. It counts who reads them.
//!
//! It knows no SQL. The name of the table in a statement says what comes: `numbers` has [`PARTS`] parts of [`ROWS`] rows,
//! all numbers `n` from 0 on; `meeting` too, but none of its rows comes before two connections read; `breaking` fails in
//! the middle of a part; `endless` never ends; `asleep` sends nothing; `nothing` has no part. Anything else is a row of 1.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    pin::Pin,
    sync::{Arc, Mutex},
    thread,
};

use arrow::{
    array::{Int64Array, RecordBatch},
    datatypes::{DataType, Field, Schema, SchemaRef},
    ipc::writer::IpcWriteOptions,
};
use arrow_flight::{
    Action, FlightDescriptor, FlightEndpoint, FlightInfo, IpcMessage, SchemaAsIpc, Ticket,
    encode::FlightDataEncoderBuilder,
    error::FlightError,
    flight_service_server::{FlightService, FlightServiceServer},
    sql::{
        ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult,
        CommandStatementQuery, ProstMessageExt, SqlInfo, TicketStatementQuery, server::FlightSqlService,
    },
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tokio::{runtime::Builder, sync::watch};
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

/// Parts of a table.
pub const PARTS: i64 = 4;
/// Rows of a part, in batches of a tenth.
pub const ROWS: i64 = 10_000;

/// A running server, on a thread of its own, which ends with the process: a driver takes leave of its server when a test
/// and what runs in its runtime are over, and waits for the answer.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    counts: Arc<Counts>,
}

/// What it has seen.
#[derive(Default)]
struct Counts {
    statements: Mutex<Vec<String>>,
    /// Connections that have read a part of a table.
    readers: watch::Sender<HashSet<SocketAddr>>,
    /// Parts of tables that are being read.
    open: watch::Sender<usize>,
}

impl Server {
    /// With `says_schemas`, it says of what columns an answer is before that is read. Else all answers have one part.
    pub fn start(says_schemas: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("127.0.0.1 has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        listener.set_nonblocking(true).expect("it is a socket");
        let counts = Arc::<Counts>::default();
        let service = FlightServiceServer::new(Service { counts: Arc::clone(&counts), says_schemas });
        let runtime = Builder::new_current_thread().enable_all().build().expect("a thread can wait");
        thread::spawn(move || {
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("it does not block");
                let server = tonic::transport::Server::builder().add_service(service);
                server.serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))).await
            })
        });
        Self { port, counts }
    }

    /// The statements over `table` that were run since this was asked last.
    pub fn statements(&self, table: &str) -> Vec<String> {
        let mut all = self.counts.statements.lock().expect("nothing panics under this lock");
        all.extract_if(.., |sql| sql.contains(table)).collect()
    }

    /// How many connections have read parts of tables since this was asked last.
    pub fn readers(&self) -> usize {
        self.counts.readers.send_replace(HashSet::new()).len()
    }

    /// Waits until `count` parts are being read.
    pub async fn reads(&self, count: usize) {
        self.counts.open.subscribe().wait_for(|open| *open == count).await.expect("the sender is ours");
    }
}

struct Service {
    counts: Arc<Counts>,
    says_schemas: bool,
}

/// Counts a part for as long as it is read.
struct Reading(Arc<Counts>);

impl Reading {
    fn begin(counts: &Arc<Counts>, reader: SocketAddr) -> Self {
        counts.readers.send_if_modified(|readers| readers.insert(reader));
        counts.open.send_modify(|open| *open += 1);
        Self(Arc::clone(counts))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

fn schema(column: &str) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(column, DataType::Int64, true)]))
}

fn batch(column: &str, numbers: impl Iterator<Item = i64>) -> RecordBatch {
    let numbers = Int64Array::from_iter_values(numbers);
    RecordBatch::try_new(schema(column), vec![Arc::new(numbers)]).expect("a column of its type")
}

/// The table that a statement reads.
fn table(sql: &str) -> Option<&'static str> {
    ["numbers", "meeting", "breaking", "endless", "asleep", "nothing"].into_iter().find(|name| sql.contains(name))
}

/// The message that is a ticket: `Any`, of a type and what it holds, both shorter than 128 bytes.
fn ticket(handle: String) -> Ticket {
    let any = TicketStatementQuery { statement_handle: handle.into() }.as_any();
    let field = |number: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).ok().filter(|length| *length < 128).expect("a short ticket");
        [&[number << 3 | 2, length], content].concat()
    };
    Ticket::new([field(1, any.type_url.as_bytes()), field(2, &any.value)].concat())
}

impl Service {
    /// The batches of a part of a table.
    fn part(&self, table: &str, part: i64) -> Pin<Box<dyn Stream<Item = Result<RecordBatch, FlightError>> + Send>> {
        let first = part * ROWS;
        let batches = (first..first + ROWS).step_by(1000).map(|start| Ok(batch("n", start..start + 1000)));
        let batches = stream::iter(batches);
        let breaks = stream::once(async { Err(Status::internal("a disk is gone").into()) });
        let mut readers = self.counts.readers.subscribe();
        match table {
            "breaking" if part == 2 => batches.take(3).chain(breaks).boxed(),
            "endless" => stream::repeat_with(move || Ok(batch("n", first..first + ROWS))).boxed(),
            "asleep" => stream::pending().boxed(),
            "meeting" => stream::once(async move {
                readers.wait_for(|readers| readers.len() > 1).await.expect("the server is there");
                batches
            })
            .flatten()
            .boxed(),
            _ => batches.boxed(),
        }
    }
}

#[tonic::async_trait]
impl FlightSqlService for Service {
    type FlightService = Self;

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        if query.query.contains("information_schema") {
            return Err(Status::invalid_argument("there is none"));
        }
        let (column, handles) = match table(&query.query) {
            Some("nothing") => ("n", Vec::new()),
            // Several parts of which nobody says the columns make the driver wait for ever.
            Some(table) => {
                ("n", (0..if self.says_schemas { PARTS } else { 1 }).map(|part| format!("{table}/{part}")).collect())
            }
            None => ("x", vec!["one/0".to_owned()]),
        };
        self.counts.statements.lock().expect("nothing panics under this lock").push(query.query);
        let mut info = FlightInfo::new().with_descriptor(request.into_inner());
        if self.says_schemas {
            info = info.try_with_schema(&schema(column)).expect("a schema that can be sent");
        }
        for handle in handles {
            info = info.with_endpoint(FlightEndpoint::new().with_ticket(ticket(handle)));
        }
        Ok(Response::new(info))
    }

    async fn do_get_statement(
        &self,
        ticket: TicketStatementQuery,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let handle = String::from_utf8_lossy(&ticket.statement_handle).into_owned();
        let (table, part) = handle.split_once('/').ok_or_else(|| Status::not_found("no such ticket"))?;
        let (schema, batches) = match table {
            "one" => (schema("x"), stream::iter([Ok(batch("x", 1..2))]).boxed()),
            table => {
                let reading = Reading::begin(&self.counts, request.remote_addr().expect("it came over TCP"));
                let part = part.parse().map_err(|_| Status::not_found("no such part"))?;
                let batches = self.part(table, part).map(move |batch| {
                    let _until_the_stream_is_dropped = &reading;
                    batch
                });
                (schema("n"), batches.boxed())
            }
        };
        let sent = FlightDataEncoderBuilder::new().with_schema(schema).build(batches);
        Ok(Response::new(sent.map_err(Status::from).boxed()))
    }

    async fn do_action_create_prepared_statement(
        &self,
        request: ActionCreatePreparedStatementRequest,
        _action: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let schema = schema(if table(&request.query).is_some() { "n" } else { "x" });
        let message: IpcMessage =
            SchemaAsIpc::new(&schema, &IpcWriteOptions::default()).try_into().expect("a schema that can be sent");
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: request.query.into_bytes().into(),
            dataset_schema: message.0,
            parameter_schema: Vec::new().into(),
        })
    }

    async fn do_action_close_prepared_statement(
        &self,
        _request: ActionClosePreparedStatementRequest,
        _action: Request<Action>,
    ) -> Result<(), Status> {
        Ok(())
    }

    async fn register_sql_info(&self, _id: i32, _info: &SqlInfo) {}
}
