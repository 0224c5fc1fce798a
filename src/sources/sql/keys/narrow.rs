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
                .or_else(|| between(&order, *class, choice, &mut binds))
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
    let (value, count) = choice.list.clone()?;
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
