//! What `COPY . /` brings in.

use std::os::unix::fs::{PermissionsExt, symlink};

use images_tests::archive::Node;
use images_tests::workspace::Workspace;

use super::{Bench, Files};

/// Builds an image that copies all of a folder with everything in it that there may be, and tells what it has.
#[track_caller]
fn built(bench: &Bench) -> (Workspace, Files) {
    let workspace = bench.workspace();
    workspace.image("all", "FROM scratch\nCOPY . /\n");
    workspace.write("images/all/.dockerignore", "# not these\n**/*.log\n!kept.log\nskipped/\n");
    for path in ["a", "sub/deep/b", "sub/x.log", "kept.log", "skipped/c", "tool"] {
        workspace.write(&format!("images/all/{path}"), path);
    }
    let folder = workspace.path().join("images/all");
    std::fs::create_dir(folder.join("empty")).expect("the folder is ours");
    symlink("sub/deep/b", folder.join("link")).expect("the folder is ours");
    symlink("no/where", folder.join("dangling")).expect("the folder is ours");
    let executable = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder.join("tool"), executable).expect("the file is ours");

    workspace.run(&["build", "--workspace"]).ok();
    let files = bench.files(&bench.engine.image(&workspace.name("all")));
    (workspace, files)
}

pub(super) fn copying_everything_brings_what_a_plain_build_brings(bench: &Bench) {
    let (workspace, files) = built(bench);
    let plain = format!("localhost/{}/plain:1", workspace.namespace);
    let builder = bench.plain_builder();
    builder.plain_build(&workspace.path().join("images/all"), &plain).ok();
    assert_eq!(files, builder.image(&plain).files);
}

pub(super) fn copying_everything_brings_what_is_not_ignored(bench: &Bench) {
    let (_, files) = built(bench);
    let paths: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        ".dockerignore",
        "Dockerfile",
        "Image.toml",
        "a",
        "dangling",
        "empty",
        "kept.log",
        "link",
        "sub",
        "sub/deep",
        "sub/deep/b",
        "tool",
    ];
    assert_eq!(paths, expected);
    assert_eq!(files["link"], Node::Link("sub/deep/b".into()));
    assert_eq!(files["tool"], Node::File { content: b"tool".to_vec(), executable: true });
}
