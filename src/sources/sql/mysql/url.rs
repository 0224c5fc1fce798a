//! Connection URLs: `mysql://user:password@host:3306/database`, with the parameters of TLS.
//!
//! sqlx ignores parameters that it does not know, and certificates that its mode does not look at: here both are refused.

use sqlx::{
    ConnectOptions,
    mysql::{MySqlConnectOptions, MySqlSslMode},
};
use url::Url;

use crate::{
    config::{Secret, Spanned},
    model::{Problem, place::nearest},
};

// sqlx trusts these besides the authorities that it is given.
const _: () = assert!(
    webpki_roots::TLS_SERVER_ROOTS.is_empty(),
    "`webpki-roots` must be the replacement in vendor/, or `VERIFY_CA` would trust every authority of the web"
);

const PARAMETERS: [&str; 5] = ["ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", "socket"];

/// How to connect to the server that `url` names. No text of the URL but a parameter's name is part of a problem: it may
/// hold a password.
pub fn options(url: &Spanned<Secret>) -> Result<MySqlConnectOptions, Problem> {
    read(url.value.expose()).map_err(|(message, hint)| Problem::error(url.place.clone(), message).hint(hint))
}

fn read(text: &str) -> Result<MySqlConnectOptions, (String, String)> {
    let wrong = |message: &str, hint: &str| (message.to_owned(), hint.to_owned());
    let url: Url = text.parse().map_err(|_| {
        wrong("`url` is not a URL", "in a password, write `/` as `%2F`, `@` as `%40`, `#` as `%23` and `?` as `%3F`")
    })?;
    for (name, _) in url.query_pairs() {
        if !PARAMETERS.contains(&name.as_ref()) {
            let hint = match nearest(&name, PARAMETERS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", PARAMETERS.join(", ")),
            };
            return Err(("`url` has a parameter that is not known".to_owned(), hint));
        }
    }
    let has = |name: &str| url.query_pairs().any(|(given, _)| given == name);
    if url.username().is_empty() {
        return Err(wrong("`url` names no user", "mysql://user:password@host:3306/database"));
    }
    let modes = "`ssl-mode` is DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY";
    let options = MySqlConnectOptions::from_url(&url).map_err(|_| wrong("`url` cannot be read", modes))?;
    let is_verified = matches!(options.get_ssl_mode(), MySqlSslMode::VerifyCa | MySqlSslMode::VerifyIdentity);
    if is_verified && !has("ssl-ca") {
        let hint = "add `ssl-ca=/path/to/ca.pem`: the authorities that may have signed its certificate";
        return Err(wrong("`ssl-mode` asks to verify the server, and `ssl-ca` is missing", hint));
    }
    if has("ssl-ca") && !is_verified {
        return Err(wrong("`ssl-ca` would have no effect", "add `ssl-mode=VERIFY_IDENTITY`"));
    }
    if has("ssl-cert") != has("ssl-key") {
        return Err(wrong("`ssl-cert` and `ssl-key` go together", "name the client's certificate and its key"));
    }
    // Its address stands in brackets in a URL, and nowhere else.
    let host = options.get_host().trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok(options.host(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_have_no_effect_is_refused() {
        for (url, expected) in [
            ("mysql://u:p%40@h:3307/d?ssl-mode=REQUIRED", None),
            ("mariadb://u@[::1]/d?ssl-mode=VERIFY_CA&ssl-ca=/ca.pem", None),
            ("mysql://h/d", Some("names no user")),
            ("mysql://u@h/d?ssl-mode=VERIFY_CA", Some("`ssl-ca` is missing")),
            ("mysql://u@h/d?ssl-ca=/ca.pem", Some("`ssl-ca` would have no effect")),
            ("mysql://u@h/d?ssl-cert=/c.pem", Some("go together")),
            ("mysql://u@h/d?ssl-mode=secret", Some("cannot be read")),
            ("mysql://u@h/d?sslmode=REQUIRED", Some("not known")),
            ("mysql://u:se/cret@h/d", Some("not a URL")),
        ] {
            let read = read(url);
            match expected {
                None => assert!(read.is_ok(), "{url}: {read:?}"),
                Some(expected) => {
                    let (message, hint) = read.expect_err(url);
                    assert!(message.contains(expected), "{url}: {message}");
                    assert!(!format!("{message}{hint}").contains("secret"), "{url}");
                }
            }
        }
        assert_eq!(read("mysql://u@[::1]/d").expect("an address").get_host(), "::1");
    }
}
