//! The file system of an image: its layers, one above the other.
//!
//! 1. [`Tree`], [`Node`]: what is where. A clone costs nothing, and a change copies only the folders on the way to it.
//! 2. Resolving: following symbolic links without leaving the root.
//! 3. Applying: entries and whiteouts of one layer above a tree.
//! 4. [`Trees`]: the trees of images in a layout, each chain of layers read once.

mod apply;
mod error;
mod node;
mod resolve;
#[cfg(test)]
mod tests;
mod trees;

use std::io;
use std::sync::Arc;

pub use error::TreeError;
pub use node::{Node, NodeKind};
pub use trees::Trees;

use crate::layer::Meta;

/// The file system of an image or stage. Paths are as those of [`crate::layer::Entry`]: no `/` at either end, the root is
/// the empty one.
#[derive(Debug, Clone)]
pub struct Tree {
    root: Arc<Node>,
}

impl Default for Tree {
    fn default() -> Self {
        Self::empty()
    }
}

impl Tree {
    /// `FROM scratch`: an empty root.
    pub fn empty() -> Self {
        Self { root: Arc::new(Node::folder(Meta::new(0o755, 0))) }
    }

    /// The tree below a folder.
    pub fn of(root: Arc<Node>) -> Self {
        Self { root }
    }

    /// Its root.
    pub fn root(&self) -> &Arc<Node> {
        &self.root
    }

    /// What is at a path; no link is followed.
    pub fn get(&self, path: &str) -> Option<&Arc<Node>> {
        parts(path).try_fold(&self.root, |node, part| match &node.kind {
            NodeKind::Folder(children) => children.get(part),
            _ => None,
        })
    }

    /// What is at a path, with all links followed.
    ///
    /// # Errors
    /// Links lead in a circle, or a part of the path is no folder.
    pub fn follow(&self, path: &str) -> Result<Option<(String, &Arc<Node>)>, TreeError> {
        let resolved = self.resolve(path)?;
        Ok(self.get(&resolved).map(|node| (resolved, node)))
    }

    /// The content of the file at a path, links followed, or `None` where there is no file.
    ///
    /// # Errors
    /// As [`Tree::follow`]; the file cannot be read, or has more than `limit` bytes.
    pub fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, TreeError> {
        let Some((_, node)) = self.follow(path)? else { return Ok(None) };
        let NodeKind::File { size, content } = &node.kind else { return Ok(None) };
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("cannot read `/{path}`: {error}"));
        let bytes = content.read(*size, limit).map_err(|error| crate::layer::LayerError::Io(named(error)))?;
        Ok(Some(bytes))
    }
}

/// The parts of a path.
fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}
