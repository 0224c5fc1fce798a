//! What a system says of its tables, as rows of text.

use adbc_core::error::{Error, Result, Status};
use adbc_driver_manager::ManagedConnection;
use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Field, Schema},
};

use super::{
    AdbcColumn, Broken, Discovered, Wanted, all_of,
    statement::{self, Order, read},
};
use crate::sources::sql::{
    Dialect,
    arrow::ArrowColumn,
    listing::{Found, Relation},
};

/// A table or view before it is described.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Is it a view?
    pub is_view: bool,
    /// About how many rows it has, where that is known.
    pub rows: Option<u64>,
    /// What is said about it.
    pub comment: Option<String>,
}

/// All rows of a small query, every value as its text. Blocks.
pub fn rows(connection: &mut ManagedConnection, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
    let mut rows = Vec::new();
    for batch in read(connection, sql)? {
        let columns = batch.columns().iter().map(|column| cast(column, &DataType::Utf8));
        let columns: Vec<ArrayRef> = columns.collect::<std::result::Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            let text = |column: &ArrayRef| {
                let texts = column.as_string::<i32>();
                texts.is_valid(row).then(|| texts.value(row).to_owned())
            };
            rows.push(columns.iter().map(text).collect());
        }
    }
    Ok(rows)
}

/// The tables that `sql` lists: schema, name, whether it is a view (`true`, `false`), rows, comment.
pub fn named(connection: &mut ManagedConnection, sql: &str) -> Result<Vec<Named>> {
    let table = |row: Vec<Option<String>>| {
        let mut values = row.into_iter();
        let mut next = || values.next().flatten();
        let (schema, name) = next().zip(next()).ok_or_else(|| unlike("a table without a name"))?;
        Ok(Named {
            schema,
            name,
            is_view: next().is_some_and(|text| text.eq_ignore_ascii_case("true")),
            rows: next().and_then(|count| count.parse().ok()),
            comment: next().filter(|comment| !comment.is_empty()),
        })
    };
    rows(connection, sql)?.into_iter().map(table).collect()
}

/// An answer that no system of this kind gives.
pub fn unlike(what: &str) -> Error {
    Error::with_message_and_status(what, Status::InvalidData)
}

/// Those of `tables` that are wanted, each described by the columns that `describe` says its `SELECT *` gives, as `column`
/// reads them. Blocks.
pub fn described(
    connection: &mut ManagedConnection,
    (dialect, wanted, default_schema): (&dyn Dialect, &Wanted, String),
    tables: Vec<Named>,
    describe: impl Fn(&mut ManagedConnection, &str) -> Result<Schema>,
    column: impl Fn(&Field) -> AdbcColumn,
) -> Result<Discovered> {
    let (mut relations, mut others, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for table in tables.into_iter().filter(|table| wanted.shows(&table.schema)) {
        let Named { schema, name, is_view, rows, comment } = table;
        if !wanted.named.has(&default_schema, &schema, &name) {
            others.push((schema, name));
            continue;
        }
        match describe(connection, &all_of(dialect, &schema, &name)) {
            Ok(found) => {
                let columns = found.fields().iter().map(|field| column(field)).collect();
                relations.push(Relation {
                    schema,
                    name,
                    is_view,
                    rows,
                    columns,
                    key: Vec::new(),
                    comment,
                    is_divisible: false,
                });
            }
            Err(error) if matches!(error.status, Status::IO | Status::Timeout) => return Err(error),
            Err(error) => broken.push(Broken { schema, name, error }),
        }
    }
    Ok(Discovered { found: Found { catalog: None, default_schema, relations, others, version: 0 }, broken })
}

/// The columns of a query, which does not run. Blocks.
pub fn describe(connection: &mut ManagedConnection, sql: &str) -> Result<Schema> {
    let order = Order { sql: sql.to_owned(), ..Order::default() };
    statement::describe(connection, &order)?.ok_or_else(|| unlike("a statement without a description"))
}

/// A column in the type in which the driver gives it, compared in the system only where `is_comparable`.
pub fn plain(field: &Field, source_type: String, is_comparable: bool) -> AdbcColumn {
    let arrow = ArrowColumn {
        name: field.name().clone(),
        data_type: field.data_type().clone(),
        source_type,
        nullable: true,
        is_comparable,
        comment: None,
    };
    AdbcColumn { arrow, cast: None, as_text: None, is_whole: false }
}
