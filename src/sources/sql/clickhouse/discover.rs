//! What databases and tables a server has, as its own system tables list them.

use std::collections::HashMap;

use serde_json::Value;

use super::{session::Clickhouse, types::DeclaredColumn};
use crate::{
    config::Spanned,
    model::{Fault, TableNames},
    sources::sql::{
        feed::Stop,
        listing::{Found, Relation},
    },
};

/// Those that are the server's own are not shown.
const TABLES: &str = "
    SELECT database, name, engine, comment, toString(total_rows) AS rows,
        currentDatabase() AS current, version() AS version
    FROM system.tables
    WHERE NOT is_temporary AND database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
        AND (empty({schemas:Array(String)}) OR has({schemas:Array(String)}, database))
    ORDER BY database, name";

const COLUMNS: &str = "
    SELECT database, table, name, type, comment FROM system.columns
    WHERE has({tables:Array(String)}, concat(database, char(0), table))
    ORDER BY database, table, position";

impl Clickhouse {
    /// Reads the names of all tables in `schemas` (in all when there are none), and the columns of those that are `named`.
    pub async fn discover(
        &self,
        schemas: &[Spanned<String>],
        named: &TableNames,
    ) -> Result<Found<DeclaredColumn>, Fault> {
        self.read(schemas, named).await.map_err(Stop::into_fault)
    }

    async fn read(&self, schemas: &[Spanned<String>], named: &TableNames) -> Result<Found<DeclaredColumn>, Stop> {
        let wanted: Vec<_> = schemas.iter().map(|schema| schema.value.clone()).collect();
        let tables = self.ask(TABLES, &[("schemas", wanted.as_slice())]).await?;
        let first = tables.first();
        let default_schema = wanted.first().cloned().or_else(|| Some(text(first?, "current"))).unwrap_or_default();
        let version = first.map_or(0, |row| number(&text(row, "version")));

        let (mut relations, mut others) = (Vec::new(), Vec::new());
        for row in &tables {
            let (schema, name) = (text(row, "database"), text(row, "name"));
            if !named.has(&default_schema, &schema, &name) {
                others.push((schema, name));
                continue;
            }
            let comment = Some(text(row, "comment")).filter(|comment| !comment.is_empty());
            let is_view = text(row, "engine").ends_with("View");
            let rows = text(row, "rows").parse().ok();
            // Its keys are not unique: rows of one key may be many, for ever or for a while.
            relations.push(Relation {
                schema,
                name,
                is_view,
                rows,
                columns: Vec::new(),
                key: Vec::new(),
                comment,
                is_divisible: false,
            });
        }
        let mut columns = self.columns(&relations).await?;
        for relation in &mut relations {
            relation.columns = columns.remove(&(relation.schema.clone(), relation.name.clone())).unwrap_or_default();
        }
        Ok(Found { catalog: None, default_schema, relations, others, version })
    }

    async fn columns(
        &self,
        relations: &[Relation<DeclaredColumn>],
    ) -> Result<HashMap<(String, String), Vec<DeclaredColumn>>, Stop> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        if relations.is_empty() {
            return Ok(found);
        }
        let tables: Vec<_> = relations.iter().map(|table| format!("{}\0{}", table.schema, table.name)).collect();
        for row in self.ask(COLUMNS, &[("tables", tables.as_slice())]).await? {
            let column = DeclaredColumn {
                name: text(&row, "name"),
                declared: text(&row, "type"),
                comment: text(&row, "comment"),
            };
            found.entry((text(&row, "database"), text(&row, "table"))).or_default().push(column);
        }
        Ok(found)
    }
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

/// `24.8.4.13` is 24008.
fn number(version: &str) -> u32 {
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    parts.next().unwrap_or_default() * 1000 + parts.next().unwrap_or_default()
}
