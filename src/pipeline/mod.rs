//! The road of every request, whatever its door: authenticate → resolve → grant → bind → plan → execute. Each stage
//! gives a type that only this room can build and that the next one takes, so none can be skipped.
//!
//! [`Road::authenticate`] gives an [`Authenticated`] caller, `resolve` a [`Resolved`] query, `grant` the leave to run it
//! ([`Granted`]), `bind` typed values ([`Bound`]), which `answer` turns into an [`Answer`]: a [`Run`] is planned and
//! executed, or what an earlier one gave is read again.

mod admit;
mod answer;
mod bind;
mod bound;
pub mod cursor;
mod mistakes;
mod page;
mod row;
mod run;
mod shape;
mod stream;

use std::sync::Arc;

use tokio::{sync::Semaphore, time::Instant};

use crate::{
    auth::{Authenticator, Credentials, Principal},
    catalog::Project,
    engine::Engine,
    model::Fault,
    spool::Spool,
};
use cursor::CursorKeys;

pub use admit::{Authenticated, Granted, Resolved};
pub use answer::{Answer, Body};
pub use bind::Parameters;
pub use bound::{Bound, DEFAULT_LIMIT, Want, Window};
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

    fn enter(self: &Arc<Self>, principal: Principal) -> Authenticated {
        Authenticated { road: Arc::clone(self), principal, began: Instant::now() }
    }
}
