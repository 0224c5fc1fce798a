//! The plan node that runs one statement in its source.

use std::{collections::BTreeSet, fmt, sync::Arc};

use datafusion::{
    common::{Result, ScalarValue, Statistics, config::ConfigOptions, tree_node::TreeNodeRecursion},
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{
        EquivalenceProperties, PhysicalExpr, PhysicalSortExpr,
        expressions::{Column, DynamicFilterPhysicalExpr},
    },
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
        SortOrderPushdownResult,
        execution_plan::{Boundedness, EmissionType, SchedulingType},
        filter_pushdown::{ChildPushdownResult, FilterPushdownPhase, FilterPushdownPropagation},
        metrics::{ExecutionPlanMetricsSet, MetricsSet},
        statistics::StatisticsArgs,
    },
};
use futures::FutureExt;

use super::{
    Binds, Comparison, Remote, Statement,
    feed::{self, Scan},
    keys::{Keys, Outcome},
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
    clauses: Option<Arc<Clauses>>,
    /// Filters that are made while the plan runs, by whatever operator.
    offered: Vec<Arc<dyn PhysicalExpr>>,
    /// What is used of them.
    keys: Option<Keys>,
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
    /// How the columns are compared with the keys of a join. A column of a table is read with each row that is chosen by
    /// it, so it need not be of its declared type in every row.
    pub keys: Arc<[Option<Comparison>]>,
    /// What of the allow-list the statement uses, by name.
    pub capabilities: Arc<BTreeSet<&'static str>>,
}

impl Clauses {
    /// A statement of these clauses that gives `columns`.
    #[must_use]
    pub fn new(
        select: Select,
        columns: impl IntoIterator<Item = Scalar>,
        capabilities: BTreeSet<&'static str>,
    ) -> Self {
        let columns: Arc<[Scalar]> = columns.into_iter().collect();
        let key = |column: &Scalar| column.comparison.clone().ok().filter(|_| !column.may_fail);
        let keys = columns.iter().map(key).collect();
        Self { select, columns, keys, capabilities: capabilities.into() }
    }
}

impl SqlScanExec {
    /// A scan that `remote` runs. Without `clauses` its statement stays as it is.
    #[must_use]
    pub fn new(remote: Arc<dyn Remote>, scan: Scan, clauses: Option<Clauses>) -> Self {
        let properties = properties(EquivalenceProperties::new(Arc::clone(&scan.schema)));
        let metrics = ExecutionPlanMetricsSet::new();
        let (scan, clauses) = (Arc::new(scan), clauses.map(Arc::new));
        Self { remote, scan, clauses, offered: Vec::new(), keys: None, inline: false, properties, metrics }
    }

    /// The scan for one request, whose parameters its statement waits for. `None` when the request needs a plan of its
    /// own. With `inline` it runs in its consumer's task: of the only scan of a plan, whose rows are read without a pause.
    #[must_use]
    pub fn bound(&self, parameters: &[ScalarValue], inline: bool) -> Option<Self> {
        let statement = self.scan.statement.bound(parameters, self.remote.dialect())?;
        let scan = Arc::new(Scan { statement, ..Scan::clone(&self.scan) });
        Some(Self { scan, inline, ..self.without_keys() })
    }

    /// The scan with the keys that those joins offer which the ids of `filters` belong to. No other filter is completed
    /// before the scan gives its rows.
    #[must_use]
    pub fn with_keys_of(&self, filters: &[u64]) -> Self {
        let is_of_a_join =
            |filter: &&Arc<dyn PhysicalExpr>| filter.expression_id().is_some_and(|id| filters.contains(&id));
        let offered = self.offered.iter().filter(is_of_a_join);
        let keys = self.clauses.as_ref().and_then(|clauses| Keys::new(offered, clauses));
        Self { keys, ..self.without_keys() }
    }

    /// The scan before any filter was offered and anything was run.
    fn without_keys(&self) -> Self {
        Self { offered: Vec::new(), keys: None, metrics: ExecutionPlanMetricsSet::new(), ..self.clone() }
    }

    /// The same rows in another order, if the source has it exactly.
    fn ordered(&self, order: &[PhysicalSortExpr]) -> Option<Self> {
        let mut clauses = Clauses::clone(self.clauses.as_ref()?);
        self.remote.dialect().capabilities().node("sort", u32::MAX)?;
        // A second order would come behind the first.
        if !clauses.select.order.is_empty() || self.fetch().is_some() || clauses.select.distinct {
            return None;
        }
        // What is computed of a column may bear its name, by which the source would order then.
        if clauses.columns.iter().any(|column| !column.is_plain) {
            return None;
        }
        for term in order {
            let column = clauses.columns.get(term.expr.downcast_ref::<Column>()?.index())?;
            let (ascending, nulls_first) = (!term.options.descending, term.options.nulls_first);
            clauses.select.order.push(column.order_term(ascending, nulls_first, self.remote.dialect())?);
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
        changed.clauses = Some(Arc::new(clauses));
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

    /// The statement's text as it is prepared: every value is a placeholder. Of a scan that takes keys of a join, as it
    /// was sent, or before the run, or when nothing was sent, as it is with a list of keys.
    #[must_use]
    pub fn sql(&self) -> String {
        let dialect = self.remote.dialect();
        let render = |scan: &Scan| scan.statement.render(|number, bind| dialect.placeholder(number, bind));
        match (&self.keys, &self.clauses) {
            (Some(keys), Some(clauses)) => match keys.outcome() {
                Some(Outcome { sql: Some(sql), .. }) => sql.clone(),
                _ => render(&keys.planned(&self.scan, clauses, dialect)),
            },
            _ => render(&self.scan),
        }
    }

    /// The columns whose values come from the other side of a join: only rows with one of them are asked for.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        self.keys.as_ref().map(|keys| keys.names(&self.scan.schema)).unwrap_or_default()
    }

    /// What was sent of these keys, once the scan has run.
    #[must_use]
    pub fn sent_keys(&self) -> Option<&str> {
        self.keys.as_ref()?.outcome().map(|outcome| outcome.sent.as_str())
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
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        // A join only makes a filter that it finds here.
        for filter in self.keys.iter().flat_map(Keys::filters) {
            if visit(filter)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(self.without_keys()))
    }

    fn handle_child_pushdown_result(
        &self,
        phase: FilterPushdownPhase,
        pushed: ChildPushdownResult,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        let filters = pushed.parent_filters.iter().map(|pushed| &pushed.filter);
        let offered: Vec<_> = filters.filter(|filter| filter.is::<DynamicFilterPhysicalExpr>()).cloned().collect();
        // Whatever comes of them, the operators that made them must not rely on it.
        let answer = FilterPushdownPropagation::all_unsupported(pushed);
        if phase == FilterPushdownPhase::Pre || offered.is_empty() || self.clauses.is_none() {
            return Ok(answer);
        }
        let offered = self.offered.iter().cloned().chain(offered).collect();
        Ok(answer.with_updated_node(Arc::new(Self { offered, ..self.clone() })))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            let fault = Fault::internal(format!("a scan has one partition, number {partition} was asked for"));
            return Err(DataFusionError::External(Box::new(fault)));
        }
        let (remote, scan) = (Arc::clone(&self.remote), Arc::clone(&self.scan));
        let schema = Arc::clone(&scan.schema);
        let scan = match (self.keys.clone(), self.clauses.clone()) {
            (Some(keys), Some(clauses)) => {
                let remote = Arc::clone(&remote);
                async move { Ok(keys.narrowed(&scan, &clauses, remote.dialect()).await?.map(Arc::new)) }.boxed()
            }
            _ => std::future::ready(Ok(Some(scan))).boxed(),
        };
        Ok(feed::stream(remote, schema, scan, self.inline, &context, &self.metrics))
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
        let mut clauses = Clauses::clone(self.clauses.as_ref()?);
        if clauses.select.limit.is_some() || clauses.select.offset.is_some() {
            return None;
        }
        let rows = i64::try_from(limit?).ok()?;
        let mut binds = self.scan.statement.binds().clone();
        clauses.select.limit = Some(self.remote.dialect().row_count(rows, &mut binds));
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
