//! A part of a plan that one source answers, as the engine sees it: a table whose rows are those of one statement.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::{Field, Schema, SchemaRef},
    catalog::{Session, TableProvider},
    common::{Result, Statistics, tree_node::TreeNodeRecursion},
    datasource::source_as_provider,
    logical_expr::{Expr, LogicalPlan, TableType},
    physical_plan::ExecutionPlan,
};

use super::{
    Remote, SqlScanExec, SqlTable, Statement,
    feed::{Scan, Verdict},
    printer::{Printed, Printer, Query, Reason, Scalar},
    scan::Clauses,
    table::{columns_of, statistics},
};

/// The rows of one statement.
#[derive(Clone, Debug)]
pub struct SqlQuery {
    remote: Arc<dyn Remote>,
    scan: Scan,
    clauses: Clauses,
}

impl SqlQuery {
    /// `plan` as one statement of the source that holds all its tables. Its columns are those of `plan`, in their order,
    /// under names that tell them apart and in the types in which they arrive.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub fn of(plan: &LogicalPlan) -> Printed<Self> {
        let tables = Tables::of(plan)?;
        let Some(remote) = tables.remote else { return Err(Reason::new("it reads no source")) };
        let Query { select, binds, columns, rows, split, is_whole, capabilities } =
            Printer::new(remote.source(), remote.dialect()).at(tables.version).query(plan)?;
        let scan = Scan {
            statement: Statement::new(remote.source().clone(), select.render(), binds),
            schema: schema(plan, &columns),
            relation: tables.relations.into_iter().collect::<Vec<_>>().join(", ").into(),
            estimated_rows: rows,
            fetch: None,
            is_whole,
            split,
        };
        Ok(Self { remote, scan, clauses: Clauses::new(select, columns, capabilities) })
    }

    /// The same, once the source has said that it takes the statement, and how many rows it expects.
    ///
    /// # Errors
    /// Why the source refuses it.
    pub async fn checked(mut self) -> Printed<Self> {
        match self.remote.check(&self.scan).await {
            Verdict::Accepted { rows } => {
                self.scan.estimated_rows = rows.or(self.scan.estimated_rows);
                Ok(self)
            }
            Verdict::Refused(reason) => Err(Reason::new(reason)),
        }
    }

    /// The source's name.
    #[must_use]
    pub fn source(&self) -> &str {
        self.remote.source().as_str()
    }
}

/// The tables of a plan.
#[derive(Default)]
struct Tables {
    remote: Option<Arc<dyn Remote>>,
    version: u32,
    relations: BTreeSet<String>,
}

impl Tables {
    /// Those of `plan`, if all are in one source that takes statements.
    fn of(plan: &LogicalPlan) -> Printed<Self> {
        let mut tables = Self::default();
        let mut reason = None;
        let visited = plan.apply_with_subqueries(|plan| {
            let LogicalPlan::TableScan(scan) = plan else { return Ok(TreeNodeRecursion::Continue) };
            let provider = source_as_provider(&scan.source)?;
            reason = match provider.downcast_ref::<SqlTable>() {
                Some(table) => tables.add(table).err(),
                None => Some(Reason::new(format!("`{}` is in no source that takes statements", scan.table_name))),
            };
            Ok(if reason.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        });
        match (visited, reason) {
            (Err(error), _) => Err(Reason::new(error.strip_backtrace())),
            (_, Some(reason)) => Err(reason),
            (Ok(_), None) => Ok(tables),
        }
    }

    fn add(&mut self, table: &SqlTable) -> Printed<()> {
        let (remote, source) = (table.remote(), table.remote().source());
        if !table.pushes_down() {
            return Err(Reason::new(format!("pushdown is off for `{source}`")));
        }
        match &self.remote {
            Some(known) if known.source() != source => {
                return Err(Reason::new(format!("it takes rows of `{}` and of `{source}`", known.source())));
            }
            Some(_) => {}
            None => {
                self.remote = Some(Arc::clone(remote));
                self.version = table.version();
            }
        }
        self.relations.insert(table.relation().to_owned());
        Ok(())
    }
}

fn schema(plan: &LogicalPlan, columns: &[Scalar]) -> SchemaRef {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let fields = plan.schema().fields().iter().zip(columns).map(|(field, column)| {
        let count = seen.entry(field.name()).or_default();
        *count += 1;
        let name = if *count == 1 { field.name().clone() } else { format!("{}:{count}", field.name()) };
        Field::new(name, column.wire_type(), field.is_nullable()).with_metadata(field.metadata().clone())
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

#[async_trait]
impl TableProvider for SqlQuery {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.scan.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(statistics(&self.scan.schema, self.scan.estimated_rows))
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let scan = SqlScanExec::new(Arc::clone(&self.remote), self.scan.clone(), Some(self.clauses.clone()));
        let scan = scan.with_fetch(limit).unwrap_or_else(|| Arc::new(scan));
        match projection {
            None => Ok(scan),
            Some(columns) => columns_of(scan, columns),
        }
    }
}
