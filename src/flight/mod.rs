//! The Flight door: named queries as Arrow streams, by path descriptor or JSON command, over the same road as HTTP.

mod descriptor;
mod status;

use std::sync::Arc;

use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, HandshakeRequest,
    HandshakeResponse, PollInfo, PutResult, SchemaAsIpc, SchemaResult, Ticket,
    encode::FlightDataEncoderBuilder,
    error::FlightError,
    flight_service_server::{FlightService, FlightServiceServer},
};
use async_trait::async_trait;
use datafusion::arrow::ipc::writer::IpcWriteOptions;
use futures::{StreamExt, stream, stream::BoxStream};
use tonic::{Request, Response, Status, Streaming, metadata::MetadataMap};

use crate::{
    auth::Credentials,
    model::{Code, Fault},
    pipeline::{Body, Granted, Road, Rows, Want},
    telemetry::{self, Record},
};
use descriptor::Call;

pub use status::code;

/// The service, ready to be served.
#[must_use]
pub fn service(road: Arc<Road>) -> FlightServiceServer<impl FlightService> {
    FlightServiceServer::new(Door { road })
}

struct Door {
    road: Arc<Road>,
}

type Outcome<T> = Result<Response<T>, Status>;

#[async_trait]
impl FlightService for Door {
    type HandshakeStream = BoxStream<'static, Result<HandshakeResponse, Status>>;
    type ListFlightsStream = BoxStream<'static, Result<FlightInfo, Status>>;
    type DoGetStream = BoxStream<'static, Result<FlightData, Status>>;
    type DoPutStream = BoxStream<'static, Result<PutResult, Status>>;
    type DoExchangeStream = BoxStream<'static, Result<FlightData, Status>>;
    type DoActionStream = BoxStream<'static, Result<arrow_flight::Result, Status>>;
    type ListActionsStream = BoxStream<'static, Result<ActionType, Status>>;

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Outcome<FlightInfo> {
        let mut record = begin(request.metadata());
        let result = self.info(&request, &mut record);
        status::reply(&mut record, result)
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Outcome<SchemaResult> {
        let mut record = begin(request.metadata());
        let result = self.schema(&request, &mut record);
        status::reply(&mut record, result)
    }

    async fn do_get(&self, request: Request<Ticket>) -> Outcome<Self::DoGetStream> {
        let mut record = begin(request.metadata());
        match self.rows(&request, &mut record).await {
            Ok((schema, rows)) => {
                let id = record.request_id.clone();
                let batches = stream::unfold(Some((rows, record)), next_batch);
                let data = FlightDataEncoderBuilder::new().with_schema(schema).build(batches);
                let mut response = Response::new(data.map(|data| data.map_err(status::of_error)).boxed());
                status::name(response.metadata_mut(), &id);
                Ok(response)
            }
            Err(fault) => Err(status::fail(&mut record, &fault)),
        }
    }

    async fn handshake(&self, request: Request<Streaming<HandshakeRequest>>) -> Outcome<Self::HandshakeStream> {
        not_offered(request.metadata(), "Handshake", "send the API key with each call, as `authorization: Bearer …`")
    }

    async fn list_flights(&self, request: Request<Criteria>) -> Outcome<Self::ListFlightsStream> {
        not_offered(request.metadata(), "ListFlights", "/openapi.json lists the queries that you may call")
    }

    async fn poll_flight_info(&self, request: Request<FlightDescriptor>) -> Outcome<PollInfo> {
        not_offered(request.metadata(), "PollFlightInfo", "use GetFlightInfo")
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Outcome<Self::DoPutStream> {
        not_offered(request.metadata(), "DoPut", "this service only reads")
    }

    async fn do_exchange(&self, request: Request<Streaming<FlightData>>) -> Outcome<Self::DoExchangeStream> {
        not_offered(request.metadata(), "DoExchange", "use DoGet")
    }

    async fn do_action(&self, request: Request<Action>) -> Outcome<Self::DoActionStream> {
        not_offered(request.metadata(), "DoAction", "use GetFlightInfo and DoGet")
    }

    async fn list_actions(&self, request: Request<Empty>) -> Outcome<Self::ListActionsStream> {
        not_offered(request.metadata(), "ListActions", "there are no actions")
    }
}

impl Door {
    /// The first three stages of the road, for all methods.
    fn admit(&self, metadata: &MetadataMap, call: &Call, record: &mut Record) -> Result<Granted, Fault> {
        let caller = self.road.authenticate(&credentials(metadata))?;
        record.consumer = Some(caller.principal().id().to_owned());
        let resolved = caller.resolve(&call.query, call.version)?;
        record.query = Some(call.query.to_string());
        let granted = resolved.grant()?;
        record.version = Some(granted.query().version);
        Ok(granted)
    }

    fn info(&self, request: &Request<FlightDescriptor>, record: &mut Record) -> Result<FlightInfo, Fault> {
        let call = Call::of_descriptor(request.get_ref())?;
        let granted = self.admit(request.metadata(), &call, record)?;
        let ticket = call.ticket(granted.query().version);
        let schema = granted.bind(&call.parameters, &call.shaping())?.schema();
        let endpoint = FlightEndpoint::new().with_ticket(ticket);
        let info = FlightInfo::new().try_with_schema(&schema).map_err(Fault::internal)?;
        Ok(info.with_endpoint(endpoint).with_descriptor(request.get_ref().clone()))
    }

    fn schema(&self, request: &Request<FlightDescriptor>, record: &mut Record) -> Result<SchemaResult, Fault> {
        let call = Call::of_descriptor(request.get_ref())?;
        let schema = self.admit(request.metadata(), &call, record)?.schema(&call.shaping())?;
        SchemaAsIpc::new(&schema, &IpcWriteOptions::default()).try_into().map_err(Fault::internal)
    }

    async fn rows(
        &self,
        request: &Request<Ticket>,
        record: &mut Record,
    ) -> Result<(datafusion::arrow::datatypes::SchemaRef, Rows), Fault> {
        let call = Call::of_ticket(request.get_ref())?;
        let granted = self.admit(request.metadata(), &call, record)?;
        let answer = granted
            .bind(&call.parameters, &call.shaping())?
            .answer(Want::Stream, &mut |stage| record.stage(stage))
            .await?;
        match answer.body {
            Body::Stream(rows) => Ok((answer.schema, rows)),
            Body::Page(_) => Err(Fault::internal("a stream was asked for")),
        }
    }
}

/// Takes the next batch of a running query; the record goes with it to the end.
async fn next_batch(
    flowing: Option<(Rows, Record)>,
) -> Option<(Result<datafusion::arrow::array::RecordBatch, FlightError>, Option<(Rows, Record)>)> {
    let (mut rows, mut record) = flowing?;
    match rows.next().await {
        Some(Ok(batch)) => {
            record.rows += batch.num_rows() as u64;
            record.bytes += batch.get_array_memory_size() as u64;
            Some((Ok(batch), Some((rows, record))))
        }
        Some(Err(fault)) => Some((Err(FlightError::Tonic(Box::new(status::fail(&mut record, &fault)))), None)),
        None => {
            record.finish();
            None
        }
    }
}

fn begin(metadata: &MetadataMap) -> Record {
    let given = metadata
        .get(status::REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| telemetry::is_request_id(id));
    let mut record = Record::begin("flight", given.map_or_else(telemetry::request_id, ToOwned::to_owned));
    record.format = Some("arrow");
    record
}

fn credentials(metadata: &MetadataMap) -> Credentials {
    let one = |name: &str| {
        let mut values = metadata.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => Ok(Some(value.as_encoded_bytes())),
            _ => Err(()),
        }
    };
    match (one("authorization"), one("x-api-key")) {
        (Ok(authorization), Ok(api_key)) => Credentials::from_headers(authorization, api_key),
        _ => Credentials::Unreadable,
    }
}

fn not_offered<T>(metadata: &MetadataMap, method: &str, hint: &str) -> Outcome<T> {
    let fault = Fault::new(Code::NotImplemented, format!("{method} is not offered")).with_hint(hint);
    Err(status::fail(&mut begin(metadata), &fault))
}
