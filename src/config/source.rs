//! One `catalogs/<source>.yaml`, checked.

mod clickhouse;
mod mysql;
mod options;
mod read;
mod tables;

use std::{path::PathBuf, time::Duration};

use super::{Secret, Spanned};
use crate::model::{Place, SourceName, ValueType};

pub use read::{Sources, load};

/// A source as its file describes it.
#[derive(Clone, Debug)]
pub struct SourceConfig {
    /// The file's name.
    pub name: SourceName,
    /// The file's first line.
    pub place: Place,
    /// How often its tables are looked for again.
    pub refresh: Duration,
    /// What stands behind it.
    pub kind: SourceKind,
    /// Annotations, in the file's order.
    pub tables: Vec<TableConfig>,
}

/// What stands behind a source.
#[derive(Clone, Debug)]
pub enum SourceKind {
    /// `kind: postgres`
    Postgres(PostgresConfig),
    /// `kind: clickhouse`
    Clickhouse(ClickhouseConfig),
    /// `kind: mysql`
    Mysql(MysqlConfig),
    /// `kind: sqlite`
    Sqlite(SqliteConfig),
    /// `kind: files`
    Files(FilesConfig),
}

/// `kind: postgres`
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// A connection URL, credentials inside.
    pub url: Spanned<Secret>,
    /// What all servers have.
    pub sql: SqlConfig,
}

/// What is said of every server that speaks SQL.
#[derive(Clone, Debug)]
pub struct SqlConfig {
    /// The schemas to show, the first is the default; all visible ones when empty.
    pub schemas: Vec<Spanned<String>>,
    /// The most connections that may be open at once.
    pub max_connections: u32,
    /// May more than the choice of columns run in it?
    pub pushdown: bool,
}

/// `kind: clickhouse`
#[derive(Clone, Debug)]
pub struct ClickhouseConfig {
    /// Where the HTTP interface is: `http` or `https`, without credentials.
    pub url: Spanned<url::Url>,
    /// Who asks; the server's default user when absent.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// The most bytes that one statement may read in the server.
    pub max_bytes_scanned: Option<u64>,
    /// What all servers have.
    pub sql: SqlConfig,
}

/// `kind: mysql`
#[derive(Clone, Debug)]
pub struct MysqlConfig {
    /// A connection URL, credentials inside.
    pub url: Spanned<Secret>,
    /// What all servers have.
    pub sql: SqlConfig,
}

/// `kind: sqlite`
#[derive(Clone, Debug)]
pub struct SqliteConfig {
    /// The database file, absolute.
    pub path: Spanned<PathBuf>,
    /// May more than the choice of columns run in it?
    pub pushdown: bool,
}

/// `kind: files`
#[derive(Clone, Debug)]
pub struct FilesConfig {
    /// A URL (`s3://…`, `gs://…`, `az://…`) or an absolute directory.
    pub location: Spanned<Location>,
    /// `object_store`'s own option names.
    pub options: Vec<(Spanned<String>, Secret)>,
    /// Is every other folder or file under the location a table too?
    pub discover: bool,
}

/// Where the files of a source are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory, absolute.
    Directory(PathBuf),
    /// An object store and a prefix in it.
    Url(url::Url),
}

/// What a source's file says of one table. It annotates, and (except `path` of a files source) never makes a table.
#[derive(Clone, Debug)]
pub struct TableConfig {
    /// `table`, or `schema.table`.
    pub name: Spanned<String>,
    /// Columns that together are unique and not NULL.
    pub key: Vec<Spanned<String>>,
    /// Columns to be read as another type.
    pub columns: Vec<(Spanned<String>, ValueType)>,
    /// Files sources: a folder or file relative to the location, checked not to leave it.
    pub path: Option<Spanned<String>>,
    /// Files sources: what the files are; by their ending when absent.
    pub format: Option<FileFormat>,
    /// Files sources: `name=value` folders and their types, in path order.
    pub partitions: Vec<(Spanned<String>, ValueType)>,
}

/// How the files of a table are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// One JSON object a line.
    Ndjson,
}
