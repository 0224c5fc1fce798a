//! Ways into a server: TLS modes, certificates, passwords, sockets, and what is said when none leads in.

use std::{fs, process::Command};

use aqueduct::model::{Code, TableNames};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{Engine, try_open};
use crate::{
    cli::{Ended, finish},
    harness::{
        postgres::{Database, database},
        postgres_tls::{PASSWORD, TlsServer, server},
        project::Project,
        server::aqueduct,
        tools::postgres_programs,
    },
};

/// `PASSWORD` as it stands in a URL.
const ENCODED: &str = "a%40b:c%2Fd?e#f%25g h&i=j+k[l]é";

/// `SELECT ssl, login` of the session that a URL leads to, or why it does not lead there.
async fn session(url: &str) -> Result<String, String> {
    let source = try_open(url, &[], 1, vec![], true).map_err(|problem| problem.message)?;
    match source.tables(&TableNames::default()).await {
        Ok(_) => {
            let rows = Engine::over(&source).await.rows("SELECT ssl, login FROM tls").await;
            Ok(rows.expect("a session answers").join(", "))
        }
        Err(fault) => {
            assert_eq!((fault.code, fault.detail.as_str()), (Code::SourceDown, "source `crm` cannot be reached"));
            let cause = fault.internal.expect("the operator is told why");
            assert!(!cause.contains(PASSWORD) && !cause.contains("hunter2") && !cause.contains('\n'), "{cause}");
            Err(cause)
        }
    }
}

async fn check(url: &str, expected: Result<&str, &str>) {
    match (session(url).await, expected) {
        (Ok(session), Ok(expected)) => assert_eq!(session, expected, "{url}"),
        (Err(cause), Err(expected)) => assert!(cause.contains(expected), "{url}: {cause}"),
        (outcome, expected) => panic!("{url}: {outcome:?}, not {expected:?}"),
    }
}

/// The same, and libpq itself comes in, or does not, as we do.
async fn check_both(url: &str, expected: Result<&str, &str>) {
    check(url, expected).await;
    let mut psql = Command::new(postgres_programs().join("psql"));
    // Without variables, and without a home that has certificates.
    psql.env_clear().env("HOME", "/nowhere").args([
        "-X",
        "-q",
        "-t",
        "-A",
        "-c",
        "SELECT ssl::text, login FROM tls",
        url,
    ]);
    let output = psql.output().expect("psql starts");
    let session = String::from_utf8_lossy(&output.stdout);
    let libpq = if output.status.success() { Ok(session.trim_end()) } else { Err(()) };
    assert_eq!(libpq, expected.map_err(drop), "{url}: {}", String::from_utf8_lossy(&output.stderr));
}

fn at(server: &TlsServer, host: &str, user: &str, parameters: &str) -> String {
    format!("postgres://{user}@{host}:{}/shop?{parameters}", server.port)
}

/// A database of the server without TLS.
async fn plain() -> Database {
    let database = database().await;
    database.execute("CREATE VIEW tls AS SELECT false AS ssl, current_user::text AS login").await;
    database
}

const NO_TLS: Result<&str, &str> = Err("no TLS");
const NO_ENTRY: Result<&str, &str> = Err("SQLSTATE 28000");
const UNTRUSTED: Result<&str, &str> = Err("no authority of `sslrootcert` signed the server's certificate");
const OTHER_NAME: Result<&str, &str> = Err("the server's certificate is not for the host that `url` names");

#[tokio::test]
async fn each_mode_is_what_libpq_makes_of_it() {
    let (server, plain) = (server(), plain().await);
    let (ca, other) = (server.file("ca.pem"), server.file("other.pem"));
    // What may follow a mode, and what becomes of it at: a server with TLS by its name, by another name, a server without.
    for (mode, root, by_name, by_other_name, without) in [
        ("disable", "", Ok("false|anyone"), Ok("false|anyone"), Ok("false|postgres")),
        ("prefer", "", Ok("true|anyone"), Ok("true|anyone"), Ok("false|postgres")),
        ("require", "", Ok("true|anyone"), Ok("true|anyone"), NO_TLS),
        ("require", &ca, Ok("true|anyone"), Ok("true|anyone"), NO_TLS),
        ("require", &other, UNTRUSTED, UNTRUSTED, NO_TLS),
        ("verify-ca", &ca, Ok("true|anyone"), Ok("true|anyone"), NO_TLS),
        ("verify-ca", &other, UNTRUSTED, UNTRUSTED, NO_TLS),
        ("verify-full", &ca, Ok("true|anyone"), OTHER_NAME, NO_TLS),
        ("verify-full", &other, UNTRUSTED, UNTRUSTED, NO_TLS),
        ("verify-full", "system", UNTRUSTED, UNTRUSTED, NO_TLS),
    ] {
        let root = if root.is_empty() { String::new() } else { format!("&sslrootcert={root}") };
        let parameters = format!("sslmode={mode}{root}");
        check_both(&at(server, "localhost", "anyone", &parameters), by_name).await;
        check_both(&at(server, "127.0.0.1", "anyone", &parameters), by_other_name).await;
        check_both(&format!("{}?{parameters}", plain.url), without).await;
    }
    // Not given, it is `prefer`.
    check_both(&at(server, "localhost", "anyone", ""), Ok("true|anyone")).await;
    check_both(&plain.url, Ok("false|postgres")).await;
    // An address beside the name, where the name is not verified.
    let address = format!("hostaddr=127.0.0.1&sslmode=verify-ca&sslrootcert={ca}");
    check_both(&at(server, "nowhere.invalid", "anyone", &address), Ok("true|anyone")).await;
}

#[tokio::test]
async fn the_servers_own_rules_decide_who_needs_tls() {
    let server = server();
    for (user, mode, expected) in [
        ("secure", "disable", NO_ENTRY),
        ("secure", "prefer", Ok("true|secure")),
        ("secure", "require", Ok("true|secure")),
        ("plain", "disable", Ok("false|plain")),
        ("plain", "require", NO_ENTRY),
    ] {
        check_both(&at(server, "localhost", user, &format!("sslmode={mode}")), expected).await;
    }
    // libpq would try again without; here `prefer` stays with the TLS that the server offered.
    check(&at(server, "localhost", "plain", "sslmode=prefer"), NO_ENTRY).await;
}

#[tokio::test]
async fn certificates_prove_who_calls() {
    let server = server();
    let root = format!("sslmode=verify-full&sslrootcert={}", server.file("ca.pem"));
    let certificate = |name: &str| {
        let (pem, key) = (server.file(&format!("{name}.pem")), server.file(&format!("{name}.key")));
        format!("{root}&sslcert={pem}&sslkey={key}")
    };
    check_both(&at(server, "localhost", "carol", &certificate("carol")), Ok("true|carol")).await;
    check_both(&at(server, "localhost", "carol", &root), Err("valid client certificate")).await;
    check_both(&at(server, "localhost", "carol", &certificate("mallory")), Err("ended the TLS handshake")).await;
    let mixed = format!("{root}&sslcert={}&sslkey={}", server.file("carol.pem"), server.file("mallory.key"));
    check_both(&at(server, "localhost", "carol", &mixed), Err("look at `sslmode` and the certificates")).await;
    // As text, from secrets: the parameters themselves hold PEM.
    let text = |name: &str| fs::read_to_string(server.file(name)).expect("it was made");
    let texts = format!(
        "sslmode=verify-full&sslrootcert={}&sslcert={}&sslkey={}",
        text("ca.pem"),
        text("carol.pem"),
        text("carol.key")
    );
    check(&at(server, "localhost", "carol", &texts), Ok("true|carol")).await;
}

#[tokio::test]
async fn passwords_of_any_characters_are_sent_as_they_are() {
    let server = server();
    let (port, socket) = (server.port, server.socket.display());
    check(&at(server, "localhost", &format!("scram:{ENCODED}"), "sslmode=require"), Ok("true|scram")).await;
    check(&at(server, "localhost", "scram:hunter2", "sslmode=require"), Err("SQLSTATE 28P01")).await;
    check(&at(server, "localhost", "scram", "sslmode=require"), Err("SQLSTATE 28P01")).await;
    let encoded_socket = server.socket.display().to_string().replace('/', "%2F");
    for url in [
        format!("postgres://local:{ENCODED}@/shop?host={socket}&port={port}"),
        format!("postgresql://local:{ENCODED}@{encoded_socket}:{port}/shop?sslmode=prefer"),
        format!("postgres:///shop?host={socket}&port={port}&user=local&password=a@b:c/d?e%23f%25g%20h%26i=j+k[l]é"),
    ] {
        check(&url, Ok("false|local")).await;
    }
}

#[tokio::test]
async fn a_closed_way_is_explained_to_the_operator() {
    let (server, plain) = (server(), plain().await);
    check(&at(server, "localhost", "crowded", ""), Err("SQLSTATE 53300); lower `pool.max_connections`")).await;
    check("postgres://a@nowhere.invalid/b", Err("cannot connect to nowhere.invalid:5432 as `a`, database `b`: ")).await;
    check("postgres://a@127.0.0.1:1/b", Err("nothing listens there")).await;
    check("postgres://a@[::1]:1/b", Err("cannot connect to [::1]:1 as `a`")).await;
    check("postgres://a@/b?host=/nowhere", Err("cannot connect to /nowhere/.s.PGSQL.5432 as `a`")).await;
    check(&plain.url.replace(&plain.name, "nothing"), Err("look at the database of `url`")).await;

    // One that says it is starting up, and one that says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
            let length = u32::try_from(fields.len() + 4).expect("it is short");
            let _ = stream.write_all(&[b"E".as_slice(), &length.to_be_bytes(), fields].concat()).await;
        }
    });
    check(&format!("postgres://a:hunter2@127.0.0.1:{port}/b?sslmode=disable"), Err("57P03")).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = silent.local_addr().expect("it is bound").port();
    check(&format!("postgres://a@127.0.0.1:{port}/b"), Err("no answer within 5 s")).await;
}

/// A project whose source is `url`, and the two certificates that it may refer to.
fn project(url: &str) -> Project {
    let text = |name: &str| fs::read_to_string(server().file(name)).expect("it was made");
    Project::new()
        .file("aqueduct.yaml", "auth: {anonymous: true}\n")
        .file("catalogs/crm.yaml", &format!("kind: postgres\nurl: '{url}'\n"))
        .file("secrets/ca.pem", &text("ca.pem"))
        .file("secrets/password", &format!("{ENCODED}\n"))
}

/// A command on the project, with no `PG*` variable but these.
fn run(project: &Project, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command: Command = aqueduct(project.path());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    let ended = finish(command.args(arguments).envs(variables.iter().copied()));
    let shown = format!("{ended:?}");
    assert!(!shown.contains(PASSWORD) && !shown.contains(ENCODED) && !shown.contains("hunter2"), "{shown}");
    ended
}

const SESSION: &[&str] = &["sql", "SELECT ssl, login, path, reads FROM crm.tls", "--format", "csv"];

#[test]
fn secrets_complete_a_url() {
    let port = server().port;
    let verified = "sslmode=verify-full&sslrootcert=${file:secrets/ca.pem}";
    let expected = "ssl,login,path,reads\r\ntrue,scram,\"\"\"$user\"\", public\",on\r\n";
    for password in ["${CRM_PASSWORD}", "${file:secrets/password}"] {
        let project = project(&format!("postgres://scram:{password}@localhost:{port}/shop?{verified}"));
        let ended = run(&project, SESSION, &[("CRM_PASSWORD", ENCODED)]).good();
        assert_eq!(ended.stdout(), expected);
    }
    // The whole of it from the variables of libpq; a password is there as it is.
    let (port, ca) = (port.to_string(), server().file("ca.pem"));
    let variables = [
        ("PGHOST", "localhost"),
        ("PGPORT", port.as_str()),
        ("PGUSER", "scram"),
        ("PGPASSWORD", PASSWORD),
        ("PGDATABASE", "shop"),
        ("PGSSLMODE", "verify-full"),
        ("PGSSLROOTCERT", ca.as_str()),
    ];
    assert_eq!(run(&project("postgres://"), SESSION, &variables).good().stdout(), expected);
    let settings = [variables.as_slice(), &[("PGOPTIONS", "-c search_path=public"), ("PGAPPNAME", "x")]].concat();
    let ended = run(&project("postgres://"), SESSION, &settings).good();
    assert_eq!(ended.stdout(), "ssl,login,path,reads\r\ntrue,scram,public,on\r\n");
    // Authorities of the machine, here those of a file.
    let system = project("postgres://localhost/?sslrootcert=system");
    let machine = [variables.as_slice()[1..5].to_vec(), vec![("SSL_CERT_FILE", ca.as_str())]].concat();
    assert_eq!(run(&system, SESSION, &machine).good().stdout(), expected);
}

#[test]
fn nothing_of_the_environment_opens_a_session_for_writing() {
    let port = server().port;
    let project = project(&format!("postgres://anyone@localhost:{port}/shop"));
    for options in ["-c default_transaction_read_only=off", "-c search_path=public\\", "-c timezone=Asia/Tokyo"] {
        let ended = run(&project, &["check"], &[("PGOPTIONS", options)]);
        assert_eq!(ended.code, 1);
        assert!(ended.stdout().contains("catalogs/crm.yaml:2:6: error: the variable `PGOPTIONS`"), "{ended:?}");
    }
    let ended = run(&project, SESSION, &[("PGSSLMODE", "verify_full")]);
    ended.failed(1, &["the variable `PGSSLMODE` is not a TLS mode"]);
}

#[test]
fn check_says_why_a_source_is_down() {
    let project = project(&format!("postgres://scram:hunter2@localhost:{}/shop?sslmode=require", server().port));
    let ended = run(&project, &["check"], &[]);
    assert_eq!(ended.code, 1);
    for text in ["source `crm` cannot be asked", "password authentication failed", "look at the password of `url`"] {
        assert!(ended.stdout().contains(text), "{text:?} is not in:\n{}", ended.stdout());
    }
}
