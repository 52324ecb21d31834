//! `--since` on a copy of this repository's images, but for those that need a program of Debian's.

use std::fs;
use std::path::Path;

use images_tests::workspace::Workspace;

/// The family of `static`, committed.
fn repository() -> Workspace {
    let mut copy = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    copy.with_programs();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in a repository");
    for folder in ["images/static", "apps/probe", "apps/greeter"] {
        copy_folder(&copy, root, Path::new(folder));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("the repository has a manifest");
    let lines = manifest.lines().filter(|line| !line.starts_with("default-members = [\"xtask\"]"));
    let lines = lines.map(|line| match line.starts_with("members = [\"xtask\"") {
        true => "members = [\"apps/greeter\", \"apps/probe\"]",
        false => line,
    });
    copy.write("Cargo.toml", &lines.collect::<Vec<_>>().join("\n"));
    copy.commit();
    copy
}

fn copy_folder(copy: &Workspace, root: &Path, folder: &Path) {
    for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
        let entry = entry.expect("the folder can be read");
        let path = folder.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_folder(copy, root, &path),
            false => copy.copy(&entry.path(), path.to_str().expect("our names are UTF-8")),
        }
    }
}

#[track_caller]
fn asked(copy: &Workspace, args: &[&str]) -> String {
    copy.run(args).ok()
}

#[test]
fn a_change_of_the_base_affects_all_and_needs_three_versions() {
    let copy = repository();
    assert_eq!(asked(&copy, &["affected", "--since", "HEAD"]), "");
    assert_eq!(asked(&copy, &["matrix", "--since", "HEAD"]), "{\"include\":[]}\n");
    copy.write("images/static/README.md", "for people");
    assert_eq!(asked(&copy, &["affected", "--since", "HEAD"]), "");
    copy.write("images/static/tmp/README", "other");
    assert_eq!(
        asked(&copy, &["affected", "--since", "HEAD"]),
        "changed static:1.0.0 (`tmp/README` changed)\n\
         changed probe:0.1.0 (its parent `static:1.0.0` changed)\n\
         changed greeter:0.2.0 (its parent `static:1.0.0` changed)\n"
    );
    assert_eq!(
        asked(&copy, &["affected", "--since", "HEAD", "--format", "names"]),
        "static:1.0.0\nprobe:0.1.0\ngreeter:0.2.0\n"
    );
    assert_eq!(
        asked(&copy, &["matrix", "--since", "HEAD"]),
        "{\"include\":[{\"name\":\"shard-1\",\"number\":1,\"specs\":\"static:1.0.0 probe:0.1.0 greeter:0.2.0\",\"images\":3,\"seconds\":null}]}\n"
    );
    assert_eq!(
        asked(&copy, &["matrix", "--since", "HEAD", "--by", "level", "--format", "human"]),
        "level-0-shard-1 (1 image): static:1.0.0\n\
         level-1-shard-1 (1 image): probe:0.1.0\n\
         level-2-shard-1 (1 image): greeter:0.2.0\n"
    );
    let checked = copy.run(&["check", "--workspace", "--since", "HEAD"]);
    assert_eq!(checked.code(), 1);
    for place in
        ["images/static/Image.toml:3:11", "apps/probe/Cargo.toml:4:11", "apps/greeter/Cargo.toml:4:11"]
    {
        assert!(checked.stderr.contains(place), "{place}: {}", checked.stderr);
    }
    for (path, from, to) in [
        ("images/static/Image.toml", "1.0.0", "1.0.1"),
        ("apps/probe/Cargo.toml", "0.1.0", "0.1.1"),
        ("apps/greeter/Cargo.toml", "0.2.0", "0.2.1"),
    ] {
        let text = fs::read_to_string(copy.path().join(path)).expect("it was copied");
        copy.write(path, &text.replace(from, to));
    }
    let args = ["check", "--workspace", "--since", "HEAD", "--artifacts", "sources"];
    assert_eq!(copy.run(&args).code(), 0);
    assert_eq!(copy.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn what_cargo_does_not_compile_affects_an_image_by_sources_alone() {
    let copy = repository();
    copy.write("apps/probe/README.md", "for people");
    assert_eq!(
        asked(&copy, &["affected", "--since", "HEAD", "--artifacts", "sources", "--format", "names"]),
        "probe:0.1.0\ngreeter:0.2.0\n"
    );
    assert_eq!(asked(&copy, &["affected", "probe", "--since", "HEAD"]), "");
}

/// A filter that does with a file what git LFS does, out of a folder of files.
const FILTER: &str = "#!/bin/sh\nread pointer\nif [ -n \"$GIT_LFS_SKIP_SMUDGE\" ]; then echo \"$pointer\"; else cat \"$1/$pointer\"; fi\n";

#[test]
fn pointers_of_lfs_are_compared_with_pointers_and_files_with_files() {
    let mut copy = repository();
    let store = copy.path().join("target/lfs");
    copy.write("target/smudge", FILTER);
    copy.write("target/lfs/pointer-1", "large\n");
    copy.write("images/static/.gitattributes", "tmp/large filter=lfs\n");
    copy.write("images/static/tmp/large", "pointer-1\n");
    copy.commit();
    let smudge = format!("sh {} {}", copy.path().join("target/smudge").display(), store.display());
    copy.git(&["config", "filter.lfs.smudge", &smudge]);
    copy.git(&["config", "filter.lfs.required", "true"]);
    let affected = |copy: &Workspace| copy.run(&["affected", "static", "--since", "HEAD"]);
    assert_eq!(affected(&copy).ok(), "changed static:1.0.0 (`tmp/large` changed)\n", "it has the pointer");
    copy.environment.insert("GIT_LFS_SKIP_SMUDGE".into(), "1".into());
    assert_eq!(affected(&copy).ok(), "", "pointers on both sides");
    copy.environment.remove(std::ffi::OsStr::new("GIT_LFS_SKIP_SMUDGE"));
    copy.write("images/static/tmp/large", "large\n");
    assert_eq!(affected(&copy).ok(), "", "files on both sides");
    fs::remove_dir_all(copy.path().join("target/images/trees")).expect("it was compared");
    fs::remove_file(store.join("pointer-1")).expect("it was written");
    let refused = affected(&copy);
    assert_eq!(refused.code(), 1);
    let help =
        "where the work tree has pointers of git LFS, set GIT_LFS_SKIP_SMUDGE=1: then they are compared";
    assert!(refused.stderr.contains(help), "{}", refused.stderr);
}
