//! A checkout of a commit's files: `target/images/trees/NAME`.
//!
//! It is what `git checkout` of that commit would write, and not what `git archive` gives: that leaves out what
//! `export-ignore` names and fills in `export-subst`. `git read-tree -u` with an index and a work tree of its own writes
//! links, executable bits, line ends and filters as a checkout does, and takes the attributes from the commit itself. The
//! clone gets no entry of a work tree and its index is not touched.
//!
//! The folder is filled under another name and renamed when it is complete. Its name holds the tree's id and a hash of
//! what else decides the files: git's configuration, the clone's own attributes and its sparse patterns, and whether LFS
//! leaves its pointers. When it is used again, git tells by the index beside it whether someone changed it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::io;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};

use super::revision::{absent, refused};
use super::submodule;
use crate::Error;
use crate::context::trim;
use crate::git::Git;
use crate::workspace::Workspace;

/// How long a checkout is kept that no command uses.
const AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What unfinished checkouts are named.
const UNFINISHED: &str = ".tree-";

/// The variable that has git LFS leave pointers in the place of files.
/// <https://github.com/git-lfs/git-lfs/blob/main/docs/man/git-lfs-config.adoc>
const SKIP_SMUDGE: &str = "GIT_LFS_SKIP_SMUDGE";

/// The checkout of a tree, made if it is not there. `variables` are those of the environment.
///
/// # Errors
/// git refuses, or the disk does.
pub(super) fn checkout(
    git: &Git,
    tree: &str,
    workspace: &Workspace,
    variables: &BTreeSet<String>,
) -> Result<Utf8PathBuf, Error> {
    let trees = workspace.cache().join("trees");
    fs::create_dir_all(&trees).map_err(Error::io("cannot create", &trees))?;
    let submodules = submodule::of(git, tree)?;
    let name = name(git, tree, &submodules, variables.contains(SKIP_SMUDGE))?;
    let place = trees.join(&name);
    if !is_intact(git, &place)? {
        let unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&trees);
        let unfinished = unfinished.map_err(Error::io("cannot create a folder in", &trees))?;
        let folder = Utf8Path::from_path(unfinished.path()).expect("an ASCII name below a UTF-8 path");
        write(git, tree, &files_of(folder), &index_of(folder))?;
        for submodule in &submodules {
            submodule::write(git, submodule, &files_of(folder), &folder.join("submodule-index"))?;
        }
        put(folder, &place)?;
    }
    // Renews the change time, by which `trim` tells what is used. What cannot be trimmed costs room, no more.
    let _ = File::open(&place).and_then(|folder| folder.set_modified(SystemTime::now()));
    let _ = trim(&trees, &HashSet::from([name]), AGE);
    Ok(files_of(&place))
}

/// Writes the files of a tree into a new folder, and the index of what was written.
///
/// # Errors
/// git refuses.
pub(super) fn write(git: &Git, tree: &str, files: &Utf8Path, index: &Utf8Path) -> Result<(), Error> {
    fs::create_dir_all(files).map_err(Error::io("cannot create", files))?;
    // A hook or a file system monitor of the clone has no business with this folder.
    let args =
        ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.splitIndex=false"];
    let args: Vec<_> = args.into_iter().chain(["read-tree", "--reset", "-u", tree]).collect();
    let ended = git.run_with(&args, environment(git, files, index)).map_err(absent)?;
    if ended.code == Some(0) { Ok(()) } else { Err(not_written(&ended.stderr)) }
}

/// git's words about files that it does not write. What LFS does not have is the usual reason.
fn not_written(stderr: &[u8]) -> Error {
    let is_filter = String::from_utf8_lossy(stderr).contains("filter");
    match refused(&["read-tree"], stderr) {
        Error::Command { message, output, .. } if is_filter => {
            let help = format!(
                "where the work tree has pointers of git LFS, set {SKIP_SMUDGE}=1: then they are compared"
            );
            Error::Command { message, output, help: Some(help) }
        }
        other => other,
    }
}

/// Variables that name folders, over those that a hook that calls us may have.
fn environment(git: &Git, files: &Utf8Path, index: &Utf8Path) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("GIT_DIR".to_owned(), git.folder().join(".git").into_string()),
        ("GIT_WORK_TREE".to_owned(), files.to_string()),
        ("GIT_INDEX_FILE".to_owned(), index.to_string()),
    ])
}

/// The folder's name: what its files depend on.
fn name(
    git: &Git,
    tree: &str,
    submodules: &[submodule::Submodule],
    has_pointers: bool,
) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    let config =
        git.run(&["config", "--null", "--get-regexp", r"^(core|filter|submodule)\."]).map_err(absent)?;
    add(&config.stdout);
    for file in ["info/attributes", "info/sparse-checkout"] {
        let path = git.read(&["rev-parse", "--git-path", file])?.unwrap_or_default();
        add(&fs::read(git.folder().join(path)).unwrap_or_default());
    }
    submodules.iter().for_each(|submodule| add(submodule.fingerprint().as_bytes()));
    add(&[u8::from(has_pointers)]);
    Ok(format!("{tree}-{}", &hasher.finalize().to_hex()[..16]))
}

/// Whether the folder is there and holds what was written. Below `target` others may have been added.
fn is_intact(git: &Git, place: &Utf8Path) -> Result<bool, Error> {
    let (files, index) = (files_of(place), index_of(place));
    if !files.is_dir() || !index.is_file() {
        return Ok(false);
    }
    let environment = environment(git, &files, &index);
    let changed = git.run_with(&["diff-files", "--quiet", "--ignore-submodules"], environment.clone())?;
    let others = ["ls-files", "--others", "--exclude=target/", "-z"];
    let others = git.run_with(&others, environment)?;
    Ok(changed.code == Some(0) && others.code == Some(0) && others.stdout.is_empty())
}

fn files_of(place: &Utf8Path) -> Utf8PathBuf {
    place.join("files")
}

fn index_of(place: &Utf8Path) -> Utf8PathBuf {
    place.join("index")
}

/// Puts a finished checkout in its place. What stands there and is not intact makes way.
fn put(finished: &Utf8Path, place: &Utf8Path) -> Result<(), Error> {
    let failed = Error::io("cannot put in place", place);
    if place.exists() {
        let old = finished.join("replaced");
        fs::rename(place, &old)
            .and_then(|()| fs::remove_dir_all(&old))
            .map_err(Error::io("cannot remove", place))?;
    }
    match fs::rename(finished, place) {
        // Another process was as fast.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        renamed => renamed.map_err(failed),
    }
}
