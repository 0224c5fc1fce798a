//! `ClickHouse`'s engine behind its HTTP interface (`tests/python/clickhouse_server.py`): one per test process, one database
//! per test.

use std::{
    process::Child,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use serde_json::Value;

use super::{process, project::Project, tools};

/// Whom the server knows.
pub const USER: &str = "reader";
/// The user's password.
pub const PASSWORD: &str = "letmein";

/// A database of its own for one test.
#[derive(Debug)]
pub struct Database {
    /// Its name, for `schemas: […]`.
    pub name: String,
}

/// Makes an empty database, and starts the server if this is the first.
pub async fn database() -> Database {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let database = Database { name: format!("db{}", NEXT.fetch_add(1, Ordering::Relaxed)) };
    run(&format!("CREATE DATABASE {}", database.name)).await;
    database
}

impl Database {
    /// Runs statements that stand between semicolons at ends of lines; `{db}` is the database.
    pub async fn execute(&self, statements: &str) {
        for statement in statements.split(";\n").filter(|statement| !statement.trim().is_empty()) {
            run(&statement.trim().trim_end_matches(';').replace("{db}", &self.name)).await;
        }
    }

    /// Has the server say so many times that it has too much to do when it is to read this database.
    pub async fn refuse(&self, times: u32) {
        run(&format!("REFUSE {times} {}", self.name)).await;
    }

    /// A catalog of this database.
    pub fn catalog(&self) -> String {
        self.catalog_at(&url())
    }

    /// The same, at another address.
    pub fn catalog_at(&self, url: &str) -> String {
        let name = &self.name;
        format!(
            "kind: clickhouse\nurl: {url}\nuser: {USER}\npassword: \"{PASSWORD}\"\nschemas: [{name}]\nrefresh: 1s\n"
        )
    }

    /// A project whose source `s` is this database.
    pub fn project(&self) -> Project {
        Project::new().file("catalogs/s.yaml", &self.catalog()).file("aqueduct.yaml", "auth: {anonymous: true}\n")
    }

    /// What the server was told to run over this database, in order: id, sql, settings, state.
    pub async fn log(&self) -> Vec<Value> {
        let answer = reqwest::get(url()).await.expect("it answers").bytes().await.expect("in full");
        let log: Vec<Value> = serde_json::from_slice(&answer).expect("the log is JSON");
        let is_ours = |entry: &Value| {
            entry["id"].is_string() && entry["sql"].as_str().is_some_and(|sql| sql.contains(&self.name))
        };
        log.into_iter().filter(is_ours).collect()
    }
}

/// Where the server is.
pub fn url() -> String {
    format!("http://127.0.0.1:{}", SERVER.port)
}

async fn run(sql: &str) {
    let request = reqwest::Client::new().post(url()).header("X-ClickHouse-User", USER);
    let answer = request.header("X-ClickHouse-Key", PASSWORD).body(sql.to_owned()).send().await.expect("it answers");
    let is_done = answer.status().is_success();
    assert!(is_done, "{sql}: {}", answer.text().await.unwrap_or_default());
}

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

struct Server {
    port: u16,
    /// Held, not used: it ends by the signal that it gets when this process ends.
    _process: Mutex<Child>,
}

impl Server {
    fn start() -> Self {
        let (port, directory) = (process::free_port(), process::root().join("clickhouse"));
        let mut server = tools::python_script("clickhouse_server.py");
        server.arg(port.to_string()).arg(directory);
        let mut child = process::spawn("KILL", &server);
        process::wait_for_port(port, &mut child, "clickhouse_server.py");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        Self { port, _process: Mutex::new(child) }
    }
}
