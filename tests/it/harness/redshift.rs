//! Redshift as far as it can be had on a plain machine: the harness's Postgres behind a front that speaks as Redshift does,
//! and a Data API (`tests/python/redshift_data_server.py`) whose statements run behind the same front.
//!
//! The front says that the server is 8.0.2, takes no TLS, and refuses what Redshift lacks with the error that Redshift has for
//! it, a syntax error (Database Developer Guide, "Unsupported `PostgreSQL` features", "… functions", "… data types"). It takes
//! no parameters of a session that Redshift does not know, and sends no binary form of a type that Redshift's own drivers do
//! not ask for in binary (`redshift_connector`, `utils/type_utils.py`). What Redshift has and Postgres lacks is in the schema
//! `redshift_catalog` of each database, or rewritten on the way.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    process::Child,
    sync::{Arc, LazyLock, Mutex},
};

use regex::Regex;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::Runtime,
};

use super::{
    postgres::{self, Database},
    process,
    project::Project,
    proxy::address,
    tools,
};

/// Whom the front lets in.
pub const USER: &str = "postgres";
/// The user's password.
pub const PASSWORD: &str = "let:me/in";
/// Whom the services of AWS know.
pub const KEY_ID: &str = "AKIDREDSHIFT";
/// The key.
pub const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A database of its own for one test.
pub struct Redshift {
    /// The database behind the front.
    pub database: Database,
    front: SocketAddr,
    refused: Arc<Mutex<Vec<String>>>,
}

/// Makes an empty database.
pub async fn database() -> Redshift {
    let database = postgres::database().await;
    database.execute(&CATALOG.replace("{db}", &database.name)).await;
    let refused = Arc::<Mutex<Vec<String>>>::default();
    let server = address(&database.url);
    let (log, listening) = (Arc::clone(&refused), std::sync::mpsc::channel());
    FRONTS.spawn(async move {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("127.0.0.1 has a free port");
        listening.0.send(listener.local_addr().expect("a bound listener has an address")).expect("it is waited for");
        while let Ok((client, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            // Either end may go at any time.
            tokio::spawn(async move { drop(serve(client, server, log).await) });
        }
    });
    let front = listening.1.recv().expect("it listens");
    Redshift { database, front, refused }
}

impl Redshift {
    /// Runs statements, separated by semicolons, behind the front.
    pub async fn execute(&self, sql: &str) {
        self.database.execute(sql).await;
    }

    /// Where the front is.
    pub fn address(&self) -> SocketAddr {
        self.front
    }

    /// A catalog of the wire.
    pub fn catalog(&self) -> String {
        self.catalog_at(&self.front.to_string())
    }

    /// The same, at another address.
    pub fn catalog_at(&self, address: &str) -> String {
        let password = PASSWORD.replace('/', "%2F");
        let database = &self.database.name;
        format!(
            "kind: redshift\nurl: \"redshift://{USER}:{password}@{address}/{database}\"\nschemas: [public]\nrefresh: 1s\n"
        )
    }

    /// A catalog of the wire with passwords from AWS.
    pub fn token_catalog(&self, warehouse: &str) -> String {
        let (address, database) = (self.front, &self.database.name);
        format!(
            "kind: redshift\nurl: \"redshift://{address}/{database}?sslmode=disable\"\nschemas: [public]\nrefresh: 1s\n{warehouse}{}",
            aws()
        )
    }

    /// A catalog of the Data API.
    pub fn data_catalog(&self) -> String {
        let (port, database) = (self.front.port(), &self.database.name);
        format!(
            "kind: redshift\napi: data\nworkgroup: wg-{port}\ndatabase: {database}\nschemas: [public]\nrefresh: 1s\n{}",
            aws()
        )
    }

    /// A project whose source `s` is this database over the wire.
    pub fn project(&self) -> Project {
        Project::new().file("catalogs/s.yaml", &self.catalog()).file("aqueduct.yaml", "auth: {anonymous: true}\n")
    }

    /// The same by the Data API.
    pub fn data_project(&self) -> Project {
        Project::new().file("catalogs/s.yaml", &self.data_catalog()).file("aqueduct.yaml", "auth: {anonymous: true}\n")
    }

    /// What was refused because Redshift lacks it.
    pub fn refused(&self) -> Vec<String> {
        self.refused.lock().expect("nothing panics under this lock").clone()
    }

    /// Tells the Data API how to treat this database from now on.
    pub async fn treat(&self, how: Value) {
        let body = json!({"database": self.database.name, "how": how}).to_string();
        let answer = reqwest::Client::new().post(format!("{}/treat", service())).body(body).send().await;
        assert!(answer.expect("it answers").status().is_success());
    }

    /// What the Data API was asked of this database, in order: operation, body, status.
    pub async fn calls(&self) -> Vec<Value> {
        let answer =
            reqwest::get(format!("{}/log", service())).await.expect("it answers").bytes().await.expect("in full");
        let log: Vec<Value> = serde_json::from_slice(&answer).expect("the log is JSON");
        log.into_iter().filter(|entry| entry["database"] == self.database.name.as_str()).collect()
    }
}

fn aws() -> String {
    format!(
        "region: eu-central-1\nendpoint: {}\naccess_key_id: {KEY_ID}\nsecret_access_key: \"{SECRET_KEY}\"\n",
        service()
    )
}

/// Where the services of AWS are.
pub fn service() -> String {
    format!("http://127.0.0.1:{}", SERVICE.0)
}

/// A thread of their own: tests wait for programs that wait for fronts.
static FRONTS: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("threads can be started"));

static SERVICE: LazyLock<(u16, Mutex<Child>)> = LazyLock::new(|| {
    let port = process::free_port();
    let mut server = tools::python_script("redshift_data_server.py");
    server.args([&port.to_string(), KEY_ID, SECRET_KEY, USER, PASSWORD]);
    let mut child = process::spawn("KILL", &server);
    process::wait_for_port(port, &mut child, "redshift_data_server.py");
    process::drain(child.stdout.take().expect("stdout is piped"));
    process::drain(child.stderr.take().expect("stderr is piped"));
    (port, Mutex::new(child))
});

/// What Redshift has. Its views show what is in the database, without what is the front's own.
const CATALOG: &str = r"
CREATE SCHEMA redshift_catalog;
CREATE DOMAIN redshift_catalog.super AS jsonb;
CREATE DOMAIN redshift_catalog.varbyte AS bytea;
CREATE DOMAIN redshift_catalog.geometry AS text;
CREATE DOMAIN redshift_catalog.hllsketch AS text;
CREATE FUNCTION redshift_catalog.json_serialize(jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(CAST($1 AS text), ''null'')';
CREATE FUNCTION redshift_catalog.from_varbyte(bytea, text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT encode($1, $2)';
CREATE TABLE redshift_catalog.late_binding (view_name text);
CREATE VIEW redshift_catalog.svv_all_tables AS
SELECT CAST(table_catalog AS varchar(128)) AS database_name, CAST(table_schema AS varchar(128)) AS schema_name,
    CAST(table_name AS varchar(128)) AS table_name, CAST('' AS varchar(128)) AS table_acl,
    CAST(CASE table_type WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END AS varchar(128)) AS table_type,
    CAST(obj_description(CAST(format('%I.%I', table_schema, table_name) AS regclass)) AS varchar(256)) AS remarks
FROM information_schema.tables WHERE table_schema <> 'redshift_catalog';
CREATE VIEW redshift_catalog.svv_all_columns AS
SELECT CAST(table_catalog AS varchar(128)) AS database_name, CAST(table_schema AS varchar(128)) AS schema_name,
    CAST(table_name AS varchar(128)) AS table_name, CAST(column_name AS varchar(128)) AS column_name,
    CAST(ordinal_position AS integer) AS ordinal_position, CAST(column_default AS varchar(4000)) AS column_default,
    CAST(is_nullable AS varchar(3)) AS is_nullable,
    -- A text without a length whose trailing blanks mean nothing: what VARCHAR is to Redshift.
    CAST(CASE WHEN domain_name = 'varbyte' THEN 'binary varying' WHEN domain_name IS NOT NULL THEN domain_name
        WHEN data_type = 'character' AND character_maximum_length IS NULL THEN 'character varying'
        WHEN data_type = 'text' THEN 'character varying' ELSE data_type END AS varchar(128)) AS data_type,
    CAST(character_maximum_length AS integer) AS character_maximum_length,
    CAST(numeric_precision AS integer) AS numeric_precision, CAST(numeric_scale AS integer) AS numeric_scale,
    CAST(col_description(CAST(format('%I.%I', table_schema, table_name) AS regclass), ordinal_position) AS varchar(256)) AS remarks
FROM information_schema.columns
WHERE table_schema <> 'redshift_catalog' AND table_name NOT IN (SELECT view_name FROM redshift_catalog.late_binding);
CREATE FUNCTION redshift_catalog.pg_get_late_binding_view_cols() RETURNS SETOF record LANGUAGE sql AS $$
SELECT n.nspname, c.relname, a.attname, CAST(format_type(a.atttypid, a.atttypmod) AS varchar), CAST(a.attnum AS int)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND c.relname IN (SELECT view_name FROM redshift_catalog.late_binding) $$;
ALTER DATABASE {db} SET search_path = public, redshift_catalog;
";

/// What Redshift has no grammar for, and what of Postgres' catalog is younger than 8.0.
static LACKED: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        r"\bcopy\b",
        r"\bfilter\s*\(",
        r"\bdistinct\s+from\b",
        r"\bdistinct\s+on\b",
        r"\b(any|all|some)\s*\(\s*[^s]",
        r"\bcollate\b\s*[^(\s]",
        r"\blateral\b",
        r"\barray\s*\[",
        r"\[\s*\]",
        r"\bexplain\s*\(",
        r"\bvalues\s*\(",
        r"\btablesample\b",
        r"\bwith\s+ordinality\b",
        r"\blimit\s+\$",
        r"\b(unnest|string_agg|array_agg|format|json_each|starts_with|div|pg_export_snapshot|json_build_object)\s*\(",
        r"\bpg_(collation|constraint|enum|extension|range|settings)\b",
        r"\b(attcollation|typcategory|typarray|relispartition|indimmediate|indnkeyatts)\b",
        r"\b(regclass|regtype|uuid|jsonb|bytea|xml)\b",
        r"\bset\s+(local|transaction|standard_conforming_strings|default_transaction_read_only|bytea_output)\b",
        r"\bis\s+(not\s+)?(true|false)\s*(as|,)",
        r"\bwith\s+recursive\b",
        r"\b(grouping\s+sets)\b",
        // In Redshift a conversion goes by CAST or `::`; one in the text of the Data API would be taken for a parameter.
        r"::",
    ];
    Regex::new(&format!("(?i){}", patterns.join("|"))).expect("the patterns are regular")
});

/// Parameters of a session that Redshift takes when one begins.
const PARAMETERS: &[&str] = &["user", "database", "DateStyle", "client_encoding", "TimeZone", "application_name"];
/// Types that Redshift's drivers ask for in binary.
const BINARY: &[u32] = &[16, 19, 20, 21, 23, 25, 700, 701, 705, 1042, 1043, 1114, 1184];

/// One connection.
async fn serve(mut client: TcpStream, server: SocketAddr, refused: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let startup = loop {
        let length = client.read_u32().await?;
        let mut body = vec![0; length as usize - 4];
        client.read_exact(&mut body).await?;
        match u32::from_be_bytes([body[0], body[1], body[2], body[3]]) {
            // TLS, and what nobody asks for.
            80_877_103 | 80_877_104 => client.write_all(b"N").await?,
            80_877_102 => {
                server.write_u32(length).await?;
                return server.write_all(&body).await;
            }
            _ => break body,
        }
    };
    let fields: Vec<_> = startup[4..].split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let parameters: BTreeMap<_, _> =
        fields.chunks(2).filter(|pair| pair.len() == 2).map(|pair| (&*pair[0], &*pair[1])).collect();
    if let Some(name) = parameters.keys().find(|name| !name.is_empty() && !PARAMETERS.contains(name)) {
        return client.write_all(&error("22023", &format!("unrecognized configuration parameter \"{name}\""))).await;
    }
    client.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await?;
    let (_, password) = message(&mut client).await?;
    let user = parameters.get("user").copied().unwrap_or_default();
    let is_known = password.trim_ascii_end().strip_suffix(b"\0") == Some(PASSWORD.as_bytes()) && user == USER
        || user == "IAM:reader" && password.starts_with(b"token-");
    if !is_known {
        return client.write_all(&error("28000", &format!("password authentication failed for user \"{user}\""))).await;
    }
    // Behind the front there is one user.
    let mut body = startup[..4].to_vec();
    for (name, value) in parameters.iter().filter(|(name, _)| !name.is_empty()) {
        let value = if *name == "user" { USER } else { value };
        body.extend([name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat());
    }
    body.push(0);
    server.write_u32(u32::try_from(body.len() + 4).expect("it is short")).await?;
    server.write_all(&body).await?;

    let described = Arc::<Mutex<Vec<u32>>>::default();
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        end = questions(from_client, to_server, &described, &refused) => end,
        end = answers(from_server, to_client, &described) => end,
    }
}

async fn message(from: &mut (impl AsyncReadExt + Unpin)) -> std::io::Result<(u8, Vec<u8>)> {
    let kind = from.read_u8().await?;
    let mut body = vec![0; from.read_u32().await? as usize - 4];
    from.read_exact(&mut body).await?;
    Ok((kind, body))
}

fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("it is short").to_be_bytes();
    [&[kind], length.as_slice(), body].concat()
}

fn error(code: &str, message: &str) -> Vec<u8> {
    framed(b'E', format!("SFATAL\0C{code}\0M{message}\0\0").as_bytes())
}

async fn questions(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    described: &Mutex<Vec<u32>>,
    refused: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let refuse = |what: String| {
        refused.lock().expect("nothing panics under this lock").push(what);
        // The server itself says that it is none of its grammar, and stays in step.
        "REFUSED".to_owned()
    };
    loop {
        let (kind, body) = message(&mut from).await?;
        let written = match kind {
            b'Q' => {
                let sql = String::from_utf8_lossy(&body[..body.len() - 1]).into_owned();
                framed(b'Q', format!("{}\0", translated(&sql).unwrap_or_else(refuse)).as_bytes())
            }
            b'P' => {
                let mut parts = body.splitn(3, |byte| *byte == 0);
                let (name, sql) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                let sql = translated(&String::from_utf8_lossy(sql)).unwrap_or_else(refuse);
                framed(b'P', &[name, b"\0", sql.as_bytes(), b"\0", parts.next().unwrap_or_default()].concat())
            }
            b'B' => {
                let types = described.lock().expect("nothing panics under this lock").clone();
                let asks_for_binary = body.ends_with(&[0, 1, 0, 1]);
                match types.iter().find(|oid| asks_for_binary && !BINARY.contains(oid)) {
                    Some(oid) => {
                        framed(b'P', format!("\0{}\0\0\0", refuse(format!("type {oid} in binary"))).as_bytes())
                    }
                    None => framed(b'B', &body),
                }
            }
            kind => framed(kind, &body),
        };
        to.write_all(&written).await?;
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, described: &Mutex<Vec<u32>>) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let (kind, body) = message(&mut from).await?;
        match kind {
            b'S' if body.starts_with(b"server_version\0") => buffer.extend(framed(b'S', b"server_version\08.0.2\0")),
            b'T' => {
                *described.lock().expect("nothing panics under this lock") = types(&body);
                buffer.extend(framed(kind, &body));
            }
            b'n' => {
                described.lock().expect("nothing panics under this lock").clear();
                buffer.extend(framed(kind, &body));
            }
            kind => buffer.extend(framed(kind, &body)),
        }
        // Rows come in many small messages.
        if kind != b'D' || buffer.len() > 16 * 1024 {
            to.write_all(&buffer).await?;
            buffer.clear();
        }
    }
}

/// The types of a row's columns.
fn types(mut body: &[u8]) -> Vec<u32> {
    let mut types = Vec::new();
    body = &body[2..];
    while let Some(end) = body.iter().position(|byte| *byte == 0) {
        let rest = &body[end + 1..];
        types.push(u32::from_be_bytes([rest[6], rest[7], rest[8], rest[9]]));
        body = &rest[18..];
    }
    types
}

/// What Redshift takes, in Postgres' words; what it lacks, as an error.
fn translated(sql: &str) -> Result<String, String> {
    static QUOTED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"'(?:[^']|'')*'|"(?:[^"]|"")*""#).expect("the pattern is regular"));
    if LACKED.is_match(&QUOTED.replace_all(sql, "q")) {
        return Err(sql.to_owned());
    }
    let mut sql = sql.to_owned();
    // The last is within no other.
    while let Some((before, (operand, behind))) =
        sql.rsplit_once("collate(").and_then(|(before, rest)| Some((before, rest.split_once(", 'case_sensitive')")?)))
    {
        sql = format!("{before}(({operand}) COLLATE \"C\"){behind}");
    }
    let sql = sql.replace("SET enable_case_sensitive_identifier", "SET redshift.enable_case_sensitive_identifier");
    Ok(sql.replace(
        "SELECT set_config($1, $2, false)",
        "SELECT set_config(CASE CAST($1 AS text) WHEN 'query_group' THEN 'redshift.query_group' ELSE $1 END, $2, false)",
    ))
}
