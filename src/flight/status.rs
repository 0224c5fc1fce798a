//! Faults as gRPC statuses: the one map from kinds to codes, and the same code and text as over HTTP.

use std::fmt::Write as _;

use arrow_flight::error::FlightError;
use tonic::{
    Code as GrpcCode, Response, Status,
    metadata::{MetadataMap, MetadataValue},
};

use crate::{
    model::{Fault, Kind},
    telemetry::Record,
};

/// Metadata that names a request, in and out.
pub(super) const REQUEST_ID: &str = "x-request-id";
/// Metadata that carries the stable code.
const CODE: &str = "aqueduct-code";

/// The longest text of a status, in bytes. It travels as metadata, percent-encoded, of which clients take 8 KiB.
const LONGEST_TEXT: usize = 2048;

/// The gRPC code of a kind of fault.
#[must_use]
pub fn code(kind: Kind) -> GrpcCode {
    match kind {
        Kind::Invalid | Kind::NotAcceptable | Kind::UnsupportedMediaType | Kind::UriTooLong => {
            GrpcCode::InvalidArgument
        }
        Kind::NotFound => GrpcCode::NotFound,
        Kind::MethodNotAllowed | Kind::Unimplemented => GrpcCode::Unimplemented,
        Kind::TooLarge => GrpcCode::ResourceExhausted,
        Kind::Gone => GrpcCode::FailedPrecondition,
        Kind::Unauthenticated => GrpcCode::Unauthenticated,
        Kind::Forbidden => GrpcCode::PermissionDenied,
        Kind::Timeout => GrpcCode::DeadlineExceeded,
        Kind::Unavailable | Kind::Upstream => GrpcCode::Unavailable,
        Kind::Internal => GrpcCode::Internal,
    }
}

/// The answer of a method that gives one message.
pub(super) fn reply<T>(record: &mut Record, result: Result<T, Fault>) -> Result<Response<T>, Status> {
    match result {
        Ok(message) => {
            record.finish();
            let mut response = Response::new(message);
            name(response.metadata_mut(), &record.request_id);
            Ok(response)
        }
        Err(fault) => Err(fail(record, &fault)),
    }
}

/// The request failed: notes it and says so.
pub(super) fn fail(record: &mut Record, fault: &Fault) -> Status {
    record.fail(fault);
    let code = code(fault.code.kind());
    record.status = u16::try_from(i32::from(code)).ok();
    let mut text = fault.to_string();
    if fault.parameters.len() > 1 {
        for parameter in &fault.parameters {
            let _ = write!(text, "; `{}` {}", parameter.parameter, parameter.detail);
        }
    }
    if let Some(hint) = &fault.hint {
        let _ = write!(text, " (hint: {hint})");
    }
    let mut status = Status::new(code, shorten(text));
    status.metadata_mut().insert(CODE, MetadataValue::from_static(fault.code.as_str()));
    name(status.metadata_mut(), &record.request_id);
    status
}

/// Cut where it is too long to arrive, visibly.
fn shorten(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        text.push('…');
    }
    text
}

/// Names the request in the answer's metadata.
pub(super) fn name(metadata: &mut MetadataMap, request_id: &str) {
    if let Ok(id) = request_id.parse() {
        metadata.insert(REQUEST_ID, id);
    }
}

/// What broke a stream: our own status, or the encoder.
pub(super) fn of_error(error: FlightError) -> Status {
    match error {
        FlightError::Tonic(status) => *status,
        other => Status::internal(other.to_string()),
    }
}
