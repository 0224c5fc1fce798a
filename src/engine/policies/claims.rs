//! Of which type a claim is: that of the column it is compared with, or that of its cast.

use std::ops::ControlFlow;

use datafusion::{
    arrow::datatypes::{DataType, Schema, TimeUnit},
    scalar::ScalarValue,
    sql::sqlparser::ast::{
        self, ArrayElemTypeDef, BinaryOperator, CastKind, ExactNumberInfo, Expr, Spanned as _, TimezoneInfo, Value,
        VisitMut, VisitorMut,
    },
};

use crate::{
    catalog::RowPolicy,
    config::settings::Claim,
    engine::names,
    model::{Place, Problem, ValueType},
};

/// The value of a claim. The error completes a sentence.
pub(super) fn read(claim: &Claim, value_type: &ValueType) -> Result<ScalarValue, String> {
    if claim.is_list && !value_type.is_list() {
        return Err("is a list, not one value".to_owned());
    }
    let texts: Vec<_> = claim.values.iter().map(|value| value.value.as_str()).collect();
    value_type.from_texts(&texts)
}

/// The types of the policy's claims, in their order, as `select` uses them over `columns`, its names spelled as there. Casts
/// of claims are taken out: what is cast is of that type already.
///
/// # Errors
/// Claims that are of no type, or of two.
pub(super) fn types(
    select: &mut ast::Query,
    policy: &RowPolicy,
    columns: &Schema,
) -> Result<Vec<ValueType>, Vec<Problem>> {
    let found = vec![None; policy.claims.len()];
    let mut uses = Uses { policy, columns, found, problems: Vec::new() };
    // The walk goes through everything: it never breaks off.
    let _: ControlFlow<()> = VisitMut::visit(select, &mut uses);
    let Uses { found, mut problems, .. } = uses;
    for (claim, _) in policy.claims.iter().zip(&found).filter(|(_, found)| found.is_none()) {
        let name = &claim.value;
        if problems.iter().all(|problem| problem.place != claim.place) {
            let problem =
                Problem::error(claim.place.clone(), format!("nothing says of which type `:claims.{name}` is"));
            let hint = format!("compare it with a column, or write a cast such as `:claims.{name}::int64`");
            problems.push(problem.hint(hint));
        }
    }
    if problems.is_empty() {
        return Ok(found.into_iter().flatten().map(|(value_type, _)| value_type).collect());
    }
    Err(problems)
}

/// What the uses of claims say of their types.
struct Uses<'a> {
    policy: &'a RowPolicy,
    columns: &'a Schema,
    /// The type of each claim, and where it was found.
    found: Vec<Option<(ValueType, Place)>>,
    problems: Vec<Problem>,
}

impl VisitorMut for Uses<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::BinaryOp { left, op, right } if is_comparison(op) => self.compare(left, right),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => self.compare(left, right),
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => self.one(right, left, true),
            Expr::InList { expr, list, .. } => list.iter().for_each(|item| self.compare(expr, item)),
            Expr::Between { expr, low, high, .. } => {
                self.compare(expr, low);
                self.compare(expr, high);
            }
            Expr::Like { expr, pattern, .. } | Expr::ILike { expr, pattern, .. } => self.compare(expr, pattern),
            Expr::Cast { expr, data_type, .. } => self.cast(expr, data_type),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr: inner, .. } = expr
            && claim(inner).is_some()
        {
            *expr = inner.as_ref().clone();
        }
        ControlFlow::Continue(())
    }
}

impl Uses<'_> {
    fn compare(&mut self, left: &Expr, right: &Expr) {
        self.one(left, right, false);
        self.one(right, left, false);
    }

    /// `used`, if it is a claim, is of the type of `other`, if that is a column: or a list of it.
    fn one(&mut self, used: &Expr, other: &Expr, is_list: bool) {
        let (Some(index), Some(column)) = (claim(used), self.column(other)) else { return };
        let place = names::place(&self.policy.place.file, used.span().start);
        match of_column(&column.1) {
            Some(value_type) if is_list => self.note(index, ValueType::List(Box::new(value_type)), place),
            Some(value_type) => self.note(index, value_type, place),
            None => {
                let message = format!("no claim is of type {}, as the column `{}` is", column.1, column.0);
                self.problems.push(Problem::error(place, message).hint("compare a cast of the column with it"));
            }
        }
    }

    fn cast(&mut self, used: &Expr, data_type: &ast::DataType) {
        let Some(index) = claim(used) else { return };
        let place = names::place(&self.policy.place.file, used.span().start);
        if let Some(value_type) = of_cast(data_type) {
            return self.note(index, value_type, place);
        }
        let message = format!("no claim can be cast to `{data_type}`");
        let hint = format!("the types are {}, and lists of them: `int64[]`", ValueType::NAMES);
        self.problems.push(Problem::error(place, message).hint(hint));
    }

    fn note(&mut self, index: usize, value_type: ValueType, place: Place) {
        let (Some(found), Some(claim)) = (self.found.get_mut(index), self.policy.claims.get(index)) else { return };
        match found {
            None => *found = Some((value_type, place)),
            Some((first, _)) if *first == value_type => {}
            Some((first, at)) => {
                let message = format!("`:claims.{}` is {value_type} here and {first} at {at}", claim.value);
                self.problems.push(Problem::error(place, message).hint("write the same cast behind each"));
            }
        }
    }

    /// The column that `expr` is, and its type.
    fn column(&self, expr: &Expr) -> Option<(String, DataType)> {
        let name = match plain(expr) {
            Expr::Identifier(name) => name,
            Expr::CompoundIdentifier(parts) => parts.last()?,
            _ => return None,
        };
        let field = self.columns.field_with_name(&names::normal(name)).ok()?;
        Some((field.name().clone(), field.data_type().clone()))
    }
}

/// The index of the claim that `expr` is.
fn claim(expr: &Expr) -> Option<usize> {
    let Expr::Value(value) = plain(expr) else { return None };
    let Value::Placeholder(text) = &value.value else { return None };
    text.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1)
}

/// Without parentheses.
fn plain(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

/// The type of values that are compared with a column.
fn of_column(data_type: &DataType) -> Option<ValueType> {
    Some(match data_type {
        DataType::Boolean => ValueType::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => ValueType::Int32,
        DataType::Int64 | DataType::UInt32 => ValueType::Int64,
        DataType::UInt64 => ValueType::Decimal(20, 0),
        DataType::Float32 | DataType::Float64 => ValueType::Float64,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
            if *scale >= 0 =>
        {
            ValueType::Decimal(*precision, *scale)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ValueType::String,
        DataType::Date32 => ValueType::Date,
        DataType::Timestamp(TimeUnit::Microsecond, None) => ValueType::Timestamp,
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => ValueType::TimestampTz,
        _ => return None,
    })
}

/// The type that a cast names: in SQL's words or in those of parameters.
fn of_cast(data_type: &ast::DataType) -> Option<ValueType> {
    use ast::DataType as Sql;
    Some(match data_type {
        Sql::Bool | Sql::Boolean => ValueType::Bool,
        Sql::Int32 | Sql::Int(None) | Sql::Int4(None) | Sql::Integer(None) => ValueType::Int32,
        Sql::Int64 | Sql::Int8(None) | Sql::BigInt(None) => ValueType::Int64,
        Sql::Float64 | Sql::Float8 | Sql::DoublePrecision | Sql::Double(ExactNumberInfo::None) => ValueType::Float64,
        Sql::Decimal(ExactNumberInfo::PrecisionAndScale(precision, scale))
        | Sql::Numeric(ExactNumberInfo::PrecisionAndScale(precision, scale)) => {
            ValueType::parse(&format!("decimal({precision},{scale})")).ok()?
        }
        Sql::Text | Sql::String(None) | Sql::Varchar(None) | Sql::CharacterVarying(None) => ValueType::String,
        Sql::Date => ValueType::Date,
        Sql::Timestamp(None | Some(6), TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => ValueType::Timestamp,
        Sql::Timestamp(None | Some(6), TimezoneInfo::Tz | TimezoneInfo::WithTimeZone) => ValueType::TimestampTz,
        Sql::Uuid => ValueType::Uuid,
        Sql::Array(ArrayElemTypeDef::SquareBracket(element, _) | ArrayElemTypeDef::AngleBracket(element)) => {
            match of_cast(element)? {
                ValueType::List(_) => return None,
                element => ValueType::List(Box::new(element)),
            }
        }
        _ => return None,
    })
}
