//! Sums that fail instead of wrapping around: what the engine adds up beyond 64 bits would be silently wrong.
//!
//! A sum of 64-bit integers is computed with 38 digits and taken back to 64 bits, which fails where it does not fit; a sum
//! of decimals that may need more than 38 digits is computed with 76. Sources do the same.

use datafusion::{
    arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType},
    common::{
        Column, DFSchema, Result,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Window, cast},
};

/// All 64-bit integers.
const DIGITS: DataType = DataType::Decimal128(19, 0);
/// With so many digits more, no memory holds so many numbers that their sum would not fit.
const HEADROOM: u8 = 10;

/// `plan`, whose types are coerced, with exact sums.
pub(super) fn sums(plan: LogicalPlan) -> Result<LogicalPlan> {
    Ok(plan.transform_up_with_subqueries(in_operator)?.data)
}

fn in_operator(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let (input, exprs) = match &plan {
        LogicalPlan::Aggregate(aggregate) => (&aggregate.input, &aggregate.aggr_expr),
        LogicalPlan::Window(window) => (&window.input, &window.window_expr),
        _ => return Ok(Transformed::no(plan)),
    };
    let widened = exprs.iter().map(|expr| widen(expr, input.schema())).collect::<Result<Vec<_>>>()?;
    if widened.iter().all(|expr| !expr.transformed) {
        return Ok(Transformed::no(plan));
    }
    let first = plan.schema().fields().len() - exprs.len();
    let is_wide: Vec<_> = widened.iter().map(|expr| expr.transformed).collect();
    let widened: Vec<_> = widened.into_iter().map(|expr| expr.data).collect();
    let wide = match &plan {
        LogicalPlan::Aggregate(aggregate) => {
            LogicalPlan::Aggregate(Aggregate::try_new(aggregate.input.clone(), aggregate.group_expr.clone(), widened)?)
        }
        _ => LogicalPlan::Window(Window::try_new(widened, input.clone())?),
    };
    let columns = plan.schema().iter().zip(wide.schema().iter()).enumerate().map(|(index, (own, made))| {
        let column = Expr::Column(Column::from(made));
        match index.checked_sub(first).and_then(|index| is_wide.get(index)) {
            Some(true) => cast(column, own.1.data_type().clone()).alias_qualified(own.0.cloned(), own.1.name()),
            _ => column,
        }
    });
    let columns: Vec<_> = columns.collect();
    Ok(Transformed::yes(LogicalPlanBuilder::from(wide).project(columns)?.build()?))
}

/// The sum in `expr` with more digits, if it needs them.
fn widen(expr: &Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    expr.clone().transform_up(|mut expr| {
        let arguments = match &mut expr {
            Expr::AggregateFunction(call) if call.func.name() == "sum" => call.params.args.as_mut_slice(),
            Expr::WindowFunction(call) if call.fun.name() == "sum" => call.params.args.as_mut_slice(),
            _ => &mut [],
        };
        let [argument] = arguments else { return Ok(Transformed::no(expr)) };
        let Some(wider) = wider(argument, schema)? else { return Ok(Transformed::no(expr)) };
        *argument = cast(argument.clone(), wider);
        Ok(Transformed::yes(expr))
    })
}

/// The type in which a sum of `expr` cannot wrap around; `None` where it cannot anyway. No memory holds so many 32-bit
/// integers that their sum would not fit.
fn wider(expr: &Expr, schema: &DFSchema) -> Result<Option<DataType>> {
    if let Expr::Cast(inner) = expr {
        let narrow =
            [DataType::Int8, DataType::Int16, DataType::Int32, DataType::UInt8, DataType::UInt16, DataType::UInt32];
        if narrow.contains(&inner.expr.get_type(schema)?) {
            return Ok(None);
        }
    }
    Ok(match expr.get_type(schema)? {
        DataType::Int64 => Some(DIGITS),
        DataType::Decimal128(precision, scale) if precision > DECIMAL128_MAX_PRECISION - HEADROOM => {
            Some(DataType::Decimal256(precision, scale))
        }
        _ => None,
    })
}
