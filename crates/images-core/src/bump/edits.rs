//! Edits of files: made in memory, shown as a diff, written all or none.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::Diagnostic;

use super::diff;
use crate::Error;
use crate::context::Boundary;
use crate::workspace::{Files, relative};

/// Edits that are not written yet.
#[derive(Debug, Clone)]
pub struct Edits {
    root: Utf8PathBuf,
    files: Files,
    before: BTreeMap<Utf8PathBuf, Arc<str>>,
}

impl Edits {
    /// No edits. Paths are shown relative to `root`.
    pub(super) fn new(root: &Utf8Path) -> Self {
        Self { root: root.to_owned(), files: Files::default(), before: BTreeMap::new() }
    }

    /// The files with these edits.
    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    /// The text of a file with these edits.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(&self, path: &Utf8Path) -> Result<Arc<str>, Error> {
        self.files.read(path).map_err(Error::io("cannot read", path))
    }

    /// Gives a file another text.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn set(&mut self, path: &Utf8Path, text: String) -> Result<(), Error> {
        let before = self.read(path)?;
        self.before.entry(path.to_owned()).or_insert(before);
        self.files.edit(path, text);
        Ok(())
    }

    /// Replaces bytes of a file.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn replace(&mut self, path: &Utf8Path, span: Range<usize>, with: &str) -> Result<(), Error> {
        let mut text = self.read(path)?.to_string();
        text.replace_range(span, with);
        self.set(path, text)
    }

    /// What changes: path, text before and text after, sorted by path.
    fn changes(&self) -> impl Iterator<Item = (&Utf8Path, &Arc<str>, Arc<str>)> {
        let all = self.before.iter().filter_map(|(path, before)| {
            let after = self.files.read(path).ok()?;
            Some((path.as_path(), before, after))
        });
        all.filter(|(_, before, after)| **before != *after)
    }

    /// The files that change, as a person knows them.
    pub fn paths(&self) -> Vec<&Utf8Path> {
        self.changes().map(|(path, _, _)| relative(path, &self.root)).collect()
    }

    /// All changes as a unified diff, which `patch -p1` and `git apply` take.
    pub fn diff(&self) -> String {
        let diffs = self
            .changes()
            .map(|(path, before, after)| diff::unified(relative(path, &self.root), before, &after));
        diffs.collect()
    }

    /// Refuses links that lead out of the repository, and two paths to one file that would get different texts.
    ///
    /// # Errors
    /// There is one.
    pub(super) fn check_links(&self, repository: &Boundary) -> Result<(), Error> {
        let mut texts: BTreeMap<Utf8PathBuf, (&Utf8Path, Arc<str>)> = BTreeMap::new();
        for (path, _, after) in self.changes() {
            let real = path.canonicalize_utf8().map_err(Error::io("cannot find", path))?;
            if !repository.contains(path).map_err(Error::io("cannot find", path))? {
                return Err(self.outside(path, &real).into());
            }
            match texts.get(&real) {
                Some((other, text)) if *text != after => return Err(self.twice(other, path).into()),
                _ => drop(texts.insert(real, (path, after))),
            }
        }
        Ok(())
    }

    /// Writes all files, each by a temporary file beside it that takes its place. If one cannot be written, those before
    /// it get their old text again.
    ///
    /// # Errors
    /// A file is not any more what it was when it was read, or one cannot be written. Then nothing is changed.
    pub fn write(&self) -> Result<(), Error> {
        let mut ready = Vec::new();
        for (path, before, after) in self.changes() {
            let path = path.canonicalize_utf8().map_err(Error::io("cannot find", path))?;
            let now = std::fs::read_to_string(&path).map_err(Error::io("cannot read", &path))?;
            if *now != **before {
                return Err(self.changed(&path).into());
            }
            let file = staged(&path, &after).map_err(Error::io("cannot write", &path))?;
            ready.push(Ready { path, file, before: Arc::clone(before) });
        }
        put(ready)
    }

    fn outside(&self, path: &Utf8Path, real: &Utf8Path) -> Diagnostic {
        let shown = relative(path, &self.root);
        Diagnostic::error(format!("{shown} is a link out of the repository, so nothing is written"))
            .help(format!("it leads to {real}: edit that by hand, or put the file in the place of the link"))
    }

    fn twice(&self, one: &Utf8Path, other: &Utf8Path) -> Diagnostic {
        let (one, other) = (relative(one, &self.root), relative(other, &self.root));
        Diagnostic::error(format!("{one} and {other} are one file, and each would be edited in its own way"))
            .help("make them two files, or edit it by hand; nothing is written")
    }

    fn changed(&self, path: &Utf8Path) -> Diagnostic {
        let shown = relative(path, &self.root);
        Diagnostic::error(format!("{shown} changed while the edits were made, so nothing is written"))
            .help("run the command again")
    }
}

/// A file that can take the place of the one at `path`, and what that says.
struct Ready {
    path: Utf8PathBuf,
    file: tempfile::NamedTempFile,
    before: Arc<str>,
}

/// Puts all files in their places, or none.
fn put(ready: Vec<Ready>) -> Result<(), Error> {
    let mut done = Vec::new();
    for Ready { path, file, before } in ready {
        if let Err(error) = file.persist(&path) {
            undo(done);
            return Err(Error::io("cannot write", &path)(error.error));
        }
        done.push((path, before));
    }
    Ok(())
}

/// A file beside `path`, with its mode, that can take its place.
fn staged(path: &Utf8Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().unwrap_or_else(|| "/".into());
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().set_permissions(std::fs::metadata(path)?.permissions())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Best effort: the error that led here is the one to tell.
fn undo(done: Vec<(Utf8PathBuf, Arc<str>)>) {
    for (path, before) in done {
        if let Ok(file) = staged(&path, &before) {
            let _ = file.persist(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(folder.path().canonicalize().unwrap()).unwrap();
        std::fs::write(root.join("a"), "one\n").unwrap();
        std::fs::write(root.join("b"), "two\n").unwrap();
        (folder, root)
    }

    fn edited(root: &Utf8Path) -> Edits {
        let mut edits = Edits::new(root);
        edits.replace(&root.join("a"), 0..3, "1").unwrap();
        edits.replace(&root.join("b"), 0..3, "2").unwrap();
        edits
    }

    fn texts(root: &Utf8Path) -> [String; 2] {
        ["a", "b"].map(|name| std::fs::read_to_string(root.join(name)).unwrap())
    }

    #[test]
    fn files_are_written_with_their_modes_and_nothing_is_left_beside_them() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, root) = folder();
        std::fs::set_permissions(root.join("a"), PermissionsExt::from_mode(0o600)).unwrap();
        edited(&root).write().unwrap();
        assert_eq!(texts(&root), ["1\n", "2\n"]);
        let mode = std::fs::metadata(root.join("a")).unwrap().permissions().mode();
        assert_eq!((mode & 0o777, std::fs::read_dir(&root).unwrap().count()), (0o600, 2));
    }

    #[test]
    fn a_file_that_changed_meanwhile_keeps_all_from_being_written() {
        let (_folder, root) = folder();
        let edits = edited(&root);
        std::fs::write(root.join("b"), "two!\n").unwrap();
        let refusal = edits.write().unwrap_err().to_string();
        assert_eq!(refusal, "b changed while the edits were made, so nothing is written");
        assert_eq!(texts(&root), ["one\n", "two!\n"]);
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 2);
    }

    #[test]
    fn what_was_written_before_a_failure_is_undone() {
        let (_folder, root) = folder();
        let ready = |name: &str, target: &str, before: &str| Ready {
            path: root.join(target),
            file: staged(&root.join(name), "new\n").unwrap(),
            before: before.into(),
        };
        let refused = put(vec![ready("a", "a", "one\n"), ready("b", "gone/b", "two\n")]).unwrap_err();
        assert!(refused.to_string().starts_with("cannot write "), "{refused}");
        assert_eq!(texts(&root), ["one\n", "two\n"]);
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 2);
        put(vec![ready("a", "a", "one\n"), ready("b", "b", "two\n")]).unwrap();
        assert_eq!(texts(&root), ["new\n", "new\n"]);
    }

    #[test]
    fn a_linked_file_is_edited_where_it_is() {
        let (_folder, root) = folder();
        std::os::unix::fs::symlink("a", root.join("link")).unwrap();
        let mut edits = Edits::new(&root);
        edits.replace(&root.join("link"), 0..3, "1").unwrap();
        edits.write().unwrap();
        assert!(std::fs::symlink_metadata(root.join("link")).unwrap().is_symlink());
        assert_eq!(texts(&root), ["1\n", "two\n"]);
    }

    #[test]
    fn a_link_out_of_the_repository_is_not_followed() {
        let (_folder, root) = folder();
        std::fs::create_dir(root.join("repository")).unwrap();
        std::os::unix::fs::symlink("../a", root.join("repository/link")).unwrap();
        let mut edits = Edits::new(&root.join("repository"));
        edits.replace(&root.join("repository/link"), 0..3, "1").unwrap();
        let refused = |boundary: &str| {
            let checked = edits.check_links(&Boundary::new(root.join(boundary)));
            checked.map_err(|error| error.to_string())
        };
        let told = "link is a link out of the repository, so nothing is written";
        assert_eq!(refused("repository"), Err(told.to_owned()));
        assert_eq!(refused(""), Ok(()));
    }

    #[test]
    fn two_paths_to_one_file_get_one_text() {
        let (_folder, root) = folder();
        std::os::unix::fs::symlink("a", root.join("link")).unwrap();
        let boundary = Boundary::new(root.clone());
        let mut edits = Edits::new(&root);
        edits.replace(&root.join("a"), 0..3, "1").unwrap();
        edits.replace(&root.join("link"), 0..3, "1").unwrap();
        edits.check_links(&boundary).unwrap();
        edits.replace(&root.join("link"), 0..1, "2").unwrap();
        assert_eq!(
            edits.check_links(&boundary).unwrap_err().to_string(),
            "a and link are one file, and each would be edited in its own way"
        );
    }

    #[test]
    fn an_edit_that_changes_nothing_is_none() {
        let (_folder, root) = folder();
        let mut edits = Edits::new(&root);
        edits.replace(&root.join("a"), 0..3, "one").unwrap();
        assert_eq!((edits.diff(), edits.paths().len()), (String::new(), 0));
    }
}
