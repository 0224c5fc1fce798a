//! `kind: bigquery`. Experimental: it could not be tried against a real server.

mod capabilities;
mod dialect;
mod discover;

use adbc_core::{error::Error, options::OptionValue};
use adbc_driver_manager::ManagedConnection;

use super::{Discovered, System, Wanted, session::tag};
use crate::{
    config::source::AdbcConfig,
    sources::sql::{Dialect, feed::Caller},
};
pub use dialect::BigQueryDialect;

/// What is known of it.
#[derive(Debug)]
pub struct BigQuery;

impl System for BigQuery {
    fn dialect(&self) -> &'static dyn Dialect {
        &BigQueryDialect
    }

    fn options(&self, _caller: &Caller, config: &AdbcConfig) -> Vec<(&'static str, OptionValue)> {
        let bytes = config.max_bytes_scanned.and_then(|bytes| i64::try_from(bytes).ok());
        bytes.map(|bytes| ("adbc.bigquery.sql.query.max_bytes_billed", OptionValue::Int(bytes))).into_iter().collect()
    }

    fn comment(&self, caller: &Caller) -> String {
        // The driver sets no labels of jobs. These letters end no comment.
        let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '@' | '.' | '_' | ' ' | '-');
        format!("/* {} */ ", tag(caller).chars().filter(is_plain).collect::<String>())
    }

    fn discover(&self, connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered, Error> {
        discover::discover(connection, wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_named_before_its_statement() {
        let caller = Caller { query: "shop.orders@2 */ DROP".into(), timeout: None };
        assert_eq!(BigQuery.comment(&caller), "/* aqueduct shop.orders@2  DROP */ ");
    }
}
