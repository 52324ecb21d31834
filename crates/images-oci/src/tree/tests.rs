//! Layers above each other, and paths in them.

use camino::Utf8Path;

use super::*;
use crate::layer::{Compression, Entry, Kind, Limits};
use crate::layout::Layout;

fn file(path: &str, text: &str) -> Entry {
    Entry::inline(path, text.as_bytes(), Meta::new(0o644, 0))
}

fn marker(path: &str, kind: Kind) -> Entry {
    Entry { path: path.to_owned(), kind, meta: Meta::default() }
}

fn hard_link(path: &str, target: &str) -> Entry {
    marker(path, Kind::Hardlink { target: target.to_owned() })
}

fn tree(entries: &[Entry]) -> Tree {
    Tree::empty().with_layer(entries).unwrap()
}

/// All paths, in their order.
fn paths(tree: &Tree) -> Vec<String> {
    fn add(node: &Node, path: &str, paths: &mut Vec<String>) {
        for (name, child) in node.children() {
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            paths.push(path.clone());
            add(child, &path, paths);
        }
    }
    let mut all = Vec::new();
    add(tree.root(), "", &mut all);
    all
}

fn text(tree: &Tree, path: &str) -> Option<String> {
    tree.read(path, 1 << 20).unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn whiteouts_hide_lower_layers_and_nothing_of_their_own() {
    let lower = tree(&[file("a", "1"), file("d/x", "1"), file("d/y", "1"), file("e/x", "1")]);
    let upper = lower
        .with_layer(&[
            file("d/new", "2"),
            marker("d", Kind::Opaque),
            file("a", "2"),
            marker("a", Kind::Whiteout),
            marker("e", Kind::Whiteout),
            marker("gone", Kind::Whiteout),
        ])
        .unwrap();
    assert_eq!(paths(&upper), ["a", "d", "d/new"]);
    assert_eq!(text(&upper, "a").as_deref(), Some("2"));
    assert_eq!(paths(&lower).len(), 6);
}

#[test]
fn upper_layers_replace_and_folders_merge() {
    let mut meta = Meta::new(0o700, 5);
    meta.uid = 3;
    let lower = tree(&[file("d/x", "1"), file("f", "1"), Entry::symlink("l", "d", 0)]);
    let upper = lower
        .with_layer(&[
            Entry::folder("d", meta.clone()),
            file("d/y", "2"),
            file("f/in", "2"),
            file("l/in", "2"),
        ])
        .unwrap();
    assert_eq!(paths(&upper), ["d", "d/x", "d/y", "f", "f/in", "l", "l/in"]);
    assert_eq!(upper.get("d").unwrap().meta, meta);
    assert!(!upper.with_layer(&[file("d", "3")]).unwrap().get("d").unwrap().is_folder());
    let root = Entry::folder("", Meta::new(0o711, 0));
    assert_eq!(upper.with_layer(&[root]).unwrap().root().meta.mode, 0o711);
}

#[test]
fn hard_links_are_one_node() {
    let tree = tree(&[file("a", "1"), hard_link("b/c", "a")]);
    assert!(Arc::ptr_eq(tree.get("a").unwrap(), tree.get("b/c").unwrap()));
    let upper = tree.with_layer(&[file("a", "2")]).unwrap();
    assert_eq!((text(&upper, "a").as_deref(), text(&upper, "b/c").as_deref()), (Some("2"), Some("1")));
    for target in ["gone", "b"] {
        let error = tree.with_layer(&[hard_link("x", target)]).unwrap_err();
        assert!(matches!(error, TreeError::HardLink { .. }));
    }
}

#[test]
fn links_are_followed_within_the_root() {
    let tree = tree(&[
        file("real/sub/f", "1"),
        Entry::symlink("abs", "/real", 0),
        Entry::symlink("real/up", "../../../real/sub", 0),
        Entry::symlink("chain", "abs/up", 0),
        Entry::symlink("gone", "nowhere/x", 0),
        Entry::symlink("loop", "pool", 0),
        Entry::symlink("pool", "loop", 0),
    ]);
    for (path, resolved) in [
        ("abs/sub/f", "real/sub/f"),
        ("/chain/f", "real/sub/f"),
        ("chain/../x", "real/x"),
        ("gone/y", "nowhere/x/y"),
        ("../../real", "real"),
        ("missing/../abs", "real"),
        ("", ""),
        ("real/sub/f", "real/sub/f"),
        ("chain", "real/sub"),
    ] {
        assert_eq!(tree.resolve(path).unwrap(), resolved, "{path}");
    }
    assert_eq!(tree.resolve_parent("abs/up").unwrap(), "real/up");
    assert_eq!(tree.resolve_parent("chain/").unwrap(), "chain");
    assert!(matches!(tree.resolve("loop"), Err(TreeError::Loop { .. })));
    assert!(
        matches!(tree.resolve("real/sub/f/x"), Err(TreeError::NoFolder { path }) if path == "real/sub/f")
    );
    assert_eq!(text(&tree, "chain/f").as_deref(), Some("1"));
    assert_eq!(text(&tree, "chain"), None);
    assert!(tree.follow("gone").unwrap().is_none());
}

#[test]
fn trees_of_images_are_read_from_their_layers_once() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open_or_create(&Utf8Path::from_path(folder.path()).unwrap().join("oci")).unwrap();
    let lower = [file("a", "1"), file("d/x", "one")];
    let upper = [file("d/y", "two"), marker("a", Kind::Whiteout)];
    for compression in [Compression::Gzip, Compression::None, Compression::Zstd] {
        let layers = [layout.layer(&lower, compression).unwrap(), layout.layer(&upper, compression).unwrap()];
        let trees = Trees::new(layout.clone(), Limits::default());
        let tree = trees.of(&layers).unwrap();
        assert_eq!(paths(&tree), ["d", "d/x", "d/y"]);
        assert_eq!((text(&tree, "d/y").unwrap(), text(&tree, "d/x").unwrap()), ("two".into(), "one".into()));
        assert_eq!(paths(&trees.of(&layers[..1]).unwrap()), ["a", "d", "d/x"]);
        layout.drop_blob(&layers[1].descriptor.digest).unwrap();
        assert_eq!(paths(&trees.of(&layers).unwrap()), ["d", "d/x", "d/y"]);
        let others = Trees::new(layout.clone(), Limits::default());
        assert!(matches!(others.of(&layers), Err(TreeError::Layout(_))));
        others.remember(&layers, &tree);
        assert_eq!(paths(&others.of(&layers).unwrap()).len(), 3);
    }
}
