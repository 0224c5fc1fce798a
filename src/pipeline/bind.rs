//! From what a caller wrote to one typed value for each declared parameter; all mistakes of a call at once.

use std::collections::BTreeMap;

use datafusion::common::ScalarValue;
use serde_json::Value as Json;

use super::mistakes::Mistakes;
use crate::{
    catalog::{Param, Query},
    model::{ParameterFault, ValueType, place::nearest},
};

/// A call's parameters as a door received them.
#[derive(Clone, Debug)]
pub enum Parameters {
    /// Of a query string, in its order; lists repeat the name.
    Pairs(Vec<(String, String)>),
    /// Of a JSON object.
    Json(serde_json::Map<String, Json>),
}

/// One value for each parameter of `query`, in the order of its header.
///
/// # Errors
/// Every mistake in them.
pub(super) fn bind(query: &Query, parameters: &Parameters) -> Result<Vec<ScalarValue>, Mistakes> {
    let given = match parameters {
        Parameters::Pairs(pairs) => group(pairs),
        Parameters::Json(object) => object.iter().map(|(name, value)| (name.as_str(), Given::Json(value))).collect(),
    };
    let mut faults = unknown(query, &given);
    let any_unknown = !faults.is_empty();
    let mut values = Vec::with_capacity(query.params.len());
    for param in &query.params {
        match read(param, given.get(param.name.value.as_str())) {
            Ok(value) => values.push(value),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        return Ok(values);
    }
    let names: Vec<_> = query.params.iter().map(|param| format!("`{}`", param.name.value)).collect();
    let hint = any_unknown.then(|| match names.as_slice() {
        [] => format!("`{}` has no parameters", query.name),
        names => format!("`{}` has {}", query.name, names.join(", ")),
    });
    Err(Mistakes { faults, hint })
}

enum Given<'a> {
    Text(Vec<&'a str>),
    Json(&'a Json),
}

fn group(pairs: &[(String, String)]) -> BTreeMap<&str, Given<'_>> {
    let mut given = BTreeMap::new();
    for (name, text) in pairs {
        if let Given::Text(texts) = given.entry(name.as_str()).or_insert_with(|| Given::Text(Vec::new())) {
            texts.push(text.as_str());
        }
    }
    given
}

fn unknown(query: &Query, given: &BTreeMap<&str, Given<'_>>) -> Vec<ParameterFault> {
    let names: Vec<&str> = query.params.iter().map(|param| param.name.value.as_str()).collect();
    given
        .keys()
        .filter(|name| !names.contains(name))
        .map(|name| {
            let detail = match nearest(name, names.iter().copied()) {
                Some(meant) => format!("is no parameter of `{}`; did you mean `{meant}`?", query.name),
                None => format!("is no parameter of `{}`", query.name),
            };
            ParameterFault { parameter: (*name).to_owned(), detail, allowed: Vec::new() }
        })
        .collect()
}

fn read(param: &Param, given: Option<&Given<'_>>) -> Result<ScalarValue, ParameterFault> {
    let wrong = |detail: String| ParameterFault { parameter: param.name.value.clone(), detail, allowed: Vec::new() };
    let value = match (given, &param.default) {
        (None, Some(default)) => return Ok(default.clone()),
        (None | Some(Given::Json(Json::Null)), _) if param.optional => return Ok(param.value_type.null()),
        (None, None) => return Err(wrong(format!("is required: a value of type {}", param.value_type))),
        (Some(Given::Json(json)), _) => param.value_type.from_json(json),
        (Some(Given::Text(texts)), _) => match (&param.value_type, texts.as_slice()) {
            (ValueType::List(_), texts) => param.value_type.from_texts(texts),
            (_, [text]) => param.value_type.from_text(text),
            _ => Err("is given more than once".into()),
        },
    };
    let value = value.map_err(wrong)?;
    match param.check(&value) {
        Ok(()) => Ok(value),
        Err(detail) => Err(ParameterFault { allowed: param.allowed_texts(), ..wrong(detail) }),
    }
}
