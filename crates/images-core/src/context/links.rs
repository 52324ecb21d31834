//! Where symbolic links lead, told from their text alone.

use std::fs;
use std::io;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// Whether a link in the folder `place` that says `target` leads out of `boundary`. Both are absolute.
pub(super) fn leads_out(boundary: &Utf8Path, place: &Utf8Path, target: &str) -> bool {
    !resolve(&place.join(target)).starts_with(boundary)
}

/// `path` without `.` and `..`; above the root there is nothing but the root.
pub(super) fn resolve(path: &Utf8Path) -> Utf8PathBuf {
    let mut resolved = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::ParentDir => {
                resolved.pop();
            }
            Utf8Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    resolved
}

/// A relative `path` without `.` and `..`; `None` when it is absolute or leads above where it starts.
pub(super) fn resolve_below(path: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut resolved = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::Normal(name) => resolved.push(name),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if resolved.pop() => {}
            _ => return None,
        }
    }
    Some(resolved)
}

/// Whether `path`, with every link on its way followed, still lies inside `boundary`.
pub(super) fn is_really_inside(boundary: &Utf8Path, path: &Utf8Path) -> io::Result<bool> {
    let real = fs::canonicalize(path)?;
    Ok(real.starts_with(boundary) || real.starts_with(fs::canonicalize(boundary)?))
}
