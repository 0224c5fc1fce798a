//! libpq's TLS modes and certificates, no weaker than libpq's own.
//!
//! | | encrypted | trusted authority | host name |
//! |---|---|---|---|
//! | `disable` | no | | |
//! | `prefer` | if the server can | no | no |
//! | `require` | yes | if there are root certificates | no |
//! | `verify-ca` | yes | yes | no |
//! | `verify-full` | yes | yes | yes |

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{
    Wrong, home,
    parameters::{Given, Parameters},
};
use crate::{config::Environment, model::place::nearest};

// sqlx trusts these besides the authorities that it is given.
const _: () = assert!(
    webpki_roots::TLS_SERVER_ROOTS.is_empty(),
    "`webpki-roots` must be the replacement in vendor/, or `verify-ca` would trust every authority of the web"
);

const MODES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];
/// `sslrootcert` for the authorities that this machine trusts.
const SYSTEM: &str = "system";

/// A certificate or a key: its text, or the file that has it.
enum Pem {
    Text(String),
    File(PathBuf),
}

/// Sets mode, authorities and the client's certificate. Files are read now, so that a mistake is told at the start, and
/// again with each connection, so that they can be renewed.
pub fn apply(
    options: PgConnectOptions,
    given: &Parameters,
    environment: &Environment,
    is_socket: bool,
) -> Result<PgConnectOptions, Wrong> {
    let root = given.get("sslrootcert");
    let mode = match given.get("sslmode") {
        Some(mode) => read_mode(mode)?,
        None if root.is_some_and(|root| root.value == SYSTEM) => PgSslMode::VerifyFull,
        None => PgSslMode::Prefer,
    };
    if is_socket {
        // As in libpq: nothing on this machine can listen to it. What the environment says of TLS is for other servers.
        let demanded = given.get("sslmode").filter(|_| !matches!(mode, PgSslMode::Disable | PgSslMode::Prefer));
        let useless = demanded.into_iter().chain(certificates(given)).find(|given| given.in_url);
        return match useless {
            Some(useless) => Err(unused(useless, "a Unix socket, which has no TLS")),
            None => Ok(options.ssl_mode(PgSslMode::Disable)),
        };
    }
    if matches!(mode, PgSslMode::Disable) {
        return match certificates(given).find(|given| given.in_url) {
            Some(useless) => Err(unused(useless, "`sslmode=disable`")),
            None => Ok(options.ssl_mode(mode)),
        };
    }
    let options = client(options, given, environment)?;
    if matches!(mode, PgSslMode::Prefer) {
        return match root.filter(|root| root.in_url) {
            Some(root) => Err(unused(root, "`sslmode=prefer`, the default: add `sslmode=verify-full`")),
            None => Ok(options.ssl_mode(mode)),
        };
    }
    if matches!(mode, PgSslMode::VerifyFull) && given.get("hostaddr").is_some() {
        let hint = "name the server in `host` alone, or use `sslmode=verify-ca`";
        return Err(Wrong::new("`hostaddr` and `sslmode=verify-full`: the name would not be verified", hint));
    }
    authorities(options, mode, root, environment)
}

fn certificates(given: &Parameters) -> impl Iterator<Item = &Given> {
    ["sslrootcert", "sslcert", "sslkey"].into_iter().filter_map(|name| given.get(name))
}

fn unused(given: &Given, because: &str) -> Wrong {
    Wrong::new(format!("{} would have no effect", given.origin()), format!("it does not go with {because}"))
}

fn read_mode(given: &Given) -> Result<PgSslMode, Wrong> {
    match given.value.as_str() {
        "disable" => Ok(PgSslMode::Disable),
        "prefer" => Ok(PgSslMode::Prefer),
        "require" => Ok(PgSslMode::Require),
        "verify-ca" => Ok(PgSslMode::VerifyCa),
        "verify-full" => Ok(PgSslMode::VerifyFull),
        "allow" => Err(Wrong::new(
            format!("{} is `allow`, which is not supported", given.origin()),
            "use `prefer` or `require`",
        )),
        other => {
            let all = MODES.join(", ");
            let hint = match nearest(other, MODES) {
                Some(near) => format!("did you mean `{near}`? There are {all}"),
                None => format!("use one of: {all}"),
            };
            Err(Wrong::new(format!("{} is not a TLS mode", given.origin()), hint))
        }
    }
}

/// For `require` and stricter modes: whom to trust. `require` trusts anyone, unless there are root certificates.
fn authorities(
    options: PgConnectOptions,
    mode: PgSslMode,
    root: Option<&Given>,
    environment: &Environment,
) -> Result<PgConnectOptions, Wrong> {
    let (pem, origin) = match root {
        Some(root) if root.value == SYSTEM => {
            if !matches!(mode, PgSslMode::VerifyFull) {
                let hint = "use `sslmode=verify-full`: anyone can have a certificate from one of these authorities";
                return Err(Wrong::new(format!("{} is `system`, which proves nothing here", root.origin()), hint));
            }
            (Pem::Text(system(&root.origin())?), root.origin())
        }
        Some(root) => (pem(root)?, root.origin()),
        None => match default_file("root.crt", environment) {
            Some(file) => (Pem::File(file), "`~/.postgresql/root.crt`".to_owned()),
            None if matches!(mode, PgSslMode::Require) => return Ok(options.ssl_mode(mode)),
            None => {
                let hint = "add `sslrootcert=/path/to/ca.pem`, `sslrootcert=${file:ca.pem}`, or \
                            `sslrootcert=system` for the authorities that this machine trusts";
                return Err(Wrong::new("`sslmode` asks to verify the server, and `sslrootcert` is missing", hint));
            }
        },
    };
    check_certificates(&pem, &origin)?;
    let options = match pem {
        Pem::Text(text) => options.ssl_root_cert_from_pem(text.into_bytes()),
        Pem::File(path) => options.ssl_root_cert(path),
    };
    Ok(options.ssl_mode(if matches!(mode, PgSslMode::Require) { PgSslMode::VerifyCa } else { mode }))
}

/// The certificate to show to a server that asks for one.
fn client(options: PgConnectOptions, given: &Parameters, environment: &Environment) -> Result<PgConnectOptions, Wrong> {
    // sqlx takes an empty variable for the name of a file.
    for (name, variable) in [("sslcert", "PGSSLCERT"), ("sslkey", "PGSSLKEY")] {
        if given.get(name).is_none() && environment.get(variable).is_some() {
            return Err(Wrong::new(format!("the variable `{variable}` is empty"), "unset it"));
        }
    }
    let either = |name, file| match given.get(name) {
        Some(given) => Ok(Some((pem(given)?, given.origin()))),
        None => Ok(default_file(file, environment).map(|path| (Pem::File(path), format!("`~/.postgresql/{file}`")))),
    };
    let certificate = either("sslcert", "postgresql.crt")?;
    let key = either("sslkey", "postgresql.key")?;
    match (certificate, key) {
        (Some((certificate, certificate_origin)), Some((key, key_origin))) => {
            check_certificates(&certificate, &certificate_origin)?;
            check_key(&key, &key_origin)?;
            let options = match certificate {
                Pem::Text(text) => options.ssl_client_cert_from_pem(text),
                Pem::File(path) => options.ssl_client_cert(path),
            };
            Ok(match key {
                Pem::Text(text) => options.ssl_client_key_from_pem(text),
                Pem::File(path) => options.ssl_client_key(path),
            })
        }
        (Some((_, origin)), None) => {
            Err(Wrong::new(format!("{origin} is a certificate without its key"), "add `sslkey`"))
        }
        (None, Some((_, origin))) if given.get("sslkey").is_some() => {
            Err(Wrong::new(format!("{origin} is a key without its certificate"), "add `sslcert`"))
        }
        (None, _) => Ok(options),
    }
}

/// A value that begins as PEM does is the certificate itself, from a secret; any other is a file's name.
fn pem(given: &Given) -> Result<Pem, Wrong> {
    if given.value.trim_start().starts_with("-----BEGIN") {
        return Ok(Pem::Text(given.value.clone()));
    }
    let path = PathBuf::from(&given.value);
    if path.is_absolute() {
        return Ok(Pem::File(path));
    }
    let hint =
        "write the whole path, or `${file:certs/ca.pem}` for the text of a file of the project, which must be PEM";
    Err(Wrong::new(format!("{} is not an absolute path", given.origin()), hint))
}

/// libpq's own places are used if there is something.
fn default_file(name: &str, environment: &Environment) -> Option<PathBuf> {
    home(environment).map(|home| home.join(".postgresql").join(name)).filter(|path| path.exists())
}

fn check_certificates(pem: &Pem, origin: &str) -> Result<(), Wrong> {
    let bytes = bytes(pem, origin)?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        certificate.map_err(|_| Wrong::new(format!("{origin} has a broken certificate"), "write it anew"))?;
        count += 1;
    }
    if count == 0 {
        let hint = "it must be PEM: -----BEGIN CERTIFICATE-----";
        return Err(Wrong::new(format!("{origin} has no certificate"), hint));
    }
    Ok(())
}

fn check_key(pem: &Pem, origin: &str) -> Result<(), Wrong> {
    PrivateKeyDer::from_pem_slice(&bytes(pem, origin)?).map(drop).map_err(|_| {
        let hint = "it must be PEM and not encrypted: -----BEGIN PRIVATE KEY-----";
        Wrong::new(format!("{origin} has no key that can be read"), hint)
    })
}

fn bytes(pem: &Pem, origin: &str) -> Result<Vec<u8>, Wrong> {
    match pem {
        Pem::Text(text) => Ok(text.clone().into_bytes()),
        Pem::File(path) => {
            read_file(path).map_err(|error| Wrong::new(format!("the file of {origin} cannot be read"), error))
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| error.to_string())
}

/// The authorities that this machine trusts, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`, as PEM.
fn system(origin: &str) -> Result<String, Wrong> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let hint = "install the package `ca-certificates`, or name a file";
        return Err(Wrong::new(format!("{origin} is `system`, and this machine trusts no authority"), hint));
    }
    let mut pem = String::new();
    for certificate in found.certs {
        let text = STANDARD.encode(certificate);
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in text.as_bytes().chunks(64) {
            writeln!(pem, "{}", String::from_utf8_lossy(line)).expect("a string takes all");
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    Ok(pem)
}
