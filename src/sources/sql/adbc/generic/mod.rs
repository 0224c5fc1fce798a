//! `kind: adbc`: any driver, of whose system nothing is known but what the standard of drivers says.

mod discover;

use adbc_core::error::Error;
use adbc_driver_manager::ManagedConnection;

use super::{Discovered, Placeholders, System, Wanted};
use crate::sources::sql::{Dialect, ansi::AnsiDialect};

/// What is known of it.
#[derive(Debug)]
pub struct Generic;

impl System for Generic {
    fn dialect(&self) -> &'static dyn Dialect {
        &AnsiDialect
    }

    fn placeholders(&self) -> Placeholders {
        Placeholders::Unknown
    }

    fn discover(&self, connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered, Error> {
        discover::discover(connection, wanted)
    }
}
