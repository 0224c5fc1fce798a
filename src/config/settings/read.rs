//! Reads `aqueduct.yaml`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use super::{
    super::{
        Environment, Secret, Spanned, file, interpolate, is_key_id, is_scope,
        reader::{Fields, Value},
        yaml,
    },
    ApiKey, Auth, CursorKey, Engine, FullScan, Server, Settings, overrides, spool,
};
use crate::model::{Place, Problem, Problems};

const FILE: &str = "aqueduct.yaml";
const LATER: &[&str] = &[
    "audit",
    "cache",
    "consumers",
    "cors",
    "lineage",
    "materializations",
    "metrics",
    "plans",
    "policies",
    "quotas",
    "tls",
    "traces",
];
const SERVER_LATER: &[&str] = &["cors", "ip_allow", "ip_deny", "metrics", "tls"];
const AUTH_LATER: &[&str] = &["claims", "jwt", "mtls", "oidc", "plans", "policies"];

/// The shortest secret that cursors may be encrypted with, in characters.
const MIN_CURSOR_SECRET: usize = 16;
/// The least memory with which the engine can sort and join at all.
const MIN_MEMORY: usize = 16 << 20;

/// Reads `aqueduct.yaml` in `directory`, under the variables of `environment`. When it returns `None`, `problems` says
/// why; problems may be recorded beside settings, too, and then the settings are not to be used.
pub fn load(directory: &Path, environment: &Environment, problems: &mut Problems) -> Option<Settings> {
    let path: Arc<Path> = Path::new(FILE).into();
    if !directory.join(FILE).exists() {
        let message = format!("there is no {FILE} in {}", directory.display());
        problems.push(Problem::error(Place::start_of(&path), message).hint("name the project's directory: `-C DIR`"));
        return None;
    }
    let text = file::read_text(directory, &path, problems)?;
    let mut root = yaml::parse(&path, &text, problems)?;
    interpolate::expand(&mut root, environment, directory, problems);
    overrides::apply(&mut root, environment, problems);

    let mut root = Value::of(root, FILE).fields(problems)?;
    let [server, auth, engine, spool] = ["server", "auth", "engine", "spool"].map(|key| match root.take(key) {
        Some(value) => value.fields(problems),
        None => None,
    });
    root.finish(LATER, problems);
    Some(Settings {
        server: read_server(server, problems),
        auth: read_auth(auth, problems),
        engine: read_engine(engine, directory, problems),
        spool: spool::read(spool, directory, &path, problems),
    })
}

fn read_server(fields: Option<Fields>, problems: &mut Problems) -> Server {
    let mut server = Server { http: local(8080), flight: local(8081), admin: local(8082) };
    let Some(mut fields) = fields else { return server };
    let mut taken: Vec<(&str, Spanned<SocketAddr>)> = Vec::new();
    for (key, address) in [("http", &mut server.http), ("flight", &mut server.flight), ("admin", &mut server.admin)] {
        let Some(given) = fields.take(key).and_then(|value| value.address(problems)) else { continue };
        *address = given.value;
        match taken.iter().find(|(_, other)| other.value == given.value && given.value.port() != 0) {
            Some((other, first)) => {
                let message = format!("`{}` is the address of `{other}` ({}) too", given.value, first.place);
                problems.push(Problem::error(given.place, message).hint("give each door its own port"));
            }
            None => taken.push((key, given)),
        }
    }
    fields.finish(SERVER_LATER, problems);
    server
}

const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

fn read_auth(fields: Option<Fields>, problems: &mut Problems) -> Auth {
    let mut auth = Auth { anonymous: false, keys: Vec::new(), cursor_keys: Vec::new() };
    let Some(mut fields) = fields else { return auth };
    if let Some(anonymous) = fields.take("anonymous").and_then(|value| value.boolean(problems)) {
        auth.anonymous = anonymous;
    }
    let mut seen = Vec::new();
    for item in fields.take("keys").and_then(|value| value.list(problems)).unwrap_or_default() {
        auth.keys.extend(read_key(item, &mut seen, problems));
    }
    let mut seen = Vec::new();
    for item in fields.take("cursor_keys").and_then(|value| value.list(problems)).unwrap_or_default() {
        auth.cursor_keys.extend(read_cursor_key(item, &mut seen, problems));
    }
    fields.finish(AUTH_LATER, problems);
    auth
}

fn read_key(item: Value, seen: &mut Vec<Spanned<String>>, problems: &mut Problems) -> Option<ApiKey> {
    let mut fields = item.fields(problems)?;
    let id = fields.require("id", problems).and_then(|value| read_id(&value, seen, problems));
    let hash = fields.require("hash", problems).and_then(|value| read_hash(&value, problems));
    let mut scopes = Vec::new();
    if let Some(value) = fields.take("scopes") {
        for scope in value.names(problems) {
            if is_scope(&scope.value) {
                scopes.push(scope.value);
            } else {
                let problem = Problem::error(scope.place, format!("`{}` is not a scope", scope.value));
                problems.push(problem.hint("a scope is words joined by colons, such as `sales:read`"));
            }
        }
    }
    fields.finish(AUTH_LATER, problems);
    Some(ApiKey { id: id?, hash: hash?, scopes })
}

/// An id that no earlier key has: letters, digits, `.`, `_` and `-`, at most 64 of them.
fn read_id(value: &Value, seen: &mut Vec<Spanned<String>>, problems: &mut Problems) -> Option<String> {
    let id = value.parse("an id of letters, digits, `.`, `_` and `-`, at most 64 of them", problems, |text| {
        is_key_id(text).then(|| text.to_owned())
    })?;
    if let Some(first) = seen.iter().find(|other| other.value == id.value) {
        let message = format!("{} is the id of two keys; the first is at {}", value.quoted(), first.place);
        problems.push(Problem::error(id.place, message));
        return None;
    }
    seen.push(id.clone());
    Some(id.value)
}

/// `sha256:` and 64 hexadecimal digits. The text is not shown: it may be the key itself, pasted by mistake.
fn read_hash(value: &Value, problems: &mut Problems) -> Option<[u8; 32]> {
    let text = value.string(problems)?;
    let hash = text.value.strip_prefix("sha256:").and_then(read_hex);
    if hash.is_none() {
        let message = "`hash` is not `sha256:` and 64 hexadecimal digits";
        problems.push(Problem::error(text.place, message).hint("`aqueduct key new ID` prints a key and its hash"));
    }
    hash
}

fn read_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn read_cursor_key(item: Value, seen: &mut Vec<Spanned<String>>, problems: &mut Problems) -> Option<CursorKey> {
    let mut fields = item.fields(problems)?;
    let id = fields.require("id", problems).and_then(|value| read_id(&value, seen, problems));
    let secret = fields.require("secret", problems).and_then(|value| {
        let secret = value.string(problems)?;
        if secret.value.chars().count() < MIN_CURSOR_SECRET {
            let message = format!("`secret` is shorter than {MIN_CURSOR_SECRET} characters");
            problems.push(Problem::error(secret.place, message).hint("use a random text: `openssl rand -base64 32`"));
            return None;
        }
        if !value.is_expanded() {
            let problem = Problem::warning(secret.place, "`secret` is written in the file itself");
            problems.push(problem.hint("refer to it: `${NAME}` or `${file:/path}`"));
        }
        Some(Secret::new(secret.value))
    });
    fields.finish(&[], problems);
    Some(CursorKey { id: id?, secret: secret? })
}

fn read_engine(fields: Option<Fields>, directory: &Path, problems: &mut Problems) -> Engine {
    let mut engine = Engine {
        memory: 1 << 30,
        spill: directory.join("spill"),
        concurrency: 64,
        pushdown: true,
        dynamic_filters: true,
        full_scan: FullScan::Warn,
    };
    let Some(mut fields) = fields else { return engine };
    if let Some(value) = fields.take("memory") {
        match value.size(problems) {
            Some(size) if size.value < MIN_MEMORY => {
                value.refuse(format!("is less than {}MiB, the least to work with", MIN_MEMORY >> 20), problems);
            }
            Some(size) => engine.memory = size.value,
            None => {}
        }
    }
    if let Some(spill) = fields.take("spill").and_then(|value| value.filled(problems)) {
        engine.spill = directory.join(spill.value);
    }
    if let Some(concurrency) = fields.take("concurrency").and_then(|value| value.integer(1..=65_536, problems)) {
        engine.concurrency = concurrency as usize;
    }
    if let Some(pushdown) = fields.take("pushdown").and_then(|value| value.boolean(problems)) {
        engine.pushdown = pushdown;
    }
    if let Some(dynamic) = fields.take("dynamic_filters").and_then(|value| value.boolean(problems)) {
        engine.dynamic_filters = dynamic;
    }
    if let Some(full_scan) = fields.take("full_scan").and_then(|value| value.one_of(FullScan::CHOICES, problems)) {
        engine.full_scan = full_scan;
    }
    fields.finish(&[], problems);
    engine
}
