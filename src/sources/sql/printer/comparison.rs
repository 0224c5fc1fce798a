//! Comparisons and what connects them.

use datafusion::{
    arrow::datatypes::DataType,
    logical_expr::{
        Between, Cast, Expr, Operator,
        expr::{InList, Placeholder},
    },
    scalar::ScalarValue,
};

use super::{Printed, Printer, Reason, Scalar, Scope};
use crate::sources::sql::{
    Bind, Class,
    capability::Kind,
    literal::{MOST_BINDS, is_literal_type, literal, parameter_index},
};

impl Printer<'_> {
    /// `left op right`.
    pub(super) fn comparison(&mut self, left: &Expr, op: Operator, right: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        let (operand, op, value) = match (is_constant(left), is_constant(right)) {
            (_, true) => (left, op, right),
            (true, false) => match op.swap() {
                Some(swapped) => (right, swapped, left),
                None => return Err(self.unproven(&op)),
            },
            (false, false) => return self.comparison_of_operands(left, op, right, scope),
        };
        if is_distinctness(op) && matches!(value, Expr::Literal(value, _) if value.is_null()) {
            let word = if op == Operator::IsDistinctFrom { "NOT NULL" } else { "NULL" };
            return self.presence(operand, word, scope);
        }
        let scalar = self.compared(operand, scope)?;
        scalar.operand()?;
        let class = scalar.class().ok_or_else(|| self.unproven(operand))?;
        let (kind, what) = (kind_of(op), format!("{operand} {op} {value}"));
        let operands: &[&Scalar] = if is_float(class) { &[&scalar] } else { &[&scalar, &scalar] };
        self.entry(kind, operands, &what)?;
        let place = match value {
            Expr::Literal(value, _) => self.compared_literal(class, value, op)?,
            Expr::Placeholder(parameter) => self.compared_parameter(class, parameter, op)?,
            _ => return Err(self.unproven(&what)),
        };
        let operand = if kind == Kind::Order { scalar.ordered()? } else { scalar.operand()? };
        let sql = self.spelled(class, operand, op, &place)?;
        let mut result = self.computed(sql, DataType::Boolean, &[&scalar])?;
        result.nullable &= !is_distinctness(op);
        Ok(result)
    }

    fn comparison_of_operands(
        &mut self,
        left: &Expr,
        op: Operator,
        right: &Expr,
        scope: &Scope<'_>,
    ) -> Printed<Scalar> {
        let what = format!("{left} {op} {right}");
        let (left, right) = (self.compared(left, scope)?, self.compared(right, scope)?);
        left.operand().and(right.operand())?;
        let Some(class) = left.class().filter(|class| right.class() == Some(*class) && !is_float(*class)) else {
            return Err(self.unproven(&what));
        };
        self.entry(kind_of(op), &[&left, &right], &what)?;
        let sql = self.spelled(class, left.ordered()?, op, right.ordered()?)?;
        let mut result = self.computed(sql, DataType::Boolean, &[&left, &right])?;
        result.nullable &= !is_distinctness(op);
        Ok(result)
    }

    /// An operand of a comparison. Sources compare integers of all widths by their values, so none is widened.
    pub(super) fn compared(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        let Expr::Cast(Cast { expr: inner, field }) = expr else { return self.scalar(expr, scope) };
        let scalar = self.compared(inner, scope)?;
        let class = match (scalar.class(), field.data_type()) {
            (Some(Class::Int16 | Class::Int32), DataType::Int64) => Class::Int64,
            (Some(Class::Int16), DataType::Int32) => Class::Int32,
            _ => return self.scalar(expr, scope),
        };
        Ok(Scalar {
            data_type: field.data_type().clone(),
            range: scalar.bounds(),
            comparison: scalar.comparison.map(|comparison| crate::sources::sql::Comparison { class, ..comparison }),
            ..scalar
        })
    }

    fn spelled(&self, class: Class, left: &str, op: Operator, right: &str) -> Printed<String> {
        let symbol = match op {
            Operator::Eq => "=",
            Operator::NotEq => "<>",
            Operator::Lt => "<",
            Operator::LtEq => "<=",
            Operator::Gt => ">",
            Operator::GtEq => ">=",
            Operator::IsDistinctFrom => return Ok(self.dialect.distinct(class, left, right, false)),
            Operator::IsNotDistinctFrom => return Ok(self.dialect.distinct(class, left, right, true)),
            other => return Err(self.unproven(&other)),
        };
        Ok(self.dialect.compared(class, left, symbol, right))
    }

    /// `x [NOT] BETWEEN low AND high`.
    pub(super) fn between(&mut self, between: &Between, scope: &Scope<'_>) -> Printed<Scalar> {
        let (low, high, joint) =
            if between.negated { (Operator::Lt, Operator::Gt, "OR") } else { (Operator::GtEq, Operator::LtEq, "AND") };
        let low = self.comparison(&between.expr, low, &between.low, scope)?;
        let high = self.comparison(&between.expr, high, &between.high, scope)?;
        let sql = format!("({} {joint} {})", low.operand()?, high.operand()?);
        self.computed(sql, DataType::Boolean, &[&low, &high])
    }

    /// `x [NOT] IN (values)`. NULLs among them are the engine's to judge.
    pub(super) fn membership(&mut self, list: &InList, scope: &Scope<'_>) -> Printed<Scalar> {
        let scalar = self.compared(&list.expr, scope)?;
        let class = scalar.class().ok_or_else(|| self.unproven(&list.expr))?;
        self.entry(Kind::Membership, &[&scalar], &format!("{} IN (…)", list.expr))?;
        let value = |item: &Expr| match item {
            Expr::Literal(value, _) => literal(class, &super::constant::signed(value), Operator::Eq),
            _ => None,
        };
        let values: Option<Vec<_>> = list.list.iter().map(value).collect();
        let takes = |values: &Vec<ScalarValue>| {
            let list = values.first().map(|first| ScalarValue::new_list_nullable(values, &first.data_type()));
            list.is_some_and(|list| self.dialect.takes(&ScalarValue::List(list)))
        };
        match values {
            Some(values) if values.len() <= MOST_BINDS && takes(&values) => {
                let operand = scalar.operand()?;
                let sql = self.dialect.membership(operand, class, values, list.negated, &mut self.binds);
                self.computed(sql, DataType::Boolean, &[&scalar])
            }
            _ => Err(Reason::new("an IN list of other things than literals")),
        }
    }

    /// `needle = ANY(:list)` while the list is open. Of literals the engine itself makes `IN`.
    pub(super) fn open_membership(&mut self, needle: &Expr, list: &Placeholder, scope: &Scope<'_>) -> Printed<Scalar> {
        let scalar = self.compared(needle, scope)?;
        let element = match list.field.as_ref().map(|field| field.data_type()) {
            Some(DataType::List(element)) => Some(element.data_type()),
            _ => None,
        };
        let class = scalar.class().filter(|class| element.is_some_and(|element| is_literal_type(*class, element)));
        let (Some(class), Some(index)) = (class, parameter_index(list)) else {
            return Err(Reason::new("a list of another type than what is looked for"));
        };
        self.entry(Kind::OpenMembership, &[&scalar], &format!("{needle} = ANY (…)"))?;
        let bind = Bind::Parameter { index, class, op: Operator::Eq, is_list: true };
        let sql = self.dialect.array_membership(scalar.operand()?, &mut self.binds, bind);
        let sql = sql.ok_or_else(|| Reason::new("lists are no values in the source"))?;
        self.computed(sql, DataType::Boolean, &[&scalar])
    }

    /// `x AND y`, `x OR y`. Which side is evaluated first is each system's own choice.
    pub(super) fn connection(&mut self, left: &Expr, op: Operator, right: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        let (first, second) = (self.scalar(left, scope)?, self.scalar(right, scope)?);
        if first.may_fail || second.may_fail {
            return Err(Reason::new(format!("`{left} {op} {right}` can fail, depending on what is evaluated first")));
        }
        let entry = self.entry(Kind::Operator(op), &[&first, &second], &op)?;
        self.applied(entry, &[&first, &second], DataType::Boolean)
    }

    /// `NOT x`.
    pub(super) fn negation(&mut self, inner: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        let scalar = self.scalar(inner, scope)?;
        let entry = self.entry(Kind::Not, &[&scalar], &"NOT")?;
        self.applied(entry, &[&scalar], DataType::Boolean)
    }

    /// `x IS [NOT] TRUE`, `x IS [NOT] FALSE`.
    pub(super) fn truth(&mut self, inner: &Expr, word: &str, scope: &Scope<'_>) -> Printed<Scalar> {
        let scalar = self.scalar(inner, scope)?;
        self.entry(Kind::Truth, &[&scalar], &format!("IS {word}"))?;
        let mut result = self.computed(format!("({} IS {word})", scalar.operand()?), DataType::Boolean, &[&scalar])?;
        result.nullable = false;
        Ok(result)
    }

    /// `x IS [NOT] NULL`: of any column, whatever its values are.
    pub(super) fn presence(&mut self, inner: &Expr, word: &str, scope: &Scope<'_>) -> Printed<Scalar> {
        let scalar = self.scalar(inner, scope)?;
        let named = matches!(inner, Expr::Column(_) | Expr::OuterReferenceColumn(..));
        if !named {
            scalar.operand()?;
        }
        self.entry(Kind::Presence, &[&scalar.counted()], &format!("IS {word}"))?;
        let mut result = self.computed(format!("({} IS {word})", scalar.presence), DataType::Boolean, &[&scalar])?;
        result.nullable = false;
        Ok(result)
    }
}

/// Is it known before any row is read?
pub(super) const fn is_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(..) | Expr::Placeholder(_))
}

const fn is_float(class: Class) -> bool {
    matches!(class, Class::Float32 | Class::Float64)
}

const fn is_distinctness(op: Operator) -> bool {
    matches!(op, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom)
}

const fn kind_of(op: Operator) -> Kind<'static> {
    match op {
        Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => Kind::Order,
        _ => Kind::Equality,
    }
}
