//! Postgres' spellings.

use datafusion::{arrow::datatypes::DataType, scalar::ScalarValue};

use crate::sources::sql::{Class, Dialect};

/// Placeholders say their type, lists are one array.
#[derive(Clone, Copy, Debug)]
pub struct PostgresDialect;

impl Dialect for PostgresDialect {
    fn is_typed(&self) -> bool {
        true
    }

    fn placeholder(&self, number: usize, class: Class) -> String {
        format!("${number}::{}", type_name(class))
    }

    fn membership(
        &self,
        operand: &str,
        class: Class,
        values: Vec<ScalarValue>,
        negated: bool,
        binds: &mut Vec<ScalarValue>,
    ) -> String {
        let element = values.first().map_or(DataType::Null, ScalarValue::data_type);
        binds.push(ScalarValue::List(ScalarValue::new_list_nullable(&values, &element)));
        let (number, name) = (binds.len(), type_name(class));
        if negated {
            format!("({operand} <> ALL (${number}::{name}[]))")
        } else {
            format!("({operand} = ANY (${number}::{name}[]))")
        }
    }

    fn distinct(&self, left: &str, right: &str, negated: bool) -> String {
        format!("({left} IS {}DISTINCT FROM {right})", if negated { "NOT " } else { "" })
    }
}

/// What a literal of `class` is in Postgres.
const fn type_name(class: Class) -> &'static str {
    match class {
        Class::Bool => "bool",
        Class::Int16 => "int2",
        Class::Int32 => "int4",
        Class::Int64 => "int8",
        Class::Float32 => "float4",
        Class::Float64 => "float8",
        Class::Decimal => "numeric",
        Class::Text => "text",
        Class::Uuid => "uuid",
        Class::Binary => "bytea",
        Class::Date => "date",
        Class::Timestamp => "timestamp",
        Class::TimestampTz => "timestamptz",
    }
}
