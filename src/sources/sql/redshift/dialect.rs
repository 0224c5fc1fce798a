//! Redshift's spellings.
//!
//! Trailing blanks mean nothing when it compares texts (Database Developer Guide, "Character types"), and a column or a
//! database may not tell cases apart (`COLLATE`). So texts are equal here when they are equal there, under the collation
//! that tells cases apart, and of one length; of texts in an order, or as rows of DISTINCT, nothing is said there.

use datafusion::{
    arrow::{array::Array, datatypes::DataType},
    scalar::ScalarValue,
};

use super::{capabilities::CAPABILITIES, statement::type_name};
use crate::sources::sql::{
    Bind, Binds, Class, Dialect,
    capability::Capabilities,
    dialect::{cast, standard_type},
};

/// A text that is sent as a value has at most so many bytes, and a decimal so many digits ("Character types", "Numeric
/// types").
pub const LONGEST_TEXT: usize = 65_535;
/// What is computed with 38 digits may be cut off there ("Computations with numeric values").
const MOST_DIGITS: u8 = 37;

/// Values are texts that are cast to their types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedshiftDialect {
    /// On the wire: `$1`.
    Wire,
    /// In the Data API: `:p1`, and a statement has 100 kB.
    Data,
}

impl RedshiftDialect {
    /// The place of parameter `number`, from 1.
    #[must_use]
    pub fn place(self, number: usize) -> String {
        match self {
            Self::Wire => format!("${number}"),
            Self::Data => format!(":p{number}"),
        }
    }

    /// The most values of a list.
    const fn most_values(self) -> usize {
        match self {
            Self::Wire => 5000,
            Self::Data => 500,
        }
    }
}

impl Dialect for RedshiftDialect {
    fn name(&self) -> &'static str {
        "redshift"
    }

    fn has(&self, class: Class) -> bool {
        !matches!(class, Class::Float32 | Class::Uuid | Class::Binary)
    }

    fn has_decimals(&self, precision: u8, _scale: i8) -> bool {
        precision <= MOST_DIGITS
    }

    fn takes(&self, value: &ScalarValue) -> bool {
        match value {
            ScalarValue::Utf8(Some(text)) => text.len() <= LONGEST_TEXT && !text.ends_with(' '),
            ScalarValue::Float64(Some(number)) => number.is_finite(),
            ScalarValue::Decimal256(..) => false,
            ScalarValue::List(list) => {
                let values = list.value(0);
                let takes = |index| ScalarValue::try_from_array(&values, index).is_ok_and(|value| self.takes(&value));
                values.len() <= self.most_values() && (0..values.len()).all(takes)
            }
            _ => true,
        }
    }

    /// A backslash in a literal means what the server's settings say, so it is made from its number.
    fn literal(&self, class: Class, text: Option<&str>) -> Option<String> {
        let name = standard_type(class)?;
        let Some((head, tail)) = text.and_then(|text| text.split_once('\\')) else {
            return Some(cast(text, false, name));
        };
        let [head, tail] = [head, tail].map(|part| self.literal(class, Some(part)));
        Some(format!("({} || chr(92) || {})", head?, tail?))
    }

    fn identity(&self) -> Option<&'static str> {
        Some("CAST(version() AS varchar(256)) || ' as ' || CAST(current_user AS varchar(128))")
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        operand.to_owned()
    }

    fn placeholder(&self, number: usize, bind: &Bind) -> String {
        format!("CAST({} AS {})", self.place(number), type_name(bind))
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
        let list = binds.place(Bind::Value { value, class });
        let is_member = among(operand, class, &list);
        if negated { format!("(NOT {is_member})") } else { is_member }
    }

    fn array_membership(&self, operand: &str, binds: &mut Binds, list: Bind) -> Option<String> {
        let class = list.class();
        let list = binds.place(list);
        Some(among(operand, class, &list))
    }

    fn compared(&self, class: Class, left: &str, symbol: &str, right: &str) -> String {
        let joint = match (class, symbol) {
            (Class::Text, "=") => "AND",
            (Class::Text, "<>") => "OR",
            _ => return format!("({left} {symbol} {right})"),
        };
        let (one, other) = (case_sensitive(left), case_sensitive(right));
        format!(
            "({left} {symbol} {right} {joint} {one} {symbol} {other} \
             {joint} octet_length({left}) {symbol} octet_length({right}))"
        )
    }

    fn orders(&self, class: Class) -> bool {
        class != Class::Text
    }

    fn group_key(&self, class: Class, key: &str) -> String {
        match class {
            Class::Text => format!("{key}, {}, octet_length({key})", case_sensitive(key)),
            _ => key.to_owned(),
        }
    }

    /// Decimals, days and times of day come as text: in the form of others than these does the server give what every
    /// driver of its maker reads (`redshift_connector`, `utils/type_utils.py`).
    fn sent(&self, item: &str, data_type: &DataType) -> Option<String> {
        let is_text = matches!(data_type, DataType::Decimal128(..) | DataType::Date32 | DataType::Time64(_));
        is_text.then(|| format!("CAST({item} AS varchar(64))"))
    }

    fn distinct(&self, class: Class, left: &str, right: &str, negated: bool) -> String {
        let differs = self.compared(class, left, "<>", right);
        let differs = format!("((({left} IS NULL) <> ({right} IS NULL)) OR coalesce({differs}, FALSE))");
        if negated { format!("(NOT {differs})") } else { differs }
    }

    /// A number: whether a parameter may stand there is nowhere said.
    fn row_count(&self, rows: i64, _binds: &mut Binds) -> String {
        rows.to_string()
    }
}

/// `operand` under the collation that tells cases apart ("COLLATE function").
fn case_sensitive(operand: &str) -> String {
    format!("collate({operand}, 'case_sensitive')")
}

/// No value of a list of texts ends in a blank, so no text that does is one of them.
fn among(operand: &str, class: Class, list: &str) -> String {
    match class {
        Class::Text => format!(
            "({operand} IN ({list}) AND {} IN ({list}) AND octet_length({operand}) = octet_length(rtrim({operand})))",
            case_sensitive(operand)
        ),
        _ => format!("({operand} IN ({list}))"),
    }
}
