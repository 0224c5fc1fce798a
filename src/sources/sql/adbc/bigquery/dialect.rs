//! `BigQuery`'s spellings.

use datafusion::scalar::ScalarValue;

use super::capabilities::CAPABILITIES;
use crate::sources::sql::{Bind, Binds, Class, Dialect, capability::Capabilities, dialect::cast};

/// Names in backticks; placeholders are numbered by where they stand, and each value of a list has one.
#[derive(Clone, Copy, Debug)]
pub struct BigQueryDialect;

impl Dialect for BigQueryDialect {
    fn name(&self) -> &'static str {
        "bigquery"
    }

    fn has(&self, class: Class) -> bool {
        matches!(class, Class::Bool | Class::Int64 | Class::Date)
    }

    fn literal(&self, class: Class, text: Option<&str>) -> Option<String> {
        let name = match class {
            Class::Bool => "BOOL",
            Class::Int64 => "INT64",
            Class::Date => "DATE",
            _ => return None,
        };
        Some(cast(text, true, name))
    }

    fn identity(&self) -> Option<&'static str> {
        Some("concat('BigQuery as ', session_user())")
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        operand.to_owned()
    }

    fn placeholder(&self, _number: usize, _bind: &Bind) -> String {
        "?".to_owned()
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

    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }
}
