//! Archives that `ADD` unpacks.

use std::io::Write;

use super::*;

/// The members of an archive, written by another program's code.
fn archive(members: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, text) in members {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(0o640);
        header.set_uid(3);
        header.set_gid(4);
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        let is_link = matches!(kind, tar::EntryType::Symlink | tar::EntryType::Link);
        if is_link {
            header.set_link_name_literal(text).unwrap();
        }
        let content = if is_link { "" } else { *text };
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_archive_is_unpacked_by_add_with_its_own_owners_and_copied_by_copy() {
    use tar::EntryType::{Directory, Link, Regular, Symlink};
    let mut case = case();
    let plain = archive(&[
        ("./", Directory, ""),
        ("./a/", Directory, ""),
        ("./a/x", Regular, "x"),
        ("./h", Link, "./a/x"),
        ("s", Symlink, "a/x"),
        ("deep/no/parents", Regular, "p"),
        ("/abs", Regular, "b"),
    ]);
    fs::write(case.root.join("c/t.tar"), &plain).unwrap();
    fs::write(case.root.join("c/t.any"), gzipped(&plain)).unwrap();
    // docker: ADD --chown=7:8 t.tar /o/, and ADD --chmod=600 t.tar /o/
    let expected = [
        "o/ 755 7:8",
        "o/a/ 640 3:4",
        "o/a/x = x 640 3:4",
        "o/abs = b 640 3:4",
        "o/deep/ 755 0:0",
        "o/deep/no/ 755 0:0",
        "o/deep/no/parents = p 640 3:4",
        "o/h == o/a/x 640 3:4",
        "o/s -> a/x 777 3:4",
    ];
    assert_eq!(case.run("ADD --chown=7:8 --chmod=600 t.tar /o"), expected);
    case.stage = Tree::empty();
    assert_eq!(case.run("ADD --chown=7:8 --chmod=600 t.any /o/"), expected);
    assert_eq!(case.run("COPY t.tar /c").len(), 1);
    assert_eq!(case.run("ADD f /f"), ["f = hi 644 0:0"]);
}

#[test]
fn what_an_archive_has_replaces_what_is_there_and_links_lead_nowhere_outside() {
    use tar::EntryType::{Directory, Regular, Symlink};
    let mut case = case();
    case.put(&[
        Entry::inline("o/f", b"", Meta::new(0o644, 0)),
        Entry::inline("o/d/in", b"", Meta::new(0o644, 0)),
        Entry::symlink("o/ld", "/d", 0),
        Entry::symlink("o/out", "/../..", 0),
        folder("o/d", 0o755),
    ]);
    fs::write(
        case.root.join("c/t.tar"),
        archive(&[
            ("f", Directory, ""),
            ("f/in", Regular, "k"),
            ("ld", Directory, ""),
            ("out/in", Regular, "o"),
            ("d", Regular, "file"),
        ]),
    )
    .unwrap();
    // docker: ADD over.tar.xz /
    assert_eq!(
        case.run("ADD t.tar /o"),
        [
            "o/ 755 0:0",
            "o/d = file 640 3:4",
            "o/f/ 640 3:4",
            "o/f/in = k 640 3:4",
            "o/in = o 640 3:4",
            "o/ld/ 640 3:4",
        ]
    );
    for (members, message) in [
        (&[("l", Symlink, "gone"), ("l/in", Regular, "")][..], "leads nowhere"),
        (&[("../esc", Regular, "")], "leads out of its root"),
        (&[(".wh.f", Regular, "")], "is a marker of layers"),
        (&[("f", Regular, ""), ("p", tar::EntryType::GNUSparse, "")], "kind `S`"),
    ] {
        fs::write(case.root.join("c/t.tar"), archive(members)).unwrap();
        let refused = case.refused("ADD t.tar /p");
        assert!(refused.contains(message), "{refused}");
    }
}

#[test]
fn a_folder_that_was_replaced_by_one_hides_what_was_in_it() {
    use tar::EntryType::{Directory, Regular};
    let mut case = case();
    case.put(&[Entry::inline("d/old", b"", Meta::new(0o644, 0))]);
    fs::write(case.root.join("c/t.tar"), archive(&[("d", Regular, ""), ("d", Directory, "")])).unwrap();
    assert_eq!(case.run("ADD t.tar /"), ["d/ 640 3:4", "d Opaque 0 0:0"]);
    assert_eq!(case.stage.get("d").unwrap().children().count(), 0);
}

#[test]
fn a_hard_link_in_an_archive_has_the_last_word_about_the_file() {
    let mut case = case();
    case.put(&[Entry::inline("old", b"o", Meta::new(0o600, 0))]);
    let member = |name: &str, link: Option<&str>, mode: u32, uid: u64| {
        let mut header = tar::Header::new_gnu();
        header.set_path(name).unwrap();
        header.set_mode(mode);
        header.set_uid(uid);
        header.set_gid(0);
        header.set_size(if link.is_some() { 0 } else { 1 });
        header.set_entry_type(if link.is_some() { tar::EntryType::Link } else { tar::EntryType::Regular });
        link.into_iter().for_each(|link| header.set_link_name(link).unwrap());
        header.set_cksum();
        header
    };
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&member("a", None, 0o640, 3), &b"x"[..]).unwrap();
    builder.append(&member("b", Some("a"), 0o640, 3), &b""[..]).unwrap();
    builder.append(&member("c", Some("b"), 0o755, 7), &b""[..]).unwrap();
    builder.append(&member("d", Some("old"), 0o711, 8), &b""[..]).unwrap();
    fs::write(case.root.join("c/t.tar"), builder.into_inner().unwrap()).unwrap();
    assert_eq!(
        case.run("ADD t.tar /"),
        ["a = x 755 7:0", "b == a 755 7:0", "c == a 755 7:0", "d = o 711 8:0", "old == d 711 8:0",]
    );
}
