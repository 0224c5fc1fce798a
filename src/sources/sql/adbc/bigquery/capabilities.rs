//! What `BigQuery` documents to compute as the engine does. None of it could be tried against a real server.

use crate::sources::sql::{ansi, capability::Capabilities};

/// The allow-list: what every SQL server computes alike.
pub static CAPABILITIES: Capabilities = Capabilities { tables: ansi::CAPABILITIES.tables, without: &[] };
