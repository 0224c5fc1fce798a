//! Reads the header of a query file. `${…}` is not expanded there: queries hold no secrets, and patterns hold dollars.

use std::{path::Path, sync::Arc, time::Duration};

use super::{Access, Consumer, Page, Param, consumer, page, params};
use crate::{
    config::{
        FullScan, Spanned, is_scope,
        reader::{Fields, Value},
        yaml,
    },
    model::{Place, Problem, Problems, QueryName},
};

const LATER: &[&str] = &[
    "audit",
    "cache",
    "deprecated",
    "lifecycle",
    "mask",
    "materialize",
    "path",
    "policies",
    "policy",
    "returns",
    "stage",
    "tags",
    "tests",
];
const LIMITS_LATER: &[&str] = &["bytes", "concurrency", "cost", "memory", "rate", "rows"];
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_TIMEOUT: Duration = Duration::from_hours(1);

/// What a header says. A part that is `None` had a mistake, which has been recorded.
#[derive(Debug)]
pub(super) struct Header {
    pub version: Option<Spanned<u32>>,
    pub description: Option<String>,
    pub owner: Option<String>,
    /// The names of all parameters, those with mistakes too.
    pub declared: Vec<Spanned<String>>,
    pub params: Vec<Param>,
    pub page: Page,
    pub consumer: Consumer,
    pub access: Option<Access>,
    pub limits: Option<Limits>,
    pub pushdown: Option<bool>,
}

/// What a header says of a query's costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub timeout: Duration,
    pub full_scan: Option<FullScan>,
}

/// Reads `text`, YAML with the places of `file`, for the query that the path calls `name`; `suffix` is the version that
/// the path says. `None` when it is no mapping.
pub(super) fn read(
    file: &Arc<Path>,
    text: &str,
    place: &Place,
    name: Option<&QueryName>,
    suffix: Option<u32>,
    problems: &mut Problems,
) -> Option<Header> {
    let root = yaml::parse(file, text, problems)?;
    let mut fields = Value::of(root, "header").fields(problems)?;
    read_name(&mut fields, name, problems);
    let version = read_version(&mut fields, suffix, problems);
    let [description, owner] = ["description", "owner"]
        .map(|key| fields.take(key).and_then(|value| value.string(problems)).map(|text| text.value));
    let (declared, params) = fields.take("params").map(|value| params::read(value, problems)).unwrap_or_default();
    let page = match fields.take("page") {
        Some(value) => page::read(value, problems),
        None => Page { max: page::DEFAULT_MAX, ..Page::default() },
    };
    let consumer = fields.take("consumer").map(|value| consumer::read(value, problems)).unwrap_or_default();
    let access = read_access(&mut fields, place, problems);
    let limits = read_limits(&mut fields, problems);
    let pushdown = fields.take("pushdown").map_or(Some(true), |value| value.boolean(problems));
    fields.finish(LATER, problems);
    Some(Header { version, description, owner, declared, params, page, consumer, access, limits, pushdown })
}

fn read_name(fields: &mut Fields, expected: Option<&QueryName>, problems: &mut Problems) {
    let Some(name) = fields.require("name", problems).and_then(|value| value.string(problems)) else { return };
    if let Some(expected) = expected
        && name.value != expected.to_string()
    {
        let message = format!("the name `{}` is not the one of the path", name.value);
        problems.push(Problem::error(name.place, message).hint(format!("write `name: {expected}`, or move the file")));
    }
}

fn read_version(fields: &mut Fields, suffix: Option<u32>, problems: &mut Problems) -> Option<Spanned<u32>> {
    let value = fields.require("version", problems)?;
    let version = value.integer(1..=999_999, problems)?;
    if let Some(suffix) = suffix
        && version != suffix
    {
        let message = format!("version `{version}` is not the one of the path, which ends in `.v{suffix}.sql`");
        problems.push(Problem::error(value.place().clone(), message).hint(format!("write `version: {suffix}`")));
        return None;
    }
    Some(Spanned { value: version, place: value.place().clone() })
}

/// `public`, or a mapping with the scopes that are all required.
fn read_access(fields: &mut Fields, place: &Place, problems: &mut Problems) -> Option<Access> {
    const HINT: &str = "write `access: {scopes: [\"domain:read\"]}`, or `access: public`";
    let Some(value) = fields.take("access") else {
        problems.push(
            Problem::error(place.clone(), "the header does not say who may call: `access` is missing").hint(HINT),
        );
        return None;
    };
    if !value.is_mapping() {
        let text = value.string(problems)?;
        if text.value != "public" {
            problems.push(Problem::error(text.place, format!("unknown access {}", value.quoted())).hint(HINT));
            return None;
        }
        return Some(Access::Public);
    }
    let mut access = value.fields(problems)?;
    let scopes = access.require("scopes", problems);
    access.finish(&["claims", "consumers", "plans", "policies", "roles"], problems);
    let scopes = scopes?;
    let (place, is_list) = (scopes.place().clone(), scopes.is_list());
    let scopes = scopes.names(problems);
    if is_list && scopes.is_empty() {
        problems.push(Problem::error(place, "`scopes` is empty: nobody would be named").hint(HINT));
        return None;
    }
    for scope in scopes.iter().filter(|scope| !is_scope(&scope.value)) {
        let problem = Problem::error(scope.place.clone(), format!("`{}` is not a scope", scope.value));
        problems.push(problem.hint("a scope is words joined by colons, such as `sales:read`"));
    }
    Some(Access::Scopes(scopes.into_iter().map(|scope| scope.value).collect()))
}

fn read_limits(fields: &mut Fields, problems: &mut Problems) -> Option<Limits> {
    let Some(value) = fields.take("limits") else {
        return Some(Limits { timeout: DEFAULT_TIMEOUT, full_scan: None });
    };
    let mut limits = value.fields(problems)?;
    let timeout = match limits.take("timeout") {
        Some(value) => value.duration(Duration::from_millis(1)..=MAX_TIMEOUT, problems),
        None => Some(DEFAULT_TIMEOUT),
    };
    let full_scan = match limits.take("full_scan") {
        Some(value) => value.one_of(FullScan::CHOICES, problems).map(Some),
        None => Some(None),
    };
    limits.finish(LIMITS_LATER, problems);
    Some(Limits { timeout: timeout?, full_scan: full_scan? })
}
