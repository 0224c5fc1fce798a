//! `kind: snowflake`

mod capabilities;
mod dialect;
mod discover;

use adbc_core::{error::Error, options::OptionValue};
use adbc_driver_manager::ManagedConnection;
use datafusion::{arrow::datatypes::DataType, scalar::ScalarValue};

use super::{Discovered, System, Wanted, cause, session::tag};
use crate::{
    config::source::AdbcConfig,
    model::Fault,
    sources::sql::{Dialect, feed::Caller},
};
pub use dialect::SnowflakeDialect;

/// Its own numbers for: no such object, no such column, neither of them for this user.
const GONE: [i32; 3] = [2003, 904, 2043];

/// What is known of it.
#[derive(Debug)]
pub struct Snowflake;

impl System for Snowflake {
    fn dialect(&self) -> &'static dyn Dialect {
        &SnowflakeDialect
    }

    fn options(&self, caller: &Caller, _config: &AdbcConfig) -> Vec<(&'static str, OptionValue)> {
        vec![("adbc.snowflake.statement.query_tag", OptionValue::String(tag(caller)))]
    }

    fn form(&self, value: &ScalarValue) -> Result<ScalarValue, Fault> {
        // The driver binds numbers of 64 bits, text and truth values; the others are text, which the placeholder casts.
        match value {
            ScalarValue::Date32(_) | ScalarValue::Decimal128(..) => {
                value.cast_to(&DataType::Utf8).map_err(Fault::internal)
            }
            value => Ok(value.clone()),
        }
    }

    fn is_changed(&self, error: &Error) -> bool {
        GONE.contains(&error.vendor_code) || cause::is_changed(error)
    }

    fn discover(&self, connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered, Error> {
        discover::discover(connection, wanted)
    }
}
