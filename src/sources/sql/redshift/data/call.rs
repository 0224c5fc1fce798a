//! Operations of the Data API, what their errors mean, and the pages of a result.

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::super::aws::{Refusal, Service};
use crate::{
    config::source::Aws,
    model::{Code, Fault, Problem, SourceName},
    sources::sql::{
        failure::{changed, down, failed, not_computed},
        feed::Stop,
    },
};

/// Errors of limits that pass: so many statements and sessions there may be (500 of each, as of now).
const BUSY: &[&str] = &["ActiveStatementsExceededException", "ActiveSessionsExceededException"];

/// The service, for one source.
pub struct Calls {
    name: SourceName,
    service: Service,
}

impl Calls {
    /// Asks nothing yet.
    ///
    /// # Errors
    /// Options that no client can be made of.
    pub fn new(name: SourceName, aws: &Aws) -> Result<Self, Problem> {
        Ok(Self { name, service: Service::new(aws, "redshift-data")? })
    }

    /// The source's name.
    pub fn source(&self) -> &SourceName {
        &self.name
    }

    /// The answer to one operation.
    pub async fn ask(&self, operation: &str, body: &Value) -> Result<Value, Refusal> {
        self.service.ask(&format!("RedshiftData.{operation}"), body).await
    }

    /// What it means that the service did not do as it was asked.
    pub fn stop(&self, refusal: &Refusal) -> Stop {
        let Refusal::Said(code, said) = refusal else { return Stop::Refused(down(&self.name, refusal)) };
        match code.as_str() {
            code if BUSY.contains(&code) => Stop::Busy(down(&self.name, refusal)),
            // A session whose time is over is not there, or is none of theirs.
            "ResourceNotFoundException" | "ValidationException" if said.to_lowercase().contains("session") => {
                Stop::Lost(failed(&self.name, refusal))
            }
            "ValidationException" | "QueryTimeoutException" => Stop::Refused(failed(&self.name, refusal)),
            _ => Stop::Refused(down(&self.name, refusal)),
        }
    }

    /// What it means that a statement failed. The service gives no code, only what Redshift says.
    pub fn failed(&self, error: &str, stale: &Notify) -> Stop {
        let lower = error.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let fault = if says(&["does not exist", "permission denied"]) {
            stale.notify_one();
            changed(&self.name, self.name.as_str(), error)
        } else if says(&["divide by zero", "division by zero"]) {
            not_computed("division by zero", error)
        } else if says(&["overflow", "out of range"]) {
            not_computed("a number overflowed", error)
        } else if says(&["result size", "maximum size", "size limit"]) {
            Fault::new(Code::SourceFailed, format!("the result is larger than source `{}` gives at once", self.name))
                .with_hint("ask for fewer rows or columns; the Redshift Data API bounds the size of a result")
                .with_internal(error)
        } else {
            failed(&self.name, error)
        };
        Stop::Refused(fault)
    }

    /// An answer that is not as its reference has it.
    pub fn malformed(&self) -> Stop {
        Stop::Refused(failed(&self.name, "a result came in another form than that of the reference"))
    }

    /// The pages of the result of `statement`.
    pub fn pages<'a>(&'a self, statement: &'a str) -> Pages<'a> {
        Pages { calls: self, statement, next: Next::First, rows: 0 }
    }
}

/// The pages of a result, one after the other.
pub struct Pages<'a> {
    calls: &'a Calls,
    statement: &'a str,
    next: Next,
    rows: u64,
}

enum Next {
    First,
    Page(String),
    Nothing,
}

impl Pages<'_> {
    /// The next page; `None` behind the last, when as many rows have come as there are.
    pub async fn next(&mut self) -> Result<Option<Value>, Stop> {
        let mut body = json!({"Id": self.statement});
        match &self.next {
            Next::First => {}
            Next::Page(token) => body["NextToken"] = json!(token),
            Next::Nothing => return Ok(None),
        }
        let page = self.calls.ask("GetStatementResult", &body).await;
        let page = page.map_err(|refusal| self.calls.stop(&refusal))?;
        let token = page["NextToken"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_some() && matches!((&self.next, &token), (Next::Page(last), Some(token)) if last == token) {
            return Err(self.calls.malformed());
        }
        self.rows += page["Records"].as_array().map_or(0, Vec::len) as u64;
        self.next = token.map_or(Next::Nothing, Next::Page);
        let is_short = || page["TotalNumRows"].as_u64().is_some_and(|total| total != self.rows);
        if matches!(self.next, Next::Nothing) && is_short() {
            return Err(self.calls.malformed());
        }
        Ok(Some(page))
    }
}
