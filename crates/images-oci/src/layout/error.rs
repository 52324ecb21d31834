//! What can be wrong with a layout.

use std::io;
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::layer::LayerError;
use crate::model::Digest;

/// What can be wrong with a layout. Everything in it can be made again, so the help is mostly to delete.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LayoutError {
    /// The file system refused something.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// On which file.
        path: Utf8PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The folder is none, or its marker is unreadable.
    #[error("{path} is no OCI layout: its `oci-layout` file is absent or malformed")]
    NoLayout {
        /// The folder.
        path: Utf8PathBuf,
    },
    /// Somebody else's layout of the future.
    #[error(
        "the OCI layout {path} has version {version}, and only 1.0.0 is known: use another folder, or delete it"
    )]
    Version {
        /// The folder.
        path: Utf8PathBuf,
        /// Its version.
        version: String,
    },
    /// A blob that there should be.
    #[error("the blob {path} is absent: build or pull again what refers to it")]
    Absent {
        /// Its file.
        path: Utf8PathBuf,
    },
    /// A blob that is not what its name says. Where its size is right, so that nothing but reading it shows the damage, it
    /// was removed.
    #[error("the blob {path} is damaged: {reason}; build again, and it is made or pulled anew")]
    Damaged {
        /// Its file.
        path: Utf8PathBuf,
        /// Its digest.
        digest: Digest,
        /// How that was seen.
        reason: String,
    },
    /// A document that no tool writes.
    #[error(
        "the document {path} would be {size} bytes, and a manifest, index or configuration has at most {limit}"
    )]
    TooLarge {
        /// The blob's file.
        path: Utf8PathBuf,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// A blob of another kind than was expected.
    #[error("{digest} has the media type `{found}`, expected {expected}")]
    MediaType {
        /// Its digest.
        digest: Digest,
        /// What it is.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A document that is not what its media type says.
    #[error("{path} is malformed: {reason}")]
    Malformed {
        /// Its file.
        path: Utf8PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An index without an image for a platform.
    #[error("{name} has no image for {platform}")]
    Platform {
        /// The index's name.
        name: String,
        /// The platform.
        platform: String,
    },
    /// A layer cannot be written or read.
    #[error(transparent)]
    Layer(Arc<LayerError>),
}

impl LayoutError {
    /// For `map_err` behind an operation on a file.
    pub(crate) fn io(action: &'static str, path: impl Into<Utf8PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source: Arc::new(source) }
    }
}

impl From<LayerError> for LayoutError {
    fn from(error: LayerError) -> Self {
        Self::Layer(Arc::new(error))
    }
}
