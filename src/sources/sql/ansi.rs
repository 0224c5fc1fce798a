//! What every SQL server computes alike: the dialect of systems of which nothing else is known.
//!
//! How such a server writes placeholders is not known either (`?`, `$1`, `:1`, `@p1`), so values stand in the text. Only
//! whole numbers do: their digits mean the same in every dialect, and there is nothing in them to quote. Text is compared
//! by collations that nobody told us, so no text is compared there, ordered or sent.

use datafusion::{arrow::array::Array, logical_expr::Operator, scalar::ScalarValue};

use super::{
    Bind, Binds, Class, Dialect, Statement,
    capability::{
        Capabilities, Entry, Kind,
        standard::{ANY, BOOL, INTEGERS, equality, membership, node, order},
    },
};

/// Names in quotes of one kind; whole numbers are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnsiDialect {
    quote: char,
}

/// Names in double quotes, as the standard has them.
pub static DOUBLE_QUOTES: AnsiDialect = AnsiDialect { quote: '"' };
/// Names in backticks: what is in double quotes is text there, so that `SELECT "a"` would be a text in every row.
pub static BACKTICKS: AnsiDialect = AnsiDialect { quote: '`' };

/// The allow-list. What a server has not, it refuses when the statement is prepared: then it runs here.
pub static CAPABILITIES: Capabilities = Capabilities { tables: &[NODES, EXPRESSIONS], without: &[] };

const NODES: &[Entry] = &[
    node("scan", &["SELECT id, c_int64 FROM edges"]),
    node("projection", &["SELECT c_int64 AS a, id AS b FROM edges"]),
    node("filter", &["SELECT id FROM edges WHERE c_int64 > 1"]),
    node("limit", &["SELECT id FROM edges LIMIT 1000"]),
];

const EXPRESSIONS: &[Entry] = &[
    equality("integer = integer", &[INTEGERS, INTEGERS]),
    order("integer < integer", &[INTEGERS, INTEGERS]),
    membership("integer IN (…)", &[INTEGERS], &["{0} IN (1, 2, 3, 7, 1000)", "{0} NOT IN (1, -1, 3, 7, 1000)"]),
    Entry::new("x IS NULL", Kind::Presence, &[ANY], "({0} IS NULL)", &["{0} IS NULL", "{0} IS NOT NULL"]),
    Entry::new(
        "x AND y",
        Kind::Operator(Operator::And),
        &[BOOL, BOOL],
        "({0} AND {1})",
        &["c_int64 > 1 AND c_int64 < 1000"],
    ),
    Entry::new("x OR y", Kind::Operator(Operator::Or), &[BOOL, BOOL], "({0} OR {1})", &["c_int64 > 1 OR c_int64 = -1"]),
    Entry::new("NOT x", Kind::Not, &[BOOL], "(NOT {0})", &["NOT {0}"]),
];

impl AnsiDialect {
    /// A statement whose only column is a whole number where names stand in these quotes; elsewhere it fails, or is text.
    #[must_use]
    pub fn probe(self) -> String {
        let name = self.quoted("x");
        format!("SELECT {name} FROM (SELECT 1 AS {name}) q")
    }
}

impl Dialect for AnsiDialect {
    fn name(&self) -> &'static str {
        "a source of which nothing more is known"
    }

    fn has(&self, class: Class) -> bool {
        matches!(class, Class::Bool | Class::Int16 | Class::Int32 | Class::Int64)
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn by_code_point(&self, operand: &str) -> String {
        operand.to_owned()
    }

    fn placeholder(&self, _number: usize, bind: &Bind) -> String {
        literal(bind)
    }

    fn quoted(&self, name: &str) -> String {
        let quote = self.quote;
        format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
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
        matches!(list.class(), Class::Int16 | Class::Int32 | Class::Int64)
            .then(|| format!("({operand} IN ({}))", binds.place(list)))
    }
}

/// The text of `statement`, its values in it.
#[must_use]
pub fn text(statement: &Statement) -> String {
    statement.render(|_, bind| literal(bind))
}

/// A value as digits, a list as digits between commas. NULL stands for what is not known yet: so a statement is prepared.
fn literal(bind: &Bind) -> String {
    match bind.value() {
        Ok(ScalarValue::List(list)) => {
            let values = list.value(0);
            let value =
                |index| ScalarValue::try_from_array(&values, index).map_or_else(|_| null(), |value| digits(&value));
            (0..values.len()).map(value).collect::<Vec<_>>().join(", ")
        }
        Ok(value) => digits(value),
        Err(_) => null(),
    }
}

fn null() -> String {
    "NULL".to_owned()
}

/// Only what [`AnsiDialect::has`] comes here. The least of 64 bits has no digits of its own: a sign is an operator.
fn digits(value: &ScalarValue) -> String {
    let number = match value {
        ScalarValue::Boolean(Some(value)) => return if *value { "TRUE" } else { "FALSE" }.to_owned(),
        ScalarValue::Int16(Some(number)) => i64::from(*number),
        ScalarValue::Int32(Some(number)) => i64::from(*number),
        ScalarValue::Int64(Some(number)) => *number,
        _ => return null(),
    };
    match number {
        i64::MIN => format!("({} - 1)", i64::MIN + 1),
        number if number < 0 => format!("({number})"),
        number => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceName;

    #[test]
    fn values_stand_in_the_text_as_digits() {
        let mut binds = Binds::default();
        let mut place = |value: ScalarValue| binds.place(Bind::Value { value, class: Class::Int64 });
        let list: Vec<ScalarValue> = vec![1_i64.into(), (-2_i64).into()];
        let list = ScalarValue::List(ScalarValue::new_list_nullable(&list, &list[0].data_type()));
        let sql =
            format!("{} {} {} {}", place(7_i16.into()), place((-7_i64).into()), place(i64::MIN.into()), place(list));
        let statement = Statement::new(SourceName::new("s").expect("a name"), sql, binds);
        assert_eq!(text(&statement), "7 (-7) (-9223372036854775807 - 1) 1, (-2)");
    }
}
