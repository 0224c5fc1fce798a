//! What a database of any driver holds, as the standard's own calls list it: tables by `GetObjects`, and the columns of
//! those that are wanted.

use std::collections::HashSet;

use adbc_core::{
    Connection as _, Optionable as _,
    error::{Result, Status},
    options::{InfoCode, ObjectDepth, OptionConnection},
};
use adbc_driver_manager::ManagedConnection;
use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, StructArray},
    compute::cast,
    datatypes::{DataType, Schema},
};

use crate::sources::sql::{
    adbc::{
        Discovered, Wanted,
        information::{Named, described, named, plain, unlike},
        statement::{Order, begun, describe, divided},
    },
    ansi::{AnsiDialect, BACKTICKS, DOUBLE_QUOTES},
};

/// Where a driver, or its server, does not list tables by the standard's call.
const TABLES: &str = "
    SELECT table_schema, table_name, CASE WHEN table_type LIKE '%VIEW%' THEN 'true' ELSE 'false' END
    FROM information_schema.tables WHERE table_schema <> 'information_schema' ORDER BY 1, 2";

/// The drivers that are known to divide answers. No other is asked to: it may crash where it has to say no, as that of
/// Postgres does.
const DIVIDING: &[&str] = &["ADBC Flight SQL Driver - Go"];

/// So many rows show of what types they are, where a driver finds that out by looking at them.
const LOOKED_AT: &str = "LIMIT 1000";

/// Lists all tables, and describes those that are wanted.
pub fn discover(connection: &mut ManagedConnection, wanted: &Wanted, quotes: AnsiDialect) -> Result<Discovered> {
    let current = connection.get_option_string(OptionConnection::CurrentSchema).ok().filter(|name| !name.is_empty());
    let mut tables = match objects(connection) {
        Ok(tables) => tables,
        Err(error) if matches!(error.status, Status::IO | Status::Timeout) => return Err(error),
        Err(error) => match (named(connection, TABLES), annotated(wanted)) {
            (Ok(tables), _) => tables,
            (Err(_), tables) if !tables.is_empty() => tables,
            (Err(_), _) => return Err(error),
        },
    };
    // Catalogs may hold schemas and tables of the same names: then the first is meant.
    let mut seen = HashSet::new();
    tables.retain(|table: &Named| seen.insert((table.schema.clone(), table.name.clone())));
    let usual = current.or_else(|| tables.iter().map(|table| table.schema.clone()).next()).unwrap_or_default();
    let default_schema = wanted.default_schema(usual);
    described(connection, (&quotes, wanted, default_schema), tables, looked_at, |field| {
        let is_integer = field.data_type().is_integer() || *field.data_type() == DataType::Boolean;
        plain(field, field.data_type().to_string(), is_integer)
    })
}

/// How the system quotes names.
pub fn quotes(connection: &mut ManagedConnection) -> Result<&'static AnsiDialect> {
    let mut refusal = unlike("a name in quotes as something else");
    for quotes in [&DOUBLE_QUOTES, &BACKTICKS] {
        match begun(connection, &quotes.probe()) {
            Ok(schema) if schema.fields().iter().all(|field| field.data_type().is_integer()) => return Ok(quotes),
            Ok(_) => {}
            Err(error) if matches!(error.status, Status::IO | Status::Timeout) => return Err(error),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// Does the driver divide the answer of a statement into partitions, and read all of it by them?
pub fn divides(connection: &mut ManagedConnection, quotes: AnsiDialect) -> Result<bool> {
    if !DIVIDING.contains(&driver_name(connection)?.as_str()) {
        return Ok(false);
    }
    match divided(connection, &quotes.probe()) {
        Ok(rows) => Ok(rows == 1),
        Err(error) if matches!(error.status, Status::IO | Status::Timeout) => Err(error),
        Err(_) => Ok(false),
    }
}

/// How the driver calls itself; nothing where it does not say.
fn driver_name(connection: &ManagedConnection) -> Result<String> {
    let code = HashSet::from([InfoCode::DriverName]);
    let batches = match connection.get_info(Some(code)) {
        Ok(batches) => batches,
        Err(error) if matches!(error.status, Status::IO | Status::Timeout) => return Err(error),
        Err(_) => return Ok(String::new()),
    };
    for batch in batches {
        let batch = batch?;
        let values = batch.column_by_name("info_value").and_then(|values| values.as_union_opt());
        // What was asked for is all that comes.
        let said = values.filter(|values| !values.is_empty()).map(|values| values.value(0));
        if let Some(name) = said.as_ref().and_then(|name| name.as_string_opt::<i32>()) {
            return Ok(name.value(0).to_owned());
        }
    }
    Ok(String::new())
}

/// The tables of the source's file. They are looked for where a system does not say at all what tables it has.
fn annotated(wanted: &Wanted) -> Vec<Named> {
    let Some(default) = wanted.schemas.first() else { return Vec::new() };
    let table = |name: &String| {
        let (schema, name) = name.split_once('.').unwrap_or((default, name));
        Named { schema: schema.to_owned(), name: name.to_owned(), is_view: false, rows: None, comment: None }
    };
    wanted.annotated.iter().map(table).collect()
}

/// The columns of a query: as the driver describes them, else as they come.
fn looked_at(connection: &mut ManagedConnection, sql: &str) -> Result<Schema> {
    let order = Order { sql: sql.to_owned(), ..Order::default() };
    match describe(connection, &order)? {
        Some(schema) => Ok(schema),
        None => begun(connection, &format!("{sql} {LOOKED_AT}")).or_else(|_| begun(connection, sql)),
    }
}

fn objects(connection: &ManagedConnection) -> Result<Vec<Named>> {
    let catalog = connection.get_option_string(OptionConnection::CurrentCatalog).ok().filter(|name| !name.is_empty());
    let mut tables = Vec::new();
    for batch in connection.get_objects(ObjectDepth::Tables, catalog.as_deref(), None, None, None, None)? {
        read(&batch?, &mut tables)?;
    }
    Ok(tables)
}

/// The tables of a batch of `GetObjects`: catalogs hold schemas, schemas hold tables.
fn read(batch: &RecordBatch, tables: &mut Vec<Named>) -> Result<()> {
    let catalogs = StructArray::from(batch.clone());
    let names = texts(&catalogs, "catalog_name")?;
    for (catalog, schemas) in lists(&catalogs, "catalog_db_schemas")?.into_iter().enumerate() {
        let Some(schemas) = schemas else { continue };
        let schema_names = texts(&schemas, "db_schema_name")?;
        for (schema, held) in lists(&schemas, "db_schema_tables")?.into_iter().enumerate() {
            let Some(held) = held else { continue };
            let (table_names, types) = (texts(&held, "table_name")?, texts(&held, "table_type")?);
            // Systems without schemas have them without names: then a catalog stands before a table.
            let Some(schema) = filled(&schema_names, schema).or_else(|| filled(&names, catalog)) else { continue };
            tables.extend((0..held.len()).map(|index| Named {
                schema: schema.to_owned(),
                name: table_names.value(index).to_owned(),
                is_view: types.value(index).to_lowercase().contains("view"),
                rows: None,
                comment: None,
            }));
        }
    }
    Ok(())
}

fn filled(names: &StringArray, index: usize) -> Option<&str> {
    names.is_valid(index).then(|| names.value(index)).filter(|name| !name.is_empty())
}

fn column<'a>(rows: &'a StructArray, name: &str) -> Result<&'a ArrayRef> {
    rows.column_by_name(name).ok_or_else(|| unlike("a list of tables in another form than the standard's"))
}

fn texts(rows: &StructArray, name: &str) -> Result<StringArray> {
    Ok(cast(column(rows, name)?, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// For each row the list in it, as rows of its own.
fn lists(rows: &StructArray, name: &str) -> Result<Vec<Option<StructArray>>> {
    let lists = column(rows, name)?.as_list_opt::<i32>();
    let lists = lists.ok_or_else(|| unlike("a list of tables in another form than the standard's"))?;
    let list = |list: Option<ArrayRef>| match list {
        Some(list) => list.as_struct_opt().cloned().map(Some).ok_or_else(|| unlike("a list of other things than rows")),
        None => Ok(None),
    };
    lists.iter().map(list).collect()
}
