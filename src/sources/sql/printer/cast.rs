//! Casts. Numbers are only widened, or narrowed where it is proven that they fit.

use datafusion::logical_expr::{Cast, Expr};

use super::{Printed, Printer, Reason, Scalar, Scope, expression::class_of, operator::digits, range};
use crate::sources::sql::capability::{Guard, Kind};

impl Printer<'_> {
    /// `CAST(x AS type)`, which `whole` is.
    pub(super) fn cast(&mut self, whole: &Expr, cast: &Cast, scope: &Scope<'_>) -> Printed<Scalar> {
        let scalar = self.operand(&cast.expr, scope)?;
        let data_type = cast.field.data_type();
        if scalar.data_type == *data_type {
            return Ok(scalar);
        }
        let class = class_of(data_type).ok_or_else(|| self.unproven(whole))?;
        let entry = self.entry(Kind::Cast(class), &[&scalar], whole)?;
        let mut result = self.applied(entry, &[&scalar], data_type.clone())?;
        result.is_plain = scalar.is_plain && entry.sql == "{0}";
        match entry.guard {
            Guard::Free => {}
            Guard::Fits => {
                let bounds = scalar.bounds();
                let fits = bounds.zip(range::of_type(data_type)).is_some_and(|(inner, of)| range::contains(of, inner));
                if !fits {
                    return Err(Reason::new(format!("`{whole}` may not fit its type, {data_type}")));
                }
                result.range = bounds;
            }
            // As many digits after the point, and a value that has too many before it fails here.
            Guard::Exact => {
                let kept = digits(&scalar.data_type).map_or(0, |(_, scale)| scale);
                if digits(data_type).is_none_or(|(_, scale)| scale < kept) {
                    return Err(Reason::new(format!("`{whole}` is rounded to {data_type}")));
                }
            }
            _ => return Err(self.unproven(whole)),
        }
        Ok(result)
    }
}
