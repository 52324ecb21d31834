//! Sources that a context lacks, and what they may be a misspelling of.

use camino::Utf8Path;
use images_dockerfile::{ParentMatch, Source, Sources};
use images_schema::did_you_mean;

use super::selection::ancestors;
use super::{ContextError, ContextRequest, Entry, EntryKind, links};

/// Checks that every source that is a plain path is there. Below a link nothing is known, so nothing is missing.
pub(super) fn check(request: &ContextRequest<'_>, entries: &[Entry]) -> Result<(), ContextError> {
    let Sources::These(sources) = request.sources else { return Ok(()) };
    let is_met = |source: &&Source| source.wildcard || source.path == "." || is_met(entries, &source.path);
    match sources.iter().find(|source| !is_met(source)) {
        None => Ok(()),
        Some(Source { path, span, .. }) => Err(ContextError::MissingSource {
            span: span.clone(),
            path: path.clone(),
            ignored: is_ignored(request, path),
            nearest: suggestion(request, path),
        }),
    }
}

fn is_met(entries: &[Entry], source: &str) -> bool {
    let find = |path: &str| entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok();
    let is_link = |at: usize| matches!(entries[at].kind, EntryKind::Link { .. });
    find(source).is_some() || ancestors(source).filter_map(find).any(is_link)
}

fn is_ignored(request: &ContextRequest<'_>, path: &str) -> bool {
    let Some(path) = links::resolve_below(Utf8Path::new(path)) else { return false };
    let host = request.folder.join(path);
    let is_private = request.private.iter().any(|private| host.starts_with(private));
    !is_private && host.symlink_metadata().is_ok()
}

/// `path` with its first part that is not there replaced by the nearest name that is, if that gives a path that is there.
fn suggestion(request: &ContextRequest<'_>, path: &str) -> Option<String> {
    let path = links::resolve_below(Utf8Path::new(path))?;
    let wrong = ancestors(path.as_str()).find(|path| !is_there(request, path))?;
    let (folder, name) = wrong.rsplit_once('/').unwrap_or(("", wrong));
    let names = names(request, folder);
    let name = did_you_mean(name, names.iter().map(String::as_str))?;
    let rest = &path.as_str()[wrong.len()..];
    let suggestion =
        if folder.is_empty() { format!("{name}{rest}") } else { format!("{folder}/{name}{rest}") };
    is_there(request, &suggestion).then_some(suggestion)
}

/// Whether a path is on the host and not ignored, or joins the context.
fn is_there(request: &ContextRequest<'_>, path: &str) -> bool {
    let joins = request.joined.iter().any(|joined| joined.to.starts_with(path));
    joins || (!is_excluded(request, path) && request.folder.join(path).symlink_metadata().is_ok())
}

fn is_excluded(request: &ContextRequest<'_>, path: &str) -> bool {
    let start = (false, ParentMatch::default());
    ancestors(path).fold(start, |(_, parent), path| request.ignore.excludes(path, &parent)).0
}

/// The names in a folder of the context.
fn names(request: &ContextRequest<'_>, folder: &str) -> Vec<String> {
    let place = request.folder.join(folder);
    let listed = place.read_dir_utf8().into_iter().flatten().flatten();
    let listed = listed.map(|entry| entry.file_name().to_owned());
    let joined = request.joined.iter().filter_map(|joined| joined.to.strip_prefix(folder).ok());
    let joined = joined.filter_map(|rest| rest.components().next()).map(|first| first.to_string());
    let is_there = |name: &String| is_there(request, Utf8Path::new(folder).join(name).as_str());
    let mut names: Vec<_> = listed.chain(joined).filter(is_there).collect();
    names.sort();
    names
}
