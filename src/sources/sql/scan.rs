//! The plan node that runs one statement in its source.

use std::{fmt, sync::Arc};

use datafusion::{
    common::{Result, Statistics, tree_node::TreeNodeRecursion},
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
        execution_plan::{Boundedness, EmissionType, SchedulingType},
        metrics::{ExecutionPlanMetricsSet, MetricsSet},
        statistics::StatisticsArgs,
    },
};

use super::{
    Remote, Statement,
    feed::{self, Scan},
    table::statistics,
};
use crate::model::{Fault, SourceName};

/// Runs one statement: one partition, rows in the order in which the source sends them.
///
/// Metrics: `output_rows`, `output_bytes`, `elapsed_compute` (time spent in the stream itself) and `elapsed_remote` (from
/// the first poll until the statement has ended in the source, waiting for a connection included).
#[derive(Debug)]
pub struct SqlScanExec {
    remote: Arc<dyn Remote>,
    scan: Scan,
    estimated_rows: Option<u64>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl SqlScanExec {
    /// A scan that `remote` runs.
    #[must_use]
    pub fn new(remote: Arc<dyn Remote>, scan: Scan, estimated_rows: Option<u64>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&scan.schema)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Self { remote, scan, estimated_rows, properties: Arc::new(properties), metrics: ExecutionPlanMetricsSet::new() }
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

    /// About how many rows will come, if the source's statistics say so.
    #[must_use]
    pub fn estimated_rows(&self) -> Option<u64> {
        self.estimated_rows
    }
}

impl DisplayAs for SqlScanExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Statement { source, sql, .. } = &self.scan.statement;
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
        Ok(feed::stream(Arc::clone(&self.remote), self.scan.clone(), &context, &self.metrics))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(Arc::new(statistics(&self.scan.schema, self.estimated_rows)))
    }
}
