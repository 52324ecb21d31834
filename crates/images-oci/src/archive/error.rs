//! What can be wrong with an archive.

use std::io;

use crate::layout::LayoutError;

/// What can be wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is no archive of images, or not a whole one.
    #[error("this is no whole archive of images: {reason}; save it again")]
    Malformed {
        /// What was seen.
        reason: String,
    },
    /// It cannot be read or written.
    #[error("cannot {action} an archive of images: {source}")]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Something is wrong with the layout.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

impl ArchiveError {
    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed { reason: reason.into() }
    }

    pub(super) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
