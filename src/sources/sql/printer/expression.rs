//! The allow-list of expressions.

use datafusion::{arrow::datatypes::DataType, logical_expr::Expr};

use super::{Printed, Printer, Reason, Scalar, Scope};
use crate::sources::sql::Class;

impl Printer<'_> {
    /// `expr` as the source computes it.
    pub(super) fn scalar(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        match expr {
            Expr::Column(name) => scope.column(name).cloned(),
            Expr::OuterReferenceColumn(_, name) => scope.outer(name).cloned(),
            Expr::Alias(alias) => self.scalar(&alias.expr, scope),
            Expr::Exists(exists) => self.exists(&exists.subquery, exists.negated, scope),
            Expr::InSubquery(expr) => self.in_subquery(expr, scope),
            Expr::ScalarSubquery(subquery) => self.scalar_subquery(subquery, scope),
            other => Err(Reason::new(format!("`{other}` is not proven to give the same in the source"))),
        }
    }

    /// `expr` as a condition: it chooses rows, so it must not fail.
    pub(super) fn condition(&mut self, expr: &Expr, scope: &Scope<'_>) -> Printed<String> {
        let scalar = self.scalar(expr, scope)?;
        if scalar.may_fail {
            return Err(Reason::new(format!("`{expr}` can fail, and a source may evaluate it for other rows")));
        }
        match (scalar.class(), &scalar.data_type) {
            (Some(Class::Bool), DataType::Boolean) => Ok(scalar.select),
            _ => Err(Reason::new(format!("`{expr}` is no condition in the source"))),
        }
    }

    /// An aggregate function over groups of rows.
    pub(super) fn aggregate(&mut self, expr: &Expr, _scope: &Scope<'_>) -> Printed<Scalar> {
        Err(Reason::new(format!("`{expr}` is not proven to give the same in the source")))
    }

    /// A window function.
    pub(super) fn window(&mut self, expr: &Expr, _scope: &Scope<'_>) -> Printed<Scalar> {
        Err(Reason::new(format!("`{expr}` is not proven to give the same in the source")))
    }
}
