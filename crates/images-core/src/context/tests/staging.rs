use std::os::unix::fs::MetadataExt;

use super::*;

/// A repository whose folder `app` has one of everything.
fn repository() -> Repository {
    let repository = Repository::with(&["app/a", "app/b/c", "app/b/d/e"]);
    repository.folder("app/empty");
    repository.link("app/b/link", "../a");
    repository.mode("app/b/c", 0o755);
    repository
}

fn stages(repository: &Repository) -> Utf8PathBuf {
    repository.path("target/images/stage")
}

fn names(folder: &Utf8Path) -> Vec<String> {
    let mut names: Vec<_> =
        folder.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
    names.sort();
    names
}

/// Everything in a folder, one a line: mode, time, path and what it holds.
fn tree(folder: &Utf8Path) -> Vec<String> {
    fn add(lines: &mut Vec<String>, root: &Utf8Path, path: &Utf8Path) {
        let metadata = path.symlink_metadata().unwrap();
        let shown = path.strip_prefix(root).unwrap();
        let content = if metadata.is_dir() {
            "/".to_owned()
        } else if metadata.is_symlink() {
            format!(" -> {}", path.read_link_utf8().unwrap())
        } else {
            format!(" = {}", fs::read_to_string(path).unwrap())
        };
        let mode = if metadata.is_symlink() { 0o777 } else { metadata.mode() & 0o7777 };
        lines.push(format!("{mode:o} {}.{} {shown}{content}", metadata.mtime(), metadata.mtime_nsec()));
        if metadata.is_dir() {
            names(path).iter().for_each(|name| add(lines, root, &path.join(name)));
        }
    }
    let mut lines = Vec::new();
    add(&mut lines, folder, folder);
    lines
}

const STAGED: &[&str] = &[
    "755 315532800.0 /",
    "644 315532800.0 a = app/a",
    "755 315532800.0 b/",
    "755 315532800.0 b/c = app/b/c",
    "755 315532800.0 b/d/",
    "644 315532800.0 b/d/e = app/b/d/e",
    "777 315532800.0 b/link -> ../a",
    "755 315532800.0 empty/",
];

#[test]
fn a_stage_is_the_normalised_context_named_by_its_hash() {
    let repository = repository();
    let context = repository.ask("app").read();
    let staged = stage(&context, &stages(&repository)).unwrap();
    assert_eq!(staged, stages(&repository).join(blake3::Hash::from_bytes(context.hash).to_hex().as_str()));
    assert_eq!(tree(&staged), STAGED);
    assert_eq!(names(&stages(&repository)), [context.stage_name()]);
}

#[test]
fn a_stage_of_another_epoch_has_its_own_name_and_times() {
    let repository = repository();
    let mut ask = repository.ask("app");
    ask.epoch = 1_700_000_000;
    let (context, other) = (ask.read(), repository.ask("app").read());
    assert_eq!(context.hash, other.hash);
    assert_ne!(context.stage_name(), other.stage_name());
    let staged = stage(&context, &stages(&repository)).unwrap();
    let expected: Vec<_> = STAGED.iter().map(|line| line.replace("315532800", "1700000000")).collect();
    assert_eq!(tree(&staged), expected);
}

#[test]
fn preserved_modes_are_staged() {
    let repository = repository();
    repository.mode("app/b/c", 0o4550);
    repository.mode("app/b", 0o555);
    let staged = stage(&repository.ask("app").modes(Modes::Preserve).read(), &stages(&repository)).unwrap();
    assert_eq!(tree(&staged)[2..4], ["555 315532800.0 b/", "4550 315532800.0 b/c = app/b/c"]);
    repository.mode("app/b", 0o755);
    trim(&stages(&repository), &Default::default(), std::time::Duration::ZERO).unwrap();
    assert_eq!(names(&stages(&repository)), [""; 0]);
}

#[test]
fn only_the_selected_is_staged() {
    let repository = repository();
    let context = repository.ask("app").sources(&["b/d"]).join("app/a", "b/x").read();
    let staged = stage(&context, &stages(&repository)).unwrap();
    assert_eq!(
        tree(&staged)[1..],
        ["755 315532800.0 b/", "755 315532800.0 b/d/", "644 315532800.0 b/d/e = app/b/d/e"]
    );
    let empty = stage(&repository.ask("app").sources(&[]).read(), &stages(&repository)).unwrap();
    assert_eq!(tree(&empty), ["755 315532800.0 /"]);
}

#[test]
fn an_edit_of_the_original_does_not_reach_the_stage() {
    let repository = repository();
    let staged = stage(&repository.ask("app").read(), &stages(&repository)).unwrap();
    fs::write(repository.path("app/a"), "other").unwrap();
    assert_eq!(fs::metadata(staged.join("a")).unwrap().nlink(), 1);
    assert_eq!(tree(&staged), STAGED);
}

#[test]
fn a_stage_is_used_again_and_seen_to_be() {
    let repository = repository();
    let context = repository.ask("app").read();
    let staged = stage(&context, &stages(&repository)).unwrap();
    let inode = || fs::metadata(staged.join("b/d/e")).unwrap().ino();
    let changed = || fs::metadata(&staged).map(|metadata| (metadata.ctime(), metadata.ctime_nsec())).unwrap();
    let (inode_before, changed_before) = (inode(), changed());
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert_eq!(stage(&context, &stages(&repository)).unwrap(), staged);
    assert_eq!(inode(), inode_before);
    assert!(changed() > changed_before);
    assert_eq!(tree(&staged), STAGED);
}

#[test]
fn a_file_that_is_not_what_was_hashed_is_told() {
    let changes: &[&dyn Fn(&Utf8Path)] = &[
        &|path| fs::write(path, "app/b/d/f").unwrap(),
        &|path| fs::write(path, "longer than it was").unwrap(),
        &|path| fs::write(path, "app/b/d/e and more").unwrap(),
        &|path| fs::write(path, "short").unwrap(),
        &|path| fs::write(path, "").unwrap(),
        &|path| fs::remove_file(path).unwrap(),
        &|path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        },
        &|path| {
            fs::rename(path, path.with_extension("real")).unwrap();
            symlink("e.real", path).unwrap();
        },
        &|path| {
            fs::remove_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path.parent().unwrap(), "").unwrap();
        },
    ];
    for (at, change) in changes.iter().enumerate() {
        let repository = repository();
        let context = repository.ask("app").read();
        change(&repository.path("app/b/d/e"));
        let error = stage(&context, &stages(&repository)).unwrap_err();
        assert!(matches!(&error, StageError::Changed { path } if path == "b/d/e"), "change {at}: {error:?}");
        assert_eq!(names(&stages(&repository)), [""; 0], "change {at}");
        let error = write_tar(&context, std::io::sink()).unwrap_err();
        assert!(matches!(&error, StageError::Changed { path } if path == "b/d/e"), "change {at}: {error:?}");
    }
}

#[test]
fn a_stage_that_someone_changed_is_made_again() {
    let changes: &[&dyn Fn(&Utf8Path)] = &[
        &|stage| fs::write(stage.join("b/extra"), "").unwrap(),
        &|stage| fs::create_dir(stage.join("empty/extra")).unwrap(),
        &|stage| {
            fs::write(stage.join("b/extra"), "").unwrap();
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(EPOCH.cast_unsigned());
            fs::File::open(stage.join("b")).unwrap().set_modified(time).unwrap();
        },
        &|stage| fs::remove_file(stage.join("a")).unwrap(),
        &|stage| fs::write(stage.join("a"), "a").unwrap(),
        &|stage| fs::write(stage.join("b/c"), "app/b/d").unwrap(),
        &|stage| fs::set_permissions(stage.join("b/c"), Permissions::from_mode(0o644)).unwrap(),
        &|stage| fs::remove_dir(stage.join("empty")).unwrap(),
        &|stage| {
            fs::remove_file(stage.join("b/link")).unwrap();
            symlink("other", stage.join("b/link")).unwrap();
        },
        &|stage| fs::remove_dir_all(stage).unwrap(),
        &|stage| {
            fs::remove_dir_all(stage).unwrap();
            fs::create_dir(stage).unwrap();
        },
        &|stage| {
            fs::remove_dir_all(stage).unwrap();
            fs::write(stage, "").unwrap();
        },
        &|stage| {
            fs::rename(stage, stage.with_extension("moved")).unwrap();
            symlink(stage.with_extension("moved"), stage).unwrap();
        },
    ];
    for (at, change) in changes.iter().enumerate() {
        let repository = repository();
        let context = repository.ask("app").read();
        let staged = stage(&context, &stages(&repository)).unwrap();
        change(&staged);
        assert_eq!(stage(&context, &stages(&repository)).unwrap(), staged, "change {at}");
        assert!(staged.symlink_metadata().unwrap().is_dir(), "change {at}");
        assert_eq!(tree(&staged), STAGED, "change {at}");
    }
}

#[test]
fn what_a_crash_left_is_not_taken_for_a_stage() {
    let repository = repository();
    let context = repository.ask("app").read();
    fs::create_dir_all(stages(&repository).join(".stage-left")).unwrap();
    let staged = stage(&context, &stages(&repository)).unwrap();
    assert_eq!(tree(&staged), STAGED);
    assert_eq!(names(&stages(&repository)), [".stage-left".to_owned(), context.stage_name()]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the threads of a test")]
fn all_who_stage_one_context_at_once_end_with_it() {
    let repository = repository();
    let context = repository.ask("app").read();
    for _ in 0..20 {
        let _ = fs::remove_dir_all(stages(&repository));
        std::thread::scope(|scope| {
            let stage = || stage(&context, &stages(&repository)).unwrap();
            let staging: Vec<_> = (0..4).map(|_| scope.spawn(stage)).collect();
            for staged in staging {
                assert_eq!(staged.join().unwrap(), stages(&repository).join(context.stage_name()));
            }
        });
        assert_eq!(names(&stages(&repository)), [context.stage_name()]);
        assert_eq!(tree(&stages(&repository).join(context.stage_name())), STAGED);
    }
}

#[test]
fn a_large_file_is_staged_whole() {
    let repository = Repository::new();
    let content = "0123456789abcdef".repeat(100_000);
    repository.write("app/large", &content);
    let staged = stage(&repository.ask("app").read(), &stages(&repository)).unwrap();
    assert!(fs::read_to_string(staged.join("large")).unwrap() == content);
}

#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    let repository = repository();
    repository.write("target", "a file");
    let error = stage(&repository.ask("app").read(), &stages(&repository)).unwrap_err();
    assert!(matches!(error, StageError::Io { .. }));
}
