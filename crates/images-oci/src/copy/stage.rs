//! The file system that is copied into, and what was changed in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::path::{join, split};
use super::{CopyError, Owner};
use crate::layer::{Entry, Kind, Meta};
use crate::tree::{Node, Tree};

/// A tree with a record of what was changed.
pub(super) struct Stage {
    tree: Tree,
    changed: BTreeSet<String>,
    /// Folders that were taken away, whatever came in their place.
    removed: BTreeSet<String>,
    /// Of folders that are made on the way.
    mtime: i64,
}

impl Stage {
    pub(super) fn new(tree: Tree, mtime: i64) -> Self {
        Self { tree, changed: BTreeSet::new(), removed: BTreeSet::new(), mtime }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(super) fn get(&self, path: &str) -> Option<&Arc<Node>> {
        self.tree.get(path)
    }

    pub(super) fn is_folder(&self, path: &str) -> bool {
        self.get(path).is_some_and(|node| node.is_folder())
    }

    pub(super) fn put(&mut self, path: &str, node: Arc<Node>) -> Result<(), CopyError> {
        check_name(path)?;
        self.changed.insert(path.to_owned());
        self.tree.put(path, node);
        Ok(())
    }

    /// Makes another name of what is by the name `first`. Owner, mode and time of the link become those of all its names,
    /// since they are one file.
    pub(super) fn link(
        &mut self,
        first: &str,
        path: &str,
        linked: &Arc<Node>,
        meta: &Meta,
    ) -> Result<(), CopyError> {
        let xattrs = linked.meta.xattrs.iter().chain(&meta.xattrs);
        let meta = Meta {
            xattrs: xattrs.map(|(key, value)| (key.clone(), value.clone())).collect(),
            ..meta.clone()
        };
        let node = Node::new(meta, linked.kind.clone());
        if node.meta == linked.meta {
            return self.put(path, Arc::clone(linked));
        }
        let node = Arc::new(node);
        let is_name = |name: &&String| self.get(name).is_some_and(|other| Arc::ptr_eq(other, linked));
        let names: Vec<String> = self.changed.iter().filter(is_name).cloned().collect();
        for name in names.iter().map(String::as_str).chain([first, path]) {
            self.put(name, Arc::clone(&node))?;
        }
        Ok(())
    }

    pub(super) fn set_folder(&mut self, path: &str, meta: Meta) -> Result<(), CopyError> {
        check_name(path)?;
        self.changed.insert(path.to_owned());
        self.tree.set_folder(path, meta);
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &str) {
        if self.tree.remove(path).is_some_and(|node| node.is_folder()) {
            self.removed.insert(path.to_owned());
        }
    }

    /// Makes a folder and those on the way to it, as `MkdirAll` of
    /// <https://github.com/tonistiigi/fsutil/blob/master/copy/mkdir.go>. The path is resolved already.
    pub(super) fn make_folders(&mut self, path: &str, owner: Option<Owner>) -> Result<(), CopyError> {
        let mut made = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            made = join(&made, part);
            match self.get(&made) {
                Some(node) if node.is_folder() => {}
                Some(_) => return Err(CopyError::NoFolder { path: made }),
                None => {
                    let mut meta = Meta::new(0o755, self.mtime);
                    if let Some(owner) = owner {
                        (meta.uid, meta.gid) = (owner.uid, owner.gid);
                    }
                    self.set_folder(&made, meta)?;
                }
            }
        }
        Ok(())
    }

    /// The layer that makes the change: what was changed and the folders on the way to it, in the order of bytes. Those
    /// are in it although nothing changed in them: without them, engines that unpack each layer by itself would give
    /// them a mode and an owner of their own.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        let mut paths = BTreeSet::new();
        for path in self.changed.iter().filter(|path| self.tree.get(path).is_some()) {
            let mut path = path.as_str();
            while paths.insert(path) && !split(path).0.is_empty() {
                path = split(path).0;
            }
        }
        let mut first_names: BTreeMap<*const Node, &str> = BTreeMap::new();
        let mut entries = Vec::new();
        for path in paths {
            let Some(node) = self.tree.get(path) else { continue };
            let mut kind = node.entry_kind();
            if !node.is_folder() {
                let first = *first_names.entry(Arc::as_ptr(node)).or_insert(path);
                if first != path {
                    kind = Kind::Hardlink { target: first.to_owned() };
                }
            }
            entries.push(Entry { path: path.to_owned(), kind, meta: node.meta.clone() });
            if node.is_folder() && self.removed.contains(path) {
                entries.push(Entry { path: path.to_owned(), kind: Kind::Opaque, meta: Meta::default() });
            }
        }
        entries
    }
}

/// What is a whiteout by its name cannot be in a layer.
fn check_name(path: &str) -> Result<(), CopyError> {
    if split(path).1.starts_with(".wh.") {
        return Err(CopyError::Marker { path: path.to_owned() });
    }
    Ok(())
}
