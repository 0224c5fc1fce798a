//! What Snowflake computes exactly as the engine does.

use crate::sources::sql::capability::{Capabilities, standard};

/// The allow-list.
pub static CAPABILITIES: Capabilities =
    Capabilities { tables: &[standard::NODES, standard::AGGREGATES] };
