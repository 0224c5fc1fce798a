//! Expressions: each by its entry in the dialect's allow-list.

use std::fmt::Display;

use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator},
};

use super::{Printed, Printer, Reason, Scalar, Scope};
use crate::sources::sql::{
    Class,
    capability::{Entry, Kind},
    literal::MOST_BINDS,
};

/// Expressions nested deeper than this stay here.
const DEEPEST: usize = 100;
/// Conditions in one statement: `SQLite` nests a conjunction of so many, and of what is in them, at most 1000 deep.
const MOST_CONDITIONS: usize = 500;

impl Printer<'_> {
    /// `expr` as the source computes it.
    pub(super) fn scalar(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        if self.depth > DEEPEST {
            return Err(Reason::new("an expression that is nested too deep"));
        }
        self.depth += 1;
        let scalar = self.shallow(expr, scope);
        self.depth -= 1;
        scalar
    }

    fn shallow(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        match expr {
            Expr::Column(name) => scope.column(name).cloned(),
            Expr::OuterReferenceColumn(_, name) => scope.outer(name).cloned(),
            Expr::Alias(alias) => self.scalar(&alias.expr, scope),
            Expr::Literal(value, _) => self.constant(value),
            Expr::Placeholder(parameter) => self.parameter(parameter),
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
                Operator::And | Operator::Or => self.connection(left, *op, right, scope),
                op if is_comparison(*op) => self.comparison(left, *op, right, scope),
                _ => self.operation(expr, (left, *op, right), scope),
            },
            Expr::Not(inner) => self.negation(inner, scope),
            Expr::IsNull(inner) | Expr::IsUnknown(inner) => self.presence(inner, "NULL", scope),
            Expr::IsNotNull(inner) | Expr::IsNotUnknown(inner) => self.presence(inner, "NOT NULL", scope),
            Expr::IsTrue(inner) => self.truth(inner, "TRUE", scope),
            Expr::IsFalse(inner) => self.truth(inner, "FALSE", scope),
            Expr::IsNotTrue(inner) => self.truth(inner, "NOT TRUE", scope),
            Expr::IsNotFalse(inner) => self.truth(inner, "NOT FALSE", scope),
            Expr::Between(between) => self.between(between, scope),
            Expr::InList(list) => self.membership(list, scope),
            Expr::Like(like) => self.like(like, scope),
            Expr::Negative(inner) => self.negative(expr, inner, scope),
            Expr::Case(case) => self.case(expr, case, scope),
            Expr::Cast(cast) => self.cast(expr, cast, scope),
            Expr::ScalarFunction(call) => self.function(expr, call, scope),
            Expr::Exists(exists) => self.exists(&exists.subquery, exists.negated, scope),
            Expr::InSubquery(expr) => self.in_subquery(expr, scope),
            Expr::ScalarSubquery(subquery) => self.scalar_subquery(subquery, scope),
            other => Err(self.unproven(other)),
        }
    }

    /// `expr` as a condition: it chooses rows, so it must not fail.
    ///
    /// # Errors
    /// Why it is none in the source; then nothing was bound for it.
    pub fn condition(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<String> {
        let (binds, used) = (self.binds.len(), self.used.len());
        let condition = self.checked_condition(expr, scope);
        if condition.is_ok() {
            self.conditions += 1;
        } else {
            self.binds.truncate(binds);
            self.used.truncate(used);
        }
        condition
    }

    fn checked_condition(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<String> {
        let scalar = self.scalar(expr, scope)?;
        if scalar.may_fail {
            return Err(Reason::new(format!("`{expr}` can fail, and a source may evaluate it for other rows")));
        }
        if self.binds.len() > MOST_BINDS {
            return Err(Reason::new("more values than a statement takes"));
        }
        if self.conditions >= MOST_CONDITIONS {
            return Err(Reason::new("more conditions than a statement takes"));
        }
        match (scalar.operand()?, scalar.class(), &scalar.data_type) {
            (operand, Some(Class::Bool), DataType::Boolean) => Ok(operand.to_owned()),
            _ => Err(Reason::new(format!("`{expr}` is no condition in the source"))),
        }
    }

    /// An operand of something that computes: of the class that its type says, whatever is stored.
    pub(super) fn operand(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        let scalar = self.scalar(expr, scope)?;
        scalar.operand()?;
        if scalar.is_typed { Ok(scalar) } else { Err(Reason::new(UNTYPED)) }
    }

    /// The entry for `kind` over `operands`; it is noted that it is used. `what` is for people.
    pub(super) fn entry(
        &mut self,
        kind: Kind<'_>,
        operands: &[&Scalar],
        what: &dyn Display,
    ) -> Printed<&'static Entry> {
        let classes: Option<Vec<_>> = operands.iter().map(|operand| operand.class()).collect();
        let found = classes.and_then(|classes| self.dialect.capabilities().find(kind, &classes, self.version));
        let entry = found.ok_or_else(|| self.unproven(what))?;
        self.used.push(entry.name);
        Ok(entry)
    }

    /// Notes that the node `name` of a plan is used.
    pub(super) fn node(&mut self, name: &'static str) -> Printed<()> {
        let entry = self.dialect.capabilities().node(name, self.version).ok_or_else(|| self.unproven(name))?;
        self.used.push(entry.name);
        Ok(())
    }

    /// `entry` over `operands`, of `data_type` in the engine.
    pub(super) fn applied(&self, entry: &Entry, operands: &[&Scalar], data_type: DataType) -> Printed<Scalar> {
        let texts = operands.iter().map(|operand| operand.operand()).collect::<Printed<Vec<_>>>()?;
        self.computed(entry.print(&texts, &[]), data_type, operands)
    }

    /// What `sql` computes of `operands`, of `data_type` in the engine: NULL only if one of them is, and failing only if
    /// one of them does.
    pub(super) fn computed(&self, sql: String, data_type: DataType, operands: &[&Scalar]) -> Printed<Scalar> {
        let has_digits = decimal(&data_type).is_none_or(|(digits, scale)| self.dialect.has_decimals(digits, scale));
        let class = class_of(&data_type).filter(|class| has_digits && self.dialect.has(*class));
        let class = class.ok_or_else(|| {
            Reason::new(format!("values of type {data_type} are not sent to {}", self.dialect.name()))
        })?;
        let mut scalar = Scalar::computed(sql, class, data_type, operands.iter().any(|operand| operand.nullable));
        scalar.may_fail = operands.iter().any(|operand| operand.may_fail);
        if let (Class::Text, Ok(comparison)) = (class, &mut scalar.comparison) {
            // The collation of what is computed of a text is that of the text, or none.
            comparison.equality = self.dialect.by_code_point(&scalar.select);
            comparison.order.clone_from(&comparison.equality);
        }
        Ok(scalar)
    }

    /// Why `what` is not sent.
    pub(super) fn unproven(&self, what: &(impl Display + ?Sized)) -> Reason {
        Reason::new(format!("`{what}` is not proven to give the same result in {}", self.dialect.name()))
    }
}

/// Why a column of a table without declared types is no operand.
pub(super) const UNTYPED: &str = "its table may hold values of another type than it declares";

/// Of a decimal type, the most digits of a value.
const fn decimal(data_type: &DataType) -> Option<(u8, i8)> {
    match data_type {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => Some((*precision, *scale)),
        _ => None,
    }
}

/// The engine's type of `expr`.
pub(super) fn type_of(expr: &Expr, scope: &Scope<'_>) -> Printed<DataType> {
    expr.get_type(scope.schema).map_err(|error| Reason::new(error.strip_backtrace()))
}

/// What values of a type are in a source.
pub(super) fn class_of(data_type: &DataType) -> Option<Class> {
    Some(match data_type {
        DataType::Boolean => Class::Bool,
        DataType::Int16 => Class::Int16,
        DataType::Int32 => Class::Int32,
        DataType::Int64 | DataType::UInt64 => Class::Int64,
        DataType::Float32 => Class::Float32,
        DataType::Float64 => Class::Float64,
        DataType::Decimal128(..) | DataType::Decimal256(..) => Class::Decimal,
        DataType::Utf8 => Class::Text,
        DataType::Binary => Class::Binary,
        DataType::Date32 => Class::Date,
        DataType::Timestamp(TimeUnit::Microsecond, None) => Class::Timestamp,
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => Class::TimestampTz,
        _ => return None,
    })
}

const fn is_comparison(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
    )
}
