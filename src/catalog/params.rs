//! Reads `params` of a header, and checks values against what a parameter allows: defaults when the file is loaded,
//! the callers' values at each call.

use std::cmp::Ordering;

use datafusion::scalar::ScalarValue;
use regex::Regex;

use super::Param;
use crate::{
    config::{
        Spanned,
        reader::{Fields, Value},
    },
    model::{
        Place, Problem, Problems, ValueType,
        name::is_lower_snake,
        value::{compare, elements, to_text},
    },
};

/// What doors keep for themselves.
const RESERVED: &[&str] = &["cursor", "envelope", "format", "int64", "limit", "null"];

/// A regular expression that a whole text must match.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    whole: Regex,
}

impl Pattern {
    /// Compiles `source`; the error says what is wrong with it.
    pub fn new(source: &str) -> Result<Self, regex::Error> {
        // By itself first: `a)|(b` would be valid only inside of the group that holds it to the whole text.
        Regex::new(source)?;
        Ok(Self { source: source.to_owned(), whole: Regex::new(&format!(r"\A(?:{source})\z"))? })
    }

    /// The expression as the header says it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Does the whole of `text` match?
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }
}

impl Param {
    /// Is `value`, which is not NULL and of the parameter's type, allowed? The error completes a sentence: "is less
    /// than the minimum 1".
    pub fn check(&self, value: &ScalarValue) -> Result<(), String> {
        for element in elements(value) {
            self.check_element(&element).map_err(|error| {
                if self.value_type.is_list() {
                    format!("has an element `{}` that {error}", to_text(&element))
                } else {
                    error
                }
            })?;
        }
        Ok(())
    }

    /// The values allowed as texts; empty when they cannot be listed.
    #[must_use]
    pub fn allowed_texts(&self) -> Vec<String> {
        self.allowed.iter().map(to_text).collect()
    }

    fn check_element(&self, element: &ScalarValue) -> Result<(), String> {
        if let Some(min) = &self.min
            && compare(element, min) == Some(Ordering::Less)
        {
            return Err(format!("is less than the minimum {}", to_text(min)));
        }
        if let Some(max) = &self.max
            && compare(element, max) == Some(Ordering::Greater)
        {
            return Err(format!("is greater than the maximum {}", to_text(max)));
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| is_equal(element, allowed)) {
            return Err("is not one of the values allowed".to_owned());
        }
        if let (Some(pattern), ScalarValue::Utf8(Some(text))) = (&self.pattern, element)
            && !pattern.matches(text)
        {
            return Err(format!("does not match the pattern `{}`", pattern.source()));
        }
        Ok(())
    }
}

fn is_equal(a: &ScalarValue, b: &ScalarValue) -> bool {
    compare(a, b) == Some(Ordering::Equal)
}

/// Reads `params`: all names that are declared, and the parameters that have no mistakes.
pub(super) fn read(value: Value, problems: &mut Problems) -> (Vec<Spanned<String>>, Vec<Param>) {
    let (mut declared, mut params) = (Vec::new(), Vec::new());
    for (name, value) in value.entries(problems).unwrap_or_default() {
        declared.push(name.clone());
        check_name(&name, problems);
        params.extend(value.fields(problems).and_then(|fields| read_param(name, fields, problems)));
    }
    (declared, params)
}

fn check_name(name: &Spanned<String>, problems: &mut Problems) {
    let (message, hint) = if RESERVED.contains(&name.value.as_str()) {
        (format!("`{}` is reserved: every query has it", name.value), "use another name")
    } else if name.value.contains("__") {
        (format!("`{}` is reserved: it contains `__`", name.value), "use single underscores")
    } else if !is_lower_snake(&name.value) {
        let hint = "use lower case letters, digits and single underscores, letter first";
        (format!("`{}` cannot name a parameter", name.value), hint)
    } else {
        return;
    };
    problems.push(Problem::error(name.place.clone(), message).hint(hint));
}

fn read_param(name: Spanned<String>, mut fields: Fields, problems: &mut Problems) -> Option<Param> {
    let value_type = fields.require("type", problems).and_then(|value| read_type(value, problems));
    let description = fields.take("description").and_then(|value| value.string(problems)).map(|text| text.value);
    let optional = fields.take("optional");
    let taken = ["default", "min", "max", "enum", "pattern"].map(|key| fields.take(key));
    fields.finish(&["deprecated", "example", "examples", "path", "sensitive"], problems);
    // What the values mean depends on the type.
    let value_type = value_type?;
    let [default, min, max, allowed, pattern] = taken;
    let min = min.and_then(|value| read_bound(&value, &value_type, problems));
    let max = max.and_then(|value| read_bound(&value, &value_type, problems));
    let mut param = Param {
        pattern: pattern.and_then(|value| read_pattern(&value, &value_type, problems)),
        min: min.as_ref().map(|bound| bound.value.clone()),
        max: max.as_ref().map(|bound| bound.value.clone()),
        optional: optional.as_ref().and_then(|value| value.boolean(problems)).unwrap_or(false),
        allowed: Vec::new(),
        default: None,
        name,
        value_type,
        description,
    };
    if let (Some(min), Some(max)) = (&min, &max)
        && compare(&min.value, &max.value) == Some(Ordering::Greater)
    {
        let message = format!("`min` {} is greater than `max` {}", to_text(&min.value), to_text(&max.value));
        problems.push(Problem::error(min.place.clone(), message));
    }
    if let Some(value) = allowed {
        param.allowed = read_allowed(value, &param, problems);
    }
    if let Some(value) = default {
        let place = value.place().clone();
        param.default = read_default(value, &param, problems);
        if param.optional {
            let problem = Problem::error(place, "a parameter with a `default` is never absent");
            problems.push(problem.hint("remove `optional`, or the default"));
        } else if let Some(default) = &param.default
            && let Err(error) = param.check(default)
        {
            problems.push(Problem::error(place, format!("the default `{}` {error}", to_text(default))));
        }
    }
    Some(param)
}

/// A type's name, or `[name]`, which YAML reads as a list of one.
fn read_type(value: Value, problems: &mut Problems) -> Option<ValueType> {
    let place = value.place().clone();
    let text = if value.is_list() {
        // `[decimal(12,2)]` is a list of two texts to YAML.
        let parts = value.list(problems)?;
        let parts = parts.iter().map(|part| part.string(problems).map(|text| text.value));
        format!("[{}]", parts.collect::<Option<Vec<_>>>()?.join(","))
    } else {
        value.string(problems)?.value
    };
    match ValueType::parse(&text) {
        Ok(value_type) => Some(value_type),
        Err(error) => {
            let hint = format!("the types are {}, and lists of them: [type]", ValueType::NAMES);
            problems.push(Problem::error(place, format!("`{text}` {error}")).hint(hint));
            None
        }
    }
}

/// One value of the type (of a list: of its elements).
fn read_element(value: &Value, value_type: &ValueType, problems: &mut Problems) -> Option<Spanned<ScalarValue>> {
    let text = value.string(problems)?;
    match value_type.element().from_text(&text.value) {
        Ok(element) => Some(Spanned { value: element, place: text.place }),
        Err(error) => {
            value.refuse(error, problems);
            None
        }
    }
}

/// `min` or `max`.
fn read_bound(value: &Value, value_type: &ValueType, problems: &mut Problems) -> Option<Spanned<ScalarValue>> {
    if !value_type.has_order() {
        let message = format!("`{}` does not apply to {}", value.key, value_type.element());
        problems.push(Problem::error(value.key_place.clone(), message).hint("use `enum` or `pattern`"));
        return None;
    }
    read_element(value, value_type, problems)
}

fn read_pattern(value: &Value, value_type: &ValueType, problems: &mut Problems) -> Option<Pattern> {
    if *value_type.element() != ValueType::String {
        let message = format!("`pattern` does not apply to {}", value_type.element());
        problems.push(Problem::error(value.key_place.clone(), message).hint("only to strings"));
        return None;
    }
    let text = value.string(problems)?;
    match Pattern::new(&text.value) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            // The last line says what is wrong; those before draw a picture of the expression.
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            value.refuse(format!("is not a regular expression: {reason}"), problems);
            None
        }
    }
}

fn read_allowed(value: Value, param: &Param, problems: &mut Problems) -> Vec<ScalarValue> {
    let place: Place = value.place().clone();
    let mut allowed: Vec<ScalarValue> = Vec::new();
    let Some(items) = value.list(problems) else { return allowed };
    if items.is_empty() {
        problems.push(Problem::error(place, "`enum` is empty: no value would be allowed"));
    }
    for item in items {
        let Some(element) = read_element(&item, &param.value_type, problems) else { continue };
        if allowed.iter().any(|other| is_equal(&element.value, other)) {
            item.refuse("stands in `enum` twice", problems);
        } else if let Err(error) = param.check_element(&element.value) {
            item.refuse(error, problems);
        }
        allowed.push(element.value);
    }
    allowed
}

/// A value of the parameter's type: of a list type, a list.
fn read_default(value: Value, param: &Param, problems: &mut Problems) -> Option<ScalarValue> {
    if !param.value_type.is_list() {
        return read_element(&value, &param.value_type, problems).map(|element| element.value);
    }
    let items = value.list(problems)?;
    let read = |item: &Value| read_element(item, &param.value_type, problems).map(|element| to_text(&element.value));
    let texts = items.iter().map(read).collect::<Option<Vec<_>>>()?;
    param.value_type.from_texts(&texts).ok()
}
