//! Cursors: where a page ended, encrypted and authenticated (XChaCha20-Poly1305), and bound to what they continue.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{AeadInPlace, KeyInit, XChaCha20Poly1305, XNonce};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::{
    config::settings,
    model::{Code, Fault},
    spool::ResultId,
};

/// How long a cursor can be followed.
pub const LIFETIME: TimeDelta = TimeDelta::hours(24);

/// The longest cursor, in characters: with path and parameters it must fit into a request's target.
const LONGEST: usize = 12 * 1024;
const FORMAT: u8 = 2;
const NONCE: usize = 24;
const TAG: usize = 16;

/// What a cursor is bound to: it continues this and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// `domain.name@version`.
    pub query: String,
    /// SHA-256 over the values of all parameters.
    pub parameters: [u8; 32],
    /// SHA-256 over the query's file, its columns, the order of its pages and the grant: when it differs, the world has
    /// changed.
    pub world: [u8; 32],
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind a row.
    Row {
        /// What `now()` is throughout the chain of pages.
        now: DateTime<Utc>,
        /// The values of the row's order terms, in Arrow's row format.
        row: Vec<u8>,
    },
    /// Within a result that is kept.
    Kept {
        /// What `now()` was when it was made.
        now: DateTime<Utc>,
        /// Which one.
        result: ResultId,
        /// The number of the row that comes next, from 0.
        row: u64,
    },
}

impl Place {
    /// What `now()` is throughout the chain of pages.
    #[must_use]
    pub const fn now(&self) -> DateTime<Utc> {
        match self {
            Self::Row { now, .. } | Self::Kept { now, .. } => *now,
        }
    }

    /// What tells the kinds apart in a cursor.
    const ROW: u8 = 0;
    const KEPT: u8 = 1;

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.now().timestamp_micros().to_be_bytes());
        match self {
            Self::Row { row, .. } => {
                out.push(Self::ROW);
                out.extend(row);
            }
            Self::Kept { result, row, .. } => {
                out.push(Self::KEPT);
                out.extend(row.to_be_bytes());
                out.extend(result.to_bytes());
            }
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (now, bytes) = bytes.split_first_chunk::<8>()?;
        let now = DateTime::from_timestamp_micros(i64::from_be_bytes(*now))?;
        match bytes.split_first()? {
            (&Self::ROW, row) => Some(Self::Row { now, row: row.to_vec() }),
            (&Self::KEPT, bytes) => {
                let (row, result) = bytes.split_first_chunk::<8>()?;
                Some(Self::Kept { now, result: ResultId::from_bytes(result)?, row: u64::from_be_bytes(*row) })
            }
            _ => None,
        }
    }
}

/// The keys of a project, the first of which seals.
pub struct CursorKeys(Vec<Key>);

struct Key {
    id: String,
    cipher: XChaCha20Poly1305,
    /// Nonces are made from it and what they hide: the same place has one cursor, so that an answer has one text.
    nonces: [u8; 32],
}

impl Key {
    fn new(id: String, secret: [u8; 32]) -> Self {
        let nonces = Sha256::new_with_prefix(b"aqueduct cursor nonce\0").chain_update(secret).finalize().into();
        Self { id, cipher: XChaCha20Poly1305::new(&secret.into()), nonces }
    }
}

impl CursorKeys {
    /// From `auth.cursor_keys`. Without any: a random one, which dies with the process.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub fn new(keys: &[settings::CursorKey]) -> Result<Self, getrandom::Error> {
        if keys.is_empty() {
            let (mut random, mut id) = ([0; 32], [0; 6]);
            getrandom::fill(&mut random)?;
            getrandom::fill(&mut id)?;
            // An id of its own: the cursors of another process are under an unknown key, not altered.
            let id = format!("random-{}", BASE64_URL_SAFE_NO_PAD.encode(id));
            return Ok(Self(vec![Key::new(id, random)]));
        }
        let derive = |key: &settings::CursorKey| {
            let mut digest = Sha256::new_with_prefix(b"aqueduct cursor key\0");
            digest.update(key.secret.expose());
            Key::new(key.id.clone(), digest.finalize().into())
        };
        Ok(Self(keys.iter().map(derive).collect()))
    }

    /// Makes a cursor that can be followed until `expires`.
    ///
    /// # Errors
    /// [`Code::EvaluationFailed`] when the place is too long for a cursor that could be followed.
    pub fn seal(&self, binding: &Binding, place: &Place, expires: DateTime<Utc>) -> Result<String, Fault> {
        let key = self.0.first().ok_or_else(|| Fault::internal("there is no cursor key"))?;
        let mut cursor = head(&key.id);
        let mut secret = Vec::new();
        secret.extend(expires.timestamp_millis().to_be_bytes());
        secret.extend(binding.parameters);
        secret.extend(binding.world);
        secret.extend(u16::try_from(binding.query.len()).map_err(Fault::internal)?.to_be_bytes());
        secret.extend(binding.query.as_bytes());
        place.write(&mut secret);
        let digest = Sha256::new_with_prefix(key.nonces).chain_update(&secret).finalize();
        let (nonce, _) = digest.split_at(NONCE);
        key.cipher.encrypt_in_place(XNonce::from_slice(nonce), &cursor, &mut secret).map_err(Fault::internal)?;
        cursor.extend(nonce);
        cursor.extend(secret);
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(cursor);
        if cursor.len() > LONGEST {
            return Err(Fault::new(
                Code::EvaluationFailed,
                "the values that this page ends with are too long for a cursor",
            )
            .with_hint("the owner must page by shorter columns"));
        }
        Ok(cursor)
    }

    /// Reads a cursor that must continue `binding`.
    ///
    /// # Errors
    /// [`Code::InvalidCursor`] for what is no cursor of this service; [`Code::CursorMismatch`] for one of another query
    /// or other parameters; [`Code::CursorExpired`] for one that has expired, that an unknown key made, or that was made
    /// under other SQL or another grant.
    pub fn open(&self, text: &str, binding: &Binding, now: DateTime<Utc>) -> Result<Place, Fault> {
        let invalid = || {
            Fault::new(Code::InvalidCursor, "the cursor was not made by this service, or was altered")
                .with_hint("pass `pagination.cursor` of the page before, unchanged")
        };
        if text.len() > LONGEST {
            return Err(invalid());
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
        let [FORMAT, id_length, rest @ ..] = bytes.as_slice() else { return Err(invalid()) };
        let (id, rest) = rest.split_at_checked(usize::from(*id_length)).ok_or_else(invalid)?;
        let (nonce, secret) = rest.split_at_checked(NONCE).ok_or_else(invalid)?;
        let id = std::str::from_utf8(id).map_err(|_| invalid())?;
        if secret.len() < TAG {
            return Err(invalid());
        }
        let Some(key) = self.0.iter().find(|key| key.id == id) else {
            return Err(gone("the cursor was made with a key that is no longer known"));
        };
        let mut secret = secret.to_vec();
        key.cipher.decrypt_in_place(XNonce::from_slice(nonce), &head(id), &mut secret).map_err(|_| invalid())?;
        let sealed = Sealed::read(&secret).ok_or_else(invalid)?;
        if sealed.binding.query != binding.query {
            return Err(mismatch("the cursor belongs to another query"));
        }
        if sealed.binding.parameters != binding.parameters {
            return Err(mismatch("the cursor belongs to a request with other parameters"));
        }
        if sealed.expires <= now {
            return Err(gone("the cursor has expired"));
        }
        if sealed.binding.world != binding.world {
            return Err(gone("the query, its columns or what you may see of it has changed since the cursor was made"));
        }
        Ok(sealed.place)
    }
}

impl std::fmt::Debug for CursorKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

/// What stands in clear before the nonce, and is authenticated with the rest.
fn head(id: &str) -> Vec<u8> {
    // Configuration keeps ids short; a longer one could not be found again, and is cut here on both ways.
    let id = &id.as_bytes()[..id.len().min(usize::from(u8::MAX))];
    let length = u8::try_from(id.len()).unwrap_or(u8::MAX);
    [&[FORMAT, length], id].concat()
}

fn mismatch(detail: &str) -> Fault {
    Fault::new(Code::CursorMismatch, detail)
        .with_hint("send the same request as for the page before, with the cursor added; `limit` may differ")
}

fn gone(detail: &str) -> Fault {
    Fault::new(Code::CursorExpired, detail).with_hint("start again: send the request without `cursor`")
}

struct Sealed {
    expires: DateTime<Utc>,
    binding: Binding,
    place: Place,
}

impl Sealed {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (expires, bytes) = bytes.split_first_chunk::<8>()?;
        let (parameters, bytes) = bytes.split_first_chunk::<32>()?;
        let (world, bytes) = bytes.split_first_chunk::<32>()?;
        let (length, bytes) = bytes.split_first_chunk::<2>()?;
        let (query, place) = bytes.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        Some(Self {
            expires: DateTime::from_timestamp_millis(i64::from_be_bytes(*expires))?,
            binding: Binding { query: String::from_utf8(query.to_vec()).ok()?, parameters: *parameters, world: *world },
            place: Place::read(place)?,
        })
    }
}
