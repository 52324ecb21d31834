//! A staged context as a tree.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::{ContextEntry, ContextEntryKind};

use super::CopyError;
use super::path::join;
use crate::layer::{Content, Meta, StagedFile, name};
use crate::tree::{Node, NodeKind, Tree};

/// The files of a staged context, all of them root's, as BuildKit takes a context; `key` knows what stands for the bytes
/// of the file at a path, see [`StagedFile::key`].
///
/// # Errors
/// Something cannot be read, or is neither file, folder nor link; or a name that is not UTF-8, of a file.
pub fn context_tree(folder: &Utf8Path, key: &dyn Fn(&str) -> Option<String>) -> Result<Tree, CopyError> {
    let mut tree = Tree::empty();
    add(&mut tree, folder, "", key)?;
    Ok(tree)
}

/// The same of files at their original places.
pub fn planned_tree(entries: &[ContextEntry], epoch: i64) -> Tree {
    let mut tree = Tree::empty();
    for entry in entries {
        let meta = |mode| Meta::new(mode, epoch);
        let kind = match &entry.kind {
            ContextEntryKind::Folder => {
                tree.set_folder(&entry.path, meta(entry.mode));
                continue;
            }
            ContextEntryKind::File { place, size, hash } => {
                let file = StagedFile { path: place.clone(), key: None, hash: Some(*hash) };
                NodeKind::File { size: *size, content: Content::Staged(Arc::new(file)) }
            }
            ContextEntryKind::Link { target } => NodeKind::Symlink(target.clone()),
        };
        tree.put(&entry.path, Arc::new(Node::new(meta(entry.mode), kind)));
    }
    tree
}

fn add(
    tree: &mut Tree,
    folder: &Utf8Path,
    path: &str,
    key: &dyn Fn(&str) -> Option<String>,
) -> Result<(), CopyError> {
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder.as_std_path(), &error.to_string()))? {
        let entry = entry.map_err(|error| unreadable(folder.as_std_path(), &error.to_string()))?;
        let file = entry.path();
        let own = name::from_bytes(entry.file_name().as_bytes())
            .ok_or_else(|| unreadable(&file, "its name holds a character that stands for a byte here"))?;
        let path = join(path, &own);
        let stat = entry.metadata().map_err(|error| unreadable(&file, &error.to_string()))?;
        let meta = Meta::new(stat.mode() & 0o7777, stat.mtime());
        if stat.is_dir() {
            let below = utf8(&file)?;
            tree.set_folder(&path, meta);
            add(tree, &below, &path, key)?;
        } else {
            let kind =
                kind(&file, &stat, key(&path)).map_err(|error| unreadable(&file, &error.to_string()))?;
            tree.put(&path, Arc::new(Node::new(meta, kind)));
        }
    }
    Ok(())
}

fn kind(file: &Path, stat: &fs::Metadata, key: Option<String>) -> io::Result<NodeKind> {
    if stat.is_symlink() {
        let target = fs::read_link(file)?;
        let target = name::from_bytes(target.as_os_str().as_bytes());
        return target.map(NodeKind::Symlink).ok_or_else(|| io::Error::other("its target cannot be written"));
    }
    if !stat.is_file() {
        return Err(io::Error::other("it is neither a file, a folder nor a symbolic link"));
    }
    let path = utf8(file).map_err(io::Error::other)?;
    Ok(NodeKind::File {
        size: stat.len(),
        content: Content::Staged(Arc::new(StagedFile { path, key, hash: None })),
    })
}

fn utf8(path: &Path) -> Result<Utf8PathBuf, CopyError> {
    Utf8PathBuf::from_path_buf(path.to_owned()).map_err(|path| unreadable(&path, "its name is not UTF-8"))
}

fn unreadable(path: &Path, reason: &str) -> CopyError {
    CopyError::Context {
        path: Utf8PathBuf::from(path.to_string_lossy().into_owned()),
        reason: reason.to_owned(),
    }
}
