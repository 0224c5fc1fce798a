//! `kind: adbc`: any driver, of whose system nothing is known but what the standard of drivers says.

mod discover;

use std::sync::OnceLock;

use adbc_core::error::Error;
use adbc_driver_manager::ManagedConnection;

use super::{Discovered, Placeholders, System, Wanted};
use crate::sources::sql::{
    Dialect,
    ansi::{AnsiDialect, DOUBLE_QUOTES},
};

/// What is known of it: how it quotes names, once it was asked.
#[derive(Debug, Default)]
pub struct Generic {
    quotes: OnceLock<&'static AnsiDialect>,
}

impl System for Generic {
    fn dialect(&self) -> &'static dyn Dialect {
        // No table is described, and so none is asked, before it is known.
        *self.quotes.get().unwrap_or(&&DOUBLE_QUOTES)
    }

    fn placeholders(&self) -> Placeholders {
        Placeholders::Unknown
    }

    fn discover(&self, connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered, Error> {
        let quotes = match self.quotes.get() {
            Some(known) => known,
            None => discover::quotes(connection)?,
        };
        discover::discover(connection, wanted, **self.quotes.get_or_init(|| quotes))
    }
}
