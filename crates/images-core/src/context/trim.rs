//! Removing stages that were not used for long.

use std::collections::HashSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::Utf8Path;

/// What the names of removed stages begin with until they are gone.
const REMOVED: &str = ".trim-";

/// Removes what `stages` holds and was not used for longer than `max_age`, unless its name up to the first dot is one
/// of `keep` (see [`super::Context::stage_name`]). What is used is told by the change time, which [`super::stage()`]
/// renews. Gives the number of removed files and folders.
///
/// # Errors
/// Those of the operating system; a missing folder is none.
pub fn trim(stages: &Utf8Path, keep: &HashSet<String>, max_age: Duration) -> io::Result<usize> {
    trim_at(stages, keep, max_age, SystemTime::now())
}

/// The same, at another time than now.
pub(super) fn trim_at(
    stages: &Utf8Path,
    keep: &HashSet<String>,
    max_age: Duration,
    now: SystemTime,
) -> io::Result<usize> {
    let entries = match stages.read_dir_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().split('.').next().unwrap_or_default();
        if !keep.contains(name) && is_older(entry.path(), max_age, now)? {
            discard(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Whether the change time is more than `max_age` ago. What is gone is not old.
fn is_older(path: &Utf8Path, max_age: Duration, now: SystemTime) -> io::Result<bool> {
    let metadata = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        metadata => metadata?,
    };
    let seconds = Duration::from_secs(metadata.ctime().max(0).cast_unsigned());
    let changed = UNIX_EPOCH + seconds + Duration::from_nanos(metadata.ctime_nsec().cast_unsigned());
    Ok(now.duration_since(changed).is_ok_and(|age| age > max_age))
}

/// Removes a file or folder. It loses its name first, so that no half of a stage is ever taken for the whole.
pub(crate) fn discard(path: &Utf8Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let removed = tempfile::Builder::new().prefix(REMOVED).tempdir_in(folder)?;
    match fs::rename(path, removed.path().join("removed")) {
        // Another process removed it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        renamed => renamed?,
    }
    let place = removed.keep();
    fs::remove_dir_all(&place).or_else(|_| {
        make_removable(&place)?;
        fs::remove_dir_all(&place)
    })
}

/// Lets the owner remove what is in the folders, whose modes may be preserved ones.
fn make_removable(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_removable(&entry.path())?;
        }
    }
    Ok(())
}
