//! What `COPY`, `ADD` and `WORKDIR` do to the file system of a stage, as BuildKit does it.
//!
//! 1. [`context_tree`]: a context is a tree like the one of a stage.
//! 2. [`copy`]: sources → patterns resolved → each copied or unpacked into the stage's tree → the layer that makes the
//!    change.
//! 3. [`workdir`]: folders that are made.
//!
//! Which BuildKit operations an instruction becomes is in
//! <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go> (`dispatchCopy`,
//! `dispatchWorkdir`), what they do in <https://github.com/moby/buildkit/blob/master/solver/llbsolver/file/backend.go>.
//! Sources, destinations, wildcards, owners, octal modes, archives and `WORKDIR` were also tried with docker 20.10 and 26;
//! `--parents`, `--exclude`, clauses of `--chmod` and a `--link` that does something, which those lack, are from the source
//! alone.

mod context;
mod copier;
mod error;
mod mode;
mod owner;
mod path;
mod stage;
#[cfg(test)]
mod tests;
mod unpack;
mod wildcard;

use camino::Utf8Path;
use images_dockerfile::Ignore;

pub use context::{context_tree, planned_tree};
use copier::{Copier, Rules};
pub use error::CopyError;
pub use mode::{Chmod, Clause};
pub use owner::{Owner, owner};
use path::{Destination, clean, destination, join, split};
use stage::Stage;

use crate::layer::{Entry, Limits, Meta};
use crate::tree::Tree;

/// A `COPY` or `ADD`. All texts are expanded already.
#[derive(Debug, Clone)]
pub struct Copy<'c> {
    /// What is copied, in its order.
    pub sources: Vec<Source<'c>>,
    /// The last argument as it is written: a `/` at its end matters.
    pub destination: &'c str,
    /// What it is relative to.
    pub workdir: &'c str,
    /// `--chown`.
    pub chown: Option<&'c str>,
    /// `--chmod`.
    pub chmod: Option<&'c str>,
    /// `--parents`.
    pub parents: bool,
    /// `--exclude`, each. As in BuildKit they are about what is in a source that is a folder, not about sources
    /// themselves (<https://github.com/moby/buildkit/issues/5489>).
    pub exclude: &'c [String],
    /// `--link`: into an empty file system, so links of the stage are not followed and folders that are there get the
    /// mode and owner of new ones. With `chmod` it does nothing, as in BuildKit. Neither does it in a docker daemon
    /// that keeps images in graph drivers, since those cannot merge; seen with docker 26.
    pub link: bool,
    /// Whether local archives are unpacked: `ADD`.
    pub unpack: bool,
    /// The time of what the copying itself makes, in seconds since 1970.
    pub mtime: i64,
    /// Where archives are unpacked temporarily: [`crate::layout::Layout::scratch`].
    pub scratch: &'c Utf8Path,
    /// What an archive may unpack to.
    pub limits: Limits,
}

/// What is copied.
#[derive(Debug, Clone, Copy)]
pub enum Source<'c> {
    /// Paths of a context, stage or image.
    Paths {
        /// Where they are.
        tree: &'c Tree,
        /// Which: a path or a pattern of Go's `filepath.Match`, relative to the root however it is written.
        pattern: &'c str,
        /// For the message when there is none: `the context`, `the stage build`.
        name: &'c str,
    },
    /// A heredoc.
    Inline {
        /// Its name.
        name: &'c str,
        /// Its text.
        content: &'c [u8],
    },
}

/// What an instruction does.
#[derive(Debug, Clone)]
pub struct Change {
    /// The layer, in the order of bytes: everything that is new, with the folders on the way to it. Empty where nothing
    /// changes.
    pub entries: Vec<Entry>,
    /// Names of `--chown` or `USER` that are in neither `/etc/passwd` nor `/etc/group`: BuildKit makes root of such a
    /// user and ignores such a group.
    pub unknown_owner: Option<String>,
}

/// Carries out a `COPY` or `ADD` on a stage.
///
/// # Errors
/// A source is not there, a folder and a file are in each other's way, a flag is malformed, an archive is damaged.
pub fn copy(stage: &Tree, copy: &Copy<'_>) -> Result<Change, CopyError> {
    let owned = copy.chown.map(|written| owner(stage, written)).transpose()?;
    let rules = Rules {
        owner: owned.as_ref().map(|(owner, _)| *owner),
        chmod: copy.chmod.map(Chmod::parse).transpose()?,
        excluded: patterns(copy.exclude)?,
    };
    let is_apart = copy.link && copy.chmod.is_none();
    let base = if is_apart { Tree::empty() } else { stage.clone() };
    let mut changed = Stage::new(base, copy.mtime);
    let to = destination(copy.destination, copy.workdir);
    for source in &copy.sources {
        match source {
            Source::Paths { tree, pattern, name } if copy.parents => {
                copy_with_parents(&mut changed, &rules, tree, pattern, &to, name)?;
            }
            Source::Paths { tree, pattern, name } => {
                copy_paths(&mut changed, copy, &rules, tree, &clean(pattern), &to, name)?;
            }
            Source::Inline { name, content } => {
                let name = split(name).1;
                let inline = [Entry::inline(name, content, Meta::new(0o644, copy.mtime))];
                let tree = Tree::empty().with_layer(&inline)?;
                Copier::new(&rules, None, &mut changed).copy(&tree, name, &to, "the Dockerfile")?;
            }
        }
    }
    let unknown_owner = owned.and_then(|(_, unknown)| unknown);
    Ok(Change { entries: changed.into_entries(), unknown_owner })
}

/// Carries out a `WORKDIR`: folders that are not there are made, with the `USER` of that moment as their owner. `path` is
/// absolute, or relative to the root.
///
/// # Errors
/// Something that is no folder is in the way, or the user is a name and the stage is empty.
pub fn workdir(stage: &Tree, path: &str, user: Option<&str>, mtime: i64) -> Result<Change, CopyError> {
    let owned = user.filter(|user| !user.is_empty()).map(|user| owner(stage, user)).transpose()?;
    let mut changed = Stage::new(stage.clone(), mtime);
    let path = changed.tree().resolve(&clean(path))?;
    changed.make_folders(&path, owned.as_ref().map(|(owner, _)| *owner))?;
    Ok(Change { entries: changed.into_entries(), unknown_owner: owned.and_then(|(_, unknown)| unknown) })
}

/// A pattern that matches nothing copies nothing and is no error; a path that is not there is one.
fn copy_paths(
    stage: &mut Stage,
    copy: &Copy<'_>,
    rules: &Rules,
    tree: &Tree,
    pattern: &str,
    to: &Destination,
    name: &str,
) -> Result<(), CopyError> {
    for source in wildcard::sources(tree, pattern)? {
        let archive = match tree.follow(&source)? {
            Some((_, node)) if copy.unpack => unpack::archive_of(node, copy.scratch, copy.limits),
            _ => None,
        };
        match archive {
            Some(spool) => unpack::unpack(stage, rules, &spool, &to.path)?,
            None => Copier::new(rules, None, stage).copy(tree, &source, to, name)?,
        }
    }
    Ok(())
}

/// The path behind the root, or behind `/./`, is kept below the destination.
fn copy_with_parents(
    stage: &mut Stage,
    rules: &Rules,
    tree: &Tree,
    written: &str,
    to: &Destination,
    name: &str,
) -> Result<(), CopyError> {
    let (start, pattern) = written.split_once("/./").unwrap_or(("", written));
    let (start, pattern) = (clean(start), clean(pattern));
    if !wildcard::has_wildcards(&start) && !wildcard::has_wildcards(&pattern) {
        let path = join(&start, &pattern);
        if tree.follow(&path)?.is_none() {
            return Err(CopyError::Missing { path, where_from: name.to_owned() });
        }
    }
    let included = patterns(&[pattern])?;
    for source in wildcard::sources(tree, &start)? {
        Copier::new(rules, included.as_ref(), stage).copy(tree, &source, to, name)?;
    }
    Ok(())
}

/// Patterns as those of a `.dockerignore`, which is what BuildKit takes them for. Ones that start with `/` match nothing
/// there, since it matches relative paths and does not take that away.
fn patterns(patterns: &[String]) -> Result<Option<Ignore>, CopyError> {
    let lines: Vec<String> = patterns.iter().filter_map(|pattern| line(pattern.trim())).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let text = lines.join("\n");
    Ignore::parse(&text)
        .map(Some)
        .map_err(|problem| CopyError::Pattern { pattern: text, reason: problem.message })
}

/// The pattern as a line; a `#` at its start is no comment there.
fn line(pattern: &str) -> Option<String> {
    if pattern.is_empty() || pattern.trim_start_matches('!').starts_with('/') {
        return None;
    }
    Some(pattern.strip_prefix('#').map_or_else(|| pattern.to_owned(), |rest| format!("\\#{rest}")))
}
