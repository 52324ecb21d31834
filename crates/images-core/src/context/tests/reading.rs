use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

#[test]
fn entries_are_sorted_by_bytes_and_normalised() {
    let repository = Repository::new();
    repository.write("app/b/c.txt", "c");
    repository.write("app/b.txt", "abc");
    repository.write("app/run", "");
    repository.folder("app/empty");
    repository.link("app/link", "b/c.txt");
    repository.mode("app/run", 0o700);
    repository.mode("app/b.txt", 0o677);
    repository.mode("app/b", 0o700);
    repository.write("outside.txt", "not in it");
    assert_eq!(
        repository.ask("app").lines(),
        [
            "755 b/",
            "644 b.txt 3 6437b3ac",
            "644 b/c.txt 1 ea7aa1fc",
            "755 empty/",
            "777 link -> b/c.txt",
            "755 run 0 af1349b9",
        ]
    );
}

#[test]
fn modes_can_be_preserved() {
    let repository = Repository::with(&["app/b/c", "app/d"]);
    repository.mode("app/b", 0o2750);
    repository.mode("app/b/c", 0o4711);
    repository.mode("app/d", 0o600);
    let modes = |modes| {
        let context = repository.ask("app").modes(modes).read();
        context.entries.iter().map(|entry| (entry.path.clone(), entry.mode)).collect::<Vec<_>>()
    };
    let with = |b, c, d| [("b", b), ("b/c", c), ("d", d)].map(|(path, mode)| (path.to_owned(), mode));
    assert_eq!(modes(Modes::Preserve), with(0o2750, 0o4711, 0o600));
    assert_eq!(modes(Modes::Normalise), with(0o755, 0o755, 0o644));
    let parent = repository.ask("app").modes(Modes::Preserve).sources(&["b/c"]).read();
    assert_eq!(parent.entries.iter().map(|entry| entry.mode).collect::<Vec<_>>(), [0o2750, 0o4711]);
}

#[test]
fn a_file_knows_its_place_on_the_host() {
    let repository = Repository::with(&["app/b/c", "other/d/e", "LICENSE"]);
    let context = repository.ask("app").join("other", "x").join("LICENSE", "y/COPYING").read();
    let places = context.entries.iter().filter(|entry| entry.kind != EntryKind::Folder);
    let places: Vec<_> = places.map(|entry| (entry.path.as_str(), context.host_path(entry))).collect();
    assert_eq!(
        places,
        [
            ("b/c", repository.path("app/b/c")),
            ("x/d/e", repository.path("other/d/e")),
            ("y/COPYING", repository.path("LICENSE")),
        ]
    );
}

#[test]
fn the_dockerfile_and_its_ignore_file_are_files_like_others() {
    let repository = Repository::with(&["app/Dockerfile", "app/.dockerignore", "app/Image.toml"]);
    assert_eq!(repository.ask("app").paths(), [".dockerignore", "Dockerfile", "Image.toml"]);
}

#[test]
fn private_folders_are_in_no_context() {
    let repository =
        Repository::with(&["a", "target/images/stage/x/y", "target/other", "app/target/images/b"]);
    let mut ask = repository.ask("");
    ask.private = vec![repository.path("target/images")];
    assert_eq!(
        ask.paths(),
        ["a", "app/", "app/target/", "app/target/images/", "app/target/images/b", "target/", "target/other"]
    );
    assert!(matches!(
        ask.sources(&["target/images/stage/x/y"]).error(),
        ContextError::MissingSource { ignored: false, .. }
    ));
}

#[test]
fn a_fifo_a_socket_and_a_device_are_errors_that_name_them() {
    let special = |make: &dyn Fn(&Utf8Path)| {
        let repository = Repository::with(&["app/a/b"]);
        make(&repository.path("app/a/special"));
        assert_eq!(repository.ask("app").ignore("a/special").paths(), ["a/", "a/b"]);
        assert_eq!(repository.ask("app").sources(&["a/b"]).paths(), ["a/", "a/b"]);
        match repository.ask("app").error() {
            ContextError::Special { path, what } => (path, what),
            other => panic!("{other:?}"),
        }
    };
    let mode = Mode::from_raw_mode(0o600);
    let fifo = |path: &Utf8Path| mknodat(CWD, path.as_str(), FileType::Fifo, mode, 0).unwrap();
    let socket = |path: &Utf8Path| drop(UnixListener::bind(path).unwrap());
    assert_eq!(special(&fifo), ("a/special".to_owned(), "fifo"));
    assert_eq!(special(&socket), ("a/special".to_owned(), "socket"));
    let null = rustix::fs::makedev(1, 3);
    let device = |path: &Utf8Path| {
        mknodat(CWD, path.as_str(), FileType::CharacterDevice, mode, null).unwrap();
    };
    if rustix::process::geteuid().is_root() {
        assert_eq!(special(&device), ("a/special".to_owned(), "character device"));
    }
}

#[test]
fn a_path_that_is_not_utf8_is_an_error_that_names_it() {
    let repository = Repository::with(&["app/a/b", "app/c"]);
    let name = std::ffi::OsStr::from_bytes(b"\xffx");
    fs::create_dir(repository.path("app/a").as_std_path().join(name)).unwrap();
    fs::write(repository.path("app/a").as_std_path().join(name).join("c"), "c").unwrap();
    let not_utf8 = |ask: &Ask| match ask.error() {
        ContextError::NotUtf8 { path } => path,
        other => panic!("{other:?}"),
    };
    assert_eq!(not_utf8(&repository.ask("app")), "a/\u{fffd}x");
    assert_eq!(not_utf8(&repository.ask("app").ignore("a\n!a/*/c")), "a/\u{fffd}x/c");
    assert_eq!(repository.ask("app").ignore("a/?x").paths(), ["a/", "a/b", "c"]);
    assert_eq!(repository.ask("app").ignore("a/?x\n!a/?x/d").paths(), ["a/", "a/b", "c"]);
    assert_eq!(repository.ask("app").sources(&["a/b"]).paths(), ["a/", "a/b"]);
}

#[test]
fn a_link_whose_target_is_not_utf8_is_an_error_that_names_it() {
    let repository = Repository::with(&["app/a"]);
    let target = std::ffi::OsStr::from_bytes(b"\xff");
    symlink(target, repository.path("app/link")).unwrap();
    assert!(matches!(repository.ask("app").error(), ContextError::NotUtf8 { path } if path == "link"));
}

#[test]
fn a_missing_folder_is_an_error() {
    let repository = Repository::new();
    let ContextError::Io { path, source } = repository.ask("app").error() else { panic!() };
    assert_eq!((path.as_str(), source.kind()), (".", std::io::ErrorKind::NotFound));
}

#[test]
fn a_context_outside_the_repository_is_an_error() {
    let repository = Repository::new();
    fs::create_dir(repository.path("../elsewhere")).unwrap();
    repository.link("app", "../elsewhere");
    repository.link("inside", ".");
    repository.write("a", "a");
    assert!(matches!(repository.ask("app").error(), ContextError::Outside { .. }));
    assert!(matches!(repository.ask("../elsewhere").error(), ContextError::Outside { .. }));
    assert_eq!(repository.ask("inside").paths(), ["a", "app", "inside"]);
}

#[test]
fn a_repository_may_be_reached_through_a_link() {
    let repository = Repository::with(&["repository/app/a"]);
    repository.link("other", "repository");
    let mut ask = repository.ask("other/app");
    ask.repository = repository.path("other");
    assert_eq!(ask.paths(), ["a"]);
}

#[test]
fn a_large_file_is_hashed_whole() {
    let repository = Repository::new();
    let content = "0123456789abcdef".repeat(100_000);
    repository.write("app/large", &content);
    let kind = EntryKind::File { size: 1_600_000, hash: hash_of(&content) };
    assert_eq!(repository.ask("app").read().entries[0].kind, kind);
}

#[test]
fn messages_name_the_path_and_what_is_wrong() {
    let path = || "a/b".to_owned();
    let source = || std::io::Error::other("why");
    for (error, message) in [
        (
            ContextError::Hidden { to: path() },
            "`a/b` is in the context already, and what joins a context may not hide what is there",
        ),
        (
            ContextError::Special { path: path(), what: "fifo" },
            "`a/b` is a fifo, which a context cannot hold",
        ),
        (
            ContextError::EscapingLink { path: path(), target: "/x".to_owned() },
            "the link `a/b` leads out of the repository, to `/x`",
        ),
        (ContextError::NotUtf8 { path: path() }, "`a/b` is not UTF-8, or is a link whose target is not"),
        (ContextError::Outside { path: path() }, "`a/b` leads out of the repository"),
        (ContextError::Io { path: path(), source: source() }, "failed to read `a/b`"),
    ] {
        assert_eq!(error.to_string(), message);
    }
    let changed = StageError::Changed { path: path() };
    assert_eq!(changed.to_string(), "`a/b` changed while it was being read");
    let failed = StageError::Io { path: path(), source: source() };
    assert_eq!(failed.to_string(), "failed to stage `a/b`");
}
