//! The examples of an allow-list as queries over tables of edge values: `edges` with columns `c_…` and `d_…` for each class,
//! `others`, and, for values that do not keep to their types, `plain` with `p_…` and `q_…`.

use std::collections::BTreeSet;

use super::{Entry, Kind};
use crate::sources::sql::Class;

/// So many expressions are columns of one query.
const WIDTH: usize = 24;

/// Expressions, and what is asked with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    shape: Shape,
    /// The expressions; whole queries where the entry is a node of a plan.
    pub expressions: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// They are queries.
    Whole,
    /// They are shown.
    Values,
    /// They are shown, and rows are chosen by them.
    Conditions,
    /// Rows of a table that does not keep to its types are chosen by them.
    Choices,
    /// They are of groups, of all rows, and of none.
    Aggregates,
}

impl Entry {
    /// The queries that its examples make, with every combination of the `columns` that there are of each class.
    pub fn asked(&self, columns: impl Fn(Class) -> Vec<&'static str>) -> Vec<Asked> {
        if self.kind == Kind::Node {
            let query = |example: &&str| Asked { shape: Shape::Whole, expressions: vec![(*example).to_owned()] };
            return self.examples.iter().map(query).collect();
        }
        let expressions: Vec<_> = self.examples.iter().flat_map(|example| self.filled(example, &columns)).collect();
        let (plain, typed): (Vec<_>, Vec<_>) = expressions.into_iter().partition(|text| is_plain(text));
        let of_type = self.args.iter().flat_map(|classes| classes.iter()).all(|class| *class == Class::Bool);
        let shape = match self.kind {
            Kind::Aggregate(_) | Kind::Distinct(_) => Shape::Aggregates,
            Kind::Equality | Kind::Order | Kind::Membership | Kind::Presence | Kind::Like => Shape::Conditions,
            _ => Shape::Values,
        };
        let is_condition = shape == Shape::Conditions || of_type && shape == Shape::Values;
        let plain = if is_condition { plain } else { Vec::new() };
        let chunks = |shape, expressions: Vec<String>| {
            let chunks = expressions.chunks(WIDTH).map(|chunk| Asked { shape, expressions: chunk.to_vec() });
            chunks.collect::<Vec<_>>()
        };
        let mut queries = chunks(shape, typed);
        queries.extend(chunks(Shape::Choices, plain));
        queries
    }

    /// `example` with every combination of columns in its holes.
    fn filled(&self, example: &str, columns: &impl Fn(Class) -> Vec<&'static str>) -> Vec<String> {
        let mut filled = vec![example.to_owned()];
        for (index, classes) in self.args.iter().enumerate() {
            let hole = format!("{{{index}}}");
            if !example.contains(&hole) {
                continue;
            }
            // A second operand is another column of the same values.
            let is_pair = self.args.len() > 1 && example.contains("{1}");
            let some = |class: &Class| {
                let columns = columns(*class).into_iter();
                if is_pair { columns.skip(index % 2).take(1).collect::<Vec<_>>() } else { columns.collect() }
            };
            let columns: Vec<_> = classes.iter().flat_map(some).collect();
            filled = filled
                .iter()
                .flat_map(|text| columns.iter().map(|column| text.replace(&hole, column)).collect::<Vec<_>>())
                .collect();
        }
        // Values of different kinds do not meet.
        filled.retain(|text| self.args.len() < 2 || is_of_one_kind(text));
        filled
    }
}

impl Asked {
    /// One of its expressions alone.
    #[must_use]
    pub fn alone(&self, expression: &str) -> Self {
        Self { shape: self.shape, expressions: vec![expression.to_owned()] }
    }

    /// The queries, over the tables of `source`.
    #[must_use]
    pub fn sql(&self, source: &str) -> Vec<String> {
        let Self { shape, expressions } = self;
        let columns = expressions.iter().enumerate().map(|(index, expression)| format!("{expression} AS r{index}"));
        let columns = columns.collect::<Vec<_>>().join(", ");
        match shape {
            Shape::Whole => {
                let of_source = |sql: &String| {
                    sql.replace(" edges", &format!(" {source}.edges")).replace(" others", &format!(" {source}.others"))
                };
                expressions.iter().map(of_source).collect()
            }
            Shape::Values => vec![format!("SELECT id, {columns} FROM {source}.edges")],
            Shape::Choices => {
                let chosen = |expression: &String| format!("SELECT * FROM {source}.plain WHERE {expression}");
                expressions.iter().map(chosen).collect()
            }
            Shape::Conditions => {
                let chosen =
                    expressions.iter().map(|expression| format!("SELECT id FROM {source}.edges WHERE {expression}"));
                chosen.chain([format!("SELECT id, {columns} FROM {source}.edges")]).collect()
            }
            Shape::Aggregates => vec![
                format!("SELECT {columns} FROM {source}.edges"),
                format!("SELECT {columns} FROM {source}.edges WHERE id < 0"),
                format!("SELECT c_text, {columns} FROM {source}.edges GROUP BY c_text"),
            ],
        }
    }
}

/// Are the columns of an expression of one class?
fn is_of_one_kind(text: &str) -> bool {
    let words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
    let classes = words.filter_map(|word| word.strip_prefix("c_").or_else(|| word.strip_prefix("d_")));
    // Some examples choose by this one.
    classes.filter(|class| *class != "int64" || !text.contains("WHEN")).collect::<BTreeSet<_>>().len() <= 1
}

/// Does it name a column of the table that does not keep to its types?
fn is_plain(text: &str) -> bool {
    ["p_", "q_"].iter().any(|prefix| {
        text.match_indices(prefix)
            .any(|(index, _)| !text[..index].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
    })
}
