//! One `catalogs/<source>.yaml`, checked.

mod adbc;
mod clickhouse;
mod databricks;
mod flightsql;
mod mysql;
mod read;
mod redshift;
mod tables;

use std::{path::PathBuf, time::Duration};

use super::{Secret, Spanned};
use crate::model::{Place, SourceName, ValueType};

pub use super::location::Location;
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
    /// `kind: databricks`
    Databricks(DatabricksConfig),
    /// `kind: mysql`
    Mysql(MysqlConfig),
    /// `kind: sqlite`
    Sqlite(SqliteConfig),
    /// `kind: adbc`, `kind: duckdb`, `kind: snowflake`, `kind: bigquery`
    Adbc(AdbcConfig),
    /// `kind: flightsql`
    FlightSql(FlightSqlConfig),
    /// `kind: redshift`
    Redshift(RedshiftConfig),
    /// `kind: files`
    Files(FilesConfig),
    /// `kind: delta`: tables at a location of the same form.
    Delta(FilesConfig),
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

/// `kind: databricks`
#[derive(Clone, Debug)]
pub struct DatabricksConfig {
    /// The workspace: `https`, or `http` on this machine itself.
    pub host: Spanned<url::Url>,
    /// The id of the SQL warehouse that runs the statements.
    pub warehouse: String,
    /// The catalog whose tables are shown.
    pub catalog: String,
    /// How the workspace is told who asks.
    pub login: DatabricksLogin,
    /// What all servers have.
    pub sql: SqlConfig,
}

/// How a workspace of Databricks is told who asks.
#[derive(Clone, Debug)]
pub enum DatabricksLogin {
    /// By a token that lasts.
    Token(Secret),
    /// By a service principal's id and secret, for which the workspace gives tokens (OAuth 2.0, client credentials).
    Client {
        /// The id.
        id: String,
        /// The secret.
        secret: Secret,
    },
}

/// `kind: mysql`
#[derive(Clone, Debug)]
pub struct MysqlConfig {
    /// A connection URL, credentials inside.
    pub url: Spanned<Secret>,
    /// What all servers have.
    pub sql: SqlConfig,
}

/// `kind: flightsql`
#[derive(Clone, Debug)]
pub struct FlightSqlConfig {
    /// Where the server is, as gRPC has it: `http` or `https`.
    pub url: Spanned<url::Url>,
    /// How the server is told who asks.
    pub login: Option<Login>,
    /// What else is sent with every call.
    pub headers: Vec<(Spanned<String>, Secret)>,
    /// A file of the certificates that the server's is trusted by; the system's when absent. Absolute.
    pub ca: Option<Spanned<PathBuf>>,
    /// The catalog whose tables are shown; those of all when absent.
    pub catalog: Option<String>,
    /// What all servers have.
    pub sql: SqlConfig,
}

/// How a server is told who asks.
#[derive(Clone, Debug)]
pub enum Login {
    /// By a token that is sent with every call.
    Token(Secret),
    /// By a name and a password, for which the server gives a token.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
}

/// `kind: redshift`
#[derive(Clone, Debug)]
pub struct RedshiftConfig {
    /// How it is asked.
    pub access: RedshiftAccess,
    /// What all servers have.
    pub sql: SqlConfig,
}

/// How a Redshift warehouse is asked.
#[derive(Clone, Debug)]
pub enum RedshiftAccess {
    /// Over the wire of Postgres.
    Wire {
        /// A connection URL, credentials inside.
        url: Spanned<Secret>,
        /// Who gives the password, where AWS does.
        iam: Option<Aws>,
    },
    /// By the Redshift Data API.
    Data {
        /// Whom AWS is asked for.
        aws: Aws,
        /// The database.
        database: String,
        /// The name of the secret that holds a user and a password; the caller's own identity when absent.
        secret: Option<String>,
    },
}

/// A warehouse as AWS knows it, and who asks.
#[derive(Clone, Debug)]
pub struct Aws {
    /// Where the file says so.
    pub place: Place,
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The warehouse.
    pub warehouse: AwsWarehouse,
    /// The database's user; by the caller's identity when absent.
    pub user: Option<String>,
    /// Where the service is; by its usual name when absent.
    pub endpoint: Option<Spanned<url::Url>>,
    /// Who asks.
    pub identity: AwsIdentity,
}

/// By what AWS knows who asks.
#[derive(Clone, Debug)]
pub enum AwsIdentity {
    /// By an access key, and the token of a session.
    Key {
        /// The key's name.
        id: Secret,
        /// The key.
        secret: Secret,
        /// Of a session.
        token: Option<Secret>,
    },
    /// By a profile of the files of AWS' tools.
    Profile(String),
    /// By what the usual chain of AWS' tools finds.
    Chain,
}

/// A provisioned cluster, or a workgroup of Redshift Serverless.
#[derive(Clone, Debug)]
pub enum AwsWarehouse {
    /// By its identifier.
    Cluster(String),
    /// By its name.
    Workgroup(String),
}

/// `kind: sqlite`
#[derive(Clone, Debug)]
pub struct SqliteConfig {
    /// The database file, absolute.
    pub path: Spanned<PathBuf>,
    /// May more than the choice of columns run in it?
    pub pushdown: bool,
}

/// A source behind an ADBC driver.
#[derive(Clone, Debug)]
pub struct AdbcConfig {
    /// The system behind the driver.
    pub flavor: Flavor,
    /// The driver: a library's path, or a name that is looked for.
    pub driver: Spanned<String>,
    /// The function that the library is entered by; by its name when absent.
    pub entrypoint: Option<String>,
    /// The project's directory, in which drivers are looked for too.
    pub directory: PathBuf,
    /// `DuckDB`: the database file, absolute.
    pub database: Option<Spanned<PathBuf>>,
    /// The driver's own options; a later one of the same name counts.
    pub options: Vec<(Spanned<String>, Secret)>,
    /// The most bytes that one statement may be billed for, where the system counts them.
    pub max_bytes_scanned: Option<u64>,
    /// What all servers have.
    pub sql: SqlConfig,
}

/// What stands behind an ADBC driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// Nothing is known of it.
    Generic,
    /// A `DuckDB` file.
    DuckDb,
    /// Snowflake.
    Snowflake,
    /// Google `BigQuery`.
    BigQuery,
}

impl Flavor {
    /// The driver's name where the file gives none.
    const fn driver(self) -> &'static str {
        match self {
            Self::Generic => "",
            Self::DuckDb => "duckdb",
            Self::Snowflake => "snowflake",
            Self::BigQuery => "bigquery",
        }
    }

    /// What the names of its options begin with.
    const fn option_prefix(self) -> &'static str {
        match self {
            Self::Generic | Self::DuckDb => "",
            Self::Snowflake => "adbc.snowflake.",
            Self::BigQuery => "adbc.bigquery.",
        }
    }

    /// Options that are not the owner's to set.
    const fn own_options(self) -> &'static [&'static str] {
        match self {
            Self::DuckDb => &["path", "access_mode"],
            _ => &[],
        }
    }

    /// The option that names the default schema.
    const fn schema_option(self) -> Option<&'static str> {
        match self {
            Self::Generic | Self::DuckDb => None,
            Self::Snowflake => Some("adbc.snowflake.sql.schema"),
            Self::BigQuery => Some("adbc.bigquery.sql.dataset_id"),
        }
    }
}

/// `kind: files` and `kind: delta`
#[derive(Clone, Debug)]
pub struct FilesConfig {
    /// A URL (`s3://…`, `gs://…`, `az://…`) or an absolute directory.
    pub location: Spanned<Location>,
    /// `object_store`'s own option names.
    pub options: Vec<(Spanned<String>, Secret)>,
    /// Is every other folder or file under the location a table too? Of a Delta source, every other folder with a log.
    pub discover: bool,
}

/// What a source's file says of one table. It annotates, and (except by its `path`) never makes a table.
#[derive(Clone, Debug)]
pub struct TableConfig {
    /// `table`, or `schema.table`.
    pub name: Spanned<String>,
    /// Columns that together are unique and not NULL.
    pub key: Vec<Spanned<String>>,
    /// Columns to be read as another type.
    pub columns: Vec<(Spanned<String>, ValueType)>,
    /// Which rows consumers may see: an SQL condition, laid out so that places in it are places in the file.
    pub rows: Option<Spanned<String>>,
    /// Files and Delta sources: a folder or file relative to the location, checked not to leave it.
    pub path: Option<Spanned<String>>,
    /// Files sources: what the files are; by their ending when absent.
    pub format: Option<FileFormat>,
    /// Files sources: `name=value` folders and their types, in path order.
    pub partitions: Vec<(Spanned<String>, ValueType)>,
    /// Delta sources: the one version to read; the newest when absent.
    pub version: Option<Spanned<u64>>,
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
