//! Reading a context: the request, and the order of its steps.

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::{Ignore, Sources};

use super::selection::Selection;
use super::walk::{Stop, walk};
use super::{Boundary, Context, ContextError, Entry, EntryKind, StatCache, missing};

/// The modification time that entries get unless another is asked for: 1980-01-01T00:00:00Z, the first that a zip
/// archive can hold, too.
pub const EPOCH: i64 = 315_532_800;

/// Which context to read.
#[derive(Debug, Clone, Copy)]
pub struct ContextRequest<'a> {
    /// The repository's folder, absolute. Nothing outside is read, and no link may lead out of it.
    pub repository: &'a Boundary,
    /// The context's root, absolute and inside the repository.
    pub folder: &'a Utf8Path,
    /// Absolute folders that hold our own caches; they are in no context.
    pub private: &'a [Utf8PathBuf],
    /// The `.dockerignore` that counts.
    pub ignore: &'a Ignore,
    /// What the Dockerfile reads.
    pub sources: &'a Sources,
    /// What joins the context after `.dockerignore`.
    pub joined: &'a [Joined],
    /// What happens to permission bits.
    pub modes: Modes,
    /// The modification time of every entry in seconds since 1970; [`EPOCH`] unless `SOURCE_DATE_EPOCH` is set.
    pub epoch: i64,
}

/// A file or folder from elsewhere that joins a context.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Joined {
    /// An absolute path on the host. One inside the repository may not lead out of it through links.
    pub from: Utf8PathBuf,
    /// The place in the context, relative to its root.
    pub to: Utf8PathBuf,
}

/// What happens to permission bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Modes {
    /// Folders and executable files are 0755, other files 0644.
    Normalise,
    /// They stay as they are on the host.
    Preserve,
}

/// Reads the files that the Dockerfile can read.
///
/// When a source is a link in the context, or leads through one, the builder will follow it, so the whole context is
/// read (<https://docs.docker.com/build/concepts/context/>, `followpaths` of BuildKit's local source).
///
/// # Errors
/// What is wrong in the context, or the operating system's refusal. See [`ContextError`].
pub fn read(request: &ContextRequest<'_>, cache: &StatCache) -> Result<Context, ContextError> {
    cache.is_for(request.repository);
    check_place(request)?;
    let selection = Selection::of(request.sources);
    let mut entries = match walk(request, &selection, cache) {
        Err(Stop::Followed) => walk(request, &Selection::All, cache),
        walked => walked,
    }
    .map_err(Stop::into_error)?;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    merge(&mut entries)?;
    missing::check(request, &entries)?;
    Ok(Context::new(entries, request.folder, request.epoch))
}

fn check_place(request: &ContextRequest<'_>) -> Result<(), ContextError> {
    let inside = request
        .repository
        .contains(request.folder)
        .map_err(|source| ContextError::Io { path: ".".to_owned(), source })?;
    let outside = || ContextError::Outside { path: request.folder.to_string() };
    inside.then_some(()).ok_or_else(outside)
}

/// Folders that joined things share with the context become one; anything else that shares a place is an error.
fn merge(entries: &mut Vec<Entry>) -> Result<(), ContextError> {
    let hidden = |pair: &&[Entry]| {
        pair[0].path == pair[1].path
            && (pair[0].kind != EntryKind::Folder || pair[1].kind != EntryKind::Folder)
    };
    if let Some(pair) = entries.windows(2).find(hidden) {
        return Err(ContextError::Hidden { to: pair[0].path.clone() });
    }
    entries.dedup_by(|later, first| later.path == first.path);
    Ok(())
}
