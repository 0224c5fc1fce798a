//! What a Postgres database holds: a few questions to its catalog.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use datafusion::{catalog::TableProvider, logical_expr::TableType};
use sqlx::{PgConnection, Row, postgres::PgRow, postgres::types::Oid};

use super::{
    session::Postgres,
    types::{self, CatalogColumn, CatalogType, Types},
};
use crate::{
    config::{SourceConfig, Spanned, TableConfig},
    model::{Fault, Problem},
    sources::{
        Listing, Table, annotated_key,
        sql::{
            Caller, Column, Remote, SqlTable, Stop,
            annotation::{Annotations, check_columns, override_of, refused, unknown},
            dialect::quoted,
            session::Connector,
            table::Description,
        },
    },
};

/// The schemas that this user may look into.
const SCHEMAS: &str = "
    SELECT nspname::text, nspname = current_schema() AS is_current
    FROM pg_namespace
    WHERE has_schema_privilege(oid, 'USAGE')
    ORDER BY nspname";

/// Every column that this user may read, of every kind of table; a table without any has one row without a column.
///
/// A column is NOT NULL only if the server keeps it so. Nobody checks what a view or a foreign table promises, those who
/// inherit from a table may break its promise, and since Postgres 18 a constraint may be for new rows only.
const COLUMNS: &str = "
    WITH RECURSIVE unsure AS (
        SELECT i.inhparent AS oid FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE c.relkind = 'f' OR NOT c.relispartition
        UNION SELECT i.inhparent FROM pg_inherits i JOIN unsure u ON u.oid = i.inhrelid
    )
    SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, c.reltuples::float8 AS rows,
        -- The rows of a plain table have places, and this user may lock it.
        m.amname IS NOT DISTINCT FROM 'heap' AND has_table_privilege(c.oid, 'SELECT') AS is_divisible,
        a.attname::text AS column, a.atttypid AS type, a.atttypmod AS modifier, a.attndims::int4 AS dimensions,
        format_type(a.atttypid, a.atttypmod) AS type_name,
        a.attnotnull AND c.relkind IN ('r', 'p') AND u.oid IS NULL AND NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.conrelid = c.oid AND k.contype = 'n' AND a.attnum = ANY (k.conkey) AND NOT k.convalidated
        ) AS not_null,
        coalesce(l.collisdeterministic, true) AS is_deterministic,
        t.description AS comment, d.description AS column_comment
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN unsure u ON u.oid = c.oid
    LEFT JOIN pg_description t ON t.classoid = 'pg_class'::regclass AND t.objoid = c.oid AND t.objsubid = 0
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND has_column_privilege(c.oid, a.attnum, 'SELECT')
    LEFT JOIN pg_am m ON m.oid = c.relam AND c.relkind = 'r'
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = a.attnum
    WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname = ANY ($1::text[])
        AND has_any_column_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
    ORDER BY n.nspname, c.relname, a.attnum";

/// What unique indexes keep apart: the primary key before others, few columns before many. An index knows nothing of the
/// rows in a table's children; a partitioned table's knows them all.
const KEYS: &str = "
    SELECT n.nspname::text AS schema, c.relname::text AS name,
        array_agg(a.attname::text ORDER BY k.place) AS columns
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_class x ON x.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE n.nspname = ANY ($1::text[]) AND i.indisunique AND i.indisvalid AND NOT i.indisexclusion
        AND (i.indimmediate OR i.indisprimary) AND i.indpred IS NULL AND i.indexprs IS NULL
        AND (c.relkind = 'p' OR NOT c.relhassubclass)
        -- Columns behind those are only carried along.
        AND k.place <= i.indnkeyatts
    GROUP BY n.nspname, c.relname, i.indexrelid, i.indisprimary, i.indnkeyatts, x.relname
    ORDER BY i.indisprimary DESC, i.indnkeyatts, x.relname";

/// Types by their identifiers. Arrays that only look like ones (`int2vector`, `name`, `point`) have no element here.
const TYPES: &str = "
    SELECT t.oid, t.typname::text AS name, t.typtype::text AS kind, t.typbasetype AS base, t.typtypmod AS modifier,
        t.typndims AS dimensions, coalesce(e.oid, 0::oid) AS element,
        EXISTS (SELECT FROM pg_cast k
            WHERE k.castsource = t.oid AND k.casttarget = 'text'::regtype AND k.castmethod <> 'i') AS casts_to_text
    FROM pg_type t
    LEFT JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
    WHERE t.oid = ANY ($1::oid[])";

/// What the catalog said.
pub struct Found {
    schemas: Vec<(String, bool)>,
    relations: BTreeMap<(String, String), Relation>,
    types: Types,
    utf8: bool,
    version: u32,
}

struct Relation {
    kind: String,
    rows: f64,
    is_divisible: bool,
    columns: Vec<CatalogColumn>,
    /// The first that is never NULL and that this user may read whole.
    key: Vec<String>,
    comment: Option<String>,
    column_comments: HashMap<String, String>,
}

impl Postgres {
    /// Asks the catalog for the tables of `schemas`, or of all schemas that are not the system's.
    pub async fn discover(&self, schemas: &[Spanned<String>]) -> Result<Found, Fault> {
        let slot = self.pool().slot().await;
        loop {
            let (mut session, reused) = self.session(&slot, None).await.map_err(Stop::into_fault)?;
            // No query's time bounds this.
            let read = async {
                session.set_up(&Caller::default()).await?;
                Found::read(&mut session.connection, schemas).await
            };
            match read.await.map_err(|error| self.stop(error)) {
                Ok(found) => {
                    slot.give_back(session);
                    return Ok(found);
                }
                // It died while it was idle.
                Err(Stop::Lost(_)) if reused => {}
                Err(stop) => return Err(stop.into_fault()),
            }
        }
    }
}

impl Found {
    async fn read(connection: &mut PgConnection, wanted: &[Spanned<String>]) -> Result<Self, sqlx::Error> {
        let encoding: String =
            sqlx::query_scalar("SELECT getdatabaseencoding()::text").fetch_one(&mut *connection).await?;
        let schemas: Vec<(String, bool)> = sqlx::query(SCHEMAS)
            .fetch_all(&mut *connection)
            .await?
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get::<Option<bool>, _>(1)?.unwrap_or(false))))
            .collect::<Result<_, sqlx::Error>>()?;
        let shown: Vec<String> = if wanted.is_empty() {
            schemas.iter().map(|(name, _)| name.clone()).filter(|name| !is_system(name)).collect()
        } else {
            wanted.iter().map(|name| name.value.clone()).collect()
        };
        let mut relations = BTreeMap::new();
        for row in sqlx::query(COLUMNS).bind(&shown).fetch_all(&mut *connection).await? {
            let relation = relations.entry((row.try_get("schema")?, row.try_get("name")?)).or_insert(Relation {
                kind: row.try_get("kind")?,
                rows: row.try_get("rows")?,
                is_divisible: row.try_get("is_divisible")?,
                columns: Vec::new(),
                key: Vec::new(),
                comment: row.try_get("comment")?,
                column_comments: HashMap::new(),
            });
            let Some(column) = read_column(&row)? else { continue };
            if let Some(comment) = row.try_get("column_comment")? {
                relation.column_comments.insert(column.name.clone(), comment);
            }
            relation.columns.push(column);
        }
        for row in sqlx::query(KEYS).bind(shown).fetch_all(&mut *connection).await? {
            let Some(relation) = relations.get_mut(&(row.try_get("schema")?, row.try_get("name")?)) else { continue };
            let key: Vec<String> = row.try_get("columns")?;
            if relation.key.is_empty() && key.iter().all(|name| relation.is_never_null(name)) {
                relation.key = key;
            }
        }
        let types = read_types(connection, relations.values().flat_map(|relation| &relation.columns)).await?;
        // A server that does not say is treated as the oldest.
        let version = connection.server_version_num().unwrap_or_default();
        Ok(Self { schemas, relations, types, utf8: encoding == "UTF8", version })
    }

    /// The tables as the engine sees them, and what does not fit them in the source's file.
    pub fn listing(
        &self,
        postgres: &Arc<Postgres>,
        source: &SourceConfig,
        wanted: &[Spanned<String>],
        pushdown: bool,
    ) -> Listing {
        let mut problems = Vec::new();
        for name in wanted.iter().filter(|name| !self.schemas.iter().any(|(known, _)| *known == name.value)) {
            problems.push(unknown("schema", name, self.schemas.iter().map(|(known, _)| known.as_str())));
        }
        let default_schema = self.default_schema(wanted);
        let names: Vec<_> = self.relations.keys().map(|(schema, name)| (schema.as_str(), name.as_str())).collect();
        let annotations = Annotations::resolve(&source.tables, &default_schema, &names, &mut problems);
        let tables = self
            .relations
            .iter()
            .map(|((schema, name), relation)| {
                let config = annotations.of(schema, name);
                let description = Description {
                    relation: format!("{}.{schema}.{name}", source.name).into(),
                    from: format!("{}.{}", quoted(schema), quoted(name)),
                    columns: self.columns(relation, config, &mut problems),
                    table_type: if relation.kind == "v" { TableType::View } else { TableType::Base },
                    rows: estimate(relation.rows),
                    is_divisible: relation.is_divisible,
                    version: self.version,
                };
                let remote: Arc<dyn Remote> = Arc::clone(postgres) as _;
                let provider = Arc::new(SqlTable::new(remote, description, pushdown));
                Table {
                    schema: schema.clone(),
                    name: name.clone(),
                    key: annotated_key(config, &provider.schema()).unwrap_or_else(|| relation.key.clone()),
                    provider,
                    comment: relation.comment.clone(),
                    column_comments: relation.column_comments.clone(),
                }
            })
            .collect();
        Listing { default_schema, tables, others: Vec::new(), problems }
    }

    /// The first schema of the file, else the one in which this user's names are looked up, else `public`.
    fn default_schema(&self, wanted: &[Spanned<String>]) -> String {
        let current = || self.schemas.iter().find(|(_, is_current)| *is_current).map(|(name, _)| name.clone());
        wanted.first().map(|name| name.value.clone()).or_else(current).unwrap_or_else(|| "public".to_owned())
    }

    fn columns(&self, relation: &Relation, config: Option<&TableConfig>, problems: &mut Vec<Problem>) -> Vec<Column> {
        if let Some(config) = config {
            let names: Vec<_> = relation.columns.iter().map(|column| column.name.as_str()).collect();
            check_columns(config, &names, problems);
        }
        let mut columns = Vec::with_capacity(relation.columns.len());
        for column in &relation.columns {
            let wanted = override_of(config, &column.name);
            let read = types::column(column, &self.types, self.utf8, wanted.map(|(_, value_type)| value_type));
            if let (None, Some((name, _))) = (&read, wanted) {
                problems.push(refused(name, &column.type_name, types::allowed(column, &self.types)));
            }
            columns.extend(read.or_else(|| types::column(column, &self.types, self.utf8, None)));
        }
        columns
    }
}

impl Relation {
    /// Has it this column, open to this user and without NULLs?
    fn is_never_null(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name && column.not_null)
    }
}

fn is_system(schema: &str) -> bool {
    schema.starts_with("pg_") || schema == "information_schema"
}

/// `reltuples`, unless the server has never counted.
fn estimate(rows: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and an estimate")]
    (rows >= 1.0).then_some(rows as u64)
}

fn read_column(row: &PgRow) -> Result<Option<CatalogColumn>, sqlx::Error> {
    let Some(name) = row.try_get::<Option<String>, _>("column")? else { return Ok(None) };
    Ok(Some(CatalogColumn {
        name,
        type_oid: row.try_get::<Oid, _>("type")?.0,
        modifier: row.try_get("modifier")?,
        dimensions: row.try_get("dimensions")?,
        type_name: row.try_get("type_name")?,
        not_null: row.try_get("not_null")?,
        deterministic: row.try_get("is_deterministic")?,
    }))
}

/// The types of `columns`, those under their domains, and those of their arrays' elements.
async fn read_types(
    connection: &mut PgConnection,
    columns: impl Iterator<Item = &CatalogColumn>,
) -> Result<Types, sqlx::Error> {
    let mut types = Types::new();
    let mut asked: Vec<u32> = columns.map(|column| column.type_oid).collect();
    loop {
        asked.sort_unstable();
        asked.dedup();
        asked.retain(|oid| *oid != 0 && !types.contains_key(oid));
        if asked.is_empty() {
            return Ok(types);
        }
        let oids: Vec<Oid> = asked.drain(..).map(Oid).collect();
        let rows = sqlx::query(TYPES).bind(oids).fetch_all(&mut *connection).await?;
        if rows.is_empty() {
            return Ok(types);
        }
        for row in rows {
            let found = CatalogType {
                name: row.try_get("name")?,
                kind: row.try_get("kind")?,
                base: row.try_get::<Oid, _>("base")?.0,
                base_modifier: row.try_get("modifier")?,
                dimensions: row.try_get("dimensions")?,
                element: row.try_get::<Oid, _>("element")?.0,
                casts_to_text: row.try_get("casts_to_text")?,
            };
            asked.extend([found.base, found.element]);
            types.insert(row.try_get::<Oid, _>("oid")?.0, found);
        }
    }
}
