//! CASE and COALESCE: of several values of one class, one.

use std::fmt::Write;

use datafusion::logical_expr::{Case, Expr, Operator, expr::ScalarFunction};

use super::{Printed, Printer, Reason, Scalar, Scope, expression::type_of, range};
use crate::sources::sql::capability::Kind;

impl Printer<'_> {
    /// `CASE … END`, which `whole` is.
    pub(super) fn case(&mut self, whole: &Expr, case: &Case, scope: &Scope<'_>) -> Printed<Scalar> {
        let mut sql = "CASE".to_owned();
        let mut may_fail = false;
        let mut results = Vec::new();
        for (when, then) in &case.when_then_expr {
            let condition = match &case.expr {
                Some(operand) => self.comparison(operand, Operator::Eq, when, scope)?,
                None => self.scalar(when, scope)?,
            };
            may_fail |= condition.may_fail;
            let result = self.branch(then, scope)?;
            let _ = write!(sql, " WHEN {} THEN {}", condition.operand()?, text(result.as_ref()));
            results.push(result);
        }
        let otherwise = match &case.else_expr {
            Some(expr) => self.branch(expr, scope)?,
            None => None,
        };
        if otherwise.is_some() {
            let _ = write!(sql, " ELSE {}", text(otherwise.as_ref()));
        }
        results.push(otherwise);
        sql.push_str(" END");
        let mut result = self.chosen(whole, &format!("({sql})"), &results, scope)?;
        result.may_fail |= may_fail;
        Ok(result)
    }

    /// `coalesce(a, b, …)`, which `whole` is.
    pub(super) fn coalesce(&mut self, whole: &Expr, call: &ScalarFunction, scope: &Scope<'_>) -> Printed<Scalar> {
        let results = call.args.iter().map(|arg| self.branch(arg, scope)).collect::<Printed<Vec<_>>>()?;
        let texts: Vec<_> = results.iter().map(|result| text(result.as_ref())).collect();
        self.chosen(whole, &format!("coalesce({})", texts.join(", ")), &results, scope)
    }

    /// `nullif(one, other)`, which `whole` is.
    pub(super) fn nullif(&mut self, whole: &Expr, (one, other): (&Expr, &Expr), scope: &Scope<'_>) -> Printed<Scalar> {
        let (one, other) = (self.operand(one, scope)?, self.operand(other, scope)?);
        if one.class() != other.class() {
            return Err(Reason::new(format!("`{whole}` compares values of different types")));
        }
        let entry = self.entry(Kind::Function("nullif"), &[&one, &other], whole)?;
        let data_type = type_of(whole, scope)?;
        let sql = entry.print(&[one.ordered()?, other.ordered()?], &[]);
        let mut result = self.computed(sql, data_type, &[&one, &other])?;
        if let (Ok(comparison), Some(class)) = (&mut result.comparison, one.class()) {
            comparison.class = class;
        }
        result.nullable = true;
        result.range = one.bounds();
        Ok(result)
    }

    /// What is chosen; `None` for NULL, which is of every type.
    fn branch(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<Option<Scalar>> {
        match expr {
            Expr::Literal(value, _) if value.is_null() => Ok(None),
            expr => self.operand(expr, scope).map(Some),
        }
    }

    fn chosen(&mut self, whole: &Expr, sql: &str, results: &[Option<Scalar>], scope: &Scope<'_>) -> Printed<Scalar> {
        let data_type = type_of(whole, scope)?;
        let given: Vec<_> = results.iter().flatten().collect();
        let Some(first) = given.first() else { return Err(self.unproven(whole)) };
        if given.iter().any(|scalar| scalar.class() != first.class() || scalar.data_type != data_type) {
            return Err(Reason::new(format!("`{whole}` chooses among values of different types")));
        }
        self.entry(Kind::Choice, &[first], whole)?;
        let mut result = self.computed(sql.to_owned(), data_type, &given)?;
        if let (Ok(comparison), Some(class)) = (&mut result.comparison, first.class()) {
            comparison.class = class;
        }
        result.nullable |= given.len() < results.len();
        let bounds = given.iter().map(|scalar| scalar.bounds()).collect::<Option<Vec<_>>>();
        result.range = bounds.and_then(|bounds| bounds.into_iter().reduce(range::union));
        Ok(result)
    }
}

fn text(scalar: Option<&Scalar>) -> &str {
    scalar.map_or("NULL", Scalar::item)
}
