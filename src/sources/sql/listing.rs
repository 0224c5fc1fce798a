//! What a member found, as the engine sees it: tables with the annotations of the source's file.

use std::sync::Arc;

use datafusion::{catalog::TableProvider, logical_expr::TableType};

use super::{
    Column, Dialect, Remote, SqlTable,
    annotation::{Annotations, check_columns, override_of, refused, unknown, unread},
    table::Description,
};
use crate::{
    config::{SourceConfig, Spanned, TableConfig},
    model::{Problem, ValueType},
    sources::{Listing, Table, annotated_key},
};

/// A column as a member describes it.
pub trait Described {
    /// Its name.
    fn name(&self) -> &str;

    /// Its type in the source's own words.
    fn source_type(&self) -> &str;

    /// The column as it is read here. With `as_type`, as the owner asks for; `None` when there is no such reading.
    fn column(&self, dialect: &dyn Dialect, as_type: Option<&ValueType>) -> Option<Column>;

    /// What can be asked for it, for people.
    fn allowed(&self) -> &str;

    /// What the source says about it.
    fn comment(&self) -> Option<&str> {
        None
    }
}

/// A table or view as a member found it.
#[derive(Clone, Debug)]
pub struct Relation<C> {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Is it a view?
    pub is_view: bool,
    /// About how many rows it has, if the source says so without counting.
    pub rows: Option<u64>,
    /// Its columns.
    pub columns: Vec<C>,
    /// Columns that together are unique and never NULL, as the source enforces; empty where it does not.
    pub key: Vec<String>,
    /// What the source says about it.
    pub comment: Option<String>,
    /// Can the source read it in parts?
    pub is_divisible: bool,
}

/// What a member found.
#[derive(Clone, Debug)]
pub struct Found<C> {
    /// What stands before the schema where tables are read; nothing for the catalog that the connection is in.
    pub catalog: Option<String>,
    /// The schema whose tables need no schema before their names.
    pub default_schema: String,
    /// The tables that are described.
    pub relations: Vec<Relation<C>>,
    /// Schema and name of those that are not.
    pub others: Vec<(String, String)>,
    /// The server's version, as the server itself counts.
    pub version: u32,
}

impl<C: Described> Found<C> {
    /// The tables of `remote`, and what does not fit them in the source's file. `wanted` are the schemas that the file
    /// names.
    pub fn listing(
        &self,
        remote: &Arc<dyn Remote>,
        source: &SourceConfig,
        wanted: &[Spanned<String>],
        pushdown: bool,
    ) -> Listing {
        let mut problems = Vec::new();
        let described = self.relations.iter().map(|relation| (relation.schema.as_str(), relation.name.as_str()));
        let others = self.others.iter().map(|(schema, name)| (schema.as_str(), name.as_str()));
        let names: Vec<_> = described.chain(others).collect();
        for name in wanted.iter().filter(|name| !names.iter().any(|(schema, _)| *schema == name.value)) {
            problems.push(unknown("schema with tables", name, names.iter().map(|(schema, _)| *schema)));
        }
        let annotations = Annotations::resolve(&source.tables, &self.default_schema, &names, &mut problems);
        let tables = self.relations.iter().map(|relation| {
            let config = annotations.of(&relation.schema, &relation.name);
            let dialect = remote.dialect();
            let columns = columns(relation, dialect, source, config, &mut problems);
            let own_key = relation.own_key(&columns);
            let description = Description {
                relation: format!("{}.{}.{}", source.name, relation.schema, relation.name).into(),
                from: qualified(dialect, self.catalog.as_deref(), &relation.schema, &relation.name),
                columns,
                table_type: if relation.is_view { TableType::View } else { TableType::Base },
                rows: relation.rows,
                is_divisible: relation.is_divisible,
                version: self.version,
            };
            let provider = Arc::new(SqlTable::new(Arc::clone(remote), description, pushdown));
            let comment = |column: &C| Some((column.name().to_owned(), column.comment()?.to_owned()));
            Table {
                schema: relation.schema.clone(),
                name: relation.name.clone(),
                key: annotated_key(config, &provider.schema()).unwrap_or(own_key),
                provider,
                comment: relation.comment.clone(),
                column_comments: relation.columns.iter().filter_map(comment).collect(),
            }
        });
        let tables = tables.collect();
        Listing { default_schema: self.default_schema.clone(), tables, others: self.others.clone(), problems }
    }
}

/// `catalog.schema.table`, quoted.
pub fn qualified(dialect: &dyn Dialect, catalog: Option<&str>, schema: &str, table: &str) -> String {
    let parts: Vec<_> = catalog.into_iter().chain([schema, table]).map(|name| dialect.quoted(name)).collect();
    parts.join(".")
}

impl<C> Relation<C> {
    /// The key, if what is unique in the source is unique here too.
    fn own_key(&self, columns: &[Column]) -> Vec<String> {
        let is_told_apart =
            |name: &String| columns.iter().any(|column| column.field.name() == name && column.comparison.is_some());
        if self.key.iter().all(is_told_apart) { self.key.clone() } else { Vec::new() }
    }
}

fn columns<C: Described>(
    relation: &Relation<C>,
    dialect: &dyn Dialect,
    source: &SourceConfig,
    config: Option<&TableConfig>,
    problems: &mut Vec<Problem>,
) -> Vec<Column> {
    if let Some(config) = config {
        let names: Vec<_> = relation.columns.iter().map(Described::name).collect();
        check_columns(config, &names, problems);
    }
    let mut columns = Vec::with_capacity(relation.columns.len());
    for column in &relation.columns {
        let wanted = override_of(config, column.name());
        let read = column.column(dialect, wanted.map(|(_, value_type)| value_type));
        if let (None, Some((name, _))) = (&read, wanted) {
            problems.push(refused(name, column.source_type(), column.allowed()));
        }
        let read = read.or_else(|| column.column(dialect, None));
        if read.is_none() {
            let relation = format!("{}.{}", relation.schema, relation.name);
            problems.push(unread(&source.place, column.name(), &relation, column.source_type()));
        }
        columns.extend(read);
    }
    columns
}
