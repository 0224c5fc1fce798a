//! The road of every request, whatever its door: authenticate → resolve → grant → bind → plan → execute. Each stage
//! gives a type that only this room can build and that the next one takes, so none can be skipped.
//!
//! [`Road::authenticate`] gives an [`Authenticated`] caller, `resolve` a [`Resolved`] query, `grant` the leave to run it
//! ([`Granted`]), `bind` typed values ([`Bound`]), which `answer` turns into an [`Answer`]: a `Run` is planned and
//! executed, or what an earlier one gave is read again.

mod admit;
mod answer;
mod bind;
mod bound;
mod cache;
pub mod cursor;
mod entry;
mod fresh;
mod mistakes;
mod page;
mod row;
mod run;
mod shape;
mod shared;
mod stream;

use std::sync::Arc;

use tokio::{sync::Semaphore, time::Instant};

use crate::{
    auth::{Authenticator, Credentials, Principal},
    catalog::Project,
    engine::Engine,
    model::{Code, Fault},
    spool::Spool,
};
use cache::Cache;
use cursor::CursorKeys;

pub use admit::{Authenticated, Granted, Resolved};
pub use answer::{Answer, Body};
pub use bind::Parameters;
pub use bound::{Bound, DEFAULT_LIMIT, Want, Window};
pub use cache::{Encoded, Target};
pub use fresh::{Freshness, Status};
pub use page::{End, MAX_BYTES, Page, Promise};
pub use run::Planned;
pub use shape::MOST_TERMS;
pub use stream::{IDLE, Rows};

/// What all requests share.
#[derive(Debug)]
pub struct Road {
    project: Arc<Project>,
    engine: Arc<Engine>,
    authenticator: Authenticator,
    cursors: CursorKeys,
    slots: Arc<Semaphore>,
    spool: Arc<Spool>,
    cache: Arc<Cache>,
}

impl Road {
    /// Over a project, its engine and the spool for results that are kept.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub fn new(project: Arc<Project>, engine: Arc<Engine>, spool: Arc<Spool>) -> Result<Self, Fault> {
        let settings = &project.settings;
        if settings.auth.cursor_keys.is_empty() {
            tracing::warn!("auth.cursor_keys is empty: cursors are sealed with a random key and end with this process");
        }
        Ok(Self {
            authenticator: Authenticator::new(&settings.auth),
            cursors: CursorKeys::new(&settings.auth.cursor_keys).map_err(Fault::internal)?,
            cache: Arc::new(Cache::new(settings.cache.memory)),
            slots: Arc::new(Semaphore::new(settings.engine.concurrency)),
            project,
            engine,
            spool,
        })
    }

    /// First stage: who calls?
    ///
    /// # Errors
    /// Missing or bad credentials.
    pub fn authenticate(self: &Arc<Self>, credentials: &Credentials) -> Result<Authenticated, Fault> {
        Ok(self.enter(self.authenticator.authenticate(credentials)?))
    }

    /// The command line's way in: the project's owner needs no key.
    #[must_use]
    pub fn as_owner(self: &Arc<Self>) -> Authenticated {
        self.enter(Principal::owner())
    }

    /// Forgets the results that are kept of what `target` names, and those that are being made. How many there were.
    ///
    /// # Errors
    /// [`Code::UnknownQuery`], [`Code::UnknownVersion`], [`Code::UnknownName`].
    pub fn invalidate(&self, target: &Target) -> Result<u64, Fault> {
        let project = &self.project;
        let is_known = match target {
            Target::Source(name) => project.sources.iter().any(|source| source.name == *name),
            target => project.queries.values().any(|query| target.means(query)),
        };
        if is_known {
            return Ok(self.cache.invalidate(target));
        }
        Err(match target {
            Target::Query(name, None) => Fault::new(Code::UnknownQuery, format!("no query is named `{name}`")),
            Target::Query(name, Some(version)) => {
                Fault::new(Code::UnknownVersion, format!("there is no version {version} of a query `{name}`"))
            }
            Target::Source(name) => Fault::new(Code::UnknownName, format!("no source is named `{name}`")),
            Target::Tag(tag) => Fault::new(Code::UnknownName, format!("no query has the tag `{tag}`")),
        })
    }

    fn enter(self: &Arc<Self>, principal: Principal) -> Authenticated {
        Authenticated { road: Arc::clone(self), principal, began: Instant::now() }
    }
}
