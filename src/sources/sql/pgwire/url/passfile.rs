//! libpq's password file: lines `host:port:database:user:password`, `*` for any, a backslash before `:` and itself.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// Whom a password is for.
#[derive(Debug)]
pub struct Login<'a> {
    /// The host, as the URL names it.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: &'a str,
    /// The user.
    pub user: &'a str,
}

/// The password that the file at `path` has for `login`, if any.
///
/// # Errors
/// The file cannot be read as text, or others than its owner may read it. The error has nothing of its text.
pub fn password(path: &Path, login: &Login<'_>) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    check(&file.metadata()?)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(find(&text, login))
}

#[cfg(unix)]
fn check(metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let others = metadata.permissions().mode() & 0o077;
    if others == 0 {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "others than its owner have access to it: chmod 600"))
}

#[cfg(not(unix))]
fn check(_: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

fn find(text: &str, login: &Login<'_>) -> Option<String> {
    let port = login.port.to_string();
    // The server's own directory of sockets is written `localhost`.
    let host = if super::SOCKETS.contains(&login.host) { "localhost" } else { login.host };
    let wanted = [host, &port, login.database, login.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut rest = line;
        for wanted in wanted {
            let (field, after) = field(rest)?;
            if rest.starts_with("*:") || field == wanted {
                rest = after;
            } else {
                return None;
            }
        }
        // What follows is all password, though a colon in it need not be escaped.
        Some(unescape(rest)).filter(|password| !password.is_empty())
    })
}

/// The text up to the next colon, and what follows it.
fn field(text: &str) -> Option<(String, &str)> {
    let mut is_escaped = false;
    let end = text.find(|c| {
        let ends = c == ':' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    })?;
    Some((unescape(&text[..end]), &text[end + 1..]))
}

fn unescape(text: &str) -> String {
    let mut characters = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next().unwrap_or('\\') } else { character });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let text = "# host:port:db:user:password\n\nh:1:d:u:first\nh:*:*:u:any port\n*:*:*:a\\:b:c\\\\d:e\n::1:5:d:u:no\n\
                    \\:\\:1:5:d:u:six\nlocalhost:5:d:u:socket\nh:1:d:u\n";
        let password = |host, port, user| find(text, &Login { host, port, database: "d", user });
        assert_eq!(password("h", 1, "u").as_deref(), Some("first"));
        assert_eq!(password("h", 2, "u").as_deref(), Some("any port"));
        assert_eq!(password("x", 2, "a:b").as_deref(), Some("c\\d:e"));
        assert_eq!(password("::1", 5, "u").as_deref(), Some("six"));
        assert_eq!(password("/var/run/postgresql", 5, "u").as_deref(), Some("socket"));
        assert_eq!(password("x", 1, "u"), None);
    }
}
