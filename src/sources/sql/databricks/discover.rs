//! What schemas and tables a catalog has, as its `information_schema` lists them
//! (<https://docs.databricks.com/en/sql/language-manual/sql-ref-information-schema.html>).

use std::collections::HashMap;

use super::{parameter::texts, session::Databricks, types::DeclaredColumn};
use crate::{
    config::source::DatabricksConfig,
    model::{Fault, TableNames},
    sources::sql::{
        feed::Stop,
        listing::{Found, Relation},
    },
};

/// Unqualified names are those of the catalog in which statements run.
const TABLES: &str = "SELECT table_schema, table_name, table_type, comment FROM information_schema.tables \
     WHERE table_schema <> 'information_schema'";
const OF_SCHEMAS: &str = " AND array_contains(from_json(:schemas, 'array<string>'), table_schema)";
/// No name of a schema or a table has a dot.
const COLUMNS: &str = "SELECT table_schema, table_name, column_name, full_data_type, is_nullable, comment \
     FROM information_schema.columns \
     WHERE array_contains(from_json(:tables, 'array<string>'), concat(table_schema, '.', table_name)) \
     ORDER BY table_schema, table_name, ordinal_position";
/// The schema that every catalog begins with.
const USUAL: &str = "default";

impl Databricks {
    /// Reads the names of all tables in the catalog, or in the schemas that are asked for, and the columns of those that
    /// are `named`.
    pub async fn discover(
        &self,
        config: &DatabricksConfig,
        named: &TableNames,
    ) -> Result<Found<DeclaredColumn>, Fault> {
        self.read(config, named).await.map_err(Stop::into_fault)
    }

    async fn read(&self, config: &DatabricksConfig, named: &TableNames) -> Result<Found<DeclaredColumn>, Stop> {
        let wanted: Vec<_> = config.sql.schemas.iter().map(|schema| schema.value.clone()).collect();
        let (of_schemas, parameters) =
            if wanted.is_empty() { ("", Vec::new()) } else { (OF_SCHEMAS, vec![texts("schemas", &wanted)]) };
        let tables = format!("{TABLES}{of_schemas} ORDER BY table_schema, table_name");
        let rows = self.api.texts(&tables, &parameters).await?;
        let mut found = Found {
            catalog: Some(config.catalog.clone()),
            default_schema: String::new(),
            relations: Vec::new(),
            others: Vec::new(),
            version: 0,
        };
        let tables: Vec<_> = rows.into_iter().map(fields::<4>).collect();
        let usual = || tables.iter().find_map(|[schema, ..]| schema.clone().filter(|schema| schema == USUAL));
        let first = || tables.first().and_then(|[schema, ..]| schema.clone());
        found.default_schema = wanted.first().cloned().or_else(usual).or_else(first).unwrap_or_default();

        for [schema, name, kind, comment] in tables {
            let (schema, name) = (schema.unwrap_or_default(), name.unwrap_or_default());
            if !named.has(&found.default_schema, &schema, &name) {
                found.others.push((schema, name));
                continue;
            }
            let comment = comment.filter(|comment| !comment.is_empty());
            let is_view = kind.is_some_and(|kind| kind.ends_with("VIEW"));
            // Its keys are promises that nobody enforces
            // (<https://docs.databricks.com/en/tables/constraints.html>): the source's file may repeat them.
            let key = Vec::new();
            found.relations.push(Relation {
                schema,
                name,
                is_view,
                rows: None,
                columns: Vec::new(),
                key,
                comment,
                is_divisible: false,
            });
        }
        let mut columns = self.columns(&found.relations).await?;
        for relation in &mut found.relations {
            relation.columns = columns.remove(&(relation.schema.clone(), relation.name.clone())).unwrap_or_default();
        }
        Ok(found)
    }

    async fn columns(
        &self,
        relations: &[Relation<DeclaredColumn>],
    ) -> Result<HashMap<(String, String), Vec<DeclaredColumn>>, Stop> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        if relations.is_empty() {
            return Ok(found);
        }
        let tables: Vec<_> = relations.iter().map(|table| format!("{}.{}", table.schema, table.name)).collect();
        for row in self.api.texts(COLUMNS, &[texts("tables", &tables)]).await? {
            let [schema, table, name, declared, nullable, comment] = fields(row);
            let column = DeclaredColumn {
                name: name.unwrap_or_default(),
                declared: declared.unwrap_or_default(),
                nullable: nullable.as_deref() != Some("NO"),
                comment: comment.filter(|comment| !comment.is_empty()),
            };
            found.entry((schema.unwrap_or_default(), table.unwrap_or_default())).or_default().push(column);
        }
        Ok(found)
    }
}

/// The fields of a row; those that it does not have are NULL.
fn fields<const N: usize>(row: Vec<Option<String>>) -> [Option<String>; N] {
    let mut row = row.into_iter();
    std::array::from_fn(|_| row.next().flatten())
}
