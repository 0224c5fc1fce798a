//! Reads `catalogs/*.yaml`.

use std::{path::Path, sync::Arc, time::Duration};

use super::{
    super::{
        Environment, Secret, Spanned, file, interpolate, location,
        reader::{Fields, Value, suggest},
        yaml,
    },
    FilesConfig, PostgresConfig, SourceConfig, SourceKind, SqlConfig, SqliteConfig, adbc, clickhouse, databricks,
    flightsql, mysql, redshift,
    tables::{self, Family},
};
use crate::model::{Place, Problem, Problems, SourceName};

const FOLDER: &str = "catalogs";
const KINDS: &[&str] = &[
    "postgres",
    "mysql",
    "clickhouse",
    "duckdb",
    "snowflake",
    "bigquery",
    "databricks",
    "redshift",
    "adbc",
    "flightsql",
    "sqlite",
    "files",
    "delta",
];
const KINDS_LATER: &[&str] = &["dynamodb", "glue", "http", "iceberg"];
const LATER: &[&str] = &["cache", "description", "limits", "owner", "policies", "retry", "timeout"];
/// Names that stand for something else where a source's name is written.
const RESERVED: &[&str] = &["aqueduct", "datafusion", "information_schema", "public"];

/// All sources that could be read, and the names of all that there are.
#[derive(Debug, Default)]
pub struct Sources {
    /// Those without mistakes, by name.
    pub configs: Vec<SourceConfig>,
    /// Every file's name, those with mistakes too: a query that uses one of them has no mistake of its own.
    pub names: Vec<SourceName>,
}

/// Reads every `catalogs/*.yaml` in `directory`. Mistakes are recorded in `problems`.
pub fn load(directory: &Path, environment: &Environment, problems: &mut Problems) -> Sources {
    let mut sources = Sources::default();
    for (path, is_folder) in file::list(directory, Path::new(FOLDER), problems).unwrap_or_default() {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let place = Place::start_of(&path);
        if is_folder || ending.eq_ignore_ascii_case("yml") || (ending != "yaml" && ending.eq_ignore_ascii_case("yaml"))
        {
            let message = format!("`{}` would not be read", path.display());
            problems.push(Problem::error(place, message).hint("sources are files `catalogs/<source>.yaml`"));
            continue;
        }
        if ending != "yaml" {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let Some(name) = SourceName::new(stem) else {
            let message = format!("`{stem}` cannot name a source");
            let hint = "a source's name is lower case letters, digits and single underscores, letter first";
            problems.push(Problem::error(place, message).hint(hint));
            continue;
        };
        sources.names.push(name.clone());
        if RESERVED.contains(&stem) {
            problems.push(Problem::error(place, format!("`{stem}` is a reserved name")).hint("rename the file"));
            continue;
        }
        sources.configs.extend(read(directory, &path, name, environment, problems));
    }
    sources
}

fn read(
    directory: &Path,
    path: &Path,
    name: SourceName,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<SourceConfig> {
    let file: Arc<Path> = path.into();
    let text = file::read_text(directory, path, problems)?;
    let mut root = yaml::parse(&file, &text, problems)?;
    interpolate::expand(&mut root, environment, directory, problems);
    let mut fields = Value::of(root, name.as_str()).fields(problems)?;

    let Some(kind) = fields.require("kind", problems) else {
        // Which other keys are right depends on the kind.
        return None;
    };
    let kind_text = kind.string(problems)?;
    let refresh = match fields.take("refresh") {
        Some(value) => value.duration(Duration::from_secs(1)..=Duration::from_hours(24), problems),
        None => Some(Duration::from_mins(1)),
    };
    let family = match kind_text.value.as_str() {
        "files" => Family::Files,
        "delta" => Family::Delta,
        _ => Family::Sql,
    };
    let tables = fields.take("tables").map(|value| tables::read(value, family, problems)).unwrap_or_default();
    let kind = match kind_text.value.as_str() {
        "postgres" => read_postgres(&mut fields, problems).map(SourceKind::Postgres),
        "mysql" => mysql::read(&mut fields, problems).map(SourceKind::Mysql),
        "clickhouse" => clickhouse::read(&mut fields, problems).map(SourceKind::Clickhouse),
        "databricks" => databricks::read(&mut fields, problems).map(SourceKind::Databricks),
        "redshift" => redshift::read(&mut fields, problems).map(SourceKind::Redshift),
        "flightsql" => flightsql::read(&mut fields, directory, problems).map(SourceKind::FlightSql),
        "sqlite" => read_sqlite(&mut fields, directory, problems).map(SourceKind::Sqlite),
        "files" => read_files(&mut fields, directory, problems).map(SourceKind::Files),
        "delta" => read_files(&mut fields, directory, problems).map(SourceKind::Delta),
        other if let Some((_, flavor)) = adbc::KINDS.iter().find(|(name, _)| *name == other) => {
            adbc::read(*flavor, &mut fields, directory, problems).map(SourceKind::Adbc)
        }
        later if KINDS_LATER.contains(&later) => {
            let message = format!("sources of kind {} are not supported yet", kind.quoted());
            problems.push(Problem::error(kind_text.place, message).hint(format!("use one of: {}", KINDS.join(", "))));
            return None;
        }
        unknown => {
            let message = format!("unknown kind {}", kind.quoted());
            problems.push(Problem::error(kind_text.place, message).hint(suggest(unknown, KINDS)));
            return None;
        }
    };
    fields.finish(LATER, problems);
    Some(SourceConfig { name, place: Place::start_of(file), refresh: refresh?, kind: kind?, tables })
}

fn read_postgres(fields: &mut Fields, problems: &mut Problems) -> Option<PostgresConfig> {
    const SHAPE: UrlShape = UrlShape {
        system: "Postgres",
        schemes: &["postgres", "postgresql"],
        example: "postgres://user:password@host:5432/database",
    };
    let url = fields.require("url", problems).and_then(|value| read_url_with_password(&value, &SHAPE, problems));
    let sql = read_sql(fields, problems);
    Some(PostgresConfig { url: url?, sql: sql? })
}

/// What is said of every server that speaks SQL.
pub(super) fn read_sql(fields: &mut Fields, problems: &mut Problems) -> Option<SqlConfig> {
    let schemas = fields.take("schemas").map(|value| value.names(problems)).unwrap_or_default();
    let mut max_connections = Some(8);
    if let Some(mut pool) = fields.take("pool").and_then(|value| value.fields(problems)) {
        if let Some(value) = pool.take("max_connections") {
            max_connections = value.integer(1..=1000, problems);
        }
        pool.finish(&["acquire_timeout", "idle_timeout", "max_lifetime", "min_connections"], problems);
    }
    let pushdown = read_pushdown(fields, problems);
    Some(SqlConfig { schemas, max_connections: max_connections?, pushdown: pushdown? })
}

/// Only sources that run statements have this switch: files are skipped by what they hold, never by what they compute.
fn read_pushdown(fields: &mut Fields, problems: &mut Problems) -> Option<bool> {
    fields.take("pushdown").map_or(Some(true), |value| value.boolean(problems))
}

/// A text that is never shown.
pub(super) fn read_secret(value: &Value, problems: &mut Problems) -> Option<Secret> {
    let text = value.string(problems)?;
    if !value.is_expanded() {
        let problem = Problem::warning(text.place, format!("`{}` stands in the file itself", value.key));
        problems.push(problem.hint("refer to it: `${NAME}` or `${file:/path}`"));
    }
    Some(Secret::new(text.value))
}

/// What a URL with a password in it looks like.
pub(super) struct UrlShape {
    /// Whose it is, for people.
    pub system: &'static str,
    /// What it may begin with.
    pub schemes: &'static [&'static str],
    /// One of them.
    pub example: &'static str,
}

/// A URL whose text is never shown: it holds a password. The source itself reads what is in it.
pub(super) fn read_url_with_password(
    value: &Value,
    shape: &UrlShape,
    problems: &mut Problems,
) -> Option<Spanned<Secret>> {
    let UrlShape { system, schemes, example } = shape;
    let text = value.string(problems)?;
    let Some((_, rest)) = text.value.split_once("://").filter(|(scheme, _)| schemes.contains(scheme)) else {
        let hint = if text.value.contains('=') && !text.value.contains("://") {
            format!("text of the form `name=value` is not read: write `{example}`")
        } else {
            format!("write `{example}`, or refer to it: `${{NAME}}`")
        };
        problems.push(Problem::error(text.place, format!("`url` is not a {system} URL")).hint(hint));
        return None;
    };
    if holds_password(rest) && !value.is_expanded() {
        let problem = Problem::warning(text.place.clone(), "`url` holds a password in the file itself");
        problems.push(problem.hint("refer to it: `${NAME}` or `${file:/path}`"));
    }
    Some(Spanned { value: Secret::new(text.value), place: text.place })
}

/// `user:password@…`, or a parameter.
fn holds_password(rest: &str) -> bool {
    let end = rest.find(['@', '/']).filter(|end| rest[*end..].starts_with('@')).unwrap_or(0);
    rest[..end].split_once(':').is_some_and(|(_, password)| !password.is_empty())
        || rest[end..].contains("?password=")
        || rest[end..].contains("&password=")
}

fn read_sqlite(fields: &mut Fields, directory: &Path, problems: &mut Problems) -> Option<SqliteConfig> {
    let path = fields.require("path", problems).and_then(|value| value.filled(problems));
    let pushdown = read_pushdown(fields, problems);
    let path = path?;
    let path = Spanned { value: directory.join(path.value), place: path.place };
    Some(SqliteConfig { path, pushdown: pushdown? })
}

fn read_files(fields: &mut Fields, directory: &Path, problems: &mut Problems) -> Option<FilesConfig> {
    let location = fields.require("location", problems).and_then(|value| location::read(&value, directory, problems));
    let discover = fields.take("discover").map_or(Some(true), |value| value.boolean(problems));
    let given = fields.take("options");
    // What options there are depends on the location.
    let location = location?;
    let options = given.map(|value| location::read_options(value, &location.value, problems)).unwrap_or_default();
    Some(FilesConfig { location, options, discover: discover? })
}
