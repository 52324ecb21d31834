//! What a context consists of.

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::{ContextEntry, ContextEntryKind};

use super::encoding;

/// The files that one Dockerfile can read, in their normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Sorted by the bytes of their paths; a folder comes before what is in it.
    pub entries: Vec<Entry>,
    /// BLAKE3 over the canonical encoding of the entries: path, kind, mode, content hash, link target.
    pub hash: [u8; 32],
    /// The modification time that every staged entry gets, in seconds since 1970. It is not part of the hash.
    pub epoch: i64,
    /// The folder on the host that the entries were read from.
    folder: Utf8PathBuf,
}

/// One file, folder or link of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the context's root, with `/` between its parts.
    pub path: String,
    /// The permission bits that the image sees.
    pub mode: u32,
    /// What it is.
    pub kind: EntryKind,
    /// Where it is read from, if that is not its place in the context's folder.
    pub(super) origin: Option<Box<Utf8Path>>,
}

/// What an [`Entry`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A regular file.
    File {
        /// Its length in bytes.
        size: u64,
        /// The BLAKE3 hash of its bytes.
        hash: [u8; 32],
    },
    /// A symbolic link, which is stored and never followed.
    Link {
        /// What it says, byte for byte.
        target: String,
    },
}

impl Context {
    pub(super) fn new(entries: Vec<Entry>, folder: &Utf8Path, epoch: i64) -> Self {
        let hash = encoding::hash(&entries);
        Self { entries, hash, epoch, folder: folder.to_owned() }
    }

    /// The name of the folder that the context is staged in: the hash in hexadecimal digits. Times are no part of the
    /// hash but are seen in a stage, so another epoch than [`super::EPOCH`] gives another name.
    pub fn stage_name(&self) -> String {
        let hash = if self.epoch == super::EPOCH {
            self.hash
        } else {
            *blake3::Hasher::new().update(&self.hash).update(&self.epoch.to_le_bytes()).finalize().as_bytes()
        };
        blake3::Hash::from_bytes(hash).to_hex().to_string()
    }

    /// How many bytes its files have.
    pub fn size(&self) -> u64 {
        let size = |entry: &Entry| match entry.kind {
            EntryKind::File { size, .. } => size,
            EntryKind::Folder | EntryKind::Link { .. } => 0,
        };
        self.entries.iter().map(size).sum()
    }

    /// The entries as an engine takes them that reads the files at their places.
    pub fn for_engine(&self) -> Vec<ContextEntry> {
        let entry = |entry: &Entry| ContextEntry {
            path: entry.path.clone(),
            mode: entry.mode,
            kind: match &entry.kind {
                EntryKind::Folder => ContextEntryKind::Folder,
                EntryKind::File { size, hash } => {
                    ContextEntryKind::File { place: self.host_path(entry), size: *size, hash: *hash }
                }
                EntryKind::Link { target } => ContextEntryKind::Link { target: target.clone() },
            },
        };
        self.entries.iter().map(entry).collect()
    }

    /// Where an entry is read from on the host.
    pub fn host_path(&self, entry: &Entry) -> Utf8PathBuf {
        entry.origin.as_deref().map_or_else(|| self.folder.join(&entry.path), Utf8Path::to_owned)
    }
}
