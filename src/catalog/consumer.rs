//! Reads `consumer` of a header: what consumers may make of the result.

use crate::{
    config::{Spanned, reader::Value},
    model::{Problem, Problems},
};

/// What consumers may make of a result. Nothing, unless its owner says.
#[derive(Clone, Debug, Default)]
pub struct Consumer {
    /// Choose columns.
    pub fields: Allowed,
    /// Choose rows.
    pub filter: Allowed,
    /// Choose the order.
    pub sort: Allowed,
}

/// The columns with which a consumer may do something.
#[derive(Clone, Debug, Default)]
pub enum Allowed {
    /// None.
    #[default]
    None,
    /// All with which it can be done.
    All,
    /// These.
    Columns(Vec<Spanned<String>>),
}

/// Reads `consumer`. Whether its columns exist is known when the query is planned.
pub(super) fn read(value: Value, problems: &mut Problems) -> Consumer {
    let Some(mut fields) = value.fields(problems) else { return Consumer::default() };
    let [columns, filter, sort] =
        ["fields", "filter", "sort"].map(|key| fields.take(key).map(|value| read_allowed(value, problems)));
    fields.finish(&[], problems);
    Consumer { fields: columns.unwrap_or_default(), filter: filter.unwrap_or_default(), sort: sort.unwrap_or_default() }
}

/// `true`, `false`, or a list of columns.
fn read_allowed(value: Value, problems: &mut Problems) -> Allowed {
    if !value.is_list() {
        return if value.boolean(problems) == Some(true) { Allowed::All } else { Allowed::None };
    }
    let (place, key) = (value.place().clone(), value.key.clone());
    let columns = value.names(problems);
    if columns.is_empty() && !problems.has_errors() {
        let problem = Problem::error(place, format!("`{key}` is empty"));
        problems.push(problem.hint("list output columns, or write `true` for all and `false` for none"));
    }
    Allowed::Columns(columns)
}
