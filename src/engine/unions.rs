//! A column that is constant in each branch of a union, but not the same in all, is no constant of the union.
//!
//! DataFusion 55 leaves such a column out of an order, each branch being in order without it, and then merges the branches
//! without it too: rows come in another order, and a limit takes the wrong ones.

use std::{fmt, sync::Arc};

use datafusion::{
    common::{
        Result, Statistics,
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion},
    },
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr, equivalence::AcrossPartitions},
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
        statistics::StatisticsArgs, union::UnionExec,
    },
};

/// Puts [`BranchesExec`] above each union with such a column. Runs before orders are planned.
#[derive(Debug)]
pub(super) struct ConstantsOfBranches;

impl PhysicalOptimizerRule for ConstantsOfBranches {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let constants = plan.properties().eq_properties.constants();
            let differs = |across: &AcrossPartitions| !matches!(across, AcrossPartitions::Uniform(_));
            let is_wrong = plan.is::<UnionExec>() && constants.iter().any(|one| differs(&one.across_partitions));
            Ok(if is_wrong { Transformed::yes(Arc::new(BranchesExec::new(plan)) as _) } else { Transformed::no(plan) })
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "constants_of_branches"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The rows of a union, of which nothing is said but their columns.
#[derive(Debug)]
pub(super) struct BranchesExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl BranchesExec {
    fn new(input: Arc<dyn ExecutionPlan>) -> Self {
        let own = input.properties();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            own.partitioning.clone(),
            own.emission_type,
            own.boundedness,
        );
        let properties = Arc::new(properties.with_scheduling_type(own.scheduling_type));
        Self { input, properties }
    }
}

impl DisplayAs for BranchesExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BranchesExec")
    }
}

impl ExecutionPlan for BranchesExec {
    fn name(&self) -> &'static str {
        "BranchesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(Self::new(input)))
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
        self.input.execute(partition, context)
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(inputs.first().map_or_else(|| Arc::new(Statistics::new_unknown(&self.input.schema())), Arc::clone))
    }
}
