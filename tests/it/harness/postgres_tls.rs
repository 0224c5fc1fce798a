//! A second real Postgres, which speaks TLS: an authority, certificates, and users who may come in one way each.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{LazyLock, Mutex},
    thread,
    time::{Duration, Instant},
};

use super::{postgres::user, process, tools};

/// The password of `scram` and of `local`: nothing in it is easy to write into a URL.
pub const PASSWORD: &str = "a@b:c/d?e#f%g h&i=j+k[l]é";

/// Who may come in, how, from where. `crowded` has too many connections already.
const RULES: &str = "
local     all  postgres                trust
local     all  local                   scram-sha-256
hostssl   all  scram     127.0.0.1/32  scram-sha-256
hostssl   all  carol     127.0.0.1/32  cert
hostssl   all  secure    127.0.0.1/32  trust
hostnossl all  plain     127.0.0.1/32  trust
host      all  anyone    127.0.0.1/32  trust
host      all  crowded   127.0.0.1/32  trust
";

/// The server.
pub struct TlsServer {
    /// Of 127.0.0.1. Its certificate is for `localhost` alone.
    pub port: u16,
    /// The directory of its Unix socket.
    pub socket: PathBuf,
    /// `ca.pem`, which signed the server's certificate and that of `carol`; `other.pem`, which signed that of `mallory`;
    /// and the `.pem` and `.key` of both.
    certificates: PathBuf,
    _process: Mutex<Child>,
}

/// The server, started if this is the first call. Its database `shop` has a view `tls(ssl, login)` of the session.
pub fn server() -> &'static TlsServer {
    static SERVER: LazyLock<TlsServer> = LazyLock::new(TlsServer::start);
    &SERVER
}

impl TlsServer {
    /// The path of a certificate or key.
    pub fn file(&self, name: &str) -> String {
        self.certificates.join(name).display().to_string()
    }

    fn start() -> Self {
        let directory = process::root().join("postgres-tls");
        let certificates = directory.join("certificates");
        fs::create_dir_all(&certificates).expect("the test root can be written");
        make_certificates(&certificates);
        let user = user();
        if !user.is_empty() {
            // libpq insists that the keys of its users are their own, as the server does with its key.
            let key = certificates.join("server.key");
            tools::output(Command::new("chown").arg("postgres:postgres").arg(&directory).arg(key));
        }

        let (data, port) = (directory.join("data"), process::free_port());
        let mut initdb = Command::new("setpriv");
        initdb.args(user).arg("--").arg(tools::postgres_programs().join("initdb")).arg("--pgdata").arg(&data);
        initdb.args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]);
        tools::output(initdb.current_dir(&directory));
        fs::write(data.join("pg_hba.conf"), RULES).expect("it is there");

        let mut postgres = Command::new(tools::postgres_programs().join("postgres"));
        postgres.arg("-D").arg(&data).arg("-p").arg(port.to_string()).arg("-k").arg(&directory);
        let file = |name: &str| certificates.join(name).display().to_string();
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
            format!("ssl_ca_file={}", file("ca.pem")),
            format!("ssl_cert_file={}", file("server.pem")),
            format!("ssl_key_file={}", file("server.key")),
        ] {
            postgres.arg("-c").arg(setting);
        }
        let mut child = process::spawn_as(user, "QUIT", postgres.current_dir(&directory));
        process::wait_for_port(port, &mut child, "Postgres with TLS");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        let server = Self { port, socket: directory, certificates, _process: Mutex::new(child) };
        server.set_up();
        server
    }

    fn set_up(&self) {
        // It listens a moment before it accepts sessions.
        let deadline = Instant::now() + Duration::from_mins(1);
        let mut probe = self.psql("postgres", "SELECT 1");
        while !probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            assert!(Instant::now() < deadline, "Postgres with TLS does not accept sessions");
            thread::sleep(Duration::from_millis(20));
        }
        for user in ["scram", "local", "carol", "secure", "plain", "anyone", "crowded"] {
            tools::output(&mut self.psql("postgres", &format!("CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'")));
        }
        tools::output(&mut self.psql("postgres", "ALTER ROLE crowded CONNECTION LIMIT 0"));
        tools::output(&mut self.psql("postgres", "CREATE DATABASE shop"));
        let view = "CREATE VIEW tls AS SELECT ssl, current_user::text AS login, current_setting('search_path') AS path,
                        current_setting('default_transaction_read_only') AS reads
                    FROM pg_stat_ssl WHERE pid = pg_backend_pid(); GRANT SELECT ON tls TO PUBLIC";
        tools::output(&mut self.psql("shop", view));
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut psql = Command::new(tools::postgres_programs().join("psql"));
        psql.arg("-h").arg(&self.socket).args(["-p", &self.port.to_string(), "-U", "postgres", "-X", "-q"]);
        psql.args(["-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]);
        psql
    }
}

/// Two authorities, a certificate for the server (`localhost`) and one for a user of each authority.
pub fn make_certificates(directory: &Path) {
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        tools::output(command.args(arguments.split(' ')).current_dir(directory));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for authority in ["ca", "other"] {
        openssl(&format!("req -x509 {key} -days 2 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"));
    }
    for (name, authority, extension) in [
        ("server", "ca", "subjectAltName=DNS:localhost"),
        ("carol", "ca", "extendedKeyUsage=clientAuth"),
        ("mallory", "other", "extendedKeyUsage=clientAuth"),
    ] {
        // The name of a user is that of the certificate; mallory pretends to be carol.
        let subject = if name == "mallory" { "carol" } else { name };
        fs::write(directory.join("extension"), extension).expect("the test root can be written");
        openssl(&format!("req {key} -subj /CN={subject} -keyout {name}.key -out {name}.csr"));
        openssl(&format!(
            "x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 2 \
             -extfile extension -out {name}.pem"
        ));
    }
}
