//! Connection URLs as libpq reads them, and what of libpq's parameters is honoured. What is not is refused.
//!
//! sqlx has a reader of its own, which is not used: it logs and ignores parameters that it does not know, takes a plus sign
//! for a space, puts brackets around IPv6 addresses, takes a misspelt `PGSSLMODE` for `prefer`, and logs lines of password
//! files. Its options are therefore set one by one. It also fills them from the `PG*` variables first; each that matters is
//! set here again, by the same rules as for the URL.

mod parameters;
mod passfile;
mod switches;
mod tls;
mod uri;

use std::{
    io,
    net::IpAddr,
    path::{Path, PathBuf},
};

use sqlx::postgres::PgConnectOptions;

use crate::{
    config::{Environment, Secret, Spanned},
    model::{Place, Problem},
};
use parameters::Parameters;
use passfile::Login;

/// Where servers put their sockets unless told otherwise.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Where Postgres listens unless told otherwise.
pub const POSTGRES: u16 = 5432;

/// How to connect to the database that `url` names, at `port` unless something else is said. What the URL leaves out comes
/// from the `PG*` variables of this process and the files in `~/.postgresql`, as with libpq. No text of the URL is part of a
/// problem: it may hold a password.
pub fn options(url: &Spanned<Secret>, port: u16) -> Result<PgConnectOptions, Problem> {
    read(url.value.expose(), &Environment::of_process(), port).map_err(|wrong| wrong.at(url.place.clone()))
}

/// What is wrong, before its place is known.
#[derive(Debug)]
struct Wrong {
    message: String,
    hint: String,
}

impl Wrong {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }

    fn at(self, place: Place) -> Problem {
        Problem::error(place, self.message).hint(self.hint)
    }
}

fn read(text: &str, environment: &Environment, usual_port: u16) -> Result<PgConnectOptions, Wrong> {
    let given = Parameters::collect(&uri::read(text)?, environment)?;
    let base = PgConnectOptions::new_without_pgpass();
    let port = port(&given, usual_port)?;
    let host = host(&given)?.unwrap_or_else(|| default_host(port));
    let address = address(&given)?;
    let user = given.get("user").map_or_else(|| base.get_username().to_owned(), |user| user.value.clone());
    if user.is_empty() {
        return Err(Wrong::new("`url` names no user", "postgres://user@host/database"));
    }
    let database = given.get("dbname").map_or_else(|| user.clone(), |name| name.value.clone());

    let mut options = session_options(base, &given)?;
    if let Some(password) =
        password(&given, &Login { host: &host, port, database: &database, user: &user }, environment)?
    {
        options = options.password(&password);
    }
    options = options.port(port).username(&user).database(&database);
    options = tls::apply(options, &given, environment, host.starts_with('/') && address.is_none())?;
    Ok(match address {
        Some(address) => options.host(&address.to_string()),
        None => options.host(&host),
    })
}

fn port(given: &Parameters, usual: u16) -> Result<u16, Wrong> {
    let Some(port) = given.get("port") else { return Ok(usual) };
    let digits = port.value.bytes().all(|byte| byte.is_ascii_digit());
    port.value.parse().ok().filter(|port| digits && *port > 0).ok_or_else(|| {
        let hint = "a port is a number from 1 to 65535; in a password, write `/` as `%2F` and `@` as `%40`";
        Wrong::new(format!("{} is not a port", port.origin()), hint)
    })
}

/// A name, an address, or the directory of a Unix socket.
fn host(given: &Parameters) -> Result<Option<String>, Wrong> {
    let Some(host) = given.get("host") else { return Ok(None) };
    if host.value.contains(',') {
        let hint = "a source is one server: name one, or an address that always leads to the right one";
        return Err(Wrong::new(format!("{} names several hosts", host.origin()), hint));
    }
    // Strict, so that the rest of a password with an `@` in it is never taken for a host and shown as such.
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    let is_directory = host.value.starts_with('/') && !host.value.contains(['@', '\n']);
    if !is_directory && !host.value.chars().all(is_name) {
        let hint = "a host is a name, an address or the directory of a socket (`?host=/var/run/postgresql`)";
        return Err(Wrong::new(format!("{} is not a host", host.origin()), hint));
    }
    Ok(Some(host.value.clone()))
}

fn address(given: &Parameters) -> Result<Option<IpAddr>, Wrong> {
    let Some(address) = given.get("hostaddr") else { return Ok(None) };
    address.value.parse().map(Some).map_err(|_| {
        let hint = "one address, such as 10.0.0.7; a name belongs into `host`";
        Wrong::new(format!("{} is not an IP address", address.origin()), hint)
    })
}

/// The first of the usual directories that has a server's socket, else this machine.
fn default_host(port: u16) -> String {
    let has_socket = |directory: &&str| Path::new(directory).join(format!(".s.PGSQL.{port}")).exists();
    SOCKETS.into_iter().find(has_socket).unwrap_or("localhost").to_owned()
}

/// The password that was given, else that of the password file.
fn password(given: &Parameters, login: &Login<'_>, environment: &Environment) -> Result<Option<String>, Wrong> {
    if let Some(password) = given.get("password") {
        return Ok(Some(password.value.clone()));
    }
    let (path, origin) = match given.get("passfile") {
        Some(file) => (PathBuf::from(&file.value), file.origin()),
        None => match home(environment) {
            Some(home) => (home.join(".pgpass"), "`~/.pgpass`".to_owned()),
            None => return Ok(None),
        },
    };
    let login = match given.get("hostaddr") {
        Some(address) if given.get("host").is_none() => &Login { host: &address.value, ..*login },
        _ => login,
    };
    match passfile::password(&path, login) {
        Ok(password) => Ok(password),
        Err(error) if error.kind() == io::ErrorKind::NotFound && given.get("passfile").is_none() => Ok(None),
        Err(error) => Err(Wrong::new(format!("the password file of {origin} cannot be used"), error.to_string())),
    }
}

/// Adds the settings of `options`. sqlx begins with those of `PGOPTIONS`, which cannot be taken back.
fn session_options(options: PgConnectOptions, given: &Parameters) -> Result<PgConnectOptions, Wrong> {
    let Some(switches) = given.get("options") else { return Ok(options) };
    let settings = switches::read(&switches.value, &switches.origin())?;
    match options.get_options() {
        Some(inherited) if switches.in_url && !inherited.is_empty() => Err(Wrong::new(
            "`options` of `url` and the variable `PGOPTIONS` are both set",
            "unset the variable, or remove `options` from the URL",
        )),
        // Checked above, and there already.
        Some(_) if !switches.in_url => Ok(options),
        _ => Ok(options.options(settings)),
    }
}

fn home(environment: &Environment) -> Option<PathBuf> {
    environment.get("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests;
