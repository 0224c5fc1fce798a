//! Aggregate functions.

use datafusion::{
    arrow::datatypes::DataType,
    logical_expr::{
        Cast, Expr,
        expr::{AggregateFunction, AggregateFunctionParams},
    },
};

use super::{
    Printed, Printer, Reason, Scalar, Scope,
    expression::type_of,
    operator::{digits, powers},
};
use crate::sources::sql::{
    Class,
    capability::{Guard, Kind},
};

impl Printer<'_> {
    /// An aggregate function over groups of rows.
    pub(super) fn aggregate(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        let whole = if let Expr::Alias(alias) = expr { alias.expr.as_ref() } else { expr };
        let Expr::AggregateFunction(AggregateFunction { func, params }) = whole else {
            return Err(self.unproven(whole));
        };
        let AggregateFunctionParams { args, distinct, filter, order_by, null_treatment } = params;
        if !order_by.is_empty() || null_treatment.is_some() {
            return Err(Reason::new(format!("`{whole}` depends on an order")));
        }
        let filter = match filter {
            Some(filter) => format!(" FILTER (WHERE {})", self.condition(filter, scope)?),
            None => String::new(),
        };
        let call = Call { name: func.name(), args, distinct: *distinct, whole };
        let kind = if *distinct { Kind::Distinct(call.name) } else { Kind::Aggregate(call.name) };
        self.accumulated(kind, &call, &[("filter", &filter)], scope)
    }

    /// One of the aggregates of the allow-list, with the clauses behind it.
    pub(super) fn accumulated(
        &mut self,
        kind: Kind<'_>,
        call: &Call<'_>,
        clauses: &[(&str, &str)],
        scope: &Scope<'_>,
    ) -> Printed<Scalar> {
        let Call { name, args, distinct, whole } = *call;
        let data_type = type_of(whole, scope)?;
        let operands = match args {
            [Expr::Literal(value, _)] if name == "count" && !distinct && !value.is_null() => Vec::new(),
            [Expr::Column(column)] if name == "count" && !distinct => vec![scope.column(column)?.counted()],
            [arg] => vec![self.summand(name, arg, scope)?],
            _ => return Err(self.unproven(whole)),
        };
        let references: Vec<_> = operands.iter().collect();
        let entry = self.entry(kind, &references, whole)?;
        if let Some((name, _)) = clauses.iter().find(|(name, text)| !text.is_empty() && !entry.has_hole(name)) {
            return Err(Reason::new(format!("`{whole}` has a clause that `{}` lacks there: {name}", entry.name)));
        }
        let texts = references.iter().map(|operand| match operand.class() {
            // The least text is the least by code point.
            Some(Class::Text) if matches!(name, "min" | "max") => operand.ordered(),
            _ => operand.operand(),
        });
        let texts = texts.collect::<Printed<Vec<_>>>()?;
        let ((up, down), scale) = match (entry.guard, digits(&data_type)) {
            (Guard::Scaled, Some((_, scale))) => (powers(scale), scale.to_string()),
            (Guard::Scaled, None) => return Err(self.unproven(whole)),
            _ => Default::default(),
        };
        let scaled = [("up", up.as_str()), ("down", down.as_str()), ("scale", scale.as_str())];
        let named: Vec<_> = clauses.iter().copied().chain(scaled).collect();
        let sql = entry.print(&texts, &named);
        let mut result = self.computed(sql, data_type, &references)?;
        result.nullable = name != "count";
        result.range = match name {
            "count" => Some((0, i64::MAX.into())),
            "min" | "max" => operands.first().and_then(Scalar::bounds),
            _ => None,
        };
        Ok(result)
    }

    /// What is aggregated. Integers that the engine widens before it adds them are added as they are.
    fn summand(&mut self, name: &str, arg: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        let widened = match (name, arg) {
            ("sum", Expr::Cast(Cast { expr, field })) if *field.data_type() == DataType::Int64 => Some(expr),
            ("avg", Expr::Cast(Cast { expr, field })) if *field.data_type() == DataType::Float64 => Some(expr),
            _ => None,
        };
        if let Some(inner) = widened {
            let scalar = self.operand(inner, scope)?;
            if matches!(scalar.class(), Some(Class::Int16 | Class::Int32)) {
                return Ok(scalar);
            }
        }
        self.operand(arg, scope)
    }
}

/// A call of an aggregate function.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// The function, as the engine calls it.
    pub name: &'a str,
    /// Its arguments.
    pub args: &'a [Expr],
    /// Over distinct values?
    pub distinct: bool,
    /// All of it.
    pub whole: &'a Expr,
}
