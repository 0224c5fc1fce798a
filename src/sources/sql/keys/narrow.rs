//! Conditions on columns in a statement that is already made. Its text stays one of a few: every list is one value.

use datafusion::scalar::ScalarValue;

use crate::sources::sql::{Bind, Binds, Class, Dialect, Statement, feed::Scan, scan::Clauses, select::Select};

/// Rows expected for each value of a list, where nobody knows: it decides only by which road the rows come.
const ROWS_OF_A_KEY: u64 = 10;

/// What is asked of one column.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Which one.
    pub column: usize,
    /// What its values are compared as.
    pub class: Class,
    /// What they are compared with.
    pub choice: Choice,
}

/// What the values of a column are among; nothing is asked where neither can be said.
#[derive(Clone, Debug)]
pub struct Choice {
    /// A list of values, and how many they are.
    pub list: Option<(ScalarValue, usize)>,
    /// The least and the greatest value, where there is no list or the source takes none.
    pub range: Option<(ScalarValue, ScalarValue)>,
}

/// `scan` with `conditions` in its statement, and for each of them what was sent, for people.
pub fn narrowed(
    scan: &Scan,
    clauses: &Clauses,
    conditions: &[Condition],
    dialect: &dyn Dialect,
) -> (Scan, Vec<String>) {
    let is_inside = clauses.select.takes_conditions();
    let mut select = clauses.select.clone();
    let mut around = Around::default();
    let mut binds = scan.statement.binds().clone();
    let (mut predicates, mut sent, mut rows) = (Vec::new(), Vec::new(), None::<u64>);
    for Condition { column, class, choice } in conditions {
        let written = clauses.keys.get(*column).and_then(Option::as_ref).and_then(|comparison| {
            let mut operand = |own: &str| if is_inside { own.to_owned() } else { around.export(own) };
            let (equality, order) = (operand(&comparison.equality), operand(&comparison.order));
            membership(&equality, *class, choice, &mut binds, dialect)
                .or_else(|| dialect.orders(*class).then(|| between(&order, *class, choice, &mut binds))?)
        });
        let Some((predicate, what, most)) = written else {
            sent.push("all values".to_owned());
            continue;
        };
        predicates.push(predicate);
        sent.push(what);
        rows = most.map(|most| rows.map_or(most, |rows| rows.min(most))).or(rows);
    }
    let mut narrowed = scan.clone();
    if predicates.is_empty() {
        return (narrowed, sent);
    }
    if is_inside {
        select.conditions.extend(predicates);
        if let Some(split) = &mut narrowed.split {
            split.is_filtered = true;
        }
    } else {
        select = around.select(select, predicates);
        narrowed.split = None;
    }
    narrowed.statement = Statement::new(scan.statement.source.clone(), select.render(), binds);
    narrowed.estimated_rows = match (scan.estimated_rows, rows) {
        (Some(estimate), Some(rows)) => Some(estimate.min(rows)),
        (estimate, rows) => estimate.or(rows),
    };
    (narrowed, sent)
}

/// `operand = ANY (list)`, what was sent, and about how many rows that chooses.
fn membership(
    operand: &str,
    class: Class,
    choice: &Choice,
    binds: &mut Binds,
    dialect: &dyn Dialect,
) -> Option<(String, String, Option<u64>)> {
    let (value, count) = choice.list.clone().filter(|(value, _)| dialect.takes(value))?;
    let predicate = dialect.array_membership(operand, binds, Bind::Value { value, class })?;
    let rows = u64::try_from(count).ok().map(|count| count.saturating_mul(ROWS_OF_A_KEY));
    Some((predicate, format!("{count} {}", if count == 1 { "value" } else { "values" }), rows))
}

fn between(operand: &str, class: Class, choice: &Choice, binds: &mut Binds) -> Option<(String, String, Option<u64>)> {
    let (low, high) = choice.range.clone()?;
    let (low, high) = (binds.place(Bind::Value { value: low, class }), binds.place(Bind::Value { value: high, class }));
    Some((format!("({operand} BETWEEN {low} AND {high})"), "a range of values".to_owned(), None))
}

/// A SELECT around one whose rows are not to be chosen before it is done: it limits, groups or numbers them.
#[derive(Default)]
struct Around {
    operands: Vec<String>,
}

impl Around {
    /// `operand` of the inner SELECT as a column of the outer.
    fn export(&mut self, operand: &str) -> String {
        let index = self.operands.iter().position(|known| known == operand).unwrap_or_else(|| {
            self.operands.push(operand.to_owned());
            self.operands.len() - 1
        });
        format!("d.k{}", index + 1)
    }

    fn select(&self, mut inner: Select, conditions: Vec<String>) -> Select {
        let items = (1..=inner.items.len()).map(|number| format!("d.c{number}")).collect();
        for (index, item) in inner.items.iter_mut().enumerate() {
            *item = format!("{item} AS c{}", index + 1);
        }
        let operands = self.operands.iter().enumerate();
        inner.items.extend(operands.map(|(index, operand)| format!("{operand} AS k{}", index + 1)));
        Select { items, from: format!("({}) AS d", inner.render()), conditions, ..Select::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use datafusion::arrow::datatypes::{DataType, Field, Schema};

    use super::*;
    use crate::{
        model::SourceName,
        sources::sql::{feed::Split, postgres::PostgresDialect, printer::Scalar, sqlite::SqliteDialect},
    };

    fn scan(select: Select) -> (Scan, Clauses) {
        let source = SourceName::new("crm").expect("a name");
        let mut binds = Binds::default();
        let place = binds.place(Bind::Value { value: ScalarValue::from(7_i64), class: Class::Int64 });
        let select = Select { conditions: vec![format!("(n > {place})")], ..select };
        let scan = Scan {
            statement: Statement::new(source, select.render(), binds),
            schema: Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)])),
            relation: "crm.t".into(),
            estimated_rows: Some(1000),
            fetch: None,
            is_whole: false,
            split: Some(Split { table: "t".to_owned(), is_filtered: false }),
        };
        let column = Scalar::computed("id".to_owned(), Class::Int64, DataType::Int64, false);
        (scan, Clauses::new(select, [column], BTreeSet::new()))
    }

    fn listed(count: usize) -> Condition {
        let values: Vec<_> = (0_i64..).take(count).map(ScalarValue::from).collect();
        let list = ScalarValue::List(ScalarValue::new_list_nullable(&values, &DataType::Int64));
        Condition { column: 0, class: Class::Int64, choice: Choice { list: Some((list, count)), range: None } }
    }

    fn written(select: Select, condition: Condition, dialect: &dyn Dialect) -> (String, Scan) {
        let (scan, clauses) = scan(select);
        let (narrowed, _) = narrowed(&scan, &clauses, &[condition], dialect);
        (narrowed.statement.render(|number, bind| dialect.placeholder(number, bind)), narrowed)
    }

    fn table() -> Select {
        Select { items: vec!["id".to_owned()], from: "t".to_owned(), ..Select::default() }
    }

    #[test]
    fn conditions_join_those_that_are_there() {
        let (sql, scan) = written(table(), listed(3), &PostgresDialect);
        assert_eq!(sql, "SELECT id FROM t WHERE (n > $1::int8) AND (id = ANY ($2::int8[]))");
        assert_eq!((scan.estimated_rows, scan.split.map(|split| split.is_filtered)), (Some(30), Some(true)));
        let (sql, _) = written(table(), listed(3), &SqliteDialect);
        assert_eq!(sql, "SELECT id FROM t WHERE (n > ?1) AND (id IN (SELECT value FROM json_each(?2)))");
        let range = Choice { list: None, range: Some((3_i64.into(), 9_i64.into())) };
        let (sql, scan) = written(table(), Condition { choice: range, ..listed(0) }, &PostgresDialect);
        assert_eq!(sql, "SELECT id FROM t WHERE (n > $1::int8) AND (id BETWEEN $2::int8 AND $3::int8)");
        assert_eq!(scan.estimated_rows, Some(1000));
        let (sql, scan) =
            written(table(), Condition { choice: Choice { list: None, range: None }, ..listed(0) }, &PostgresDialect);
        assert_eq!((sql.as_str(), scan.split.is_some()), ("SELECT id FROM t WHERE (n > $1::int8)", true));
    }

    #[test]
    fn what_is_cut_grouped_or_numbered_is_done_before() {
        let around = |inner: &str| format!("SELECT d.c1 FROM (SELECT {inner}) AS d WHERE (d.k1 = ANY ($2::int8[]))");
        let grouped = Select { group: Some(vec!["id".to_owned()]), ..table() };
        let limited = Select { limit: Some("5".to_owned()), ..table() };
        let windowed = Select { windows: true, ..table() };
        for (select, tail) in [(grouped, " GROUP BY id"), (limited, " LIMIT 5"), (windowed, "")] {
            let (sql, scan) = written(select, listed(3), &PostgresDialect);
            assert_eq!(sql, around(&format!("id AS c1, id AS k1 FROM t WHERE (n > $1::int8){tail}")));
            assert_eq!(scan.split, None);
        }
    }
}
