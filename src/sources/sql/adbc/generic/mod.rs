//! `kind: adbc`: any driver, of whose system nothing is known but what the standard of drivers says.

mod discover;

use adbc_core::error::Error;
use adbc_driver_manager::ManagedConnection;
use datafusion::arrow::datatypes::Schema;

use super::{
    Discovered, Placeholders, System, Wanted,
    statement::{self, Order},
};
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

    fn describe(&self, connection: &mut ManagedConnection, order: &Order) -> Result<Option<Schema>, Error> {
        // Some drivers cannot describe a statement, and some give an empty description.
        statement::prepare(connection, order).map(|()| None)
    }

    fn discover(&self, connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered, Error> {
        discover::discover(connection, wanted)
    }
}
