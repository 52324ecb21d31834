use std::io::Read;

use super::*;

fn archive(ask: &Ask) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_tar(&ask.read(), &mut bytes).unwrap();
    bytes
}

/// The archive's entries, one a line: mode, owner, time, path and what it holds.
fn lines(bytes: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(bytes);
    let mut lines = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        let target = entry.link_name_bytes().map(|target| String::from_utf8(target.to_vec()).unwrap());
        let header = entry.header();
        lines.push(format!(
            "{:?} {:o} {}:{} {} {} {}{content}",
            header.entry_type(),
            header.mode().unwrap(),
            header.uid().unwrap(),
            header.gid().unwrap(),
            header.mtime().unwrap(),
            String::from_utf8(entry.path_bytes().to_vec()).unwrap(),
            target.map_or("= ".to_owned(), |target| format!("-> {target}")),
        ));
    }
    lines
}

#[test]
fn an_archive_holds_the_normalised_entries_in_their_order() {
    let repository = Repository::with(&["app/a", "app/b/c", "app/b.x"]);
    repository.mode("app/a", 0o700);
    repository.folder("app/empty");
    repository.link("app/l", "./b//c");
    assert_eq!(
        lines(&archive(&repository.ask("app"))),
        [
            "Regular 755 0:0 315532800 a = app/a",
            "Directory 755 0:0 315532800 b/ = ",
            "Regular 644 0:0 315532800 b.x = app/b.x",
            "Regular 644 0:0 315532800 b/c = app/b/c",
            "Directory 755 0:0 315532800 empty/ = ",
            "Symlink 777 0:0 315532800 l -> ./b//c",
        ]
    );
    let mut ask = repository.ask("app").sources(&["a"]);
    ask.epoch = 1_700_000_000;
    assert_eq!(lines(&archive(&ask)), ["Regular 755 0:0 1700000000 a = app/a"]);
}

#[test]
fn long_paths_and_targets_are_kept_byte_for_byte() {
    let repository = Repository::new();
    let (folder, file) = ("f".repeat(120), "n".repeat(200));
    repository.write(&format!("app/{folder}/{file}"), "x");
    for length in [99, 100, 101, 300] {
        repository.link(&format!("app/{folder}/l{length:0>110}"), &"./".repeat(150)[..length]);
    }
    let mut expected = vec![format!("Directory 755 0:0 315532800 {folder}/ = ")];
    for length in [99, 100, 101, 300] {
        let target = &"./".repeat(150)[..length];
        expected.push(format!("Symlink 777 0:0 315532800 {folder}/l{length:0>110} -> {target}"));
    }
    expected.push(format!("Regular 644 0:0 315532800 {folder}/{file} = x"));
    assert_eq!(lines(&archive(&repository.ask("app"))), expected);
}

#[test]
fn the_bytes_depend_on_nothing_but_the_context() {
    let archive_of = |other: &str| {
        let repository = Repository::with(&[other, "app/a", "app/b/c"]);
        repository.link("app/link", &"a/".repeat(60));
        archive(&repository.ask("app"))
    };
    let bytes = archive_of("x");
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert!(archive_of("y") == bytes);
    assert_eq!(
        blake3::hash(&bytes).to_hex().as_str(),
        "1faab177e9ffabbc8c686218b0f0832fb271a9b260a277428a2235caa9294231"
    );
}
