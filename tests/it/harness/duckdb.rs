//! DuckDB files made from SQL text, by the library that the sources under test read them with.

use std::path::{Path, PathBuf};

use adbc_core::{
    Connection as _, Database as _, Driver as _, Statement as _,
    options::{AdbcVersion, OptionDatabase, OptionValue},
};
use adbc_driver_manager::ManagedDriver;

use super::tools::repository;

/// DuckDB's own library.
pub fn library() -> PathBuf {
    let path = repository().join(".cache/npm/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so");
    assert!(path.exists(), "the tests need {}, which is not there: run scripts/setup", path.display());
    path
}

/// Runs statements, separated by semicolons, on a database file, which is made when it is not there. What the statements
/// wrote is in the file when this returns.
pub async fn execute(file: &Path, sql: &str) {
    let (file, sql) = (file.to_owned(), sql.to_owned());
    tokio::task::spawn_blocking(move || run(&file, &sql)).await.expect("the statements run");
}

fn run(file: &Path, sql: &str) {
    let mut driver = ManagedDriver::load_dynamic_from_filename(library(), Some(b"duckdb_adbc_init"), AdbcVersion::V110)
        .expect("DuckDB loads");
    let path = OptionValue::String(file.to_str().expect("tests name files in UTF-8").to_owned());
    let options = [(OptionDatabase::from("path"), path)];
    let database = driver.new_database_with_opts(options).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut connection = database.new_connection().expect("a connection");
    let mut statement = connection.new_statement().expect("a statement");
    let prepared = statement.set_sql_query(sql);
    prepared.and_then(|()| statement.execute_update()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}
