//! Postgres' spellings.

use datafusion::{arrow::datatypes::DataType, scalar::ScalarValue};

use super::capabilities::CAPABILITIES;
use crate::sources::sql::{
    Bind, Binds, Class, Dialect,
    capability::Capabilities,
    dialect::{cast, standard_type},
};

/// Placeholders say their type, lists are one array.
#[derive(Clone, Copy, Debug)]
pub struct PostgresDialect;

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn has(&self, _class: Class) -> bool {
        true
    }

    fn literal(&self, class: Class, text: Option<&str>) -> Option<String> {
        match class {
            Class::Text => Some(cast(text, false, "text")),
            class => standard_type(class).map(|name| cast(text, false, name)),
        }
    }

    fn identity(&self) -> Option<&'static str> {
        Some("version() || ' as ' || current_user")
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        format!("({operand} COLLATE \"C\")")
    }

    fn placeholder(&self, number: usize, bind: &Bind) -> String {
        match (bind.class(), bind.is_list()) {
            // They arrive as text, whoever infers the type of the placeholder.
            (Class::Uuid, false) => format!("${number}::text::uuid"),
            (Class::Uuid, true) => format!("${number}::text[]::uuid[]"),
            _ => format!("${number}::{}", type_name(bind)),
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
        let element = values.first().map_or(DataType::Null, ScalarValue::data_type);
        let value = ScalarValue::List(ScalarValue::new_list_nullable(&values, &element));
        let place = binds.place(Bind::Value { value, class });
        if negated { format!("({operand} <> ALL ({place}))") } else { format!("({operand} = ANY ({place}))") }
    }

    fn array_membership(&self, operand: &str, binds: &mut Binds, list: Bind) -> Option<String> {
        Some(format!("({operand} = ANY ({}))", binds.place(list)))
    }
}

/// What a value is in Postgres.
pub(super) fn type_name(bind: &Bind) -> String {
    let name = match bind.class() {
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
    };
    format!("{name}{}", if bind.is_list() { "[]" } else { "" })
}
