//! What is at a path.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::layer::{Content, Kind, Meta, Special};

/// What is at a path. Two paths whose nodes are one ([`Arc::ptr_eq`]) are hard links of each other.
#[derive(Debug, Clone)]
pub struct Node {
    /// Mode, owner, time and attributes.
    pub meta: Meta,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// A folder, with what is in it, in the order of bytes.
    Folder(BTreeMap<String, Arc<Node>>),
    /// A file.
    File {
        /// How many bytes it has.
        size: u64,
        /// Where they are.
        content: Content,
    },
    /// A symbolic link, with what it holds.
    Symlink(String),
    /// A device or a named pipe.
    Special(Special),
}

impl Node {
    /// A node. A symbolic link has the mode 0777, whatever an archive says: on Linux there is no other.
    pub fn new(mut meta: Meta, kind: NodeKind) -> Self {
        if matches!(kind, NodeKind::Symlink(_)) {
            meta.mode = 0o777;
        }
        Self { meta, kind }
    }

    /// An empty folder.
    pub fn folder(meta: Meta) -> Self {
        Self { meta, kind: NodeKind::Folder(BTreeMap::new()) }
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        matches!(self.kind, NodeKind::Folder(_))
    }

    /// What is in the folder; of anything else, nothing.
    pub fn children(&self) -> impl Iterator<Item = (&str, &Arc<Node>)> {
        let children = if let NodeKind::Folder(children) = &self.kind { Some(children) } else { None };
        children.into_iter().flatten().map(|(name, node)| (name.as_str(), node))
    }

    /// As the kind of an entry.
    pub fn entry_kind(&self) -> Kind {
        match &self.kind {
            NodeKind::Folder(_) => Kind::Folder,
            NodeKind::File { size, content } => Kind::File { size: *size, content: content.clone() },
            NodeKind::Symlink(target) => Kind::Symlink { target: target.clone() },
            NodeKind::Special(special) => Kind::Special(*special),
        }
    }
}
