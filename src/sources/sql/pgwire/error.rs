//! What a server's errors mean, by their SQLSTATE.

use tokio::sync::Notify;

use crate::{
    model::SourceName,
    sources::sql::{
        failure::{changed, down, failed, not_computed},
        feed::{Stop, Verdict},
    },
};

/// What an error of a running statement means. Of one that shows other tables than those that were found, `stale` is told.
pub fn stop(source: &SourceName, stale: &Notify, error: sqlx::Error) -> Stop {
    let sqlx::Error::Database(refusal) = &error else {
        return match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Stop::Lost(down(source, error)),
            _ => failed(source, error).into(),
        };
    };
    let other_tables = |cause: String| {
        stale.notify_one();
        changed(source, source.as_str(), cause)
    };
    match refusal.code().unwrap_or_default().as_ref() {
        // Connection exceptions; the server shuts down, crashed, or starts; it has no connection left.
        code if code.starts_with("08") || code.starts_with("57P") || code == "53300" => Stop::Lost(down(source, error)),
        // A table was altered under a statement prepared before: a new session prepares it anew.
        "0A000" => Stop::Lost(other_tables(error.to_string())),
        // No such schema, table, column, function or operator, or not for this user any more.
        code @ ("3F000" | "42P01" | "42703" | "42883" | "42804" | "42846" | "42501") => {
            Stop::Refused(other_tables(format!("{code}: {error}")))
        }
        "22012" => Stop::Refused(not_computed("division by zero", error)),
        "22003" => Stop::Refused(not_computed("a number overflowed", error)),
        code => Stop::Refused(failed(source, format!("{code}: {error}"))),
    }
}

/// What an error says of a statement that was only to be looked at: the server's refusal is an answer, too.
pub fn refusal(error: sqlx::Error) -> Result<Verdict, sqlx::Error> {
    match &error {
        // The server shuts down or has no connection left: that is no answer.
        sqlx::Error::Database(refusal) => match refusal.code().unwrap_or_default().as_ref() {
            code if code.starts_with("57") || code.starts_with("53") || code.starts_with("08") => Err(error),
            code => Ok(Verdict::Refused(format!("the source refuses the statement (SQLSTATE {code})"))),
        },
        _ => Err(error),
    }
}
