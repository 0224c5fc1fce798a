//! What the members that speak Postgres' protocol have in common: URLs, what errors mean, and what a session is told.

pub mod cause;
mod error;
mod iso;
pub mod numeric;
pub mod oid;
mod rows;
pub mod text;
pub mod url;
pub mod values;

use super::Caller;

pub use error::{refusal, stop};
pub use rows::{Rows, is_read};

/// The longest name of an application, in bytes (NAMEDATALEN - 1).
const LONGEST_NAME: usize = 63;

/// Names the query to those who watch the server.
pub fn application_name(caller: &Caller) -> String {
    let mut name = format!("aqueduct {}", caller.query);
    name.truncate(name.floor_char_boundary(LONGEST_NAME));
    name
}

/// How long a statement may run, in milliseconds; 0 is no bound.
pub fn statement_timeout(caller: &Caller) -> String {
    caller.timeout.map_or(0, |timeout| timeout.as_millis().clamp(1, i32::MAX.unsigned_abs().into())).to_string()
}
