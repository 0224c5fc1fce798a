//! What a consumer makes of a result, read from its request: `fields`, `sort` and filters.

use std::collections::BTreeMap;

use datafusion::common::ScalarValue;

use super::mistakes::Mistakes;
use crate::{
    catalog::{Direction, OrderTerm},
    engine::{Filter, Filterable, Prepared, View},
    model::{ParameterFault, place::nearest},
};

/// The most terms of a `sort`.
pub const MOST_TERMS: usize = 8;

/// The view that `shaping` asks for, and the values of its filters.
///
/// # Errors
/// Everything that is unknown, not allowed or malformed.
pub(super) fn read(prepared: &Prepared, shaping: &[(String, String)]) -> Result<(View, Vec<ScalarValue>), Mistakes> {
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, text) in shaping {
        given.entry(name.as_str()).or_default().push(text.as_str());
    }
    let mut reader = Reader { prepared, faults: Vec::new() };
    let (mut view, mut values) = (View::default(), Vec::new());
    for (name, texts) in given {
        match name {
            _ if prepared.shaping.is_nothing() => {
                reader.refuse(name, "is not allowed: the owner of the query lets nobody shape its result", &[])
            }
            "fields" => view.fields = reader.fields(&texts),
            "sort" => view.sort = reader.sort(&texts),
            name => {
                if let Some((filter, bound)) = reader.filter(name, &texts) {
                    view.filters.push(filter);
                    values.extend(bound);
                }
            }
        }
    }
    let faults = reader.faults;
    if faults.is_empty() {
        return Ok((view, values));
    }
    let hint = (!prepared.shaping.is_nothing()).then(|| "/openapi.json lists what can be asked for".to_owned());
    Err(Mistakes { faults, hint })
}

/// Reads against what a query allows, and notes every mistake.
struct Reader<'a> {
    prepared: &'a Prepared,
    faults: Vec<ParameterFault>,
}

impl Reader<'_> {
    fn refuse(&mut self, name: &str, detail: impl Into<String>, allowed: &[String]) {
        self.faults.push(ParameterFault {
            parameter: name.to_owned(),
            detail: detail.into(),
            allowed: allowed.to_vec(),
        });
    }

    /// `a,b`
    fn fields(&mut self, texts: &[&str]) -> Option<Vec<String>> {
        let allowed = &self.prepared.shaping.fields;
        let mut fields: Vec<String> = Vec::new();
        for name in self.listed("fields", texts, allowed)? {
            if fields.iter().any(|field| field == name) {
                self.refuse("fields", format!("names `{name}` twice"), &[]);
            } else if self.is_known("fields", name, allowed) {
                fields.push(name.to_owned());
            }
        }
        Some(fields)
    }

    /// `-a,b`
    fn sort(&mut self, texts: &[&str]) -> Vec<OrderTerm> {
        let allowed = &self.prepared.shaping.sort;
        let Some(names) = self.listed("sort", texts, allowed) else { return Vec::new() };
        if names.len() > MOST_TERMS {
            self.refuse("sort", format!("has {} terms; at most {MOST_TERMS} are allowed", names.len()), &[]);
        }
        let page = &self.prepared.page;
        let mut terms: Vec<OrderTerm> = Vec::new();
        for name in names {
            let (column, direction) = match name.strip_prefix('-') {
                Some(column) => (column, Direction::Descending),
                None => (name, Direction::Ascending),
            };
            // A column that has ordered the rows once orders nothing further.
            if !self.is_known("sort", column, allowed) || terms.iter().any(|term| term.column == column) {
                continue;
            }
            let own = page.order.iter().find(|term| term.value.column == column);
            let nulls_first = own.map_or(page.nulls_first, |term| term.value.nulls_first);
            terms.push(OrderTerm { column: column.to_owned(), direction, nulls_first });
        }
        terms
    }

    /// The parts of the only one of `texts`; `None` where nothing is `allowed`, or something else is wrong.
    fn listed<'t>(&mut self, name: &str, texts: &[&'t str], allowed: &[String]) -> Option<Vec<&'t str>> {
        let wrong = match texts {
            _ if allowed.is_empty() => "is not allowed by the owner of the query",
            [""] => "names no column",
            [text] => return Some(text.split(',').collect()),
            _ => "is given more than once; put commas between columns",
        };
        self.refuse(name, wrong, &[]);
        None
    }

    fn is_known(&mut self, name: &str, column: &str, allowed: &[String]) -> bool {
        let is_known = allowed.iter().any(|other| other == column);
        if !is_known {
            let meant = nearest(column, allowed.iter().map(String::as_str));
            let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            self.refuse(name, format!("names `{column}`, which is none of its columns{meant}"), allowed);
        }
        is_known
    }

    /// `column__operator=value`
    fn filter(&mut self, name: &str, texts: &[&str]) -> Option<(Filter, Vec<ScalarValue>)> {
        let filters = self.prepared.shaping.filters.as_slice();
        if filters.is_empty() {
            self.refuse(name, "is not allowed: the owner of the query lets nobody filter its result", &[]);
            return None;
        }
        // The name of a column may itself hold the separator.
        let (column, operator) = name.rsplit_once("__").unwrap_or((name, ""));
        let Some(filterable) = filters.iter().find(|filter| filter.column == column) else {
            let columns: Vec<_> = filters.iter().map(|filter| filter.column.clone()).collect();
            self.refuse(name, meant(name, "filters by no column that can be filtered by", filters), &columns);
            return None;
        };
        let operators = filterable.operators();
        if !operators.contains(&operator) {
            let names: Vec<_> = operators.iter().map(|operator| format!("{column}__{operator}")).collect();
            let what = match filterable.operand {
                None => "is no filter: values of this type can only be asked for with `is`".to_owned(),
                Some(_) => meant(name, "is no filter", std::slice::from_ref(filterable)),
            };
            self.refuse(name, what, &names);
            return None;
        }
        match filterable.read(operator, texts) {
            Ok((condition, values)) => {
                let data_type = filterable.data_type().clone();
                Some((Filter { column: column.to_owned(), data_type, condition }, values))
            }
            Err(detail) => {
                let states = || filterable.states().into_iter().map(|state| state.to_string()).collect::<Vec<_>>();
                self.refuse(name, detail, &if operator == "is" { states() } else { Vec::new() });
                None
            }
        }
    }
}

/// `what`, and the filter that `name` was most likely meant to be.
fn meant(name: &str, what: &str, filters: &[Filterable]) -> String {
    let names: Vec<String> = filters
        .iter()
        .flat_map(|filter| filter.operators().into_iter().map(move |operator| format!("{}__{operator}", filter.column)))
        .collect();
    match nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("{what}; did you mean `{meant}`?"),
        None => what.to_owned(),
    }
}
