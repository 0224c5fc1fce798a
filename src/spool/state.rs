//! What the run of a result tells to all servers: how far it is, and how it ended.

use serde::{Deserialize, Serialize};

use super::faults;
use crate::model::{Code, Fault};

/// The content of a result's state object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Grows with each writing: a run whose counter stands still is dead.
    pub beat: u64,
    /// Rows in chunks that can be read.
    pub rows: u64,
    /// Bytes of those chunks.
    pub bytes: u64,
    /// How the run ended, if it has.
    pub end: Option<End>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    /// All rows are here.
    Complete,
    /// There are more rows than are kept.
    TooLarge {
        /// The most bytes of one result.
        limit: u64,
    },
    /// The query failed.
    Failed {
        /// [`Code::as_str`].
        code: String,
        /// What was wrong, for the caller.
        detail: String,
        /// What would be right.
        hint: Option<String>,
    },
    /// Nobody asked for rows.
    Abandoned,
}

impl End {
    /// The run failed. What is for the operator alone is not kept: it goes to the log.
    pub fn failed(fault: &Fault) -> Self {
        Self::Failed { code: fault.code.as_str().to_owned(), detail: fault.detail.clone(), hint: fault.hint.clone() }
    }

    /// What a reader meets behind the last of `rows` rows: nothing, if they are all.
    pub fn behind(&self, rows: u64) -> Result<(), Fault> {
        match self {
            Self::Complete => Ok(()),
            Self::TooLarge { limit } => Err(faults::too_large(rows, *limit)),
            Self::Failed { code, detail, hint } => match Code::parse(code) {
                Some(code) => Err(Fault { hint: hint.clone(), ..Fault::new(code, detail) }),
                None => Err(faults::damaged(format_args!("unknown code {code}"))),
            },
            Self::Abandoned => Err(faults::abandoned()),
        }
    }
}

impl State {
    /// As it is stored.
    pub fn encode(&self) -> Result<Vec<u8>, Fault> {
        serde_json::to_vec(self).map_err(Fault::internal)
    }

    /// What [`Self::encode`] gave.
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(bytes).map_err(faults::damaged)
    }
}
