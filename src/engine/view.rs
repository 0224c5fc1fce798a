//! What a consumer makes of a query's result: fewer columns, fewer rows, another order.

use std::{
    hash::{Hash as _, Hasher},
    sync::Arc,
};

use datafusion::{
    arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef, TimeUnit},
    common::{Column, Result, ScalarValue},
    functions_nested::expr_fn::array_has,
    logical_expr::{Expr, LogicalPlan, Operator, binary_expr, cast, lit},
};
use sha2::{Digest as _, Sha256};

use super::{kept::parameter, own_order, shaping::State};
use crate::catalog::OrderTerm;

/// A view of a result. The values of its filters follow those of the query's parameters and policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct View {
    /// The columns that are wanted, in this order. None: all.
    pub fields: Option<Vec<String>>,
    /// All of them hold of a row.
    pub filters: Vec<Filter>,
    /// The order before the key. Empty: the query's own.
    pub sort: Vec<OrderTerm>,
}

/// One condition on a row of the result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    /// An output column.
    pub column: String,
    /// The type in which it leaves, and that of the values.
    pub data_type: DataType,
    /// What holds of it.
    pub condition: Condition,
}

/// What holds of a column. Of NULL nothing does, but that it is NULL.
///
/// Floats are compared as pages order them: −0 equals 0, and NaN, which no value is, is above all numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `column op value`. Of floats, equality takes two values: the least and the greatest that count as equal.
    Compared(Operator),
    /// It is in a list, the only value.
    In,
    /// It is like a pattern, the only value: `%` stands for any text, `_` for any character, and `\` escapes them.
    Like,
    /// It is in a state. There are no values.
    Is(State),
}

impl View {
    /// The columns of `schema` that are shown.
    #[must_use]
    pub fn schema(&self, schema: &SchemaRef) -> SchemaRef {
        match &self.fields {
            None => Arc::clone(schema),
            Some(fields) => {
                let fields: Vec<_> =
                    fields.iter().filter_map(|name| schema.field_with_name(name).ok()).cloned().collect();
                Arc::new(Schema::new(fields))
            }
        }
    }

    /// Adds it to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        self.hash(&mut Digester(digest));
    }

    /// The rows of `plan` that are wanted, in the order that `plan` gives them unless another is asked for. The last of
    /// `values` values are those of the filters.
    pub(super) fn filtered(&self, plan: LogicalPlan, values: usize) -> Result<LogicalPlan> {
        if self.filters.is_empty() {
            return Ok(plan);
        }
        let mut next = values.saturating_sub(self.filters.iter().map(Filter::values).sum());
        let mut predicates = Vec::with_capacity(self.filters.len());
        for filter in &self.filters {
            let (qualifier, field) = plan.schema().qualified_field_with_unqualified_name(&filter.column)?;
            let column = filter.operand(Expr::Column(Column::from((qualifier, field))), field);
            let values = (next..next + filter.values()).map(|index| filter.parameter(index)).collect::<Vec<_>>();
            predicates.push(filter.predicate(column, &values)?);
            next += values.len();
        }
        own_order::filtered(plan, predicates, self.sort.is_empty())
    }
}

impl Filter {
    /// How many values it takes.
    fn values(&self) -> usize {
        match self.condition {
            Condition::Compared(Operator::Eq | Operator::NotEq) if self.data_type.is_floating() => 2,
            Condition::Compared(_) | Condition::In | Condition::Like => 1,
            Condition::Is(_) => 0,
        }
    }

    /// The value at `index` of all values of the request.
    fn parameter(&self, index: usize) -> Expr {
        match self.condition {
            Condition::In => parameter(index, &DataType::new_list(self.data_type.clone(), true)),
            _ => parameter(index, &self.data_type),
        }
    }

    /// `column`, which is `field` in the plan, in the unit of time in which it leaves.
    fn operand(&self, column: Expr, field: &FieldRef) -> Expr {
        match (field.data_type(), &self.data_type) {
            (DataType::Timestamp(unit, _), DataType::Timestamp(TimeUnit::Microsecond, _))
                if *unit != TimeUnit::Microsecond =>
            {
                cast(column, self.data_type.clone())
            }
            _ => column,
        }
    }

    fn predicate(&self, column: Expr, values: &[Expr]) -> Result<Expr> {
        Ok(match (self.condition, values) {
            (Condition::Is(State::Null), _) => column.is_null(),
            (Condition::Is(State::NotNull), _) => column.is_not_null(),
            (Condition::Is(State::True), _) => column.is_true(),
            (Condition::Is(State::False), _) => column.is_false(),
            (Condition::Is(State::Nan), _) => {
                let [least, greatest] = self.infinities()?;
                column.clone().gt(greatest).or(column.lt(least))
            }
            (Condition::Is(State::NotNan), _) => {
                let [least, greatest] = self.infinities()?;
                column.clone().lt_eq(greatest).and(column.gt_eq(least))
            }
            (Condition::In, [list]) => array_has(list.clone(), column),
            (Condition::Like, [pattern]) => column.like(pattern.clone()),
            (Condition::Compared(Operator::Eq), [least, greatest]) => {
                column.clone().gt_eq(least.clone()).and(column.lt_eq(greatest.clone()))
            }
            (Condition::Compared(Operator::NotEq), [least, greatest]) => {
                column.clone().lt(least.clone()).or(column.gt(greatest.clone()))
            }
            (Condition::Compared(operator), [value]) => {
                let compared = binary_expr(column.clone(), operator, value.clone());
                match operator {
                    _ if !self.data_type.is_floating() => compared,
                    // Below negative infinity there is only a NaN with its sign set, and a NaN is above all numbers.
                    Operator::Gt | Operator::GtEq => compared.or(column.lt(self.infinities()?[0].clone())),
                    _ => compared.and(column.gt_eq(self.infinities()?[0].clone())),
                }
            }
            _ => return datafusion::common::internal_err!("a filter on `{}` lacks a value", self.column),
        })
    }

    /// Both, of the column's type.
    fn infinities(&self) -> Result<[Expr; 2]> {
        let infinity = |value: f64| ScalarValue::from(value).cast_to(&self.data_type).map(lit);
        Ok([infinity(f64::NEG_INFINITY)?, infinity(f64::INFINITY)?])
    }
}

/// Lets what can be hashed be digested.
pub(super) struct Digester<'a>(pub &'a mut Sha256);

impl Hasher for Digester<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks: the digest is the result.
    fn finish(&self) -> u64 {
        0
    }
}
