//! `images gc --format json`.

use serde::Serialize;

/// `images gc --format json`.
#[derive(Debug, Clone, Serialize)]
pub struct Gc {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION).
    pub version: u32,
    /// The engine whose store it is about.
    pub engine: String,
    /// Whether it was done.
    pub executed: bool,
    /// How young what nothing needs may be and stay, in seconds.
    pub keep_for: u64,
    /// The images of this workspace's namespace, by name.
    pub images: Vec<GcImage>,
    /// How many names go.
    pub removed: usize,
    /// How many bytes that frees at most: layers that others share stay.
    pub bytes: u64,
    /// How many bytes went of the built-in engine's layout and of `target/images`.
    pub swept: u64,
}

/// One image.
#[derive(Debug, Clone, Serialize)]
pub struct GcImage {
    /// The name that has its key.
    pub name: String,
    /// The engine's id.
    pub id: String,
    /// `keep`; `remove`: the image goes; `untag`: only this name does.
    pub action: &'static str,
    /// Why it is kept: `current`, `version`, `referenced`, `young`, `parent`, `in-use` or `refused`.
    pub reason: Option<&'static str>,
    /// The same in words.
    pub message: Option<String>,
    /// Its size in bytes, where it was asked for.
    pub size: Option<u64>,
    /// How many seconds ago it was built or tagged, where that is known.
    pub age: Option<u64>,
}
