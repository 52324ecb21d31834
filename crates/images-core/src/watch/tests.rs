use std::fs;
use std::sync::mpsc;

use super::*;

struct Tree {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Tree {
    fn with(folders: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(folder.path().canonicalize().unwrap()).unwrap();
        folders.iter().for_each(|folder| fs::create_dir_all(root.join(folder)).unwrap());
        Self { _folder: folder, root }
    }

    fn write(&self, path: &str) {
        fs::write(self.root.join(path), path).unwrap();
    }

    fn watch(&self, folders: &[&str]) -> Watch {
        let watched = folders.iter().map(|folder| self.root.join(folder)).collect();
        Watch::start(&Places { root: self.root.clone(), watched }).unwrap()
    }
}

fn names(changed: &BTreeSet<Utf8PathBuf>) -> Vec<&str> {
    changed.iter().map(|path| path.as_str()).collect()
}

#[test]
fn changes_since_the_start_are_told_of_together() {
    let tree = Tree::with(&["a", "b"]);
    let watch = tree.watch(&["a", "b"]);
    tree.write("a/one");
    tree.write("b/two");
    fs::rename(tree.root.join("b/two"), tree.root.join("b/three")).unwrap();
    let changed = watch.wait(&Cancel::default()).unwrap();
    assert_eq!(names(&changed), ["a/one", "b/three", "b/two"]);
}

#[test]
fn reading_is_no_change_nor_is_what_cargo_and_git_write() {
    let tree = Tree::with(&["a", "target", ".git"]);
    tree.write("a/read");
    let watch = tree.watch(&["", "a", "target", ".git"]);
    fs::read(tree.root.join("a/read")).unwrap();
    tree.root.join("a").read_dir_utf8().unwrap().for_each(drop);
    tree.write("target/built");
    tree.write(".git/index");
    tree.write("a/written");
    let changed = watch.wait(&Cancel::default()).unwrap();
    assert_eq!(names(&changed), ["a/written"]);
}

#[test]
fn a_place_that_is_gone_is_left_out() {
    let tree = Tree::with(&["a"]);
    let watch = tree.watch(&["a", "gone"]);
    tree.write("a/one");
    assert_eq!(names(&watch.wait(&Cancel::default()).unwrap()), ["a/one"]);
}

#[test]
fn an_interrupt_ends_the_wait() {
    let tree = Tree::with(&["a"]);
    let (watch, cancel) = (tree.watch(&["a"]), Cancel::default());
    cancel.interrupt();
    assert!(matches!(watch.wait(&cancel), Err(Error::Interrupted)));
}

#[test]
fn a_watch_that_ended_is_an_error() {
    let tree = Tree::with(&["a"]);
    let (sender, events) = mpsc::channel();
    let watch = Watch { events, ..tree.watch(&["a"]) };
    drop(sender);
    let error = watch.wait(&Cancel::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot watch {}: the system's watch ended", tree.root));
}
