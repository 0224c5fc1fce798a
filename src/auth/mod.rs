//! Who calls: credentials to principal, the same for both doors. Only this room makes a [`Principal`].

use std::{collections::BTreeSet, sync::Arc};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    config::{
        Secret,
        settings::{self, Claim},
    },
    model::{Code, Fault},
};

/// What a caller brought, free of any transport.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Nothing.
    None,
    /// An API key.
    Key(Secret),
    /// Something that cannot be read as credentials.
    Unreadable,
}

impl Credentials {
    /// From the values of `Authorization` and `X-API-Key` (HTTP headers or gRPC metadata). Bearer is the only scheme
    /// (RFC 6750); two different keys are no credentials.
    #[must_use]
    pub fn from_headers(authorization: Option<&[u8]>, api_key: Option<&[u8]>) -> Self {
        let text = |bytes: &[u8]| {
            std::str::from_utf8(bytes).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let bearer = authorization.map(|bytes| {
            let (scheme, key) = std::str::from_utf8(bytes).ok()?.trim().split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| text(key.as_bytes())).flatten()
        });
        match (bearer, api_key.map(text)) {
            (None, None) => Self::None,
            (Some(Some(key)), None) | (None, Some(Some(key))) => Self::Key(Secret::new(key)),
            (Some(Some(one)), Some(Some(other))) if one == other => Self::Key(Secret::new(one)),
            _ => Self::Unreadable,
        }
    }
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Principal(Identity);

#[derive(Clone, Debug)]
enum Identity {
    Anonymous,
    Consumer { id: String, scopes: BTreeSet<String>, claims: Arc<[Claim]> },
    Owner,
}

impl Principal {
    /// The project's owner, at the command line: may see everything.
    #[must_use]
    pub fn owner() -> Self {
        Self(Identity::Owner)
    }

    /// Is it the project's owner?
    #[must_use]
    pub fn is_owner(&self) -> bool {
        matches!(self.0, Identity::Owner)
    }

    /// The name in logs and grants.
    #[must_use]
    pub fn id(&self) -> &str {
        match &self.0 {
            Identity::Anonymous => "anonymous",
            Identity::Consumer { id, .. } => id,
            Identity::Owner => "owner",
        }
    }

    /// What policies may ask of the caller, each name once.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        match &self.0 {
            Identity::Consumer { claims, .. } => claims,
            Identity::Anonymous | Identity::Owner => &[],
        }
    }

    /// Did the caller bring no credentials?
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        matches!(self.0, Identity::Anonymous)
    }

    /// Has the caller this scope?
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        match &self.0 {
            Identity::Anonymous => false,
            Identity::Consumer { scopes, .. } => scopes.contains(scope),
            Identity::Owner => true,
        }
    }
}

/// Knows the project's consumers.
#[derive(Debug)]
pub struct Authenticator {
    anonymous: bool,
    keys: Vec<settings::ApiKey>,
}

impl Authenticator {
    /// With the consumers of `aqueduct.yaml`.
    #[must_use]
    pub fn new(settings: &settings::Auth) -> Self {
        Self { anonymous: settings.anonymous, keys: settings.keys.clone() }
    }

    /// Finds the caller. Bad credentials are refused even where anonymous callers are allowed.
    ///
    /// # Errors
    /// [`Code::CredentialsMissing`] and [`Code::CredentialsInvalid`].
    pub fn authenticate(&self, credentials: &Credentials) -> Result<Principal, Fault> {
        match credentials {
            Credentials::None if self.anonymous => Ok(Principal(Identity::Anonymous)),
            Credentials::None => {
                Err(Fault::new(Code::CredentialsMissing, "this service needs credentials").with_hint(HINT))
            }
            Credentials::Unreadable => {
                Err(Fault::new(Code::CredentialsInvalid, "the credentials cannot be read").with_hint(HINT))
            }
            Credentials::Key(key) => {
                let hash = hash(key.expose());
                // Every key is compared, whole, so that time tells nothing.
                let mut found = None;
                for known in &self.keys {
                    if bool::from(known.hash.ct_eq(&hash)) {
                        found = Some(known);
                    }
                }
                let known = found.ok_or_else(|| {
                    Fault::new(Code::CredentialsInvalid, "no consumer has this API key").with_hint(HINT)
                })?;
                let scopes = known.scopes.iter().cloned().collect();
                let claims = Arc::clone(&known.claims);
                Ok(Principal(Identity::Consumer { id: known.id.clone(), scopes, claims }))
            }
        }
    }
}

const HINT: &str = "send the API key as `Authorization: Bearer …` or `X-API-Key: …`";

/// A random key of 256 bits and its SHA-256.
///
/// # Errors
/// The operating system has no randomness.
pub fn new_key() -> Result<(String, [u8; 32]), getrandom::Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let key = format!("aq_{}", BASE64_URL_SAFE_NO_PAD.encode(random));
    let hash = hash(&key);
    Ok((key, hash))
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}
