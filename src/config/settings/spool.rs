//! Reads `spool` of `aqueduct.yaml`.

use std::{path::Path, time::Duration};

use super::{
    super::{
        Location, Spanned, location,
        reader::{Fields, Value},
    },
    Spool,
};
use crate::model::{Place, Problems};

/// The folder of the project that results are kept in unless it is said otherwise.
const FOLDER: &str = "results";
/// The least that a result may be allowed: some chunks.
const MIN_RESULT: u64 = 1 << 20;
/// No cursor can be followed for longer.
const MAX_LIFETIME: Duration = Duration::from_hours(24);

/// Reads the section of `file`, which is in `directory`.
pub(super) fn read(fields: Option<Fields>, directory: &Path, file: &Path, problems: &mut Problems) -> Spool {
    let folder = Location::Directory(directory.join(FOLDER));
    let mut spool = Spool {
        location: Spanned { value: folder, place: Place::start_of(file) },
        options: Vec::new(),
        result: 1 << 30,
        total: 10 << 30,
        lifetime: Duration::from_hours(1),
    };
    let Some(mut fields) = fields else { return spool };
    let (given, options) = (fields.take("location"), fields.take("options"));
    let mut is_known = true;
    if let Some(value) = given {
        match location::read(&value, directory, problems) {
            Some(location) => spool.location = location,
            None => is_known = false,
        }
    }
    // Which options there are depends on the location.
    if let (true, Some(options)) = (is_known, options) {
        spool.options = location::read_options(options, &spool.location.value, problems);
    }
    if let Some(value) = fields.take("result") {
        match read_size(&value, problems) {
            Some(size) if size < MIN_RESULT => {
                value.refuse(format!("is less than {}MiB, the least to work with", MIN_RESULT >> 20), problems);
            }
            Some(size) => spool.result = size,
            None => {}
        }
    }
    if let Some(value) = fields.take("total") {
        match read_size(&value, problems) {
            Some(size) if size < spool.result => value.refuse("is less than `result`, that of one result", problems),
            Some(size) => spool.total = size,
            None => {}
        }
    } else {
        spool.total = spool.total.max(spool.result);
    }
    if let Some(value) = fields.take("lifetime")
        && let Some(lifetime) = value.duration(Duration::from_secs(1)..=MAX_LIFETIME, problems)
    {
        spool.lifetime = lifetime;
    }
    fields.finish(&[], problems);
    spool
}

fn read_size(value: &Value, problems: &mut Problems) -> Option<u64> {
    value.size(problems).map(|size| size.value as u64)
}
