//! `images clean --format json`.

use serde::Serialize;

/// `images clean --format json`.
#[derive(Debug, Clone, Serialize)]
pub struct Clean {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION).
    pub version: u32,
    /// Whether it was done.
    pub executed: bool,
    /// What goes, by path.
    pub paths: Vec<CleanedPath>,
    /// How many files that is.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
}

/// A file or a folder.
#[derive(Debug, Clone, Serialize)]
pub struct CleanedPath {
    /// Relative to the root.
    pub path: String,
    /// How many files it has; 1 if it is one.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
}
