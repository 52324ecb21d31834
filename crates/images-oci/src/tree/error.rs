//! What can be wrong with a path in a tree.

use crate::layer::LayerError;
use crate::layout::LayoutError;

/// What can be wrong with a tree, or with a path in one.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// Links that point at each other.
    #[error("`/{path}` cannot be followed: more than 255 symbolic links are on the way")]
    Loop {
        /// The path.
        path: String,
    },
    /// A part of the path is no folder.
    #[error("`/{path}` is no folder")]
    NoFolder {
        /// The part.
        path: String,
    },
    /// A hard link to nothing.
    #[error("the layer links `/{path}` to `/{target}`, which is no file of it or below it")]
    HardLink {
        /// The link.
        path: String,
        /// What it names.
        target: String,
    },
    /// A layer cannot be read.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// A blob cannot be read.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}
