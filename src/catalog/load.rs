//! Reads a whole project, and reports all of its mistakes at once.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::sql::sqlparser::ast;
use sha2::{Digest, Sha256};

use super::{
    Consumer, Page, Param, Project, Query, Select, front,
    header::{self, Header, Limits},
    sql,
    tokens::{self, Parameters},
};
use crate::{
    config::{Environment, file, settings, source},
    model::{Place, Problem, Problems, QueryName, SourceName, name::major},
};

const FOLDER: &str = "queries";

/// What could be read of a project, and all that is wrong with it.
#[derive(Debug)]
pub struct Loaded {
    /// The settings, sources and queries that have no mistakes.
    pub project: Project,
    /// The SELECTs of query files with mistakes, so that their sources can be asked about the rest.
    pub drafts: Vec<Draft>,
    /// With an error among these the project is not to be served.
    pub problems: Problems,
}

/// A query file with mistakes whose SELECT could be read.
#[derive(Debug)]
pub struct Draft {
    /// The SELECT.
    pub select: Select,
    /// The parameters, unless the mistakes are there.
    pub params: Option<Vec<Param>>,
    /// The page, as far as it could be read.
    pub page: Option<Page>,
    /// What consumers may do, as far as it could be read.
    pub consumer: Option<Consumer>,
}

/// Reads the project in `directory` under the variables of `environment`. Sources are not asked.
///
/// # Errors
/// The mistakes of every file, when there are no settings to go on with.
pub fn load(directory: &Path, environment: &Environment) -> Result<Loaded, Problems> {
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let directory = fs::canonicalize(&directory).unwrap_or(directory);
    let mut problems = Problems::default();
    let settings = settings::load(&directory, environment, &mut problems);
    let sources = source::load(&directory, environment, &mut problems);
    let (queries, drafts) = load_queries(&directory, &sources.names, &mut problems);
    match settings {
        Some(settings) => {
            let project = Project { directory, settings, sources: sources.configs, queries };
            Ok(Loaded { project, drafts, problems })
        }
        None => Err(problems),
    }
}

type Queries = BTreeMap<(QueryName, u32), Arc<Query>>;

fn load_queries(directory: &Path, sources: &[SourceName], problems: &mut Problems) -> (Queries, Vec<Draft>) {
    let (mut queries, mut drafts) = (BTreeMap::new(), Vec::new());
    let mut places = BTreeMap::new();
    let files = query_files(directory, problems);
    if files.is_empty() && !problems.has_errors() {
        let problem = Problem::warning(Place::start_of(Path::new(FOLDER)), "the project has no queries");
        problems.push(problem.hint("write one: `queries/<domain>/<name>.sql`"));
    }
    for path in files {
        let Some(text) = file::read_text(directory, &path, problems) else { continue };
        let (version_place, query) = match read_query(&path, &text, sources, problems) {
            Read::Sound(place, query) => (place, query),
            Read::Draft(draft) => {
                drafts.push(draft);
                continue;
            }
            Read::Nothing => continue,
        };
        let key = (query.name.clone(), query.version);
        match places.entry(key.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(version_place);
                queries.insert(key, Arc::new(query));
            }
            Entry::Occupied(first) => {
                let message = format!("`{}` version {} is already that of {}", key.0, key.1, first.get());
                problems.push(Problem::error(version_place, message).hint("give one of the files another version"));
            }
        }
    }
    (queries, drafts)
}

/// `queries/<domain>/*.sql`, sorted. Files where none would be read are problems.
fn query_files(directory: &Path, problems: &mut Problems) -> Vec<PathBuf> {
    let is_sql = |path: &Path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sql"));
    let misplaced = |path: &Path| {
        let message = format!("`{}` would not be read", path.display());
        Problem::error(Place::start_of(path), message).hint("queries are files `queries/<domain>/<name>.sql`")
    };
    let mut files = Vec::new();
    for (path, is_folder) in file::list(directory, Path::new(FOLDER), problems).unwrap_or_default() {
        if !is_folder {
            problems.extend(is_sql(&path).then(|| misplaced(&path)));
            continue;
        }
        for (path, is_folder) in file::list(directory, &path, problems).unwrap_or_default() {
            match path.extension().and_then(|ending| ending.to_str()) {
                _ if is_folder => problems.push(misplaced(&path)),
                Some("sql") => files.push(path),
                _ => problems.extend(is_sql(&path).then(|| misplaced(&path))),
            }
        }
    }
    files
}

/// What came of a query file.
enum Read {
    /// A query, and the place of its version.
    Sound(Place, Query),
    Draft(Draft),
    Nothing,
}

/// Reads `text`, the content of the file at `path`; all mistakes of its header and its SQL are recorded.
fn read_query(path: &Path, text: &str, sources: &[SourceName], problems: &mut Problems) -> Read {
    let mut found = Problems::default();
    let parts = read_parts(path, text, sources, &mut found);
    let sound = !found.has_errors();
    problems.extend(found);
    let Some((name, header, select)) = parts else { return Read::Nothing };
    match (name, header) {
        (
            Some(name),
            Some(Header {
                version: Some(version),
                description,
                owner,
                params,
                page,
                consumer,
                access: Some(access),
                limits: Some(Limits { timeout, full_scan }),
                pushdown: Some(pushdown),
                ..
            }),
        ) if sound => {
            let query = Query {
                name,
                version: version.value,
                description,
                owner,
                params,
                page,
                consumer,
                access,
                timeout,
                full_scan,
                pushdown,
                statement: select.statement,
                place: select.place,
                sources: select.sources,
                fingerprint: Sha256::digest(text.as_bytes()).into(),
            };
            Read::Sound(version.place, query)
        }
        (_, header) => {
            let Some(Header { params, declared, page, consumer, .. }) = header else {
                return Read::Draft(Draft { select, params: None, page: None, consumer: None });
            };
            let params = (params.len() == declared.len()).then_some(params);
            Read::Draft(Draft { select, params, page: Some(page), consumer: Some(consumer) })
        }
    }
}

/// The name that the path gives, the header and the SELECT, each unless it could not be read. `None` without a SELECT.
fn read_parts(
    path: &Path,
    text: &str,
    sources: &[SourceName],
    problems: &mut Problems,
) -> Option<(Option<QueryName>, Option<Header>, Select)> {
    let file: Arc<Path> = path.into();
    let (name, suffix) = read_path(path, problems).unzip();
    let front = match front::split(&file, text) {
        Ok(front) => front,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let header = if let Some(yaml) = &front.header {
        header::read(&file, yaml, &front.place, name.as_ref(), suffix.flatten(), problems)
    } else {
        let problem = Problem::error(front.place, "the file does not begin with a header");
        problems.push(problem.hint("begin with `/*---`, lines such as `name: domain.name`, and `---*/`"));
        None
    };
    let parameters = match &header {
        Some(header) => Parameters::Declared(&header.declared),
        None => Parameters::Unknown,
    };
    let select = sql::parse(&file, &front.sql, parameters, sources, problems)?;
    if let Some(header) = &header {
        check_order(&file, &header.page, &select.statement, problems);
    }
    Some((name, header, select))
}

/// `queries/<domain>/<name>[.vN].sql` as name and version.
fn read_path(path: &Path, problems: &mut Problems) -> Option<(QueryName, Option<u32>)> {
    let part = |part: Option<&std::ffi::OsStr>| part.and_then(|part| part.to_str()).map(str::to_owned);
    let domain = part(path.parent().and_then(Path::file_name)).unwrap_or_default();
    let stem = part(path.file_stem()).unwrap_or_default();
    let (name, suffix) = stem.split_once('.').map_or((stem.as_str(), None), |(name, suffix)| (name, Some(suffix)));
    let version = suffix.map(|suffix| major(suffix).filter(|version| *version >= 2));
    let place = Place::start_of(path);
    if version == Some(None) {
        let message = format!("`{stem}.sql` does not end in a version");
        problems.push(Problem::error(place, message).hint("write `<name>.sql`, or `<name>.v2.sql` and so on"));
        return None;
    }
    let Some(name) = QueryName::new(&domain, name) else {
        let message = format!("`{domain}/{name}` cannot name a query");
        let hint = "use lower case letters, digits and single underscores, letter first, in both parts";
        problems.push(Problem::error(place, message).hint(hint));
        return None;
    };
    Some((name, version.flatten()))
}

/// With `page.key` or `page.order`, the SQL has no order of its own.
fn check_order(file: &Arc<Path>, page: &Page, statement: &ast::Query, problems: &mut Problems) {
    if page.key.is_empty() && page.order.is_empty() {
        return;
    }
    let mut query = statement;
    loop {
        if let Some(order) = &query.order_by {
            let place = tokens::place(file, ast::Spanned::span(order).start);
            let problem =
                Problem::error(place, "`page.order` and `page.key` are the whole order: this ORDER BY is refused");
            problems.push(problem.hint("move it to `page.order`"));
        }
        match query.body.as_ref() {
            ast::SetExpr::Query(inner) => query = inner,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = include_str!("../../tests/mistakes/good_project/queries/sales/top_customers.sql");

    fn read(text: &str) -> (Option<Query>, Problems) {
        let sources: Vec<_> = ["crm", "lake"].iter().filter_map(|name| SourceName::new(name)).collect();
        let mut problems = Problems::default();
        let query = match read_query(Path::new("queries/sales/top_customers.sql"), text, &sources, &mut problems) {
            Read::Sound(_, query) => Some(query),
            Read::Draft(_) | Read::Nothing => None,
        };
        (query, problems)
    }

    #[test]
    fn a_query_is_read_as_written() {
        let (query, problems) = read(GOOD);
        assert!(problems.is_empty(), "{problems}");
        let query = query.expect("there are no problems");
        assert_eq!(query.place.to_string(), "queries/sales/top_customers.sql:16:1");
        assert_eq!(query.sources.keys().map(SourceName::as_str).collect::<Vec<_>>(), ["crm", "lake"]);
        let sql = query.statement.to_string();
        assert!(sql.contains("day >= $1") && sql.contains("c.region = $2") && sql.contains("ANY($4)"), "{sql}");
        let types: Vec<_> = query.params.iter().map(|param| param.value_type.to_string()).collect();
        assert_eq!(types, ["date", "string", "[int64]", "[decimal(12,2)]"]);
    }

    proptest! {
        /// Damage anywhere in a file is answered, never met by a panic, and a query comes only without errors.
        #[test]
        fn damage_is_answered(at in 0..GOOD.len(), length in 0..40_usize, patch in "[:$@?\\[\\]{}'\"*/,;&!|>\n -]{0,3}") {
            let mut text = GOOD.to_owned();
            text.replace_range(at..(at + length).min(GOOD.len()), &patch);
            let (query, problems) = read(&text);
            prop_assert!(query.is_some() || problems.has_errors(), "{}", text);
        }
    }
}
