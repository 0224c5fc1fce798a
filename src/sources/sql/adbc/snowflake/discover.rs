//! What a Snowflake database holds, as its information schema lists it.
//!
//! | Snowflake | here | compared there |
//! |---|---|---|
//! | NUMBER(p, 0) of up to 9 digits | Int32 | yes |
//! | NUMBER(p, 0) of up to 18 digits | Int64 | yes |
//! | NUMBER(p, s), INT is NUMBER(38, 0) | Decimal128(p, s), as integers where `columns:` says so | yes |
//! | FLOAT | Float64 | against literals |
//! | VARCHAR | Utf8 | yes |
//! | BOOLEAN | Boolean | yes |
//! | DATE | Date32 | yes |
//! | `TIMESTAMP_NTZ` | Timestamp(µs) | no |
//! | `TIMESTAMP_LTZ`, `TIMESTAMP_TZ` | Timestamp(µs, UTC) | no |
//! | TIME | Time64(µs) | no |
//! | BINARY | Binary | no |
//! | VARIANT, OBJECT, ARRAY, GEOGRAPHY, … | Utf8: its JSON | no |

use adbc_core::error::Result;
use adbc_driver_manager::ManagedConnection;
use datafusion::arrow::datatypes::{DataType, Field};

use super::SnowflakeDialect;
use crate::sources::sql::adbc::{
    AdbcColumn, Discovered, Wanted,
    information::{describe, described, named, plain, rows},
};

const TABLES: &str = "
    SELECT table_schema, table_name, CASE WHEN table_type LIKE '%VIEW%' THEN 'true' ELSE 'false' END, row_count, comment
    FROM information_schema.tables WHERE table_schema <> 'INFORMATION_SCHEMA' ORDER BY 1, 2";

/// The key of a field's metadata that holds the type by the driver's name for it.
const TYPE: &str = "SNOWFLAKE_TYPE";

/// Lists all tables, and describes those that are wanted.
pub fn discover(connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered> {
    let current = rows(connection, "SELECT current_schema()")?.into_iter().flatten().next().flatten();
    let default_schema = wanted.default_schema(current.unwrap_or_else(|| "PUBLIC".to_owned()));
    let tables = named(connection, TABLES)?;
    described(connection, (&SnowflakeDialect, wanted, default_schema), tables, describe, column)
}

fn column(field: &Field) -> AdbcColumn {
    let source_type = field.metadata().get(TYPE).cloned().unwrap_or_else(|| field.data_type().to_string());
    let is_comparable = matches!(source_type.as_str(), "fixed" | "real" | "text" | "boolean" | "date");
    let data_type = match (source_type.as_str(), field.data_type()) {
        ("fixed", DataType::Decimal128(..=9, 0)) => DataType::Int32,
        ("fixed", DataType::Decimal128(..=18, 0)) => DataType::Int64,
        // A statement that is only described says of all timestamps that they have a zone.
        ("timestamp_ntz", DataType::Timestamp(unit, _)) => DataType::Timestamp(*unit, None),
        (_, sent) => sent.clone(),
    };
    let is_whole = matches!(field.data_type(), DataType::Decimal128(_, 0));
    let mut column = plain(field, source_type, is_comparable);
    column.arrow.data_type = data_type;
    AdbcColumn { is_whole, ..column }
}
