//! One layer above a tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Node, NodeKind, Tree, TreeError, parts};
use crate::layer::{Entry, Kind, Meta};

impl Tree {
    /// The tree with the entries of a layer above it: whiteouts first, since they are about lower layers only
    /// (<https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts>), then everything else in its
    /// order. Symbolic links are not followed: what a layer has below a name makes a folder of it, as an overlay file
    /// system does.
    ///
    /// # Errors
    /// A hard link to what there is not.
    pub fn with_layer(&self, entries: &[Entry]) -> Result<Self, TreeError> {
        let mut tree = self.clone();
        for entry in entries {
            match entry.kind {
                Kind::Whiteout => drop(tree.remove(&entry.path)),
                Kind::Opaque => tree.clear(&entry.path),
                _ => {}
            }
        }
        for entry in entries {
            tree.apply(entry)?;
        }
        Ok(tree)
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), TreeError> {
        let kind = match &entry.kind {
            Kind::Whiteout | Kind::Opaque => return Ok(()),
            Kind::Folder => {
                self.set_folder(&entry.path, entry.meta.clone());
                return Ok(());
            }
            Kind::Hardlink { target } => {
                let linked = self.get(target).filter(|node| !node.is_folder()).cloned();
                let missing = || TreeError::HardLink { path: entry.path.clone(), target: target.clone() };
                self.put(&entry.path, linked.ok_or_else(missing)?);
                return Ok(());
            }
            Kind::File { size, content } => NodeKind::File { size: *size, content: content.clone() },
            Kind::Symlink { target } => NodeKind::Symlink(target.clone()),
            Kind::Special(special) => NodeKind::Special(*special),
        };
        self.put(&entry.path, Arc::new(Node::new(entry.meta.clone(), kind)));
        Ok(())
    }

    /// Puts a node there, instead of what is there. Folders on the way are made.
    pub fn put(&mut self, path: &str, node: Arc<Node>) {
        let Some((folder, own)) = split(path) else {
            // The root stays a folder, whatever a layer says.
            return;
        };
        self.folder_mut(folder).insert(own.to_owned(), node);
    }

    /// Makes a folder there with that metadata; one that is there keeps what is in it.
    pub fn set_folder(&mut self, path: &str, meta: Meta) {
        match split(path) {
            None => Arc::make_mut(&mut self.root).meta = meta,
            Some((folder, own)) => {
                let children = self.folder_mut(folder);
                let node = children.entry(own.to_owned()).or_insert_with(new_folder);
                folder_of(node);
                Arc::make_mut(node).meta = meta;
            }
        }
    }

    /// Takes away what is there, with everything in it.
    pub fn remove(&mut self, path: &str) -> Option<Arc<Node>> {
        let (folder, own) = split(path)?;
        self.get(folder).filter(|node| node.is_folder())?;
        self.get(path)?;
        self.folder_mut(folder).remove(own)
    }

    /// Empties a folder.
    fn clear(&mut self, path: &str) {
        if self.get(path).is_some_and(|node| node.is_folder()) {
            self.folder_mut(path).clear();
        }
    }

    /// The folder at the path, made if there is none.
    fn folder_mut(&mut self, path: &str) -> &mut BTreeMap<String, Arc<Node>> {
        let mut children = folder_of(&mut self.root);
        for part in parts(path) {
            children = folder_of(children.entry(part.to_owned()).or_insert_with(new_folder));
        }
        children
    }
}

/// The folder and the name in it, or `None` for the root.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.is_empty() {
        return None;
    }
    Some(path.rsplit_once('/').unwrap_or(("", path)))
}

/// What layers do not mention is root's, as engines make it.
fn new_folder() -> Arc<Node> {
    Arc::new(Node::folder(Meta::new(0o755, 0)))
}

/// The children of a node, which becomes a folder if it is none.
fn folder_of(node: &mut Arc<Node>) -> &mut BTreeMap<String, Arc<Node>> {
    if !node.is_folder() {
        *node = new_folder();
    }
    match &mut Arc::make_mut(node).kind {
        NodeKind::Folder(children) => children,
        _ => unreachable!("it was made a folder just now"),
    }
}
