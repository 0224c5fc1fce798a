//! Reads the project's text files and folders; what cannot be read is a problem of that file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::model::{Place, Problem, Problems};

/// The text of `file`, a path relative to `directory`, without a byte order mark. Text must be UTF-8.
pub fn read_text(directory: &Path, file: &Path, problems: &mut Problems) -> Option<String> {
    let bytes = match fs::read(directory.join(file)) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.push(Problem::error(Place::start_of(file), format!("cannot read the file: {error}")));
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let valid = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            let line = valid.matches('\n').count() + 1;
            let column = valid.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let place = Place { file: file.into(), line, column };
            problems.push(Problem::error(place, "the file is not UTF-8 text").hint("save it as UTF-8"));
            None
        }
    }
}

/// What `folder`, a path relative to `directory`, holds: paths relative to `directory`, sorted, and whether each is a
/// folder. Hidden entries are left out. `None` when there is no such folder.
pub fn list(directory: &Path, folder: &Path, problems: &mut Problems) -> Option<Vec<(PathBuf, bool)>> {
    let read = || -> io::Result<Vec<(PathBuf, bool)>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory.join(folder))? {
            let entry = entry?;
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                entries.push((folder.join(entry.file_name()), entry.path().is_dir()));
            }
        }
        entries.sort();
        Ok(entries)
    };
    match read() {
        Ok(entries) => Some(entries),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            problems.push(Problem::error(Place::start_of(folder), format!("cannot read the folder: {error}")));
            None
        }
    }
}
