//! Snowflake's spellings.

use datafusion::scalar::ScalarValue;

use super::capabilities::CAPABILITIES;
use crate::sources::sql::{Bind, Binds, Class, Dialect, capability::Capabilities};

/// Placeholders are numbered by where they stand; each value of a list has one.
#[derive(Clone, Copy, Debug)]
pub struct SnowflakeDialect;

impl Dialect for SnowflakeDialect {
    fn name(&self) -> &'static str {
        "snowflake"
    }

    fn has(&self, class: Class) -> bool {
        use Class::{Bool, Date, Decimal, Int16, Int32, Int64, Text};
        matches!(class, Bool | Int16 | Int32 | Int64 | Decimal | Text | Date)
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        // Without a collation text is compared by its bytes in UTF-8; `''` is that none.
        format!("COLLATE({operand}, '')")
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
}
