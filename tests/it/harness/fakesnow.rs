//! A server of Snowflake's protocol, one for all tests of the process, with a database for each that asks.

use std::{
    path::PathBuf,
    process::{Child, Command},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use adbc_core::{
    Connection as _, Database as _, Driver as _, Statement as _,
    options::{AdbcVersion, OptionDatabase, OptionValue},
};
use adbc_driver_manager::ManagedDriver;

use super::{process, tools};

/// A server, and a database in it that only one test uses.
pub struct Snowflake {
    /// Where it listens.
    pub port: u16,
    /// The database.
    pub database: String,
}

/// A driver of the Python environment.
pub fn driver(name: &str) -> PathBuf {
    let packages = tools::repository().join(".venv/lib/python3.11/site-packages");
    let path = packages.join(format!("adbc_driver_{name}/libadbc_driver_{name}.so"));
    assert!(path.exists(), "the tests need {}, which is not there: run scripts/setup", path.display());
    path
}

/// A fresh database of the server that all tests share, with the schema `S`.
pub async fn database() -> Snowflake {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let port = tokio::task::spawn_blocking(|| SERVER.port).await.expect("it starts");
    let snowflake = Snowflake { port, database: format!("D{number}") };
    snowflake.execute(&format!("CREATE SCHEMA IF NOT EXISTS D{number}.S")).await;
    snowflake
}

impl Snowflake {
    /// `catalogs/NAME.yaml`.
    pub fn catalog(&self) -> String {
        format!(
            "kind: snowflake\ndriver: \"{}\"\naccount: fake\nuser: fake\npassword: snow\n\
             host: 127.0.0.1\nport: {}\nprotocol: http\ndatabase: {}\nschemas: [S]\n",
            driver("snowflake").display(),
            self.port,
            self.database
        )
    }

    /// Runs statements, separated by semicolons at ends of lines, in the schema `S`.
    pub async fn execute(&self, sql: &str) {
        let (port, database, sql) = (self.port, self.database.clone(), sql.to_owned());
        tokio::task::spawn_blocking(move || run(port, &database, &sql)).await.expect("the statements run");
    }
}

fn run(port: u16, database: &str, sql: &str) {
    let mut driver = ManagedDriver::load_dynamic_from_filename(driver("snowflake"), None, AdbcVersion::V110)
        .expect("the driver loads");
    let options = [
        ("username", "fake"),
        ("password", "snow"),
        ("adbc.snowflake.sql.account", "fake"),
        ("adbc.snowflake.sql.uri.host", "127.0.0.1"),
        ("adbc.snowflake.sql.uri.port", &port.to_string()),
        ("adbc.snowflake.sql.uri.protocol", "http"),
        ("adbc.snowflake.sql.db", database),
        ("adbc.snowflake.sql.schema", "S"),
    ];
    let options = options.map(|(name, value)| (OptionDatabase::from(name), OptionValue::from(value)));
    let database = driver.new_database_with_opts(options).expect("the options are right");
    let mut connection = database.new_connection().expect("the server is up");
    for sql in sql.split(";\n").map(|sql| sql.trim().trim_end_matches(';')).filter(|sql| !sql.is_empty()) {
        let mut statement = connection.new_statement().expect("a statement");
        let set = statement.set_sql_query(sql);
        let rows = set.and_then(|()| statement.execute()).unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.for_each(|batch| drop(batch.unwrap_or_else(|error| panic!("{sql}: {error}"))));
    }
}

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// A process of the server.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    /// Held, not used, until it is to end.
    process: Mutex<Child>,
}

impl Server {
    /// A server of one's own.
    pub fn start() -> Self {
        let port = process::free_port();
        let mut server = Command::new(tools::python_tool("fakesnow"));
        server.args(["-s", "-p", &port.to_string()]);
        let mut child = process::spawn("KILL", &server);
        process::wait_for_port(port, &mut child, "fakesnow");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        Self { port, process: Mutex::new(child) }
    }

    /// Ends it at once.
    pub fn kill(&self) {
        let mut child = self.process.lock().expect("nothing panics under this lock");
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
    }
}
