//! A Postgres that belongs to one test, which may stop it and start it again.

use std::{
    path::PathBuf,
    process::{Child, Command},
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use super::{postgres::user, process, tools};

/// How a server ends.
#[derive(Clone, Copy, Debug)]
pub enum Shutdown {
    /// It tells its clients, and ends well.
    Fast,
    /// It goes at once, as in a crash, and recovers when it starts again.
    Immediate,
}

/// A server, ended when the value is dropped.
#[derive(Debug)]
pub struct OwnPostgres {
    directory: TempDir,
    port: u16,
    child: Option<Child>,
}

impl OwnPostgres {
    /// A new server, which runs.
    pub fn start() -> Self {
        let directory = process::directory("own-postgres-");
        if !user().is_empty() {
            tools::output(Command::new("chown").arg("postgres:postgres").arg(directory.path()));
        }
        let mut server = Self { directory, port: process::free_port(), child: None };
        let mut initdb = Command::new("setpriv");
        initdb.args(user()).arg("--").arg(tools::postgres_programs().join("initdb")).arg("--pgdata").arg(server.data());
        initdb.args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]);
        tools::output(initdb.current_dir(server.directory.path()));
        server.start_again();
        server
    }

    /// For `url:` of a Postgres source.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs statements, separated by semicolons, as soon as the server takes them.
    pub async fn execute(&self, sql: &str) {
        let deadline = Instant::now() + Duration::from_mins(1);
        let mut connection = loop {
            match PgConnection::connect(&self.url()).await {
                Ok(connection) => break connection,
                Err(error) => assert!(Instant::now() < deadline, "its own Postgres: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
        done.unwrap_or_else(|error| panic!("{error} in: {sql}"));
    }

    /// Stops it and waits until it has ended.
    pub fn stop(&mut self, how: Shutdown) {
        let signal = match how {
            Shutdown::Fast => "INT",
            Shutdown::Immediate => "QUIT",
        };
        if let Some(mut child) = self.child.take() {
            tools::output(Command::new("sh").args(["-c", &format!("kill -s {signal} {}", child.id())]));
            child.wait().expect("it is ours");
        }
    }

    /// Starts it where it stopped, on the same port.
    pub fn start_again(&mut self) {
        let mut postgres = Command::new(tools::postgres_programs().join("postgres"));
        postgres.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string()).arg("-k").arg(self.directory.path());
        for setting in ["listen_addresses=127.0.0.1", "fsync=off", "synchronous_commit=off"] {
            postgres.arg("-c").arg(setting);
        }
        let mut child = process::spawn_as(user(), "QUIT", postgres.current_dir(self.directory.path()));
        process::wait_for_port(self.port, &mut child, "its own Postgres");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        self.child = Some(child);
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        self.stop(Shutdown::Immediate);
    }
}
