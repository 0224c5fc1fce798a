//! Scalar functions.

use datafusion::logical_expr::{Expr, expr::ScalarFunction};

use super::{Printed, Printer, Scalar, Scope};

impl Printer<'_> {
    /// `name(arguments)`, which `whole` is.
    pub(super) fn function(&mut self, whole: &Expr, call: &ScalarFunction, scope: &Scope<'_>) -> Printed<Scalar> {
        match (call.name(), call.args.as_slice()) {
            ("array_has", [Expr::Placeholder(list), needle]) => self.open_membership(needle, list, scope),
            ("coalesce", [_, ..]) => self.coalesce(whole, call, scope),
            _ => Err(self.unproven(whole)),
        }
    }
}
