//! What a `BigQuery` project holds, as the information schemas of its datasets list it.

use adbc_core::error::Result;
use adbc_driver_manager::ManagedConnection;
use datafusion::arrow::datatypes::{DataType, Field};

use super::BigQueryDialect;
use crate::sources::sql::{
    Dialect,
    adbc::{
        AdbcColumn, Discovered, Wanted,
        information::{describe, described, named, plain, rows},
    },
};

const DATASETS: &str = "SELECT schema_name FROM INFORMATION_SCHEMA.SCHEMATA ORDER BY 1";

/// Lists all tables of the datasets that are shown, and describes those that are wanted.
pub fn discover(connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered> {
    let datasets: Vec<String> = if wanted.schemas.is_empty() {
        rows(connection, DATASETS)?.into_iter().flatten().flatten().collect()
    } else {
        wanted.schemas.clone()
    };
    let mut tables = Vec::new();
    for dataset in &datasets {
        let schema = BigQueryDialect.quoted(dataset);
        let sql = format!(
            "SELECT table_schema, table_name, CAST(table_type LIKE '%VIEW%' AS STRING), NULL, NULL \
             FROM {schema}.INFORMATION_SCHEMA.TABLES ORDER BY 2"
        );
        tables.extend(named(connection, &sql)?);
    }
    let default_schema = wanted.default_schema(datasets.into_iter().next().unwrap_or_default());
    described(connection, (&BigQueryDialect, wanted, default_schema), tables, describe, column)
}

fn column(field: &Field) -> AdbcColumn {
    let is_comparable = matches!(field.data_type(), DataType::Int64 | DataType::Boolean | DataType::Date32);
    plain(field, field.data_type().to_string(), is_comparable)
}
