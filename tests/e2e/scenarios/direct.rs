//! Images that only copy files: BuildKit in a docker daemon gets them without a client, and the built-in engine has none.

use std::os::unix::fs::{PermissionsExt, symlink};

use images_tests::archive::Node;

use super::Bench;

/// Whether the engine is a daemon that builds by BuildKit, or the built-in one.
fn needs_no_client(bench: &Bench) -> bool {
    ["docker-buildkit", "docker-buildx", "builtin"].contains(&bench.engine.flavour())
}

pub(super) fn an_image_that_only_copies_is_what_a_client_makes_of_it(bench: &Bench) {
    let workspace = bench.workspace();
    let dockerfile = "FROM scratch\nARG WHAT\nCOPY files /files/\nCOPY .dockerignore sub/*.txt /more/\n\
                      ENV A=${WHAT}b\nLABEL own=\"x y\"\n";
    workspace.image("copies", dockerfile);
    workspace.write("images/copies/Image.toml", "[image]\nversion = \"1.0.0\"\n[args]\nWHAT = \"a &=%\"\n");
    workspace.write("images/copies/.dockerignore", "**/*.log\n");
    let long = format!("files/{}/{}", "d".repeat(120), "f".repeat(120));
    for path in ["files/a", "files/b.log", "files/sub/ü", "sub/c.txt", "sub/d.log", long.as_str()] {
        workspace.write(&format!("images/copies/{path}"), path);
    }
    let folder = workspace.path().join("images/copies");
    symlink("no/where", folder.join("files/link")).expect("the folder is ours");
    let executable = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder.join("files/a"), executable).expect("the file is ours");

    workspace.run(&["build", "--workspace"]).ok();
    let by_client: &[&str] = if needs_no_client(bench) { &[] } else { &["copies"] };
    assert_eq!(workspace.called(), by_client);
    let image = bench.engine.image(&workspace.name("copies"));
    let paths: Vec<&str> = image.files.keys().map(String::as_str).collect();
    let (deep, name) = long.rsplit_once('/').expect("it is in a folder");
    let long = format!("{deep}/{name}");
    let expected = [
        "files",
        "files/a",
        deep,
        &long,
        "files/link",
        "files/sub",
        "files/sub/ü",
        "more",
        "more/.dockerignore",
        "more/c.txt",
    ];
    assert_eq!(paths, expected);
    assert_eq!(image.files["files/a"], Node::File { content: b"files/a".to_vec(), executable: true });
    assert_eq!(image.files["files/link"], Node::Link("no/where".into()));
    assert_eq!(image.label("own"), Some("x y"));
    let variables = image.config["config"]["Env"].to_string();
    assert!(variables.contains("\"A=a &=%b\""), "{variables}");
}

pub(super) fn what_only_a_client_can_say_of_a_failure_is_said(bench: &Bench) {
    let workspace = bench.workspace();
    workspace.image("owned", "FROM scratch\nENV A=1\nCOPY --chown=nobody-by-this-name a /a\n");
    workspace.write("images/owned/a", "a");
    let built = workspace.run(&["build", "--workspace"]);
    assert_eq!(built.code(), 1, "{built:?}");
    let said = built.stderr;
    assert!(said.contains("images/owned/Dockerfile:3"), "{said}");
    assert!(said.contains("COPY --chown=nobody-by-this-name a /a"), "{said}");
}
