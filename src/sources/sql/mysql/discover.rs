//! What databases and tables a server has, as `information_schema` lists them.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, MySqlConnection, Row, mysql::MySqlRow};

use super::{session::Mysql, types::DeclaredColumn};
use crate::{
    config::Spanned,
    model::{Fault, TableNames},
    sources::sql::{
        feed::Stop,
        listing::{Found, Relation},
        session::Connector,
    },
};

/// The server's own databases.
const OWN: &str = "'mysql', 'information_schema', 'performance_schema', 'sys'";

/// Asked of one table at a time: of several, the server opens all that it has. Names are compared without regard to case
/// there, so they are compared again.
const TABLE: &str = "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_COMMENT, CAST(TABLE_ROWS AS CHAR) \
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";

const COLUMNS: &str = "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_COMMENT \
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";

const KEYS: &str = "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, NULLABLE, CAST(SUB_PART AS CHAR) \
    FROM information_schema.STATISTICS \
    WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX";

impl Mysql {
    /// Reads the names of all tables in `schemas` (in all when there are none), and describes those that are `named`.
    pub async fn discover(
        &self,
        schemas: &[Spanned<String>],
        named: &TableNames,
    ) -> Result<Found<DeclaredColumn>, Fault> {
        let slot = self.pool().slot().await;
        let (mut session, reused) = self.session(&slot, None).await.map_err(Stop::into_fault)?;
        let found = self.read(&mut session.connection, session.version, schemas, named).await;
        let found = match found.map_err(|error| self.stop(error)) {
            // It died while it was idle.
            Err(Stop::Lost(_)) if reused => {
                session = self.connect().await.map_err(Stop::into_fault)?;
                let found = self.read(&mut session.connection, session.version, schemas, named).await;
                found.map_err(|error| self.stop(error))
            }
            found => found,
        };
        let found = found.map_err(Stop::into_fault)?;
        slot.give_back(session);
        Ok(found)
    }

    async fn read(
        &self,
        connection: &mut MySqlConnection,
        version: u32,
        schemas: &[Spanned<String>],
        named: &TableNames,
    ) -> Result<Found<DeclaredColumn>, sqlx::Error> {
        let first = schemas.first().map(|schema| schema.value.clone());
        let default_schema = first.or_else(|| self.database()).unwrap_or_default();
        let chosen = match schemas {
            [] => format!("TABLE_SCHEMA NOT IN ({OWN})"),
            schemas => format!("TABLE_SCHEMA IN ({})", vec!["?"; schemas.len()].join(", ")),
        };
        let sql = format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES \
             WHERE {chosen} ORDER BY TABLE_SCHEMA, TABLE_NAME"
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for schema in schemas {
            query = query.bind(schema.value.clone());
        }
        let tables = query.fetch_all(&mut *connection).await?;
        let (mut relations, mut others) = (Vec::new(), Vec::new());
        for row in &tables {
            let (schema, name) = (text(row, 0)?, text(row, 1)?);
            if !schemas.is_empty() && !schemas.iter().any(|wanted| wanted.value == schema) {
                continue;
            }
            if named.has(&default_schema, &schema, &name) {
                let is_view = text(row, 2)?.ends_with("VIEW");
                let relation = Relation {
                    schema,
                    name,
                    is_view,
                    rows: None,
                    columns: Vec::new(),
                    key: Vec::new(),
                    comment: None,
                    is_divisible: false,
                };
                let relation = describe(connection, relation).await?;
                // A view whose tables have gone has none.
                relations.extend(Some(relation).filter(|relation| !relation.columns.is_empty()));
            } else {
                others.push((schema, name));
            }
        }
        Ok(Found { catalog: None, default_schema, relations, others, version })
    }
}

/// Everything that is said of one table.
async fn describe(
    connection: &mut MySqlConnection,
    mut relation: Relation<DeclaredColumn>,
) -> Result<Relation<DeclaredColumn>, sqlx::Error> {
    for row in asked(connection, TABLE, &relation).await? {
        relation.comment = optional(&row, 2)?.filter(|comment| !comment.is_empty() && !relation.is_view);
        relation.rows = optional(&row, 3)?.and_then(|rows| rows.parse().ok());
    }
    for row in asked(connection, COLUMNS, &relation).await? {
        relation.columns.push(DeclaredColumn {
            name: text(&row, 2)?,
            declared: text(&row, 3)?,
            nullable: text(&row, 4)? != "NO",
            comment: optional(&row, 5)?.unwrap_or_default(),
        });
    }
    let mut keys: BTreeMap<String, Option<Vec<String>>> = BTreeMap::new();
    for row in asked(connection, KEYS, &relation).await? {
        let key = keys.entry(text(&row, 2)?).or_insert_with(|| Some(Vec::new()));
        let is_whole = optional(&row, 4)?.as_deref() != Some("YES") && optional(&row, 5)?.is_none();
        // Of an expression there is no column.
        match (optional(&row, 3)?.filter(|_| is_whole), key.as_mut()) {
            (Some(column), Some(columns)) => columns.push(column),
            _ => *key = None,
        }
    }
    let is_primary = |name: &str| name == "PRIMARY";
    let keys = keys.into_iter().filter_map(|(name, columns)| Some((!is_primary(&name), columns?)));
    let best = keys.min_by_key(|(is_other, columns)| (*is_other, columns.len()));
    relation.key = best.map(|(_, columns)| columns).unwrap_or_default();
    Ok(relation)
}

/// The rows about `relation`, and about no other whose name is like its.
async fn asked(
    connection: &mut MySqlConnection,
    sql: &'static str,
    relation: &Relation<DeclaredColumn>,
) -> Result<Vec<MySqlRow>, sqlx::Error> {
    let (schema, name) = (&relation.schema, &relation.name);
    let mut rows = sqlx::query(sql).bind(schema).bind(name).fetch_all(connection).await?;
    rows.retain(|row| text(row, 0).is_ok_and(|own| own == *schema) && text(row, 1).is_ok_and(|own| own == *name));
    Ok(rows)
}

/// Servers disagree on whether these are text or bytes.
fn text(row: &MySqlRow, index: usize) -> Result<String, sqlx::Error> {
    row.try_get_unchecked(index)
}

fn optional(row: &MySqlRow, index: usize) -> Result<Option<String>, sqlx::Error> {
    row.try_get_unchecked(index)
}
