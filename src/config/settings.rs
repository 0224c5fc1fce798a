//! `aqueduct.yaml`, checked.

mod overrides;
mod read;
mod spool;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use read::load;

use super::{Location, Secret, Spanned};

/// Everything `aqueduct.yaml` says, with defaults filled in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub server: Server,
    /// Who may call.
    pub auth: Auth,
    /// How much a query may use.
    pub engine: Engine,
    /// Where results are kept that were run once.
    pub spool: Spool,
}

/// Listening addresses. Port 0 picks a free one.
#[derive(Clone, Debug)]
pub struct Server {
    /// The public HTTP door.
    pub http: SocketAddr,
    /// The public Flight door.
    pub flight: SocketAddr,
    /// `/livez` and `/readyz`, never on a public listener.
    pub admin: SocketAddr,
}

/// Consumers and cursor keys.
#[derive(Clone, Debug)]
pub struct Auth {
    /// May callers without credentials use queries marked `access: public`?
    pub anonymous: bool,
    /// The consumers.
    pub keys: Vec<ApiKey>,
    /// The first encrypts, all decrypt. Empty: random per process.
    pub cursor_keys: Vec<CursorKey>,
}

/// A consumer, known by the SHA-256 of its key.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// The consumer's name, in logs and grants.
    pub id: String,
    /// SHA-256 of the key's text.
    pub hash: [u8; 32],
    /// What the consumer may see.
    pub scopes: Vec<String>,
}

/// A key that encrypts cursors.
#[derive(Clone, Debug)]
pub struct CursorKey {
    /// Its name, written in clear at the head of each cursor.
    pub id: String,
    /// At least 16 characters; the encryption key is derived from it.
    pub secret: Secret,
}

/// Bounds on the work of the process.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Bytes that all queries together may hold before they spill.
    pub memory: usize,
    /// Where they spill to, absolute.
    pub spill: PathBuf,
    /// Queries that may run at once.
    pub concurrency: usize,
    /// May more than the choice of columns run in the sources?
    pub pushdown: bool,
    /// May the keys of one side of a join choose the rows that the other side's source sends?
    pub dynamic_filters: bool,
    /// What is said of a query that reads a whole large table out of its source, unless its header says.
    pub full_scan: FullScan,
}

/// Where results are kept that were run once and are read in parts, and for how long.
#[derive(Clone, Debug)]
pub struct Spool {
    /// A directory or an object store. Several servers may share it.
    pub location: Spanned<Location>,
    /// `object_store`'s own option names.
    pub options: Vec<(Spanned<String>, Secret)>,
    /// The most bytes of one result, as they are stored: compressed.
    pub result: u64,
    /// The most bytes of all results, as they are stored.
    pub total: u64,
    /// How long a result is kept, from its first row on.
    pub lifetime: Duration,
}

/// What is said of a query that reads a whole large table out of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullScan {
    /// The project does not load.
    Error,
    /// `check` says so.
    Warn,
    /// Nothing: its owner knows.
    Allow,
}

impl FullScan {
    /// How files spell them.
    pub const CHOICES: &[(&str, Self)] = &[("error", Self::Error), ("warn", Self::Warn), ("allow", Self::Allow)];
}
