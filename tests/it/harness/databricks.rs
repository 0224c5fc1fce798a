//! A recorded workspace of Databricks (`tests/python/databricks_server.py`): one per test process, one catalog and one
//! warehouse per test.

use std::{
    process::Child,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use serde_json::{Value, json};

use super::{process, project::Project, tools};

/// A token that is let in.
pub const TOKEN: &str = "dapi-letmein";
/// The secret of each client whose name begins with `reader`.
pub const SECRET: &str = "letmein";

/// A catalog of its own for one test, and the warehouse that reads it.
#[derive(Debug)]
pub struct Workspace {
    /// The catalog.
    pub catalog: String,
    /// The warehouse's id.
    pub warehouse: String,
}

/// Makes an empty catalog with the schema `main`, and starts the server if this is the first.
pub async fn workspace() -> Workspace {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let workspace = Workspace { catalog: format!("cat{number}"), warehouse: format!("abc{number:06}") };
    control(&json!({"create": workspace.catalog, "warehouse": workspace.warehouse, "how": {}})).await;
    workspace
}

impl Workspace {
    /// Runs statements of Databricks SQL, which stand between semicolons at ends of lines, in the schema `main`; those that
    /// begin with `DUCKDB` are the backing engine's own.
    pub async fn execute(&self, statements: &str) {
        let is_sql = |line: &&str| !line.starts_with("--");
        let script = statements.lines().filter(is_sql).collect::<Vec<_>>().join("\n") + "\n";
        let split = script.split(";\n").map(|sql| sql.trim().trim_end_matches(';')).filter(|sql| !sql.is_empty());
        let statements: Vec<_> = split.collect();
        control(&json!({"catalog": self.catalog, "sql": statements})).await;
    }

    /// Has the warehouse behave in a way of its own, from now on.
    pub async fn behave(&self, how: Value) {
        control(&json!({"warehouse": self.warehouse, "how": how})).await;
    }

    /// Has somebody else cancel what runs.
    pub async fn cancel(&self) {
        control(&json!({"cancel": self.warehouse})).await;
    }

    /// `catalogs/NAME.yaml`.
    pub fn catalog_file(&self) -> String {
        self.catalog_at(&url(), &format!("token: {TOKEN}"))
    }

    /// The same for a workspace at `url`, which is told by `login` who asks.
    pub fn catalog_at(&self, url: &str, login: &str) -> String {
        let Self { catalog, warehouse } = self;
        format!(
            "kind: databricks\nhost: {url}\nwarehouse: {warehouse}\ncatalog: {catalog}\n{login}\nschemas: [main]\nrefresh: 1s\n"
        )
    }

    /// A project whose source `s` is this catalog.
    pub fn project(&self) -> Project {
        Project::new().file("catalogs/s.yaml", &self.catalog_file()).file("aqueduct.yaml", "auth: {anonymous: true}\n")
    }

    /// The statements that the warehouse was given, in order: `id`, `sql`, `parameters`, `tags`, `state`, `cancelled`.
    pub async fn statements(&self) -> Vec<Value> {
        log(&self.warehouse).await["statements"].as_array().cloned().unwrap_or_default()
    }

    /// The kinds of requests that it was asked, in order: `submit`, `poll`, `chunk`, `storage`, `cancel`.
    pub async fn requests(&self) -> Vec<String> {
        requests(&self.warehouse).await
    }
}

/// The requests of a warehouse, or of `client NAME`.
pub async fn requests(of: &str) -> Vec<String> {
    let log = log(of).await;
    let requests = log["requests"].as_array().into_iter().flatten();
    requests.filter_map(|request| Some(request.as_str()?.to_owned())).collect()
}

/// Has a client's tokens behave in a way of their own.
pub async fn client_behaves(client: &str, how: Value) {
    control(&json!({"warehouse": format!("client {client}"), "how": how})).await;
}

async fn log(of: &str) -> Value {
    let url = format!("{}/log?warehouse={}", url(), of.replace(' ', "%20"));
    let answer = reqwest::get(url).await.expect("it answers").bytes().await.expect("in full");
    serde_json::from_slice(&answer).expect("the log is JSON")
}

/// Where the server is.
pub fn url() -> String {
    format!("http://127.0.0.1:{}", SERVER.port)
}

async fn control(order: &Value) {
    let url = format!("{}/control", url());
    let answer = reqwest::Client::new().post(url).body(order.to_string()).send().await.expect("it answers");
    let is_done = answer.status().is_success();
    assert!(is_done, "{order}: {}", answer.text().await.unwrap_or_default());
}

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

struct Server {
    port: u16,
    /// Held, not used: it ends by the signal that it gets when this process ends.
    _process: Mutex<Child>,
}

impl Server {
    fn start() -> Self {
        let (port, directory) = (process::free_port(), process::root().join("databricks"));
        let mut server = tools::python_script("databricks_server.py");
        server.arg(port.to_string()).arg(directory);
        let mut child = process::spawn("KILL", &server);
        process::wait_for_port(port, &mut child, "databricks_server.py");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        Self { port, _process: Mutex::new(child) }
    }
}
