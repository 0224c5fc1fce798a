//! What a `SQLite` file holds: its tables and views, as its own pragmas list them. Virtual tables are not shown.

use std::{collections::HashMap, sync::Arc};

use datafusion::{catalog::TableProvider, logical_expr::TableType};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::{
    session::Sqlite,
    types::{self, ALLOWED, DeclaredColumn, Surroundings},
};
use crate::{
    config::{SourceConfig, TableConfig},
    model::{Fault, Problem},
    sources::{
        Listing, Table, annotated_key,
        sql::{
            Column, Remote, SqlTable, Stop,
            annotation::{Annotations, check_columns, override_of, refused},
            dialect::quoted,
            session::Connector,
            table::Description,
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
pub struct Found {
    relations: Vec<Relation>,
    broken: Vec<String>,
    utf8: bool,
    version: u32,
}

struct Relation {
    name: String,
    view: bool,
    strict: bool,
    rows: Option<u64>,
    columns: Vec<DeclaredColumn>,
    /// The columns of the primary key, unless one of them may hold NULL.
    key: Vec<String>,
}

impl Sqlite {
    /// Reads the schema.
    pub async fn discover(&self) -> Result<Found, Fault> {
        let slot = self.pool().slot().await;
        let (mut session, _) = self.session(&slot, None).await.map_err(Stop::into_fault)?;
        let found = Found::read(&mut session.connection).await.map_err(|error| self.stop(error).into_fault())?;
        slot.give_back(session);
        Ok(found)
    }
}

impl Found {
    async fn read(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let encoding: String = sqlx::query_scalar("PRAGMA encoding").fetch_one(&mut *connection).await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
        let counts = row_counts(connection).await?;
        let (relations, broken) = (Vec::new(), Vec::new());
        let mut found = Self { relations, broken, utf8: encoding == "UTF-8", version: version_number(&version) };
        for table in sqlx::query(TABLES).fetch_all(&mut *connection).await? {
            let name: String = table.try_get("name")?;
            match read_columns(connection, &name).await {
                Ok((columns, key)) => {
                    let view = table.try_get::<&str, _>("type")? == "view";
                    let rows = match counts.get(&name) {
                        Some(rows) => Some(*rows),
                        None if view => None,
                        None => greatest_rowid(connection, &name).await?,
                    };
                    let strict = table.try_get::<i64, _>("strict")? == 1;
                    found.relations.push(Relation { name, view, strict, rows, columns, key });
                }
                // A view whose tables have gone.
                Err(sqlx::Error::Database(_)) => found.broken.push(name),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// The tables as the engine sees them, and what does not fit them in the source's file.
    pub fn listing(&self, sqlite: &Arc<Sqlite>, source: &SourceConfig, pushdown: bool) -> Listing {
        let warning = |name: &String| {
            Problem::warning(
                source.place.clone(),
                format!("view `{name}` cannot be read: what it selects from has changed"),
            )
        };
        let mut problems: Vec<_> = self.broken.iter().map(warning).collect();
        let names: Vec<_> = self.relations.iter().map(|relation| (SCHEMA, relation.name.as_str())).collect();
        let annotations = Annotations::resolve(&source.tables, SCHEMA, &names, &mut problems);
        let tables = self
            .relations
            .iter()
            .map(|relation| {
                let name = &relation.name;
                let config = annotations.of(SCHEMA, name);
                let columns = self.columns(relation, config, &mut problems);
                let own_key = own_key(relation, &columns);
                let description = Description {
                    relation: format!("{}.{SCHEMA}.{name}", source.name).into(),
                    from: format!("{SCHEMA}.{}", quoted(name)),
                    columns,
                    table_type: if relation.view { TableType::View } else { TableType::Base },
                    rows: relation.rows,
                    is_divisible: false,
                    version: self.version,
                };
                let remote: Arc<dyn Remote> = Arc::clone(sqlite) as _;
                let provider = Arc::new(SqlTable::new(remote, description, pushdown));
                let key = annotated_key(config, &provider.schema()).unwrap_or(own_key);
                let (schema, name) = (SCHEMA.to_owned(), name.clone());
                Table { schema, name, provider, key, comment: None, column_comments: HashMap::new() }
            })
            .collect();
        Listing { default_schema: SCHEMA.to_owned(), tables, problems }
    }

    fn columns(&self, relation: &Relation, config: Option<&TableConfig>, problems: &mut Vec<Problem>) -> Vec<Column> {
        if let Some(config) = config {
            let names: Vec<_> = relation.columns.iter().map(|column| column.name.as_str()).collect();
            check_columns(config, &names, problems);
        }
        let around = Surroundings { utf8: self.utf8, view: relation.view, strict: relation.strict };
        let mut columns = Vec::with_capacity(relation.columns.len());
        for column in &relation.columns {
            let wanted = override_of(config, &column.name);
            let read = types::column(column, around, wanted.map(|(_, value_type)| value_type));
            if let (None, Some((name, _))) = (&read, wanted) {
                problems.push(refused(name, &column.declared, ALLOWED));
            }
            columns.extend(read.or_else(|| types::column(column, around, None)));
        }
        columns
    }
}

/// The primary key, if what is unique in the file is unique here too: two values of a column without a type may be one
/// text.
fn own_key(relation: &Relation, columns: &[Column]) -> Vec<String> {
    let is_told_apart =
        |name: &String| columns.iter().any(|column| column.field.name() == name && column.comparison.is_some());
    if relation.key.iter().all(is_told_apart) { relation.key.clone() } else { Vec::new() }
}

/// `3.45.1` as the library counts: 3045001.
fn version_number(version: &str) -> u32 {
    version.split('.').filter_map(|part| part.parse::<u32>().ok()).fold(0, |number, part| number * 1000 + part)
}

/// The columns of `table`, and those of its primary key.
async fn read_columns(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<(Vec<DeclaredColumn>, Vec<String>), sqlx::Error> {
    let (mut columns, mut key) = (Vec::new(), Vec::new());
    for row in sqlx::query(COLUMNS).bind(table).fetch_all(&mut *connection).await? {
        let column = DeclaredColumn {
            name: row.try_get("name")?,
            declared: row.try_get("type")?,
            not_null: row.try_get("not_null")?,
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
