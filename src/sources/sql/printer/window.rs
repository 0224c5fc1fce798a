//! Window functions.

use datafusion::{
    logical_expr::{
        Expr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
        expr::{WindowFunction, WindowFunctionParams},
    },
    scalar::ScalarValue,
};

use super::{Printed, Printer, Reason, Scalar, Scope, aggregate::Call};
use crate::sources::sql::{
    Class,
    capability::{Guard, Kind},
};

impl Printer<'_> {
    /// A window function.
    pub(super) fn window(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        let whole = if let Expr::Alias(alias) = expr { alias.expr.as_ref() } else { expr };
        let Expr::WindowFunction(function) = whole else { return Err(self.unproven(whole)) };
        let WindowFunction { fun, params } = function.as_ref();
        let WindowFunctionParams { args, partition_by, order_by, window_frame, filter, null_treatment, distinct } =
            params;
        if *distinct || null_treatment.is_some() {
            return Err(self.unproven(whole));
        }
        let mut over = String::from(" OVER (");
        for (index, key) in partition_by.iter().enumerate() {
            let key = self.scalar(key, scope)?;
            let identity = key.identity(self.dialect).filter(|_| !key.may_fail && key.is_typed);
            let identity = identity.ok_or_else(|| Reason::new("the source may hold other values equal"))?;
            over.push_str(if index == 0 { "PARTITION BY " } else { ", " });
            over.push_str(identity);
        }
        let order = self.order(order_by, scope)?;
        if !order.is_empty() {
            over.push_str(if partition_by.is_empty() { "ORDER BY " } else { " ORDER BY " });
            over.push_str(&order.join(", "));
        }
        let is_ranking = matches!(fun, WindowFunctionDefinition::WindowUDF(_)) && !is_framed(fun.name());
        if !is_ranking {
            over.push(' ');
            over.push_str(&self.frame(window_frame)?);
        }
        over.push(')');
        let filter = match filter {
            Some(filter) => format!(" FILTER (WHERE {})", self.condition(filter, scope)?),
            None => String::new(),
        };
        let call = Call { name: fun.name(), args, distinct: false, whole };
        match fun {
            WindowFunctionDefinition::AggregateUDF(_) => {
                self.accumulated(Kind::Window(call.name), &call, &[("filter", &filter), ("over", &over)], scope)
            }
            WindowFunctionDefinition::WindowUDF(_) if filter.is_empty() => self.placed(&call, &over, scope),
            WindowFunctionDefinition::WindowUDF(_) => Err(self.unproven(whole)),
        }
    }

    /// A function of the place of a row among others.
    fn placed(&mut self, call: &Call<'_>, over: &str, scope: &Scope<'_>) -> Printed<Scalar> {
        let operands = call.args.iter().map(|arg| self.operand(arg, scope)).collect::<Printed<Vec<_>>>()?;
        let references: Vec<_> = operands.iter().collect();
        let entry = self.entry(Kind::Window(call.name), &references, call.whole)?;
        let is_distance = |arg: &Expr| matches!(arg, Expr::Literal(ScalarValue::Int64(Some(0..=0x7fff_ffff)), _));
        if entry.guard == Guard::Counted && !call.args.iter().skip(1).all(is_distance) {
            return Err(Reason::new(format!("`{}` looks no literal number of rows away", call.whole)));
        }
        let texts: Vec<_> = operands.iter().map(|operand| operand.select.as_str()).collect();
        let data_type = super::expression::type_of(call.whole, scope)?;
        let mut result = self.computed(entry.print(&texts, &[("over", over)]), data_type, &references)?;
        if let (Ok(comparison), Some(Class::Uuid)) = (&mut result.comparison, operands.first().and_then(Scalar::class))
        {
            comparison.class = Class::Uuid;
        }
        result.nullable |= !operands.is_empty();
        result.range = operands.first().and_then(Scalar::bounds);
        Ok(result)
    }

    /// The rows around a row.
    fn frame(&self, frame: &WindowFrame) -> Printed<String> {
        let units = match frame.units {
            WindowFrameUnits::Rows => "ROWS",
            WindowFrameUnits::Range => "RANGE",
            WindowFrameUnits::Groups => return Err(self.unproven("GROUPS")),
        };
        let bound = |bound: &WindowFrameBound| match bound {
            WindowFrameBound::CurrentRow => Ok("CURRENT ROW".to_owned()),
            WindowFrameBound::Preceding(rows) => Ok(format!("{} PRECEDING", self.rows(rows, frame.units)?)),
            WindowFrameBound::Following(rows) => Ok(format!("{} FOLLOWING", self.rows(rows, frame.units)?)),
        };
        Ok(format!("{units} BETWEEN {} AND {}", bound(&frame.start_bound)?, bound(&frame.end_bound)?))
    }

    /// How many rows; NULL is all of them.
    fn rows(&self, rows: &ScalarValue, units: WindowFrameUnits) -> Printed<String> {
        match (rows, units) {
            (rows, _) if rows.is_null() => Ok("UNBOUNDED".to_owned()),
            (ScalarValue::UInt64(Some(rows)), WindowFrameUnits::Rows) if i64::try_from(*rows).is_ok() => {
                Ok(rows.to_string())
            }
            _ => Err(self.unproven("a frame of other than a number of rows")),
        }
    }
}

/// Does the frame matter to the function?
fn is_framed(name: &str) -> bool {
    matches!(name, "first_value" | "last_value" | "nth_value")
}
