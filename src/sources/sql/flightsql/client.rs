//! Connections to the server, and to those to whom it sends us for a part of the rows.

use std::{fs, time::Duration};

use arrow_flight::{
    FlightEndpoint, FlightInfo, error::FlightError, flight_service_client::FlightServiceClient,
    sql::client::FlightSqlServiceClient,
};
use datafusion::arrow::{array::RecordBatch, datatypes::Schema};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::{
    config::source::{FlightSqlConfig, Login},
    model::Problem,
    sources::sql::failure::with_causes,
};

/// A server that takes no connection in so long is down.
const CONNECT: Duration = Duration::from_secs(5);
/// A connection over which nothing comes is asked so often whether it still stands, and given up after so long again.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// A place of rows that is the connection itself.
const SAME: &str = "arrow-flight-reuse-connection";

/// A connection that has shown who asks.
pub type Client = FlightSqlServiceClient<Channel>;

/// How connections are made.
#[derive(Debug)]
pub struct Connect {
    config: FlightSqlConfig,
    tls: Option<ClientTlsConfig>,
}

impl Connect {
    /// Reads the certificates; connects nothing.
    pub fn new(config: &FlightSqlConfig) -> Result<Self, Problem> {
        let is_tls = config.url.value.scheme() == "https";
        let tls = match &config.ca {
            Some(path) => {
                let pem = fs::read(&path.value).map_err(|error| {
                    let text = format!("`{}` cannot be read: {error}", path.value.display());
                    Problem::error(path.place.clone(), text)
                })?;
                Some(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)))
            }
            None => Some(ClientTlsConfig::new().with_native_roots()),
        };
        Ok(Self { config: config.clone(), tls: tls.filter(|_| is_tls) })
    }

    /// A connection to the server.
    ///
    /// # Errors
    /// It cannot be reached, or does not let us in.
    pub async fn connect(&self) -> Result<Client, FlightError> {
        let mut client = self.client(self.channel(self.config.url.value.as_str()).await?);
        match &self.config.login {
            None => {}
            Some(Login::Token(token)) => client.set_token(token.expose().to_owned()),
            Some(Login::Password { user, password }) => drop(client.handshake(user, password.expose()).await?),
        }
        Ok(client)
    }

    /// What the server is told with every call, besides who asks.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.config.headers.iter().map(|(name, value)| (name.value.as_str(), value.expose()))
    }

    fn client(&self, channel: Channel) -> Client {
        // Servers choose how large their batches are.
        let service = FlightServiceClient::new(channel).max_decoding_message_size(usize::MAX);
        let mut client = FlightSqlServiceClient::new_from_inner(service);
        for (name, value) in self.headers() {
            client.set_header(name, value);
        }
        client
    }

    async fn channel(&self, url: &str) -> Result<Channel, FlightError> {
        let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|error| outside(&error))?;
        let endpoint = endpoint
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(16 << 20);
        let endpoint = match &self.tls {
            Some(tls) => endpoint.tls_config(tls.clone()).map_err(|error| outside(&error))?,
            None => endpoint,
        };
        endpoint.connect().await.map_err(|error| outside(&error))
    }

    /// The rows of all endpoints: in their order where that is the rows' order, else so many at once.
    pub fn rows<'a>(
        &'a self,
        client: &'a Client,
        info: FlightInfo,
        at_once: usize,
    ) -> impl Stream<Item = Result<RecordBatch, FlightError>> + Send + Unpin + 'a {
        let (ordered, endpoints) = (info.ordered, info.endpoint);
        let open = move |endpoint| stream::once(self.open(client, endpoint)).try_flatten().boxed();
        let streams = stream::iter(endpoints).map(open);
        if ordered { streams.flatten().boxed() } else { streams.flatten_unordered(at_once).boxed() }
    }

    /// The rows of one endpoint. Of the places where they are, the first that answers.
    async fn open(
        &self,
        client: &Client,
        endpoint: FlightEndpoint,
    ) -> Result<impl Stream<Item = Result<RecordBatch, FlightError>> + Send + use<>, FlightError> {
        let ticket = endpoint.ticket.ok_or_else(|| FlightError::protocol("an endpoint without a ticket"))?;
        let mut failure = None;
        let places = endpoint.location.iter().map(|location| location.uri.as_str());
        // No place means the server itself.
        let places: Vec<_> = if endpoint.location.is_empty() { vec![SAME] } else { places.collect() };
        for place in places {
            let mut client = match self.at(client, place).await {
                Ok(client) => client,
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            match client.do_get(ticket.clone()).await {
                Ok(rows) => return Ok(rows),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| FlightError::protocol("an endpoint without a place")))
    }

    /// A client at `place`, which is told what the server was told. A connection that is encrypted leads to no other that
    /// is not.
    async fn at(&self, client: &Client, place: &str) -> Result<Client, FlightError> {
        let (scheme, rest) = place.split_once(':').unwrap_or((place, ""));
        if scheme == SAME {
            return Ok(client.clone());
        }
        let url = match scheme {
            "grpc" | "grpc+tcp" if self.tls.is_none() => format!("http:{rest}"),
            "grpc+tls" if self.tls.is_some() => format!("https:{rest}"),
            _ => return Err(FlightError::protocol(format!("rows at `{scheme}:`, where this connection may not lead"))),
        };
        if url.trim_end_matches('/') == self.config.url.value.as_str().trim_end_matches('/') {
            return Ok(client.clone());
        }
        let mut other = self.client(self.channel(&url).await?);
        if let Some(token) = client.token() {
            other.set_token(token.clone());
        }
        Ok(other)
    }
}

/// The columns of a statement, as the server says without running it, or as it gives no rows of them.
pub async fn schema(connect: &Connect, client: &Client, sql: &str) -> Result<Schema, FlightError> {
    match client.clone().prepare(sql.to_owned(), None).await {
        Ok(prepared) => {
            let schema = prepared.dataset_schema()?.clone();
            // A server that forgets it by itself need not know how to be told.
            drop(prepared.close().await);
            if !schema.fields().is_empty() {
                return Ok(schema);
            }
        }
        Err(FlightError::Tonic(status)) if status.code() == tonic::Code::Unimplemented => {}
        Err(error) => return Err(error),
    }
    let info = client.clone().execute(format!("SELECT * FROM ({sql}) AS q LIMIT 0"), None).await?;
    if let Ok(schema) = info.clone().try_decode_schema() {
        return Ok(schema);
    }
    let mut rows = connect.rows(client, info, 1);
    match rows.next().await.transpose()? {
        Some(batch) => Ok(batch.schema().as_ref().clone()),
        None => Err(FlightError::protocol("a result without columns")),
    }
}

/// An error of the transport, with all of its causes.
fn outside(error: &tonic::transport::Error) -> FlightError {
    FlightError::Tonic(Box::new(tonic::Status::unavailable(with_causes(error))))
}
