//! The road of every request, whatever its door: authenticate → resolve → grant → bind → plan → execute. Each stage
//! gives a type that only this room can build and that the next one takes, so none can be skipped.
//!
//! [`Road::authenticate`] gives an [`Authenticated`] caller, `resolve` a [`Resolved`] query, `grant` the leave to run it
//! ([`Granted`]), `bind` typed values ([`Bound`]), `plan` a plan ([`Planned`]), `execute` an [`Answer`].

mod admit;
mod bind;
mod bound;
pub mod cursor;
mod execute;
mod page;
mod row;
mod stream;

use std::sync::Arc;

use tokio::{sync::Semaphore, time::Instant};

use crate::{
    auth::{Authenticator, Credentials, Principal},
    catalog::Project,
    engine::Engine,
    model::Fault,
};
use cursor::CursorKeys;

pub use admit::{Authenticated, Granted, Resolved};
pub use bind::Parameters;
pub use bound::{Bound, DEFAULT_LIMIT, Want};
pub use execute::{Answer, Body, Planned};
pub use page::{Consistency, End, MAX_BYTES, Page};
pub use stream::{IDLE, Rows};

/// What all requests share.
#[derive(Debug)]
pub struct Road {
    project: Arc<Project>,
    engine: Arc<Engine>,
    authenticator: Authenticator,
    cursors: CursorKeys,
    slots: Arc<Semaphore>,
}

impl Road {
    /// Over a project and its engine.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub fn new(project: Arc<Project>, engine: Arc<Engine>) -> Result<Self, Fault> {
        let settings = &project.settings;
        if settings.auth.cursor_keys.is_empty() {
            tracing::warn!("auth.cursor_keys is empty: cursors are sealed with a random key and end with this process");
        }
        Ok(Self {
            authenticator: Authenticator::new(&settings.auth),
            cursors: CursorKeys::new(&settings.auth.cursor_keys).map_err(Fault::internal)?,
            slots: Arc::new(Semaphore::new(settings.engine.concurrency)),
            project,
            engine,
        })
    }

    /// First stage: who calls?
    ///
    /// # Errors
    /// Missing or bad credentials.
    pub fn authenticate(&self, credentials: &Credentials) -> Result<Authenticated<'_>, Fault> {
        Ok(self.enter(self.authenticator.authenticate(credentials)?))
    }

    /// The command line's way in: the project's owner needs no key.
    #[must_use]
    pub fn as_owner(&self) -> Authenticated<'_> {
        self.enter(Principal::owner())
    }

    fn enter(&self, principal: Principal) -> Authenticated<'_> {
        Authenticated { road: self, principal, began: Instant::now() }
    }
}
