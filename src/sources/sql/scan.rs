//! The plan node that runs one statement in its source.

use std::{collections::BTreeSet, fmt, sync::Arc};

use datafusion::{
    common::{Result, ScalarValue, Statistics, tree_node::TreeNodeRecursion},
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr, expressions::Column},
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
        SortOrderPushdownResult,
        execution_plan::{Boundedness, EmissionType, SchedulingType},
        metrics::{ExecutionPlanMetricsSet, MetricsSet},
        statistics::StatisticsArgs,
    },
};

use super::{
    Bind, Binds, Class, Remote, Statement,
    feed::{self, Scan},
    printer::Scalar,
    select::Select,
    table::statistics,
};
use crate::model::{Fault, SourceName};

/// Runs one statement: one partition, rows in the order in which the source sends them.
///
/// Metrics: `output_rows`, `output_bytes`, `elapsed_compute` (time spent in the stream itself) and `elapsed_remote` (from
/// the first poll until the statement has ended on the connection that began it, waiting for that one included).
#[derive(Clone, Debug)]
pub struct SqlScanExec {
    remote: Arc<dyn Remote>,
    scan: Arc<Scan>,
    clauses: Option<Clauses>,
    inline: bool,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

/// What a scan's statement is made of, while more may be added to it.
#[derive(Clone, Debug)]
pub struct Clauses {
    /// The clauses; columns of a single table stand alone in them.
    pub select: Select,
    /// The columns of the result.
    pub columns: Arc<[Scalar]>,
    /// What of the allow-list the statement uses, by name.
    pub capabilities: Arc<BTreeSet<&'static str>>,
}

impl SqlScanExec {
    /// A scan that `remote` runs. Without `clauses` its statement stays as it is.
    #[must_use]
    pub fn new(remote: Arc<dyn Remote>, scan: Scan, clauses: Option<Clauses>) -> Self {
        let properties = properties(EquivalenceProperties::new(Arc::clone(&scan.schema)));
        let metrics = ExecutionPlanMetricsSet::new();
        Self { remote, scan: Arc::new(scan), clauses, inline: false, properties, metrics }
    }

    /// The scan for one request, whose parameters its statement waits for. `None` when the request needs a plan of its
    /// own. With `inline` it runs in its consumer's task: of the only scan of a plan, whose rows are read without a pause.
    #[must_use]
    pub fn bound(&self, parameters: &[ScalarValue], inline: bool) -> Option<Self> {
        let statement = self.scan.statement.bound(parameters)?;
        let scan = Arc::new(Scan { statement, ..Scan::clone(&self.scan) });
        Some(Self { scan, inline, metrics: ExecutionPlanMetricsSet::new(), ..self.clone() })
    }

    /// The same rows in another order, if the source has it exactly.
    fn ordered(&self, order: &[PhysicalSortExpr]) -> Option<Self> {
        let mut clauses = self.clauses.clone()?;
        // A second order would come behind the first.
        if !clauses.select.order.is_empty() || self.fetch().is_some() || clauses.select.distinct {
            return None;
        }
        for term in order {
            let column = clauses.columns.get(term.expr.downcast_ref::<Column>()?.index())?;
            clauses.select.order.push(column.order_term(!term.options.descending, term.options.nulls_first)?);
        }
        let mut ordered = self.with(clauses, self.scan.statement.binds().clone());
        let schema = Arc::clone(&self.scan.schema);
        ordered.properties = properties(EquivalenceProperties::new_with_orderings(schema, [order.to_vec()]));
        Some(ordered)
    }

    /// The scan with other clauses, which cannot be read in parts.
    fn with(&self, clauses: Clauses, binds: Binds) -> Self {
        let mut changed = Self { metrics: ExecutionPlanMetricsSet::new(), ..self.clone() };
        let scan = Arc::make_mut(&mut changed.scan);
        scan.statement = Statement::new(scan.statement.source.clone(), clauses.select.render(), binds);
        scan.split = None;
        changed.clauses = Some(clauses);
        changed
    }

    /// What of the allow-list the statement uses, by name.
    pub fn capabilities(&self) -> impl Iterator<Item = &'static str> {
        self.clauses.iter().flat_map(|clauses| clauses.capabilities.iter().copied())
    }

    /// Where the statement runs.
    #[must_use]
    pub fn source(&self) -> &SourceName {
        &self.scan.statement.source
    }

    /// What runs.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.scan.statement
    }

    /// The statement's text as it is prepared: every value is a placeholder.
    #[must_use]
    pub fn sql(&self) -> String {
        let dialect = self.remote.dialect();
        self.scan.statement.render(|number, bind| dialect.placeholder(number, bind))
    }

    /// About how many rows will come, if the source's statistics say so.
    #[must_use]
    pub fn estimated_rows(&self) -> Option<u64> {
        self.scan.estimated_rows
    }

    /// The table of which every row is sent here (`source.schema.table`), and about how many there are. `None` if the
    /// statement chooses, cuts or sums up, or if the source does not know.
    #[must_use]
    pub fn pulls(&self) -> Option<(&str, u64)> {
        let is_whole = self.scan.is_whole && self.scan.fetch.is_none();
        Some((&self.scan.relation, self.scan.estimated_rows.filter(|_| is_whole)?))
    }
}

fn properties(equivalence: EquivalenceProperties) -> Arc<PlanProperties> {
    let properties = PlanProperties::new(
        equivalence,
        Partitioning::UnknownPartitioning(1),
        EmissionType::Incremental,
        Boundedness::Bounded,
    );
    Arc::new(properties.with_scheduling_type(SchedulingType::Cooperative))
}

impl DisplayAs for SqlScanExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, sql) = (self.source(), self.sql());
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "SqlScanExec: source={source}, sql={sql}")
            }
            DisplayFormatType::TreeRender => write!(f, "source={source}\nsql={sql}"),
        }
    }
}

impl ExecutionPlan for SqlScanExec {
    fn name(&self) -> &'static str {
        "SqlScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() {
            return Ok(self);
        }
        Err(DataFusionError::External(Box::new(Fault::internal("a scan has no children"))))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let options = ReplaceChildrenOptions::new(datafusion::physical_plan::ChildrenPropertiesMode::Recompute);
        self.replace_children(children, options)
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            let fault = Fault::internal(format!("a scan has one partition, number {partition} was asked for"));
            return Err(DataFusionError::External(Box::new(fault)));
        }
        Ok(feed::stream(Arc::clone(&self.remote), Arc::clone(&self.scan), self.inline, &context, &self.metrics))
    }

    fn try_pushdown_sort(&self, order: &[PhysicalSortExpr]) -> Result<SortOrderPushdownResult<Arc<dyn ExecutionPlan>>> {
        Ok(match self.ordered(order) {
            Some(ordered) => SortOrderPushdownResult::Exact { inner: Arc::new(ordered) },
            None => SortOrderPushdownResult::Unsupported,
        })
    }

    fn fetch(&self) -> Option<usize> {
        self.scan.fetch
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        let mut clauses = self.clauses.clone()?;
        if clauses.select.limit.is_some() || clauses.select.offset.is_some() {
            return None;
        }
        let rows = i64::try_from(limit?).ok()?;
        let mut binds = self.scan.statement.binds().clone();
        clauses.select.limit =
            Some(binds.place(Bind::Value { value: ScalarValue::Int64(Some(rows)), class: Class::Int64 }));
        let mut limited = self.with(clauses, binds);
        let scan = Arc::make_mut(&mut limited.scan);
        scan.fetch = limit;
        let most = rows.unsigned_abs();
        scan.estimated_rows = Some(scan.estimated_rows.map_or(most, |estimate| estimate.min(most)));
        Some(Arc::new(limited))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(Arc::new(statistics(&self.scan.schema, self.scan.estimated_rows)))
    }
}
