//! `kind: databricks`

use url::{Host, Url};

use super::{
    super::{
        Spanned,
        reader::{Fields, Value},
    },
    DatabricksConfig, DatabricksLogin, read,
};
use crate::model::{Problem, Problems};

/// Reads what describes a warehouse of Databricks.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Option<DatabricksConfig> {
    let host = fields.require("host", problems).and_then(|value| read_host(&value, problems));
    let [warehouse, catalog] =
        ["warehouse", "catalog"].map(|key| fields.require(key, problems).and_then(|value| value.filled(problems)));
    let warehouse = warehouse.and_then(|id| read_warehouse(id, problems));
    let login = read_login(fields, problems);
    let sql = read::read_sql(fields, problems);
    Some(DatabricksConfig { host: host?, warehouse: warehouse?, catalog: catalog?.value, login: login?, sql: sql? })
}

/// A host's name, or a URL of nothing else. What is sent to it lets others in, so it is encrypted, but for this machine's
/// own.
fn read_host(value: &Value, problems: &mut Problems) -> Option<Spanned<Url>> {
    const HINT: &str = "write the workspace's host, such as `dbc-a1b2345c-d6e7.cloud.databricks.com`";
    let text = value.filled(problems)?;
    let is_url = text.value.contains("://");
    let url = if is_url { Url::parse(&text.value) } else { Url::parse(&format!("https://{}", text.value)) };
    let is_bare = |url: &Url| {
        url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
    };
    match url {
        Ok(url) if is_bare(&url) && (url.scheme() == "https" || url.scheme() == "http" && is_here(&url)) => {
            Some(Spanned { value: url, place: text.place })
        }
        Ok(url) if is_bare(&url) && url.scheme() == "http" => {
            let message = "`host` would be sent secrets in plain text";
            problems.push(Problem::error(text.place, message).hint("leave `http://` out"));
            None
        }
        _ => {
            problems.push(Problem::error(text.place, "`host` is not the host of a workspace").hint(HINT));
            None
        }
    }
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The id alone, or the path that a warehouse's page shows.
fn read_warehouse(id: Spanned<String>, problems: &mut Problems) -> Option<String> {
    if id.value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(id.value);
    }
    let hint = match id.value.rsplit_once('/') {
        Some((_, last)) => format!("write what stands behind the last slash: `{last}`"),
        None => "it is the hexadecimal number at the end of the warehouse's HTTP path".to_owned(),
    };
    problems.push(Problem::error(id.place, "`warehouse` is not the id of a SQL warehouse").hint(hint));
    None
}

/// `token`, or `client_id` and `client_secret`.
fn read_login(fields: &mut Fields, problems: &mut Problems) -> Option<DatabricksLogin> {
    let [token, id, secret] = ["token", "client_id", "client_secret"].map(|key| fields.take(key));
    let alone = |key: &Value, hint: String| {
        Problem::error(key.key_place.clone(), format!("`{}` does not go with the rest", key.key)).hint(hint)
    };
    let problem = match (token, id, secret) {
        (Some(token), None, None) => return read::read_secret(&token, problems).map(DatabricksLogin::Token),
        (None, Some(id), Some(secret)) => {
            let (id, secret) = (id.filled(problems), read::read_secret(&secret, problems));
            return id.zip(secret).map(|(id, secret)| DatabricksLogin::Client { id: id.value, secret });
        }
        (None, None, None) => {
            // As every key that is missing is told, at the file's own place.
            fields.require("token", problems);
            return None;
        }
        (Some(token), Some(other), _) | (Some(token), None, Some(other)) => {
            alone(&other, format!("who asks is told one way or the other: `token` stands at {}", token.key_place))
        }
        (None, Some(lonely), None) | (None, None, Some(lonely)) => {
            alone(&lonely, "`client_id` and `client_secret` belong together".to_owned())
        }
    };
    problems.push(problem);
    None
}
