//! What goes wrong with kept results, in words for the caller.

use std::fmt;

use crate::model::{Code, Fault, number};

/// It has expired, or was never here.
pub(super) fn gone() -> Fault {
    restart("the result is no longer kept")
}

/// Its run ended when nobody asked.
pub(super) fn abandoned() -> Fault {
    restart("the rows that follow were never read: the query was cancelled, as nobody asked for them for a while")
}

/// Its run ended with the server that ran it.
pub(super) fn orphaned() -> Fault {
    restart("the rows that follow are lost: the server that ran the query has stopped")
}

fn restart(detail: &str) -> Fault {
    Fault::new(Code::CursorExpired, detail).with_hint("start again without `cursor`")
}

/// More rows than are kept: those from `rows` on are not there.
pub(super) fn too_large(rows: u64, limit: u64) -> Fault {
    let (rows, limit) = (number::grouped(rows), number::bytes(limit));
    Fault::new(
        Code::ResultTooLarge,
        format!("the result has rows behind the first {rows}, which are not kept: it would be larger than {limit}"),
    )
    .with_hint(
        "ask for less, or stream the whole result as NDJSON, CSV, Arrow or Parquet without `limit`; the operator may \
         raise `spool.result`",
    )
}

/// No room among the results of all.
pub(super) fn full(limit: u64) -> Fault {
    let detail = format!("there is no room for another result: {} are kept already", number::bytes(limit));
    Fault::new(Code::SpoolFull, detail).with_hint("try again later; the operator may raise `spool.total`")
}

/// The store does not do what it should.
pub(super) fn down(cause: impl fmt::Display) -> Fault {
    Fault::new(Code::SpoolDown, "the place where results are kept cannot be used").with_internal(cause)
}

/// Rows did not come in time.
pub(super) fn timed_out() -> Fault {
    Fault::new(Code::Timeout, "the rows that were asked for have not come yet")
        .with_hint("repeat the request: the query goes on meanwhile")
}

/// A result whose objects do not fit together.
pub(super) fn damaged(what: impl fmt::Display) -> Fault {
    Fault::internal(format!("a kept result is damaged: {what}"))
}
