//! SQLite files made from SQL text.

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// Runs statements, separated by semicolons, on a database file, which is made when it is not there.
pub async fn execute(file: &Path, sql: &str) {
    let mut connection = connect(file).await;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    connection.close().await.expect("a connection can be closed");
}

/// A connection that may write.
pub async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .disable_statement_logging()
        .connect()
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
