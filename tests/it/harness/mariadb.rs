//! A real `MariaDB` whose defaults are all against us: one per test process, one database per test.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, Row};
use tokio::sync::OnceCell;

use super::{postgres_tls::make_certificates, process, project::Project, tools};

/// Who reads; may do nothing else.
pub const USER: &str = "reader";
/// Another, who is let in over TLS alone.
pub const SECURE: &str = "secure";
/// Another, who needs a certificate.
pub const CERTIFIED: &str = "carol";
/// The readers' password.
pub const PASSWORD: &str = "letmein";

/// What the sessions of tests begin with: scripts are read as they are written.
const OURS: &str = "SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00', autocommit = 1";

/// What a server's owner may have chosen.
const DEFAULTS: [&str; 7] = [
    "--sql-mode=ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,ONLY_FULL_GROUP_BY",
    "--default-time-zone=+05:00",
    "--character-set-server=latin1",
    "--collation-server=latin1_swedish_ci",
    "--max-sort-length=64",
    "--sort-buffer-size=32768",
    "--autocommit=OFF",
];

/// A database of its own for one test.
#[derive(Debug)]
pub struct Database {
    /// Its name, for `schemas: […]`.
    pub name: String,
    port: u16,
}

/// Makes an empty database, and starts the server if this is the first.
pub async fn database() -> Database {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("db{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let database = Database { name, port: server().await.port };
    // Its collation folds case and pads.
    let create = format!("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", database.name);
    run(&mut owner(database.port, "").await, &create).await;
    database
}

impl Database {
    /// Runs statements, separated by semicolons.
    pub async fn execute(&self, statements: &str) {
        run(&mut owner(self.port, &self.name).await, statements).await;
    }

    /// For `url:` of a source.
    pub fn url(&self) -> String {
        self.url_as(USER, "127.0.0.1", "ssl-mode=DISABLED")
    }

    /// The same for another user, under another name of the server, with other parameters.
    pub fn url_as(&self, user: &str, host: &str, parameters: &str) -> String {
        format!("mysql://{user}:{PASSWORD}@{host}:{}/{}?{parameters}", self.port, self.name)
    }

    /// A catalog of this database.
    pub fn catalog(&self) -> String {
        self.catalog_at(&self.url())
    }

    /// The same, at another address.
    pub fn catalog_at(&self, url: &str) -> String {
        format!("kind: mysql\nurl: {url}\nschemas: [{}]\nrefresh: 1s\n", self.name)
    }

    /// A project whose source `s` is this database.
    pub fn project(&self) -> Project {
        Project::new().file("catalogs/s.yaml", &self.catalog()).file("aqueduct.yaml", "auth: {anonymous: true}\n")
    }

    /// Waits until `user` has no connection left.
    pub async fn until_free(&self, user: &str) {
        let sql = "SELECT CAST(count(*) AS CHAR) FROM information_schema.PROCESSLIST WHERE USER = ?";
        let mut owner = owner(self.port, "").await;
        loop {
            let row = sqlx::query(sql).bind(user).fetch_one(&mut owner).await.expect("the server counts them");
            if row.try_get_unchecked::<String, _>(0).expect("text") == "0" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What runs now with `text` in it, by the reader.
    pub async fn running(&self, text: &str) -> Vec<String> {
        let sql =
            "SELECT INFO FROM information_schema.PROCESSLIST WHERE USER = ? AND COMMAND <> 'Sleep' AND INFO LIKE ?";
        let query = sqlx::query(sql).bind(USER).bind(format!("%{text}%"));
        let rows = query.fetch_all(&mut owner(self.port, "").await).await.expect("the server lists them");
        rows.iter().map(|row| row.try_get_unchecked(0).expect("text")).collect()
    }
}

/// The path of a certificate or key, as `make_certificates` names them.
pub fn certificate(name: &str) -> String {
    certificates().join(name).display().to_string()
}

fn certificates() -> PathBuf {
    process::root().join("mariadb-certificates")
}

/// A connection that may do everything.
async fn owner(port: u16, database: &str) -> MySqlConnection {
    let url = format!("mysql://root@127.0.0.1:{port}/{database}?ssl-mode=DISABLED");
    let mut connection = MySqlConnection::connect(&url).await.expect("MariaDB lets its owner in");
    run(&mut connection, OURS).await;
    connection
}

async fn run(connection: &mut MySqlConnection, sql: &str) {
    let done = connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await;
    done.unwrap_or_else(|error| panic!("{error} in: {sql:.2000}"));
}

struct Server {
    port: u16,
    /// Held, not used: it ends by the signal that it gets when this process ends.
    _process: Mutex<Child>,
}

async fn server() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER
        .get_or_init(|| async {
            let server = Server::start();
            for (user, required) in [(USER, "NONE"), (SECURE, "SSL"), (CERTIFIED, "X509")] {
                let create = format!(
                    "CREATE USER {user}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' REQUIRE {required};
                     GRANT SELECT ON *.* TO {user}@'127.0.0.1'"
                );
                run(&mut owner(server.port, "").await, &create).await;
            }
            server
        })
        .await
}

impl Server {
    fn start() -> Self {
        let (port, directory) = (process::free_port(), process::root().join("mariadb"));
        let data = format!("--datadir={}", directory.display());
        // It refuses root unless it is told that it is meant.
        let user = format!("--user={}", tools::output(Command::new("id").arg("-un")).trim());
        let mut install = Command::new("mariadb-install-db");
        install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", &user, &data]);
        tools::output(&mut install);
        let mut server = Command::new("/usr/sbin/mariadbd");
        server.args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", &user, &data]);
        server.arg(format!("--port={port}")).arg(format!("--socket={}", directory.join("s").display()));
        server.args(["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"]).args(DEFAULTS);
        fs::create_dir_all(certificates()).expect("the test root can be written");
        make_certificates(&certificates());
        for (option, name) in [("ca", "ca.pem"), ("cert", "server.pem"), ("key", "server.key")] {
            server.arg(format!("--ssl-{option}={}", certificates().join(name).display()));
        }
        let mut child = process::spawn("KILL", &server);
        process::wait_for_port(port, &mut child, "mariadbd");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        Self { port, _process: Mutex::new(child) }
    }
}
