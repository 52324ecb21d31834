//! `ADD` of an archive.
//!
//! The rules are those of <https://github.com/moby/go-archive/blob/main/archive.go> (`Unpack`), by which docker's BuildKit
//! unpacks, seen in trials with docker 20.10 and 26: owners and modes are the archive's, whatever `--chown` and `--chmod`
//! say; folders that the archive does not have are root's, 0755; what is there is replaced, except a folder by a folder;
//! the archive's own root changes nothing; a hard link's owner and mode become those of the file. Beyond that, names with `..` are refused, where docker lets them stay in the
//! destination.

use std::sync::Arc;

use camino::Utf8Path;

use super::path::{join, split};
use super::stage::Stage;
use super::{CopyError, Rules};
use crate::layer::{Content, Entry, Kind, Limits, Spool};
use crate::tree::{Node, NodeKind, Tree};

/// The archive that a node is, if it is one by its content.
pub(super) fn archive_of(node: &Node, scratch: &Utf8Path, limits: Limits) -> Option<Arc<Spool>> {
    let NodeKind::File { content: Content::Staged(file), .. } = &node.kind else { return None };
    let spool = Spool::of_file(&file.path, file.key.clone(), scratch, limits);
    spool.is_archive().then_some(spool)
}

/// Unpacks it into a folder, which is made, with the owner of the instruction.
pub(super) fn unpack(
    stage: &mut Stage,
    rules: &Rules,
    spool: &Arc<Spool>,
    folder: &str,
) -> Result<(), CopyError> {
    let folder = stage.tree().resolve(folder)?;
    stage.make_folders(&folder, rules.owner)?;
    for entry in spool.entries()? {
        unpack_entry(stage, &folder, &entry)?;
    }
    Ok(())
}

fn unpack_entry(stage: &mut Stage, folder: &str, entry: &Entry) -> Result<(), CopyError> {
    if entry.path.is_empty() {
        return Ok(());
    }
    let (parent, own) = split(&entry.path);
    let path = join(&parent_of(stage, folder, parent, entry)?, own);
    let was_folder = stage.is_folder(&path);
    let kind = match &entry.kind {
        Kind::Folder => {
            if !was_folder {
                stage.remove(&path);
            }
            return stage.set_folder(&path, entry.meta.clone());
        }
        Kind::Hardlink { target } => {
            let linked = below(stage, folder).and_then(|root| root.get(target).cloned());
            let linked = linked.filter(|node| !node.is_folder());
            let linked = linked.ok_or_else(|| CopyError::Dangling { member: entry.path.clone() })?;
            stage.remove(&path);
            return stage.link(&join(folder, target), &path, &linked, &entry.meta);
        }
        Kind::File { size, content } => NodeKind::File { size: *size, content: content.clone() },
        Kind::Symlink { target } => NodeKind::Symlink(target.clone()),
        Kind::Special(special) => NodeKind::Special(*special),
        // An archive that is no layer has none.
        Kind::Whiteout | Kind::Opaque => return Ok(()),
    };
    stage.remove(&path);
    stage.put(&path, Arc::new(Node::new(entry.meta.clone(), kind)))
}

/// The folder that a member goes into, links followed as if `folder` were the root.
fn parent_of(stage: &mut Stage, folder: &str, parent: &str, entry: &Entry) -> Result<String, CopyError> {
    let root = below(stage, folder).unwrap_or_default();
    let resolved = root.resolve(parent)?;
    let is_there = root.get(&resolved).is_some();
    // A folder that two trees share is copied before it is changed.
    drop(root);
    let path = join(folder, &resolved);
    if !is_there && resolved != parent {
        return Err(CopyError::Dangling { member: entry.path.clone() });
    }
    stage.make_folders(&path, None)?;
    Ok(path)
}

fn below(stage: &Stage, folder: &str) -> Option<Tree> {
    stage.get(folder).map(|node| Tree::of(Arc::clone(node)))
}
