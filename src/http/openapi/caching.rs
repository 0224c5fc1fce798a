//! What is described of answers that a caller may keep: their headers, `If-None-Match` and 304.

use serde_json::{Value, json};

use super::components::header;
use crate::{
    catalog::{Consistency, Direction, OrderTerm},
    engine::{Prepared, View},
};

/// The name of [`unchanged`] among the answers that operations refer to.
pub(super) const UNCHANGED: &str = "unchanged";

/// Adds to the description of `get` and `post` what answers of the query tell caches, if any of them does. Only a GET is
/// asked whether its answer is still that of before.
pub(super) fn describe(prepared: &Prepared, get: &mut Value, post: &mut Value) {
    let is_cached = prepared.query.cache.is_some();
    if !is_cached && orders(prepared).all(|consistency| consistency == Consistency::Keyset) {
        return;
    }
    for operation in [&mut *get, post] {
        add(&mut operation["responses"]["200"]["headers"], is_cached);
    }
    if let Value::Array(parameters) = &mut get["parameters"] {
        parameters.push(json!({
            "name": "If-None-Match", "in": "header", "schema": {"type": "string"},
            "description": "The `ETag` of an answer at hand: 304 if it is still the answer",
        }));
    }
    get["responses"]["304"] = json!({"$ref": format!("#/components/responses/{UNCHANGED}")});
}

/// The answer to who has the rows already.
pub(super) fn unchanged() -> Value {
    let mut headers = json!({"X-Request-Id": header("Names this request in logs")});
    add(&mut headers, true);
    json!({"description": "The answer is the one whose `ETag` was sent as `If-None-Match`", "headers": headers})
}

/// Are its pages cut out of a kept result, whatever it is sorted by?
pub(super) fn is_always_stored(prepared: &Prepared) -> bool {
    orders(prepared).all(|consistency| consistency == Consistency::Stored)
}

/// How pages follow one another in the query's own order, and in that of each column that a consumer may sort by. An order
/// by several columns is found by its values only if one by each of them is.
fn orders(prepared: &Prepared) -> impl Iterator<Item = Consistency> {
    let sorted_by = |column: &String| {
        let term = OrderTerm { column: column.clone(), direction: Direction::Ascending, nulls_first: false };
        View { sort: vec![term], ..View::default() }
    };
    let views = std::iter::once(View::default()).chain(prepared.shaping.sort.iter().map(sorted_by));
    views.map(|view| prepared.paging(&view).consistency)
}

/// Of answers that are kept for all who ask, also how fresh they are.
fn add(headers: &mut Value, is_cached: bool) {
    headers["ETag"] = header("Names the answer, if it may be asked for again; a GET takes it as `If-None-Match`");
    headers["Cache-Control"] = header("How long the answer may be kept, by its caller alone");
    if is_cached {
        headers["Age"] = header("Seconds since the sources were asked");
        headers["Cache-Status"] = header("RFC 9211: is it a kept result, or one of a new run?");
    }
}
