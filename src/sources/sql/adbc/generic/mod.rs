//! `kind: adbc`: any driver, of whose system nothing is known but what the standard of drivers says.

mod discover;

use std::sync::OnceLock;

use adbc_core::error::Error;
use adbc_driver_manager::ManagedConnection;

use super::{Discovered, Division, Placeholders, System, Wanted};
use crate::sources::sql::{
    Dialect,
    ansi::{AnsiDialect, DOUBLE_QUOTES},
};

/// What is known of it, once it was asked.
#[derive(Debug, Default)]
pub struct Generic {
    /// How it quotes names.
    quotes: OnceLock<&'static AnsiDialect>,
    /// Does its driver divide answers?
    divides: OnceLock<bool>,
}

impl System for Generic {
    fn dialect(&self) -> &'static dyn Dialect {
        // No table is described, and so none is asked, before it is known.
        *self.quotes.get().unwrap_or(&&DOUBLE_QUOTES)
    }

    fn placeholders(&self) -> Placeholders {
        Placeholders::Unknown
    }

    fn division(&self) -> Option<Division> {
        self.divides.get().is_some_and(|divides| *divides).then_some(Division::Partitions)
    }

    fn discover(&self, connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered, Error> {
        let quotes = match self.quotes.get() {
            Some(known) => known,
            None => discover::quotes(connection)?,
        };
        let quotes = **self.quotes.get_or_init(|| quotes);
        if self.divides.get().is_none() {
            match discover::divides(connection, quotes) {
                // Somebody else may have found it out meanwhile.
                Ok(divides) => drop(self.divides.set(divides)),
                // The next listing asks again.
                Err(error) => tracing::debug!(%error, "whether a driver divides answers is not known"),
            }
        }
        let mut discovered = discover::discover(connection, wanted, quotes)?;
        for relation in &mut discovered.found.relations {
            relation.is_divisible = self.division().is_some();
        }
        Ok(discovered)
    }
}
