//! A client of the Flight door.

use std::net::SocketAddr;

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use arrow_flight::{FlightClient, FlightDescriptor, Ticket, error::FlightError};
use futures::TryStreamExt;
use serde_json::{Value, json};
use tonic::{Code, transport::Channel};

/// The Flight door of a server.
#[derive(Debug)]
pub struct Flight(FlightClient);

/// A result fetched to its end.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// What the stream began with, and the schema of each batch.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

/// An answer that is no result.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The gRPC status.
    pub code: Code,
    /// Its text.
    pub message: String,
}

impl Flight {
    /// Connects, without credentials.
    pub async fn connect(address: SocketAddr) -> Self {
        let endpoint = Channel::from_shared(format!("http://{address}")).expect("an address makes a URL");
        let channel = endpoint.connect().await.expect("the Flight door accepts connections");
        Self(FlightClient::new(channel))
    }

    /// The same with a header in every call.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0.add_header(&name.to_ascii_lowercase(), value).expect("tests use headers that gRPC can carry");
        self
    }

    /// The same with an API key in every call.
    pub fn bearer(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// Fetches a query by its path: `["v1", "sales", "top_customers"]`. Parameters take their defaults.
    pub async fn path(&mut self, path: &[&str]) -> Result<Fetched, Refused> {
        self.fetch(path_descriptor(path)).await
    }

    /// Fetches a query by a command, `{"query": "sales.top_customers", "version": 1, "params": {…}}`.
    pub async fn command(&mut self, query: &str, version: u32, params: &Value) -> Result<Fetched, Refused> {
        self.fetch(command_descriptor(query, version, params)).await
    }

    /// `GetFlightInfo`, then `DoGet` of every endpoint in turn. Their schemas must agree.
    pub async fn fetch(&mut self, descriptor: FlightDescriptor) -> Result<Fetched, Refused> {
        let info = self.0.get_flight_info(descriptor).await.map_err(Refused::from)?;
        assert!(!info.endpoint.is_empty(), "FlightInfo without an endpoint");
        let schema: SchemaRef = info.clone().try_decode_schema().expect("FlightInfo carries a schema").into();
        let mut batches = Vec::new();
        for endpoint in info.endpoint {
            let part = self.ticket(endpoint.ticket.expect("an endpoint has a ticket")).await?;
            assert_eq!(part.schema, schema, "the stream has another schema than FlightInfo said");
            batches.extend(part.batches);
        }
        Ok(Fetched { schema, batches })
    }

    /// `DoGet` of a ticket, to its end.
    pub async fn ticket(&mut self, ticket: Ticket) -> Result<Fetched, Refused> {
        let mut stream = self.0.do_get(ticket).await.map_err(Refused::from)?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.try_next().await.map_err(Refused::from)? {
            batches.push(batch);
        }
        let schema = stream.schema().cloned().expect("a stream begins with its schema, even without rows");
        Ok(Fetched { schema, batches })
    }

    /// The client beneath, for calls that are not spelled out here.
    pub fn client(&mut self) -> &mut FlightClient {
        &mut self.0
    }
}

/// A path descriptor.
pub fn path_descriptor(path: &[&str]) -> FlightDescriptor {
    FlightDescriptor::new_path(path.iter().map(|&part| part.to_owned()).collect())
}

/// A command descriptor.
pub fn command_descriptor(query: &str, version: u32, params: &Value) -> FlightDescriptor {
    FlightDescriptor::new_cmd(json!({"query": query, "version": version, "params": params}).to_string())
}

impl From<FlightError> for Refused {
    /// Anything but a status of the server's is a broken protocol, which no test expects.
    fn from(error: FlightError) -> Self {
        match error {
            FlightError::Tonic(status) => Self { code: status.code(), message: status.message().to_owned() },
            other => panic!("the Flight door broke the protocol: {other}"),
        }
    }
}
