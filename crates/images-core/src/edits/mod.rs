//! Edits of files: made in memory, shown as a diff, written all or none.

pub(crate) mod array;
mod diff;
pub(crate) mod document;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::Diagnostic;

use crate::Error;
use crate::context::Boundary;
use crate::workspace::{Files, relative};

/// Edits that are not written yet.
#[derive(Debug, Clone)]
pub struct Edits {
    root: Utf8PathBuf,
    files: Files,
    /// The texts before; `None` for a file that is new.
    before: BTreeMap<Utf8PathBuf, Option<Arc<str>>>,
}

impl Edits {
    /// No edits. Paths are shown relative to `root`.
    pub(crate) fn new(root: &Utf8Path) -> Self {
        Self { root: root.to_owned(), files: Files::default(), before: BTreeMap::new() }
    }

    /// The files with these edits.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The text of a file with these edits.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn read(&self, path: &Utf8Path) -> Result<Arc<str>, Error> {
        self.files.read(path).map_err(Error::io("cannot read", path))
    }

    /// Gives a file another text.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn set(&mut self, path: &Utf8Path, text: String) -> Result<(), Error> {
        let before = self.read(path)?;
        self.before.entry(path.to_owned()).or_insert(Some(before));
        self.files.edit(path, text);
        Ok(())
    }

    /// Makes a file that is not there yet; its folders come with it.
    pub(crate) fn create(&mut self, path: &Utf8Path, text: String) {
        self.before.entry(path.to_owned()).or_insert(None);
        self.files.edit(path, text);
    }

    /// Replaces bytes of a file.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn replace(&mut self, path: &Utf8Path, span: Range<usize>, with: &str) -> Result<(), Error> {
        let mut text = self.read(path)?.to_string();
        text.replace_range(span, with);
        self.set(path, text)
    }

    /// What changes: path, text before and text after, sorted by path.
    fn changes(&self) -> impl Iterator<Item = (&Utf8Path, Option<&Arc<str>>, Arc<str>)> {
        let all = self.before.iter().filter_map(|(path, before)| {
            let after = self.files.read(path).ok()?;
            Some((path.as_path(), before.as_ref(), after))
        });
        all.filter(|(_, before, after)| before.is_none_or(|before| **before != **after))
    }

    /// The files that change, as a person knows them.
    pub fn paths(&self) -> Vec<&Utf8Path> {
        self.changes().map(|(path, _, _)| relative(path, &self.root)).collect()
    }

    /// Whether a file of `paths` is made.
    pub fn is_new(&self, path: &Utf8Path) -> bool {
        self.before.get(&self.root.join(path)).is_some_and(Option::is_none)
    }

    /// All changes as a unified diff, which `patch -p1` and `git apply` take.
    pub fn diff(&self) -> String {
        let diffs = self.changes().map(|(path, before, after)| {
            let path = relative(path, &self.root);
            match before {
                Some(before) => diff::unified(path, before, &after),
                None => diff::new_file(path, &after),
            }
        });
        diffs.collect()
    }

    /// Refuses links that lead out of the repository, and two paths to one file that would get different texts.
    ///
    /// # Errors
    /// There is one.
    pub(crate) fn check_links(&self, repository: &Boundary) -> Result<(), Error> {
        let mut texts: BTreeMap<Utf8PathBuf, (&Utf8Path, Arc<str>)> = BTreeMap::new();
        for (path, _, after) in self.changes().filter(|(_, before, _)| before.is_some()) {
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
    /// it get their old text again, and new ones are removed.
    ///
    /// # Errors
    /// A file is not any more what it was when it was read, or one cannot be written. Then nothing is changed.
    pub fn write(&self) -> Result<(), Error> {
        let mut done = Done::default();
        match self.write_all(&mut done) {
            Ok(()) => Ok(()),
            Err(error) => {
                done.undo();
                Err(error)
            }
        }
    }

    fn write_all(&self, done: &mut Done) -> Result<(), Error> {
        let mut ready = Vec::new();
        for (path, before, after) in self.changes() {
            let path = match before {
                Some(before) => self.unchanged(path, before)?,
                None => self.absent(path, done)?,
            };
            let file = staged(&path, &after).map_err(Error::io("cannot write", &path))?;
            ready.push(Ready { path, file, before: before.map(Arc::clone) });
        }
        put(ready, done)
    }

    /// Where a file that is to be replaced really is, after it was made sure that it is what it was.
    fn unchanged(&self, path: &Utf8Path, before: &str) -> Result<Utf8PathBuf, Error> {
        let path = path.canonicalize_utf8().map_err(Error::io("cannot find", path))?;
        let now = fs::read_to_string(&path).map_err(Error::io("cannot read", &path))?;
        if now == before { Ok(path) } else { Err(self.changed(&path).into()) }
    }

    /// Makes the folders of a file that is not there.
    fn absent(&self, path: &Utf8Path, done: &mut Done) -> Result<Utf8PathBuf, Error> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(self.changed(path).into());
        }
        let missing: Vec<_> = path.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => done.folders.push(folder.to_owned()),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io("cannot create", folder)(error)),
            }
        }
        Ok(path.to_owned())
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

/// A file that can take its place at `path`, and what is there now.
struct Ready {
    path: Utf8PathBuf,
    file: tempfile::NamedTempFile,
    before: Option<Arc<str>>,
}

/// Puts the files in their places, and notes what was done. New ones come first: an edited one may name them.
fn put(mut ready: Vec<Ready>, done: &mut Done) -> Result<(), Error> {
    ready.sort_by_key(|file| file.before.is_some());
    for Ready { path, file, before } in ready {
        file.persist(&path).map_err(|error| Error::io("cannot write", &path)(error.error))?;
        done.files.push((path, before));
    }
    Ok(())
}

/// What was written so far.
#[derive(Debug, Default)]
struct Done {
    /// Files with their texts before.
    files: Vec<(Utf8PathBuf, Option<Arc<str>>)>,
    /// New folders, each after those that it is in.
    folders: Vec<Utf8PathBuf>,
}

impl Done {
    /// Best effort: the error that led here is the one to tell.
    fn undo(self) {
        for (path, before) in self.files {
            match before {
                None => drop(fs::remove_file(&path)),
                Some(before) => {
                    if let Ok(file) = staged(&path, &before) {
                        let _ = file.persist(&path);
                    }
                }
            }
        }
        // One that holds something by now is somebody else's as well.
        self.folders.iter().rev().for_each(|folder| drop(fs::remove_dir(folder)));
    }
}

/// What a file that is new may be read and written by: all, and its owner; the umask takes from it.
const NEW_MODE: u32 = 0o666;

/// A file beside `path` that can take its place: with its mode, or with that of any new file.
fn staged(path: &Utf8Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().unwrap_or_else(|| "/".into());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(NEW_MODE));
    let mut file = builder.tempfile_in(folder)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
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
        fs::create_dir_all(root.join("new/folder")).unwrap();
        fs::write(root.join("new/folder/c"), "three\n").unwrap();
        let files = vec![(root.join("a"), Some("before\n".into())), (root.join("new/folder/c"), None)];
        Done { files, folders: vec![root.join("new"), root.join("new/folder")] }.undo();
        assert_eq!(
            (texts(&root), root.join("new").exists()),
            (["before\n", "two\n"].map(str::to_owned), false)
        );
    }

    #[test]
    fn a_file_that_cannot_be_put_in_place_takes_the_others_back() {
        let (_folder, root) = folder();
        let ready = |name: &str, target: &str, before: &str| Ready {
            path: root.join(target),
            file: staged(&root.join(name), "new\n").unwrap(),
            before: Some(before.into()),
        };
        let mut done = Done::default();
        let refused = put(vec![ready("a", "a", "one\n"), ready("b", "gone/b", "two\n")], &mut done);
        assert!(refused.unwrap_err().to_string().starts_with("cannot write "));
        assert_eq!(texts(&root), ["new\n", "two\n"]);
        done.undo();
        assert_eq!(texts(&root), ["one\n", "two\n"]);
        assert_eq!(fs::read_dir(&root).unwrap().count(), 2);
    }

    #[test]
    fn new_files_are_put_before_edited_ones() {
        let (_folder, root) = folder();
        let ready = |name: &str, before: Option<&str>| Ready {
            path: root.join(name),
            file: staged(&root.join("a"), "new\n").unwrap(),
            before: before.map(Into::into),
        };
        let mut done = Done::default();
        put(vec![ready("a", Some("one\n")), ready("c", None), ready("b", Some("two\n"))], &mut done).unwrap();
        let order: Vec<_> = done.files.iter().map(|(path, _)| relative(path, &root).as_str()).collect();
        assert_eq!(order, ["c", "a", "b"]);
    }

    #[test]
    fn a_new_file_comes_with_its_folders_and_is_none_where_one_is_there() {
        let (_folder, root) = folder();
        let mut edits = edited(&root);
        edits.create(&root.join("x/y/new"), "1\n2".to_owned());
        let paths: Vec<_> =
            edits.paths().into_iter().map(|path| (path.as_str(), edits.is_new(path))).collect();
        assert_eq!(paths, [("a", false), ("b", false), ("x/y/new", true)]);
        assert!(
            edits.diff().ends_with(
                "--- /dev/null\n+++ b/x/y/new\n@@ -0,0 +1,2 @@\n+1\n+2\n\\ No newline at end of file\n"
            ),
            "{}",
            edits.diff()
        );
        edits.write().unwrap();
        assert_eq!(fs::read_to_string(root.join("x/y/new")).unwrap(), "1\n2");
        let mut again = Edits::new(&root);
        again.replace(&root.join("a"), 0..1, "one").unwrap();
        again.create(&root.join("z/new"), String::new());
        again.create(&root.join("x/y/new"), "3".to_owned());
        let refusal = again.write().unwrap_err().to_string();
        assert_eq!(refusal, "x/y/new changed while the edits were made, so nothing is written");
        assert_eq!((texts(&root), root.join("z").exists()), (["1\n", "2\n"].map(str::to_owned), false));
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
        fs::create_dir(root.join("repository")).unwrap();
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
