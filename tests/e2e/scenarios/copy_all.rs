//! What `COPY . /` brings in.

use std::os::unix::fs::{PermissionsExt, symlink};

use images_tests::archive::Node;

use super::Bench;

pub(super) fn copying_everything_brings_what_a_plain_build_brings(bench: &Bench) {
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
    let plain = format!("localhost/{}/plain:1", workspace.namespace);
    bench.engine.plain_build(&folder, &plain).ok();
    let files = bench.files(&bench.engine.image(&workspace.name("all")));
    assert_eq!(files, bench.engine.image(&plain).files);

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
