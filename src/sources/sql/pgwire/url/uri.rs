//! The grammar of libpq's connection URIs, which is not quite that of RFC 3986: a password may hold `?` and `#`, a plus
//! sign is a plus sign, and every part may be missing.

use super::Wrong;

/// What a URI says, percent-decoded, in its order.
#[derive(Debug)]
pub struct Uri {
    /// What stands before the `?`, by the names of libpq's parameters.
    pub parts: Vec<(&'static str, String)>,
    /// What stands behind it.
    pub query: Vec<(String, String)>,
}

const SCHEMES: [&str; 3] = ["postgresql://", "postgres://", "redshift://"];
const FORM: &str = "postgres://user:password@host:5432/database?sslmode=verify-full";

/// Reads `scheme://[user[:password]@][host][:port][/database][?name=value[&…]]`. Nothing of the text is repeated in what is
/// wrong with it: it may hold a password, and not where one would look for it.
pub fn read(text: &str) -> Result<Uri, Wrong> {
    let Some(rest) = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        let hint = match text.split_once('=') {
            Some((name, _)) if !name.contains(':') => {
                format!("text of the form `name=value` is not read: write {FORM}")
            }
            _ => FORM.to_owned(),
        };
        return Err(Wrong::new("`url` is not a Postgres connection URL", hint));
    };
    if text.contains('\0') {
        return Err(Wrong::new("`url` holds a zero byte", FORM));
    }

    let mut parts = Vec::new();
    let mut add = |name, text: &str| {
        if !text.is_empty() {
            parts.push((name, decode(text)?));
        }
        Ok(())
    };
    // As in libpq the first `@` ends the credentials, unless a slash comes before it.
    let rest = match rest.find(['@', '/']) {
        Some(end) if rest[end..].starts_with('@') => {
            let (user, password) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
            add("user", user)?;
            add("password", password)?;
            &rest[end + 1..]
        }
        _ => rest,
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if place.contains('@') {
        let hint = "in a user's name or a password, write `@` as `%40`, `/` as `%2F` and `%` as `%25`";
        return Err(Wrong::new("`url` holds an `@` too many", hint));
    }
    let (server, database) = place.split_once('/').unwrap_or((place, ""));
    let (host, port) = read_server(server)?;
    add("host", host)?;
    add("port", port)?;
    add("dbname", database)?;
    Ok(Uri { parts, query: read_query(query)? })
}

fn read_server(text: &str) -> Result<(&str, &str), Wrong> {
    let Some(bracketed) = text.strip_prefix('[') else {
        // A list of hosts is kept whole, for the reader of the host to refuse.
        let is_list = text.contains(',');
        return Ok(if is_list { (text, "") } else { text.split_once(':').unwrap_or((text, "")) });
    };
    let hint = "write an IPv6 address as `[::1]:5432`";
    match bracketed.split_once(']') {
        Some(("", _)) | None => Err(Wrong::new("`url` has no address between `[` and `]`", hint)),
        Some((address, "")) => Ok((address, "")),
        Some((address, rest)) => match rest.strip_prefix(':') {
            Some(port) => Ok((address, port)),
            None if rest.starts_with(',') => Ok((text, "")),
            None => Err(Wrong::new("`url` has something between `]` and the port", hint)),
        },
    }
}

fn read_query(text: &str) -> Result<Vec<(String, String)>, Wrong> {
    let mut query = Vec::new();
    for (index, pair) in text.split('&').filter(|_| !text.is_empty()).enumerate() {
        // Inside a value `=` stands for itself: certificates end in it.
        let Some((name, value)) = pair.split_once('=') else {
            let message = format!("parameter {} of `url` has no `=`", index + 1);
            return Err(Wrong::new(
                message,
                "parameters are written `?name=value&name=value`; a `&` in a value is `%26`",
            ));
        };
        query.push((decode(name)?, decode(value)?));
    }
    Ok(query)
}

fn decode(text: &str) -> Result<String, Wrong> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digit = |index: usize| after.get(index).and_then(|digit| char::from(*digit).to_digit(16));
        let byte = digit(0).zip(digit(1)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        let Some(byte) = byte.filter(|byte| *byte != 0) else {
            let hint = "a percent sign itself is written `%25`";
            return Err(Wrong::new("`url` has a `%` that two hexadecimal digits other than `00` do not follow", hint));
        };
        bytes.push(byte);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| Wrong::new("`url` has percent-encoded bytes that are not UTF-8", FORM))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(&'static str, String)> {
        read(text).map(|uri| uri.parts).expect("a good URI")
    }

    #[test]
    fn every_part_may_be_missing() {
        for (text, expected) in [
            ("postgresql://", vec![]),
            ("postgres://localhost", vec![("host", "localhost")]),
            ("postgres://localhost:5433", vec![("host", "localhost"), ("port", "5433")]),
            ("postgres:///db", vec![("dbname", "db")]),
            ("postgres://:5433/", vec![("port", "5433")]),
            ("postgres://a@/db", vec![("user", "a"), ("dbname", "db")]),
            ("postgres://a:@h", vec![("user", "a"), ("host", "h")]),
            ("postgres://:p@h", vec![("password", "p"), ("host", "h")]),
            ("postgres://[::1]:1/d", vec![("host", "::1"), ("port", "1"), ("dbname", "d")]),
            ("postgres://a@[2001:db8::1]", vec![("user", "a"), ("host", "2001:db8::1")]),
            ("postgres://%2Fvar%2Frun/d", vec![("host", "/var/run"), ("dbname", "d")]),
            ("postgres://a,b:1,c/d", vec![("host", "a,b:1,c"), ("dbname", "d")]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_password_holds_any_character() {
        let password = "a@b:c/d?e#f%g h&i=j+k[l]é\\";
        let encoded = password.replace('%', "%25").replace('@', "%40").replace('/', "%2f");
        let expected = [("user", "u".to_owned()), ("password", password.to_owned()), ("host", "h".to_owned())];
        assert_eq!(parts(&format!("postgres://u:{encoded}@h?sslmode=require")), expected);
    }

    #[test]
    fn parameters_keep_plus_and_equals_signs() {
        let uri = read("postgres://h/d?password=a+b==&host=%2Ftmp").expect("a good URI");
        assert_eq!(uri.query, [("password".into(), "a+b==".into()), ("host".into(), "/tmp".into())]);
    }

    #[test]
    fn what_cannot_be_read_is_not_repeated() {
        for text in [
            "host=h password=hunter2",
            "mysql://u:hunter2@h",
            "postgres:u:hunter2@h",
            "postgres://u:hunter2%@h",
            "postgres://u:hunter2%00@h",
            "postgres://u:hunter2%ff@h",
            "postgres://u:hunter2\0@h",
            "postgres://u:x@hunter2@h",
            "postgres://u:x@y/hunter2@h",
            "postgres://u:x@[hunter2",
            "postgres://u:x@[h]hunter2",
            "postgres://u:x@h?hunter2",
            "postgres://u:x@h?a=%0hunter2",
        ] {
            let wrong = read(text).expect_err("it is wrong");
            assert!(!format!("{wrong:?}").contains("hunter2"), "{text}: {wrong:?}");
        }
    }
}
