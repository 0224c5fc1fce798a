//! Real Postgres servers, Debian's and a newer one: each once per test process, a database per test, the SQL that it
//! received, and its values as `psql` prints them.
//!
//! Their defaults are chosen to catch mistakes: text sorts by English rules, not by code point, and the time zone is not
//! UTC.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use super::{
    csv::{self, Field},
    process, tools,
};

/// The application name of the harness's own connections, left out of what a database received.
const HARNESS: &str = "harness";

/// A database of its own for one test.
#[derive(Debug)]
pub struct Database {
    /// For `url:` of a Postgres source.
    pub url: String,
    /// Its name.
    pub name: String,
    server: &'static Postgres,
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

/// A statement that the server has run for somebody else than the harness.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The SQL.
    pub sql: String,
    /// How many rows it gave, as the server counted them.
    pub rows: u64,
}

/// Makes an empty database, and starts the server if this is the first.
pub async fn database() -> Database {
    DEBIAN.database().await
}

/// The same on a server of a later major version.
pub async fn newer_database() -> Database {
    NEWER.database().await
}

impl Database {
    /// A new connection of the harness.
    pub async fn connect(&self) -> PgConnection {
        self.server.connect(&self.name).await
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

    /// The rows of a SELECT as `psql` prints them, with these settings of its session; `None` is NULL.
    pub fn psql(&self, select: &str, settings: &[(&str, &str)]) -> Vec<Vec<Option<String>>> {
        let settings: Vec<_> = settings.iter().map(|(name, value)| format!("-c {name}={value}")).collect();
        let mut psql = Command::new(tools::postgres_programs().join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", &self.url, "--command"]);
        psql.arg(format!("COPY ({select}) TO STDOUT (FORMAT csv, NULL '\\N', FORCE_QUOTE *)"));
        psql.env("PGOPTIONS", settings.join(" ")).env("PGCLIENTENCODING", "UTF8").env("PGAPPNAME", HARNESS);
        let value = |field| match field {
            Field::Quoted(text) => Some(text),
            Field::Bare(_) => None,
        };
        csv::records(&tools::output(&mut psql)).into_iter().map(|row| row.into_iter().map(value).collect()).collect()
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
    pub async fn received_since(&self, begin: &Mark) -> Vec<Statement> {
        self.logged_since(begin).await.iter().filter_map(statement).collect()
    }

    /// From now on, each new session has the rows of its statements counted by the server.
    pub async fn count_rows(&self) {
        let settings = [
            ("session_preload_libraries", "auto_explain"),
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_analyze", "on"),
            ("auto_explain.log_format", "json"),
        ];
        for (name, value) in settings {
            self.execute(&format!("ALTER DATABASE {} SET {name} = '{value}'", self.name)).await;
        }
    }

    /// What this database has run from the mark until now, in order. Needs [`Database::count_rows`].
    pub async fn ran_since(&self, begin: &Mark) -> Vec<Ran> {
        self.logged_since(begin).await.iter().filter_map(ran).collect()
    }

    /// The server's log from the mark until now.
    ///
    /// The log is written by a process of its own, a little later, but in order: so we write a second mark and read up
    /// to that.
    async fn logged_since(&self, begin: &Mark) -> Vec<serde_json::Value> {
        let end = self.mark().await;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let log = fs::read_to_string(&self.server.log).expect("the server's log can be read");
            let entries = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let entries: Vec<_> = entries.filter(|entry| text(entry, "dbname") == self.name).collect();
            let position = |mark: &Mark| entries.iter().position(|entry| text(entry, "message").ends_with(&mark.0));
            if let (Some(from), Some(to)) = (position(begin), position(&end)) {
                return entries[from + 1..to].to_vec();
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

/// `duration: 0.1 ms  plan:`, and the plan as JSON.
fn ran(entry: &serde_json::Value) -> Option<Ran> {
    let (_, plan) = text(entry, "message").split_once("plan:\n")?;
    let plan: serde_json::Value = serde_json::from_str(plan).expect("auto_explain writes JSON");
    if text(entry, "application_name") == HARNESS {
        return None;
    }
    let node = &plan["Plan"];
    // Later servers print it with a fraction, the mean of its loops; the topmost node has one.
    let rows = format!("{:.0}", node["Actual Rows"].as_f64()?).parse().expect("a number of rows");
    Some(Ran { sql: text(&plan, "Query Text").to_owned(), rows })
}

fn text<'a>(entry: &'a serde_json::Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap_or_default()
}

async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap_or_else(|error| panic!("{error} in: {sql}"));
}

static DEBIAN: LazyLock<Postgres> =
    LazyLock::new(|| Postgres::start(&service_directory("postgres"), &tools::postgres_programs(), None));

static NEWER: LazyLock<Postgres> = LazyLock::new(|| {
    let directory = service_directory("newer-postgres");
    // Who runs the server may not look into the repository.
    tools::output(Command::new("cp").arg("-R").arg(tools::newer_postgres()).arg(directory.join("programs")));
    let programs = directory.join("programs");
    Postgres::start(&directory, &programs.join("bin"), Some(&programs.join("lib")))
});

#[derive(Debug)]
struct Postgres {
    port: u16,
    log: PathBuf,
    /// Held, not used: it ends by the signal that it gets when this process ends.
    _process: Mutex<Child>,
}

impl Postgres {
    /// Starts the server of these programs, which may bring their own libraries.
    fn start(directory: &Path, programs: &Path, libraries: Option<&Path>) -> Self {
        let port = process::free_port();
        let user = user();
        let data = directory.join("data");
        let mut initdb = Command::new("setpriv");
        initdb.args(user).arg("--").arg(programs.join("initdb")).arg("--pgdata").arg(&data).args([
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
        ]);
        initdb.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]);
        tools::output(with_libraries(initdb.current_dir(directory), libraries));

        let mut postgres = Command::new(programs.join("postgres"));
        postgres.arg("-D").arg(&data).arg("-p").arg(port.to_string()).arg("-k").arg(directory);
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
        let mut child = process::spawn_as(user, "QUIT", with_libraries(postgres.current_dir(directory), libraries));
        process::wait_for_port(port, &mut child, "Postgres");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        Self { port, log: data.join("log/server.json"), _process: Mutex::new(child) }
    }

    async fn database(&'static self) -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut admin = self.connect("postgres").await;
        execute(&mut admin, &format!("CREATE DATABASE {name}")).await;
        Database { url: format!("postgres://postgres@127.0.0.1:{}/{name}", self.port), name, server: self }
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

/// An empty directory that belongs to who runs the server.
fn service_directory(name: &str) -> PathBuf {
    let directory = process::root().join(name);
    fs::create_dir(&directory).expect("the test root can be written");
    if !user().is_empty() {
        tools::output(Command::new("chown").arg("postgres:postgres").arg(&directory));
    }
    directory
}

fn with_libraries<'a>(program: &'a mut Command, libraries: Option<&Path>) -> &'a mut Command {
    match libraries {
        Some(libraries) => program.env("LD_LIBRARY_PATH", libraries),
        None => program,
    }
}

/// Options of `setpriv` for who runs the server: Postgres refuses to be root.
pub fn user() -> &'static [&'static str] {
    let is_root = tools::output(Command::new("id").arg("-u")).trim() == "0";
    if is_root { &["--reuid=postgres", "--regid=postgres", "--clear-groups"] } else { &[] }
}
