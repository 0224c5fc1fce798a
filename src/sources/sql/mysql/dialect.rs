//! The spellings of `MySQL` and `MariaDB`.

use datafusion::{arrow::datatypes::DataType, scalar::ScalarValue};

use super::capabilities::CAPABILITIES;
use crate::sources::sql::{
    Bind, Binds, Class, Dialect,
    capability::Capabilities,
    dialect::{cast, is_endless},
};

/// The most digits behind the point of a decimal that every server has.
pub(super) const MOST_BEHIND_THE_POINT: i8 = 30;
/// The most digits of a decimal, and behind its point.
const DIGITS: (u8, i8) = (65, MOST_BEHIND_THE_POINT);

/// Placeholders have no numbers; text is compared by its bytes in UTF-8, whose order is that of code points: every
/// collation holds some texts equal that are not, or ignores the spaces at their ends.
#[derive(Clone, Copy, Debug)]
pub struct MysqlDialect;

impl Dialect for MysqlDialect {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn has(&self, class: Class) -> bool {
        class != Class::Uuid
    }

    fn has_decimals(&self, precision: u8, scale: i8) -> bool {
        precision <= DIGITS.0 && scale <= DIGITS.1
    }

    fn takes(&self, value: &ScalarValue) -> bool {
        let element = match value.data_type() {
            DataType::List(item) => item.data_type().clone(),
            other => other,
        };
        digits(&element).is_none_or(|(precision, scale)| self.has_decimals(precision, scale))
    }

    fn literal(&self, class: Class, text: Option<&str>) -> Option<String> {
        let name = match class {
            Class::Int64 => "SIGNED",
            Class::Float64 if !text.is_some_and(is_endless) => "DOUBLE",
            Class::Decimal => "DECIMAL(12, 3)",
            Class::Text => "CHAR",
            Class::Date => "DATE",
            Class::Timestamp => "DATETIME(6)",
            _ => return None,
        };
        Some(cast(text, true, name))
    }

    fn identity(&self) -> Option<&'static str> {
        Some("concat(version(), ' as ', current_user())")
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        format!("CAST(CONVERT({operand} USING utf8mb4) AS BINARY)")
    }

    fn placeholder(&self, _number: usize, bind: &Bind) -> String {
        match bind.class() {
            Class::Text | Class::Uuid | Class::Binary => "CAST(? AS BINARY)".to_owned(),
            Class::Date => "CAST(? AS DATE)".to_owned(),
            Class::Timestamp | Class::TimestampTz => "CAST(? AS DATETIME(6))".to_owned(),
            Class::Decimal => {
                let known = bind.value().ok().and_then(|value| digits(&value.data_type()));
                let (precision, scale) = known.unwrap_or(DIGITS);
                format!("CAST(? AS DECIMAL({precision}, {scale}))")
            }
            Class::Bool | Class::Int16 | Class::Int32 | Class::Int64 | Class::Float32 | Class::Float64 => {
                "?".to_owned()
            }
        }
    }

    fn membership(
        &self,
        operand: &str,
        class: Class,
        values: Vec<ScalarValue>,
        negated: bool,
        binds: &mut Binds,
    ) -> String {
        let places: Vec<_> = values.into_iter().map(|value| binds.place(Bind::Value { value, class })).collect();
        format!("({operand} {}IN ({}))", if negated { "NOT " } else { "" }, places.join(", "))
    }

    fn distinct(&self, _class: Class, left: &str, right: &str, negated: bool) -> String {
        if negated { format!("({left} <=> {right})") } else { format!("(NOT ({left} <=> {right}))") }
    }

    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    /// NULL is less than everything.
    fn order_term(&self, operand: &str, ascending: bool, nulls_first: Option<bool>) -> String {
        let direction = if ascending { "ASC" } else { "DESC" };
        match nulls_first {
            Some(true) if !ascending => format!("({operand}) IS NULL DESC, {operand} {direction}"),
            Some(false) if ascending => format!("({operand}) IS NULL, {operand} {direction}"),
            _ => format!("{operand} {direction}"),
        }
    }

    fn every_row(&self) -> Option<&'static str> {
        Some("18446744073709551615")
    }
}

/// Of a decimal.
const fn digits(data_type: &DataType) -> Option<(u8, i8)> {
    match data_type {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => Some((*precision, *scale)),
        _ => None,
    }
}
