//! A real Postgres: one server per test process, one database per test, and the SQL that it received.
//!
//! Its defaults are chosen to catch mistakes: text sorts by English rules, not by code point, and the time zone is not
//! UTC.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use super::{process, tools};

/// The application name of the harness's own connections, left out of what a database received.
const HARNESS: &str = "harness";

/// A database of its own for one test.
#[derive(Debug)]
pub struct Database {
    /// For `url:` of a Postgres source.
    pub url: String,
    /// Its name.
    pub name: String,
}

/// A moment in the server's log.
#[derive(Debug)]
pub struct Mark(String);

/// A statement that the server received from somebody else than the harness.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The SQL.
    pub sql: String,
    /// Its bound values as Postgres writes them (`$1 = '7'`), empty when it has none.
    pub parameters: String,
    /// Who sent it.
    pub application: String,
}

/// Makes an empty database, and starts the server if this is the first.
pub async fn database() -> Database {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut admin = SERVER.connect("postgres").await;
    execute(&mut admin, &format!("CREATE DATABASE {name}")).await;
    Database { url: format!("postgres://postgres@127.0.0.1:{}/{name}", SERVER.port), name }
}

impl Database {
    /// A new connection of the harness.
    pub async fn connect(&self) -> PgConnection {
        SERVER.connect(&self.name).await
    }

    /// Runs statements, separated by semicolons.
    pub async fn execute(&self, sql: &str) {
        execute(&mut self.connect().await, sql).await;
    }

    /// Fills a table from lines as `COPY` reads them, fields separated by `|`.
    pub async fn copy(&self, table: &str, lines: String) {
        let mut connection = self.connect().await;
        let mut copy = connection
            .copy_in_raw(&format!("COPY {table} FROM STDIN (DELIMITER '|')"))
            .await
            .unwrap_or_else(|error| panic!("COPY {table}: {error}"));
        copy.send(lines.into_bytes()).await.unwrap_or_else(|error| panic!("COPY {table}: {error}"));
        copy.finish().await.unwrap_or_else(|error| panic!("COPY {table}: {error}"));
    }

    /// How many connections others than the harness have to this database now.
    pub async fn connections(&self) -> i64 {
        self.count_of_others("true").await
    }

    /// How many of those are running a statement now.
    pub async fn running(&self) -> i64 {
        self.count_of_others("state <> 'idle'").await
    }

    async fn count_of_others(&self, condition: &str) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name <> $2 AND {condition}"
        );
        sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(&self.name)
            .bind(HARNESS)
            .fetch_one(&mut self.connect().await)
            .await
            .expect("pg_stat_activity can be read")
    }

    /// The present moment, to read from later.
    pub async fn mark(&self) -> Mark {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mark = format!("SELECT 'mark {} of {}'", NEXT.fetch_add(1, Ordering::Relaxed), self.name);
        self.execute(&mark).await;
        Mark(mark)
    }

    /// What this database received from the mark until now, in order, without the harness's own statements.
    ///
    /// The log is written by a process of its own, a little later, but in order: so we write a second mark and read up
    /// to that.
    pub async fn received_since(&self, begin: &Mark) -> Vec<Statement> {
        let end = self.mark().await;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let log = fs::read_to_string(&SERVER.log).expect("the server's log can be read");
            let entries = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let entries: Vec<_> = entries.filter(|entry| text(entry, "dbname") == self.name).collect();
            let position = |mark: &Mark| entries.iter().position(|entry| text(entry, "message").ends_with(&mark.0));
            if let (Some(from), Some(to)) = (position(begin), position(&end)) {
                return entries[from + 1..to].iter().filter_map(statement).collect();
            }
            assert!(Instant::now() < deadline, "Postgres does not write its log");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// `statement: SQL` (simple protocol) or `execute NAME: SQL` (extended, with the values as detail).
fn statement(entry: &serde_json::Value) -> Option<Statement> {
    let message = text(entry, "message");
    let (kind, sql) = message.split_once(": ")?;
    if !(kind == "statement" || kind.starts_with("execute ")) || text(entry, "application_name") == HARNESS {
        return None;
    }
    let parameters = text(entry, "detail");
    Some(Statement {
        sql: sql.to_owned(),
        parameters: parameters.strip_prefix("parameters: ").unwrap_or(parameters).to_owned(),
        application: text(entry, "application_name").to_owned(),
    })
}

fn text<'a>(entry: &'a serde_json::Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap_or_default()
}

async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap_or_else(|error| panic!("{error} in: {sql}"));
}

static SERVER: LazyLock<Postgres> = LazyLock::new(Postgres::start);

struct Postgres {
    port: u16,
    log: PathBuf,
    /// Held, not used: it ends by the signal that it gets when this process ends.
    _process: Mutex<Child>,
}

impl Postgres {
    fn start() -> Self {
        let directory = process::root().join("postgres");
        let port = process::free_port();
        fs::create_dir(&directory).expect("the test root can be written");
        let user = user();
        if !user.is_empty() {
            tools::output(Command::new("chown").arg("postgres:postgres").arg(&directory));
        }

        let data = directory.join("data");
        let mut initdb = Command::new("setpriv");
        initdb.args(user).arg("--").arg(tools::postgres_tool("initdb")).arg("--pgdata").arg(&data).args([
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
        ]);
        initdb.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]);
        tools::output(initdb.current_dir(&directory));

        let mut postgres = Command::new(tools::postgres_tool("postgres"));
        postgres.arg("-D").arg(&data).arg("-p").arg(port.to_string()).arg("-k").arg(&directory);
        for setting in [
            "listen_addresses=127.0.0.1",
            "max_connections=100",
            "timezone=America/New_York",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "log_statement=all",
            "logging_collector=on",
            "log_destination=jsonlog",
            "log_directory=log",
            "log_filename=server.log",
            "log_file_mode=0644",
            "log_rotation_age=0",
            "log_rotation_size=0",
        ] {
            postgres.arg("-c").arg(setting);
        }
        // QUIT is its immediate shutdown, which still gives back its shared memory; KILL would leave that behind.
        let mut child = process::spawn_as(user, "QUIT", postgres.current_dir(&directory));
        process::wait_for_port(port, &mut child, "Postgres");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        Self { port, log: data.join("log/server.json"), _process: Mutex::new(child) }
    }

    async fn connect(&self, database: &str) -> PgConnection {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username("postgres")
            .database(database)
            .application_name(HARNESS)
            .disable_statement_logging();
        // It listens a moment before it accepts sessions ("the database system is starting up").
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            match PgConnection::connect_with(&options).await {
                Ok(connection) => return connection,
                Err(error) => assert!(Instant::now() < deadline, "Postgres, database {database}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Options of `setpriv` for who runs the server: Postgres refuses to be root.
pub fn user() -> &'static [&'static str] {
    let is_root = tools::output(Command::new("id").arg("-u")).trim() == "0";
    if is_root { &["--reuid=postgres", "--regid=postgres", "--clear-groups"] } else { &[] }
}
