//! The driver's handle of one database, which all connections share.
//!
//! A file that was replaced is still the old one to the handle that has it open: statements of one listing read one file.
//! The next listing opens the new one.

use std::{
    fs::Metadata,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use adbc_core::{
    Connection as _, Database as _, Driver as _, Statement as _,
    error::{Error, Result, Status},
    options::{OptionDatabase, OptionValue},
};
use adbc_driver_manager::{ManagedConnection, ManagedDatabase, ManagedDriver};

use crate::config::{Secret, source::AdbcConfig};

/// Parts of the names of options that hold secrets.
const HIDDEN: &[&str] = &["password", "passphrase", "token", "secret", "key", "credential", "uri", "url", "auth"];

/// A database that is opened when it is needed first.
pub struct Database {
    driver: ManagedDriver,
    options: Vec<(String, Secret)>,
    file: Option<PathBuf>,
    settings: &'static [&'static str],
    open: Mutex<Option<Open>>,
    /// Held by the thread that opens, which takes long: nobody waits for it who must not block.
    opening: Mutex<()>,
}

/// An open handle, and the file that it has open.
#[derive(Clone)]
struct Open {
    handle: ManagedDatabase,
    stamp: Option<Stamp>,
}

/// By which one file is told from another under the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    #[cfg(unix)]
    inode: u64,
}

impl Database {
    /// Opens nothing. `settings` are statements that each connection begins with.
    pub fn new(driver: ManagedDriver, config: &AdbcConfig, settings: &'static [&'static str]) -> Self {
        let options = config.options.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect();
        let file = config.database.as_ref().map(|file| file.value.clone());
        Self { driver, options, file, settings, open: Mutex::default(), opening: Mutex::default() }
    }

    /// `text` without what of the options nobody may see: a driver may repeat what it was given.
    pub fn redacted(&self, mut text: String) -> String {
        let is_hidden = |name: &str| HIDDEN.iter().any(|part| name.contains(part));
        for (_, value) in self.options.iter().filter(|(name, value)| is_hidden(name) && !value.expose().is_empty()) {
            text = text.replace(value.expose(), "REDACTED");
            let url = url::Url::parse(value.expose()).ok();
            if let Some(password) = url.as_ref().and_then(url::Url::password).filter(|password| !password.is_empty()) {
                text = text.replace(password, "REDACTED");
            }
        }
        text
    }

    /// The file that is open; `None` where none is.
    pub fn stamp(&self) -> Option<Stamp> {
        self.current().as_ref().and_then(|open| open.stamp)
    }

    /// Forgets the handle of a file that was replaced. Its connections keep it. Blocks.
    ///
    /// # Errors
    /// The file cannot be looked at.
    pub fn renew(&self) -> Result<()> {
        let stamp = self.file.as_deref().map(Stamp::of).transpose()?;
        let replaced = self.current().take_if(|open| open.stamp != stamp);
        // Closed after everybody may look at what is open again.
        drop(replaced);
        Ok(())
    }

    /// A new connection, and the file that it reads. Blocks.
    pub fn connect(&self) -> Result<(ManagedConnection, Option<Stamp>)> {
        let Open { handle, stamp } = self.open()?;
        let mut connection = handle.new_connection()?;
        for setting in self.settings {
            let mut statement = connection.new_statement()?;
            statement.set_sql_query(setting)?;
            statement.execute_update()?;
        }
        Ok((connection, stamp))
    }

    fn current(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<Open> {
        let _opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = self.current().as_ref() {
            return Ok(open.clone());
        }
        let stamp = self.file.as_deref().map(Stamp::of).transpose()?;
        let file = self.file.as_ref().map(|file| {
            let file = file.to_string_lossy().into_owned();
            [("path".to_owned(), file), ("access_mode".to_owned(), "READ_ONLY".to_owned())]
        });
        let file = file.into_iter().flatten();
        let given = self.options.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
        let options =
            given.chain(file).map(|(name, value)| (OptionDatabase::from(name.as_str()), OptionValue::String(value)));
        let handle = self.driver.clone().new_database_with_opts(options)?;
        Ok(self.current().insert(Open { handle, stamp }).clone())
    }
}

impl Stamp {
    fn of(file: &Path) -> Result<Self> {
        let metadata: Metadata = file.metadata().map_err(|error| {
            Error::with_message_and_status(format!("{}: {error}", file.display()), Status::NotFound)
        })?;
        Ok(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(&metadata),
        })
    }
}
