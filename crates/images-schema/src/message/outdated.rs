//! `images outdated --format json`.

use serde::Serialize;

/// The whole document.
#[derive(Debug, Clone, Serialize)]
pub struct Outdated {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION).
    pub version: u32,
    /// What is newer in its registry than in Images.lock, by name.
    pub images: Vec<OutdatedImage>,
}

/// One image.
#[derive(Debug, Clone, Serialize)]
pub struct OutdatedImage {
    /// Its full name: `docker.io/library/debian:bookworm`.
    pub reference: String,
    /// The digest in Images.lock, or the id of a local image.
    pub locked: String,
    /// The digest in the registry.
    pub latest: String,
}
