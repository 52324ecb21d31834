//! Where symbolic links lead, told from their text alone.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::Mutex;

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

/// A folder that nothing may lead out of. It remembers what it saw, so that each folder on many ways is looked at once.
#[derive(Debug)]
pub struct Boundary {
    folder: Utf8PathBuf,
    /// Folders and files below it that are no links.
    plain: Mutex<HashSet<Utf8PathBuf>>,
}

impl Boundary {
    /// Around an absolute folder.
    pub fn new(folder: Utf8PathBuf) -> Self {
        Self { folder, plain: Mutex::default() }
    }

    /// Whether `path`, with every link on its way followed, still lies inside. Where nothing below the boundary is a link,
    /// and that is usual, only what is below it is looked at.
    ///
    /// # Errors
    /// There is no such path, or it cannot be reached.
    pub fn contains(&self, path: &Utf8Path) -> io::Result<bool> {
        if self.has_no_link(path)? {
            return Ok(true);
        }
        let real = fs::canonicalize(path)?;
        Ok(real.starts_with(&self.folder) || real.starts_with(fs::canonicalize(&self.folder)?))
    }

    /// Whether `path` is below, by its text and with no link among the parts that are below.
    fn has_no_link(&self, path: &Utf8Path) -> io::Result<bool> {
        let Ok(below) = path.strip_prefix(&self.folder) else { return Ok(false) };
        let mut place = self.folder.clone();
        for part in below.components() {
            let Utf8Component::Normal(name) = part else { return Ok(false) };
            place.push(name);
            if !self.is_plain(&place)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_plain(&self, place: &Utf8Path) -> io::Result<bool> {
        let plain = || self.plain.lock().expect("nothing panics while it holds this lock");
        if plain().contains(place) {
            return Ok(true);
        }
        let is_plain = !fs::symlink_metadata(place)?.is_symlink();
        if is_plain {
            plain().insert(place.to_owned());
        }
        Ok(is_plain)
    }
}

impl Deref for Boundary {
    type Target = Utf8Path;

    fn deref(&self) -> &Utf8Path {
        &self.folder
    }
}

impl AsRef<Path> for Boundary {
    fn as_ref(&self) -> &Path {
        self.folder.as_ref()
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.folder.fmt(f)
    }
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
        let repository = Boundary::new(boundary.clone());
        let is_inside = |path: &str| repository.contains(&root.join(path));
        for inside in ["repository", "repository/a/b", "repository/to-a/b", "other-name/a"] {
            assert!(is_inside(inside).unwrap(), "{inside}");
        }
        for outside in ["outside/c", "repository/out", "repository/out/c", "repository/a/../../outside"] {
            assert!(!is_inside(outside).unwrap(), "{outside}");
        }
        for missing in ["repository/missing", "repository/a/missing"] {
            assert_eq!(is_inside(missing).unwrap_err().kind(), io::ErrorKind::NotFound, "{missing}");
        }
        let other = Boundary::new(root.join("other-name"));
        assert!(other.contains(&root.join("other-name/a")).unwrap());
        assert!(!other.contains(&root.join("other-name/out/c")).unwrap());
    }

    #[test]
    fn a_folder_that_was_seen_is_not_looked_at_again() {
        let kept = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(kept.path().to_owned()).unwrap();
        fs::create_dir(root.join("a")).unwrap();
        let boundary = Boundary::new(root.clone());
        assert!(boundary.contains(&root.join("a")).unwrap());
        fs::remove_dir(root.join("a")).unwrap();
        assert!(boundary.contains(&root.join("a")).unwrap());
    }
}
