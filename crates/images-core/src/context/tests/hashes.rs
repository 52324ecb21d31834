use std::time::SystemTime;

use proptest::prelude::*;

use super::*;
use crate::context::encoding::{encode, hash};

fn encoded(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(entries, &mut |part| bytes.extend(part));
    bytes
}

fn entry(path: &str, mode: u32, kind: EntryKind) -> Entry {
    Entry { path: path.to_owned(), mode, kind, origin: None }
}

#[test]
fn the_encoding_is_what_version_1_says() {
    let entries = [
        entry("a", 0o755, EntryKind::Folder),
        entry("a/b", 0o644, EntryKind::File { size: 3, hash: [7; 32] }),
        entry("l", 0o777, EntryKind::Link { target: "a/b".to_owned() }),
    ];
    let expected = [
        b"xtask-images context 1\n\x03\0\0\0\0\0\0\0",
        &b"\x01\0\0\0\0\0\0\0a\xed\x01\0\0\x01"[..],
        b"\x03\0\0\0\0\0\0\0a/b\xa4\x01\0\0\x02",
        &[7; 32],
        b"\x01\0\0\0\0\0\0\0l\xff\x01\0\0\x03\x03\0\0\0\0\0\0\0a/b",
    ]
    .concat();
    assert_eq!(encoded(&entries), expected);
    assert_eq!(hash(&entries), *blake3::hash(&expected).as_bytes());
}

/// Reads an encoding back. That this can be done shows that no two lists of entries have the same.
fn decoded(mut bytes: &[u8]) -> Vec<Entry> {
    fn array<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
        let (array, rest) = bytes.split_first_chunk().unwrap();
        *bytes = rest;
        *array
    }
    fn text(bytes: &mut &[u8]) -> String {
        let length = u64::from_le_bytes(array(bytes)).try_into().unwrap();
        let (text, rest) = bytes.split_at(length);
        *bytes = rest;
        String::from_utf8(text.to_vec()).unwrap()
    }
    array::<23>(&mut bytes);
    let count = u64::from_le_bytes(array(&mut bytes));
    let mut entries = Vec::new();
    for _ in 0..count {
        let path = text(&mut bytes);
        let mode = u32::from_le_bytes(array(&mut bytes));
        let kind = match array(&mut bytes) {
            [1] => EntryKind::Folder,
            [2] => EntryKind::File { size: 0, hash: array(&mut bytes) },
            [3] => EntryKind::Link { target: text(&mut bytes) },
            other => panic!("{other:?}"),
        };
        entries.push(entry(&path, mode, kind));
    }
    assert!(bytes.is_empty());
    entries
}

fn any_kind() -> impl Strategy<Value = EntryKind> {
    prop_oneof![
        Just(EntryKind::Folder),
        any::<[u8; 32]>().prop_map(|hash| EntryKind::File { size: 0, hash }),
        any::<String>().prop_map(|target| EntryKind::Link { target }),
    ]
}

fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
    let any_entry = (any::<String>(), any::<u32>(), any_kind());
    let any_entry = any_entry.prop_map(|(path, mode, kind)| entry(&path, mode, kind));
    proptest::collection::vec(any_entry, 0..5)
}

proptest! {
    #[test]
    fn different_entries_have_different_encodings(entries in any_entries()) {
        prop_assert_eq!(decoded(&encoded(&entries)), entries);
    }
}

/// The hash of a small tree after `change`.
fn hash_after(change: impl FnOnce(&Repository)) -> [u8; 32] {
    let repository = Repository::with(&["app/a", "app/b/c"]);
    repository.folder("app/empty");
    repository.link("app/link", "a");
    change(&repository);
    repository.ask("app").read().hash
}

#[test]
fn what_an_image_can_see_changes_the_hash() {
    let changes: &[&dyn Fn(&Repository)] = &[
        &|_| {},
        &|repository| repository.write("app/a", "x"),
        &|repository| repository.write("app/b/c", "app/b/d"),
        &|repository| repository.mode("app/a", 0o755),
        &|repository| fs::rename(repository.path("app/a"), repository.path("app/a2")).unwrap(),
        &|repository| fs::rename(repository.path("app/b"), repository.path("app/b2")).unwrap(),
        &|repository| fs::remove_file(repository.path("app/a")).unwrap(),
        &|repository| fs::remove_dir(repository.path("app/empty")).unwrap(),
        &|repository| repository.folder("app/empty2"),
        &|repository| repository.write("app/new", ""),
        &|repository| {
            fs::remove_file(repository.path("app/link")).unwrap();
            repository.link("app/link", "b");
        },
        &|repository| {
            fs::remove_file(repository.path("app/link")).unwrap();
            repository.write("app/link", "a");
        },
    ];
    let hashes: std::collections::HashSet<_> = changes.iter().map(hash_after).collect();
    assert_eq!(hashes.len(), changes.len());
}

#[test]
fn what_no_image_can_see_does_not_change_the_hash() {
    let unchanged = hash_after(|_| {});
    let set_time = |path: Utf8PathBuf| {
        fs::File::open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    };
    let changes: &[&dyn Fn(&Repository)] = &[
        &|repository| set_time(repository.path("app/a")),
        &|repository| set_time(repository.path("app/b")),
        &|repository| repository.mode("app/a", 0o604),
        &|repository| repository.mode("app/b", 0o700),
        &|repository| fs::hard_link(repository.path("app/a"), repository.path("a")).unwrap(),
        &|repository| repository.write("beside", "app"),
        &|repository| {
            if rustix::process::geteuid().is_root() {
                std::os::unix::fs::lchown(repository.path("app/a"), Some(12345), Some(54321)).unwrap();
            }
        },
    ];
    for (at, change) in changes.iter().enumerate() {
        assert_eq!(hash_after(change), unchanged, "change {at}");
    }
}

#[test]
fn a_joined_file_counts_like_one_that_is_there() {
    let there = Repository::with(&["app/a/b"]);
    let elsewhere = Repository::new();
    elsewhere.folder("app");
    elsewhere.write("c", "app/a/b");
    assert_eq!(elsewhere.ask("app").join("c", "a/b").read().hash, there.ask("app").read().hash);
}
