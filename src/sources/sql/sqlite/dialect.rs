//! `SQLite`'s spellings.

use datafusion::scalar::ScalarValue;

use super::capabilities::CAPABILITIES;
use crate::sources::sql::{
    Bind, Binds, Class, Dialect,
    capability::Capabilities,
    dialect::{cast, is_endless},
};

/// Numbered placeholders, one for each value of a list that is known when the statement is made; a list that is not is one
/// value, a JSON array.
#[derive(Clone, Copy, Debug)]
pub struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn has(&self, class: Class) -> bool {
        use Class::{Binary, Bool, Date, Float64, Int32, Int64, Text};
        matches!(class, Bool | Int32 | Int64 | Float64 | Text | Binary | Date)
    }

    /// Columns without a declaration hold numbers and texts.
    fn literal(&self, class: Class, text: Option<&str>) -> Option<String> {
        let name = match class {
            Class::Int64 => "INTEGER",
            Class::Float64 if !text.is_some_and(is_endless) => "REAL",
            Class::Text => "TEXT",
            _ => return None,
        };
        Some(cast(text, false, name))
    }

    fn identity(&self) -> Option<&'static str> {
        Some("sqlite_version()")
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        format!("({operand} COLLATE BINARY)")
    }

    fn placeholder(&self, number: usize, _bind: &Bind) -> String {
        format!("?{number}")
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

    fn array_membership(&self, operand: &str, binds: &mut Binds, list: Bind) -> Option<String> {
        // JSON has these values exactly as they are stored; it has no blobs, and reads no float back to its last digit.
        matches!(list.class(), Class::Bool | Class::Int64 | Class::Text | Class::Date).then(|| {
            let place = binds.place(list);
            format!("({operand} IN (SELECT value FROM json_each({place})))")
        })
    }

    fn distinct(&self, _class: Class, left: &str, right: &str, negated: bool) -> String {
        format!("({left} IS {}{right})", if negated { "" } else { "NOT " })
    }
}
