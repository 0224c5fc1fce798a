//! `kind: snowflake`

mod capabilities;
mod dialect;
mod discover;

use adbc_core::{error::Error, options::OptionValue};
use adbc_driver_manager::ManagedConnection;

use super::{Discovered, System, Wanted, cause, session::tag};
use crate::{
    config::source::AdbcConfig,
    sources::sql::{Dialect, feed::Caller},
};
pub use dialect::SnowflakeDialect;

/// Its own numbers for: no such object, no such column.
const GONE: [i32; 2] = [2003, 904];

/// What is known of it.
#[derive(Debug)]
pub struct Snowflake;

impl System for Snowflake {
    fn dialect(&self) -> &'static dyn Dialect {
        &SnowflakeDialect
    }

    fn settings(&self) -> &'static [&'static str] {
        // How instants are printed and compared does not depend on the user's or the account's settings.
        &["ALTER SESSION SET TIMEZONE = 'UTC'"]
    }

    fn options(&self, caller: &Caller, _config: &AdbcConfig) -> Vec<(&'static str, OptionValue)> {
        vec![("adbc.snowflake.statement.query_tag", OptionValue::String(tag(caller)))]
    }

    fn is_changed(&self, error: &Error) -> bool {
        GONE.contains(&error.vendor_code) || cause::is_changed(error)
    }

    fn discover(&self, connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered, Error> {
        discover::discover(connection, wanted)
    }
}
