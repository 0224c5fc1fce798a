//! The allow-list of predicates: what a source answers exactly as the engine would, printed with binds.
//!
//! Everything that is not listed here stays local. Literals are compared with columns of the same class only, so that
//! neither side is converted. The engine orders floats by IEEE's total order, in which -0 < +0, and sources hold the two
//! equal: a comparison with zero is printed only where both readings agree. NaN stays local; infinities do not, since
//! sources put NaN above them, as the engine does.

use datafusion::{
    arrow::{
        array::Array,
        datatypes::{DataType, TimeUnit},
    },
    common::Column as ColumnName,
    logical_expr::{BinaryExpr, Expr, Operator, expr::Placeholder},
    scalar::ScalarValue,
};

use super::{Bind, Binds, Class, Column, Comparison, Dialect};

/// Predicates nested deeper than this stay local.
const DEEPEST: usize = 100;
/// Values in one statement: below the lowest limit of any member, `SQLite`'s 32766.
const MOST_BINDS: usize = 30_000;
/// Predicates in one statement: `SQLite` nests a conjunction of so many, and of what is in them, at most 1000 deep.
const MOST_PREDICATES: usize = 500;
/// Days from 1970-01-01 to 0001-01-01 and 9999-12-31: every source reads the dates between.
const DATES: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;
/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

/// Prints predicates over the columns of one table and collects their binds.
#[derive(Debug)]
pub struct Writer<'a> {
    dialect: &'a dyn Dialect,
    columns: &'a [Column],
    binds: Binds,
    predicates: usize,
}

impl<'a> Writer<'a> {
    /// A writer without binds.
    pub fn new(dialect: &'a dyn Dialect, columns: &'a [Column]) -> Self {
        Self { dialect, columns, binds: Binds::default(), predicates: 0 }
    }

    /// `expr` as SQL, or `None` when it must stay local; then nothing was bound.
    pub fn predicate(&mut self, expr: &Expr) -> Option<String> {
        let before = self.binds.len();
        let sql = self.boolean(expr, 0).filter(|_| self.binds.len() <= MOST_BINDS && self.predicates < MOST_PREDICATES);
        match &sql {
            Some(_) => self.predicates += 1,
            None => self.binds.truncate(before),
        }
        sql
    }

    /// What was bound, in the order of the places.
    #[must_use]
    pub fn into_binds(self) -> Binds {
        self.binds
    }

    fn boolean(&mut self, expr: &Expr, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let depth = depth + 1;
        match expr {
            Expr::Column(name) => {
                let comparison = self.comparison(name)?;
                (comparison.class == Class::Bool).then(|| comparison.equality.clone())
            }
            Expr::Not(inner) => Some(format!("(NOT {})", self.boolean(inner, depth)?)),
            Expr::IsTrue(inner) => Some(format!("({} IS TRUE)", self.boolean(inner, depth)?)),
            Expr::IsFalse(inner) => Some(format!("({} IS FALSE)", self.boolean(inner, depth)?)),
            Expr::IsNotTrue(inner) => Some(format!("({} IS NOT TRUE)", self.boolean(inner, depth)?)),
            Expr::IsNotFalse(inner) => Some(format!("({} IS NOT FALSE)", self.boolean(inner, depth)?)),
            Expr::IsNull(inner) => Some(format!("({} IS NULL)", self.presence(inner, depth)?)),
            Expr::IsNotNull(inner) => Some(format!("({} IS NOT NULL)", self.presence(inner, depth)?)),
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
                Some(format!("({} AND {})", self.boolean(left, depth)?, self.boolean(right, depth)?))
            }
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
                Some(format!("({} OR {})", self.boolean(left, depth)?, self.boolean(right, depth)?))
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => self.compare(left, *op, right),
            Expr::Between(between) => {
                let (low, high, joint) = if between.negated {
                    (Operator::Lt, Operator::Gt, "OR")
                } else {
                    (Operator::GtEq, Operator::LtEq, "AND")
                };
                let low = self.compare(&between.expr, low, &between.low)?;
                let high = self.compare(&between.expr, high, &between.high)?;
                Some(format!("({low} {joint} {high})"))
            }
            Expr::InList(list) => self.membership(&list.expr, &list.list, list.negated),
            Expr::ScalarFunction(call) if call.name() == "array_has" => match call.args.as_slice() {
                [Expr::Placeholder(list), needle] => self.open_membership(needle, list),
                _ => None,
            },
            _ => None,
        }
    }

    /// What `IS NULL` is asked of: any column, or a predicate.
    fn presence(&mut self, expr: &Expr, depth: usize) -> Option<String> {
        match expr {
            Expr::Column(name) => Some(self.column(name)?.presence.clone()),
            other => self.boolean(other, depth),
        }
    }

    fn compare(&mut self, left: &Expr, op: Operator, right: &Expr) -> Option<String> {
        if let (Some(left), Some(right)) = (self.operand(left), self.operand(right)) {
            let float = matches!(left.class, Class::Float32 | Class::Float64);
            return if left.class == right.class && !float {
                self.operation(left.order, op, right.order)
            } else {
                None
            };
        }
        let (operand, op, value) = match self.operand(left) {
            Some(operand) => (operand, op, right),
            None => (self.operand(right)?, op.swap()?, left),
        };
        let class = operand.class;
        let bind = match value {
            Expr::Literal(value, _) => Bind::Value { value: literal(class, value, op)?, class },
            Expr::Placeholder(parameter) if is_literal_type(class, parameter.field.as_ref()?.data_type()) => {
                Bind::Parameter { index: parameter_index(parameter)?, class, op, is_list: false }
            }
            _ => return None,
        };
        let place = self.binds.place(bind);
        self.operation(if is_range(op) { operand.order } else { operand.equality }, op, &place)
    }

    /// A column, or an integer column as a wider integer: sources compare integers of all widths by their values.
    fn operand(&self, expr: &Expr) -> Option<Operand<'a>> {
        match expr {
            Expr::Column(name) => {
                let Comparison { class, equality, order } = self.comparison(name)?;
                Some(Operand { class: *class, equality, order })
            }
            Expr::Cast(cast) => {
                let operand = self.operand(&cast.expr)?;
                let class = match (operand.class, cast.field.data_type()) {
                    (Class::Int16 | Class::Int32, DataType::Int64) => Class::Int64,
                    (Class::Int16, DataType::Int32) => Class::Int32,
                    _ => return None,
                };
                Some(Operand { class, ..operand })
            }
            _ => None,
        }
    }

    fn operation(&self, left: &str, op: Operator, right: &str) -> Option<String> {
        let symbol = match op {
            Operator::Eq => "=",
            Operator::NotEq => "<>",
            Operator::Lt => "<",
            Operator::LtEq => "<=",
            Operator::Gt => ">",
            Operator::GtEq => ">=",
            Operator::IsDistinctFrom => return Some(self.dialect.distinct(left, right, false)),
            Operator::IsNotDistinctFrom => return Some(self.dialect.distinct(left, right, true)),
            _ => return None,
        };
        Some(format!("({left} {symbol} {right})"))
    }

    fn membership(&mut self, operand: &Expr, list: &[Expr], negated: bool) -> Option<String> {
        let Expr::Column(name) = operand else { return None };
        let comparison = self.comparison(name)?;
        let values: Vec<_> = list
            .iter()
            .map(|item| match item {
                Expr::Literal(value, _) => literal(comparison.class, value, Operator::Eq),
                _ => None,
            })
            .collect::<Option<_>>()?;
        if values.is_empty() || values.len() > MOST_BINDS {
            return None;
        }
        Some(self.dialect.membership(&comparison.equality, comparison.class, values, negated, &mut self.binds))
    }

    /// `needle = ANY(:list)` while the list is open. Of literals the engine itself makes `IN`.
    fn open_membership(&mut self, needle: &Expr, list: &Placeholder) -> Option<String> {
        let Operand { class, equality, .. } = self.operand(needle)?;
        let DataType::List(element) = list.field.as_ref()?.data_type() else { return None };
        is_literal_type(class, element.data_type()).then_some(())?;
        let bind = Bind::Parameter { index: parameter_index(list)?, class, op: Operator::Eq, is_list: true };
        self.dialect.array_membership(equality, &mut self.binds, bind)
    }

    fn column(&self, name: &ColumnName) -> Option<&'a Column> {
        self.columns.iter().find(|column| column.field.name() == &name.name)
    }

    fn comparison(&self, name: &ColumnName) -> Option<&'a Comparison> {
        self.column(name)?.comparison.as_ref()
    }
}

/// What a column is compared as.
#[derive(Clone, Copy)]
struct Operand<'a> {
    class: Class,
    equality: &'a str,
    order: &'a str,
}

/// Which parameter `$n` is, from 0.
#[must_use]
pub fn parameter_index(parameter: &Placeholder) -> Option<usize> {
    let number: usize = parameter.id.strip_prefix('$')?.parse().ok()?;
    number.checked_sub(1)
}

const fn is_range(op: Operator) -> bool {
    matches!(op, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq)
}

/// Can a parameter of `data_type` be compared with a column of `class` as it is? The planner has given both sides one type.
fn is_literal_type(class: Class, data_type: &DataType) -> bool {
    match class {
        Class::Bool => *data_type == DataType::Boolean,
        Class::Int16 => *data_type == DataType::Int16,
        Class::Int32 => *data_type == DataType::Int32,
        Class::Int64 => *data_type == DataType::Int64,
        Class::Float32 => *data_type == DataType::Float32,
        Class::Float64 => *data_type == DataType::Float64,
        Class::Decimal => data_type.is_decimal(),
        Class::Text | Class::Uuid => *data_type == DataType::Utf8,
        Class::Binary => *data_type == DataType::Binary,
        Class::Date => *data_type == DataType::Date32,
        Class::Timestamp => matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond, None)),
        Class::TimestampTz => matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond, Some(_))),
    }
}

/// `value` in the one form in which literals of `class` are bound, if `column op value` means the same everywhere.
pub(super) fn literal(class: Class, value: &ScalarValue, op: Operator) -> Option<ScalarValue> {
    match (class, value) {
        (Class::Bool, ScalarValue::Boolean(Some(_)))
        | (Class::Int16, ScalarValue::Int16(Some(_)))
        | (Class::Int32, ScalarValue::Int32(Some(_)))
        | (Class::Int64, ScalarValue::Int64(Some(_)))
        | (Class::Binary, ScalarValue::Binary(Some(_)))
        | (Class::Decimal, ScalarValue::Decimal128(Some(_), ..) | ScalarValue::Decimal256(Some(_), ..)) => {
            Some(value.clone())
        }
        (Class::Float32, ScalarValue::Float32(Some(number))) => {
            agrees_on_zero(f64::from(*number), op).then(|| value.clone())
        }
        (Class::Float64, ScalarValue::Float64(Some(number))) => agrees_on_zero(*number, op).then(|| value.clone()),
        (Class::Date, ScalarValue::Date32(Some(days))) => DATES.contains(days).then(|| value.clone()),
        (Class::Timestamp, ScalarValue::TimestampMicrosecond(Some(micros), None))
        | (Class::TimestampTz, ScalarValue::TimestampMicrosecond(Some(micros), Some(_))) => {
            let days = i32::try_from(micros.div_euclid(DAY)).ok()?;
            DATES.contains(&days).then(|| value.clone())
        }
        (Class::Text | Class::Uuid, value) => {
            let text = value.try_as_str()??;
            // No source takes a NUL inside text.
            let sound = if class == Class::Uuid { is_canonical_uuid(text) } else { !text.contains('\0') };
            sound.then(|| ScalarValue::Utf8(Some(text.to_owned())))
        }
        _ => None,
    }
}

/// The same for each value of a list. NULLs in it, and a list without values, are the engine's to judge.
pub(super) fn list(class: Class, value: &ScalarValue, op: Operator) -> Option<ScalarValue> {
    let ScalarValue::List(list) = value else { return None };
    if list.is_null(0) || list.value(0).is_empty() || list.value(0).len() > MOST_BINDS {
        return None;
    }
    let values = list.value(0);
    let values = (0..values.len()).map(|index| literal(class, &ScalarValue::try_from_array(&values, index).ok()?, op));
    let values = values.collect::<Option<Vec<_>>>()?;
    Some(ScalarValue::List(ScalarValue::new_list_nullable(&values, &values.first()?.data_type())))
}

/// Do total order (-0 < +0) and numeric order (-0 = +0) select the same rows?
fn agrees_on_zero(number: f64, op: Operator) -> bool {
    if number != 0.0 {
        return !number.is_nan();
    }
    match op {
        Operator::Gt | Operator::LtEq => number.is_sign_positive(),
        Operator::GtEq | Operator::Lt => number.is_sign_negative(),
        _ => false,
    }
}

/// Lower-case hexadecimal digits in groups of 8-4-4-4-12: the only form in which a UUID is read from a source.
fn is_canonical_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::{
        arrow::datatypes::{DataType, Field},
        prelude::{col, lit},
    };

    use super::*;
    use crate::{
        model::SourceName,
        sources::sql::{Statement, postgres::PostgresDialect},
    };

    fn columns() -> Vec<Column> {
        let column = |name: &str, class, data_type| Column {
            field: Arc::new(Field::new(name, data_type, true)),
            is_typed: true,
            select: name.to_owned(),
            presence: name.to_owned(),
            comparison: Some(Comparison { class, equality: name.to_owned(), order: format!("{name}!") }),
        };
        vec![
            column("f", Class::Float64, DataType::Float64),
            column("t", Class::Text, DataType::Utf8),
            column("u", Class::Uuid, DataType::Utf8),
            Column { comparison: None, ..column("x", Class::Text, DataType::Utf8) },
        ]
    }

    fn written(expr: &Expr) -> Option<(String, usize)> {
        let columns = columns();
        let mut writer = Writer::new(&PostgresDialect, &columns);
        let sql = writer.predicate(expr);
        let binds = writer.into_binds();
        assert!(sql.is_some() || binds.is_empty(), "nothing stays bound");
        let count = binds.len();
        let statement = Statement::new(SourceName::new("crm").expect("a name"), sql?, binds);
        Some((statement.render(|number, bind| PostgresDialect.placeholder(number, bind)), count))
    }

    #[test]
    fn zero_is_pushed_only_where_both_orders_agree() {
        let pushed = |expr: Expr| written(&expr).is_some();
        assert!(pushed(col("f").gt(lit(0.0))) && pushed(col("f").lt_eq(lit(0.0))));
        assert!(pushed(col("f").gt_eq(lit(-0.0))) && pushed(col("f").lt(lit(-0.0))));
        assert!(!pushed(col("f").gt_eq(lit(0.0))) && !pushed(col("f").lt(lit(0.0))));
        assert!(!pushed(col("f").gt(lit(-0.0))) && !pushed(col("f").eq(lit(-0.0))));
        assert!(!pushed(col("f").in_list(vec![lit(1.0), lit(0.0)], false)));
        assert!(!pushed(col("f").lt(lit(f64::NAN))) && pushed(col("f").lt(lit(f64::INFINITY))));
        // The operands may stand the other way round.
        assert!(pushed(lit(0.0).lt(col("f"))) && !pushed(lit(0.0).gt(col("f"))));
    }

    #[test]
    fn text_is_ordered_by_its_own_operand() {
        assert_eq!(written(&col("t").eq(lit("a"))), Some(("(t = $1::text)".to_owned(), 1)));
        assert_eq!(written(&col("t").lt(lit("a"))), Some(("(t! < $1::text)".to_owned(), 1)));
        assert_eq!(written(&col("t").eq(col("t"))), Some(("(t! = t!)".to_owned(), 0)));
        assert_eq!(written(&col("t").eq(lit("a\0"))), None);
    }

    #[test]
    fn what_is_not_listed_stays_local() {
        let not_a_uuid = col("t").eq(lit("a")).and(col("u").eq(lit("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")));
        for expr in [
            not_a_uuid,
            col("t").like(lit("a%")),
            col("t").eq(lit(1)),
            col("t").eq(col("u")),
            col("x").eq(lit("a")),
            col("t").eq(lit(ScalarValue::Utf8(None))),
            col("t").in_list(vec![], false),
            col("t"),
            lit(true),
        ] {
            assert_eq!(written(&expr), None, "{expr}");
        }
        assert_eq!(written(&col("x").is_null()), Some(("(x IS NULL)".to_owned(), 0)));
        let deep = (0..200).fold(col("t").is_null(), |deep, _| deep.or(col("t").is_null()));
        assert_eq!(written(&deep), None);
    }
}
