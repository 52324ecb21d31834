//! Images in one file, as docker and podman save and load them.
//!
//! 1. [`write_archive`] writes images of a layout as an archive that is two things at once: an OCI layout, and by its
//!    `manifest.json` what `docker load` of any version reads, as `docker save` itself does it since 25.0:
//!    <https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format>.
//! 2. [`read_archive`] takes the images of such an archive, or of an older one, into a layout.

mod error;
mod read;
#[cfg(test)]
mod tests;
mod unpacked;
mod write;

use serde::{Deserialize, Serialize};

use crate::model::Descriptor;

pub use error::ArchiveError;
pub use read::read_archive;
pub use write::write_archive;

/// An image in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedImage {
    /// Points at its manifest in the layout.
    pub manifest: Descriptor,
    /// Its names with tags: `localhost/acme/python:3.11.2`.
    pub names: Vec<String>,
}

/// What docker's `manifest.json` says of one image.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerManifest {
    /// The path of the configuration in the archive.
    config: String,
    repo_tags: Option<Vec<String>>,
    /// The paths of the layers, the lowest first.
    layers: Vec<String>,
}

/// Where docker's description of all images is.
const DOCKER_MANIFEST: &str = "manifest.json";
