//! A file system as layers make it, with everything that a container sees but times.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use tar::{Archive, Entry, EntryType};

/// A file system, by path without the leading slash. The root itself is left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileTree {
    nodes: BTreeMap<String, Node>,
    next_inode: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Node {
    kind: Kind,
    mode: u32,
    uid: u64,
    gid: u64,
    /// Equal for names of one file.
    inode: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Folder,
    File(Vec<u8>),
    Link(String),
    Other(u8),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o} {}:{} ", self.mode, self.uid, self.gid)?;
        match &self.kind {
            Kind::Folder => write!(f, "folder"),
            Kind::Link(target) => write!(f, "link to {target}"),
            Kind::Other(kind) => write!(f, "of kind {kind}"),
            Kind::File(bytes) if bytes.len() < 40 => {
                write!(f, "file {:?}", String::from_utf8_lossy(bytes))
            }
            Kind::File(bytes) => {
                let sum = bytes.iter().fold(0_u64, |sum, byte| sum.rotate_left(5) ^ u64::from(*byte));
                write!(f, "file of {} bytes, {sum:x}", bytes.len())
            }
        }
    }
}

impl FileTree {
    /// Puts a layer on top: a tar that is not compressed.
    ///
    /// # Panics
    /// It is none.
    #[track_caller]
    pub fn apply(&mut self, layer: impl Read) {
        let mut added: Vec<String> = Vec::new();
        for entry in Archive::new(layer).entries().expect("a layer is an archive") {
            let mut entry = entry.expect("the layer is whole");
            let path = plain(&entry.path().expect("the path is text"));
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            let join =
                |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            if name == ".wh..wh..opq" {
                let below = format!("{folder}/");
                self.nodes.retain(|path, _| !path.starts_with(&below) || added.contains(path));
            } else if let Some(removed) = name.strip_prefix(".wh.") {
                self.remove(&join(removed));
            } else if !path.is_empty() {
                self.add(&mut entry, path.clone());
                added.push(path);
            }
        }
    }

    fn remove(&mut self, gone: &str) {
        let below = format!("{gone}/");
        self.nodes.retain(|path, _| path != gone && !path.starts_with(&below));
    }

    #[track_caller]
    fn add(&mut self, entry: &mut Entry<'_, impl Read>, path: String) {
        let target = || {
            let target = entry.link_name().expect("the target is text").unwrap_or_default();
            target.to_string_lossy().into_owned()
        };
        let kind = match entry.header().entry_type() {
            EntryType::Directory => Kind::Folder,
            EntryType::Symlink => Kind::Link(target()),
            EntryType::Link => {
                let file = plain(Path::new(&target()));
                let file = self.nodes.get(&file).cloned().expect("a hard link's target comes first");
                self.nodes.insert(path, file);
                return;
            }
            EntryType::Regular | EntryType::Continuous => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).expect("the layer is whole");
                Kind::File(content)
            }
            other => Kind::Other(other.as_byte()),
        };
        if !matches!(kind, Kind::Folder) {
            self.remove(&path);
        }
        let header = entry.header();
        self.next_inode += 1;
        let node = Node {
            kind,
            mode: header.mode().expect("a number") & 0o7777,
            uid: header.uid().expect("a number"),
            gid: header.gid().expect("a number"),
            inode: self.next_inode,
        };
        self.nodes.insert(path, node);
    }

    /// One line an entry; names of one file say which is the first of them.
    pub fn lines(&self) -> BTreeMap<String, String> {
        let mut first: BTreeMap<usize, &str> = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for (path, node) in &self.nodes {
            let first = *first.entry(node.inode).or_insert(path);
            let linked = if first == path { String::new() } else { format!(", the same as {first}") };
            // A link's own mode means nothing on Linux.
            let node = match node.kind {
                Kind::Link(_) => Node { mode: 0o777, ..node.clone() },
                _ => node.clone(),
            };
            lines.insert(path.clone(), format!("{node}{linked}"));
        }
        lines
    }
}

/// The path without `.`, `..` and the leading slash.
pub(crate) fn plain(path: &Path) -> String {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => drop(plain.pop()),
            _ => {}
        }
    }
    plain.to_string_lossy().into_owned()
}
