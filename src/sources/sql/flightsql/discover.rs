//! What tables a server has, as it lists them (`CommandGetTables`), and the columns of those that are named.

use arrow_flight::{error::FlightError, sql::CommandGetTables};
use datafusion::arrow::{
    array::{Array, AsArray, RecordBatch, StringArray},
    compute::cast,
    datatypes::{DataType, FieldRef},
};
use futures::TryStreamExt;
use tonic::Code as Status;

use super::{
    client::{Client, schema},
    session::FlightSql,
};
use crate::{
    config::source::FlightSqlConfig,
    model::{Fault, TableNames},
    sources::sql::{
        arrow::ArrowColumn,
        failure::failed,
        feed::{Remote, Stop},
        listing::{Found, Relation, qualified},
        session::Connector,
    },
};

/// Of servers that do not list tables by the standard's call: those of the current schema, as Spark prints them.
const SHOW_TABLES: &str = "SHOW TABLES";

/// Schemas that are usual where none is named.
const USUAL: &[&str] = &["public", "default", "main", "PUBLIC"];

/// A table as it is listed.
struct Listed {
    catalog: Option<String>,
    schema: String,
    name: String,
    is_view: bool,
    /// Is there another of this name, in another catalog?
    is_ambiguous: bool,
}

/// Of a table that cannot be described: what is wrong with it, and what would be right.
pub type Broken = (String, Option<&'static str>);

impl FlightSql {
    /// Lists all tables, and describes those that are `named`.
    pub async fn discover(
        &self,
        config: &FlightSqlConfig,
        named: &TableNames,
    ) -> Result<(Found<ArrowColumn>, Vec<Broken>), Fault> {
        let slot = self.pool().slot().await;
        let (mut session, _) = self.session(&slot, None).await.map_err(Stop::into_fault)?;
        let quotes = self.quotes(&session.client).await.map_err(Stop::into_fault)?;
        let listed = self.list(&mut session.client, config).await.map_err(Stop::into_fault)?;
        let wanted: Vec<_> = config.sql.schemas.iter().map(|schema| schema.value.as_str()).collect();
        let usual = || USUAL.iter().copied().find(|usual| listed.iter().any(|table| table.schema == *usual));
        let first = || listed.first().map(|table| table.schema.as_str());
        let default_schema = wanted.first().copied().or_else(usual).or_else(first).unwrap_or_default().to_owned();

        let (mut relations, mut others, mut broken) = (Vec::new(), Vec::new(), Vec::new());
        for Listed { schema: database, name, is_view, is_ambiguous, .. } in listed {
            if !wanted.is_empty() && !wanted.contains(&database.as_str()) {
                continue;
            }
            if !named.has(&default_schema, &database, &name) {
                others.push((database, name));
                continue;
            }
            if is_ambiguous {
                let text = format!("`{database}.{name}` is the name of a table in more than one catalog");
                broken.push((text, Some("say with `catalog:` which of them is meant")));
                continue;
            }
            let from = qualified(quotes, config.catalog.as_deref(), &database, &name);
            let sql = format!("SELECT * FROM {from}");
            let columns = schema(&self.connect, &session.client, &sql).await;
            let columns = match columns.map_err(|error| self.stop(error)) {
                Ok(columns) => columns,
                // What the server says of one table is no news of the others.
                Err(Stop::Refused(fault)) => {
                    tracing::warn!(source = %self.source(), table = %name, ?fault, "a table cannot be described");
                    let text =
                        format!("`{database}.{name}` cannot be read: the source does not say what columns it has");
                    broken.push((text, None));
                    continue;
                }
                Err(stop) => return Err(stop.into_fault()),
            };
            let column = |field: &FieldRef| ArrowColumn {
                name: field.name().clone(),
                data_type: field.data_type().clone(),
                source_type: field.data_type().to_string(),
                nullable: field.is_nullable(),
                is_comparable: true,
                comment: None,
            };
            let columns = columns.fields().iter().map(column).collect();
            let (schema, key) = (database, Vec::new());
            relations.push(Relation {
                schema,
                name,
                is_view,
                rows: None,
                columns,
                key,
                comment: None,
                is_divisible: false,
            });
        }
        slot.give_back(session);
        let catalog = config.catalog.clone();
        Ok((Found { catalog, default_schema, relations, others, version: 0 }, broken))
    }

    async fn list(&self, client: &mut Client, config: &FlightSqlConfig) -> Result<Vec<Listed>, Stop> {
        let request = CommandGetTables { catalog: config.catalog.clone(), ..CommandGetTables::default() };
        let info = match client.get_tables(request).await {
            Err(FlightError::Tonic(status)) if status.code() == Status::Unimplemented => {
                client.execute(SHOW_TABLES.to_owned(), None).await
            }
            info => info,
        };
        let mut rows = self.connect.rows(client, info.map_err(|error| self.stop(error))?, 1);
        let mut listed: Vec<Listed> = Vec::new();
        while let Some(batch) = rows.try_next().await.map_err(|error| self.stop(error))? {
            let [catalogs, schemas, names, types] = [
                &["catalog_name"][..],
                &["db_schema_name", "namespace", "database"],
                &["table_name", "tableName"],
                &["table_type"],
            ]
            .map(|names| texts(&batch, names));
            let Some(names) = names else {
                return Err(Stop::Refused(failed(
                    self.source(),
                    "tables are listed in another form than the standard's",
                )));
            };
            for index in 0..names.len() {
                let filled = |texts: &Option<StringArray>| {
                    let texts = texts.as_ref()?;
                    texts.is_valid(index).then(|| texts.value(index).to_owned()).filter(|text| !text.is_empty())
                };
                // Servers without schemas have catalogs.
                let catalog = filled(&catalogs);
                let schema = filled(&schemas).or_else(|| catalog.clone()).unwrap_or_default();
                let is_view = filled(&types).is_some_and(|name| name.to_lowercase().contains("view"));
                let name = names.value(index).to_owned();
                let is_own = schema.eq_ignore_ascii_case("information_schema");
                match listed.iter_mut().find(|table| table.schema == schema && table.name == name) {
                    Some(known) => known.is_ambiguous |= known.catalog != catalog,
                    None if is_own => {}
                    None => listed.push(Listed { catalog, schema, name, is_view, is_ambiguous: false }),
                }
            }
        }
        Ok(listed)
    }
}

/// The column that bears one of `names`.
fn texts(batch: &RecordBatch, names: &[&str]) -> Option<StringArray> {
    let column = names.iter().find_map(|name| batch.column_by_name(name))?;
    let column = cast(column, &DataType::Utf8).ok()?;
    Some(column.as_string::<i32>().clone())
}
