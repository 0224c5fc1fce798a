//! What a source's file says of tables, matched with the tables that are there.

use std::collections::HashMap;

use crate::{
    config::{Spanned, TableConfig},
    model::{Place, Problem, ValueType, place::nearest},
};

/// The annotations of a source by the table that each one names.
#[derive(Debug, Default)]
pub struct Annotations<'a>(HashMap<(String, String), &'a TableConfig>);

impl<'a> Annotations<'a> {
    /// Finds each annotation's table among `tables` (schema and name). What names none, or one that has been named
    /// before, is a problem.
    pub fn resolve(
        configs: &'a [TableConfig],
        default_schema: &str,
        tables: &[(&str, &str)],
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut found = HashMap::new();
        for config in configs {
            let name = config.name.value.as_str();
            let table = tables.iter().find(|table| **table == (default_schema, name)).or_else(|| {
                // A schema's name may hold dots too.
                tables.iter().find(|(schema, table)| {
                    name.strip_prefix(schema).and_then(|rest| rest.strip_prefix('.')) == Some(*table)
                })
            });
            let Some((schema, table)) = table else {
                let bare =
                    tables.iter().filter(|(schema, _)| *schema == default_schema).map(|(_, table)| (*table).to_owned());
                let full = tables.iter().map(|(schema, table)| format!("{schema}.{table}"));
                let names: Vec<_> = bare.chain(full).collect();
                problems.push(unknown("table", &config.name, names.iter().map(String::as_str)));
                continue;
            };
            if found.insert(((*schema).to_owned(), (*table).to_owned()), config).is_some() {
                let problem = Problem::error(config.name.place.clone(), format!("table `{name}` is annotated twice"));
                problems.push(problem.hint("`table` and `schema.table` name the same table of the default schema"));
            }
        }
        Self(found)
    }

    /// What is said of one table.
    pub fn of(&self, schema: &str, table: &str) -> Option<&'a TableConfig> {
        self.0.get(&(schema.to_owned(), table.to_owned())).copied()
    }
}

/// Notes every column that `config` names and that the table does not have.
pub fn check_columns(config: &TableConfig, columns: &[&str], problems: &mut Vec<Problem>) {
    let named = config.key.iter().chain(config.columns.iter().map(|(name, _)| name));
    for name in named.filter(|name| !columns.contains(&name.value.as_str())) {
        problems.push(unknown("column", name, columns.iter().copied()));
    }
}

/// The type that `config` asks for a column, and where it does.
pub fn override_of<'a>(config: Option<&'a TableConfig>, column: &str) -> Option<(&'a Spanned<String>, &'a ValueType)> {
    config?.columns.iter().find(|(name, _)| name.value == column).map(|(name, value_type)| (name, value_type))
}

/// A name that the source does not have.
pub fn unknown<'a>(what: &str, name: &Spanned<String>, known: impl IntoIterator<Item = &'a str>) -> Problem {
    let problem = Problem::error(name.place.clone(), format!("the source has no {what} `{}`", name.value));
    match nearest(&name.value, known) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    }
}

/// An override that the member cannot keep exactly. `allowed` lists what it can.
pub fn refused(name: &Spanned<String>, source_type: &str, allowed: &str) -> Problem {
    let message = format!("column `{}` of type `{source_type}` cannot be read as that type without a risk", name.value);
    Problem::error(name.place.clone(), message).hint(format!("allowed here: {allowed}"))
}

/// A column of a type that the member does not read: its table is shown without it.
pub fn unread(source: &Place, column: &str, relation: &str, source_type: &str) -> Problem {
    let message = format!("column `{column}` of `{relation}` is left out: values of type `{source_type}` are not read");
    Problem::warning(source.clone(), message).hint("make a view in the source that shows it in another type")
}
