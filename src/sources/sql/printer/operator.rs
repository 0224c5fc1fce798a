//! Operators that compute: they are sent where nothing can overflow, or where what overflows fails here too.

use datafusion::{
    arrow::datatypes::{DataType, i256},
    logical_expr::{Expr, Like, Operator},
    scalar::ScalarValue,
};

use super::{Printed, Printer, Reason, Scalar, Scope, expression::type_of, range};
use crate::sources::sql::capability::{Entry, Guard, Kind};

impl Printer<'_> {
    /// `left op right`, which `whole` is.
    pub(super) fn operation(
        &mut self,
        whole: &Expr,
        (left, op, right): (&Expr, Operator, &Expr),
        scope: &Scope<'_>,
    ) -> Printed<Scalar> {
        let divisor = right;
        let (left, right) = (self.operand(left, scope)?, self.operand(right, scope)?);
        let is_nonzero = is_nonzero(divisor, &right);
        let entry = self.entry(Kind::Operator(op), &[&left, &right], whole)?;
        let data_type = type_of(whole, scope)?;
        match entry.guard {
            Guard::Scaled => {
                let mut result = self.quotient(whole, entry, (&left, &right), data_type)?;
                result.may_fail |= !is_nonzero;
                Ok(result)
            }
            Guard::Exact => {
                prove_scale(whole, op, &left, &right, &data_type)?;
                let mut result = self.applied(entry, &[&left, &right], data_type)?;
                result.may_fail |= op == Operator::Modulo && !is_nonzero;
                Ok(result)
            }
            Guard::Fits | Guard::Divides | Guard::DividesNonZero => {
                let bounds = left.bounds().zip(right.bounds());
                let bounds = bounds.and_then(|(left, right)| range::of_operation(left, op, right));
                let bounds =
                    bounds.filter(|bounds| range::of_type(&data_type).is_some_and(|of| range::contains(of, *bounds)));
                let Some(bounds) = bounds else {
                    return Err(Reason::new(format!("`{whole}` may leave its type, {data_type}")));
                };
                let is_nonzero = entry.guard == Guard::Fits || is_nonzero;
                if entry.guard == Guard::DividesNonZero && !is_nonzero {
                    return Err(Reason::new(format!("`{whole}` may divide by zero, which is no error in the source")));
                }
                let mut result = self.applied(entry, &[&left, &right], data_type)?;
                result.range = Some(bounds);
                result.may_fail |= !is_nonzero;
                Ok(result)
            }
            Guard::Free => self.applied(entry, &[&left, &right], data_type),
            Guard::Counted | Guard::Placed | Guard::Literal | Guard::Escapes => Err(self.unproven(whole)),
        }
    }

    /// The quotient of two decimals: the engine cuts it off behind the last digit of its type.
    fn quotient(
        &self,
        whole: &Expr,
        entry: &Entry,
        (left, right): (&Scalar, &Scalar),
        data_type: DataType,
    ) -> Printed<Scalar> {
        let Some((_, scale)) = digits(&data_type) else { return Err(self.unproven(whole)) };
        let (up, down) = powers(scale);
        let sql = entry.print(
            &[left.operand()?, right.operand()?],
            &[("up", &up), ("down", &down), ("scale", &scale.to_string())],
        );
        self.computed(sql, data_type, &[left, right])
    }

    /// `- x`.
    pub(super) fn negative(&mut self, whole: &Expr, inner: &Expr, scope: &Scope<'_>) -> Printed<Scalar> {
        let scalar = self.operand(inner, scope)?;
        let entry = self.entry(Kind::Negative, &[&scalar], whole)?;
        let data_type = type_of(whole, scope)?;
        let mut result = self.applied(entry, &[&scalar], data_type)?;
        if entry.guard == Guard::Fits {
            let bounds = scalar.bounds().map(|(least, greatest)| (-greatest, -least));
            let fits = |bounds: &range::Range| {
                range::of_type(&scalar.data_type).is_some_and(|of| range::contains(of, *bounds))
            };
            let Some(bounds) = bounds.filter(fits) else {
                return Err(Reason::new(format!("`{whole}` may leave its type, {}", scalar.data_type)));
            };
            result.range = Some(bounds);
        }
        Ok(result)
    }

    /// `x [NOT] LIKE pattern`.
    pub(super) fn like(&mut self, like: &Like, scope: &Scope<'_>) -> Printed<Scalar> {
        let what = Expr::Like(like.clone());
        let pattern = match like.pattern.as_ref() {
            Expr::Literal(value, _) => value.try_as_str().flatten(),
            _ => None,
        };
        let (Some(pattern), None | Some('\\'), false) = (pattern, like.escape_char, like.case_insensitive) else {
            return Err(self.unproven(&what));
        };
        if !is_sound(pattern) {
            return Err(Reason::new(format!("the pattern of `{what}` ends inside an escape")));
        }
        let operand = self.operand(&like.expr, scope)?;
        let value = self.constant(&ScalarValue::from(pattern))?;
        let entry = self.entry(Kind::Like, &[&operand, &value], &what)?;
        if entry.guard == Guard::Escapes && !escapes_wildcards(pattern) {
            return Err(Reason::new(format!("the pattern of `{what}` escapes what needs no escape")));
        }
        let not = if like.negated { "NOT " } else { "" };
        // A constant takes the collation of what it is compared with.
        let sql = entry.print(&[operand.operand()?, &value.select], &[("not", not)]);
        self.computed(sql, DataType::Boolean, &[&operand])
    }
}

/// `10^scale` and `10^-scale`, exactly.
pub(super) fn powers(scale: i8) -> (String, String) {
    (format!("1e{scale}"), format!("1e-{scale}"))
}

/// Precision and scale of a decimal type that has no digits before its last one.
pub(super) const fn digits(data_type: &DataType) -> Option<(u8, i8)> {
    match data_type {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) if *scale >= 0 => {
            Some((*precision, *scale))
        }
        _ => None,
    }
}

/// Sources are exact: the engine's result must be, too.
fn prove_scale(whole: &Expr, op: Operator, left: &Scalar, right: &Scalar, data_type: &DataType) -> Printed<()> {
    let scales = digits(&left.data_type).zip(digits(&right.data_type));
    let exact = scales.and_then(|((_, left), (_, right))| match op {
        Operator::Multiply => left.checked_add(right),
        _ => Some(left.max(right)),
    });
    match (exact, digits(data_type)) {
        (Some(exact), Some((_, scale))) if exact <= scale => Ok(()),
        _ => Err(Reason::new(format!("`{whole}` is rounded to {data_type}"))),
    }
}

/// Is `expr`, which is `scalar`, never zero?
fn is_nonzero(expr: &Expr, scalar: &Scalar) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Decimal128(Some(value), ..), _) => *value != 0,
        Expr::Literal(ScalarValue::Decimal256(Some(value), ..), _) => *value != i256::ZERO,
        _ => scalar.bounds().is_some_and(|(least, greatest)| least > 0 || greatest < 0),
    }
}

/// Does every escape of a pattern escape something?
fn is_sound(pattern: &str) -> bool {
    let backslashes = pattern.chars().rev().take_while(|character| *character == '\\').count();
    backslashes % 2 == 0
}

/// Does each backslash stand before a wildcard, or another backslash? Of a sound pattern.
fn escapes_wildcards(pattern: &str) -> bool {
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character == '\\' && !matches!(characters.next(), Some('_' | '%' | '\\')) {
            return false;
        }
    }
    true
}
