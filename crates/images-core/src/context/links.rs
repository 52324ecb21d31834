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

/// Whether `path`, with every link on its way followed, still lies inside `boundary`. Where nothing below `boundary` is a
/// link, and that is usual, only what is below it is looked at.
///
/// # Errors
/// There is no such path, or it cannot be reached.
pub(crate) fn is_really_inside(boundary: &Utf8Path, path: &Utf8Path) -> io::Result<bool> {
    if has_no_link(boundary, path)? {
        return Ok(true);
    }
    let real = fs::canonicalize(path)?;
    Ok(real.starts_with(boundary) || real.starts_with(fs::canonicalize(boundary)?))
}

/// Whether `path` is below `boundary`, by its text and with no link among the parts that are below.
fn has_no_link(boundary: &Utf8Path, path: &Utf8Path) -> io::Result<bool> {
    let Ok(below) = path.strip_prefix(boundary) else { return Ok(false) };
    let mut place = boundary.to_owned();
    for part in below.components() {
        let Utf8Component::Normal(name) = part else { return Ok(false) };
        place.push(name);
        if fs::symlink_metadata(&place)?.is_symlink() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_to_tell_what_is_inside() {
        let kept = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(kept.path().to_owned()).unwrap();
        let boundary = root.join("repository");
        for folder in ["repository/a/b", "outside/c"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        symlink("a", boundary.join("to-a")).unwrap();
        symlink("../outside", boundary.join("out")).unwrap();
        symlink("repository", root.join("other-name")).unwrap();
        let is_inside = |path: &str| is_really_inside(&boundary, &root.join(path));
        for inside in ["repository", "repository/a/b", "repository/to-a/b", "other-name/a"] {
            assert!(is_inside(inside).unwrap(), "{inside}");
        }
        for outside in ["outside/c", "repository/out", "repository/out/c", "repository/a/../../outside"] {
            assert!(!is_inside(outside).unwrap(), "{outside}");
        }
        for missing in ["repository/missing", "repository/a/missing"] {
            assert_eq!(is_inside(missing).unwrap_err().kind(), io::ErrorKind::NotFound, "{missing}");
        }
        assert!(is_really_inside(&root.join("other-name"), &root.join("other-name/a")).unwrap());
        assert!(!is_really_inside(&root.join("other-name"), &root.join("other-name/out/c")).unwrap());
    }
}
