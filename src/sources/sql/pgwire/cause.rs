//! Why a connection could not be made, for the operator: where to, what was said, and what to do. Never a secret.

use std::io;

use sqlx::postgres::PgConnectOptions;

/// The cause of a connection that failed, on one line.
pub fn of_failure(options: &PgConnectOptions, error: &sqlx::Error) -> String {
    format!("{}: {}", whereto(options), what(error))
}

/// The cause of a connection that nobody answered within `seconds`.
pub fn of_silence(options: &PgConnectOptions, seconds: u64) -> String {
    format!("{}: no answer within {seconds} s", whereto(options))
}

fn whereto(options: &PgConnectOptions) -> String {
    let (host, port) = (options.get_host(), options.get_port());
    let server = match host {
        socket if socket.starts_with('/') => format!("{socket}/.s.PGSQL.{port}"),
        address if address.contains(':') => format!("[{address}]:{port}"),
        name => format!("{name}:{port}"),
    };
    let (user, database) = (options.get_username(), options.get_database().unwrap_or_default());
    format!("cannot connect to {server} as `{user}`, database `{database}`")
}

fn what(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            let said = refusal.message();
            match remedy(&code) {
                Some(remedy) => format!("{said} (SQLSTATE {code}); {remedy}"),
                None => format!("{said} (SQLSTATE {code})"),
            }
        }
        sqlx::Error::Io(error) => io(error),
        sqlx::Error::Tls(error) => format!("no TLS: {error}; look at `sslmode` and the certificates"),
        // It would name the character of the password that is not allowed in one.
        sqlx::Error::Configuration(error) if error.to_string().contains("saslprep") => {
            "the user's name or the password holds a character that SCRAM does not allow (RFC 4013)".to_owned()
        }
        other => other.to_string(),
    }
}

fn remedy(code: &str) -> Option<&'static str> {
    match code {
        "28P01" => Some("look at the password of `url`"),
        "28000" => Some("look at `sslmode` and `sslcert` of `url` and at the server's pg_hba.conf"),
        "3D000" => Some("look at the database of `url`"),
        "53300" => Some("lower `pool.max_connections`, or raise the server's `max_connections`"),
        "57P03" => Some("the server is not ready yet: try again"),
        _ => None,
    }
}

fn io(error: &io::Error) -> String {
    let said = error.to_string();
    let remedy = if said.contains("UnknownIssuer") {
        "no authority of `sslrootcert` signed the server's certificate"
    } else if said.contains("not valid for name") || said.contains("NotValidForName") {
        "the server's certificate is not for the host that `url` names"
    } else if said.contains("invalid peer certificate") {
        "the server's certificate is not acceptable"
    } else if said.contains("received fatal alert") {
        "the server ended the TLS handshake: look at `sslcert`, and at the server's log"
    } else {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => "nothing listens there",
            io::ErrorKind::NotFound => "there is no such socket or, with TLS, no such file of a certificate",
            io::ErrorKind::UnexpectedEof => "the server hung up",
            _ => return said,
        }
    };
    format!("{said}; {remedy}")
}
