//! What happened: one structured log line for each request, written when the request is over however it ends.

use std::{
    fmt::Write as _,
    io,
    time::{Duration, Instant},
};

use tracing_subscriber::EnvFilter;

use crate::model::Fault;

/// Libraries that tell of each statement and of each log that they replay.
const OWN: &str = "info,sqlx=warn,buoyant_kernel=warn,buoyant_kernel_engine=warn,deltalake_core=warn";

/// Sends JSON log lines to standard error: `info` and above, or what `RUST_LOG` says.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(OWN));
    let log = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // It would say on standard error that standard error is gone, and panic: in every request, while it is dropped.
        .log_internal_errors(false);
    // A second call, in a test process, changes nothing.
    let _ = log.try_init();
}

/// The story of one request. It is logged when it is dropped, so no way out can skip it.
#[derive(Debug)]
pub struct Record {
    /// Sent by the caller or made here; in every answer and error.
    pub request_id: String,
    /// The principal's name, once known.
    pub consumer: Option<String>,
    /// `domain.name`, once resolved.
    pub query: Option<String>,
    /// The version, once resolved.
    pub version: Option<u32>,
    /// The format of the answer.
    pub format: Option<&'static str>,
    /// The transport's status.
    pub status: Option<u16>,
    /// Rows that were encoded.
    pub rows: u64,
    /// Bytes that were handed to the transport.
    pub bytes: u64,
    door: &'static str,
    began: Instant,
    stages: Vec<(&'static str, Duration)>,
    stage_began: Instant,
    code: Option<&'static str>,
    internal: Option<String>,
    finished: bool,
}

impl Record {
    /// A request came in through `door`.
    #[must_use]
    pub fn begin(door: &'static str, request_id: String) -> Self {
        let now = Instant::now();
        Self {
            request_id,
            consumer: None,
            query: None,
            version: None,
            format: None,
            status: None,
            rows: 0,
            bytes: 0,
            door,
            began: now,
            stages: Vec::new(),
            stage_began: now,
            code: None,
            internal: None,
            finished: false,
        }
    }

    /// The stage `name` ended now; it began when the one before it ended.
    pub fn stage(&mut self, name: &'static str) {
        let now = Instant::now();
        self.stages.push((name, now - self.stage_began));
        self.stage_began = now;
    }

    /// The value of `Server-Timing` (W3C): the stages so far, in milliseconds.
    #[must_use]
    pub fn server_timing(&self) -> String {
        let mut text = String::new();
        for (name, took) in &self.stages {
            let _ = write!(text, "{name};dur={:.2}, ", took.as_secs_f64() * 1000.0);
        }
        let _ = write!(text, "total;dur={:.2}", self.began.elapsed().as_secs_f64() * 1000.0);
        text
    }

    /// The request failed.
    pub fn fail(&mut self, fault: &Fault) {
        self.code = Some(fault.code.as_str());
        self.internal = fault.internal.clone().or_else(|| Some(fault.detail.clone()));
        self.finished = true;
    }

    /// The answer was handed over whole.
    pub fn finish(&mut self) {
        self.finished = true;
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let outcome = match (self.finished, self.code) {
            (_, Some(_)) => "failed",
            (true, None) => "ok",
            (false, None) => "abandoned",
        };
        tracing::info!(
            target: "request",
            request_id = self.request_id,
            door = self.door,
            consumer = self.consumer,
            query = self.query,
            version = self.version,
            format = self.format,
            status = self.status,
            rows = self.rows,
            bytes = self.bytes,
            elapsed_ms = self.began.elapsed().as_secs_f64() * 1000.0,
            code = self.code,
            cause = self.internal,
            outcome,
            "request"
        );
    }
}

/// A new request id: a version 7 UUID, which sorts by time.
#[must_use]
pub fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Can a caller's own id be taken over into logs and headers?
#[must_use]
pub fn is_request_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte))
}
