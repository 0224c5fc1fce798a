//! Snowflake's spellings.

use datafusion::{arrow::datatypes::DataType, scalar::ScalarValue};

use super::capabilities::CAPABILITIES;
use crate::sources::sql::{Bind, Binds, Class, Dialect, capability::Capabilities, dialect::cast};

/// Placeholders are numbered by where they stand; each value of a list has one.
#[derive(Clone, Copy, Debug)]
pub struct SnowflakeDialect;

impl Dialect for SnowflakeDialect {
    fn name(&self) -> &'static str {
        "snowflake"
    }

    fn has(&self, class: Class) -> bool {
        use Class::{Bool, Date, Decimal, Float64, Int16, Int32, Int64, Text};
        matches!(class, Bool | Int16 | Int32 | Int64 | Float64 | Decimal | Text | Date)
    }

    fn literal(&self, class: Class, text: Option<&str>) -> Option<String> {
        let name = match class {
            Class::Bool => "BOOLEAN",
            Class::Int64 => "NUMBER(18, 0)",
            Class::Float64 => "FLOAT",
            Class::Decimal => "NUMBER(12, 3)",
            Class::Text => "VARCHAR",
            Class::Date => "DATE",
            _ => return None,
        };
        Some(cast(text, true, name))
    }

    fn identity(&self) -> Option<&'static str> {
        Some("CURRENT_VERSION() || ' as ' || CURRENT_USER()")
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        // Without a collation text is compared by its bytes in UTF-8; `''` is that none.
        format!("COLLATE({operand}, '')")
    }

    fn placeholder(&self, _number: usize, bind: &Bind) -> String {
        match (bind.class(), bind.value().map(ScalarValue::data_type)) {
            (Class::Date, _) => "CAST(? AS DATE)".to_owned(),
            (Class::Decimal, Ok(DataType::Decimal128(precision, scale))) => {
                format!("CAST(? AS NUMBER({precision}, {scale}))")
            }
            // Not known yet: only what it is compared with is asked for its type.
            (Class::Decimal, _) => "CAST(? AS NUMBER(38, 0))".to_owned(),
            _ => "?".to_owned(),
        }
    }

    fn has_decimals(&self, precision: u8, _scale: i8) -> bool {
        precision <= 38
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
}
