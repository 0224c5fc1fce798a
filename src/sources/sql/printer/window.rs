//! Window functions.

use datafusion::logical_expr::Expr;

use super::{Printed, Printer, Scalar, Scope};

impl Printer<'_> {
    /// A window function.
    pub(super) fn window(&mut self, expr: &Expr, _scope: &Scope<'_>) -> Printed<Scalar> {
        Err(self.unproven(expr))
    }
}
