//! `kind: flightsql`

use std::path::Path;

use super::{
    super::{
        Secret, Spanned,
        reader::{Fields, Value},
    },
    FlightSqlConfig, Login, read,
};
use crate::model::{Problem, Problems};

/// What a URL may begin with, and how gRPC has it.
const SCHEMES: &[(&str, &str)] = &[
    ("grpc", "http"),
    ("grpc+tcp", "http"),
    ("http", "http"),
    ("grpc+tls", "https"),
    ("grpcs", "https"),
    ("https", "https"),
];

/// Reads what describes a server of Flight SQL.
pub(super) fn read(fields: &mut Fields, directory: &Path, problems: &mut Problems) -> Option<FlightSqlConfig> {
    let url = fields.require("url", problems).and_then(|value| read_url(&value, problems));
    let login = read_login(fields, problems).map_err(|problem| problems.push(problem)).ok();
    let headers = fields.take("headers").map(|value| read_headers(value, problems)).unwrap_or_default();
    let ca = fields.take("ca").and_then(|value| value.filled(problems));
    let ca = ca.map(|path| Spanned { value: directory.join(path.value), place: path.place });
    let catalog = fields.take("catalog").and_then(|value| value.filled(problems)).map(|text| text.value);
    let sql = read::read_sql(fields, problems);
    Some(FlightSqlConfig { url: url?, login: login?, headers, ca, catalog, sql: sql? })
}

/// A URL that may be shown: credentials have keys of their own.
fn read_url(value: &Value, problems: &mut Problems) -> Option<Spanned<url::Url>> {
    const HINT: &str =
        "write `grpc://host:port`, or `grpc+tls://host:port`; `token`, `user` and `password` have keys of their own";
    let text = value.filled(problems)?;
    let url = text.value.split_once("://").and_then(|(scheme, rest)| {
        let (_, ours) = SCHEMES.iter().find(|(known, _)| *known == scheme)?;
        url::Url::parse(&format!("{ours}://{rest}")).ok()
    });
    let is_bare = |url: &url::Url| {
        url.host_str().is_some_and(|host| !host.is_empty())
            && url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let Some(url) = url.filter(is_bare) else {
        problems.push(Problem::error(text.place, "`url` is not that of a Flight server").hint(HINT));
        return None;
    };
    Some(Spanned { value: url, place: text.place })
}

/// `token`, or `user` and `password`, or nothing.
fn read_login(fields: &mut Fields, problems: &mut Problems) -> Result<Option<Login>, Problem> {
    let [token, user, password] = ["token", "user", "password"].map(|key| fields.take(key));
    let alone = |key: &Value, hint: String| {
        Problem::error(key.key_place.clone(), format!("`{}` does not go with the rest", key.key)).hint(hint)
    };
    match (token, user, password) {
        (None, None, None) => Ok(None),
        (Some(token), None, None) => Ok(read::read_secret(&token, problems).map(Login::Token)),
        (None, Some(user), Some(password)) => {
            let (user, password) = (user.filled(problems), read::read_secret(&password, problems));
            Ok(user.zip(password).map(|(user, password)| Login::Password { user: user.value, password }))
        }
        (Some(token), Some(other), _) | (Some(token), None, Some(other)) => {
            Err(alone(&other, format!("a server is told one or the other: `token` stands at {}", token.key_place)))
        }
        (None, Some(lonely), None) | (None, None, Some(lonely)) => {
            Err(alone(&lonely, "`user` and `password` belong together".to_owned()))
        }
    }
}

/// Names in lower case (HTTP/2), values that may be secrets.
fn read_headers(value: Value, problems: &mut Problems) -> Vec<(Spanned<String>, Secret)> {
    let mut headers = Vec::new();
    for (name, value) in value.entries(problems).unwrap_or_default() {
        let is_name = !name.value.is_empty()
            && name
                .value
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
            && !name.value.ends_with("-bin");
        if !is_name || name.value == "authorization" {
            let problem = Problem::error(name.place, format!("`{}` cannot be set as a header", name.value));
            problems.push(
                problem.hint("names are lower case letters, digits, `-`, `_` and `.`; `token` sets `authorization`"),
            );
        } else if let Some(text) = value.string(problems) {
            if text.value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
                headers.push((name, Secret::new(text.value)));
            } else {
                problems
                    .push(Problem::error(text.place, format!("the value of `{}` is not printable ASCII", name.value)));
            }
        }
    }
    headers
}
