//! Which folders are tables: the declared ones by their path, the others by the log that a top-level folder holds.

use datafusion::object_store::{self, ObjectStore, path::Path};
use futures::{StreamExt, TryStreamExt};

use super::super::files::{discover::root_of, faults};
use crate::{
    config::{
        SourceConfig, TableConfig,
        source::{FilesConfig, Location},
    },
    model::{Fault, Place, Problem, place::nearest},
};

/// Folders that are looked into at once.
const CONCURRENT_FOLDERS: usize = 16;

/// Where a table's log stands.
const LOG: &str = "_delta_log";

/// A folder that is a table.
#[derive(Debug)]
pub struct Root<'a> {
    /// The table's name.
    pub name: String,
    /// Below the location, without slashes around it; empty for the location itself.
    pub path: String,
    /// What the source's file says of the table.
    pub config: Option<&'a TableConfig>,
}

impl Root<'_> {
    /// Where the source's file speaks of it, else `file`.
    #[must_use]
    pub fn place<'p>(&'p self, file: &'p Place) -> &'p Place {
        self.config.map_or(file, |config| config.path.as_ref().map_or(&config.name.place, |path| &path.place))
    }
}

/// The tables under a location, sorted by their names, and what of `config` names none.
pub async fn roots<'a>(
    store: &dyn ObjectStore,
    config: &'a SourceConfig,
    at: &FilesConfig,
) -> Result<(Vec<Root<'a>>, Vec<Problem>), Fault> {
    let failed = |error| faults::unlisted(&config.name, &error);
    let mut roots: Vec<Root> = Vec::new();
    let mut problems = Vec::new();
    for table in &config.tables {
        if let Some(path) = &table.path {
            let root = root_of(&path.value).to_owned();
            if has_log(store, &root).await.map_err(failed)? {
                roots.push(Root { name: table.name.value.clone(), path: root, config: Some(table) });
            } else {
                let message = format!("`{}` is not a Delta table: it holds no folder `{LOG}`", path.value);
                let hint = "`path` is the folder of one table, relative to `location`";
                problems.push(Problem::error(path.place.clone(), message).hint(hint));
            }
        }
    }
    let found = if at.discover { discovered(store, &at.location.value).await.map_err(failed)? } else { Vec::new() };
    for (name, path) in found {
        if roots.iter().any(|root| root.path == path) {
            continue;
        }
        if let Some(other) = roots.iter().find(|root| root.name == name) {
            let place = other.place(&config.place).clone();
            let message = format!("`{}` and `{path}` are both the table `{name}`", other.path);
            problems.push(Problem::error(place, message).hint("give one of them another name"));
            continue;
        }
        let said = config.tables.iter().find(|table| table.path.is_none() && table.name.value == name);
        roots.push(Root { name, path, config: said });
    }
    for table in config.tables.iter().filter(|table| table.path.is_none()) {
        if !roots.iter().any(|root| root.name == table.name.value) {
            let message = format!("the source has no table `{}`", table.name.value);
            let problem = Problem::error(table.name.place.clone(), message);
            problems.push(match nearest(&table.name.value, roots.iter().map(|root| root.name.as_str())) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("`path` makes a folder of the location a table"),
            });
        }
    }
    roots.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((roots, problems))
}

/// Name and path of the location, if it is a table, else of its folders that are.
async fn discovered(store: &dyn ObjectStore, location: &Location) -> object_store::Result<Vec<(String, String)>> {
    if has_log(store, "").await? {
        return Ok(vec![(last_segment(location), String::new())]);
    }
    let folders = store.list_with_delimiter(None).await?.common_prefixes;
    let folders = folders.into_iter().filter_map(|folder| Some(folder.filename()?.to_owned()));
    let folders = folders.filter(|folder| !folder.starts_with(['.', '_']));
    let looked_into = futures::stream::iter(folders).map(|folder| async move {
        let is_table = has_log(store, &folder).await?;
        Ok::<_, object_store::Error>(is_table.then(|| (folder.clone(), folder)))
    });
    looked_into.buffer_unordered(CONCURRENT_FOLDERS).try_filter_map(|found| async { Ok(found) }).try_collect().await
}

fn last_segment(location: &Location) -> String {
    let segment = match location {
        Location::Directory(directory) => {
            directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        }
        Location::Url(url) => {
            let path = Path::from_url_path(url.path()).unwrap_or_default();
            path.filename().map_or_else(|| url.host_str().unwrap_or_default().to_owned(), ToOwned::to_owned)
        }
    };
    if segment.is_empty() { "table".to_owned() } else { segment }
}

async fn has_log(store: &dyn ObjectStore, root: &str) -> object_store::Result<bool> {
    let folder = if root.is_empty() { Path::from(LOG) } else { Path::parse(format!("{root}/{LOG}"))? };
    Ok(store.list(Some(&folder)).next().await.transpose()?.is_some())
}
