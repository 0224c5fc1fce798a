//! One Postgres server for the test process; it ends, and its files go, when the process ends.

use std::{
    net::TcpListener,
    os::unix::fs::MetadataExt,
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The URL of a fresh, empty database, as a superuser.
pub async fn database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let server = format!("postgres://postgres@127.0.0.1:{}", SERVER.port);
    let mut patience = 300;
    let mut connection = loop {
        match PgConnection::connect(&format!("{server}/postgres")).await {
            Ok(connection) => break connection,
            Err(error) if patience == 0 => panic!("Postgres did not start: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        patience -= 1;
    };
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.expect("a fresh name");
    format!("{server}/{name}")
}

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

struct Server {
    port: u16,
    /// Holds the pipe on which the server's shell waits.
    _shell: Child,
}

impl Server {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let directory = std::env::temp_dir().join(format!("aqueduct-postgres-{port}"));
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        let mut command = Command::new(if root { "setpriv" } else { "sh" });
        if root {
            Command::new("chown").arg("postgres").arg(&directory).status().expect("a user for Postgres");
            command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "sh"]);
        }
        let script = r#"
            PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin | tail -1)"
            initdb -D "$1/data" -U postgres -A trust -E UTF8 --locale C.UTF-8 > "$1/log" 2>&1 || cat "$1/log"
            postgres -D "$1/data" -k "$1" -p "$2" -c listen_addresses=127.0.0.1 -c fsync=off >> "$1/log" 2>&1 &
            cat > /dev/null
            kill -INT $!; wait $!; rm -rf "$1"
        "#;
        command.args(["-c", script, "sh"]).arg(&directory).arg(port.to_string()).stdin(Stdio::piped());
        Self { port, _shell: command.spawn().expect("a shell") }
    }
}
