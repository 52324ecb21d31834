//! One entry of a layer.

use std::collections::BTreeMap;

use super::Content;

/// One entry of a layer, as it is written and as it is read.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it is: `/`-separated, no `/` at either end, no `.` or `..`; empty for the root folder itself. Names that
    /// are not UTF-8 are escaped, see [`super::name`].
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Its mode, owner, time and attributes. Of a hard link only the time and owner are written, and whoever reads
    /// takes those of the file.
    pub meta: Meta,
}

/// Mode, owner, time and attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// The lower 12 bits of the mode.
    pub mode: u32,
    /// The owner.
    pub uid: u64,
    /// The group.
    pub gid: u64,
    /// When it was changed last, in seconds since 1970; fractions are dropped.
    pub mtime: i64,
    /// Extended attributes: `security.capability` and the like.
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

/// What an entry is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File {
        /// How many bytes it has.
        size: u64,
        /// Where the bytes are.
        content: Content,
    },
    /// A symbolic link.
    Symlink {
        /// What it holds.
        target: String,
    },
    /// Another name of a file of the same layer.
    Hardlink {
        /// The path of that file, as in [`Entry::path`].
        target: String,
    },
    /// A device or a named pipe: only carried over from an image that has one.
    Special(Special),
    /// What lower layers have at this path is gone:
    /// <https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts>.
    Whiteout,
    /// What lower layers have below this folder is gone.
    Opaque,
}

/// What is neither folder, file nor link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// A character device.
    Character {
        /// Its major number.
        major: u32,
        /// Its minor number.
        minor: u32,
    },
    /// A block device.
    Block {
        /// Its major number.
        major: u32,
        /// Its minor number.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
}

impl Meta {
    /// Owned by root, without attributes.
    pub fn new(mode: u32, mtime: i64) -> Self {
        Self { mode, mtime, ..Self::default() }
    }
}

impl Entry {
    /// A folder.
    pub fn folder(path: impl Into<String>, meta: Meta) -> Self {
        Self { path: path.into(), kind: Kind::Folder, meta }
    }

    /// A file whose bytes are here.
    pub fn inline(path: impl Into<String>, bytes: &[u8], meta: Meta) -> Self {
        let kind = Kind::File { size: bytes.len() as u64, content: Content::Inline(bytes.into()) };
        Self { path: path.into(), kind, meta }
    }

    /// A symbolic link.
    pub fn symlink(path: impl Into<String>, target: impl Into<String>, mtime: i64) -> Self {
        Self {
            path: path.into(),
            kind: Kind::Symlink { target: target.into() },
            meta: Meta::new(0o777, mtime),
        }
    }
}
