//! The submodules of a tree, as far as they are checked out in the work tree: a folder that is empty there is empty in the
//! commit's checkout as well.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::Diagnostic;

use super::tree;
use crate::Error;
use crate::git::Git;

/// A submodule of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Submodule {
    /// Where it is, relative to the repository.
    path: Utf8PathBuf,
    /// Its commit.
    commit: String,
    /// Whether it is checked out in the work tree.
    is_checked_out: bool,
}

impl Submodule {
    /// What a checkout of it depends on.
    pub(super) fn fingerprint(&self) -> String {
        format!("{} {} {}", self.commit, self.is_checked_out, self.path)
    }
}

/// The submodules of a tree.
///
/// # Errors
/// git cannot be run.
pub(super) fn of(git: &Git, tree: &str) -> Result<Vec<Submodule>, Error> {
    let listed = git.run(&["ls-tree", "-r", "-z", "--full-tree", tree])?;
    let lines = listed.stdout.split(|byte| *byte == 0).filter_map(|line| std::str::from_utf8(line).ok());
    let submodule = |line: &str| {
        let (about, path) = line.split_once('\t')?;
        let commit = about.strip_prefix("160000 commit ")?;
        let path = Utf8PathBuf::from(path);
        let is_checked_out = git.folder().join(&path).join(".git").exists();
        Some(Submodule { path, commit: commit.to_owned(), is_checked_out })
    };
    Ok(lines.filter_map(submodule).collect())
}

/// Writes the files of a submodule, and those of its own, below `files`, which holds the rest of the tree. `index` is a
/// file that this may use meanwhile.
///
/// # Errors
/// Its commit is not here, or git refuses.
pub(super) fn write(
    parent: &Git,
    submodule: &Submodule,
    files: &Utf8Path,
    index: &Utf8Path,
) -> Result<(), Error> {
    if !submodule.is_checked_out {
        return Ok(());
    }
    let (here, there) = (parent.folder().join(&submodule.path), files.join(&submodule.path));
    let git = parent.within(&here);
    let commit = format!("{}^{{commit}}", submodule.commit);
    if git.read(&["cat-file", "-e", &commit])?.is_none() {
        let message = format!("the submodule `{}` has no commit {} here", submodule.path, submodule.commit);
        let help = format!(
            "fetch it: `git -C {} fetch`, or `git submodule update --init --recursive`",
            submodule.path
        );
        return Err(Diagnostic::error(message).help(help).into());
    }
    tree::write(&git, &submodule.commit, &there, index)?;
    fs::remove_file(index).map_err(Error::io("cannot remove", index))?;
    // A context that holds the folder holds this file.
    if here.join(".git").is_file() {
        fs::copy(here.join(".git"), there.join(".git")).map_err(Error::io("cannot write", &there))?;
    }
    of(&git, &submodule.commit)?.iter().try_for_each(|inner| write(&git, inner, &there, index))
}
