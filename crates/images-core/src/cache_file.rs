//! Files of caches: whoever reads one sees the old or the new one as a whole.

use std::fs;
use std::io::{self, Write};

use camino::Utf8Path;

/// Puts bytes in a file's place, which another run may be reading. Folders on the way to it are made. A crash of the machine
/// may lose it, as anything in a cache may be lost.
///
/// # Errors
/// It cannot be written.
pub(crate) fn put(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
