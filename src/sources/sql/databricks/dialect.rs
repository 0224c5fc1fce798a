//! Databricks' spellings.

use datafusion::{
    arrow::{array::Array, datatypes::DataType},
    scalar::ScalarValue,
};

use super::capabilities::CAPABILITIES;
use crate::sources::sql::{
    Bind, Binds, Class, Dialect,
    capability::Capabilities,
    dialect::{cast, standard_type},
};

/// The most digits of a decimal (<https://docs.databricks.com/en/sql/language-manual/data-types/decimal-type.html>).
const DIGITS: u8 = 38;
/// A list of more values is one parameter: a statement takes 256 of them
/// (<https://github.com/databricks/databricks-sql-nodejs/issues/308>).
const SPELT_OUT: usize = 32;
/// The most bytes of text in a list, well below the 16 MiB of a statement.
const MOST_BYTES: usize = 1 << 20;

/// Named parameters, `:p1`. There are none for lists, so a long list is a text in JSON.
#[derive(Clone, Copy, Debug)]
pub struct DatabricksDialect;

impl Dialect for DatabricksDialect {
    fn name(&self) -> &'static str {
        "databricks"
    }

    /// A parameter for bytes would be one of text.
    fn has(&self, class: Class) -> bool {
        !matches!(class, Class::Binary | Class::Uuid)
    }

    fn has_decimals(&self, precision: u8, _scale: i8) -> bool {
        precision <= DIGITS
    }

    fn takes(&self, value: &ScalarValue) -> bool {
        match value {
            ScalarValue::Decimal256(_, precision, _) => *precision <= DIGITS,
            ScalarValue::List(list) => {
                let values = list.value(0);
                let value = |index| ScalarValue::try_from_array(&values, index).ok();
                let sizes = (0..values.len())
                    .map(|index| value(index).filter(|value| self.takes(value)).map(|value| value.size()));
                let is_spelt_out = values.len() <= SPELT_OUT;
                let is_sent = is_spelt_out || is_in_json(values.data_type());
                is_sent && sizes.sum::<Option<usize>>().is_some_and(|size| size <= MOST_BYTES)
            }
            _ => true,
        }
    }

    fn literal(&self, class: Class, text: Option<&str>) -> Option<String> {
        let name = match class {
            Class::Float32 => "FLOAT",
            Class::Float64 => "DOUBLE",
            Class::Text => "STRING",
            Class::Timestamp => "TIMESTAMP_NTZ",
            Class::TimestampTz => "TIMESTAMP",
            class => standard_type(class)?,
        };
        Some(cast(text, true, name))
    }

    fn identity(&self) -> Option<&'static str> {
        Some("concat(current_version().dbsql_version, ' as ', current_user())")
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    /// The default collation, `UTF8_BINARY`, is that; columns of others are not compared there.
    fn by_code_point(&self, operand: &str) -> String {
        operand.to_owned()
    }

    fn placeholder(&self, number: usize, bind: &Bind) -> String {
        spelt(bind, &format!(":p{number}"))
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
        if values.len() > SPELT_OUT {
            let data_type = values.first().map_or(DataType::Null, ScalarValue::data_type);
            let value = ScalarValue::List(ScalarValue::new_list_nullable(&values, &data_type));
            let place = binds.place(Bind::Value { value, class });
            return format!("({not}array_contains({place}, {operand}))");
        }
        let places: Vec<_> = values.into_iter().map(|value| binds.place(Bind::Value { value, class })).collect();
        format!("({operand} {not}IN ({}))", places.join(", "))
    }

    /// NULL where the operand is: <https://docs.databricks.com/en/sql/language-manual/functions/array_contains.html>
    fn array_membership(&self, operand: &str, binds: &mut Binds, list: Bind) -> Option<String> {
        let is_sent = matches!(
            list.class(),
            Class::Bool | Class::Int16 | Class::Int32 | Class::Int64 | Class::Text | Class::Date
        );
        is_sent.then(|| format!("array_contains({}, {operand})", binds.place(list)))
    }

    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }
}

/// What stands in the text for `bind`, whose parameter is `marker`.
pub fn spelt(bind: &Bind, marker: &str) -> String {
    if bind.is_list() { format!("from_json({marker}, 'array<{}>')", type_name(bind)) } else { marker.to_owned() }
}

/// The type of `bind`; of a list, of its values.
pub fn type_name(bind: &Bind) -> String {
    let name = match bind.class() {
        Class::Bool => "BOOLEAN",
        Class::Int16 => "SMALLINT",
        Class::Int32 => "INT",
        Class::Int64 => "BIGINT",
        Class::Float32 => "FLOAT",
        Class::Float64 => "DOUBLE",
        Class::Decimal => return decimal(bind),
        Class::Text | Class::Uuid => "STRING",
        Class::Binary => "BINARY",
        Class::Date => "DATE",
        Class::Timestamp => "TIMESTAMP_NTZ",
        Class::TimestampTz => "TIMESTAMP",
    };
    name.to_owned()
}

/// Of one that has no value yet, any: it is only asked about, and runs with another.
fn decimal(bind: &Bind) -> String {
    match bind {
        Bind::Value {
            value: ScalarValue::Decimal128(_, precision, scale) | ScalarValue::Decimal256(_, precision, scale),
            ..
        } => format!("DECIMAL({precision}, {scale})"),
        _ => "DECIMAL(38, 9)".to_owned(),
    }
}

/// Can values of this type be those of a list in JSON? Days are, as texts
/// (<https://docs.databricks.com/en/sql/language-manual/functions/from_json.html>).
fn is_in_json(data_type: &DataType) -> bool {
    use DataType::{Boolean, Date32, Int16, Int32, Int64, Utf8};
    matches!(data_type, Boolean | Int16 | Int32 | Int64 | Utf8 | Date32)
}
