//! `kind: clickhouse`

use super::{
    super::{
        Spanned,
        reader::{Fields, Value},
    },
    ClickhouseConfig, read,
};
use crate::model::{Problem, Problems};

/// Reads what describes a `ClickHouse` server.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Option<ClickhouseConfig> {
    let url = fields.require("url", problems).and_then(|value| read_url(&value, problems));
    let user = fields.take("user").and_then(|value| value.filled(problems)).map(|text| text.value);
    let password = fields.take("password").and_then(|value| read::read_secret(&value, problems));
    let max_bytes_scanned = match fields.take("max_bytes_scanned") {
        Some(value) => value.size(problems).map(|size| Some(size.value as u64)),
        None => Some(None),
    };
    let sql = read::read_sql(fields, problems);
    Some(ClickhouseConfig { url: url?, user, password, max_bytes_scanned: max_bytes_scanned?, sql: sql? })
}

/// A URL that may be shown: credentials have keys of their own.
fn read_url(value: &Value, problems: &mut Problems) -> Option<Spanned<url::Url>> {
    const HINT: &str =
        "write `http://host:8123`, or `https://host:8443`; `user`, `password` and `schemas` have keys of their own";
    let text = value.filled(problems)?;
    match url::Url::parse(&text.value) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.host_str().is_some_and(|host| !host.is_empty())
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            Some(Spanned { value: url, place: text.place })
        }
        _ => {
            problems.push(Problem::error(text.place, "`url` is not that of an HTTP interface").hint(HINT));
            None
        }
    }
}
