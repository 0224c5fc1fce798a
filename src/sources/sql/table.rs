//! A table or view of a source, as the engine sees it.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::{Schema, SchemaRef},
    catalog::{Session, TableProvider},
    common::{
        Column as ColumnName, DFSchema, Result, Statistics,
        stats::Precision,
        tree_node::{Transformed, TreeNode},
    },
    error::DataFusionError,
    logical_expr::{Expr, TableProviderFilterPushDown, TableType},
    physical_expr::{expressions::Column as PhysicalColumn, projection::ProjectionExpr},
    physical_plan::{ExecutionPlan, projection::ProjectionExec},
};

use super::{
    Binds, Column, Remote, SqlScanExec, Statement,
    feed::{Scan, Split},
    printer::{Printed, Printer, Reason, Scalar, Scope, has_subquery},
    scan::Clauses,
    select::Select,
};
use crate::model::Fault;

/// Of a filtered table, so many hundredths are expected: what the engine itself assumes of a filter it knows nothing of.
const SELECTIVITY: u64 = 20;

/// A table or view of a source. Its scans are one SELECT.
#[derive(Clone, Debug)]
pub struct SqlTable {
    remote: Arc<dyn Remote>,
    relation: Arc<str>,
    from: String,
    columns: Vec<Column>,
    schema: SchemaRef,
    table_type: TableType,
    rows: Option<u64>,
    is_divisible: bool,
    version: u32,
    pushdown: bool,
}

/// What a member knows of a table.
#[derive(Debug)]
pub struct Description {
    /// `source.schema.table`, for people.
    pub relation: Arc<str>,
    /// The table in the FROM clause, quoted.
    pub from: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// A table or a view?
    pub table_type: TableType,
    /// About how many rows it has, if the source says so without counting.
    pub rows: Option<u64>,
    /// Can the source read it in parts?
    pub is_divisible: bool,
    /// The server's version, as the server itself counts.
    pub version: u32,
}

impl SqlTable {
    /// A table of `remote`. With `pushdown` off, filters and limits stay local.
    #[must_use]
    pub fn new(remote: Arc<dyn Remote>, description: Description, pushdown: bool) -> Self {
        let Description { relation, from, columns, table_type, rows, is_divisible, version } = description;
        let fields: Vec<_> = columns.iter().map(|column| Arc::clone(&column.field)).collect();
        let schema = Arc::new(Schema::new(fields));
        Self { remote, relation, from, columns, schema, table_type, rows, is_divisible, version, pushdown }
    }

    /// The same table with pushdown off.
    #[must_use]
    pub fn unpushed(&self) -> Self {
        Self { pushdown: false, ..self.clone() }
    }

    /// The system that the table is in.
    #[must_use]
    pub fn remote(&self) -> &Arc<dyn Remote> {
        &self.remote
    }

    /// `source.schema.table`, for people.
    #[must_use]
    pub fn relation(&self) -> &str {
        &self.relation
    }

    /// Can the source read it in parts?
    #[must_use]
    pub fn is_divisible(&self) -> bool {
        self.is_divisible
    }

    /// The table in a FROM clause of its source, quoted.
    #[must_use]
    pub fn from_clause(&self) -> &str {
        &self.from
    }

    /// Its columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// About how many rows it has, if the source says so without counting.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.rows
    }

    /// The version of its server, as the server itself counts: what it can compute depends on it.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// May more than its columns be asked of its source?
    #[must_use]
    pub fn pushes_down(&self) -> bool {
        self.pushdown
    }

    fn select(&self, projection: &[usize], filters: &[Expr]) -> Result<(Select, Binds, BTreeSet<&'static str>)> {
        let mut conditions = Conditions::of(self)?;
        let mut select = Select { from: self.from.clone(), ..Select::default() };
        let dialect = self.remote.dialect();
        let items = projection.iter().map(|column| &self.columns[*column]);
        let items = items.map(|Column { select, field, .. }| {
            dialect.sent(select, field.data_type()).unwrap_or_else(|| select.clone())
        });
        select.items = items.collect();
        for filter in filters {
            let condition = conditions.print(filter).map_err(|reason| {
                let text = format!("a filter was pushed that `{}` does not take: {filter}: {reason}", self.relation);
                DataFusionError::External(Box::new(Fault::internal(text)))
            })?;
            select.conditions.push(condition);
        }
        if let Some(alias) = self.alias(projection) {
            select.from = format!("{} AS {alias}", select.from);
        }
        select.qualify(self.alias(projection));
        let (binds, capabilities) = conditions.printer.into_parts();
        Ok((select, binds, capabilities))
    }

    /// The table's name in its statement, where columns are sent in another form: an order would else be that of this form,
    /// since what is computed of a column may bear its name.
    fn alias(&self, projection: &[usize]) -> Option<&'static str> {
        let dialect = self.remote.dialect();
        let is_recast = |index: &usize| dialect.sent("", self.columns[*index].field.data_type()).is_some();
        projection.iter().any(is_recast).then_some("t1")
    }

    /// Adds the columns of `filters` whose values may be of another type than the declared one: a value by which a row is
    /// selected is read, and fails if it cannot be.
    fn add_filtered(&self, projection: &mut Vec<usize>, filters: &[Expr]) {
        let filtered: HashSet<_> = filters.iter().flat_map(Expr::column_refs).map(|column| &column.name).collect();
        let is_missing = |index: &usize| !self.columns[*index].is_typed && !projection.contains(index);
        let missing = (0..self.columns.len()).filter(is_missing);
        let missing: Vec<_> = missing.filter(|index| filtered.contains(self.columns[*index].field.name())).collect();
        projection.extend(missing);
    }

    fn estimate(&self, filtered: bool) -> Option<u64> {
        let rows = self.rows?;
        Some(if filtered { chosen(rows) } else { rows })
    }
}

#[async_trait]
impl TableProvider for SqlTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        self.table_type
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(statistics(&self.schema, self.rows))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // One statement for all of them: together they must fit into it.
        let mut conditions = Conditions::of(self)?;
        let answer = |filter: &&Expr| {
            let is_pushed = self.pushdown && conditions.print(filter).is_ok();
            if is_pushed { TableProviderFilterPushDown::Exact } else { TableProviderFilterPushDown::Unsupported }
        };
        Ok(filters.iter().map(answer).collect())
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut projection = projection.cloned().unwrap_or_else(|| (0..self.columns.len()).collect());
        let width = projection.len();
        self.add_filtered(&mut projection, filters);
        let (select, binds, capabilities) = self.select(&projection, filters)?;
        let scan = Scan {
            statement: Statement::new(self.remote.source().clone(), select.render(), binds),
            schema: Arc::new(self.schema.project(&projection)?),
            relation: Arc::clone(&self.relation),
            estimated_rows: self.estimate(!filters.is_empty()),
            fetch: None,
            is_whole: filters.is_empty(),
            split: self.is_divisible.then(|| Split { table: self.from.clone(), is_filtered: !filters.is_empty() }),
        };
        let alias = self.alias(&projection);
        let columns = projection.iter().map(|column| {
            let mut column = Scalar::stored(&self.columns[*column]);
            column.qualify(alias);
            column
        });
        let clauses = self.pushdown.then(|| Clauses::new(select, columns, capabilities));
        let scan = SqlScanExec::new(Arc::clone(&self.remote), scan, clauses);
        // All filters are here: `supports_filters_pushdown` says exact or unsupported, and the engine gives no limit to a
        // scan below a filter of its own.
        let scan = scan.with_fetch(limit).unwrap_or_else(|| Arc::new(scan));
        if projection.len() == width { Ok(scan) } else { columns_of(scan, &(0..width).collect::<Vec<_>>()) }
    }
}

/// Of `scan` the columns at `indices`.
pub(super) fn columns_of(scan: Arc<dyn ExecutionPlan>, indices: &[usize]) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = scan.schema();
    let columns = indices.iter().map(|index| {
        let name = schema.field(*index).name();
        ProjectionExpr::new(Arc::new(PhysicalColumn::new(name, *index)), name)
    });
    Ok(Arc::new(ProjectionExec::try_new(columns, scan)?))
}

/// Prints conditions on the columns of one table.
struct Conditions<'a> {
    printer: Printer<'a>,
    schema: DFSchema,
    columns: Vec<Scalar>,
}

impl<'a> Conditions<'a> {
    fn of(table: &'a SqlTable) -> Result<Self> {
        Ok(Self {
            printer: Printer::new(table.remote.source(), table.remote.dialect()).at(table.version),
            schema: DFSchema::try_from(Arc::clone(&table.schema))?,
            columns: table.columns.iter().map(Scalar::stored).collect(),
        })
    }

    /// `filter` as SQL. Its columns are those of this table, whatever it is called in the query.
    fn print(&mut self, filter: &Expr) -> Printed<String> {
        if has_subquery(filter) {
            return Err(Reason::new("a scan of one table reads no other"));
        }
        let unqualified = |expr: Expr| match expr {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(ColumnName::new_unqualified(column.name)))),
            other => Ok(Transformed::no(other)),
        };
        let filter = filter.clone().transform(unqualified).map_err(|error| Reason::new(error.strip_backtrace()))?;
        self.printer.condition(&filter.data, &Scope::new(&self.schema, &self.columns, None))
    }
}

/// How many of so many rows a filter is expected to choose.
pub(super) const fn chosen(rows: u64) -> u64 {
    let chosen = rows.saturating_mul(SELECTIVITY) / 100;
    if chosen == 0 { 1 } else { chosen }
}

/// Statistics that know the number of rows at most.
pub(super) fn statistics(schema: &Schema, rows: Option<u64>) -> Statistics {
    let rows = rows.and_then(|rows| usize::try_from(rows).ok()).map_or(Precision::Absent, Precision::Inexact);
    Statistics::new_unknown(schema).with_num_rows(rows)
}
