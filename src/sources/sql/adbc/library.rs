//! Finds a driver's library, and loads it.
//!
//! A path is loaded as it is. A name is looked for as `adbc_driver_manager` looks for it (manifests and libraries in
//! `ADBC_DRIVER_PATH`, the user's and the system's folders of drivers, the system's library path), and between in the
//! Python packages and Node packages that ship drivers. Nothing of these is run; only folders are looked at.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use adbc_core::{LOAD_FLAG_DEFAULT, options::AdbcVersion};
use adbc_driver_manager::ManagedDriver;

use crate::{
    config::source::{AdbcConfig, Flavor},
    model::Problem,
};

/// Where installations of Python are, each with its own `lib/python3.*`.
const PYTHONS: &[&str] = &["/usr/local", "/usr"];
/// Folders of packages in a `lib/python3.*`.
const PACKAGES: &[&str] = &["site-packages", "dist-packages"];

/// The driver of `config`.
pub fn load(config: &AdbcConfig) -> Result<ManagedDriver, Problem> {
    let driver = &config.driver;
    let entrypoint = entrypoint(config);
    let entrypoint = entrypoint.as_deref().map(str::as_bytes);
    if is_path(&driver.value) {
        let path = config.directory.join(&driver.value);
        return open(path.as_os_str().to_string_lossy().as_ref(), entrypoint, &[]).map_err(|cause| {
            let message = format!("the driver `{}` cannot be loaded: {cause}", driver.value);
            Problem::error(driver.place.clone(), message)
                .hint("name an ADBC driver's library (`.so`) or manifest (`.toml`)")
        });
    }
    let places = places(&driver.value, &config.directory);
    let mut cause = None;
    for name in [driver.value.clone(), format!("adbc_driver_{}", driver.value)] {
        match open(&name, entrypoint, &places) {
            Ok(driver) => return Ok(driver),
            // Of a library that is there, why it does not load says more than where others are not.
            Err(failure) => cause = cause.or(Some(failure).filter(|_| has_library(&name, &places))),
        }
    }
    let message = match cause {
        Some(cause) => format!("the driver `{}` cannot be loaded: {cause}", driver.value),
        None => format!("there is no ADBC driver `{}` in the places where drivers are", driver.value),
    };
    let looked: Vec<_> = own_places().iter().chain(&places).map(|place| format!("`{}`", place.display())).collect();
    let hint = format!(
        "looked in {}, and for `lib{}.so` in the system's library path; write `driver:` with the path of the library, or \
         install it: `pip install adbc-driver-{}`",
        looked.join(", "),
        driver.value,
        driver.value
    );
    Err(Problem::error(driver.place.clone(), message).hint(hint))
}

/// `DuckDB`'s is none that its library's name says.
fn entrypoint(config: &AdbcConfig) -> Option<String> {
    let is_duckdb = config.flavor == Flavor::DuckDb || config.driver.value.contains("duckdb");
    config.entrypoint.clone().or_else(|| is_duckdb.then(|| "duckdb_adbc_init".to_owned()))
}

fn is_path(driver: &str) -> bool {
    driver.contains(['/', '\\']) || Path::new(driver).extension().is_some()
}

fn open(name: &str, entrypoint: Option<&[u8]>, places: &[PathBuf]) -> Result<ManagedDriver, String> {
    let load =
        |version| ManagedDriver::load_from_name(name, entrypoint, version, LOAD_FLAG_DEFAULT, Some(places.to_vec()));
    // Old drivers refuse the version of the standard that has cancellation.
    load(AdbcVersion::V110).or_else(|_| load(AdbcVersion::V100)).map_err(|error| error.message)
}

fn has_library(name: &str, places: &[PathBuf]) -> bool {
    places
        .iter()
        .any(|place| place.join(format!("lib{name}.so")).is_file() || place.join(format!("{name}.toml")).is_file())
}

/// The folders in which the driver manager looks by itself.
fn own_places() -> Vec<PathBuf> {
    let listed = env::var_os("ADBC_DRIVER_PATH").map(|paths| env::split_paths(&paths).collect::<Vec<_>>());
    let user = env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".config")))
        .map(|config| config.join("adbc/drivers"));
    listed.unwrap_or_default().into_iter().chain(user).chain([PathBuf::from("/etc/adbc/drivers")]).collect()
}

/// The folders of packages that ship the driver `name`, those that are there.
fn places(name: &str, project: &Path) -> Vec<PathBuf> {
    let active = env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let user = env::var_os("HOME").map(|home| Path::new(&home).join(".local"));
    let pythons = active.into_iter().chain([project.join(".venv")]).chain(user);
    let pythons = pythons.chain(PYTHONS.iter().map(PathBuf::from));
    let packages = pythons.flat_map(|python| {
        let libraries = listed(&python.join("lib"), "python3").unwrap_or_default();
        libraries.into_iter().flat_map(|library| PACKAGES.iter().map(move |packages| library.join(packages)))
    });
    let bare = name.trim_start_matches("adbc_driver_").to_owned();
    let mut found: Vec<_> = packages.map(|packages| packages.join(format!("adbc_driver_{bare}"))).collect();
    if bare == "duckdb" {
        found.extend(listed(&project.join("node_modules/@duckdb"), "node-bindings-").unwrap_or_default());
    }
    found.retain(|place| place.is_dir());
    found
}

/// What is in `folder` and has a name that begins with `prefix`, sorted.
fn listed(folder: &Path, prefix: &str) -> io::Result<Vec<PathBuf>> {
    let mut found: Vec<_> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    found.sort();
    Ok(found)
}
