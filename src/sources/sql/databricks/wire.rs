//! What the API says, as far as it is read
//! (<https://docs.databricks.com/api/statement-execution/v1/get-statement-result.md>).

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A link is used up to so long before it expires.
const MARGIN: Duration = Duration::from_secs(20);

/// What became of a statement so far. What is absent depends on its state.
#[derive(Deserialize)]
pub struct Answer {
    pub statement_id: Option<String>,
    pub status: Status,
    pub manifest: Option<Manifest>,
    pub result: Option<Part>,
}

#[derive(Deserialize)]
pub struct Status {
    pub state: State,
    pub error: Option<ServiceError>,
    pub sql_state: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// It waits for the warehouse.
    Pending,
    Running,
    Succeeded,
    Failed,
    /// By somebody else: what we cancel is not asked about again.
    Canceled,
    /// It succeeded, and its result is gone.
    Closed,
}

#[derive(Debug, Default, Deserialize)]
pub struct ServiceError {
    pub error_code: Option<String>,
    pub message: Option<String>,
}

/// What a result consists of.
#[derive(Deserialize)]
pub struct Manifest {
    #[serde(default)]
    pub total_chunk_count: usize,
    #[serde(default)]
    pub total_row_count: u64,
    #[serde(default)]
    pub truncated: bool,
    #[serde(default)]
    pub chunks: Vec<Chunk>,
}

#[derive(Clone, Copy, Deserialize)]
pub struct Chunk {
    pub chunk_index: usize,
    pub row_count: u64,
}

/// A part of a result: rows, or links to where they are.
#[derive(Default, Deserialize)]
pub struct Part {
    #[serde(default)]
    pub external_links: Vec<Link>,
    #[serde(default)]
    pub data_array: Vec<Vec<Option<String>>>,
}

/// Where the rows of a chunk are. Who knows it may read them, so it is never shown.
#[derive(Deserialize)]
pub struct Link {
    pub chunk_index: usize,
    #[serde(rename = "external_link")]
    pub url: String,
    pub expiration: String,
    /// To be sent with the request, and as secret as the link.
    #[serde(default)]
    pub http_headers: HashMap<String, String>,
    /// When it is no longer used, by our own clock.
    #[serde(skip)]
    until: Option<Instant>,
}

impl Part {
    /// The links by their chunks. How long each is good is reckoned from `told`, the time of the answer by the clock that
    /// says when they expire: ours may be another.
    pub fn links(self, told: Option<DateTime<Utc>>) -> HashMap<usize, Link> {
        let told = told.unwrap_or_else(Utc::now);
        let timed = |link: Link| {
            let expires = DateTime::parse_from_rfc3339(&link.expiration).ok();
            let lasts = expires.and_then(|expires| (expires.to_utc() - told).to_std().ok());
            let until = Instant::now() + lasts.unwrap_or_default().saturating_sub(MARGIN);
            (link.chunk_index, Link { until: Some(until), ..link })
        };
        self.external_links.into_iter().map(timed).collect()
    }
}

impl Link {
    /// Is it not to be used any more?
    pub fn is_old(&self) -> bool {
        self.until.is_none_or(|until| until <= Instant::now())
    }
}
