//! libpq's parameters: those that are read, and for all others the values that mean what happens anyway.

use super::{Wrong, uri::Uri};
use crate::{config::Environment, model::place::nearest};

/// A parameter that is read, and the variable that stands in for it.
const READ: [(&str, &str); 12] = [
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("passfile", "PGPASSFILE"),
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("dbname", "PGDATABASE"),
    ("options", "PGOPTIONS"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
];

/// A parameter that changes nothing here: any value but these would promise what is not done.
struct Fixed {
    name: &'static str,
    /// Looked at too, if ignoring it could connect elsewhere, or less safely, than libpq would.
    variable: Option<&'static str>,
    accepted: &'static [&'static str],
    why: &'static str,
}

const fn fixed(
    name: &'static str,
    variable: Option<&'static str>,
    accepted: &'static [&'static str],
    why: &'static str,
) -> Fixed {
    Fixed { name, variable, accepted, why }
}

const NAMED: &str = "sessions are named after their query";
const GSS: &str = "GSSAPI is not supported";
const KEEPALIVES: &str = "keepalives are left to the operating system, which sends none unless the program asks";
const REVOCATION: &str = "revocation lists are not read";
const SERVICE: &str = "service files are not read: write the URL out";
const OAUTH: &str = "OAuth is not supported";
const SCRAM_KEY: &str = "give the password instead";
const PROTOCOL: &str = "version 3.0 of the protocol is spoken";
const PROOF: &str = "it is not supported; `sslmode=verify-full` makes sure of the server";

const FIXED: [Fixed; 40] = [
    fixed("application_name", None, &[], NAMED),
    fixed("channel_binding", Some("PGCHANNELBINDING"), &["disable", "prefer"], PROOF),
    fixed("client_encoding", None, &["UTF8", "utf8", "UTF-8", "utf-8"], "text is always UTF-8"),
    fixed("connect_timeout", None, &[], "a server that does not answer within 5 s is down"),
    fixed("fallback_application_name", None, &[], NAMED),
    fixed("gssdelegation", Some("PGGSSDELEGATION"), &["0"], GSS),
    fixed("gssencmode", Some("PGGSSENCMODE"), &["disable", "prefer"], GSS),
    fixed("gsslib", None, &[], GSS),
    fixed("keepalives", None, &["0"], KEEPALIVES),
    fixed("keepalives_count", None, &[], KEEPALIVES),
    fixed("keepalives_idle", None, &[], KEEPALIVES),
    fixed("keepalives_interval", None, &[], KEEPALIVES),
    fixed("krbsrvname", None, &[], GSS),
    fixed("load_balance_hosts", None, &["disable"], "a source is one server"),
    fixed("max_protocol_version", None, &["3.0", "3.2", "latest"], PROTOCOL),
    fixed("min_protocol_version", Some("PGMINPROTOCOLVERSION"), &["3.0"], PROTOCOL),
    fixed("oauth_client_id", None, &[], OAUTH),
    fixed("oauth_client_secret", None, &[], OAUTH),
    fixed("oauth_issuer", None, &[], OAUTH),
    fixed("oauth_scope", None, &[], OAUTH),
    fixed("replication", None, &["0", "false", "no", "off"], "sources are only read"),
    fixed("require_auth", Some("PGREQUIREAUTH"), &[], PROOF),
    fixed("requirepeer", Some("PGREQUIREPEER"), &[], "who runs the server behind a socket is not looked at"),
    fixed("scram_client_key", None, &[], SCRAM_KEY),
    fixed("scram_server_key", None, &[], SCRAM_KEY),
    fixed("service", Some("PGSERVICE"), &[], SERVICE),
    fixed("servicefile", None, &[], SERVICE),
    fixed("ssl", None, &["true"], "write `sslmode=require`"),
    fixed("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION"), &["TLSv1.3"], "TLS 1.2 and 1.3 are spoken"),
    fixed(
        "ssl_min_protocol_version",
        Some("PGSSLMINPROTOCOLVERSION"),
        &["TLSv1", "TLSv1.1", "TLSv1.2"],
        "TLS 1.2 and 1.3 are spoken",
    ),
    fixed("sslcertmode", Some("PGSSLCERTMODE"), &["allow"], "a certificate that is given is sent if the server asks"),
    fixed("sslcompression", None, &["0"], "TLS is not compressed"),
    fixed("sslcrl", Some("PGSSLCRL"), &[], REVOCATION),
    fixed("sslcrldir", Some("PGSSLCRLDIR"), &[], REVOCATION),
    fixed("sslkeylogfile", None, &[], "the keys of sessions are not written down"),
    fixed("sslnegotiation", Some("PGSSLNEGOTIATION"), &["postgres"], "TLS is asked for within the protocol"),
    fixed("sslpassword", None, &[], "keys must not be encrypted: keep the key as a secret instead"),
    fixed("sslsni", None, &["1"], "the host's name is always sent"),
    fixed(
        "target_session_attrs",
        Some("PGTARGETSESSIONATTRS"),
        &["any", "prefer-standby"],
        "a source is one server, and it is only read: name the one that is meant",
    ),
    fixed("tcp_user_timeout", None, &["0"], KEEPALIVES),
];

/// A value and who gave it.
#[derive(Clone)]
pub struct Given {
    /// The value, never empty.
    pub value: String,
    /// Did the URL say so itself? What the environment says is only a default.
    pub in_url: bool,
    /// `sslmode` or `PGSSLMODE`.
    name: &'static str,
}

impl Given {
    /// For messages: who gave it, never what.
    pub fn origin(&self) -> String {
        if self.in_url { format!("`{}` of `url`", self.name) } else { format!("the variable `{}`", self.name) }
    }
}

/// The parameters that are read: what the URL says, else the environment.
pub struct Parameters(Vec<(&'static str, Given)>);

impl Parameters {
    /// Puts both together and refuses what would not be done.
    pub fn collect(uri: &Uri, environment: &Environment) -> Result<Self, Wrong> {
        check_query(&uri.query)?;
        let mut found: Vec<(&'static str, Given)> = Vec::new();
        for (name, variable) in READ {
            // As in libpq the later one counts: `postgres://localhost/db?host=/run/postgresql`.
            let in_query = uri.query.iter().find(|(given, _)| given == name).map(|(_, value)| value);
            let in_parts = uri.parts.iter().find(|(given, _)| *given == name).map(|(_, value)| value);
            let given = match in_query.or(in_parts) {
                Some(value) => Some(Given { value: value.clone(), in_url: true, name }),
                None => value_of(variable, environment)?.map(|value| Given { value, in_url: false, name: variable }),
            };
            found.extend(given.map(|given| (name, given)));
        }
        // JDBC's way to say so, which libpq reads too.
        let jdbc = uri.query.iter().any(|(name, _)| name == "ssl");
        if jdbc && !uri.query.iter().any(|(name, _)| name == "sslmode") {
            found.retain(|(name, _)| *name != "sslmode");
            found.push(("sslmode", Given { value: "require".to_owned(), in_url: true, name: "ssl" }));
        }
        for fixed in &FIXED {
            let Some(variable) = fixed.variable.filter(|_| !uri.query.iter().any(|(name, _)| name == fixed.name))
            else {
                continue;
            };
            if value_of(variable, environment)?.is_some_and(|value| !fixed.accepted.contains(&value.as_str())) {
                return Err(Wrong::new(format!("the variable `{variable}` cannot be honoured"), hint(fixed)));
            }
        }
        Ok(Self(found))
    }

    /// What was said of `name`, which is one that is read.
    pub fn get(&self, name: &str) -> Option<&Given> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, given)| given)
    }
}

/// What follows a `?` may be the rest of a password, so that no name or value is repeated but those known.
fn check_query(query: &[(String, String)]) -> Result<(), Wrong> {
    let known = || READ.iter().map(|(name, _)| *name).chain(FIXED.iter().map(|fixed| fixed.name));
    for (index, (name, value)) in query.iter().enumerate() {
        if !known().any(|known| known == name) {
            let hint = match nearest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the names are libpq's; in a password, write `/` as `%2F` and `@` as `%40`".to_owned(),
            };
            return Err(Wrong::new(format!("parameter {} of `url` is unknown", index + 1), hint));
        }
        if query[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(Wrong::new(format!("`{name}` stands twice in `url`"), "remove one"));
        }
        if value.is_empty() {
            return Err(Wrong::new(format!("`{name}` of `url` is empty"), "give it a value or remove it"));
        }
        if let Some(fixed) = FIXED.iter().find(|fixed| fixed.name == name)
            && !fixed.accepted.contains(&value.as_str())
        {
            let how = if fixed.accepted.is_empty() { "" } else { " with this value" };
            return Err(Wrong::new(format!("`{name}` of `url` cannot be honoured{how}"), hint(fixed)));
        }
    }
    Ok(())
}

fn hint(fixed: &Fixed) -> String {
    match fixed.accepted {
        [] => format!("remove it: {}", fixed.why),
        accepted => format!("{}; accepted: {}", fixed.why, accepted.join(", ")),
    }
}

/// The value of a variable; an empty one is as good as none, as it is for libpq.
fn value_of(variable: &str, environment: &Environment) -> Result<Option<String>, Wrong> {
    match environment.get(variable).map(|value| value.to_str()) {
        None | Some(Some("")) => Ok(None),
        Some(Some(value)) => Ok(Some(value.to_owned())),
        Some(None) => Err(Wrong::new(format!("the variable `{variable}` is not UTF-8 text"), "unset it")),
    }
}
