//! The kinds whose driver is an ADBC library: `adbc`, and those that set a driver's options: `duckdb`, `snowflake`,
//! `bigquery`.

use std::path::Path;

use super::{
    super::{
        Secret, Spanned,
        reader::{Fields, Value},
    },
    AdbcConfig, Flavor,
    read::read_sql,
};
use crate::model::{Place, Problem, Problems};

/// Keys of a Snowflake source and the driver's names for them; the values of the first are secrets.
const SNOWFLAKE_SECRETS: &[(&str, &[&str])] = &[
    ("password", &["password"]),
    ("private_key", &["adbc.snowflake.sql.client_option.jwt_private_key_pkcs8_value"]),
    ("private_key_password", &["adbc.snowflake.sql.client_option.jwt_private_key_pkcs8_password"]),
    ("token", &["adbc.snowflake.sql.client_option.auth_token"]),
];
const SNOWFLAKE: &[(&str, &[&str])] = &[
    ("account", &["adbc.snowflake.sql.account"]),
    ("user", &["username"]),
    ("warehouse", &["adbc.snowflake.sql.warehouse"]),
    ("role", &["adbc.snowflake.sql.role"]),
    ("database", &["adbc.snowflake.sql.db"]),
    ("host", &["adbc.snowflake.sql.uri.host"]),
    ("port", &["adbc.snowflake.sql.uri.port"]),
    ("protocol", &["adbc.snowflake.sql.uri.protocol"]),
];
/// Of the ways to show who one is, one is used.
const SNOWFLAKE_AUTH: &[(&str, &str)] = &[("private_key", "auth_jwt"), ("token", "auth_oauth")];
/// What a value is must not depend on the driver's release: decimals are decimals, and instants are not cut off. A server
/// that does not answer is down before others are kept waiting.
const SNOWFLAKE_DEFAULTS: &[(&str, &str)] = &[
    ("adbc.snowflake.sql.client_option.use_high_precision", "true"),
    ("adbc.snowflake.sql.client_option.max_timestamp_precision", "nanoseconds_error_on_overflow"),
    ("adbc.snowflake.sql.client_option.login_timeout", "10s"),
];
const BIGQUERY: &[(&str, &[&str])] =
    &[("project", &["adbc.bigquery.sql.project_id"]), ("location", &["adbc.bigquery.sql.location"])];

type Options = Vec<(Spanned<String>, Secret)>;

/// The kinds that this room reads.
pub(super) const KINDS: &[(&str, Flavor)] = &[
    ("adbc", Flavor::Generic),
    ("duckdb", Flavor::DuckDb),
    ("snowflake", Flavor::Snowflake),
    ("bigquery", Flavor::BigQuery),
];

/// Reads a source of `flavor`.
pub(super) fn read(
    flavor: Flavor,
    fields: &mut Fields,
    directory: &Path,
    problems: &mut Problems,
) -> Option<AdbcConfig> {
    let place = fields.place().clone();
    let driver = match flavor {
        Flavor::Generic => fields.require("driver", problems).and_then(|value| value.filled(problems)),
        _ => fields.take("driver").map_or_else(
            || Some(Spanned { value: flavor.driver().to_owned(), place: place.clone() }),
            |value| value.filled(problems),
        ),
    };
    let entrypoint = match flavor {
        Flavor::Generic => fields.take("entrypoint").and_then(|value| value.filled(problems)),
        _ => None,
    };
    let (mut database, mut options, mut max_bytes_scanned) = (None, Vec::new(), None);
    match flavor {
        Flavor::Generic => {}
        Flavor::DuckDb => {
            let path = fields.require("path", problems).and_then(|value| value.filled(problems));
            database = path.map(|path| Spanned { value: directory.join(path.value), place: path.place });
        }
        Flavor::Snowflake => read_snowflake(fields, &place, &mut options, problems),
        Flavor::BigQuery => {
            read_bigquery(fields, &place, &mut options, problems);
            let size = fields.take("max_bytes_scanned").and_then(|value| value.size(problems));
            max_bytes_scanned = size.and_then(|size| u64::try_from(size.value).ok());
        }
    }
    let given = fields.take("options").map(|value| read_options(value, flavor, &options, problems));
    options.extend(given.unwrap_or_default());
    let sql = read_sql(fields, problems)?;
    if let Some(schema) = sql.schemas.first().and_then(|first| flavor.schema_option().map(|name| (name, first))) {
        options.push(option(schema.0, &schema.1.place, Secret::new(&schema.1.value)));
    }
    if flavor == Flavor::DuckDb && database.is_none() {
        return None;
    }
    let directory = directory.to_owned();
    let entrypoint = entrypoint.map(|entrypoint| entrypoint.value);
    Some(AdbcConfig { flavor, driver: driver?, entrypoint, directory, database, options, max_bytes_scanned, sql })
}

fn option(name: &str, place: &Place, value: Secret) -> (Spanned<String>, Secret) {
    (Spanned { value: name.to_owned(), place: place.clone() }, value)
}

/// Keys that are options of the driver by other names.
fn read_named(
    keys: &[(&'static str, &[&'static str])],
    is_secret: bool,
    fields: &mut Fields,
    options: &mut Options,
    problems: &mut Problems,
) {
    for (key, names) in keys {
        let Some(value) = fields.take(key) else { continue };
        let Some(text) = value.filled(problems) else { continue };
        if is_secret && !value.is_expanded() {
            let problem = Problem::warning(text.place.clone(), format!("`{key}` stands in the file itself"));
            problems.push(problem.hint("refer to it: `${NAME}` or `${file:/path}`"));
        }
        options.extend(names.iter().map(|name| option(name, &text.place, Secret::new(text.value.clone()))));
    }
}

fn read_snowflake(fields: &mut Fields, place: &Place, options: &mut Options, problems: &mut Problems) {
    read_named(SNOWFLAKE, false, fields, options, problems);
    let given = options.len();
    read_named(SNOWFLAKE_SECRETS, true, fields, options, problems);
    let is_given = |key: &str| {
        let names = SNOWFLAKE_SECRETS.iter().find(|(known, _)| *known == key).map(|(_, names)| *names);
        options[given..].iter().any(|(name, _)| names.is_some_and(|names| names.contains(&name.value.as_str())))
    };
    let ways: Vec<_> = ["password", "private_key", "token"].into_iter().filter(|key| is_given(key)).collect();
    if let [_, second, ..] = ways[..] {
        let message = format!("`{}` and `{second}` are two ways to log in", ways[0]);
        problems.push(Problem::error(place.clone(), message).hint("give one of them"));
    }
    for key in ["account", "user", "database"] {
        let name = SNOWFLAKE.iter().find(|(known, _)| *known == key).map_or("", |(_, names)| names[0]);
        if key != "user" && !options.iter().any(|(known, _)| known.value == name) {
            problems.push(Problem::error(place.clone(), format!("the key `{key}` is missing")));
        }
    }
    let auth = SNOWFLAKE_AUTH.iter().find(|(key, _)| ways.contains(key));
    options.extend(auth.map(|(_, auth)| option("adbc.snowflake.sql.auth_type", place, Secret::new(*auth))));
    options.extend(SNOWFLAKE_DEFAULTS.iter().map(|(name, value)| option(name, place, Secret::new(*value))));
}

fn read_bigquery(fields: &mut Fields, place: &Place, options: &mut Options, problems: &mut Problems) {
    read_named(BIGQUERY, false, fields, options, problems);
    if !options.iter().any(|(name, _)| name.value == BIGQUERY[0].1[0]) {
        problems.push(Problem::error(place.clone(), "the key `project` is missing"));
    }
    let named = options.len();
    read_named(&[("credentials", &["adbc.bigquery.sql.auth_credentials"])], true, fields, options, problems);
    let auth = if options.len() > named { "json_credential_string" } else { "app_default_credentials" };
    let auth = format!("adbc.bigquery.sql.auth_type.{auth}");
    options.push(option("adbc.bigquery.sql.auth_type", place, Secret::new(auth)));
}

/// `options`: the driver's own names. All values may be secrets.
fn read_options(value: Value, flavor: Flavor, taken: &Options, problems: &mut Problems) -> Options {
    let mut options = Vec::new();
    for (name, value) in value.entries(problems).unwrap_or_default() {
        let is_set = taken.iter().any(|(known, _)| known.value == name.value && !is_default(&known.value));
        let prefix = flavor.option_prefix();
        if is_set || flavor.own_options().contains(&name.value.as_str()) {
            let problem = Problem::error(name.place, format!("the option `{}` is set by a key of its own", name.value));
            problems.push(problem.hint("remove it"));
        } else if !name.value.starts_with(prefix) {
            let problem = Problem::error(name.place, format!("unknown option `{}`", name.value));
            problems.push(problem.hint(format!("write the driver's own name, which begins with `{prefix}`")));
        } else if let Some(text) = value.string(problems) {
            options.push((name, Secret::new(text.value)));
        }
    }
    options
}

/// May `options` say otherwise?
fn is_default(name: &str) -> bool {
    SNOWFLAKE_DEFAULTS.iter().any(|(known, _)| *known == name)
}
