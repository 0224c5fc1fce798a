//! `DuckDB`'s spellings.

use datafusion::{arrow::datatypes::DataType, scalar::ScalarValue};

use super::capabilities::CAPABILITIES;
use crate::sources::sql::{Bind, Binds, Class, Dialect, capability::Capabilities};

/// So many values are written one by one; more are one list, whose values are looked up by hash.
const FEW: usize = 32;

/// Placeholders say their type, lists are one array.
#[derive(Clone, Copy, Debug)]
pub struct DuckDbDialect;

impl Dialect for DuckDbDialect {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn has(&self, class: Class) -> bool {
        class != Class::Uuid
    }

    fn has_decimals(&self, precision: u8, _scale: i8) -> bool {
        precision <= 38
    }

    fn identity(&self) -> Option<&'static str> {
        Some("version()")
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        // A value has no collation, and of one with a collation the library cannot say the type before it is bound.
        let is_value = operand.starts_with('\0') && operand.ends_with('\0');
        if is_value { operand.to_owned() } else { format!("({operand} COLLATE C)") }
    }

    fn placeholder(&self, number: usize, bind: &Bind) -> String {
        typed(&format!("${number}"), bind)
    }

    fn membership(
        &self,
        operand: &str,
        class: Class,
        values: Vec<ScalarValue>,
        negated: bool,
        binds: &mut Binds,
    ) -> String {
        let not = if negated { "NOT " } else { "" };
        if values.len() > FEW {
            let element = values.first().map_or(DataType::Null, ScalarValue::data_type);
            let value = ScalarValue::List(ScalarValue::new_list_nullable(&values, &element));
            let place = binds.place(Bind::Value { value, class });
            return format!("({operand} {not}IN (SELECT unnest({place})))");
        }
        let places: Vec<_> = values.into_iter().map(|value| binds.place(Bind::Value { value, class })).collect();
        format!("({operand} {not}IN ({}))", places.join(", "))
    }

    fn array_membership(&self, operand: &str, binds: &mut Binds, list: Bind) -> Option<String> {
        Some(format!("({operand} IN (SELECT unnest({})))", binds.place(list)))
    }
}

/// `value` as one of the type of `bind`. Of a decimal that is not known yet, its value says the type.
fn typed(value: &str, bind: &Bind) -> String {
    type_name(bind).map_or_else(|| value.to_owned(), |name| format!("CAST({value} AS {name})"))
}

/// Any value that `bind` may be. NULL may be of another type than its cast says.
pub(super) fn sample(bind: &Bind) -> String {
    let value = match bind.class() {
        _ if bind.is_list() => "[]",
        Class::Bool => "FALSE",
        Class::Text | Class::Uuid | Class::Binary => "''",
        Class::Date | Class::Timestamp | Class::TimestampTz => "'1970-01-01'",
        _ => "1",
    };
    typed(value, bind)
}

/// What a value is in `DuckDB`.
fn type_name(bind: &Bind) -> Option<String> {
    let name = match bind.class() {
        Class::Bool => "BOOLEAN",
        Class::Int16 => "SMALLINT",
        Class::Int32 => "INTEGER",
        Class::Int64 => "BIGINT",
        Class::Float32 => "FLOAT",
        Class::Float64 => "DOUBLE",
        Class::Text | Class::Uuid => "VARCHAR",
        Class::Binary => "BLOB",
        Class::Date => "DATE",
        Class::Timestamp => "TIMESTAMP",
        Class::TimestampTz => "TIMESTAMPTZ",
        Class::Decimal => return decimal(bind),
    };
    Some(format!("{name}{}", if bind.is_list() { "[]" } else { "" }))
}

fn decimal(bind: &Bind) -> Option<String> {
    let data_type = bind.value().ok()?.data_type();
    let (element, list) = match &data_type {
        DataType::List(item) => (item.data_type(), "[]"),
        other => (other, ""),
    };
    match element {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            Some(format!("DECIMAL({precision}, {scale}){list}"))
        }
        _ => None,
    }
}
