//! `ClickHouse`'s spellings.

use std::ops::RangeInclusive;

use datafusion::{
    arrow::{array::Array, datatypes::DataType},
    scalar::ScalarValue,
};

use super::capabilities::CAPABILITIES;
use crate::sources::sql::{Bind, Binds, Class, Dialect, capability::Capabilities, dialect::cast};

/// Days from 1970-01-01 to 1900-01-01 and 2299-12-31: what is outside is taken for one of these.
const DAYS: RangeInclusive<i32> = -25_567..=120_529;
/// Microseconds in a day.
const MICROS_OF_A_DAY: i64 = 86_400_000_000;
/// A list in its printed form. A server takes fields of at most 128 KiB (`http_max_field_value_size`).
const MOST_BYTES: usize = 100_000;

/// Parameters that name their type, `{p1:Int64}`; a list is one, an array.
#[derive(Clone, Copy, Debug)]
pub struct ClickhouseDialect;

impl Dialect for ClickhouseDialect {
    fn name(&self) -> &'static str {
        "clickhouse"
    }

    fn has(&self, class: Class) -> bool {
        use Class::{Bool, Date, Decimal, Float32, Float64, Int16, Int32, Int64, Text, TimestampTz};
        matches!(class, Bool | Int16 | Int32 | Int64 | Float32 | Float64 | Decimal | Text | Date | TimestampTz)
    }

    fn takes(&self, value: &ScalarValue) -> bool {
        match value {
            ScalarValue::Date32(Some(days)) => DAYS.contains(days),
            ScalarValue::TimestampMicrosecond(Some(micros), _) => {
                i32::try_from(micros.div_euclid(MICROS_OF_A_DAY)).is_ok_and(|days| DAYS.contains(&days))
            }
            ScalarValue::List(list) => {
                let values = list.value(0);
                let value = |index| ScalarValue::try_from_array(&values, index).ok();
                let sizes = (0..values.len())
                    .map(|index| value(index).filter(|value| self.takes(value)).map(|value| size(&value)));
                sizes.sum::<Option<usize>>().is_some_and(|size| size <= MOST_BYTES)
            }
            _ => true,
        }
    }

    fn literal(&self, class: Class, text: Option<&str>) -> Option<String> {
        let name = match class {
            Class::Bool => "Bool",
            Class::Int16 => "Int16",
            Class::Int32 => "Int32",
            Class::Int64 => "Int64",
            Class::Float32 => "Float32",
            Class::Float64 => "Float64",
            Class::Decimal => "Decimal(12, 3)",
            Class::Text => "String",
            Class::Date => "Date32",
            Class::TimestampTz => "DateTime64(6, 'UTC')",
            Class::Timestamp | Class::Binary | Class::Uuid => return None,
        };
        Some(cast(text.map(|text| text.trim_end_matches('Z')), true, &format!("Nullable({name})")))
    }

    fn identity(&self) -> Option<&'static str> {
        Some("concat(version(), ' as ', currentUser())")
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        operand.to_owned()
    }

    fn placeholder(&self, number: usize, bind: &Bind) -> String {
        format!("{{p{number}:{}}}", type_name(bind))
    }

    fn membership(
        &self,
        operand: &str,
        class: Class,
        values: Vec<ScalarValue>,
        negated: bool,
        binds: &mut Binds,
    ) -> String {
        let data_type = values.first().map_or(DataType::Null, ScalarValue::data_type);
        let value = ScalarValue::List(ScalarValue::new_list_nullable(&values, &data_type));
        let place = binds.place(Bind::Value { value, class });
        format!("({operand} {}IN ({place}))", if negated { "NOT " } else { "" })
    }

    fn array_membership(&self, operand: &str, binds: &mut Binds, list: Bind) -> Option<String> {
        let place = binds.place(list);
        Some(format!("({operand} IN ({place}))"))
    }

    fn distinct(&self, _class: Class, left: &str, right: &str, negated: bool) -> String {
        let differs = format!("((({left}) IS NULL) != (({right}) IS NULL) OR ifNull({left} != {right}, false))");
        if negated { format!("(NOT {differs})") } else { differs }
    }

    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }
}

/// At most how many bytes a value of a list is when it is printed.
fn size(value: &ScalarValue) -> usize {
    match value {
        ScalarValue::Utf8(Some(text)) => 2 * text.len() + 3,
        // Digits of 76 places, a sign, a point.
        ScalarValue::Decimal256(..) => 79,
        _ => 44,
    }
}

/// The type of a parameter.
pub fn type_name(bind: &Bind) -> String {
    let name = element_name(bind);
    match bind {
        list if list.is_list() => format!("Array({name})"),
        Bind::Value { value, .. } if value.is_null() => format!("Nullable({name})"),
        _ => name,
    }
}

/// The type of a parameter, or of each value of its list.
fn element_name(bind: &Bind) -> String {
    let name = match bind.class() {
        Class::Bool => "Bool",
        Class::Int16 => "Int16",
        Class::Int32 => "Int32",
        Class::Int64 => "Int64",
        Class::Float32 => "Float32",
        Class::Float64 => "Float64",
        Class::Decimal => return decimal(bind),
        Class::Text | Class::Binary | Class::Uuid => "String",
        Class::Date => "Date32",
        Class::Timestamp | Class::TimestampTz => "DateTime64(6, 'UTC')",
    };
    name.to_owned()
}

/// Of one that has no value yet, any: it is only asked about, and runs with another.
fn decimal(bind: &Bind) -> String {
    let data_type = match bind {
        Bind::Value { value, .. } => match value.data_type() {
            DataType::List(item) => item.data_type().clone(),
            other => other,
        },
        Bind::Parameter { .. } => DataType::Null,
    };
    match data_type {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) if scale >= 0 => {
            format!("Decimal({precision}, {scale})")
        }
        _ => "Decimal(38, 9)".to_owned(),
    }
}
