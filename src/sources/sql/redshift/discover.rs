//! What tables a database has, as the system's views list them: `SVV_ALL_TABLES`, `SVV_ALL_COLUMNS`, and for late-binding
//! views, whose columns are nobody's before they are asked, `PG_GET_LATE_BINDING_VIEW_COLS`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use async_trait::async_trait;

use super::types::DeclaredColumn;
use crate::{
    config::Spanned,
    model::{Fault, TableNames},
    sources::sql::{
        feed::Stop,
        listing::{Found, Relation},
    },
};

/// Who answers questions about the database itself.
#[async_trait]
pub trait Ask: Send + Sync {
    /// The rows of `sql`, whose columns are all text; `values` are its parameters.
    async fn ask(&self, sql: &str, values: Vec<String>) -> Result<Vec<Vec<Option<String>>>, Stop>;

    /// The place of parameter `number`, from 1.
    fn place(&self, number: usize) -> String;
}

/// Names and types of tables; those that are the system's own are not shown.
const TABLES: &str = "SELECT CAST(schema_name AS varchar(128)), CAST(table_name AS varchar(128)), \
    CAST(table_type AS varchar(128)), CAST(remarks AS varchar(256)) FROM svv_all_tables \
    WHERE database_name = current_database() AND schema_name <> 'information_schema' AND left(schema_name, 3) <> 'pg_'";

const COLUMNS: &str = "SELECT CAST(schema_name AS varchar(128)), CAST(table_name AS varchar(128)), \
    CAST(column_name AS varchar(128)), CAST(data_type AS varchar(128)), CAST(is_nullable AS varchar(3)), \
    CAST(numeric_precision AS varchar(16)), CAST(numeric_scale AS varchar(16)), CAST(remarks AS varchar(256)), \
    CAST(ordinal_position AS varchar(16)) FROM svv_all_columns WHERE database_name = current_database()";

const LATE_BINDING: &str = "SELECT CAST(view_schema AS varchar(128)), CAST(view_name AS varchar(128)), \
    CAST(col_name AS varchar(128)), CAST(col_type AS varchar(128)), CAST(col_num AS varchar(16)) \
    FROM pg_get_late_binding_view_cols() \
    cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int)";

type Name = (String, String);
type Columns = BTreeMap<Name, Vec<(u32, DeclaredColumn)>>;

/// Reads the names of all tables in `schemas` (in all when there are none), and the columns of those that are `named`.
pub async fn tables(
    source: &impl Ask,
    schemas: &[Spanned<String>],
    named: &TableNames,
) -> Result<Found<DeclaredColumn>, Fault> {
    read(source, schemas, named).await.map_err(Stop::into_fault)
}

async fn read(
    source: &impl Ask,
    schemas: &[Spanned<String>],
    named: &TableNames,
) -> Result<Found<DeclaredColumn>, Stop> {
    let default_schema = if let Some(first) = schemas.first() {
        first.value.clone()
    } else {
        let rows = source.ask("SELECT CAST(current_schema() AS varchar(128))", Vec::new()).await?;
        rows.into_iter().flatten().flatten().next().unwrap_or_else(|| "public".to_owned())
    };
    let wanted: Vec<_> = schemas.iter().map(|schema| schema.value.clone()).collect();
    let mut sql = TABLES.to_owned();
    if !wanted.is_empty() {
        let _ = write!(sql, " AND schema_name IN ({})", places(source, 0, wanted.len()));
    }
    let (mut relations, mut others) = (Vec::new(), Vec::new());
    for row in source.ask(&sql, wanted).await? {
        let mut row = row.into_iter();
        let mut text = || row.next().flatten();
        let (Some(schema), Some(name)) = (text(), text()) else { continue };
        if !named.has(&default_schema, &schema, &name) {
            others.push((schema, name));
            continue;
        }
        let is_view = text().is_some_and(|kind| kind.eq_ignore_ascii_case("view"));
        let comment = text().filter(|text| !text.is_empty());
        // Its keys are not enforced, and nobody but a superuser is told how many rows there are.
        relations.push(Relation {
            schema,
            name,
            is_view,
            rows: None,
            columns: Vec::new(),
            key: Vec::new(),
            comment,
            is_divisible: false,
        });
    }
    let described = relations.iter().map(|relation| (relation.schema.clone(), relation.name.clone())).collect();
    let mut columns = declared(source, &described).await?;
    let unknown: BTreeSet<_> = described.into_iter().filter(|name| !columns.contains_key(name)).collect();
    if !unknown.is_empty() {
        columns.extend(late_binding(source, &unknown).await?);
    }
    for relation in &mut relations {
        let mut own = columns.remove(&(relation.schema.clone(), relation.name.clone())).unwrap_or_default();
        own.sort_by_key(|(position, _)| *position);
        relation.columns = own.into_iter().map(|(_, column)| column).collect();
        if relation.is_view {
            relation.columns.iter_mut().for_each(|column| column.nullable = true);
        }
    }
    relations.sort_by(|one, other| (&one.schema, &one.name).cmp(&(&other.schema, &other.name)));
    others.sort();
    Ok(Found { catalog: None, default_schema, relations, others, version: 0 })
}

async fn declared(source: &impl Ask, names: &BTreeSet<Name>) -> Result<Columns, Stop> {
    let mut columns = Columns::new();
    if names.is_empty() {
        return Ok(columns);
    }
    let distinct = |of: fn(&Name) -> &String| names.iter().map(of).cloned().collect::<BTreeSet<_>>();
    let (schemas, tables) = (distinct(|(schema, _)| schema), distinct(|(_, table)| table));
    let sql = format!(
        "{COLUMNS} AND schema_name IN ({}) AND table_name IN ({})",
        places(source, 0, schemas.len()),
        places(source, schemas.len(), tables.len())
    );
    for row in source.ask(&sql, schemas.into_iter().chain(tables).collect()).await? {
        let [schema, table, name, data_type, nullable, precision, scale, comment, position] =
            <[Option<String>; 9]>::try_from(row).unwrap_or_default();
        let (Some(schema), Some(table), Some(name), Some(data_type)) = (schema, table, name, data_type) else {
            continue;
        };
        let declared = match (data_type.as_str(), precision, scale) {
            ("numeric" | "decimal", Some(precision), Some(scale)) => format!("{data_type}({precision},{scale})"),
            _ => data_type,
        };
        let nullable = !nullable.is_some_and(|nullable| nullable.eq_ignore_ascii_case("no"));
        let comment = comment.filter(|text| !text.is_empty());
        let column = DeclaredColumn { name, declared, nullable, comment };
        columns.entry((schema, table)).or_default().push((number(position), column));
    }
    columns.retain(|name, _| names.contains(name));
    Ok(columns)
}

async fn late_binding(source: &impl Ask, names: &BTreeSet<Name>) -> Result<Columns, Stop> {
    let mut columns = Columns::new();
    for row in source.ask(LATE_BINDING, Vec::new()).await? {
        let [schema, view, name, declared, position] = <[Option<String>; 5]>::try_from(row).unwrap_or_default();
        let (Some(schema), Some(view), Some(name), Some(declared)) = (schema, view, name, declared) else { continue };
        let column = DeclaredColumn { name, declared, nullable: true, comment: None };
        columns.entry((schema, view)).or_default().push((number(position), column));
    }
    columns.retain(|name, _| names.contains(name));
    Ok(columns)
}

fn number(position: Option<String>) -> u32 {
    position.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// So many places behind the first `before`.
fn places(source: &impl Ask, before: usize, count: usize) -> String {
    let places: Vec<_> = (before + 1..=before + count).map(|number| source.place(number)).collect();
    places.join(", ")
}
