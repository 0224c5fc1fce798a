//! What a driver's error means: its status says little, the SQLSTATE behind it more.

use adbc_core::error::{Error, Status};

/// What is wrong, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The system cannot be reached.
    Unreachable,
    /// It has too much to do, or is not up yet.
    Overloaded,
    /// It does not know who asks, or does not let them.
    Unauthenticated,
    /// It divides by zero.
    DividesByZero,
    /// A number leaves its type.
    Overflows,
    /// Something is wrong in the driver: the connection may not be sound any more.
    Broken,
    /// It answered, with anything else.
    Refuses,
}

/// What `error` means.
pub fn meaning(error: &Error) -> Meaning {
    let state = sqlstate(error);
    if !state.is_empty() {
        // The server answered: what it says goes before what the driver makes of it.
        return match state.as_str() {
            "22012" => Meaning::DividesByZero,
            "22003" => Meaning::Overflows,
            state if state.starts_with("28") => Meaning::Unauthenticated,
            state if state.starts_with("53") || state == "57P03" => Meaning::Overloaded,
            state if state.starts_with("08") || state.starts_with("57P") => Meaning::Unreachable,
            _ => Meaning::Refuses,
        };
    }
    match error.status {
        // A statement whose time was up is not run a second time.
        Status::Timeout => Meaning::Refuses,
        Status::IO => Meaning::Unreachable,
        Status::Unauthenticated | Status::Unauthorized => Meaning::Unauthenticated,
        _ if says(error, &["Out of Range Error", "out of range for the destination type"]) => Meaning::Overflows,
        _ if says(error, &["Too Many Requests", "Service Unavailable"]) => Meaning::Overloaded,
        Status::Internal | Status::InvalidState | Status::Unknown => Meaning::Broken,
        _ => Meaning::Refuses,
    }
}

/// Does it say that a table, column, function or type is not there, or not for this user any more?
pub fn is_changed(error: &Error) -> bool {
    let state = sqlstate(error);
    error.status == Status::NotFound
        || matches!(
            state.as_str(),
            "3F000" | "42P01" | "42703" | "42883" | "42804" | "42846" | "42501" | "42S02" | "42S22"
        )
}

/// What the driver says, for the operator.
pub fn said(error: &Error) -> String {
    let state = sqlstate(error);
    if state.is_empty() { error.message.clone() } else { format!("{} (SQLSTATE {state})", error.message) }
}

/// Does the driver say one of these things?
pub fn says(error: &Error, things: &[&str]) -> bool {
    things.iter().any(|thing| error.message.contains(thing))
}

/// Five letters and digits; nothing when the driver gives none.
fn sqlstate(error: &Error) -> String {
    let state: String = error.sqlstate.iter().map(|byte| char::from(byte.cast_unsigned())).collect();
    let is_given = state.bytes().all(|byte| byte.is_ascii_alphanumeric()) && state != "00000";
    if is_given { state } else { String::new() }
}
