//! Reads `page` of a header.

use super::{Consistency, Direction, OrderTerm, Page};
use crate::{
    config::{Spanned, reader::Value},
    model::{Place, Problem, Problems},
};

/// The most rows of a page when the header does not say.
pub(super) const DEFAULT_MAX: usize = 1000;

const CONSISTENCIES: &[(&str, Option<Consistency>)] =
    &[("auto", None), ("keyset", Some(Consistency::Keyset)), ("stored", Some(Consistency::Stored))];
const NULLS: &[(&str, bool)] = &[("first", true), ("last", false)];

/// Reads `page`. Whether its columns exist, and whether the query's table has a key, is known when the query is planned.
pub(super) fn read(value: Value, problems: &mut Problems) -> Page {
    let mut page = Page { max: DEFAULT_MAX, ..Page::default() };
    let Some(mut fields) = value.fields(problems) else { return page };
    let key = fields.take("key");
    let keyed = key.is_some();
    if let Some(value) = key {
        let (place, is_list) = (value.place().clone(), value.is_list());
        page.key = value.names(problems);
        if is_list && page.key.is_empty() {
            let problem = Problem::error(place, "`key` is empty");
            problems.push(problem.hint("name output columns that together are unique and not NULL"));
        }
    }
    let nulls = fields.take("nulls");
    let nulls_first = nulls.as_ref().and_then(|value| value.one_of(NULLS, problems)).unwrap_or(false);
    page.nulls_first = nulls_first;
    let order = fields.take("order");
    if let (Some(nulls), None, false) = (&nulls, &order, keyed) {
        let problem = Problem::error(nulls.key_place.clone(), "`page.nulls` needs `page.order`");
        problems.push(problem.hint("say which columns come in which order"));
    }
    for item in order.and_then(|value| value.list(problems)).unwrap_or_default() {
        let Some(term) = read_term(item, nulls_first, problems) else { continue };
        if page.order.iter().any(|other| other.value.column == term.value.column) {
            let message = format!("`{}` stands in the order twice", term.value.column);
            problems.push(Problem::error(term.place, message));
        } else {
            page.order.push(term);
        }
    }
    if let Some(max) = fields.take("max").and_then(|value| value.integer(1..=100_000, problems)) {
        page.max = max as usize;
    }
    let consistency = fields.take("consistency").and_then(|value| value.one_of(CONSISTENCIES, problems));
    page.consistency = consistency.flatten();
    fields.finish(&[], problems);
    page
}

/// `column`, `-column`, or `{column: -column, nulls: first}`.
fn read_term(item: Value, nulls_first: bool, problems: &mut Problems) -> Option<Spanned<OrderTerm>> {
    if !item.is_mapping() {
        let text = item.string(problems)?;
        return term(&text.value, text.place, nulls_first, problems);
    }
    let mut fields = item.fields(problems)?;
    let column = fields.require("column", problems).and_then(|value| value.string(problems));
    let nulls = fields.take("nulls").map_or(Some(nulls_first), |value| value.one_of(NULLS, problems));
    fields.finish(&["collate"], problems);
    let column = column?;
    term(&column.value, column.place, nulls?, problems)
}

fn term(text: &str, place: Place, nulls_first: bool, problems: &mut Problems) -> Option<Spanned<OrderTerm>> {
    let (column, direction) = match text.strip_prefix('-') {
        Some(column) => (column, Direction::Descending),
        None => (text, Direction::Ascending),
    };
    if column.is_empty() {
        problems.push(Problem::error(place, format!("`{text}` names no column")).hint("write `column` or `-column`"));
        return None;
    }
    Some(Spanned { value: OrderTerm { column: column.to_owned(), direction, nulls_first }, place })
}
