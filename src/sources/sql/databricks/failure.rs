//! What the workspace, the warehouse and the storage mean when they fail.

use std::fmt::Display;

use reqwest::StatusCode;

use super::wire::{ServiceError, Status};
use crate::{
    model::SourceName,
    sources::sql::{
        failure::{changed, down, failed, not_computed, with_causes},
        feed::Stop,
    },
};

/// So much of a document that is not the API's is shown in the log.
const SHOWN: usize = 300;

/// A connection failed. Links are secret: no URL is shown.
pub fn broken(source: &SourceName, error: reqwest::Error) -> Stop {
    Stop::Refused(down(source, with_causes(&error.without_url())))
}

/// An answer is not what the API says that it is, or rows are not what was announced.
pub fn malformed(source: &SourceName, cause: impl Display) -> Stop {
    Stop::Refused(failed(source, format!("the API answered otherwise than it is documented: {cause}")))
}

/// The workspace refused a request.
pub fn refused(source: &SourceName, status: StatusCode, body: &[u8]) -> Stop {
    let said = serde_json::from_slice::<ServiceError>(body).ok().and_then(|error| error.message);
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).chars().take(SHOWN).collect());
    let remedy = match status.as_u16() {
        401 | 403 => "; look at `token`, or at `client_id` and `client_secret`, and at what may be used with them",
        404 => "; look at `host` and `warehouse`",
        _ => "",
    };
    let cause = format!("{status}: {said}{remedy}");
    match status.as_u16() {
        400 => Stop::Refused(failed(source, cause)),
        _ => Stop::Refused(down(source, cause)),
    }
}

/// A statement failed (<https://docs.databricks.com/en/error-messages/sqlstates.html>).
pub fn of_statement(source: &SourceName, status: &Status) -> Stop {
    let error = status.error.as_ref();
    let code = error.and_then(|error| error.error_code.as_deref()).unwrap_or_default();
    let message = error.and_then(|error| error.message.as_deref()).unwrap_or("it does not say why");
    let state = status.sql_state.as_deref().or_else(|| message.rsplit_once("SQLSTATE: ").map(|(_, state)| state));
    let cause = format!("{code}: {message}");
    Stop::Refused(match state.and_then(|state| Some((state.get(..2)?, state.get(..5)?))) {
        Some((_, "22012")) => not_computed("division by zero", cause),
        Some((_, "22003")) => not_computed("a number overflowed", cause),
        Some(("22", _)) => not_computed("a value cannot be converted", cause),
        // No such table, column or function; types that do not fit any more; rights that are gone.
        Some(("42", _)) => changed(source, source.as_str(), cause),
        _ => match code {
            "TEMPORARILY_UNAVAILABLE" | "WORKSPACE_TEMPORARILY_UNAVAILABLE" | "SERVICE_UNDER_MAINTENANCE" => {
                down(source, cause)
            }
            _ => failed(source, cause),
        },
    })
}
