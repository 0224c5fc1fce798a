//! The objects of results, in a directory or an object store.
//!
//! ```text
//! 01763683200000-0f3a…/          a result: when it expires (Unix time, milliseconds), and its random bits
//!   schema.arrow                 its columns
//!   rows-00000000000000065536    a chunk, named by the number of the row behind its last
//!   rows-00000000000000131072
//!   state.json                   how far its run is
//!   touch                        written by servers that ask for it and do not run it
//! ```

use std::{
    collections::HashMap,
    fs,
    io::{self, Write as _},
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload, path::Path};
use tokio::task::spawn_blocking;

use super::{ResultId, faults};
use crate::{
    config::{Location, Spanned, settings},
    model::{Fault, Problem},
    store,
};

/// Where results are.
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// Where they are files: written by this room, which knows whom to let read them.
    directory: Option<PathBuf>,
}

/// An object of a result.
#[derive(Clone, Copy, Debug)]
pub(super) enum Object {
    Schema,
    State,
    Touch,
    /// The chunk that ends before this row.
    Chunk(u64),
}

/// Tells one writing of an object from the next.
pub(super) type Version = (DateTime<Utc>, Option<String>);

const CHUNK: &str = "rows-";
/// As many as the largest number has.
const DIGITS: usize = 20;

impl Object {
    fn of(self, id: &ResultId) -> Path {
        let name = match self {
            Self::Schema => "schema.arrow".to_owned(),
            Self::State => "state.json".to_owned(),
            Self::Touch => "touch".to_owned(),
            Self::Chunk(end) => format!("{CHUNK}{end:0DIGITS$}"),
        };
        Path::from_iter([id.name(), name])
    }
}

impl Objects {
    /// Opens the location. Connects to nothing and makes nothing.
    pub fn open(settings: &settings::Spool) -> Result<Self, Problem> {
        let mut location = settings.location.clone();
        let directory = match &mut location.value {
            Location::Directory(directory) => {
                *directory = resolve(directory);
                Some(directory.clone())
            }
            Location::Url(_) => None,
        };
        let Spanned { place, .. } = &location;
        if directory.as_ref().is_some_and(|directory| directory.exists() && !directory.is_dir()) {
            return Err(Problem::error(place.clone(), "`location` is a file, not a directory"));
        }
        Ok(Self { store: store::open(&location, &settings.options)?, directory })
    }

    /// Uses a store of a test.
    #[cfg(test)]
    pub fn within(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, directory: None }
    }

    /// Writes an object whole, in the place of the one before.
    pub async fn put(&self, id: &ResultId, object: Object, bytes: Bytes) -> Result<(), Fault> {
        let path = object.of(id);
        let Some(directory) = &self.directory else {
            let written = self.store.put(&path, PutPayload::from_bytes(bytes)).await;
            return written.map(drop).map_err(faults::down);
        };
        let file = directory.join(path.as_ref());
        spawn_blocking(move || write(&file, &bytes)).await.map_err(Fault::internal)?.map_err(faults::down)
    }

    /// Reads an object, if it is there.
    pub async fn get(&self, id: &ResultId, object: Object) -> Result<Option<Bytes>, Fault> {
        let bytes = async { self.store.get(&object.of(id)).await?.bytes().await };
        match bytes.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(faults::down(error)),
        }
    }

    /// Which writing of the object is there?
    pub async fn version(&self, id: &ResultId, object: Object) -> Result<Option<Version>, Fault> {
        match self.store.head(&object.of(id)).await {
            Ok(found) => Ok(Some((found.last_modified, found.e_tag))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(faults::down(error)),
        }
    }

    /// Where the chunks end that hold the row `from` and those behind it, in order.
    pub async fn chunks(&self, id: &ResultId, from: u64) -> Result<Vec<u64>, Fault> {
        let folder = Path::from(id.name());
        // What ends before this row does not hold it.
        let mut listing = self.store.list_with_offset(Some(&folder), &Object::Chunk(from).of(id));
        let mut ends = Vec::new();
        while let Some(found) = listing.try_next().await.map_err(faults::down)? {
            let name = found.location.filename().unwrap_or_default();
            ends.extend(name.strip_prefix(CHUNK).and_then(|digits| digits.parse::<u64>().ok()));
        }
        // Directories have no order.
        ends.sort_unstable();
        Ok(ends)
    }

    /// All results that are there, and how many bytes each has.
    pub async fn survey(&self) -> Result<HashMap<ResultId, u64>, Fault> {
        let mut results: HashMap<ResultId, u64> = HashMap::new();
        let mut listing = self.store.list(None);
        while let Some(found) = listing.try_next().await.map_err(faults::down)? {
            let folder = found.location.parts().next().and_then(|name| ResultId::from_name(name.as_ref()));
            if let Some(id) = folder {
                *results.entry(id).or_default() += found.size;
            }
        }
        // A server that crashed may leave a folder with nothing in it that a listing shows.
        if let Some(directory) = self.directory.clone() {
            let folders = spawn_blocking(move || folders(&directory)).await.map_err(Fault::internal)?;
            for id in folders.map_err(faults::down)? {
                results.entry(id).or_default();
            }
        }
        Ok(results)
    }

    /// Removes all objects of a result.
    pub async fn remove(&self, id: &ResultId) -> Result<(), Fault> {
        if let Some(directory) = &self.directory {
            let folder = directory.join(id.name());
            let removed = spawn_blocking(move || fs::remove_dir_all(folder)).await.map_err(Fault::internal)?;
            return match removed {
                // Another server was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed.map_err(faults::down),
            };
        }
        let folder = Path::from(id.name());
        let found = self.store.list(Some(&folder)).map_ok(|object| object.location).boxed();
        let mut removed = self.store.delete_stream(found);
        while let Some(removed) = removed.next().await {
            match removed {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(faults::down(error)),
            }
        }
        Ok(())
    }
}

/// The directory without `..`, which names of objects do not have. It need not be there yet: what is there of the way is
/// resolved.
fn resolve(directory: &FilePath) -> PathBuf {
    let found = directory.ancestors().find_map(|ancestor| {
        let rest = directory.strip_prefix(ancestor).ok()?;
        Some(ancestor.canonicalize().ok()?.join(rest))
    });
    // Joining nothing leaves a separator at the end.
    found.map_or_else(|| directory.to_owned(), |found| found.components().collect())
}

/// Writes a file whole, for this user alone: rows of consumers are in it.
fn write(file: &FilePath, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    let mut directories = fs::DirBuilder::new();
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        directories.mode(0o700);
        options.mode(0o600);
    }
    directories.recursive(true).create(folder)?;
    // Names of this form are left out of listings (`object_store`'s local files).
    let mut staged = file.as_os_str().to_owned();
    let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
    staged.push(format!("#{random}"));
    let written = options
        .write(true)
        .create_new(true)
        .open(&staged)
        .and_then(|mut open| open.write_all(bytes))
        .and_then(|()| fs::rename(&staged, file));
    if written.is_err() {
        // It may never have been made; a sweep removes it otherwise.
        let _ = fs::remove_file(&staged);
    }
    written
}

fn folders(directory: &FilePath) -> io::Result<Vec<ResultId>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        found.extend(entry?.file_name().to_str().and_then(ResultId::from_name));
    }
    Ok(found)
}
