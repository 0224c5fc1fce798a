//! What a `SQLite` file holds: its tables and views, as its own pragmas list them. Virtual tables are not shown.

use std::{collections::HashMap, sync::Arc};

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::{
    session::Sqlite,
    types::{DeclaredColumn, Surroundings},
};
use crate::{
    config::SourceConfig,
    model::{Fault, Problem},
    sources::{
        Listing,
        sql::{
            Remote, Stop,
            dialect::quoted,
            listing::{Found, Relation},
            session::Connector,
        },
    },
};

/// The one schema of a file.
const SCHEMA: &str = "main";

const TABLES: &str = "
    SELECT name, type, strict FROM pragma_table_list
    WHERE schema = 'main' AND type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'
    ORDER BY name";

/// Not the hidden columns; those that are generated are columns too. A primary key may hold NULL, unless it says that it
/// may not, or is the rowid: then it needs no index.
const COLUMNS: &str = "
    SELECT name, type, pk,
        \"notnull\" OR (pk > 0 AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk')) AS not_null
    FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid";

/// What ANALYZE found: the first number is the count of rows.
const ANALYZED: &str = "SELECT tbl, stat FROM sqlite_stat1 WHERE stat IS NOT NULL";

/// What the file said.
pub struct Schema {
    found: Found<DeclaredColumn>,
    broken: Vec<String>,
}

impl Sqlite {
    /// Reads the schema.
    pub async fn discover(&self) -> Result<Schema, Fault> {
        let slot = self.pool().slot().await;
        let (mut session, _) = self.session(&slot, None).await.map_err(Stop::into_fault)?;
        let found = Schema::read(&mut session.connection).await.map_err(|error| self.stop(error).into_fault())?;
        slot.give_back(session);
        Ok(found)
    }
}

impl Schema {
    async fn read(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let encoding: String = sqlx::query_scalar("PRAGMA encoding").fetch_one(&mut *connection).await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
        let counts = row_counts(connection).await?;
        let (mut relations, mut broken) = (Vec::new(), Vec::new());
        for table in sqlx::query(TABLES).fetch_all(&mut *connection).await? {
            let name: String = table.try_get("name")?;
            let is_view = table.try_get::<&str, _>("type")? == "view";
            let strict = table.try_get::<i64, _>("strict")? == 1;
            let around = Surroundings { utf8: encoding == "UTF-8", view: is_view, strict };
            match read_columns(connection, &name, around).await {
                Ok((columns, key)) => {
                    let rows = match counts.get(&name) {
                        Some(rows) => Some(*rows),
                        None if is_view => None,
                        None => greatest_rowid(connection, &name).await?,
                    };
                    let schema = SCHEMA.to_owned();
                    relations.push(Relation {
                        schema,
                        name,
                        is_view,
                        rows,
                        columns,
                        key,
                        comment: None,
                        is_divisible: false,
                    });
                }
                // A view whose tables have gone.
                Err(sqlx::Error::Database(_)) => broken.push(name),
                Err(error) => return Err(error),
            }
        }
        let (default_schema, version) = (SCHEMA.to_owned(), version_number(&version));
        let found = Found { catalog: None, default_schema, relations, others: Vec::new(), version };
        Ok(Self { found, broken })
    }

    /// The tables as the engine sees them, and what does not fit them in the source's file.
    pub fn listing(self, sqlite: &Arc<Sqlite>, source: &SourceConfig, pushdown: bool) -> Listing {
        let remote: Arc<dyn Remote> = Arc::clone(sqlite) as _;
        let mut listing = self.found.listing(&remote, source, &[], pushdown);
        let broken = self.broken.iter().map(|name| {
            Problem::warning(
                source.place.clone(),
                format!("view `{name}` cannot be read: what it selects from has changed"),
            )
        });
        listing.problems.splice(..0, broken);
        listing
    }
}

/// `3.45.1` as the library counts: 3045001.
fn version_number(version: &str) -> u32 {
    version.split('.').filter_map(|part| part.parse::<u32>().ok()).fold(0, |number, part| number * 1000 + part)
}

/// The columns of `table`, and those of its primary key.
async fn read_columns(
    connection: &mut SqliteConnection,
    table: &str,
    around: Surroundings,
) -> Result<(Vec<DeclaredColumn>, Vec<String>), sqlx::Error> {
    let (mut columns, mut key) = (Vec::new(), Vec::new());
    for row in sqlx::query(COLUMNS).bind(table).fetch_all(&mut *connection).await? {
        let column = DeclaredColumn {
            name: row.try_get("name")?,
            declared: row.try_get("type")?,
            not_null: row.try_get("not_null")?,
            around,
        };
        let place: i64 = row.try_get("pk")?;
        if place > 0 {
            key.push((place, column.name.clone(), column.not_null));
        }
        columns.push(column);
    }
    key.sort_unstable();
    let never_null = key.iter().all(|(.., not_null)| *not_null);
    let key = if never_null { key.into_iter().map(|(_, name, _)| name).collect() } else { Vec::new() };
    Ok((columns, key))
}

/// The number of the last row, which is found at once: about as many rows there are where ANALYZE has not counted them.
/// `None` where rows have no numbers.
async fn greatest_rowid(connection: &mut SqliteConnection, table: &str) -> Result<Option<u64>, sqlx::Error> {
    let sql = format!("SELECT max(_rowid_) FROM {SCHEMA}.{}", quoted(table));
    match sqlx::query_scalar::<_, Option<i64>>(AssertSqlSafe(sql)).fetch_one(&mut *connection).await {
        Ok(greatest) => Ok(Some(greatest.map_or(0, |greatest| greatest.try_into().unwrap_or_default()))),
        // Without numbers, or with a column of that name.
        Err(sqlx::Error::Database(_) | sqlx::Error::ColumnDecode { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Rows by table, where ANALYZE has counted them.
async fn row_counts(connection: &mut SqliteConnection) -> Result<HashMap<String, u64>, sqlx::Error> {
    let rows = match sqlx::query(ANALYZED).fetch_all(&mut *connection).await {
        Ok(rows) => rows,
        // Nobody has run ANALYZE.
        Err(sqlx::Error::Database(_)) => return Ok(HashMap::new()),
        Err(error) => return Err(error),
    };
    let mut counts = HashMap::new();
    for row in rows {
        let stat: &str = row.try_get("stat")?;
        if let Some(count) = stat.split(' ').next().and_then(|count| count.parse().ok()) {
            counts.insert(row.try_get("tbl")?, count);
        }
    }
    Ok(counts)
}
