//! A statement from its submission to its end: waiting for the warehouse, polling, small results, cancelling.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{
    api::{Api, Ask, Told},
    failure::{malformed, of_statement},
    wire::{Answer, Manifest, Part, State},
};
use crate::sources::sql::{failure::failed, feed::Stop, session::jittered};

/// Before the first question how a statement is.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Between two at most; a statement of which nobody asks for 15 minutes is ended.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A warehouse that starts is reported this often.
const REPORT: Duration = Duration::from_secs(10);
/// A statement that is not cancelled in so long is left to the warehouse.
const PATIENCE: Duration = Duration::from_secs(5);

/// A statement that has succeeded.
pub struct Finished {
    /// Its id.
    pub id: String,
    /// What its result consists of.
    pub manifest: Manifest,
    /// The first part of it.
    pub first: Told<Part>,
}

impl Api {
    /// Waits until a statement that was submitted `since` has succeeded.
    ///
    /// # Errors
    /// It failed, was cancelled in the workspace, or its result is not whole.
    pub async fn finished(&self, mut told: Told<Answer>, since: Instant) -> Result<Finished, Stop> {
        let (mut pause, mut report) = (FIRST_PAUSE, since + REPORT);
        loop {
            let Told { answer, at } = told;
            let id = answer.statement_id.ok_or_else(|| malformed(&self.source, "a statement without an id"))?;
            match answer.status.state {
                State::Pending | State::Running => {}
                State::Failed => return Err(of_statement(&self.source, &answer.status)),
                State::Canceled => {
                    return Err(Stop::Refused(failed(&self.source, "the statement was cancelled in the workspace")));
                }
                State::Closed => {
                    return Err(Stop::Refused(failed(&self.source, "the statement was closed before it was read")));
                }
                State::Succeeded => {
                    let manifest =
                        answer.manifest.ok_or_else(|| malformed(&self.source, "a result without a manifest"))?;
                    if manifest.truncated {
                        let cause = "the result is truncated: it is larger than the API gives";
                        return Err(Stop::Refused(failed(&self.source, cause)));
                    }
                    let first = Told { answer: answer.result.unwrap_or_default(), at };
                    return Ok(Finished { id, manifest, first });
                }
            }
            if answer.status.state == State::Pending && Instant::now() >= report {
                report = Instant::now() + REPORT;
                let waited_s = since.elapsed().as_secs();
                tracing::info!(source = %self.source, warehouse = self.warehouse, waited_s, "the warehouse is starting");
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = LONGEST_PAUSE.min(pause * 3 / 2);
            told = self.call(&Ask::poll(&id)).await.map_err(Stop::of_running)?;
        }
    }

    /// All rows of a small result, as texts.
    pub async fn texts(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Option<String>>>, Stop> {
        let since = Instant::now();
        let told = self.call(&Ask::submit(self.for_texts(sql, parameters))).await?;
        let Finished { id, manifest, first } = self.finished(told, since).await?;
        let mut rows = first.answer.data_array;
        for chunk in 1..manifest.total_chunk_count {
            let Told { answer, .. } = self.call::<Part>(&Ask::chunk(&id, chunk)).await?;
            rows.extend(answer.data_array);
        }
        if u64::try_from(rows.len()) != Ok(manifest.total_row_count) {
            return Err(malformed(&self.source, "rows are missing"));
        }
        Ok(rows)
    }

    /// Ends statement `id`. That it was heard does not mean that it was in time.
    pub async fn cancel(&self, id: &str) {
        match tokio::time::timeout(PATIENCE, self.call::<Value>(&Ask::cancel(id))).await {
            Ok(Ok(_)) => {}
            Ok(Err(stop)) => tracing::warn!(source = %self.source, ?stop, "a statement could not be cancelled"),
            Err(_) => tracing::warn!(source = %self.source, "a statement could not be cancelled in time"),
        }
    }
}
