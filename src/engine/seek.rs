//! The order of a page and the predicate that seeks behind its last row.
//!
//! `page.order` then `page.key` is a total order. Text goes by code point, NULLs where the term says, −0 equals 0, NaN is
//! above all numbers. The predicates are written so that a source which compares floats as `PostgreSQL` does and an engine
//! which compares them by IEEE 754's totalOrder agree on every row: zeros are compared as a range, signs of NaN are not
//! trusted.

use datafusion::{
    arrow::datatypes::DataType,
    common::{Column, Result, ScalarValue},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, SortExpr, lit, when},
};

use crate::catalog::{Direction, OrderTerm, Page};

/// The terms of a page's whole order: `page.order`, then the columns of `page.key` that it does not name.
pub(super) fn terms(page: &Page) -> Vec<OrderTerm> {
    completed(page.order.iter().map(|term| term.value.clone()).collect(), page)
}

/// `terms`, then the columns of `page.key` that they do not name.
pub(super) fn completed(mut terms: Vec<OrderTerm>, page: &Page) -> Vec<OrderTerm> {
    for column in &page.key {
        if !terms.iter().any(|term| term.column == column.value) {
            terms.push(OrderTerm { column: column.value.clone(), direction: Direction::Ascending, nulls_first: false });
        }
    }
    terms
}

/// All rows of `plan` in the order of `terms`.
pub(super) fn ordered(plan: LogicalPlan, terms: &[OrderTerm]) -> Result<LogicalPlan> {
    let order = terms.iter().map(|term| Key::of(&plan, term)?.sort()).collect::<Result<Vec<_>>>()?;
    LogicalPlanBuilder::from(plan).sort(order)?.build()
}

/// The first `rows` rows of `plan` in the order of `terms`, behind the row whose values are `after`.
pub(super) fn page(plan: LogicalPlan, terms: &[OrderTerm], after: Option<&[Edge]>, rows: usize) -> Result<LogicalPlan> {
    let columns = terms.iter().map(|term| Key::of(&plan, term)).collect::<Result<Vec<_>>>()?;
    let mut builder = LogicalPlanBuilder::from(plan);
    if let Some(edges) = after {
        let edges =
            columns.iter().zip(edges).map(|(key, edge)| edge.cast_to(&key.data_type)).collect::<Result<Vec<_>>>()?;
        builder = builder.filter(behind(&columns, &edges)?)?;
    }
    let order = columns.iter().map(Key::sort).collect::<Result<Vec<_>>>()?;
    builder.sort(order)?.limit(0, Some(rows))?.build()
}

/// What a column of the order is compared with to find the rows behind a page.
#[derive(Clone, Debug)]
pub(super) enum Edge {
    /// The value in the last row of the page.
    Value(ScalarValue),
    /// The same, known only when the plan runs: neither NULL nor a float.
    Parameter(Expr),
}

impl Edge {
    fn cast_to(&self, data_type: &DataType) -> Result<Self> {
        Ok(match self {
            Self::Value(value) => Self::Value(value.cast_to(data_type)?),
            Self::Parameter(_) => self.clone(),
        })
    }

    fn expr(&self) -> Expr {
        match self {
            Self::Value(value) => lit(value.clone()),
            Self::Parameter(parameter) => parameter.clone(),
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Value(value) if value.is_null())
    }

    fn float(&self) -> Option<f64> {
        match self {
            Self::Value(ScalarValue::Float64(number)) => *number,
            Self::Value(ScalarValue::Float32(number)) => number.map(f64::from),
            Self::Value(ScalarValue::Float16(number)) => number.map(f64::from),
            _ => None,
        }
    }
}

/// One column of the order.
struct Key {
    column: Expr,
    data_type: DataType,
    nullable: bool,
    ascending: bool,
    nulls_first: bool,
}

impl Key {
    fn of(plan: &LogicalPlan, term: &OrderTerm) -> Result<Self> {
        let (qualifier, field) = plan.schema().qualified_field_with_unqualified_name(&term.column)?;
        Ok(Self {
            column: Expr::Column(Column::from((qualifier, field))),
            data_type: field.data_type().clone(),
            nullable: field.is_nullable(),
            ascending: term.direction == Direction::Ascending,
            nulls_first: term.nulls_first,
        })
    }

    fn sort(&self) -> Result<SortExpr> {
        let value = if self.is_float() {
            when(self.is_nan()?, self.float(f64::NAN)?).otherwise(self.column.clone() + self.float(0.0)?)?
        } else {
            self.column.clone()
        };
        Ok(value.sort(self.ascending, self.nulls_first))
    }

    fn is_float(&self) -> bool {
        matches!(self.data_type, DataType::Float16 | DataType::Float32 | DataType::Float64)
    }

    fn float(&self, value: f64) -> Result<Expr> {
        ScalarValue::from(value).cast_to(&self.data_type).map(lit)
    }

    fn is_nan(&self) -> Result<Expr> {
        let above = self.column.clone().gt(self.float(f64::INFINITY)?);
        Ok(above.or(self.column.clone().lt(self.float(f64::NEG_INFINITY)?)))
    }

    /// Rows that this term does not tell apart from `value`.
    fn same(&self, value: &Edge) -> Result<Expr> {
        let column = self.column.clone();
        if value.is_null() {
            return Ok(column.is_null());
        }
        match value.float() {
            Some(number) if number.is_nan() => self.is_nan(),
            Some(0.0) => Ok(column.clone().gt_eq(self.float(-0.0)?).and(column.lt_eq(self.float(0.0)?))),
            _ => Ok(column.eq(value.expr())),
        }
    }

    /// Rows that this term puts behind `value`. `None`: there are none.
    fn beyond(&self, value: &Edge) -> Result<Option<Expr>> {
        if value.is_null() {
            return Ok((self.nulls_first && self.nullable).then(|| self.column.clone().is_not_null()));
        }
        let beyond = match (value.float(), self.ascending) {
            (Some(number), true) => self.above(number, value)?,
            (Some(number), false) => Some(self.below(number, value)?),
            (None, true) => Some(self.column.clone().gt(value.expr())),
            (None, false) => Some(self.column.clone().lt(value.expr())),
        };
        if self.nulls_first || !self.nullable {
            return Ok(beyond);
        }
        let null = self.column.clone().is_null();
        Ok(Some(match beyond {
            Some(beyond) => beyond.or(null),
            None => null,
        }))
    }

    /// Rows that are not before `value`.
    fn bound(&self, value: &Edge) -> Result<Expr> {
        if value.is_null() || self.is_float() {
            let same = self.same(value)?;
            return Ok(match self.beyond(value)? {
                Some(beyond) => beyond.or(same),
                None => same,
            });
        }
        let column = self.column.clone();
        let bound = if self.ascending { column.gt_eq(value.expr()) } else { column.lt_eq(value.expr()) };
        Ok(if self.nullable && !self.nulls_first { bound.or(self.column.clone().is_null()) } else { bound })
    }

    fn above(&self, number: f64, value: &Edge) -> Result<Option<Expr>> {
        if number.is_nan() {
            return Ok(None);
        }
        let bound = if number == 0.0 { self.float(0.0)? } else { value.expr() };
        // Below negative infinity there is only a NaN with its sign set, and a NaN is above all numbers.
        Ok(Some(self.column.clone().gt(bound).or(self.column.clone().lt(self.float(f64::NEG_INFINITY)?))))
    }

    fn below(&self, number: f64, value: &Edge) -> Result<Expr> {
        let column = self.column.clone();
        let number_only = column.clone().gt_eq(self.float(f64::NEG_INFINITY)?);
        let bound = if number.is_nan() {
            column.lt_eq(self.float(f64::INFINITY)?)
        } else if number == 0.0 {
            column.lt(self.float(-0.0)?)
        } else {
            column.lt(value.expr())
        };
        Ok(bound.and(number_only))
    }
}

/// `(a behind va) OR (a = va AND b behind vb) OR …`, and before it a plain bound on `a`: true of the same rows and more,
/// and what an index or a file's statistics can use.
fn behind(keys: &[Key], values: &[Edge]) -> Result<Expr> {
    let mut predicate = lit(false);
    for (key, value) in keys.iter().zip(values).rev() {
        let tied = key.same(value)?.and(predicate);
        predicate = match key.beyond(value)? {
            Some(beyond) => beyond.or(tied),
            None => tied,
        };
    }
    match (keys.first(), values.first()) {
        (Some(key), Some(value)) => Ok(key.bound(value)?.and(predicate)),
        _ => Ok(lit(true)),
    }
}
