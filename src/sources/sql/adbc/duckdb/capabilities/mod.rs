//! What `DuckDB` computes exactly as the engine does.

mod aggregates;
mod expressions;
mod functions;

use crate::sources::sql::{
    Class,
    capability::{Capabilities, standard},
};

/// The allow-list; versions are those of the library: 1.5.6 is 1005006.
pub static CAPABILITIES: Capabilities = Capabilities {
    tables: &[
        standard::NODES,
        standard::EXPRESSIONS,
        standard::AGGREGATES,
        standard::WINDOWS,
        expressions::EXPRESSIONS,
        functions::FUNCTIONS,
        aggregates::AGGREGATES,
        aggregates::WINDOWS,
    ],
    without: &[],
};

const DECIMAL: &[Class] = &[Class::Decimal];
const FLOAT32: &[Class] = &[Class::Float32];
const TIMESTAMP: &[Class] = &[Class::Timestamp];
const TIMESTAMPTZ: &[Class] = &[Class::TimestampTz];
const INT64: &[Class] = &[Class::Int64];
const NARROW: &[Class] = &[Class::Int16, Class::Int32];
const COMPARED: &[Class] = &[
    Class::Bool,
    Class::Int16,
    Class::Int32,
    Class::Int64,
    Class::Decimal,
    Class::Text,
    Class::Binary,
    Class::Date,
    Class::Timestamp,
    Class::TimestampTz,
];
const LEAST: &[Class] = &[
    Class::Int16,
    Class::Int32,
    Class::Int64,
    Class::Decimal,
    Class::Text,
    Class::Date,
    Class::Timestamp,
    Class::TimestampTz,
];
