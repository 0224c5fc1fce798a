//! Which side of a join is read first, and whose keys go into the other side's statement: two rules for physical plans.

use std::{collections::HashSet, sync::Arc};

use datafusion::{
    arrow::datatypes::Schema,
    common::{
        Result,
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion},
    },
    physical_optimizer::{PhysicalOptimizerRule, filter_pushdown::FilterPushdown},
    physical_plan::{
        ExecutionPlan, ReplaceChildrenOptions,
        execution_plan::ChildrenPropertiesMode,
        joins::{HashJoinExec, PartitionMode},
        projection::ProjectionExec,
        statistics::{StatisticsArgs, StatisticsContext},
    },
};

use crate::sources::sql::SqlScanExec;

/// Reads the side first of which nobody knows how large it is, when the other side is known to be large.
///
/// DataFusion's own rule chooses where it knows both sides, and otherwise leaves the sides as they are written. Runs behind
/// that rule, before inputs are repartitioned.
#[derive(Debug)]
pub(super) struct KnownSides;

/// Takes back what was passed on to a scan under a wrong name, and lets each scan of a SQL source take those filters that joins above it make, and no others: an order with a limit and
/// an aggregate change their filters until they end, so nobody can wait for them. Runs behind the rule that offers filters
/// to scans (`FilterPushdown`, after all others).
#[derive(Debug)]
pub(super) struct KeysOfJoins;

/// `plan`, which was made without filters of joins, with those of one run.
pub(super) fn with_filters(plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
    KeysOfJoins.optimize(FilterPushdown::new_post_optimization().optimize(plan, config)?, config)
}

impl PhysicalOptimizerRule for KnownSides {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let large = config.optimizer.hash_join_single_partition_threshold_rows;
        plan.transform_up(|plan| match plan.downcast_ref::<HashJoinExec>() {
            Some(join) if config.optimizer.join_reordering && is_swapped(join, large) => {
                join.swap_inputs(PartitionMode::Partitioned).map(Transformed::yes)
            }
            _ => Ok(Transformed::no(plan)),
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "known_sides"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn is_swapped(join: &HashJoinExec, large: usize) -> bool {
    join.join_type().supports_swap()
        && !join.null_aware
        && *join.partition_mode() == PartitionMode::Partitioned
        && rows(join.left()).is_some_and(|rows| rows >= large)
        && rows(join.right()).is_none()
}

/// About how many rows a plan gives.
fn rows(plan: &Arc<dyn ExecutionPlan>) -> Option<usize> {
    let statistics = StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::new()).ok()?;
    statistics.num_rows.get_value().copied()
}

impl PhysicalOptimizerRule for KeysOfJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        settled(&plan, &[])
    }

    fn name(&self) -> &'static str {
        "keys_of_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// `plan` with its scans settled, below joins with the filters `above`.
fn settled(plan: &Arc<dyn ExecutionPlan>, above: &[u64]) -> Result<Arc<dyn ExecutionPlan>> {
    if let Some(scan) = plan.downcast_ref::<SqlScanExec>() {
        return Ok(Arc::new(scan.with_keys_of(above)));
    }
    let (plan, own) = match made(plan) {
        // A filter that nobody completes leaves out no row.
        filters if misleads(plan, &filters)? => (&Arc::clone(plan).reset_state()?, Vec::new()),
        filters if plan.is::<HashJoinExec>() => (plan, filters),
        _ => (plan, Vec::new()),
    };
    let children = plan.children().into_iter().enumerate().map(|(index, child)| {
        let mut filters = if passes_by_name(plan, child) { above.to_vec() } else { Vec::new() };
        if index == 1 {
            // It is the right side that is filtered, and nothing stands between.
            filters.extend(&own);
        }
        settled(child, &filters)
    });
    let children = children.collect::<Result<Vec<_>>>()?;
    if children.is_empty() {
        return Ok(Arc::clone(plan));
    }
    Arc::clone(plan).replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep))
}

/// The filters that `plan` makes while it runs.
fn made(plan: &Arc<dyn ExecutionPlan>) -> Vec<u64> {
    plan.dynamic_expressions_produced().iter().filter_map(|filter| filter.expression_id()).collect()
}

/// Has one of `filters`, which `plan` makes, reached a scan on a way on which it may have come to be about a wrong column?
fn misleads(plan: &Arc<dyn ExecutionPlan>, filters: &[u64]) -> Result<bool> {
    if filters.is_empty() {
        return Ok(false);
    }
    for child in plan.children() {
        if is_misled(child, filters, false)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_misled(plan: &Arc<dyn ExecutionPlan>, filters: &[u64], is_unsure: bool) -> Result<bool> {
    if is_unsure && holds(plan, filters)? {
        return Ok(true);
    }
    for child in plan.children() {
        if is_misled(child, filters, is_unsure || !passes_by_name(plan, child))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Has `plan` itself one of `filters`?
fn holds(plan: &Arc<dyn ExecutionPlan>, filters: &[u64]) -> Result<bool> {
    let mut found = false;
    plan.apply_expressions(&mut |root| {
        root.apply(|expr| {
            found |= expr.expression_id().is_some_and(|id| filters.contains(&id));
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(found)
}

/// Operators pass a filter on by the names of the columns of their input, a projection by those of its own: where two have
/// one name, the filter may come to be about the wrong one.
fn passes_by_name(plan: &Arc<dyn ExecutionPlan>, child: &Arc<dyn ExecutionPlan>) -> bool {
    let named = if plan.is::<ProjectionExec>() { plan.schema() } else { child.schema() };
    has_distinct_names(&named)
}

fn has_distinct_names(schema: &Schema) -> bool {
    let names: HashSet<_> = schema.fields().iter().map(|field| field.name()).collect();
    names.len() == schema.fields().len()
}
