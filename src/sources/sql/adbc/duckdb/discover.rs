//! What a `DuckDB` file holds, as its own functions list it.

use std::collections::HashMap;

use adbc_core::error::Result;
use adbc_driver_manager::ManagedConnection;

use super::{DuckDbDialect, PLACE, types};
use crate::sources::sql::{
    adbc::{
        AdbcColumn, Broken, Discovered, Wanted, all_of,
        information::{Named, describe, named, rows, unlike},
    },
    listing::{Found, Relation},
};

const TABLES: &str = "
    SELECT schema_name, table_name, false, estimated_size, comment FROM duckdb_tables()
    WHERE database_name = current_database() AND NOT internal
    UNION ALL
    SELECT schema_name, view_name, true, NULL, comment FROM duckdb_views()
    WHERE database_name = current_database() AND NOT internal
    ORDER BY 1, 2";

const COLUMNS: &str = "
    SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()
    WHERE database_name = current_database() AND NOT internal";

/// The columns of primary keys, which hold no NULL, in their order.
const KEYS: &str = "
    SELECT schema_name, table_name, unnest(constraint_column_names) FROM duckdb_constraints()
    WHERE database_name = current_database() AND constraint_type = 'PRIMARY KEY'";

const VERSION: &str = "SELECT library_version FROM pragma_version()";

type Key = (String, String);

/// What is said of one column.
struct Said {
    data_type: String,
    nullable: bool,
    comment: Option<String>,
}

/// Describes all tables, and those views that are wanted: what a view selects from may be far away.
pub fn discover(connection: &mut ManagedConnection, wanted: &Wanted) -> Result<Discovered> {
    let default_schema = wanted.default_schema("main".to_owned());
    let version = rows(connection, VERSION)?.into_iter().flatten().next().flatten().unwrap_or_default();
    let (mut said, keys) = (columns(connection)?, keys(connection)?);
    let (mut relations, mut others, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for table in named(connection, TABLES)?.into_iter().filter(|table| wanted.shows(&table.schema)) {
        let Named { schema, name, is_view, rows, comment } = table;
        if is_view && !wanted.named.has(&default_schema, &schema, &name) {
            others.push((schema, name));
            continue;
        }
        let key = (schema, name);
        let found = match describe(connection, &all_of(&DuckDbDialect, &key.0, &key.1)) {
            Ok(found) => found,
            Err(error) => {
                let (schema, name) = key;
                broken.push(Broken { schema, name, error });
                continue;
            }
        };
        let columns = found.fields().iter().map(|field| {
            let said = said.get_mut(&key).and_then(|columns| columns.remove(field.name()));
            let said = said.ok_or_else(|| unlike("a column without a type"))?;
            let mut column = types::column(field, said.data_type);
            column.arrow.nullable = said.nullable;
            column.arrow.comment = said.comment;
            Ok(column)
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let own = keys.get(&key).cloned().unwrap_or_default();
        let is_divisible = !is_view && is_divisible(&columns);
        let (schema, name) = key;
        relations.push(Relation { schema, name, is_view, rows, columns, key: own, comment, is_divisible });
    }
    let found = Found { catalog: None, default_schema, relations, others, version: version_number(&version) };
    Ok(Discovered { found, broken })
}

/// Have its rows a place? A column of the place's name is found before it.
fn is_divisible(columns: &[AdbcColumn]) -> bool {
    !columns.iter().any(|column| column.arrow.name.eq_ignore_ascii_case(PLACE))
}

fn columns(connection: &mut ManagedConnection) -> Result<HashMap<Key, HashMap<String, Said>>> {
    let mut columns: HashMap<Key, HashMap<String, Said>> = HashMap::new();
    for row in rows(connection, COLUMNS)? {
        let [Some(schema), Some(table), Some(name), Some(data_type), nullable, comment] =
            <[_; 6]>::try_from(row).map_err(|_| unlike("a column of another shape"))?
        else {
            return Err(unlike("a column without a name"));
        };
        let nullable = nullable.as_deref() != Some("false");
        columns.entry((schema, table)).or_default().insert(name, Said { data_type, nullable, comment });
    }
    Ok(columns)
}

fn keys(connection: &mut ManagedConnection) -> Result<HashMap<Key, Vec<String>>> {
    let mut keys: HashMap<Key, Vec<String>> = HashMap::new();
    for row in rows(connection, KEYS)? {
        if let Ok([Some(schema), Some(table), Some(column)]) = <[_; 3]>::try_from(row) {
            keys.entry((schema, table)).or_default().push(column);
        }
    }
    Ok(keys)
}

/// `v1.5.6` as 1005006.
fn version_number(version: &str) -> u32 {
    let numbers = version.trim_start_matches('v').split(['.', '-']).filter_map(|part| part.parse::<u32>().ok());
    numbers.take(3).fold(0, |number, part| number.saturating_mul(1000).saturating_add(part))
}
