//! Work on a union that each of its branches can do for itself, in its own source: to aggregate, of which the results are
//! then aggregated again, and to find the first rows of an order, among which the first of all are.

use std::sync::Arc;

use datafusion::{
    common::{
        Column, DFSchema, Result,
        tree_node::{Transformed, TreeNodeRecursion},
    },
    functions_aggregate::sum::sum,
    logical_expr::{
        Aggregate, Expr, LogicalPlan, LogicalPlanBuilder, Sort, SubqueryAlias, Union, cast,
        expr::{AggregateFunction, AggregateFunctionParams},
        lit, when,
    },
};

use crate::sources::sql::SqlQuery;

/// Moves what `plan` does below the union that it does it on, if a source can then do a part of it.
pub(super) fn work(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let moved = match &plan {
        // One source can do all of it.
        LogicalPlan::Aggregate(_) | LogicalPlan::Sort(_) if SqlQuery::of(&plan).is_ok() => None,
        LogicalPlan::Aggregate(aggregate) => aggregated(aggregate)?,
        LogicalPlan::Sort(sort) => first(sort)?,
        _ => None,
    };
    // What was moved is not moved again.
    Ok(moved.map_or_else(|| Transformed::no(plan), |moved| Transformed::new(moved, true, TreeNodeRecursion::Jump)))
}

fn first(sort: &Sort) -> Result<Option<LogicalPlan>> {
    let (Some((union, schema)), Some(_)) = (union_of(&sort.input), sort.fetch) else { return Ok(None) };
    let branches = branches(union, schema)?
        .into_iter()
        .map(|branch| LogicalPlan::Sort(Sort { expr: sort.expr.clone(), input: Arc::new(branch), fetch: sort.fetch }));
    let Some(union) = united(branches.collect())? else { return Ok(None) };
    let input = match sort.input.as_ref() {
        LogicalPlan::SubqueryAlias(SubqueryAlias { alias, .. }) => {
            LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(union), alias.clone())?)
        }
        _ => union,
    };
    Ok(Some(LogicalPlan::Sort(Sort { input: Arc::new(input), ..sort.clone() })))
}

fn aggregated(aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
    let Some((union, schema)) = union_of(&aggregate.input) else { return Ok(None) };
    let partial = |input: LogicalPlan| {
        Aggregate::try_new(Arc::new(input), aggregate.group_expr.clone(), aggregate.aggr_expr.clone())
            .map(LogicalPlan::Aggregate)
    };
    let groups = aggregate.group_expr.len();
    let is_plain = |expr: &Expr| !matches!(expr, Expr::GroupingSet(_));
    let results: Option<Vec<_>> = aggregate.aggr_expr.iter().map(combination).collect();
    let (Some(combinations), true) = (results, aggregate.group_expr.iter().all(is_plain)) else { return Ok(None) };
    let branches = branches(union, schema)?.into_iter().map(partial).collect::<Result<Vec<_>>>()?;
    let Some(parts) = united(branches)? else { return Ok(None) };
    let columns: Vec<_> = parts.schema().iter().map(|made| Expr::Column(Column::from(made))).collect();
    let keys = columns[..groups].to_vec();
    let results = columns[groups..].iter().zip(&combinations).map(|(column, combine)| combine(column.clone()));
    let all = LogicalPlanBuilder::from(parts).aggregate(keys, results.collect::<Vec<_>>())?.build()?;
    // Under the names and types of the aggregate that this stands for.
    let columns = aggregate.schema.iter().zip(all.schema().iter()).map(|((qualifier, field), made)| {
        let column = Expr::Column(Column::from(made));
        let is_same = made.1.data_type() == field.data_type();
        let column = if is_same { column } else { cast(column, field.data_type().clone()) };
        // Counts are never NULL; no part of them is, but sums may be.
        let is_count = !field.is_nullable() && made.1.is_nullable();
        let column = if is_count { when(column.clone().is_not_null(), column).otherwise(lit(0_i64))? } else { column };
        Ok(column.alias_qualified(qualifier.cloned(), field.name()))
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    LogicalPlanBuilder::from(all).project(columns)?.build().map(Some)
}

/// How the results of parts become the result of all, if they can.
fn combination(expr: &Expr) -> Option<Box<dyn Fn(Expr) -> Expr>> {
    let call = match expr {
        Expr::Alias(alias) => return combination(&alias.expr),
        Expr::AggregateFunction(call) if !call.params.distinct && call.params.order_by.is_empty() => call,
        _ => return None,
    };
    match call.func.name() {
        "count" => Some(Box::new(sum)),
        "sum" | "min" | "max" => {
            let func = Arc::clone(&call.func);
            Some(Box::new(move |part| {
                let params = AggregateFunctionParams {
                    args: vec![part],
                    distinct: false,
                    filter: None,
                    order_by: Vec::new(),
                    null_treatment: None,
                };
                Expr::AggregateFunction(AggregateFunction { func: Arc::clone(&func), params })
            }))
        }
        _ => None,
    }
}

/// The union that `plan` is, perhaps under another name, and the columns as they are named then.
fn union_of(plan: &LogicalPlan) -> Option<(&Union, &DFSchema)> {
    let union = if let LogicalPlan::SubqueryAlias(alias) = plan { &alias.input } else { plan };
    if let LogicalPlan::Union(union) = union { Some((union, plan.schema())) } else { None }
}

/// The branches of a union, with the columns named as in `schema`.
fn branches(union: &Union, schema: &DFSchema) -> Result<Vec<LogicalPlan>> {
    let named = |input: &Arc<LogicalPlan>| {
        let columns = input.schema().iter().zip(schema.iter()).map(|(own, (qualifier, field))| {
            Expr::Column(Column::from(own)).alias_qualified(qualifier.cloned(), field.name())
        });
        let columns: Vec<_> = columns.collect();
        LogicalPlanBuilder::from(Arc::clone(input)).project(columns)?.build()
    };
    union.inputs.iter().map(named).collect()
}

/// The union of `branches`, if a source can answer one of them.
fn united(branches: Vec<LogicalPlan>) -> Result<Option<LogicalPlan>> {
    if !branches.iter().any(|branch| SqlQuery::of(branch).is_ok()) {
        return Ok(None);
    }
    let branches = branches.into_iter().map(Arc::new).collect();
    Union::try_new_with_loose_types(branches).map(|union| Some(LogicalPlan::Union(union)))
}
