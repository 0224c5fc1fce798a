//! What the members of the SQL family spell differently.

use std::fmt::Debug;

use datafusion::{
    arrow::datatypes::{DECIMAL256_MAX_PRECISION, DataType},
    scalar::ScalarValue,
};

use super::{Bind, Binds, Class, capability::Capabilities};

/// The spellings of one system. Operands are complete expressions, in parentheses where they need them.
pub trait Dialect: Debug + Send + Sync {
    /// The system's name, for people.
    fn name(&self) -> &'static str;

    /// Can a value of `class` be bound, and one that is computed be read?
    fn has(&self, class: Class) -> bool;

    /// Has it decimals of so many digits, so many of them behind the point?
    fn has_decimals(&self, precision: u8, _scale: i8) -> bool {
        precision <= DECIMAL256_MAX_PRECISION
    }

    /// Does it take `value`, or each value of a list, for what it is? Literals are of those forms only that all systems take.
    fn takes(&self, _value: &ScalarValue) -> bool {
        true
    }

    /// What it may be asked to compute.
    fn capabilities(&self) -> &'static Capabilities;

    /// `operand`, a text, so that it is ordered and compared by code point.
    fn by_code_point(&self, operand: &str) -> String;

    /// Placeholder `number` (from 1) for `bind`.
    fn placeholder(&self, number: usize, bind: &Bind) -> String;

    /// `operand [NOT] IN (values)`; `values` are of one type, not NULL and not empty. New binds are added to `binds`.
    fn membership(
        &self,
        operand: &str,
        class: Class,
        values: Vec<ScalarValue>,
        negated: bool,
        binds: &mut Binds,
    ) -> String;

    /// `operand = ANY (list)`, where the list is one bind. `None`: there are no such binds.
    fn array_membership(&self, _operand: &str, _binds: &mut Binds, _list: Bind) -> Option<String> {
        None
    }

    /// `left symbol right`, where both are of `class`.
    fn compared(&self, _class: Class, left: &str, symbol: &str, right: &str) -> String {
        format!("({left} {symbol} {right})")
    }

    /// Does it order values of `class`, which are no floats, and tell them apart in DISTINCT and PARTITION BY, as the engine
    /// does?
    fn orders(&self, _class: Class) -> bool {
        true
    }

    /// What of `key`, of `class`, stands in GROUP BY.
    fn group_key(&self, _class: Class, key: &str) -> String {
        key.to_owned()
    }

    /// `item` of the outermost SELECT list in the form in which values of `data_type` are sent; `None` where they are sent as
    /// they are.
    fn sent(&self, _item: &str, _data_type: &DataType) -> Option<String> {
        None
    }

    /// `left IS [NOT] DISTINCT FROM right`, where both are of `class`.
    fn distinct(&self, _class: Class, left: &str, right: &str, negated: bool) -> String {
        format!("({left} IS {}DISTINCT FROM {right})", if negated { "NOT " } else { "" })
    }

    /// A name, whatever characters it has.
    fn quoted(&self, name: &str) -> String {
        quoted(name)
    }

    /// A term of ORDER BY. `nulls_first` is `None` where no value is NULL.
    fn order_term(&self, operand: &str, ascending: bool, nulls_first: Option<bool>) -> String {
        let direction = if ascending { "ASC" } else { "DESC" };
        let nulls = match nulls_first {
            None => "",
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
        };
        format!("{operand} {direction}{nulls}")
    }

    /// A value of `class` that is spelt `text` (NULL without), as an expression of exactly its type: for the tables of edge
    /// values by which [`super::live`] looks at a service. `None`: it has no such type, or no such value.
    fn literal(&self, class: Class, text: Option<&str>) -> Option<String> {
        standard_type(class).map(|name| cast(text, false, name))
    }

    /// An expression of text: the server's version, and who asks.
    fn identity(&self) -> Option<&'static str> {
        None
    }

    /// A number of rows in LIMIT and OFFSET.
    fn row_count(&self, rows: i64, binds: &mut Binds) -> String {
        binds.place(Bind::Value { value: ScalarValue::Int64(Some(rows)), class: Class::Int64 })
    }

    /// The LIMIT that takes nothing away, where OFFSET needs one before it.
    fn every_row(&self) -> Option<&'static str> {
        None
    }
}

/// The standard's name of the type whose values compare as `class`; decimals have 12 digits, 3 behind the point.
#[must_use]
pub fn standard_type(class: Class) -> Option<&'static str> {
    Some(match class {
        Class::Bool => "BOOLEAN",
        Class::Int16 => "SMALLINT",
        Class::Int32 => "INTEGER",
        Class::Int64 => "BIGINT",
        Class::Float32 => "REAL",
        Class::Float64 => "DOUBLE PRECISION",
        Class::Decimal => "DECIMAL(12, 3)",
        Class::Text => "VARCHAR",
        Class::Date => "DATE",
        Class::Timestamp => "TIMESTAMP",
        Class::TimestampTz => "TIMESTAMP WITH TIME ZONE",
        Class::Binary | Class::Uuid => return None,
    })
}

/// `text`, a text of ours, as a value of the type `name`; NULL without. With `escapes`, backslashes mean something.
#[must_use]
pub fn cast(text: Option<&str>, escapes: bool, name: &str) -> String {
    let quoted = text.map(|text| {
        let text = if escapes { text.replace('\\', "\\\\").replace('\'', "\\'") } else { text.replace('\'', "''") };
        format!("'{text}'")
    });
    format!("CAST({} AS {name})", quoted.as_deref().unwrap_or("NULL"))
}

/// Does it spell a float that is no finite number?
#[must_use]
pub fn is_endless(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| !number.is_finite())
}

/// A name as the standard quotes it, whatever characters it has.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
