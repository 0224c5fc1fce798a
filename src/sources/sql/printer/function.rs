//! Scalar functions.

use datafusion::{
    logical_expr::{Expr, expr::ScalarFunction},
    scalar::ScalarValue,
};

use super::{Printed, Printer, Reason, Scalar, Scope, expression::type_of, range};
use crate::sources::sql::{
    Class,
    capability::{Guard, Kind},
};

impl Printer<'_> {
    /// `name(arguments)`, which `whole` is.
    pub(super) fn function(&mut self, whole: &Expr, call: &ScalarFunction, scope: &Scope<'_>) -> Printed<Scalar> {
        match (call.name(), call.args.as_slice()) {
            ("array_has", [Expr::Placeholder(list), needle]) => self.open_membership(needle, list, scope),
            ("coalesce", [_, ..]) => self.coalesce(whole, call, scope),
            ("nullif", [one, other]) => self.nullif(whole, (one, other), scope),
            (name @ ("date_part" | "date_trunc"), [Expr::Literal(part, _), arg]) => {
                let part = part.try_as_str().flatten().unwrap_or_default().to_lowercase();
                self.listed(whole, Kind::Part(name, &part), std::slice::from_ref(arg), scope)
            }
            (name, args) => self.listed(whole, Kind::Function(name), args, scope),
        }
    }

    /// `whole`, the function `kind` of `args`, as the allow-list prints it.
    fn listed(&mut self, whole: &Expr, kind: Kind<'_>, args: &[Expr], scope: &Scope<'_>) -> Printed<Scalar> {
        let operands = args.iter().map(|arg| self.operand(arg, scope)).collect::<Printed<Vec<_>>>()?;
        let references: Vec<_> = operands.iter().collect();
        let entry = self.entry(kind, &references, whole)?;
        let data_type = type_of(whole, scope)?;
        let mut bounds = None;
        match entry.guard {
            Guard::Free => {}
            Guard::Literal if args.iter().skip(1).all(is_literal) => {}
            Guard::Counted if args.iter().skip(1).all(|arg| is_number_from(0, arg)) => {}
            Guard::Placed
                if args.get(1).is_some_and(|arg| is_number_from(1, arg))
                    && args.iter().skip(2).all(|arg| is_number_from(0, arg)) => {}
            // The one function of whole numbers is their distance from zero.
            Guard::Fits => {
                let distance = operands.first().and_then(Scalar::bounds).map(range::distance);
                let fits =
                    |bounds: &range::Range| range::of_type(&data_type).is_some_and(|of| range::contains(of, *bounds));
                bounds = distance.filter(fits);
                if bounds.is_none() {
                    return Err(Reason::new(format!("`{whole}` may leave its type, {data_type}")));
                }
            }
            _ => return Err(Reason::new(format!("`{whole}` is the same only for some arguments, and needs literals"))),
        }
        // Two columns may have collations that do not go together; the order of code points goes with everything.
        let columns = args.iter().filter(|arg| !is_literal(arg)).count();
        let texts = operands.iter().zip(args).map(|(operand, arg)| match operand.class() {
            Some(Class::Text) if is_literal(arg) => Ok(operand.select.as_str()),
            Some(Class::Text) if columns > 1 => operand.ordered(),
            _ => operand.operand(),
        });
        let texts = texts.collect::<Printed<Vec<_>>>()?;
        let mut result = self.computed(entry.print(&texts, &[]), data_type, &references)?;
        // Parts of times that have no calendar here are NULL.
        result.nullable |= matches!(kind, Kind::Part(..));
        result.range = bounds;
        Ok(result)
    }
}

const fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(..))
}

/// Is it a literal from `least` to the greatest number of 32 bits?
fn is_number_from(least: i64, expr: &Expr) -> bool {
    let number = match expr {
        Expr::Literal(ScalarValue::Int64(Some(number)), _) => *number,
        Expr::Literal(ScalarValue::Int32(Some(number)), _) => i64::from(*number),
        _ => return false,
    };
    (least..=i64::from(i32::MAX)).contains(&number)
}
