//! Lists and reads what lies below a root.

use std::fs;
use std::io::ErrorKind;

use camino::Utf8Path;

use crate::failure::{Failure, io};

/// The names of the folders in `folder`, none where there is no such folder. Hidden ones and the root's `target` are
/// passed over, as the tool does.
pub(crate) fn subfolders(root: &Utf8Path, folder: &Utf8Path) -> Result<Vec<String>, Failure> {
    let path = root.join(folder);
    let listing = match fs::read_dir(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(io("list", &path))?,
    };
    let folders = listing.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
    let is_meant = |name: &String| !name.starts_with('.') && (name != "target" || folder != "");
    Ok(names.filter(is_meant).collect())
}

/// The text of a file; `None` where there is none.
pub(crate) fn read(path: &Utf8Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        text => text.map(Some).map_err(io("read", path)),
    }
}
