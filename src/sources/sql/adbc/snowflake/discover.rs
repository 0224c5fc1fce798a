//! What a Snowflake database holds, as its information schema lists it.

use adbc_core::error::Result;
use adbc_driver_manager::ManagedConnection;
use datafusion::arrow::datatypes::Field;

use super::SnowflakeDialect;
use crate::sources::sql::adbc::{
    AdbcColumn, Discovered, Wanted,
    information::{described, named, plain, rows},
};

const TABLES: &str = "
    SELECT table_schema, table_name, CASE WHEN table_type LIKE '%VIEW%' THEN 'true' ELSE 'false' END, row_count, comment
    FROM information_schema.tables WHERE table_schema <> 'INFORMATION_SCHEMA' ORDER BY 1, 2";

/// Lists all tables, and describes those that are wanted.
pub fn discover(connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered> {
    let current = rows(connection, "SELECT current_schema()")?.into_iter().flatten().next().flatten();
    let default_schema = wanted.default_schema(current.unwrap_or_else(|| "PUBLIC".to_owned()));
    let tables = named(connection, TABLES)?;
    described(connection, &SnowflakeDialect, wanted, default_schema, tables, column)
}

fn column(field: &Field) -> AdbcColumn {
    let source_type = field.metadata().get("DATA_TYPE").cloned().unwrap_or_else(|| field.data_type().to_string());
    plain(field, source_type, true)
}
