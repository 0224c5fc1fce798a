//! `kind: duckdb`: a database file, opened read-only by `DuckDB`'s own library.

mod capabilities;
mod dialect;
mod discover;
mod types;

use adbc_core::error::Error;
use adbc_driver_manager::ManagedConnection;

use super::{Discovered, Division, Placeholders, Places, System, Wanted, cause};
use crate::sources::sql::{Dialect, Statement};
pub use dialect::DuckDbDialect;

/// The column that every table has, unless one of its own is named so: the places of its rows, counted from zero.
const PLACE: &str = "rowid";

/// What is known of it.
#[derive(Debug)]
pub struct DuckDb;

impl System for DuckDb {
    fn dialect(&self) -> &'static dyn Dialect {
        &DuckDbDialect
    }

    fn placeholders(&self) -> Placeholders {
        Placeholders::Numbered
    }

    fn settings(&self) -> &'static [&'static str] {
        &["SET TimeZone = 'UTC'"]
    }

    fn division(&self) -> Option<Division> {
        Some(Division::Places(Places {
            column: PLACE,
            // Four of the groups of rows of which its files consist.
            rows: 4 * 122_880,
            before: "SET SESSION preserve_insertion_order = false",
            after: "SET SESSION preserve_insertion_order = true",
        }))
    }

    fn is_changed(&self, error: &Error) -> bool {
        cause::says(error, &["Catalog Error", "Binder Error"])
    }

    fn sample(&self, statement: &Statement) -> String {
        // It does not know the type of an expression of a value that is not bound yet, under a collation.
        statement.render(|_, bind| dialect::sample(bind))
    }

    fn discover(&self, connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered, Error> {
        discover::discover(connection, wanted)
    }
}
