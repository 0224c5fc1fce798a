//! The driver's handle of one database, which all connections share.

use std::{
    fs::Metadata,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use adbc_core::{
    Database as _, Driver as _, Statement as _,
    error::{Error, Result, Status},
    options::{OptionDatabase, OptionValue},
    Connection as _,
};
use adbc_driver_manager::{ManagedConnection, ManagedDatabase, ManagedDriver};

use crate::config::{Secret, source::AdbcConfig};

/// A database that is opened when it is needed first. A file that was replaced is opened anew.
pub struct Database {
    driver: ManagedDriver,
    options: Vec<(String, Secret)>,
    file: Option<PathBuf>,
    settings: &'static [&'static str],
    open: Mutex<Option<Open>>,
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
        Self { driver, options, file, settings, open: Mutex::new(None) }
    }

    /// The file as it is now; `None` where there is no file.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn stamp(&self) -> Result<Option<Stamp>> {
        self.file.as_deref().map(Stamp::of).transpose()
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

    fn open(&self) -> Result<Open> {
        let stamp = self.stamp()?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = open.as_ref().filter(|open| open.stamp == stamp) {
            return Ok(open.clone());
        }
        let file = self.file.as_ref().map(|file| {
            let file = file.to_string_lossy().into_owned();
            [("path".to_owned(), file), ("access_mode".to_owned(), "READ_ONLY".to_owned())]
        });
        let file = file.into_iter().flatten();
        let given = self.options.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
        let options = given.chain(file).map(|(name, value)| {
            (OptionDatabase::from(name.as_str()), OptionValue::String(value))
        });
        let handle = self.driver.clone().new_database_with_opts(options)?;
        Ok(open.insert(Open { handle, stamp }).clone())
    }
}

impl Stamp {
    fn of(file: &Path) -> Result<Self> {
        let metadata: Metadata = file
            .metadata()
            .map_err(|error| Error::with_message_and_status(format!("{}: {error}", file.display()), Status::NotFound))?;
        Ok(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(&metadata),
        })
    }
}
