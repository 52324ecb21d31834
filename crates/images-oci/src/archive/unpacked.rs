//! An archive's files, in a folder under names of ours: the archive's own names never become paths.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use tar::{Archive, EntryType};
use tempfile::TempDir;

use super::ArchiveError;

/// How many links may follow on each other.
const LINKS: usize = 10;
/// The largest document in bytes.
const DOCUMENT_LIMIT: u64 = 64 << 20;

/// An archive's files.
pub(super) struct Unpacked {
    folder: TempDir,
    /// By their paths in the archive.
    files: HashMap<Utf8PathBuf, Utf8PathBuf>,
    /// Which path another one stands for. Older archives have links instead of a layer for the second time.
    links: HashMap<Utf8PathBuf, Utf8PathBuf>,
}

impl Unpacked {
    /// Takes an archive's files out of it, into a folder in `scratch` that goes with the result.
    ///
    /// # Errors
    /// It is no archive, or not a whole one; or the folder cannot be written.
    pub(super) fn from(archive: impl Read, scratch: &Utf8Path) -> Result<Self, ArchiveError> {
        let folder = tempfile::Builder::new().prefix("archive-").tempdir_in(scratch);
        let folder = folder.map_err(ArchiveError::io("read"))?;
        let mut unpacked = Self { folder, files: HashMap::new(), links: HashMap::new() };
        let mut archive = Archive::new(archive);
        for entry in archive.entries().map_err(ArchiveError::io("read"))? {
            unpacked.add(entry.map_err(malformed)?)?;
        }
        Ok(unpacked)
    }

    fn add(&mut self, mut entry: tar::Entry<'_, impl Read>) -> Result<(), ArchiveError> {
        let path = entry.path().map_err(malformed)?.into_owned();
        let path = Utf8PathBuf::try_from(path).map_err(|error| ArchiveError::malformed(error.to_string()))?;
        match entry.header().entry_type() {
            EntryType::Regular => {
                let place = self.folder.path().join(self.files.len().to_string());
                let place = Utf8PathBuf::try_from(place).expect("it is below a path of text");
                let mut file = File::create_new(&place).map_err(ArchiveError::io("read"))?;
                io::copy(&mut entry, &mut file).map_err(malformed)?;
                self.files.insert(plain(&path), place);
            }
            EntryType::Symlink | EntryType::Link => {
                let target = entry.link_name().map_err(malformed)?.unwrap_or_default().into_owned();
                let target = Utf8PathBuf::try_from(target)
                    .map_err(|error| ArchiveError::malformed(error.to_string()))?;
                let is_relative = entry.header().entry_type() == EntryType::Symlink;
                let start = path.parent().filter(|_| is_relative).unwrap_or(Utf8Path::new(""));
                self.links.insert(plain(&path), plain(&start.join(target)));
            }
            _ => {}
        }
        Ok(())
    }

    /// Where the file with this path in the archive is.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn file(&self, path: &str) -> Result<&Utf8Path, ArchiveError> {
        let mut place = plain(Utf8Path::new(path));
        for _ in 0..LINKS {
            if let Some(file) = self.files.get(&place) {
                return Ok(file);
            }
            let Some(target) = self.links.get(&place) else { break };
            place = target.clone();
        }
        Err(ArchiveError::malformed(format!("it has no `{path}`")))
    }

    /// The bytes of the document with this path.
    ///
    /// # Errors
    /// There is none, or one that is too large.
    pub(super) fn document(&self, path: &str) -> Result<Vec<u8>, ArchiveError> {
        let file = self.file(path)?;
        let size = fs::metadata(file).map_err(ArchiveError::io("read"))?.len();
        if size > DOCUMENT_LIMIT {
            return Err(ArchiveError::malformed(format!("`{path}` has {size} bytes")));
        }
        fs::read(file).map_err(ArchiveError::io("read"))
    }
}

fn malformed(error: io::Error) -> ArchiveError {
    ArchiveError::malformed(error.to_string())
}

/// A path without `.`, `..` and a leading slash.
fn plain(path: &Utf8Path) -> Utf8PathBuf {
    path.components().fold(Utf8PathBuf::new(), |mut plain, component| {
        match component {
            Utf8Component::Normal(name) => plain.push(name),
            Utf8Component::ParentDir => drop(plain.pop()),
            _ => {}
        }
        plain
    })
}
